from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.services.iam.document import ACCOUNT, trust

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock, utc
from afluente.services.iam.engine import IamEngine
from afluente.services.sts.error import AccessDenied, ValidationError
from afluente.services.sts.provider import StsProvider
from afluente.store.database import Database

ROOT = Principal.root(ACCOUNT)
USER = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ana", "AIDA1", "user")
SESSION = Principal(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/job/run", "AROA1:run", "assumed-role")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
Sts = Callable[..., dict[str, Any]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def engine(tmp_path: Path, clock: ManualClock) -> Iterator[IamEngine]:
    database = Database(tmp_path / "metadata.sqlite")
    yield IamEngine(database, clock)
    database.close()


@pytest.fixture
def sts(engine: IamEngine) -> Sts:
    """`sts("assume_role", principal, RoleArn=...)`."""
    provider = StsProvider(engine)

    def ask(operation: str, principal: Principal = ROOT, **request: Any) -> dict[str, Any]:
        call = Call("sts", operation, ACCOUNT, "us-east-1", principal, "id", 0, "http://127.0.0.1:4566")
        answer: dict[str, Any] = getattr(provider, operation)(call, request)
        return answer

    return ask


@pytest.fixture
def make_role(engine: IamEngine) -> Callable[..., None]:
    def make(max_session_s: int = 3600, **statement: Any) -> None:
        document = trust(**{"Principal": {"AWS": ACCOUNT}, **statement})
        engine.create_role(ACCOUNT, "r", "/", {}, role_trust=document, description=None, max_session_s=max_session_s)

    return make


@pytest.mark.parametrize("principal", [ROOT, USER, SESSION])
def test_get_caller_identity_is_who_signed(sts: Sts, principal: Principal) -> None:
    expected = {"UserId": principal.user_id, "Account": ACCOUNT, "Arn": principal.arn}
    assert sts("get_caller_identity", principal) == expected


def test_assume_role_answers_as_aws(sts: Sts, make_role: Any, engine: IamEngine, clock: ManualClock) -> None:
    make_role()
    assumed = sts("assume_role", RoleArn=ROLE, RoleSessionName="run")
    assert assumed["Credentials"]["Expiration"] == utc(clock.now_ms() + 3_600_000)
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/run"
    who = engine.identify(assumed["Credentials"]["AccessKeyId"], assumed["Credentials"]["SessionToken"])
    assert who is not None
    assert who.user_id == assumed["AssumedRoleUser"]["AssumedRoleId"]


def test_assume_role_that_does_not_trust_reads_as_one_that_is_not_there(sts: Sts, make_role: Any) -> None:
    expected = f"User: {ROOT.arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    with pytest.raises(AccessDenied) as absent:
        sts("assume_role", RoleArn=ROLE, RoleSessionName="run")
    make_role(Principal={"Service": "glue.amazonaws.com"})
    with pytest.raises(AccessDenied) as refused:
        sts("assume_role", RoleArn=ROLE, RoleSessionName="run")
    assert absent.value.message == refused.value.message == expected
    assert refused.value.http_status == 403


@pytest.mark.parametrize("arn", ["nothing-valid-in-here", "arn:a:a::aaaaaaaaaa:", f"arn:aws:iam::{ACCOUNT}:user/r"])
def test_assume_role_with_what_is_no_role_arn(sts: Sts, arn: str) -> None:
    with pytest.raises(ValidationError) as caught:
        sts("assume_role", RoleArn=arn, RoleSessionName="run")
    assert caught.value.message == f"{arn} is invalid"


def test_assume_role_with_an_external_id(sts: Sts, make_role: Any) -> None:
    make_role(Condition={"StringEquals": {"sts:ExternalId": "secret"}})
    with pytest.raises(AccessDenied):
        sts("assume_role", RoleArn=ROLE, RoleSessionName="run")
    with pytest.raises(AccessDenied):
        sts("assume_role", RoleArn=ROLE, RoleSessionName="run", ExternalId="other")
    assert "Credentials" in sts("assume_role", RoleArn=ROLE, RoleSessionName="run", ExternalId="secret")


def test_assume_role_longer_than_the_role_allows(sts: Sts, make_role: Any) -> None:
    make_role(max_session_s=7200)
    sts("assume_role", RoleArn=ROLE, RoleSessionName="run", DurationSeconds=7200)
    with pytest.raises(ValidationError, match="exceeds the MaxSessionDuration set for this role"):
        sts("assume_role", RoleArn=ROLE, RoleSessionName="run", DurationSeconds=7201)
    with pytest.raises(ValidationError, match="role chaining"):
        sts("assume_role", SESSION, RoleArn=ROLE, RoleSessionName="run", DurationSeconds=3601)


def test_get_session_token_stands_for_who_asked(sts: Sts, engine: IamEngine, clock: ManualClock) -> None:
    given = sts("get_session_token", USER)["Credentials"]
    assert given["Expiration"] == utc(clock.now_ms() + 12 * 3_600_000)
    assert engine.identify(given["AccessKeyId"], given["SessionToken"]) == replace(
        USER, access_key_id=given["AccessKeyId"]
    )
    assert sts("get_session_token", ROOT)["Credentials"]["Expiration"] == utc(clock.now_ms() + 3_600_000)
    with pytest.raises(AccessDenied):
        sts("get_session_token", SESSION)


def test_get_access_key_info(sts: Sts, engine: IamEngine) -> None:
    key = engine.access_keys.create("111111111111", "AIDA1")
    assert sts("get_access_key_info", AccessKeyId=key.id) == {"Account": "111111111111"}
    assert sts("get_access_key_info", AccessKeyId="AKIAIOSFODNN7EXAMPLE") == {"Account": ACCOUNT}
