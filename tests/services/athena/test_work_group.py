from typing import Any

import pytest

from afluente.services.athena.error import InvalidRequestException, ResourceNotFoundException

from .conftest import ACCOUNT, CALL, REGION, Lake

ARN = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/farm"


def _create(lake: Lake, **configuration: Any) -> None:
    lake.athena.create_work_group(
        CALL, {"Name": "farm", "Configuration": configuration, "Tags": [{"Key": "a", "Value": "b"}]}
    )


def _get(lake: Lake, name: str = "farm") -> dict[str, Any]:
    return dict(lake.athena.get_work_group(CALL, {"WorkGroup": name})["WorkGroup"])


def test_primary_exists(lake: Lake) -> None:
    configuration = _get(lake, "primary")["Configuration"]
    assert configuration["EnforceWorkGroupConfiguration"] is False
    assert configuration["ResultConfiguration"] == {}
    with pytest.raises(InvalidRequestException):
        lake.athena.delete_work_group(CALL, {"WorkGroup": "primary"})


def test_create_work_group_defaults(lake: Lake) -> None:
    _create(lake)
    found = _get(lake)
    assert found["State"] == "ENABLED"
    assert found["Configuration"] == {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        "EnableMinimumEncryptionConfiguration": False,
        "ResultConfiguration": {},
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
    }


def test_create_work_group_twice(lake: Lake) -> None:
    _create(lake)
    with pytest.raises(InvalidRequestException, match="WorkGroup is already created"):
        _create(lake)


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"ResultConfiguration": {"OutputLocation": "x"}}, "outputLocation is not a valid S3 path."),
        (
            {"EngineVersion": {"SelectedEngineVersion": "Athena engine version 9"}},
            "The selected engine version is not valid.",
        ),
    ],
)
def test_create_work_group_refuses(lake: Lake, configuration: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestException, match=message):
        _create(lake, **configuration)


def test_list_work_groups_by_name(lake: Lake) -> None:
    _create(lake)
    lake.athena.create_work_group(CALL, {"Name": "zoo"})
    assert [group["Name"] for group in lake.athena.list_work_groups(CALL, {})["WorkGroups"]] == [
        "farm",
        "primary",
        "zoo",
    ]
    page = lake.athena.list_work_groups(CALL, {"MaxResults": 2})
    rest = lake.athena.list_work_groups(CALL, {"MaxResults": 2, "NextToken": page["NextToken"]})
    assert [group["Name"] for group in rest["WorkGroups"]] == ["zoo"]


def test_an_enforcing_group_decides_where_results_lie(lake: Lake) -> None:
    _create(lake, ResultConfiguration={"OutputLocation": "s3://results/group"})
    assert (
        lake.run("SELECT 1", WorkGroup="farm")
        .execution["ResultConfiguration"]["OutputLocation"]
        .startswith("s3://results/group/")
    )
    lake.athena.update_work_group(
        CALL, {"WorkGroup": "farm", "ConfigurationUpdates": {"EnforceWorkGroupConfiguration": False}}
    )
    assert (
        lake.run("SELECT 1", WorkGroup="farm")
        .execution["ResultConfiguration"]["OutputLocation"]
        .startswith("s3://results/q/")
    )
    given = lake.run("SELECT 1", WorkGroup="farm", ResultConfiguration={})
    assert given.execution["ResultConfiguration"]["OutputLocation"].startswith("s3://results/group/")


def test_results_are_encrypted_as_their_bucket_is(lake: Lake) -> None:
    by_s3 = {"EncryptionOption": "SSE_S3"}
    _create(lake, ResultConfiguration={"OutputLocation": "s3://results/group/", "EncryptionConfiguration": by_s3})
    results = lake.run("SELECT 1", WorkGroup="farm").execution["ResultConfiguration"]
    assert results["EncryptionConfiguration"] == by_s3
    removed = {"ResultConfigurationUpdates": {"RemoveEncryptionConfiguration": True}}
    lake.athena.update_work_group(CALL, {"WorkGroup": "farm", "ConfigurationUpdates": removed})
    assert _get(lake)["Configuration"]["ResultConfiguration"] == {"OutputLocation": "s3://results/group/"}
    results = lake.run("SELECT 1", WorkGroup="farm").execution["ResultConfiguration"]
    assert "EncryptionConfiguration" not in results
    asked = {"OutputLocation": "s3://results/q/", "EncryptionConfiguration": by_s3}
    results = lake.run("SELECT 1", ResultConfiguration=asked).execution["ResultConfiguration"]
    assert results["EncryptionConfiguration"] == by_s3


def test_an_enforcing_group_refuses_external_location(lake: Lake) -> None:
    _create(lake, ResultConfiguration={"OutputLocation": "s3://results/group/"})
    answer = lake.run("CREATE TABLE x WITH (external_location = 's3://lake/x/') AS SELECT 1 AS n", WorkGroup="farm")
    assert "enforces a centralized output location" in answer.reason


def test_update_work_group(lake: Lake) -> None:
    _create(lake, ResultConfiguration={"OutputLocation": "s3://results/group/"}, BytesScannedCutoffPerQuery=10_000_000)
    updates = {
        "ResultConfigurationUpdates": {"RemoveOutputLocation": True},
        "RemoveBytesScannedCutoffPerQuery": True,
        "PublishCloudWatchMetricsEnabled": False,
    }
    lake.athena.update_work_group(CALL, {"WorkGroup": "farm", "Description": "new", "ConfigurationUpdates": updates})
    found = _get(lake)
    assert found["Description"] == "new"
    assert found["Configuration"]["ResultConfiguration"] == {}
    assert "BytesScannedCutoffPerQuery" not in found["Configuration"]
    assert found["Configuration"]["PublishCloudWatchMetricsEnabled"] is False


def test_a_disabled_group_takes_no_query(lake: Lake) -> None:
    _create(lake)
    lake.athena.update_work_group(CALL, {"WorkGroup": "farm", "State": "DISABLED"})
    with pytest.raises(InvalidRequestException, match=r"WorkGroup farm is disabled."):
        lake.start("SELECT 1", WorkGroup="farm")


def test_a_query_beyond_the_cutoff_is_cancelled(lake: Lake) -> None:
    from .conftest import OPENX

    _create(lake, BytesScannedCutoffPerQuery=10_000_000)
    lake.put("s3://lake/t/a.json", '{"n":1,"padding":"%s"}\n' % ("x" * 100) * 100_000)
    lake.table("t", {"n": "int"}, "s3://lake/t/", OPENX)
    answer = lake.run("SELECT sum(n) FROM t", WorkGroup="farm")
    assert (answer.state, answer.reason) == ("CANCELLED", "Bytes scanned limit was exceeded")
    assert not [key for key in lake.keys("results") if answer.execution["QueryExecutionId"] in key]


def test_delete_work_group(lake: Lake) -> None:
    _create(lake)
    id = lake.run("SELECT 1", WorkGroup="farm").execution["QueryExecutionId"]
    with pytest.raises(InvalidRequestException, match="WorkGroup farm is not empty"):
        lake.athena.delete_work_group(CALL, {"WorkGroup": "farm"})
    lake.athena.delete_work_group(CALL, {"WorkGroup": "farm", "RecursiveDeleteOption": True})
    with pytest.raises(InvalidRequestException, match=r"WorkGroup is not found."):
        _get(lake)
    with pytest.raises(InvalidRequestException, match="was not found"):
        lake.athena.get_query_execution(CALL, {"QueryExecutionId": id})


def test_tags(lake: Lake) -> None:
    _create(lake)
    lake.athena.tag_resource(
        CALL, {"ResourceARN": ARN, "Tags": [{"Key": "c", "Value": "d"}, {"Key": "a", "Value": "z"}]}
    )
    assert lake.athena.list_tags_for_resource(CALL, {"ResourceARN": ARN})["Tags"] == [
        {"Key": "a", "Value": "z"},
        {"Key": "c", "Value": "d"},
    ]
    lake.athena.untag_resource(CALL, {"ResourceARN": ARN, "TagKeys": ["a", "nope"]})
    assert lake.athena.list_tags_for_resource(CALL, {"ResourceARN": ARN})["Tags"] == [{"Key": "c", "Value": "d"}]
    with pytest.raises(InvalidRequestException, match="A tag needs a Key"):
        lake.athena.tag_resource(CALL, {"ResourceARN": ARN, "Tags": [{"Value": "without a key"}]})
    for arn in (ARN + "x", "nonsense", ARN.replace("workgroup", "datacatalog")):
        with pytest.raises(ResourceNotFoundException):
            lake.athena.list_tags_for_resource(CALL, {"ResourceARN": arn})
