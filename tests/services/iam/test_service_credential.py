"""Service-specific credentials of users."""

import pytest
from tests.services.iam.document import ACCOUNT, Ask

from afluente.core.call import Principal
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import arn
from afluente.services.iam.error import DeleteConflict, LimitExceeded, NoSuchEntity

GIT = "codecommit.amazonaws.com"


@pytest.fixture
def made(iam: Ask) -> dict[str, str]:
    iam("create_user", UserName="ana")
    credential: dict[str, str] = iam("create_service_specific_credential", UserName="ana", ServiceName=GIT)[
        "ServiceSpecificCredential"
    ]
    return credential


def test_the_password_is_shown_when_it_is_made_and_reset_and_never_else(iam: Ask, made: dict[str, str]) -> None:
    assert made["ServiceUserName"] == f"ana-at-{ACCOUNT}"
    (listed,) = iam("list_service_specific_credentials", UserName="ana")["ServiceSpecificCredentials"]
    assert listed == {name: value for name, value in made.items() if name != "ServicePassword"}
    which = {"UserName": "ana", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    again = iam("reset_service_specific_credential", **which)["ServiceSpecificCredential"]
    assert again["ServicePassword"] != made["ServicePassword"]
    iam("update_service_specific_credential", **which, Status="Inactive")
    (listed,) = iam("list_service_specific_credentials", UserName="ana", ServiceName=GIT)["ServiceSpecificCredentials"]
    assert listed["Status"] == "Inactive"
    iam("delete_service_specific_credential", **which)
    assert iam("list_service_specific_credentials", UserName="ana") == {"ServiceSpecificCredentials": []}


def test_two_for_a_service_each_with_a_name_of_its_own(iam: Ask, made: dict[str, str]) -> None:
    request = {"UserName": "ana", "ServiceName": GIT}
    second = iam("create_service_specific_credential", **request)["ServiceSpecificCredential"]
    assert second["ServiceUserName"] == f"ana+1-at-{ACCOUNT}"
    with pytest.raises(LimitExceeded):
        iam("create_service_specific_credential", **request)
    iam("delete_service_specific_credential", UserName="ana",
        ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"])  # fmt: skip
    third = iam("create_service_specific_credential", **request)["ServiceSpecificCredential"]
    assert third["ServiceUserName"] == made["ServiceUserName"]


@pytest.mark.parametrize("service", ["lambda.amazonaws.com", "o3on3n3onosneo"])
@pytest.mark.parametrize("operation", ["create_service_specific_credential", "list_service_specific_credentials"])
def test_services_that_take_none(iam: Ask, made: dict[str, str], operation: str, service: str) -> None:
    with pytest.raises(NoSuchEntity, match=f"^No such service {service} is supported for Service Specific Cred"):
        iam(operation, UserName="ana", ServiceName=service)
    with pytest.raises(NoSuchEntity, match=r"^The user with name ben cannot be found\.$"):
        iam(operation, UserName="ben", ServiceName=service)


@pytest.mark.parametrize("operation", ["reset", "delete", "update"])
def test_a_credential_is_one_users(iam: Ask, made: dict[str, str], operation: str) -> None:
    iam("create_user", UserName="ben")
    more = {"Status": "Inactive"} if operation == "update" else {}
    for user, credential in (("ben", made["ServiceSpecificCredentialId"]), ("ana", "ACCANOBODY")):
        with pytest.raises(NoSuchEntity, match=f"^No such credential {credential} exists$"):
            iam(f"{operation}_service_specific_credential", UserName=user,
                ServiceSpecificCredentialId=credential, **more)  # fmt: skip


def test_a_user_asks_for_their_own_and_is_not_deleted_before_it(
    iam: Ask, engine: IamEngine, made: dict[str, str]
) -> None:
    ana = engine.users.get(ACCOUNT, "ana")
    who = Principal(ACCOUNT, arn(ana), ana.id, "user")
    assert len(iam("list_service_specific_credentials", who)["ServiceSpecificCredentials"]) == 1
    with pytest.raises(DeleteConflict, match=r"^Cannot delete entity, must remove referenced objects first\.$"):
        iam("delete_user", UserName="ana")
