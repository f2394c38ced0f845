"""Tells queues and functions of what happens to objects, in the transaction in which it happens.

A message to a queue is put there by that very commit; an event for a function is kept for it (invocation.py).
"""

import json
import logging
from contextlib import suppress
from typing import Any

from afluente.core.clock import Clock, utc
from afluente.core.error import AwsError
from afluente.function.registry import FunctionNotFound
from afluente.services.s3 import bus_event
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.error import InvalidArgument
from afluente.services.s3.event import Cause, Sequencer, record_of
from afluente.services.s3.invocation import Invocations
from afluente.services.s3.notification import BUS, Configuration, Target, targets
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.port import EventBus, Permissions, Queues

SERVICE = "s3.amazonaws.com"
SENDER = "AIDAAFLUENTES3EVENTS0"
"""SenderId of S3's messages: on AWS, that of one of its own users."""
QUEUES = "QueueConfigurations"

log = logging.getLogger(__name__)


class Notifier:
    """Tells whom the buckets' configurations name. `permissions`: whether queues let S3 send."""

    def __init__(
        self, queues: Queues, permissions: Permissions, invocations: Invocations, bus: EventBus, clock: Clock
    ) -> None:
        self._queues = queues
        self._bus = bus
        self._permissions = permissions
        self._invocations = invocations
        self._clock = clock
        self._sequencer = Sequencer()
        self._refused: set[tuple[str, str]] = set()

    def note(self, bucket: Bucket, row: ObjectRow, cause: Cause) -> None:
        """This happened to `row`. Belongs in the transaction in which it does."""
        configuration = bucket.notification or {}
        wanting = [target for target in targets(configuration) if target.wants(cause.name, row.key)]
        detail_type = bus_event.type_of(cause) if BUS in configuration else None
        if not wanting and detail_type is None:
            return
        now_ms = self._clock.now_ms()
        sequencer = self._sequencer.next(now_ms)
        for target in wanting:
            record = record_of(bucket, row, cause, configuration=target.id, sequencer=sequencer, now_ms=now_ms)
            body = json.dumps({"Records": [record]}, separators=(",", ":"))
            if target.kind == QUEUES:
                self._tell_queue(bucket, target.arn, body)
            else:
                self._invocations.add(target.arn, body)
        if detail_type is not None:
            detail = bus_event.detail_of(bucket, row, cause, sequencer)
            self._bus.emit(bucket.account, bucket.region, bus_event.SOURCE, detail_type, detail, [bucket.arn])

    def _tell_queue(self, bucket: Bucket, arn: str, body: str) -> None:
        """As on AWS, what is not allowed, or has nowhere to go, is lost."""
        if self._may_send(bucket, arn) and self._takes(arn, body):
            self._refused.discard((bucket.name, arn))
        elif (bucket.name, arn) not in self._refused:
            self._refused.add((bucket.name, arn))
            log.warning(
                "events of bucket %s cannot be sent to %s: it is gone, or does not let S3 send", bucket.name, arn
            )

    def _takes(self, arn: str, body: str) -> bool:
        with suppress(AwsError):  # it is too long for the queue
            return self._queues.deliver(arn, body, SENDER)
        return False

    def _may_send(self, bucket: Bucket, arn: str) -> bool:
        return self._permissions.service_may(
            SERVICE, "sqs:SendMessage", arn, source_arn=bucket.arn, source_account=bucket.account
        )

    def validate(self, bucket: Bucket, configuration: Configuration) -> None:
        """Raises InvalidArgument for destinations that are not there, or do not let S3 tell them."""
        reasons = [(target, reason) for target in targets(configuration) if (reason := self._obstacle(bucket, target))]
        if not reasons:
            return
        members: dict[str, Any] = {}
        for number, (target, reason) in enumerate(reasons, start=1):
            members[f"ArgumentName{number}"] = target.arn if target.kind == QUEUES else f"{target.arn}, null"
            members[f"ArgumentValue{number}"] = reason
        raise InvalidArgument("Unable to validate the following destination configurations", **members)

    def _obstacle(self, bucket: Bucket, target: Target) -> str:
        if target.kind != QUEUES:
            return self._obstacle_of_function(target.arn)
        if not self._queues.is_queue(target.arn):
            return "The destination queue does not exist"
        if self._queues.is_fifo(target.arn):
            return "FIFO queues are not supported as destinations"
        if not self._may_send(bucket, target.arn):
            return "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"
        return ""

    def _obstacle_of_function(self, arn: str) -> str:
        try:
            found = self._invocations.exists(arn)
        except FunctionNotFound as error:
            return str(error)
        return "" if found else f"Not authorized to invoke function [{arn}]"

    def send_tests(self, bucket: Bucket, configuration: Configuration, request_id: str, host_id: str) -> None:
        """The message by which a queue learns that it is a destination."""
        now_ms = self._clock.now_ms()
        told = {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": utc(now_ms).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now_ms % 1000:03d}Z",
            "Bucket": bucket.name,
            "RequestId": request_id,
            "HostId": host_id,
        }
        for arn in {target.arn: None for target in targets(configuration) if target.kind == QUEUES}:
            self._tell_queue(bucket, arn, json.dumps(told, separators=(",", ":")))
