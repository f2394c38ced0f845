"""The texts and their order are the service's own."""

from typing import Any

import pytest

from afluente.core.error import NotImplemented as NotSupported
from afluente.services.firehose.conversion.configuration import check
from afluente.services.firehose.error import InvalidArgumentException

GOOD: dict[str, Any] = {
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
    "CompressionFormat": "UNCOMPRESSED",
    "DataFormatConversionConfiguration": {
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        "SchemaConfiguration": {"RoleARN": "arn:aws:iam::0:role/r", "DatabaseName": "d", "TableName": "t"},
    },
}


def changed(**members: Any) -> dict[str, Any]:
    return GOOD | {"DataFormatConversionConfiguration": GOOD["DataFormatConversionConfiguration"] | members}


def test_check_takes_a_whole_configuration() -> None:
    check(GOOD)


def test_check_looks_at_nothing_when_conversion_is_off() -> None:
    check({"CompressionFormat": "GZIP", "BufferingHints": {"SizeInMBs": 1}})
    check({"CompressionFormat": "GZIP", "DataFormatConversionConfiguration": {"Enabled": False}})


@pytest.mark.parametrize(
    ("destination", "text"),
    [
        (changed() | {"CompressionFormat": "GZIP"}, "The S3 destination's compression format must be set to UNCOMP"),
        (changed() | {"BufferingHints": {"SizeInMBs": 63}}, "BufferingHints.SizeInMBs must be at least 64 when data"),
        (changed(InputFormatConfiguration=None), "InputFormatConfiguration must not be null"),
        (changed(OutputFormatConfiguration=None), "OutputFormatConfiguration must not be null"),
        (changed(SchemaConfiguration=None), "SchemaConfiguration must not be null"),
        (changed(InputFormatConfiguration={}), "Deserializer must not be null"),
        (changed(InputFormatConfiguration={"Deserializer": {}}), "Deserializer must not be null"),
        (
            changed(InputFormatConfiguration={"Deserializer": {"OpenXJsonSerDe": {}, "HiveJsonSerDe": {}}}),
            "More than one deserializer specified. Only one may be chosen.",
        ),
        (changed(OutputFormatConfiguration={"Serializer": {}}), "Serializer must not be null"),
        (
            changed(OutputFormatConfiguration={"Serializer": {"ParquetSerDe": {}, "OrcSerDe": {}}}),
            "More than one serializer specified. Only one may be chosen.",
        ),
        (changed(SchemaConfiguration={"TableName": "t"}), "SchemaConfiguration.RoleArn must not be null or empty"),
        (
            changed(SchemaConfiguration={"RoleARN": "r", "DatabaseName": "d"}),
            "SchemaConfiguration.TableName must not be null or empty",
        ),
    ],
)
def test_check_refuses(destination: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidArgumentException) as raised:
        check(destination)
    assert raised.value.message.startswith(text)


def test_check_refuses_a_pattern_that_is_none() -> None:
    hive = {"Deserializer": {"HiveJsonSerDe": {"TimestampFormats": ["millis", "yyyy-bb"]}}}
    with pytest.raises(InvalidArgumentException) as raised:
        check(changed(InputFormatConfiguration=hive))
    assert raised.value.message == (
        "One or more SerDe options are invalid for org.apache.hcatalog.data.JsonSerDe: "
        "[Key: timestamp.formats Value: yyyy-bb]"
    )


@pytest.mark.parametrize(
    ("serializer", "member"),
    [
        ({"ParquetSerDe": {"MaxPaddingBytes": 1}}, "ParquetSerDe.MaxPaddingBytes"),
        ({"OrcSerDe": {"EnablePadding": True}}, "OrcSerDe.EnablePadding"),
        (
            {"OrcSerDe": {"BloomFilterFalsePositiveProbability": 0.0}},
            "OrcSerDe.BloomFilterFalsePositiveProbability",
        ),
    ],
)
def test_check_names_what_is_not_supported(serializer: dict[str, Any], member: str) -> None:
    with pytest.raises(NotSupported, match=member):
        check(changed(OutputFormatConfiguration={"Serializer": serializer}))


def test_check_takes_what_has_no_effect_on_aws_either() -> None:
    orc = {"EnablePadding": False, "PaddingTolerance": 0.1, "BlockSizeBytes": 268_435_456}
    check(changed(OutputFormatConfiguration={"Serializer": {"OrcSerDe": orc}}))
    check(changed(OutputFormatConfiguration={"Serializer": {"ParquetSerDe": {"MaxPaddingBytes": 0}}}))
