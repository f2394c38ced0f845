from collections.abc import Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from afluente.services.s3.key_range import after_prefix
from afluente.services.s3.listing import page, read_token, start_after, token

NAMES = st.text("ab/\uffff\U0010ffff\ud7ff", max_size=6)


def naive(names: set[str], prefix: str, delimiter: str) -> list[str]:
    """Names and common prefixes in the order of their UTF-8 bytes, from the definition."""
    found = set()
    for name in names:
        if name.startswith(prefix):
            head, mark, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
            found.add(prefix + head + mark if mark else name)
    return sorted(found, key=str.encode)


@given(st.sets(NAMES.filter(bool), max_size=30), NAMES, st.sampled_from(["", "/", "a/", "b"]), st.integers(1, 5))
@example({"a/b/1", "a/b/2", "a/c", "a0"}, "a/", "/", 1)
@example({"\U0010ffff", "\U0010ffff/"}, "\U0010ffff", "/", 1)
def test_pages_together_are_the_whole_listing(names: set[str], prefix: str, delimiter: str, limit: int) -> None:
    def seek(start: str, end: str | None) -> Iterator[tuple[str, str]]:
        return ((n, n) for n in sorted(names, key=str.encode) if n >= start and (end is None or n < end))

    listed: list[str] = []
    after = ""
    for _ in range(len(names) + 1):
        found = page(seek, prefix=prefix, delimiter=delimiter, start=start_after(prefix, delimiter, after), limit=limit)
        listed += sorted([*found.items, *found.prefixes], key=str.encode)
        assert len(found) <= limit
        if not found.truncated:
            break
        assert len(found) == limit
        after = read_token(token(found.last))
    assert listed == naive(names, prefix, delimiter)


@given(NAMES.filter(bool), NAMES)
def test_after_prefix_parts_what_begins_with_it_from_what_comes_after(prefix: str, name: str) -> None:
    end = after_prefix(prefix)
    assert name.startswith(prefix) == (name >= prefix and (end is None or name < end))
