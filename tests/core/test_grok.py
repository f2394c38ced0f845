import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.core.grok.expression import Field, Grok, GrokError
from afluente.core.grok.pattern import PATTERNS

APACHE = '192.0.2.7 - ann [27/Feb/2024:10:15:30 +0000] "GET /a?b=1 HTTP/1.1" 200 {} "http://x/" "curl/8 (x)"'


def test_captures_in_the_order_of_the_expression() -> None:
    grok = Grok(r"%{IP:client} - %{USER:user} \[%{HTTPDATE:timestamp}\] \"%{WORD:verb} %{NOTSPACE:request}")
    found = grok.captures(APACHE.format(12))
    assert list((found or {}).items()) == [
        ("client", "192.0.2.7"),
        ("user", "ann"),
        ("timestamp", "27/Feb/2024:10:15:30 +0000"),
        ("verb", "GET"),
        ("request", "/a?b=1"),
    ]


def test_captures_of_patterns_within_patterns() -> None:
    grok = Grok("%{SYSLOGBASE} %{QUEUE:queue_id}: %{GREEDYDATA:message}", "QUEUE [0-9A-F]{7,12}")
    found = grok.captures("Feb  9 07:15:00 mail postfix/smtpd[19305]: B88C4120838: connect from unknown[192.168.55.4]")
    assert found == {
        "timestamp": "Feb  9 07:15:00",
        "logsource": "mail",
        "program": "postfix/smtpd",
        "pid": "19305",
        "queue_id": "B88C4120838",
        "message": "connect from unknown[192.168.55.4]",
    }


@pytest.mark.parametrize("size", ["512", "-"])
def test_combined_apache_log(size: str) -> None:
    found = Grok("^%{COMBINEDAPACHELOG}$").captures(APACHE.format(size))
    assert found is not None
    assert (found["bytes"], found["referrer"], found["agent"]) == (size, "http://x/", "curl/8 (x)")
    assert "rawrequest" not in found


def test_a_line_that_does_not_match() -> None:
    assert Grok("%{NUMBER:n}").captures("no number") is None
    assert Grok("%{GREEDYDATA:all}").captures("   ") is None


def test_fields_and_their_types() -> None:
    grok = Grok("%{WORD:a} %{NUMBER:b:int} %{NUMBER:c;long} (?<d_e>x+) %{USER:UNWANTED}")
    assert grok.fields == (Field("a"), Field("b", "int"), Field("c", "long"), Field("d_e"))
    assert grok.captures("w 1 2 xx user") == {"a": "w", "b": "1", "c": "2", "d_e": "xx"}


def test_a_definition_in_its_place_and_flags() -> None:
    assert Grok("^%{LEVEL:level=(?:low|high)}$").captures("high") == {"level": "high"}
    assert Grok("^%{ANY:x} y$", "ANY (?i)abc").captures("ABC y") == {"x": "ABC"}


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("::", True), ("::1", True), ("2001:db8::8:800:200c:417a", True), ("1:2:3:4:5:6:7:8", True), ("1::", True),
        ("fe80::1%eth0", True), ("::ffff:192.0.2.1", True), ("10.0.0.255", True),
        ("1:2:3", False), ("256.1.1.1", False), ("1::2::3", False), ("12345::", False),
    ],
)  # fmt: skip
def test_ip(address: str, is_one: bool) -> None:
    assert (Grok("^%{IP:ip}$").captures(address) is not None) is is_one


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_compiles(name: str) -> None:
    Grok(f"%{{{name}:x}}")


@pytest.mark.parametrize(
    ("text", "custom", "says"),
    [
        ("%{NONE}", "", "Pattern NONE is not defined."),
        ("  ", "", "should not be empty"),
        ("%{A}", "A %{B}\nB %{A}", "Deep recursion"),
        ("%{P0}", "\n".join(f"P{n} %{{P{n + 1}}}%{{P{n + 1}}}" for n in range(10)) + "\nP10 x", "Deep"),
        ("(%{WORD:x}", "", "no regular expression"),
    ],
)  # fmt: skip
def test_what_is_no_expression(text: str, custom: str, says: str) -> None:
    with pytest.raises(GrokError, match=says):
        Grok(text, custom)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_an_expression_or_an_error(text: str, custom: str) -> None:
    with contextlib.suppress(GrokError):
        Grok(text, custom).captures("a line 1")
