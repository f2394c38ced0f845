"""What each operation of Firehose takes: an action of its own name, and the right to hand on the roles it names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, each, local, pass_role

Request = Mapping[str, Any]


def delivery_stream(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The delivery stream of that name."""
    return (local("firehose", call, f"deliverystream/{request['DeliveryStreamName']}"),)


def delivery_streams(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """Lists are of all delivery streams."""
    return (local("firehose", call, "deliverystream/*"),)


def roles(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """Every role in the request: of the source, the destination, the backup, the schema."""
    return sorted(set(_roles(request)))


def _roles(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name == "RoleARN" and isinstance(member, str):
                yield member
            else:
                yield from _roles(member)
    elif isinstance(value, list):
        for item in value:
            yield from _roles(item)


PASS_ROLE = pass_role("firehose.amazonaws.com", roles)

PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(
        delivery_stream, "firehose", "DeleteDeliveryStream", "DescribeDeliveryStream", "ListTagsForDeliveryStream",
        "PutRecord", "PutRecordBatch", "StartDeliveryStreamEncryption", "StopDeliveryStreamEncryption",
        "TagDeliveryStream", "UntagDeliveryStream",
    ),
    **each(delivery_streams, "firehose", "ListDeliveryStreams"),
    "CreateDeliveryStream": (Permission("firehose:CreateDeliveryStream", delivery_stream), PASS_ROLE),
    "UpdateDestination": (Permission("firehose:UpdateDestination", delivery_stream), PASS_ROLE),
}  # fmt: skip
