"""What the pages ask of Python: with which keys, where, and in which language; and how that is answered.

What is asked reads through the AWS APIs. The page gives it temporary keys, which it has got from STS; none in open
mode, where any key will do.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from afluente.console.answer import failed, json_answer
from afluente.core.setting import REGION
from afluente.doctor.finding import NothingThere
from afluente.passport.error import PassportError
from afluente.wire.message import HttpResponse

PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 0})


class Credentials(msgspec.Struct, frozen=True):
    """What to sign with."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


NO_ONE = Credentials("console", "console")


class Asked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every question has."""

    region: Annotated[str, msgspec.Meta(pattern=f"^{REGION.pattern}$")]
    language: Literal["en", "pt"] = "en"
    credentials: Credentials = NO_ONE

    def session(self) -> Any:
        """Boto3, with the page's keys."""
        keys = self.credentials
        return boto3.Session(keys.access_key_id, keys.secret_access_key, keys.session_token, region_name=self.region)


class Clients:
    """Boto3's clients at `endpoint`, each made when it is first asked for: `clients("glue")`."""

    def __init__(self, session: Any, endpoint: str) -> None:
        self._session = session
        self._endpoint = endpoint
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """The client of the service with this name."""
        if service not in self._made:
            self._made[service] = self._session.client(service, endpoint_url=self._endpoint, config=PATIENCE)
        return self._made[service]


def answered(work: Callable[[], Any]) -> HttpResponse:
    """What `work` gives, as JSON; or AWS's own words where something could not be read."""
    try:
        return json_answer(work())
    except (NothingThere, PassportError) as missing:
        return failed(404, str(missing))
    except ClientError as error:
        said = error.response["Error"]
        return failed(
            error.response["ResponseMetadata"]["HTTPStatusCode"], f"{said['Code']}: {said.get('Message', '')}"
        )
    except BotoCoreError as error:
        return failed(400, str(error))
