"""Every supported operation says what its caller must be allowed to do: a new one without an entry fails here."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.wire.messages import values

from afluente.app import PROVIDERS, App
from afluente.core.call import Call, Principal
from afluente.core.error import AwsError
from afluente.core.provider import Provider
from afluente.core.setting import Settings
from afluente.wire.model import load

ACCOUNT = "000000000000"
ACTION = re.compile(
    r"(athena|cloudformation|cloudwatch|events|firehose|glue|iam|kinesis|logs|s3|sqs|sts):[A-Z][A-Za-z]+"
)
OF_OTHERS = {"iam:PassRole"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = App(Settings(data=Path(tmp_path_factory.mktemp("data")), port=0))
    app.start()
    yield app
    app.stop()


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: str(provider.service))
def test_every_operation_has_its_permissions(provider: type[Provider]) -> None:
    missing = set(provider.operations) - set(provider.permissions)
    assert not missing, f"{provider.service}: say in authorization.py what these take: {sorted(missing)}"
    assert set(provider.permissions) <= set(load(provider.service).operation_names)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: str(provider.service))
def test_every_action_is_one_of_aws(provider: type[Provider]) -> None:
    for operation, permissions in provider.permissions.items():
        for permission in permissions:
            assert ACTION.fullmatch(permission.action), operation
            service = permission.action.partition(":")[0]
            assert service == provider.service or permission.action in OF_OTHERS


def test_operations_that_take_nothing_are_few() -> None:
    free = {f"{p.service}:{name}" for p in PROVIDERS for name, needed in p.permissions.items() if not needed}
    assert free == {"sts:GetCallerIdentity", "sts:GetSessionToken", "s3:DeleteObjects"}


OPERATIONS = [(provider.service, operation) for provider in PROVIDERS for operation in provider.operations]


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data(), which=st.sampled_from(OPERATIONS))
def test_whatever_is_asked_for_has_resources(app: App, data: st.DataObject, which: tuple[str, str]) -> None:
    service, name = which
    operation = load(service).operation(name)
    assert operation is not None
    request: dict[str, Any] = data.draw(values(operation.input, valid=True)) if operation.input else {}
    call = Call(service, name, ACCOUNT, "us-east-1", Principal.root(ACCOUNT), "id", 0, "http://here")
    provider = app._providers[service]
    for permission in provider.permissions[name]:
        for resource in permission.resources(provider, call, request):
            assert isinstance(resource, str)
        with suppress(AwsError):
            assert all(key == key.lower() for key in permission.conditions(provider, call, request))
