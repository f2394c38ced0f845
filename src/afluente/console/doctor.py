"""The doctor, for the pages: it reads through the AWS APIs, with the keys that the page gives for it.

The page gives temporary keys, which it has got from STS; none in open mode, where any key will do.
"""

from typing import Annotated, Any, Literal

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from afluente.console.answer import failed, json_answer
from afluente.core.setting import REGION
from afluente.doctor.examination import EXAMINATIONS, by_severity, plain
from afluente.doctor.finding import Clients, NothingThere
from afluente.wire.message import HttpResponse

PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 0})


class Credentials(msgspec.Struct, frozen=True):
    """What to sign with."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


NO_ONE = Credentials("console", "console")


class Examination(msgspec.Struct, forbid_unknown_fields=True):
    """What the page asks for. `name` is as on the command line: `database.table`, or a job and a run of it."""

    kind: Literal["table", "delivery", "stream", "job", "crawler"]
    name: list[str]
    region: Annotated[str, msgspec.Meta(pattern=f"^{REGION.pattern}$")]
    language: Literal["en", "pt"] = "en"
    credentials: Credentials = NO_ONE


def answer(wanted: Examination, endpoint: str) -> HttpResponse:
    """The findings, the worst first; or AWS's own words where something could not be read."""
    if not 1 <= len(wanted.name) <= (2 if wanted.kind == "job" else 1):
        return failed(400, f"A {wanted.kind} is not named by {len(wanted.name)} names.")
    try:
        found = by_severity(EXAMINATIONS[wanted.kind](_clients(wanted, endpoint), *wanted.name))
    except NothingThere as missing:
        return failed(404, str(missing))
    except ClientError as error:
        said = error.response["Error"]
        return failed(
            error.response["ResponseMetadata"]["HTTPStatusCode"], f"{said['Code']}: {said.get('Message', '')}"
        )
    except BotoCoreError as error:
        return failed(400, str(error))
    return json_answer({"findings": [plain(finding, wanted.language) for finding in found]})


def _clients(wanted: Examination, endpoint: str) -> Clients:
    keys = wanted.credentials
    session = boto3.Session(keys.access_key_id, keys.secret_access_key, keys.session_token, region_name=wanted.region)
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.client(service, endpoint_url=endpoint, config=PATIENCE)
        return made[service]

    return client
