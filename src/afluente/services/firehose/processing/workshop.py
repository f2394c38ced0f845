"""What a delivery stream's stage works with, made of its neighbours: functions, roles, logs, measurements."""

from collections.abc import Callable
from dataclasses import dataclass

from afluente.core.clock import Clock
from afluente.function.registry import Registry, function_name
from afluente.services.firehose.configuration import Configuration, processors
from afluente.services.firehose.conversion import configuration as conversion
from afluente.services.firehose.diagnostic import Diagnostics, delivery_error_code
from afluente.services.firehose.metric import DeliveryMetrics
from afluente.services.firehose.permission import check_invoke
from afluente.services.firehose.port import Roles
from afluente.services.firehose.processing.active_partition import ActivePartitions
from afluente.services.firehose.processing.chain import Chain
from afluente.services.firehose.processing.frame import Detail
from afluente.services.firehose.processing.routing import Router
from afluente.services.firehose.processing.transformation import Caller, Transformation
from afluente.services.firehose.processing.unit import Unit
from afluente.services.firehose.stream import DeliveryStream


@dataclass(frozen=True, slots=True)
class Tools:
    """What every stage uses."""

    functions: Registry
    roles: Roles
    diagnostics: Diagnostics
    clock: Clock
    active_partitions: int


def describer(configuration: Configuration) -> Callable[[Unit], Detail | None]:
    """What is remembered of records: for the error objects of a conversion, where they come from and how they came."""
    if not conversion.enabled(configuration):
        return lambda _: None
    decompresses = any(item["Type"] == "Decompression" for item in processors(configuration))

    def describe(unit: Unit) -> Detail:
        raw = unit.raw if decompresses else b""
        metadata = unit.metadata
        return Detail(metadata.sequence_number, metadata.subsequence, raw) if metadata else Detail(raw=raw)

    return describe


@dataclass(frozen=True, slots=True)
class Foreman:
    """Makes the processors of one delivery stream, and passes on what they report."""

    tools: Tools
    metrics: DeliveryMetrics
    active: ActivePartitions

    def chain(self, stream: DeliveryStream) -> Chain:
        """The processors that the delivery stream has now."""
        return Chain.of(stream.destination, lambda parameters: self._transformation(stream, parameters))

    def router(self, stream: DeliveryStream) -> Router:
        """What routes its records."""
        return Router(stream.destination, self.active, describer(stream.destination))

    def source_failed(self, stream: DeliveryStream, error: Exception) -> None:
        """The source cannot be read."""
        code = delivery_error_code(error, of_source=True)
        self.tools.diagnostics.report(stream, stream.destination, code)

    def read(self, records: int, size_bytes: int, newest_ms: int | None) -> None:
        """So much was read from the source."""
        self.metrics.read(records, size_bytes, 0 if newest_ms is None else self.tools.clock.now_ms() - newest_ms)

    def processed(self, records: int, size_bytes: int) -> None:
        """A function has processed so much."""
        self.metrics.processed(records, size_bytes)

    def partitions(self, *, exceeded: bool) -> None:
        """Partitions have been added, or there was no room for more."""
        self.metrics.partitions(len(self.active), self.active.limit, exceeded=exceeded)

    def _transformation(self, stream: DeliveryStream, parameters: dict[str, str]) -> Transformation:
        arn, role = parameters["LambdaArn"], parameters["RoleArn"]
        caller = Caller(
            clock=self.tools.clock,
            check=lambda: check_invoke(self.tools.roles, role, arn),
            report=lambda code: self.tools.diagnostics.report(stream, stream.destination, code, processor=arn),
            printed=lambda text: self.tools.diagnostics.printed(stream, f"/aws/lambda/{function_name(arn)}", text),
            measure=lambda began_ms, succeeded: self.metrics.invoked(began_ms, succeeded=succeeded),
        )
        function = self.tools.functions.function(arn)
        return Transformation(stream, arn, int(parameters["NumberOfRetries"]), function, caller)
