"""Stacks, their resources and events, as they are stored.

A stack's own document, its template, each resource and each event are documents apart, so that what changes often is
small. All are durable before anything is done to a resource: see `operation.py`.
"""

from datetime import datetime
from typing import Any

import msgspec

from afluente.core.call import Call, Principal
from afluente.core.identifier import request_id
from afluente.services.cloudformation.rollback_trigger import Triggers

STACK_TYPE = "AWS::CloudFormation::Stack"
RESTORED = (
    "capabilities",
    "description",
    "hidden",
    "imports",
    "parameters",
    "policy",
    "request_digest",
    "tags",
    "triggers",
)
"""What a stack's rollback puts back."""


class Caller(msgspec.Struct, frozen=True):
    """On whose behalf a stack's resources are made."""

    account: str
    region: str
    arn: str
    user_id: str
    kind: str
    endpoint: str
    access_key_id: str = ""
    held: bool = False

    @staticmethod
    def of(call: Call) -> "Caller":
        """Who makes this call."""
        who = call.principal
        return Caller(
            call.account, call.region, who.arn, who.user_id, who.kind, call.endpoint, who.access_key_id, who.held
        )

    def call(self, now_ms: int) -> Call:
        """CloudFormation's call on their behalf, made now."""
        kind: Any = self.kind
        who = Principal(self.account, self.arn, self.user_id, kind, self.access_key_id, self.held)
        return Call("cloudformation", "", self.account, self.region, who, request_id(), now_ms, self.endpoint)


class Output(msgspec.Struct):
    """A stack's output."""

    key: str
    value: str
    description: str | None = None
    export: str | None = None


class Stack(msgspec.Struct, kw_only=True):
    """A stack. `id` is its ARN; `parameters` are texts, defaults included."""

    id: str
    name: str
    caller: Caller
    created_at_ms: int
    status: str
    reason: str | None = None
    description: str | None = None
    parameters: dict[str, str] = {}
    hidden: list[str] = []
    """Names of parameters that are never shown."""
    tags: dict[str, str] = {}
    capabilities: list[str] = []
    on_failure: str = "ROLLBACK"
    timeout_at_ms: int | None = None
    timeout_minutes: int | None = None
    termination_protection: bool = False
    retain_except_on_create: bool = False
    token: str | None = None
    """Of the request that began what is going on."""
    request_digest: str | None = None
    operation_id: str = ""
    updated_at_ms: int | None = None
    removal_at_ms: int | None = None
    """When its deletion, or the rollback of its creation, began."""
    deleted_at_ms: int | None = None
    change_set_id: str | None = None
    drift_status: str = "NOT_CHECKED"
    drift_checked_at_ms: int | None = None
    policy: str | None = None
    policy_during_update: str | None = None
    """What counts instead of its policy, while it is updated."""
    role_arn: str | None = None
    triggers: Triggers = Triggers()
    watched_until_ms: int | None = None
    """When all its resources are there: how long its alarms are watched before the operation completes."""
    outputs: list[Output] = []
    forced: bool = False
    """Whether its deletion leaves what cannot be removed."""
    retained: list[str] = []
    """Logical ids that the deletion leaves alone."""
    imports: list[str] = []
    """Names of other stacks' exports that it uses."""
    unstable: bool = False
    """Whether it has never been stable, and what goes on is an update all the same."""
    previous: "Stack | None" = None
    """While it is updated: what it was before."""
    former_tags: dict[str, str] | None = None
    """While it is updated: the tags that its resources have had."""
    turned_back: bool = False
    """Whether the update's rollback was noted for every resource."""
    parent_id: str | None = None
    """The stack whose resource it is."""
    root_id: str | None = None

    @property
    def update_policy(self) -> str | None:
        """The policy that counts while it is updated: what it was before, or what the request says."""
        return self.policy_during_update or (self.policy if self.previous is None else self.previous.policy)

    @property
    def key(self) -> tuple[str, str, str]:
        """Account, region and the last part of the id."""
        return self.caller.account, self.caller.region, self.id.rpartition("/")[2]

    @property
    def values(self) -> dict[str, Any]:
        """The pseudo parameters."""
        return pseudo_parameters(self.caller, self.name, self.id)


class StackResource(msgspec.Struct, kw_only=True):
    """A resource of a stack; without a status it was not begun yet.

    began: whether the service may have been asked to make it, so that it has to be removed.
    """

    logical_id: str
    type: str
    depends_on: list[str] = []
    deletion_policy: str | None = None
    status: str = ""
    reason: str | None = None
    physical_id: str = ""
    updated_at_ms: int = 0
    started_at_ms: int = 0
    token: str = ""
    began: bool = False
    made: bool = False
    configured: bool = False
    properties: dict[str, Any] = {}
    shown_properties: str = ""
    reference: str = ""
    attributes: dict[str, str] = {}
    removed: bool = False
    """Whether the service was asked to remove it."""
    failed_in: str = ""
    """The operation in which its removal failed."""
    update_replace_policy: str | None = None
    former: "StackResource | None" = None
    """While its stack is updated: what it was before (in a rollback: what it had become)."""
    mode: str = ""
    """What the update does with it: keep, update or replace it; empty until that is known."""
    done: bool = False
    """Whether the update is through with it."""
    tried: list[dict[str, Any]] = []
    """Properties of updates that failed: what it is lies between these, the former ones and the wanted ones."""
    replaced: bool = False
    """Whether it is another one than the former, made by an update that failed later."""
    since_stable: bool = False
    """Whether it was made since its stack was last stable, so that a rollback removes it."""
    drift_status: str = "NOT_CHECKED"
    drift_checked_at_ms: int | None = None
    leftover: str = ""
    """The key of something that was replaced or taken out of the template, until it is removed."""
    kept: bool = False
    """Whether it is left where it is instead of removed."""
    creation_policy: Any = None
    identifiers: dict[str, str] = {}
    """While it is imported: what tells it."""

    @property
    def verb(self) -> str:
        """What its events speak of."""
        return "CREATE" if self.former is None else "UPDATE"

    @property
    def finished(self) -> bool:
        """Whether others may use it, in an update."""
        if self.former is None:
            return self.status == ("UPDATE_COMPLETE" if self.identifiers else "CREATE_COMPLETE")
        return self.done

    @property
    def exists(self) -> bool:
        """Whether there is something to remove."""
        return self.began and self.status not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}


class Event(msgspec.Struct, kw_only=True):
    """Something that happened to a stack or one of its resources."""

    id: str
    operation_id: str
    logical_id: str
    physical_id: str
    type: str
    time_ms: int
    status: str
    reason: str | None = None
    properties: str | None = None
    token: str | None = None


def pseudo_parameters(caller: Caller, name: str, stack_id: str) -> dict[str, Any]:
    """What `AWS::Region` and the like mean in a stack."""
    return {
        "AWS::AccountId": caller.account,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": caller.region,
        "AWS::StackId": stack_id,
        "AWS::StackName": name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def iso(moment: datetime) -> str:
    """A time as CloudFormation writes it, with milliseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
