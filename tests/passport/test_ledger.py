"""`afluente ledger`: it balances, and names the place of each fault that is put in."""

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.passport.conftest import Command, Farm, reading
from tests.passport.test_passport import FUNCTION

from afluente.core.setting import Settings

Pages = list[dict[str, Any]]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "clean.py").write_text(FUNCTION)
    (tmp_path / "lambda.toml").write_text('[functions]\nclean = "clean.py:handler"\n')
    return dataclasses.replace(settings, lambda_functions=str(tmp_path / "lambda.toml"), shard_limits=False)


@pytest.fixture
def balance(command: Command) -> Callable[..., Pages]:
    """Runs `afluente ledger ... --json`; its pages. `status` is 0 when it balances."""

    def run(*words: str, status: int = 0) -> Pages:
        pages: Pages = json.loads(command("ledger", *words, "--json", "--language", "en", status=status))
        assert all(page["balances"] for page in pages) == (status == 0)
        return pages

    return run


def numbers(page: dict[str, Any], *names: str) -> tuple[int, ...]:
    return tuple(page[name] for name in names)


def findings(page: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in page["findings"]]


def test_everything_is_somewhere_from_the_stream_to_the_lake(
    farm: Farm, balance: Callable[..., Pages], command: Command
) -> None:
    farm.put(reading(50))  # older than the delivery stream: none of its records
    farm.delivery_stream()
    farm.put(*(reading(number) for number in range(1, 8)), reading(1), reading(2, kind="wind"))
    farm.put(reading(9, timestamp="2025-01-01T00:00:00Z"))
    farm.deliver()
    farm.crawl()
    farm.run_job()
    farm.put(reading(10), reading(11))
    farm.deliver()
    farm.put(reading(12))
    delivery, lake = balance()
    assert numbers(delivery, "in", "delivered", "pending", "error_output", "difference") == (13, 12, 1, 0, 0)
    assert (lake["from"], lake["to"]) == ("farm.readings", "farm.lake")
    names = ("records", "rows", "duplicates", "rejected", "waiting", "late", "difference")
    assert numbers(lake, *names) == (12, 8, 1, 1, 2, 1, 0)
    assert lake["details"]["rejected"] == {"unknown type": 1}
    assert str(farm.app.balance("windfarm")) == "13 in = 12 delivered + 1 pending"
    said = command("ledger", "--language", "pt")
    assert "duplicatas" in said
    assert "✓" in said


def test_rows_twice_without_a_bookmark_are_named_with_their_runs(farm: Farm, balance: Callable[..., Pages]) -> None:
    farm.delivery_stream()
    farm.put(*(reading(number) for number in range(5)))
    farm.deliver()
    farm.crawl()
    runs = [farm.run_job(**{"--job-bookmark-option": "job-bookmark-disable"}) for _ in range(2)]
    _, lake = balance(status=1)
    assert numbers(lake, "records", "rows", "too_many", "difference") == (5, 5, 5, -5)
    assert findings(lake) == ["rows-doubled"]
    assert all(run in lake["findings"][0]["what"] for run in runs)


def test_rows_that_were_lost_or_come_from_elsewhere(
    farm: Farm, balance: Callable[..., Pages], command: Command
) -> None:
    farm.delivery_stream()
    farm.put(*(reading(number) for number in range(4)), reading(7, kind="powerfactor"))
    farm.deliver()
    farm.crawl()
    farm.run_job()
    (key,) = (key for key in farm.keys("lake/", "lake") if "powerfactor" in key)
    farm.client("s3").delete_object(Bucket="lake", Key=key)
    _, lake = balance(status=1)
    assert (findings(lake), lake["difference"]) == (["records-without-row"], 1)
    words = lake["findings"][0]["next"].removeprefix("afluente ").split()
    assert "dropped or changed it" in command(*words, "--language", "en", status=1)
    (raw,) = farm.keys()
    farm.client("s3").put_object(Bucket="raw", Key=raw, Body=json.dumps(reading(0)))
    delivery, lake = balance(status=1)
    assert (findings(delivery), delivery["difference"]) == (["object-changed"], 4)
    assert findings(lake) == ["rows-without-record"]
    farm.client("s3").delete_object(Bucket="raw", Key=raw)
    (delivery,) = balance(status=1)
    assert (findings(delivery), delivery["difference"]) == (["object-deleted"], 5)


def test_function_that_drops_and_fails(farm: Farm, balance: Callable[..., Pages], command: Command) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:clean"
    parameters = {"LambdaArn": arn, "BufferIntervalInSeconds": "0", "BufferSizeInMBs": "1"}
    named = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    farm.delivery_stream(processors=[{"Type": "Lambda", "Parameters": named}])
    farm.put(*(reading(number) for number in range(6)), reading(7, fail=1), reading(8, drop=1), reading(9, drop=1))
    (page,) = balance()
    assert (page["in"], page["delivered"] + page["pending"] + page["error_output"] + page.get("dropped", 0)) == (9, 9)
    farm.drain()
    (page,) = balance()
    assert numbers(page, "in", "delivered", "error_output", "dropped", "pending") == (9, 6, 1, 2, 0)
    assert str(farm.app.balance("windfarm")) == "9 in = 7 delivered + 0 pending + 2 dropped"
    assert page["details"]["error_output"] == {"processing-failed": 1}
    assert "leave out --since" in command("ledger", "--since", "2026-01-01", status=1)


def test_conversion_that_fails_for_some_and_for_all(farm: Farm, balance: Callable[..., Pages]) -> None:
    columns = [{"Name": "idtemp", "Type": "int"}, {"Name": "data", "Type": "double"}]
    farm.client("glue").create_table(
        DatabaseName="farm", TableInput={"Name": "schema", "StorageDescriptor": {"Columns": columns}}
    )
    schema = {"RoleARN": farm.role, "DatabaseName": "farm", "TableName": "schema", "Region": "us-east-1"}
    farm.delivery_stream(
        BufferingHints={"IntervalInSeconds": 60, "SizeInMBs": 64},
        DataFormatConversionConfiguration={
            "Enabled": True, "SchemaConfiguration": schema,
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        },
    )  # fmt: skip
    farm.put({"idtemp": 1, "data": 0.5}, b"no json", {"idtemp": 2, "data": 0.5})
    farm.deliver()
    farm.put(b"no", b"not")
    farm.deliver()
    (page,) = balance()
    assert numbers(page, "in", "delivered", "error_output", "pending") == (5, 2, 3, 0)
    assert page["details"]["error_output"] == {"format-conversion-failed": 3}
    farm.client("s3").delete_object(Bucket="raw", Key=farm.keys("errors/")[0])
    (page,) = balance(status=1)
    assert page["difference"] in {1, 2}


def test_part_of_the_time_takes_parts_of_objects(farm: Farm, balance: Callable[..., Pages]) -> None:
    farm.delivery_stream()
    farm.put(reading(1), reading(2))
    farm.clock.advance(10)
    middle = farm.client("kinesis").put_record(StreamName="windfarm", Data=b"{}", PartitionKey="k")["SequenceNumber"]
    assert middle
    farm.put(reading(3))
    farm.deliver()
    since = f"2026-09-21T{farm.moment(middle):%H:%M:%S}"
    (page,) = balance("--since", since)
    assert numbers(page, "in", "delivered", "pending") == (2, 2, 0)
    (page,) = balance("--until", since)
    assert numbers(page, "in", "delivered", "pending") == (2, 2, 0)
    (page,) = balance("--since", since, "--until", since)
    assert numbers(page, "in", "delivered", "pending") == (0, 0, 0)


def test_without_afluentes_endpoint_as_on_aws_what_was_delivered_is_balanced(
    farm: Farm, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afluente.passport.endpoint.Endpoint.is_afluente", False)
    farm.delivery_stream()
    farm.put(reading(1), reading(1), reading(2))
    farm.deliver()
    farm.crawl()
    farm.run_job()
    said = command("ledger", "--language", "en")
    assert "AWS does not tell" in said
    assert "put into the stream" not in said
    assert re.search(r"records delivered +3\b", said)
    assert re.search(r"duplicates +1\b", said)


def test_what_cannot_be_balanced_is_one_sentence(farm: Farm, command: Command) -> None:
    assert "no delivery stream reads windfarm" in command("ledger", status=1)
    with pytest.raises(SystemExit):
        command("ledger", "--since", "yesterday")
