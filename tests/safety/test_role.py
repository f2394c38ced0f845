"""What a role has is its own: its bucket, its sessions' tokens, and the trust that a service has for one resource."""

import base64
import json
import time
from dataclasses import replace
from typing import Any

import pytest
from tests.auth.conftest import ACCOUNT, ROOT, Place, Refused, document
from tests.safety.raw import Raw, signed

OBJECTS: list[tuple[str, dict[str, Any]]] = [
    ("get_object", {"Key": "k"}), ("head_object", {"Key": "k"}), ("put_object", {"Key": "k", "Body": b"x"}),
    ("delete_object", {"Key": "k"}), ("list_objects_v2", {}), ("get_object_tagging", {"Key": "k"}),
    ("create_multipart_upload", {"Key": "k"}), ("list_multipart_uploads", {}), ("get_bucket_policy", {}),
    ("put_bucket_policy", {"Policy": "{}"}), ("delete_bucket", {}),
]  # fmt: skip


def trusted(**statement: Any) -> str:
    found = {"Effect": "Allow", "Action": "sts:AssumeRole", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [found]})


def session(place: Place, name: str) -> tuple[str, str, str]:
    """A session of a role that may everything to the bucket of its name, and nothing else."""
    iam = place.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted(Principal={"AWS": ACCOUNT}))["Role"]
    own = {"Action": "s3:*", "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]}
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(own))
    place.client("s3").create_bucket(Bucket=name)
    place.client("s3").put_object(Bucket=name, Key="k", Body=name.encode())
    operator = place.user(f"operator-of-{name}", {"Action": "sts:AssumeRole"})
    given = place.client("sts", operator).assume_role(RoleArn=role["Arn"], RoleSessionName="run")["Credentials"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


def test_another_roles_bucket(place: Place, refused: Refused) -> None:
    keys = {name: session(place, name) for name in ("mine", "yours")}
    for name, other in (("mine", "yours"), ("yours", "mine")):
        s3 = place.client("s3", keys[name])
        assert s3.get_object(Bucket=name, Key="k")["Body"].read() == name.encode()
        for operation, request in OBJECTS:
            status, code, _ = refused(getattr(s3, operation), Bucket=other, **request)
            assert (status, code) in {(403, "AccessDenied"), (403, "403")}, operation
        (failed,) = s3.delete_objects(Bucket=other, Delete={"Objects": [{"Key": "k"}]})["Errors"]
        assert failed["Code"] == "AccessDenied"
        copy = {"Bucket": other, "Key": "k"}
        assert refused(s3.copy_object, Bucket=name, Key="stolen", CopySource=copy)[1] == "AccessDenied"
        upload = s3.create_multipart_upload(Bucket=name, Key="stolen")["UploadId"]
        stolen = {"Bucket": name, "Key": "stolen", "UploadId": upload, "PartNumber": 1, "CopySource": copy}
        assert refused(s3.upload_part_copy, **stolen)[1] == "AccessDenied"
        url = s3.generate_presigned_url("get_object", Params=copy, ExpiresIn=60)
        assert Raw("GET", url.removeprefix(place.app.endpoint)).send(place.app.endpoint).code == "AccessDenied"
    assert place.client("s3").get_object(Bucket="yours", Key="k")["Body"].read() == b"yours"


def test_a_token_that_was_made_up_changed_or_is_anothers(place: Place) -> None:
    (key, secret, token), other = session(place, "mine"), session(place, "yours")
    turned = ("A" if token[0] != "A" else "B") + token[1:]
    claims = base64.b64encode(json.dumps({"arn": f"arn:aws:iam::{ACCOUNT}:root", "exp": 9e12}).encode()).decode()
    for forged in (
        (key, secret, turned),
        (key, secret, token[:-1]),
        (key, secret, token + "A"),
        (key, secret, other[2]),
        (key, other[1], token),
        (other[0], secret, token),
        (key, secret, claims),
        ("ASIAAAAAAAAAAAAAAAAA", secret, token),
        (ROOT[0], ROOT[1], token),
    ):
        answer = signed(place.app.endpoint, "s3", Raw("GET", "/mine/k"), forged).send(place.app.endpoint)
        assert answer.status in {400, 403}, forged
        assert answer.code in {"InvalidToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
    unsigned = signed(place.app.endpoint, "s3", Raw("GET", "/mine/k"), (key, secret))
    assert unsigned.send(place.app.endpoint).code == "InvalidToken"
    assert replace(unsigned, headers={**unsigned.headers, "X-Amz-Security-Token": token}).send(
        place.app.endpoint
    ).code == "AccessDenied"  # a header that nobody signed  # fmt: skip


STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/farm"
DELIVERY = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/"


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"ArnEquals": {"aws:SourceArn": f"{DELIVERY}mine"}}, {"mine"}),
        ({"ArnLike": {"aws:SourceArn": f"{DELIVERY}*"}}, {"mine", "other"}),
        ({"ArnLike": {"aws:SourceArn": DELIVERY.replace("us-east-1", "eu-west-1") + "*"}}, set()),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"mine", "other"}),
        ({"StringEquals": {"aws:SourceAccount": "111111111111"}}, set()),
        ({"StringEquals": {"sts:ExternalId": ACCOUNT}}, {"mine", "other"}),
        ({"StringEquals": {"sts:ExternalId": "somebody"}}, set()),
    ],
)
def test_a_delivery_stream_borrows_a_role_only_for_what_it_is_trusted_with(
    place: Place, refused: Refused, condition: dict[str, Any], allowed: set[str]
) -> None:
    place.client("s3").create_bucket(Bucket="raw")
    trust = trusted(Principal={"Service": "firehose.amazonaws.com"}, Condition=condition)
    role = place.client("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    destination = {"BucketARN": "arn:aws:s3:::raw", "RoleARN": role}
    firehose = place.client("firehose")
    for name in ("mine", "other"):
        request = {"DeliveryStreamName": name, "ExtendedS3DestinationConfiguration": destination}
        if name in allowed:
            firehose.create_delivery_stream(**request)
        else:
            _, code, message = refused(firehose.create_delivery_stream, **request)
            assert code == "InvalidArgumentException"
            assert message.startswith(f"Firehose is unable to assume role {role}")


@pytest.mark.parametrize(("trusted_job", "state"), [("mine", "FAILED"), ("other", "SUCCEEDED")])
def test_a_job_borrows_a_role_only_for_what_it_is_trusted_with(place: Place, trusted_job: str, state: str) -> None:
    """Were the condition not asked, a job could be run under the role of another one."""
    iam, glue, s3 = place.client("iam"), place.client("glue"), place.client("s3")
    job = f"arn:aws:glue:us-east-1:{ACCOUNT}:job/other"
    trust = {"Principal": {"Service": "glue.amazonaws.com"}}
    role = iam.create_role(RoleName="job", AssumeRolePolicyDocument=trusted(**trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="job", PolicyName="p", PolicyDocument=document({"Action": ["s3:*", "logs:*"]}))
    s3.create_bucket(Bucket="assets")
    s3.put_object(Bucket="assets", Key="job.py", Body=b"print(1)")
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://assets/job.py"}
    glue.create_job(Name="other", Role=role, Command=command, MaxCapacity=0.0625)
    condition = {"ArnEquals": {"aws:SourceArn": job.replace("other", trusted_job)}}
    iam.update_assume_role_policy(RoleName="job", PolicyDocument=trusted(**trust, Condition=condition))
    run = glue.start_job_run(JobName="other")["JobRunId"]
    found: dict[str, Any] = {"JobRunState": "RUNNING"}
    for _ in range(2_000):  # the run is a process of its own; the clock, which clients sign by, stays
        found = glue.get_job_run(JobName="other", RunId=run)["JobRun"]
        if found["JobRunState"] not in {"STARTING", "RUNNING", "WAITING"}:
            break
        time.sleep(0.02)
    assert found["JobRunState"] == state, found
