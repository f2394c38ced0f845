"""A bucket's settings between a template's names and those of S3's API.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from afluente.core.provider import Response
from afluente.services.cloudformation.error import ValidationError

Names = Mapping[str, str]
"""A template's name to the API's."""

ENCRYPTION: Names = {
    "BucketKeyEnabled": "BucketKeyEnabled",
    "ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault",
}
CORS: Names = {
    "AllowedHeaders": "AllowedHeaders",
    "AllowedMethods": "AllowedMethods",
    "AllowedOrigins": "AllowedOrigins",
    "ExposedHeaders": "ExposeHeaders",
    "Id": "ID",
    "MaxAge": "MaxAgeSeconds",
}
LOGGING: Names = {
    "DestinationBucketName": "TargetBucket",
    "LogFilePrefix": "TargetPrefix",
    "TargetObjectKeyFormat": "TargetObjectKeyFormat",
}
EXPIRATION: Names = {
    "ExpirationDate": "Date",
    "ExpirationInDays": "Days",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}
TRANSITION: Names = {"StorageClass": "StorageClass", "TransitionDate": "Date", "TransitionInDays": "Days"}
NONCURRENT_TRANSITION: Names = {
    "NewerNoncurrentVersions": "NewerNoncurrentVersions",
    "StorageClass": "StorageClass",
    "TransitionInDays": "NoncurrentDays",
}
NONCURRENT_EXPIRATION: Names = {name: name for name in ("NewerNoncurrentVersions", "NoncurrentDays")}
ABORT: Names = {"DaysAfterInitiation": "DaysAfterInitiation"}
FILTER = ("ObjectSizeGreaterThan", "ObjectSizeLessThan", "Prefix")
PARTS: Mapping[str, Names] = {
    "AbortIncompleteMultipartUpload": ABORT, "NoncurrentVersionExpiration": NONCURRENT_EXPIRATION,
}  # fmt: skip
LISTS: Mapping[str, Names] = {"NoncurrentVersionTransitions": NONCURRENT_TRANSITION, "Transitions": TRANSITION}
RULE = (*EXPIRATION, *FILTER, *PARTS, *LISTS, "Id", "NoncurrentVersionExpirationInDays", "Status", "TagFilters")


def encryption(value: Any) -> Response:
    """A BucketEncryption as PutBucketEncryption takes it. Raises ValidationError, as the others here."""
    return {"Rules": [_renamed(rule, ENCRYPTION) for rule in _member(value, "ServerSideEncryptionConfiguration")]}


def as_encryption(value: Any) -> Response:
    """What GetBucketEncryption tells, as a BucketEncryption."""
    return {"ServerSideEncryptionConfiguration": [_named_back(rule, ENCRYPTION) for rule in value["Rules"]]}


def cors(value: Any) -> Response:
    """A CorsConfiguration as PutBucketCors takes it."""
    return {"CORSRules": [_renamed(rule, CORS) for rule in _member(value, "CorsRules")]}


def as_cors(rules: Any) -> Response:
    """What GetBucketCors tells, as a CorsConfiguration."""
    return {"CorsRules": [_named_back(rule, CORS) for rule in rules]}


def logging(value: Any) -> Response:
    """A LoggingConfiguration as PutBucketLogging takes it."""
    renamed = _renamed(value, LOGGING)
    if "TargetBucket" not in renamed:
        raise ValidationError("LoggingConfiguration without DestinationBucketName is not supported: name the bucket.")
    return {"LoggingEnabled": {"TargetPrefix": "", **renamed}}


def as_logging(enabled: Any) -> Response:
    """What GetBucketLogging tells, as a LoggingConfiguration."""
    return _named_back(enabled or {}, LOGGING)


def lifecycle(value: Any) -> Response:
    """A LifecycleConfiguration as PutBucketLifecycleConfiguration takes it."""
    return {"Rules": [_rule(rule) for rule in _member(value, "Rules")]}


def as_lifecycle(rules: Any) -> Response:
    """What GetBucketLifecycleConfiguration tells, as a LifecycleConfiguration."""
    return {"Rules": [_as_rule(rule) for rule in rules]}


def _rule(rule: Any) -> Response:
    if not isinstance(rule, dict):
        raise ValidationError("#/LifecycleConfiguration/Rules: expected type: JSONObject")
    _refuse_others(rule, RULE)
    found = {"ID": rule["Id"]} if "Id" in rule else {}
    found |= {"Status": rule.get("Status"), "Filter": _filter(rule)}
    expiration = _renamed({name: rule[name] for name in EXPIRATION if name in rule}, EXPIRATION)
    if expiration:
        found["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in rule:
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    found |= {name: _renamed(rule[name], names) for name, names in PARTS.items() if name in rule}
    for name, names in LISTS.items():
        if name in rule:
            found[name] = [_renamed(item, names) for item in _member({name: rule[name]}, name)]
    return found


def _filter(rule: Mapping[str, Any]) -> Response:
    parts: dict[str, Any] = {name: rule[name] for name in FILTER if name in rule}
    tags = rule.get("TagFilters", [])
    if not parts and not tags:
        return {"Prefix": ""}
    if len(parts) + len(tags) == 1:
        return parts or {"Tag": tags[0]}
    return {"And": parts | ({"Tags": tags} if tags else {})}


def _as_rule(rule: Mapping[str, Any]) -> Response:
    found: Response = {"Status": rule["Status"], "Id": rule.get("ID", "")}
    given = rule.get("Filter", {})
    parts = given.get("And", given)
    found |= {name: parts[name] for name in FILTER if name in parts}
    tags = [*parts.get("Tags", []), *([parts["Tag"]] if "Tag" in parts else [])]
    if tags:
        found["TagFilters"] = tags
    found |= _named_back(rule.get("Expiration", {}), EXPIRATION)
    if "NoncurrentDays" in rule.get("NoncurrentVersionExpiration", {}):
        found["NoncurrentVersionExpirationInDays"] = rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
    found |= {name: _named_back(rule[name], names) for name, names in PARTS.items() if name in rule}
    lists = {name: names for name, names in LISTS.items() if name in rule}
    return found | {name: [_named_back(item, names) for item in rule[name]] for name, names in lists.items()}


def _renamed(value: Any, names: Names) -> Response:
    if not isinstance(value, dict):
        raise ValidationError(f"expected type: JSONObject, found: {value!r}")
    _refuse_others(value, names)
    return {names[name]: item for name, item in value.items()}


def _named_back(value: Mapping[str, Any], names: Names) -> Response:
    back = {told: name for name, told in names.items()}
    found = {back[name]: item for name, item in value.items() if name in back}
    return {name: item.isoformat() if isinstance(item, datetime) else item for name, item in found.items()}


def _refuse_others(value: Mapping[str, Any], known: Any) -> None:
    for name in value:
        if name not in known:
            raise ValidationError(f"Encountered unsupported property {name}")


def _member(value: Any, name: str) -> list[Any]:
    if not isinstance(value, dict) or not isinstance(value.get(name), list):
        raise ValidationError(f"Property validation failure: [The property {{/{name}}} is required]")
    _refuse_others(value, (name,))
    return list(value[name])
