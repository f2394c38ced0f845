"""The operations of STS. Credentials themselves are IAM's."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call, Principal
from afluente.core.clock import utc
from afluente.core.error import AwsError
from afluente.core.provider import Provider, Request, Response
from afluente.services.sts.authorization import PERMISSIONS, conditions
from afluente.services.sts.error import AccessDenied, InvalidAuthorizationMessageException, ValidationError
from afluente.services.sts.port import Identities, R, Session
from afluente.services.sts.session_request import packed_percent, tags_of

HOUR_S = 3600
CHAINED_MAX_S = HOUR_S
LONG_S = 12 * HOUR_S
WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code."


class StsProvider(Provider):
    """STS on IAM's `identities`."""

    service = "sts"
    operations = (
        "AssumeRole", "DecodeAuthorizationMessage", "GetAccessKeyInfo", "GetCallerIdentity", "GetFederationToken",
        "GetSessionToken",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "AssumeRole": ("MinimumSessionTokenSize", "ProvidedContexts"),
        "GetFederationToken": ("MinimumSessionTokenSize",),
        "GetSessionToken": ("MinimumSessionTokenSize",),
    }

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
        mfa = self.has_code(call, request)
        context = {**(call.conditions or {}), **conditions(self, call, request)}
        for action in _actions(request):
            if role is None or not self._identities.caller_can_assume(role, call.principal, context, action):
                raise AccessDenied(
                    f"User: {call.principal.arn} is not authorized to perform: {action} on resource: {role_arn}"
                )
        assert role is not None  # noqa: S101  # one action is always asked about
        self._use_code(call, request)
        _check_duration(duration_s, role.max_session_s, chained=call.principal.kind == "assumed-role")
        inherited, identity = self._inherited(call.principal)
        tags = {**inherited, **tags_of(request, inherited)}
        transitive = [*inherited, *request.get("TransitiveTagKeys", [])]
        session = self._identities.assume(
            role, request["RoleSessionName"], duration_s, **self._policies(call, request), tags=tags,
            transitive_tags=transitive, source_identity=_source_identity(request, identity),
            mfa=mfa,
        )  # fmt: skip
        answer: Response = {
            "Credentials": _credentials(session),
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        }
        percent = packed_percent(request)
        answer |= {} if percent is None else {"PackedPolicySize": percent}
        return answer | ({"SourceIdentity": session.source_identity} if session.source_identity else {})

    def get_session_token(self, call: Call, request: Request) -> Response:
        if call.principal.access_key_id.startswith("ASIA") or call.principal.kind == "assumed-role":
            raise AccessDenied("Cannot call GetSessionToken with session credentials")
        duration_s, mfa = _long_duration(call, request), self.has_code(call, request)
        self._use_code(call, request)
        return {"Credentials": _credentials(self._identities.sessions.issue(call.principal, duration_s, mfa=mfa))}

    def get_federation_token(self, call: Call, request: Request) -> Response:
        who = call.principal
        if who.access_key_id.startswith("ASIA") or who.kind not in {"root", "user"}:
            raise AccessDenied("Cannot call GetFederationToken with session credentials")
        name = request["Name"]
        federated = Principal(
            who.account, f"arn:aws:sts::{who.account}:federated-user/{name}", f"{who.account}:{name}", "federated-user"
        )
        session = self._identities.sessions.issue(
            federated, _long_duration(call, request), **self._policies(call, request), tags=tags_of(request, {}),
            parent_id=who.user_id,
        )  # fmt: skip
        return {
            "Credentials": _credentials(session),
            "FederatedUser": {"FederatedUserId": session.user_id, "Arn": session.arn},
            "PackedPolicySize": packed_percent(request) or 0,
        }

    def get_access_key_info(self, call: Call, request: Request) -> Response:
        return {"Account": self._identities.account_of(request["AccessKeyId"]) or call.account}

    def decode_authorization_message(self, call: Call, request: Request) -> Response:
        del call
        try:
            return {"DecodedMessage": self._identities.decode_denial(request["EncodedMessage"])}
        except ValueError:
            raise InvalidAuthorizationMessageException("Message is not valid") from None

    def has_code(self, call: Call, request: Mapping[str, Any]) -> bool:
        """Whether a code of the caller's MFA device was given, and it is right. Raises AccessDenied for a wrong one."""
        serial, code = request.get("SerialNumber"), request.get("TokenCode")
        if serial is None and code is None:
            return False
        if serial is None or code is None:
            raise AccessDenied(
                "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
            )
        try:
            known = self._identities.knows_code(call.principal, serial, code)
        except AwsError:
            raise AccessDenied(
                "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number "
                "is valid and associated with this user."
            ) from None
        if not known:
            raise AccessDenied(WRONG_CODE)
        return True

    def _use_code(self, call: Call, request: Request) -> None:
        """From here on the code is used up. Raises AccessDenied when another request was quicker."""
        serial = request.get("SerialNumber")
        if serial is not None and not self._identities.use_code(call.principal, serial, request["TokenCode"]):
            raise AccessDenied(WRONG_CODE)

    def _policies(self, call: Call, request: Request) -> dict[str, Any]:
        """The session's own policies. Raises what IAM says of bad ones."""
        policy, arns = request.get("Policy"), [one["arn"] for one in request.get("PolicyArns", ())]
        packed_percent(request)
        self._identities.check_session_policies(call.principal.account, policy, arns)
        return {"policy": policy, "policy_arns": arns}

    def _inherited(self, caller: Principal) -> tuple[dict[str, str], str | None]:
        """The transitive tags and the source identity of the session that asks."""
        key = caller.access_key_id
        session = self._identities.sessions.find(key) if key.startswith("ASIA") else None
        if session is None:
            return {}, None
        kept = {key: session.tags[key] for key in session.transitive_tags if key in session.tags}
        return kept, session.source_identity


def _actions(request: Request) -> list[str]:
    """What the role's trust policy has to allow."""
    optional = {"Tags": "sts:TagSession", "SourceIdentity": "sts:SetSourceIdentity"}
    return ["sts:AssumeRole", *(action for member, action in optional.items() if request.get(member))]


def _source_identity(request: Request, inherited: str | None) -> str | None:
    """Who is at the beginning of a chain of roles stays the one that was named first."""
    wanted: str | None = request.get("SourceIdentity")
    if inherited is not None and wanted not in {None, inherited}:
        raise AccessDenied("The source identity of the calling session cannot be changed.")
    return inherited or wanted


def _long_duration(call: Call, request: Request) -> int:
    duration_s: int = request.get("DurationSeconds", LONG_S)
    return min(duration_s, HOUR_S) if call.principal.kind == "root" else duration_s  # root's are cut to an hour


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
