"""`make bench`: every benchmark in one run, as a table on the screen and in bench/results/."""

import argparse
import importlib
import platform
import tempfile
import time
from pathlib import Path

from bench.figure import Figure

ALL = ("start", "put_records", "get_records", "delivery", "steady", "conversion", "objects", "job", "query", "crawl")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("which", nargs="*", choices=[*ALL, []], help=f"which to run (default: all of {', '.join(ALL)})")
    given = parser.parse_args()
    measured: list[Figure] = []
    begin = time.time()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        for name in given.which or ALL:
            for figure in importlib.import_module(f"bench.{name}").figures(Path(folder)):
                print("  ".join(figure.row()), flush=True)
                measured.append(figure)
    report = table(measured)
    results = Path("bench/results")
    results.mkdir(exist_ok=True)
    path = results / time.strftime("%Y-%m-%d-%H%M%S.md")
    path.write_text(
        f"{platform.processor()} Python {platform.python_version()}, {time.time() - begin:.0f} s\n\n{report}"
    )
    print(f"\n{report}\nwritten to {path}")


def table(measured: list[Figure]) -> str:
    """The figures as a Markdown table."""
    head = ["what", "figure", "raw limit", "ratio", "goal", "the raw limit is"]
    rows = [head, ["---"] * len(head), *(figure.row() for figure in measured)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    main()
