"""docs/supported.md: what the page says is what the providers declare."""

from typing import ClassVar

import pytest
from tests.gateway.conftest import Kinesis

from afluente.core.provider import Provider
from afluente.gateway.supported import supported_text


def test_page_lists_operations_and_members() -> None:
    page = supported_text([Kinesis])
    assert "| [kinesis](#kinesis) | 5 | 57 |" in page
    assert "* `CreateStream`, without `StreamModeDetails.StreamMode=ON_DEMAND`, `WarmThroughputMiBps`\n" in page
    assert "* `ListShards`\n" in page
    assert "Not supported (52): " in page
    assert "`SplitShard`" in page


def test_operation_that_the_model_lacks_is_a_fault() -> None:
    class Wrong(Provider):
        service = "kinesis"
        operations: ClassVar = ("MakeCoffee",)

    with pytest.raises(LookupError, match="MakeCoffee"):
        supported_text([Wrong])
