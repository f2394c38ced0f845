"""Which requests carry what is not supported."""

from typing import Any

import pytest

from afluente.core.error import NotImplemented as Refused
from afluente.wire.unsupported import refuse


@pytest.mark.parametrize(
    ("path", "request_"),
    [
        ("A", {"A": 0}),
        ("A", {"A": {}}),
        ("A.B", {"A": {"B": False}}),
        ("A.*.B", {"A": [{}, {"B": 1}]}),
        ("A.*.B", {"A": {"x": {"B": 1}}}),
        ("A.B=MSK", {"A": {"B": "MSK"}}),
    ],
)
def test_present_is_refused_by_name(path: str, request_: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"firehose:Create.*docs/supported\.md") as caught:
        refuse("firehose", "Create", request_, [path])
    assert path.partition("=")[0] in caught.value.message
    assert caught.value.http_status == 501


@pytest.mark.parametrize(
    ("path", "request_"),
    [
        ("A", {}),
        ("A", {"A": None}),
        ("A.B", {"A": {}}),
        ("A.B", {"A": "B"}),
        ("A.*.B", {"A": [{"C": 1}]}),
        ("A.*.B", {"A": "B"}),
        ("A.B=MSK", {"A": {"B": "S3"}}),
    ],
)
def test_absent_is_not(path: str, request_: dict[str, Any]) -> None:
    refuse("firehose", "Create", request_, [path])
