"""Service-linked roles: which services of AWS have one, and how it looks.

They are real roles, of services that are not here: nobody can take one on. What their AWS-managed policies say is not
known; asking for it is refused by name.

`service_linked_role.json`: as observed on AWS, by the service's principal.
"""

import json
import uuid
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.iam.entity import Entities, Role
from afluente.services.iam.error import InvalidInput, NoSuchEntity
from afluente.store.database import Database
from afluente.store.document import Documents

FOLDER = "/aws-service-role/"


@dataclass(frozen=True, slots=True)
class Template:
    """A service's role. `suffix`: may there be several, told apart by one?"""

    service: str
    role: str
    policy: str
    description: str | None = None
    suffix: bool = False

    @property
    def policy_arn(self) -> str:
        """The AWS-managed policy that the role has."""
        return f"arn:aws:iam::aws:policy{FOLDER}{self.policy}"

    @property
    def trust(self) -> str:
        """The trust policy."""
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": self.service}}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@cache
def templates() -> dict[str, Template]:
    """Every service's, by its principal."""
    source = files("afluente.services.iam").joinpath("service_linked_role.json").read_text()
    return {item["service"]: Template(**item) for item in json.loads(source)}


class ServiceLinkedRoles:
    """Made and removed among all `roles`."""

    def __init__(self, database: Database, roles: Entities[Role]) -> None:
        self._database, self._roles = database, roles
        self._deletions = Documents(database, "iam_role_deletion")

    def create(self, account: str, service: str, description: str | None, suffix: str | None) -> Role:
        """A service's role. Raises InvalidInput when there is one, or for a suffix that it cannot have."""
        template = templates().get(service)
        if template is None:
            raise Unsupported(f"Afluente does not know the service-linked role of {service}.")
        if suffix is not None and not template.suffix:
            raise InvalidInput(f"Custom suffix is not allowed for {service}")
        name = template.role if suffix is None else f"{template.role}_{suffix}"
        members: dict[str, Any] = {"trust": template.trust, "description": description or template.description}
        with self._database.write():
            if self._roles.find(account, name) is not None:
                raise InvalidInput(
                    f"Service role name {name} has been taken in this account, please try a different suffix."
                )
            return self._roles.create(
                account, name, f"{FOLDER}{service}/", {}, attached=[template.policy_arn], **members
            )

    def delete(self, account: str, name: str) -> str:
        """Remove a service's role, which nothing here uses; the id of the deletion. Raises NoSuchEntity."""
        with self._database.write():
            role = self._roles.get(account, name)
            if not role.is_service_linked:
                raise NoSuchEntity(f"The role with name {name} cannot be found.")
            self._roles.discard(role)
            task_id = f"task{role.path}{role.name}/{uuid.uuid4()}"
            self._deletions.put((account, task_id), {"status": "SUCCEEDED"})
            return task_id

    def deletion_status(self, account: str, task_id: str) -> str:
        """How a deletion stands. Raises NoSuchEntity."""
        body = self._deletions.get((account, task_id))
        if body is None:
            raise NoSuchEntity(f"The deletion task {task_id} cannot be found.")
        return str(body["status"])
