"""The arguments of a run: whence they come, what AWS adds, and which of Glue's own ones mean something here.

A script is started with `--KEY value` pairs, as on AWS.
"""

from collections.abc import Mapping

BOOKMARK = "--job-bookmark-option"
METRICS = "--enable-metrics"

WITHOUT_EFFECT = frozenset(
    {
        "--conf", "--enable-auto-scaling", "--enable-job-insights",
        "--enable-observability-metrics", "--enable-s3-parquet-optimized-committer", "--enable-spark-ui",
        "--spark-event-logs-path", "--continuous-log-conversionPattern", "--enable-continuous-log-filter",
        "--library-set", "--use-postgres-driver", "--executor-cores",
    }
)  # fmt: skip
"""Arguments that tune or watch a cluster. There is none here; the run's error log says so for each one given."""

UNSUPPORTED = frozenset(
    {
        "--class", "--encryption-type", "--extra-jars",
        "--job-bookmark-from", "--job-bookmark-to", "--python-modules-installer-option", "--user-jars-first",
    }
)  # fmt: skip

BOOKMARK_OPTIONS = {"job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable"}


def merged(
    default: Mapping[str, str], run: Mapping[str, str], fixed: Mapping[str, str], *, job: str, run_id: str
) -> dict[str, str]:
    """What a script gets: the run's arguments over the job's, the job's fixed ones over both, and Glue's own."""
    given = {**default, **run, **fixed}
    return {
        "--job-bookmark-option": "job-bookmark-disable",
        **given,
        "--JOB_ID": "j_" + _digest(job),
        "--JOB_RUN_ID": run_id,
        "--JOB_NAME": job,
    }


def refusal(arguments: Mapping[str, str]) -> str | None:
    """Why a run with these arguments cannot be; None when it can."""
    for name in sorted(UNSUPPORTED & arguments.keys()):
        if arguments[name]:
            return f"The argument {name} is not supported by Afluente."
    formats = {each.strip() for each in arguments.get("--datalake-formats", "").split(",") if each.strip()}
    if others := sorted(formats - {"iceberg"}):
        return f"The argument --datalake-formats {','.join(others)} is not supported by Afluente; iceberg is."
    if arguments.get("--job-language", "python") != "python":
        return "The argument --job-language scala is not supported by Afluente; python is."
    if arguments[BOOKMARK] not in BOOKMARK_OPTIONS:
        return f"The argument {BOOKMARK} is {arguments[BOOKMARK]}; it must be one of {sorted(BOOKMARK_OPTIONS)}."
    return None


def enables_metrics(arguments: Mapping[str, str]) -> bool:
    """Whether the run is to be measured: as on AWS the name alone is enough."""
    return arguments.get(METRICS, "false").lower() != "false"


def notes(arguments: Mapping[str, str], engine: str) -> list[str]:
    """One line for each argument that has no effect here; `--conf` has on Spark."""
    without = WITHOUT_EFFECT - ({"--conf"} if engine == "spark" else set())
    return [f"{name} has no effect on Afluente: there is no cluster" for name in sorted(without & {*arguments})]


def command_line(arguments: Mapping[str, str]) -> list[str]:
    """`arguments` as the words after the script's name."""
    return [word for name, value in arguments.items() for word in ((name, value) if value else (name,))]


def _digest(text: str) -> str:
    import hashlib  # noqa: PLC0415  # only runs need it

    return hashlib.sha256(text.encode()).hexdigest()
