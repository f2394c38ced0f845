"""The operations of STS. Credentials themselves are IAM's."""

import re
from collections.abc import Mapping
from typing import ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Provider, Request, Response
from afluente.services.sts.authorization import PERMISSIONS
from afluente.services.sts.error import AccessDenied, ValidationError
from afluente.services.sts.port import Identities, R, Session

HOUR_S = 3600
CHAINED_MAX_S = HOUR_S
SESSION_TOKEN_S = 12 * HOUR_S


class StsProvider(Provider):
    """STS on IAM's `identities`."""

    service = "sts"
    operations = ("AssumeRole", "GetAccessKeyInfo", "GetCallerIdentity", "GetSessionToken")
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "AssumeRole": (
            "MinimumSessionTokenSize", "Policy", "PolicyArns", "ProvidedContexts", "SerialNumber", "SourceIdentity",
            "Tags", "TokenCode", "TransitiveTagKeys",
        ),
        "GetSessionToken": ("MinimumSessionTokenSize", "SerialNumber", "TokenCode"),
    }  # fmt: skip

    permissions = PERMISSIONS

    def __init__(self, identities: Identities[R]) -> None:
        self._identities = identities

    def get_caller_identity(self, call: Call, request: Request) -> Response:
        del request
        return {"UserId": call.principal.user_id, "Account": call.principal.account, "Arn": call.principal.arn}

    def assume_role(self, call: Call, request: Request) -> Response:
        role_arn, duration_s = request["RoleArn"], request.get("DurationSeconds", HOUR_S)
        if not re.fullmatch(r"arn:aws[\w-]*:iam::[0-9]{12}:role/.+", role_arn):
            raise ValidationError(f"{role_arn} is invalid")
        role = self._identities.find_role(role_arn)
        if role is None or not self._identities.caller_can_assume(role, call.principal, request.get("ExternalId")):
            raise AccessDenied(
                f"User: {call.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
            )
        _check_duration(duration_s, role.max_session_s, chained=call.principal.kind == "assumed-role")
        session = self._identities.assume(role, request["RoleSessionName"], duration_s)
        return {
            "Credentials": _credentials(session),
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        }

    def get_session_token(self, call: Call, request: Request) -> Response:
        if call.principal.kind == "assumed-role":
            raise AccessDenied("Cannot call GetSessionToken with session credentials")
        duration_s = request.get("DurationSeconds", SESSION_TOKEN_S)
        if call.principal.kind == "root":
            duration_s = min(duration_s, HOUR_S)  # root's are cut to an hour, says the API reference
        return {"Credentials": _credentials(self._identities.sessions.issue(call.principal, duration_s))}

    def get_access_key_info(self, call: Call, request: Request) -> Response:
        return {"Account": self._identities.account_of(request["AccessKeyId"]) or call.account}


def _check_duration(duration_s: int, role_max_s: int, *, chained: bool) -> None:
    if chained and duration_s > CHAINED_MAX_S:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if duration_s > role_max_s:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def _credentials(session: Session) -> Response:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": utc(session.expires_at_ms),
    }
