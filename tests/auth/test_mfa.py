"""MFA: a code of the user's device opens what policies keep for those who have it."""

import json
from typing import Any

import pytest
from tests.auth.conftest import ACCOUNT, Place, Refused, document

from afluente.services.iam.one_time_code import STEP_MS, code

NEEDED = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}


class Phone:
    """A device that shows codes, at the time of the place."""

    def __init__(self, place: Place, name: str = "phone") -> None:
        made = place.client("iam").create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        self._place, self.serial = place, made["SerialNumber"]
        self._seed = made["Base32StringSeed"].decode()

    def code(self, later: int = 0) -> str:
        """The code now, or so many steps later."""
        return code(self._seed, self._place.clock.now_ms() // STEP_MS + later)

    def enable(self, user: str) -> None:
        """Made the user's; both codes are used up then, so time goes on."""
        self._place.client("iam").enable_mfa_device(
            UserName=user, SerialNumber=self.serial, AuthenticationCode1=self.code(-1), AuthenticationCode2=self.code()
        )
        self._place.clock.advance(30)


@pytest.mark.parametrize(("second", "expected"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_the_rfc(second: int, expected: str) -> None:
    """The vectors of RFC 6238, appendix B, cut to six digits."""
    assert code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", second // 30) == expected


@pytest.fixture
def ana(place: Place) -> tuple[str, str]:
    place.client("s3").create_bucket(Bucket="lake")
    return place.user("ana", {"Action": "s3:ListBucket", **NEEDED}, {"Action": "iam:ListUsers", **NEEDED})


def session(place: Place, key: tuple[str, str], **more: str) -> tuple[str, str, str]:
    given = place.client("sts", key).get_session_token(**more)["Credentials"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


def test_a_session_with_a_code_may_what_needs_one(place: Place, refused: Refused, ana: tuple[str, str]) -> None:
    phone = Phone(place)
    phone.enable("ana")
    plain = session(place, ana)
    for key in (ana, plain):
        assert refused(place.client("s3", key).list_objects_v2, Bucket="lake")[1] == "AccessDenied"
    strong = session(place, ana, SerialNumber=phone.serial, TokenCode=phone.code())
    assert place.client("s3", strong).list_objects_v2(Bucket="lake")["KeyCount"] == 0
    assert len(place.client("iam", strong).list_users()["Users"]) == 1  # plain sessions do not open IAM at all
    assert refused(place.client("iam", plain).list_users)[1] == "InvalidClientTokenId"


def test_how_long_ago_it_was_counts(place: Place, refused: Refused, ana: tuple[str, str]) -> None:
    place.allow("ana", {"Action": "s3:*", "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}})
    phone = Phone(place)
    phone.enable("ana")
    strong = session(place, ana, SerialNumber=phone.serial, TokenCode=phone.code())
    for seconds, allowed in ((299, True), (2, False)):
        place.clock.advance(seconds)
        if allowed:
            place.client("s3", strong).list_objects_v2(Bucket="lake")
        else:
            assert refused(place.client("s3", strong).list_objects_v2, Bucket="lake")[1] == "AccessDenied"


def test_a_code_is_good_once_and_not_for_long(place: Place, refused: Refused, ana: tuple[str, str]) -> None:
    phone = Phone(place)
    phone.enable("ana")
    ask = place.client("sts", ana).get_session_token
    wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code."
    good = {"SerialNumber": phone.serial, "TokenCode": phone.code()}
    ask(**good)
    for request in (good, {**good, "TokenCode": phone.code(-1)}, {**good, "TokenCode": phone.code(3)},
                    {**good, "TokenCode": "000000"}):  # fmt: skip
        assert refused(ask, **request) == (403, "AccessDenied", wrong)
    later = phone.code(1)
    place.clock.advance(90)
    assert refused(ask, SerialNumber=phone.serial, TokenCode=later)[2] == wrong
    half = refused(ask, SerialNumber=phone.serial)[2]
    assert half == "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."


def test_a_device_is_one_users(place: Place, refused: Refused, ana: tuple[str, str]) -> None:
    phone, iam = Phone(place), place.client("iam")
    phone.enable("ana")
    ben = place.user("ben")
    asked = place.client("sts", ben).get_session_token
    assert "associated with this user" in refused(asked, SerialNumber=phone.serial, TokenCode=phone.code())[2]
    assert refused(iam.delete_user, UserName="ana")[1] == "DeleteConflict"
    assert [one["UserName"] for one in iam.list_mfa_devices(UserName="ana")["MFADevices"]] == ["ana"]
    assert iam.list_mfa_devices(UserName="ben")["MFADevices"] == []
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=phone.serial)[1] == "DeleteConflict"
    (listed,) = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert (listed["SerialNumber"], listed["User"]["UserName"]) == (phone.serial, "ana")
    assert iam.get_mfa_device(SerialNumber=phone.serial)["UserName"] == "ana"
    iam.deactivate_mfa_device(UserName="ana", SerialNumber=phone.serial)
    assert len(iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]) == 1
    iam.delete_virtual_mfa_device(SerialNumber=phone.serial)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_enabling_takes_two_codes_in_a_row(place: Place, refused: Refused, ana: tuple[str, str]) -> None:
    phone, iam = Phone(place), place.client("iam")
    who = {"UserName": "ana", "SerialNumber": phone.serial}
    for first, second in (("000000", "000001"), (phone.code(), phone.code(-1)), (phone.code(), phone.code())):
        codes = {"AuthenticationCode1": first, "AuthenticationCode2": second}
        assert refused(iam.enable_mfa_device, **who, **codes)[:2] == (403, "InvalidAuthenticationCode")
    phone.enable("ana")
    iam.resync_mfa_device(**who, AuthenticationCode1=phone.code(-1), AuthenticationCode2=phone.code())


def test_a_role_for_those_with_mfa(place: Place, refused: Refused) -> None:
    ana = place.user("ana", {"Action": "sts:AssumeRole"})
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole", **NEEDED}
    iam = place.client("iam")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Statement": statement}))["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document({"Action": "s3:*"}))
    phone = Phone(place)
    phone.enable("ana")
    request: dict[str, Any] = {"RoleArn": role, "RoleSessionName": "run"}
    sts = place.client("sts", ana)
    assert refused(sts.assume_role, **request)[1] == "AccessDenied"
    assert "invalid MFA" in refused(sts.assume_role, **request, SerialNumber=phone.serial, TokenCode="000000")[2]
    given = sts.assume_role(**request, SerialNumber=phone.serial, TokenCode=phone.code())["Credentials"]
    key = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    place.client("s3", key).list_buckets()
