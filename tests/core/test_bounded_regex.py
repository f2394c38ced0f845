import threading

import pytest

from afluente.core.bounded_regex import IGNORE_CASE, BoundedRegex, InvalidRegexError, SlowRegexError

ENDLESS = r"^(?:a|aa|a)+$"
TEXT = "a" * 80 + "b"


@pytest.mark.parametrize("ask", [BoundedRegex.search, BoundedRegex.fullmatch, BoundedRegex.matches])
def test_an_expression_that_backtracks_without_end(ask: object) -> None:
    with pytest.raises(SlowRegexError, match=r"\^\(\?:a\|aa\|a\)\+\$ takes more than"):
        ask(BoundedRegex(ENDLESS), TEXT)  # type: ignore[operator]


def test_replacing_without_end() -> None:
    with pytest.raises(SlowRegexError):
        BoundedRegex(ENDLESS).replaced(TEXT, "")


def test_other_threads_go_on_meanwhile() -> None:
    began, over = threading.Event(), threading.Event()

    def match() -> None:
        began.set()
        with pytest.raises(SlowRegexError):
            BoundedRegex(ENDLESS).search(TEXT)
        over.set()

    thread = threading.Thread(target=match)
    thread.start()
    began.wait()
    turns = 0
    while not over.wait(0.001):
        turns += 1
    thread.join()
    assert turns > 10


@pytest.mark.parametrize(
    ("java", "text"),
    [(r"\p{Alpha}+", "ab"), ("[a-z&&[^aeiou]]+", "xyz"), ("a(?i)bc", "aBC"), ("a++b", "aab"), (r"(?<x>a)\1", "aa")],
)
def test_what_java_has(java: str, text: str) -> None:
    assert BoundedRegex(java).fullmatch(text)
    assert not BoundedRegex(java).fullmatch("e!")


def test_searching_and_replacing() -> None:
    found = BoundedRegex("(A)(.)", IGNORE_CASE)
    assert [match.group(2) for match in found.matches("axAy")] == ["x", "y"]
    assert found.search("axAy", 1).start() == 2
    assert found.replaced("axAy", r"\2") == "xy"
    with pytest.raises(InvalidRegexError):
        found.replaced("ax", r"\7")
    with pytest.raises(InvalidRegexError):
        BoundedRegex("(")
