"""Java's patterns, in Python."""

import pytest
from tests.wire.messages import SERVICES

from afluente.wire.model import load
from afluente.wire.pattern import matcher


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_the_models_compiles(service: str) -> None:
    for definition in load(service).definitions.values():
        if "pattern" in definition:
            assert matcher(definition["pattern"])("\x00\x00no match\x00") in {True, False}


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", ["", "a\t", "日本", "🌬"], ["\n", "\x00", "a\r"]),
        (r"[\w]+", ["a_1"], ["", "é", "a b"]),
        (r"^[\p{L}\p{Z}]*$", ["", "ação eólica"], ["1", "a-"]),
        (r"a|bc", ["a", "bc"], ["ab", "abc", "xbc"]),
        (r"^a$", ["a"], ["a\n"]),
    ],
)
def test_the_whole_text_must_match(pattern: str, matching: list[str], others: list[str]) -> None:
    matches = matcher(pattern)
    assert all(matches(text) for text in matching)
    assert not any(matches(text) for text in others)
