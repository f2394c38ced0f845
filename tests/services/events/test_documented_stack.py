"""The stack on EventBridge's page does what the page says."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from afluente.core.clock import ManualClock

PAGE = Path(__file__).parents[3] / "docs/eventbridge.md"


def test_an_object_begins_a_crawl(client: Callable[..., Any], clock: ManualClock) -> None:
    (template,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    stacks, s3, glue = client("cloudformation"), client("s3"), client("glue")
    stacks.create_stack(StackName="lake", TemplateBody=template, Capabilities=["CAPABILITY_IAM"])

    def made() -> Any:
        clock.advance(1)
        (stack,) = stacks.describe_stacks(StackName="lake")["Stacks"]
        assert stack["StackStatus"] in {"CREATE_IN_PROGRESS", "CREATE_COMPLETE"}, stack
        return stack if stack["StackStatus"] == "CREATE_COMPLETE" else None

    bucket = _until(made)["Outputs"][0]["OutputValue"]
    s3.put_object(Bucket=bucket, Key="elsewhere/a.json", Body=b'{"id": 1}\n')
    s3.put_object(Bucket=bucket, Key="readings/day=1/a.json", Body=b'{"id": 1}\n')

    def crawled() -> Any:
        clock.advance(1)
        try:
            return glue.get_partitions(DatabaseName="farm", TableName="readings")["Partitions"]
        except ClientError:
            return None

    (partition,) = _until(crawled)
    assert partition["Values"] == ["1"]
    (workflow,) = glue.list_workflows()["Workflows"]
    assert len(glue.get_workflow_runs(Name=workflow)["Runs"]) == 1


def _until(found: Callable[[], Any]) -> Any:
    for _ in range(3000):
        if result := found():
            return result
        time.sleep(0.01)
    raise AssertionError("it did not come to that")
