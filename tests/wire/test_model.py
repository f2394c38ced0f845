"""Models as botocore ships them, and the corrections to them."""

import pytest
from tests.wire.messages import SERVICES

from afluente.wire import correction
from afluente.wire.model import load


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_can_be_read(service: str) -> None:
    model = load(service)
    for name in model.operation_names:
        operation = model.operation(name)
        assert operation is not None
        assert operation.name == name


def test_corrections_are_of_what_the_model_has() -> None:
    for service, names in correction.REMOVED_OPERATIONS.items():
        assert not set(names) & set(load(service).operation_names)
    for service, shapes in correction.SHAPE_TRAITS.items():
        assert set(shapes) <= set(load(service).definitions)
    for service, names in correction.UNWRAPPED_OUTPUTS.items():
        assert set(names) <= set(load(service).operation_names)


ROOT_UNKNOWN = {
    "CreateSession",
    "ListBucketAnalyticsConfigurations",
    "ListBucketIntelligentTieringConfigurations",
    "ListBucketInventoryConfigurations",
    "ListBucketMetricsConfigurations",
    "ListObjectAnnotations",
    "PutObjectAnnotation",
}
"""None of them is supported; who adds one looks its root element up."""


def test_every_s3_document_has_the_root_element_that_aws_gives_it() -> None:
    model = load("s3")
    unnamed = set()
    for operation in map(model.operation, model.operation_names):
        assert operation is not None
        output = operation.output
        is_document = output and not output.payload and not all(m.location for m in output.members.values())
        if output and is_document and not output.location_name:
            unnamed.add(operation.name)
    assert unnamed == ROOT_UNKNOWN


def test_unknown_names() -> None:
    assert load("kinesis").operation("MakeCoffee") is None
    with pytest.raises(LookupError):
        load("no-such-service")
