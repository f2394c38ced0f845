"""On the way to a target: kept until it was told, tried again when it could not be; then a dead letter, or dropped.

A queue is told in the transaction that matched the event, the others from the outbox: at least once, in their order.
Source: "How EventBridge retries delivering events", "Using dead-letter queues", Amazon EventBridge User Guide.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.provider import Invoke
from afluente.function.invoker import Invoker
from afluente.services.events import transform
from afluente.services.events.port import LogSink, Permissions, Queues, Roles, Workflows
from afluente.services.events.rule import RuleKey, rule_arn
from afluente.services.events.target import kind_of
from afluente.store.database import Database
from afluente.store.outbox import Outbox, Parcel

SERVICE = "events.amazonaws.com"
SENDER = "AIDAAFLUENTEEVENTS000"
"""SenderId of EventBridge's messages."""
MOST_ATTEMPTS = 185
OLDEST_S = 86_400
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 1000, 600_000
FINAL = frozenset({
    "AccessDenied", "AccessDeniedException", "EntityNotFoundException", "NO_PERMISSIONS", "NO_RESOURCE",
    "QueueDoesNotExist", "ResourceNotFoundException", "NoSuchEntity",
})  # fmt: skip
"""What is not tried again: nobody there, or no permission."""

log = logging.getLogger(__name__)


class Undelivered(AwsError):
    """The target was not told. The code is that of the dead letter."""


class Given(msgspec.Struct):
    """What a target is to be given, of which event, by which rule."""

    account: str
    region: str
    rule: str
    event: dict[str, Any]
    target: dict[str, Any]
    payload: str

    @property
    def arn(self) -> str:
        return str(self.target["Arn"])


class Deliveries:
    """What rules have their targets told."""

    def __init__(  # noqa: PLR0917  # the ports, in the order that all engines keep
        self, database: Database, queues: Queues, invoker: Invoker, permissions: Permissions, roles: Roles,
        logs: LogSink, workflows: Workflows, invoke: Invoke, clock: Clock,
    ) -> None:  # fmt: skip
        self._database = database
        self._queues = queues
        self._invoker = invoker
        self._permissions = permissions
        self._roles = roles
        self._logs = logs
        self._workflows = workflows
        self._invoke = invoke
        self._clock = clock
        self._outbox = Outbox(database, "events", self._deliver, clock)
        self._senders: dict[str, Callable[[Given], None]] = {
            "sqs": self._to_queue,
            "logs": self._to_log_group,
            "kinesis": self._to_stream,
            "firehose": self._to_delivery_stream,
            "glue": self._to_workflow,
        }

    def start(self) -> None:
        self._outbox.start()

    def stop(self) -> None:
        self._outbox.stop(self._invoker.close)

    def add(self, key: RuleKey, target: Mapping[str, Any], event: Mapping[str, Any], payload: str) -> None:
        """Have a target told. Belongs in the transaction in which the event came."""
        given = Given(key[0], key[1], rule_arn(key), dict(event), dict(target), payload)
        if kind_of(given.arn).name == "sqs":
            try:
                self._to_queue(given)
            except AwsError as error:
                log.info("%s is tried again: %s", given.arn, error)
            else:
                return
        self._outbox.add(given.arn, msgspec.json.encode(given).decode())

    def _deliver(self, parcel: Parcel) -> int | None:
        given = msgspec.json.decode(parcel.payload, type=Given)
        kind = kind_of(given.arn).name
        try:
            if kind == "lambda":
                return self._to_function(given, parcel)
            self._senders[kind](given)
        except AwsError as error:
            return self._failed(given, parcel, error)
        return None

    def _failed(self, given: Given, parcel: Parcel, error: AwsError) -> int | None:
        """When to try again; None once it is given up."""
        policy, now_ms = given.target.get("RetryPolicy", {}), self._clock.now_ms()
        most = policy.get("MaximumRetryAttempts", MOST_ATTEMPTS)
        until_ms = parcel.made_at_ms + 1000 * policy.get("MaximumEventAgeInSeconds", OLDEST_S)
        due_ms = now_ms + min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << min(parcel.failures, 20))
        if error.code not in FINAL and parcel.failures < most and due_ms <= until_ms:
            return due_ms
        self._bury(given, error, parcel.failures)
        return None

    def _bury(self, given: Given, error: AwsError, attempts: int) -> None:
        queue = given.target.get("DeadLetterConfig", {}).get("Arn")
        told = {
            "RULE_ARN": given.rule, "TARGET_ARN": given.arn, "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message or error.code, "RETRY_ATTEMPTS": str(attempts),
        }  # fmt: skip
        attributes = {name: {"DataType": "String", "StringValue": text} for name, text in told.items()}
        body = msgspec.json.encode(given.event).decode()
        if queue and self._may(given, "sqs:SendMessage", queue):
            try:
                if self._queues.deliver(queue, body, SENDER, attributes=attributes):
                    return
            except AwsError:
                log.exception("the dead-letter queue %s does not take an event", queue)
        log.warning("an event of rule %s is dropped: %s cannot be told: %s", given.rule, given.arn, error)

    def _may(self, given: Given, action: str, resource: str) -> bool:
        return self._permissions.service_may(
            SERVICE, action, resource, source_arn=given.rule, source_account=given.account
        )

    # Each kind of target. They raise AwsError when it is not told.

    def _to_queue(self, given: Given) -> None:
        if not self._may(given, "sqs:SendMessage", given.arn):
            raise Undelivered(f"{given.arn} does not let EventBridge send messages.", code="NO_PERMISSIONS")
        group = given.target.get("SqsParameters", {}).get("MessageGroupId")
        if not self._queues.deliver(given.arn, given.payload, SENDER, group_id=group):
            raise Undelivered(f"{given.arn} does not exist.", code="NO_RESOURCE")

    def _to_function(self, given: Given, parcel: Parcel) -> int | None:
        if not self._invoker.exists(given.arn):
            raise Undelivered(f"{given.arn} is not in the functions file.", code="NO_RESOURCE")
        return self._invoker.tell(given.arn, given.payload, parcel.failures)

    def _to_log_group(self, given: Given) -> None:
        arn = Arn.parse(given.arn)
        group = arn.resource.removeprefix("log-group:").removesuffix(":*")
        stream = str(given.event["id"])
        self._logs.append(arn.account, arn.region, group, stream, [(self._clock.now_ms(), given.payload)])

    def _to_stream(self, given: Given) -> None:
        path = given.target.get("KinesisParameters", {}).get("PartitionKeyPath")
        key = transform.at_path(given.event, path) if path else given.event["id"]
        if key is transform.MISSING:
            key = given.event["id"]
        self._ask(
            given, "kinesis", "PutRecord", StreamName=_name(given.arn), Data=given.payload.encode(),
            PartitionKey=(key if isinstance(key, str) else msgspec.json.encode(key).decode())[:256] or "-",
        )  # fmt: skip

    def _to_delivery_stream(self, given: Given) -> None:
        record = {"Data": given.payload.encode()}
        self._ask(given, "firehose", "PutRecord", DeliveryStreamName=_name(given.arn), Record=record)

    def _to_workflow(self, given: Given) -> None:
        self._check_trust(given)
        self._roles.check_role(given.target["RoleArn"], _session(given), "glue:notifyEvent", given.arn)
        arn = Arn.parse(given.arn)
        self._workflows.notify(arn.account, arn.region, _name(given.arn), str(given.event["id"]))

    def _ask(self, given: Given, service: str, operation: str, **request: Any) -> None:
        """Another service's operation, under the target's role."""
        self._check_trust(given)
        principal, arn = self._roles.acting(given.target["RoleArn"], _session(given)), Arn.parse(given.arn)
        now_ms, identifier = self._clock.now_ms(), str(uuid.uuid4())
        call = Call("events", operation, arn.account, arn.region, principal, identifier, now_ms, "")
        self._invoke(call, service, operation, request)

    def _check_trust(self, given: Given) -> None:
        role = given.target["RoleArn"]
        if not self._roles.can_assume(role, SERVICE, given.rule):
            raise Undelivered(f"EventBridge may not assume the role {role}.", code="NO_PERMISSIONS")


def _session(given: Given) -> str:
    return _name(given.rule)[:64]


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
