"""Keys of IAM that are not good any more are refused in open mode too, in each service's words."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.conftest import clients

from afluente.app import App
from afluente.core.clock import ManualClock


@pytest.mark.parametrize(
    ("service", "method", "expired", "unknown"),
    [
        ("s3", "list_buckets", (400, "ExpiredToken"), (400, "InvalidToken")),
        ("iam", "list_users", (403, "ExpiredToken"), (403, "InvalidClientTokenId")),
        ("cloudformation", "list_stacks", (403, "ExpiredToken"), (403, "InvalidClientTokenId")),
        ("cloudwatch", "list_metrics", (403, "ExpiredToken"), (403, "InvalidClientTokenId")),
        ("kinesis", "list_streams", (400, "ExpiredTokenException"), (400, "UnrecognizedClientException")),
        ("glue", "get_databases", (400, "ExpiredTokenException"), (400, "UnrecognizedClientException")),
    ],
)
def test_bad_temporary_keys_in_each_services_words(
    app: App, clock: ManualClock, service: str, method: str, expired: tuple[int, str], unknown: tuple[int, str]
) -> None:
    def said(token: str) -> tuple[int, str]:
        asker = boto3.client(
            service, endpoint_url=app.endpoint, region_name="us-east-1", aws_access_key_id=issued["AccessKeyId"],
            aws_secret_access_key="any", aws_session_token=token, config=Config(retries={"max_attempts": 0}),
        )  # fmt: skip
        with pytest.raises(ClientError) as caught:
            getattr(asker, method)()
        answer = caught.value.response
        return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]

    issued = clients(app.endpoint)("sts").get_session_token(DurationSeconds=900)["Credentials"]
    assert said("another") == unknown
    clock.advance(901)
    assert said(issued["SessionToken"]) == expired
