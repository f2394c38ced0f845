"""Methods are named as botocore names them."""

import pytest
from botocore import xform_name
from tests.wire.messages import SERVICES

from afluente.wire.model import load
from afluente.wire.name import method_name


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_botocores_name(service: str) -> None:
    for operation in load(service).operation_names:
        assert method_name(operation) == xform_name(operation)
