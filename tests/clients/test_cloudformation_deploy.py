"""`aws cloudformation deploy` of the farm's template, with the real AWS CLI: once, again, and with other parameters."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Clients

from afluente.core.clock import Clock, SystemClock

TEMPLATE = Path(__file__).parents[2] / "src" / "windfarm" / "template.yaml"
PATIENCE_S = 120
CLI = """
import sys, time
sleep, now, minutes = time.sleep, time.time, int(sys.argv.pop(1))
time.sleep = lambda seconds: sleep(min(seconds, 0.3))  # its waiters look every 30 s
time.time = lambda: now() + 60 * minutes  # it names change sets by the second, and its own waits keep runs apart
from awscli.clidriver import main
sys.exit(main())
"""

Deploy = Callable[..., str]


@pytest.fixture
def clock() -> Clock:
    """The CLI waits in real time."""
    return SystemClock()


@pytest.fixture
def deploy(environment: dict[str, str], tmp_path: Path) -> Deploy:
    """Deploys the template with the given parameters; what the CLI printed. It must end well."""

    runs = itertools.count()

    def run(**parameters: str) -> str:
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        words = ["--parameter-overrides", *overrides] if overrides else []
        done = subprocess.run(
            [sys.executable, "-c", CLI, str(next(runs)), "cloudformation", "deploy", "--stack-name", "farm",
             "--template-file", str(TEMPLATE), "--capabilities", "CAPABILITY_NAMED_IAM", "--no-fail-on-empty-changeset",
             *words],
            env=environment, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def test_deploy_the_farm_twice_and_then_otherwise(deploy: Deploy, client: Clients) -> None:
    assert "Successfully created/updated stack - farm" in deploy()
    assert "No changes to deploy. Stack farm is up to date" in deploy()
    assert "Successfully created/updated stack - farm" in deploy(ShardCount="2", DeliverySeconds="120")
    summary = client("kinesis").describe_stream_summary(StreamName="windfarm")["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 2
    delivery = client("firehose").describe_delivery_stream(DeliveryStreamName="windfarm")["DeliveryStreamDescription"]
    hints = delivery["Destinations"][0]["ExtendedS3DestinationDescription"]["BufferingHints"]
    assert hints == {"IntervalInSeconds": 120, "SizeInMBs": 5}
    changed = {
        event["LogicalResourceId"]
        for event in client("cloudformation").describe_stack_events(StackName="farm")["StackEvents"]
        if event["ResourceStatus"] == "UPDATE_COMPLETE"
    }
    assert changed == {"farm", "Stream", "Delivery"}
    assert "No changes to deploy" in deploy()
