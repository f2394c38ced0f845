"""`afluente policy`: what `--record` has written down, as policies."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.services.iam.document import policy, trust

from afluente.app import App
from afluente.cli import main
from afluente.core.clock import ManualClock, SystemClock
from afluente.core.setting import Settings

LAKE = "arn:aws:s3:::lake"
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], settings: Settings) -> Callable[..., Any]:
    def ask(*options: str) -> Any:
        capsys.readouterr()
        assert main.main(["policy", "--data", str(settings.data), *options]) == 0
        return json.loads(capsys.readouterr().out)

    return ask


def client(app: App, service: str, key: str, secret: str = "any", token: str | None = None) -> Any:
    return boto3.client(
        service, endpoint_url=app.endpoint, region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key=secret, aws_session_token=token,
    )  # fmt: skip


def statements(document: dict[str, Any]) -> list[tuple[Any, Any]]:
    return [(statement["Action"], statement["Resource"]) for statement in document["Statement"]]


def test_each_access_key_has_its_policy_in_open_mode(settings: Settings, printed: Callable[..., Any]) -> None:
    recording = App(replace(settings, record_permissions=True), ManualClock())
    recording.start()
    client(recording, "s3", "admin").create_bucket(Bucket="lake")
    client(recording, "kinesis", "admin").create_stream(StreamName="s", ShardCount=1)
    for _ in range(2):
        client(recording, "kinesis", "writer").put_record(StreamName="s", Data=b"1", PartitionKey="a")  # the hot path
    client(recording, "s3", "reader").list_objects_v2(Bucket="lake")
    recording.stop()
    root = "arn:aws:iam::000000000000:root"
    found = {name: statements(document) for name, document in printed().items()}
    assert found == {
        f"{root} (admin)": [("kinesis:CreateStream", STREAM), ("s3:CreateBucket", LAKE)],
        f"{root} (reader)": [("s3:ListBucket", LAKE)],
        f"{root} (writer)": [("kinesis:PutRecord", STREAM)],
    }
    assert statements(printed("--principal", "writer")) == [("kinesis:PutRecord", STREAM)]


def test_what_was_refused_is_told_and_not_allowed(
    settings: Settings, capsys: pytest.CaptureFixture[str], printed: Callable[..., Any]
) -> None:
    root, role = ("AKIAROOTROOTROOTROOT", "secret"), "arn:aws:iam::000000000000:role/reader"
    settings = replace(
        settings, record_permissions=True, auth="enforce", root_access_key=root[0], root_secret_key=root[1]
    )
    app = App(settings, ManualClock(SystemClock().now_ms()))  # since clients sign with the machine's time
    app.start()
    client(app, "s3", *root).create_bucket(Bucket="lake")
    iam = client(app, "iam", *root)
    account = trust(Principal={"AWS": "arn:aws:iam::000000000000:root"})
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=account)
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy(Action="s3:ListBucket", Resource="*"))
    iam.create_user(UserName="ana")
    iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=policy(Action="sts:AssumeRole", Resource="*"))
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    ana = client(app, "sts", key["AccessKeyId"], key["SecretAccessKey"])
    given = ana.assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
    s3 = client(app, "s3", given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    s3.list_objects_v2(Bucket="lake")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket="lake", Key="k")
    app.stop()
    assert statements(printed("--principal", "reader")) == [("s3:ListBucket", LAKE)]
    assert statements(printed("--principal", "ana")) == [("sts:AssumeRole", role)]
    main.main(["policy", "--data", str(settings.data), "--principal", "reader"])
    said = capsys.readouterr().err
    assert said == f"refused, and not in the policy: {role} s3:PutObject on {LAKE}/k\n"


@pytest.mark.parametrize("options", [[], ["--principal", "nobody"], ["--since", "soon"], ["--since", "1h"]])
def test_nothing_recorded_is_one_clear_sentence(
    options: list[str], app: App, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["policy", "--data", str(settings.data), *options]) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert ("--record" in said) or ("length of time" in said)


def work(app: App, key: str, secret: str = "any") -> None:
    """What a small pipeline's program does."""
    s3, kinesis = client(app, "s3", key, secret), client(app, "kinesis", key, secret)
    glue, athena = client(app, "glue", key, secret), client(app, "athena", key, secret)
    s3.put_object(Bucket="lake", Key="raw/date=2030-01-01/a.json", Body=b"{}")
    s3.get_object(Bucket="lake", Key="raw/date=2030-01-01/a.json")
    s3.list_objects_v2(Bucket="lake", Prefix="raw/")
    kinesis.put_records(StreamName="s", Records=[{"Data": b"1", "PartitionKey": "k"}])
    kinesis.describe_stream_summary(StreamName="s")
    glue.get_database(Name="farm")
    athena.start_query_execution(QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "s3://lake/results/"})


def prepare(app: App, key: str, secret: str = "any") -> None:
    client(app, "s3", key, secret).create_bucket(Bucket="lake")
    client(app, "kinesis", key, secret).create_stream(StreamName="s", ShardCount=1)
    client(app, "glue", key, secret).create_database(DatabaseInput={"Name": "farm"})


def test_what_is_printed_is_enough_under_enforcement(
    settings: Settings, tmp_path: Path, printed: Callable[..., Any]
) -> None:
    recording = App(replace(settings, record_permissions=True), ManualClock())
    recording.start()
    prepare(recording, "admin")
    work(recording, "pipeline")
    recording.stop()
    document = printed("--principal", "pipe")  # a name may be cut short
    root = ("AKIAROOTROOTROOTROOT", "secret")
    strict = replace(
        settings, data=tmp_path / "strict", auth="enforce", root_access_key=root[0], root_secret_key=root[1]
    )
    app = App(strict, ManualClock(SystemClock().now_ms()))
    app.start()
    prepare(app, *root)
    iam = client(app, "iam", *root)
    iam.create_user(UserName="pipeline")
    iam.put_user_policy(UserName="pipeline", PolicyName="p", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="pipeline")["AccessKey"]
    work(app, key["AccessKeyId"], key["SecretAccessKey"])
    for statement in document["Statement"]:
        others = [other for other in document["Statement"] if other is not statement]
        less = json.dumps({**document, "Statement": others})
        iam.put_user_policy(UserName="pipeline", PolicyName="p", PolicyDocument=less)
        with pytest.raises(ClientError, match=r"AccessDenied|is not authorized|Unable to verify/create output bucket"):
            work(app, key["AccessKeyId"], key["SecretAccessKey"])
    app.stop()


def test_names_that_may_be_several_are_told(
    settings: Settings, capsys: pytest.CaptureFixture[str], printed: Callable[..., Any]
) -> None:
    recording = App(replace(settings, record_permissions=True), ManualClock())
    recording.start()
    for key in ("farm-one", "farm-two", "other"):
        client(recording, "s3", key).list_buckets()
    recording.stop()
    assert statements(printed("--principal", "farm-o")) == [("s3:ListAllMyBuckets", "arn:aws:s3:::*")]
    for name, told in (("farm", "may be any of these: farm-one, farm-two."), ("sea", "farm-one, farm-two, other.")):
        assert main.main(["policy", "--data", str(settings.data), "--principal", name]) == 1
        assert capsys.readouterr().err.rstrip().endswith(told)


def test_a_policy_that_is_too_long_is_printed_in_parts(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    recording = App(replace(settings, record_permissions=True), ManualClock())
    recording.start()
    glue = client(recording, "glue", "reader")
    for number in range(120):
        with pytest.raises(ClientError, match="EntityNotFound"):
            glue.get_table(DatabaseName="farm", Name=f"{'long' * 10}_{number}")
    recording.stop()
    assert main.main(["policy", "--data", str(settings.data), "--principal", "reader"]) == 0
    said = capsys.readouterr()
    parts = json.loads(said.out)
    assert "in 2 parts to attach each" in said.err
    assert len(parts) == 2
    assert all(len(json.dumps(part, separators=(",", ":"))) <= 6144 for part in parts)
