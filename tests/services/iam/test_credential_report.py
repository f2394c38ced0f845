"""The credential report, and what IAM truly has none of."""

import csv
import io
from typing import Any

import pytest
from tests.services.iam.document import ACCOUNT, Ask

from afluente.core.clock import ManualClock
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.error import NoSuchEntity, ReportExpired, ReportNotPresent
from afluente.services.iam.one_time_code import STEP_MS, code


def report(iam: Ask) -> dict[str, dict[str, str]]:
    content = iam("get_credential_report")["Content"].decode()
    return {line["user"]: line for line in csv.DictReader(io.StringIO(content))}


def test_every_user_is_a_line(iam: Ask, engine: IamEngine, clock: ManualClock) -> None:
    iam("create_user", UserName="ana", Path="/wind/")
    iam("create_user", UserName="ben")
    key = iam("create_access_key", UserName="ana")["AccessKey"]["AccessKeyId"]
    idle = iam("create_access_key", UserName="ana")["AccessKey"]["AccessKeyId"]
    iam("update_access_key", UserName="ana", AccessKeyId=idle, Status="Inactive")
    engine.access_keys.uses.note(key, "s3", "us-east-1")
    device = iam("create_virtual_mfa_device", VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed, step = device["Base32StringSeed"].decode(), clock.now_ms() // STEP_MS
    codes = {"AuthenticationCode1": code(seed, step - 1), "AuthenticationCode2": code(seed, step)}
    iam("enable_mfa_device", UserName="ana", SerialNumber=device["SerialNumber"], **codes)
    assert iam("generate_credential_report")["State"] == "STARTED"
    assert iam("generate_credential_report") == {"State": "COMPLETE"}
    lines = report(iam)
    assert list(lines) == ["<root_account>", "ana", "ben"]
    ana = lines["ana"]
    assert (ana["arn"], ana["mfa_active"]) == (f"arn:aws:iam::{ACCOUNT}:user/wind/ana", "true")
    assert {ana["access_key_1_active"], ana["access_key_2_active"]} == {"true", "false"}
    assert "s3" in {ana["access_key_1_last_used_service"], ana["access_key_2_last_used_service"]}
    assert (lines["ben"]["mfa_active"], lines["ben"]["access_key_1_active"]) == ("false", "false")
    assert all(None not in line.values() for line in lines.values())


def test_it_is_good_for_four_hours(iam: Ask, clock: ManualClock) -> None:
    with pytest.raises(ReportNotPresent):
        iam("get_credential_report")
    iam("generate_credential_report")
    iam("create_user", UserName="ana")
    clock.advance(4 * 3600 - 1)
    assert "ana" not in report(iam)  # it says how things were
    clock.advance(1)
    with pytest.raises(ReportExpired):
        iam("get_credential_report")
    iam("generate_credential_report")
    assert "ana" in report(iam)


ABSENT: list[tuple[str, dict[str, str]]] = [
    ("get_login_profile", {"UserName": "ana"}),
    ("delete_login_profile", {"UserName": "ana"}),
    ("get_account_password_policy", {}),
]
EMPTY: list[tuple[str, dict[str, str], str]] = [
    ("list_ssh_public_keys", {"UserName": "ana"}, "SSHPublicKeys"),
    ("list_signing_certificates", {"UserName": "ana"}, "Certificates"),
    ("list_server_certificates", {}, "ServerCertificateMetadataList"),
    ("list_saml_providers", {}, "SAMLProviderList"),
    ("list_open_id_connect_providers", {}, "OpenIDConnectProviderList"),
]


@pytest.mark.parametrize(("operation", "request_"), ABSENT)
def test_what_is_not_there_cannot_be_found(iam: Ask, operation: str, request_: dict[str, Any]) -> None:
    iam("create_user", UserName="ana")
    with pytest.raises(NoSuchEntity, match=r"(ana|000000000000) cannot be found\.$"):
        iam(operation, **request_)


@pytest.mark.parametrize(("operation", "request_", "member"), EMPTY)
def test_lists_of_what_is_not_there_are_empty_for_users_who_are(
    iam: Ask, operation: str, request_: dict[str, Any], member: str
) -> None:
    if request_:
        with pytest.raises(NoSuchEntity):
            iam(operation, **request_)
    iam("create_user", UserName="ana")
    assert iam(operation, **request_)[member] == []
