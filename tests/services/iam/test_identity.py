"""What IAM's engine tells the other services and the gateway."""

from pathlib import Path

import pytest
from tests.services.iam.document import ACCOUNT, Ask, trust

from afluente.core.clock import ManualClock
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.error import ExpiredTokenException, NoSuchEntity, UnrecognizedClientException
from afluente.store.database import Database

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


def test_can_assume_needs_the_role_and_its_trust(iam: Ask, engine: IamEngine) -> None:
    assert not engine.can_assume(ROLE, "glue.amazonaws.com")
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust("glue.amazonaws.com"))
    assert engine.can_assume(ROLE, "glue.amazonaws.com")
    assert not engine.can_assume(ROLE, "firehose.amazonaws.com")


@pytest.mark.parametrize("arn", ["r", "", f"{ROLE}x", f"arn:aws:iam::{ACCOUNT}:role/x/r", "arn:aws:iam::1:role/r"])
def test_can_assume_takes_only_the_exact_arn(iam: Ask, engine: IamEngine, arn: str) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    assert not engine.can_assume(arn, "glue.amazonaws.com")


def test_can_assume_gives_the_account_and_the_source(iam: Ask, engine: IamEngine) -> None:
    source = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/farm"
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT, "sts:ExternalId": ACCOUNT},
                 "ArnLike": {"aws:SourceArn": "arn:aws:firehose:*:*:deliverystream/*"}}  # fmt: skip
    document = trust("firehose.amazonaws.com", Condition=condition)
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=document)
    assert engine.can_assume(ROLE, "firehose.amazonaws.com", source)
    assert not engine.can_assume(ROLE, "firehose.amazonaws.com")


def test_credentials_identify_the_session_until_they_expire(iam: Ask, engine: IamEngine, clock: ManualClock) -> None:
    role = iam("create_role", RoleName="r", Path="/p/", AssumeRolePolicyDocument=trust())["Role"]
    key, secret, token, expires_at_ms = engine.credentials(role["Arn"], "run", 900)
    assert (key[:4], len(key), len(secret)) == ("ASIA", 20, 40)
    assert expires_at_ms == clock.now_ms() + 900_000
    who = engine.identify(key, token)
    assert who is not None
    assert (who.kind, who.arn) == ("assumed-role", f"arn:aws:sts::{ACCOUNT}:assumed-role/r/run")
    assert who.user_id == f"{role['RoleId']}:run"
    clock.advance(899)
    assert engine.identify(key, token) == who
    clock.advance(1)
    with pytest.raises(ExpiredTokenException):
        engine.identify(key, token)


def test_credentials_with_another_token_are_refused(iam: Ask, engine: IamEngine) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    key = engine.credentials(ROLE, "run", 900).access_key_id
    for token in (None, "other"):
        with pytest.raises(UnrecognizedClientException):
            engine.identify(key, token)


def test_credentials_of_a_role_that_is_not_there(engine: IamEngine) -> None:
    with pytest.raises(NoSuchEntity):
        engine.credentials(ROLE, "run", 900)


def test_identify_what_is_no_key_of_ours(engine: IamEngine) -> None:
    for key in ("MEU ACESSO", "", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"):
        assert engine.identify(key, None) is None


def test_expired_credentials_are_forgotten_after_a_day(
    iam: Ask, engine: IamEngine, clock: ManualClock, database: Database
) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    old = engine.credentials(ROLE, "run", 900)
    clock.advance(900 + 24 * 3600 + 1)
    engine.credentials(ROLE, "run", 900)
    assert engine.identify(old.access_key_id, old.token) is None
    assert database.read().execute("SELECT count(*) FROM iam_session").fetchone() == (1,)


def test_keys_and_sessions_survive_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    first = Database(tmp_path / "m.sqlite")
    engine = IamEngine(first, clock)
    engine.create_role(ACCOUNT, "r", "/", {}, role_trust=trust(), description=None, max_session_s=3600)
    user = engine.users.create(ACCOUNT, "ana", "/", {})
    key = engine.access_keys.create(ACCOUNT, user.id)
    session = engine.credentials(ROLE, "run", 900)
    first.close()
    second = Database(tmp_path / "m.sqlite")
    again = IamEngine(second, clock)
    assert again.identify(session.access_key_id, session.token) is not None
    assert again.identify(key.id, None) == engine_principal(again, key.id)
    assert again.can_assume(ROLE, "glue.amazonaws.com")
    second.close()


def engine_principal(engine: IamEngine, key_id: str) -> object:
    who = engine.identify(key_id, None)
    assert who is not None
    assert (who.kind, who.arn) == ("user", f"arn:aws:iam::{ACCOUNT}:user/ana")
    return who
