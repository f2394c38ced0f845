"""SQS in the Query protocol, which its model no longer describes: how members are called there, as data.

SDKs from before November 2023 speak it. Lists and maps are flat: `Attribute.1.Name=VisibilityTimeout`.
Source: the request and response examples of each action in the API reference, such as
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from collections.abc import Mapping
from typing import Any

Definitions = dict[str, Mapping[str, Any]]

PROTOCOLS = ("json", "query")
NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"

ITEMS = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "BinaryList": "BinaryListValue",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageList": "Message",
    "QueueUrlList": "QueueUrl",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "StringList": "StringListValue",
    "TagKeyList": "TagKey",
}
"""What a list's items are called."""

KEYS = {
    "MessageBodyAttributeMap": "Name",
    "MessageBodySystemAttributeMap": "Name",
    "MessageSystemAttributeMap": "Name",
    "QueueAttributeMap": "Name",
    "TagMap": "Key",
}
"""What a map's keys are called; its values are `Value`."""

MEMBERS = {
    "CreateQueueRequest": {"Attributes": "Attribute", "tags": "Tag"},
    "GetQueueAttributesResult": {"Attributes": "Attribute"},
    "ListQueueTagsResult": {"Tags": "Tag"},
    "Message": {"Attributes": "Attribute", "MessageAttributes": "MessageAttribute"},
    "SendMessageBatchRequestEntry": {
        "MessageAttributes": "MessageAttribute", "MessageSystemAttributes": "MessageSystemAttribute",
    },
    "SendMessageRequest": {
        "MessageAttributes": "MessageAttribute", "MessageSystemAttributes": "MessageSystemAttribute",
    },
    "SetQueueAttributesRequest": {"Attributes": "Attribute"},
    "TagQueueRequest": {"Tags": "Tag"},
}  # fmt: skip
"""What members are called that are maps."""


def describe(definitions: Definitions) -> None:
    """Add the names to the shapes of SQS's model. To JSON, which goes by the members themselves, they are nothing."""
    for shape, item in ITEMS.items():
        definitions[shape] = _named(definitions[shape], member=item)
    for shape, key in KEYS.items():
        definitions[shape] = _named(definitions[shape], key=key, value="Value")
    for shape, names in MEMBERS.items():
        members = definitions[shape]["members"]
        renamed = {name: {**members[name], "locationName": called} for name, called in names.items()}
        definitions[shape] = {**definitions[shape], "members": {**members, **renamed}}
    for shape, definition in definitions.items():
        if shape.endswith("Result") and definition["type"] == "structure":
            definitions[shape] = {**definition, "resultWrapper": shape}


def _named(definition: Mapping[str, Any], **names: str) -> dict[str, Any]:
    return {**definition, **{part: {**definition[part], "locationName": name} for part, name in names.items()}}
