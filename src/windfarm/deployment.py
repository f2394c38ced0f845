"""The farm's lake as a CloudFormation stack: made when missing, found when there; on AWS or on Afluente alike."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

HERE = Path(__file__).parent
TEMPLATE = HERE / "template.yaml"
JOB_SCRIPT = HERE / "jobs" / "lake.py"
JOB_SCRIPT_KEY = "jobs/lake.py"
QUERIES = HERE / "queries"

TAG = {"Key": "application", "Value": "windfarm"}
"""What the stack is known by."""

WHOLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
"""States in which a stack can be updated."""

Client = Any
"""A boto3 client."""


class DeploymentError(Exception):
    """The stack did not come up; the message says which resource failed, and why."""


@dataclass(frozen=True, slots=True)
class Lake:
    """Where the parts of a deployed lake are: the stack's outputs."""

    stream: str
    delivery_stream: str
    raw_bucket: str
    lake_bucket: str
    results_bucket: str
    assets_bucket: str
    database: str
    crawler: str
    job: str
    work_group: str


def deploy(
    client: Callable[[str], Client],
    stack: str = "windfarm",
    parameters: Mapping[str, str] | None = None,
    wait: Callable[[float], object] = time.sleep,
) -> Lake:
    """The lake of `stack`, as the template is now, with the job's script in place: made, or brought up to date.

    client: a service's name to its boto3 client. parameters: of a new stack; one that is there keeps its own. Raises
    DeploymentError when the stack fails.
    """
    cloudformation = client("cloudformation")
    found = _settled(cloudformation, stack, wait)
    if found is None:
        _create(cloudformation, stack, parameters or {})
    elif found["StackStatus"] in WHOLE:
        _update(cloudformation, found)
    found = _settled(cloudformation, stack, wait)
    if found is None or found["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        status = found["StackStatus"] if found else "gone"
        raise DeploymentError(f"the stack {stack} is in state {status}: {_failure(cloudformation, stack)}")
    lake = lake_of({output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]})
    client("s3").put_object(Bucket=lake.assets_bucket, Key=JOB_SCRIPT_KEY, Body=JOB_SCRIPT.read_bytes())
    return lake


def sensor_user(lake: Lake) -> str:
    """The name of the user of the sensor apps."""
    return f"{lake.stream}-sensors"


def sensor_key(client: Callable[[str], Client], lake: Lake) -> tuple[str, str]:
    """(access key id, secret) of the user of the sensor apps, who may write to the stream, and nothing else.

    The user is made when there is none. The key is new each time, and the only one.
    """
    iam = client("iam")
    name = sensor_user(lake)
    try:
        iam.create_user(UserName=name)
    except iam.exceptions.EntityAlreadyExistsException:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    stream = client("kinesis").describe_stream_summary(StreamName=lake.stream)["StreamDescriptionSummary"]["StreamARN"]
    actions = ["kinesis:DescribeStreamSummary", "kinesis:PutRecords"]
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": stream}],
    }
    iam.put_user_policy(UserName=name, PolicyName="write", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def lake_of(value: Mapping[str, str]) -> Lake:
    """The lake that a stack's outputs, key to value, describe."""
    return Lake(
        stream=value["StreamName"],
        delivery_stream=value["DeliveryStreamName"],
        raw_bucket=value["RawBucketName"],
        lake_bucket=value["LakeBucketName"],
        results_bucket=value["ResultsBucketName"],
        assets_bucket=value["AssetsBucketName"],
        database=value["DatabaseName"],
        crawler=value["CrawlerName"],
        job=value["JobName"],
        work_group=value["WorkGroupName"],
    )


def query_text(name: str) -> str:
    """The SQL of one of the farm's queries, such as `latest`."""
    return (QUERIES / f"{name}.sql").read_text()


def _create(cloudformation: Client, stack: str, parameters: Mapping[str, str]) -> None:
    cloudformation.create_stack(
        StackName=stack,
        TemplateBody=TEMPLATE.read_text(),
        Capabilities=["CAPABILITY_IAM"],
        Tags=[TAG],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )


def _update(cloudformation: Client, found: Mapping[str, Any]) -> None:
    """Bring the stack to the template as it is now; its parameters and tags stay."""
    kept = [{"ParameterKey": item["ParameterKey"], "UsePreviousValue": True} for item in found["Parameters"]]
    try:
        cloudformation.update_stack(
            StackName=found["StackName"],
            TemplateBody=TEMPLATE.read_text(),
            Capabilities=["CAPABILITY_IAM"],
            Tags=[*(tag for tag in found["Tags"] if tag["Key"] != TAG["Key"]), TAG],
            Parameters=kept,
        )
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise


def _settled(cloudformation: Client, stack: str, wait: Callable[[float], object]) -> Mapping[str, Any] | None:
    """The stack, once nothing is in progress; None when there is none."""
    while (found := _find(cloudformation, stack)) and found["StackStatus"].endswith("_IN_PROGRESS"):
        wait(0.2)
    return found


def _find(cloudformation: Client, stack: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return found


def _failure(cloudformation: Client, stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    return "; ".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in reversed(failed))
