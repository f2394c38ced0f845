"""The operations that ask for what nobody can have here, and so truly is not there.

Programs ask for these before they delete a user, or to list all of an account. Making such things is refused.
"""

from collections.abc import Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.error import NoSuchEntity


class AbsenceOperations:
    """Passwords, keys for SSH, certificates and identity providers: there are none."""

    _engine: IamEngine

    def get_login_profile(self, call: Call, request: Request) -> Response:
        raise _no_login_profile(self._engine, call, request)

    def delete_login_profile(self, call: Call, request: Request) -> Response:
        raise _no_login_profile(self._engine, call, request)

    def list_ssh_public_keys(self, call: Call, request: Request) -> Response:
        self._engine.user_of(call, request)
        return {"SSHPublicKeys": [], "IsTruncated": False}

    def list_signing_certificates(self, call: Call, request: Request) -> Response:
        self._engine.user_of(call, request)
        return {"Certificates": [], "IsTruncated": False}

    def list_server_certificates(self, call: Call, request: Request) -> Response:
        del call, request
        return {"ServerCertificateMetadataList": [], "IsTruncated": False}

    def list_saml_providers(self, call: Call, request: Request) -> Response:
        del call, request
        return {"SAMLProviderList": []}

    def list_open_id_connect_providers(self, call: Call, request: Request) -> Response:
        del call, request
        return {"OpenIDConnectProviderList": []}

    def get_account_password_policy(self, call: Call, request: Request) -> Response:
        del request
        raise NoSuchEntity(f"The Password Policy with domain name {call.account} cannot be found.")


def _no_login_profile(engine: IamEngine, call: Call, request: Mapping[str, Any]) -> NoSuchEntity:
    return NoSuchEntity(f"Login Profile for User {engine.user_of(call, request).name} cannot be found.")
