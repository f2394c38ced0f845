"""botocore's service models, read straight from its data files: operations, shapes and their traits.

Only the JSON is botocore's; its Python is not imported, which keeps the start fast. A model is read when its service
is first asked for, and a shape when a message first reaches it.
"""

import gzip
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from afluente.wire import correction, sqs_query

Definition = Mapping[str, Any]


class Shape:
    """A shape as some member, list or operation refers to it: the shape's traits, overlaid with the reference's."""

    def __init__(self, model: "Model", reference: Definition) -> None:
        traits = {**model.definitions[reference["shape"]], **reference}
        self._model = model
        self._traits = traits
        self.name: str = reference["shape"]
        self.type: str = traits["type"]
        self.enum: tuple[str, ...] = tuple(traits.get("enum", ()))
        self.min: float | None = traits.get("min")
        self.max: float | None = traits.get("max")
        self.pattern: str | None = traits.get("pattern")
        self.sensitive: bool = traits.get("sensitive", False)
        self.required: tuple[str, ...] = tuple(traits.get("required", ()))
        self.location: str | None = traits.get("location")
        self.location_name: str | None = traits.get("locationName")
        self.flattened: bool = traits.get("flattened", False)
        self.streaming: bool = traits.get("streaming", False)
        self.payload: str | None = traits.get("payload")
        self.timestamp_format: str | None = traits.get("timestampFormat")
        self.xml_attribute: bool = traits.get("xmlAttribute", False)
        self.xml_namespace: Definition | None = traits.get("xmlNamespace")
        self.document: bool = traits.get("document", False)
        self.result_wrapper: str | None = traits.get("resultWrapper")
        self.event_stream: bool = traits.get("eventstream", False)
        self.event_payload: bool = traits.get("eventpayload", False)
        self.exception: bool = traits.get("exception", False)

    @cached_property
    def members(self) -> dict[str, "Shape"]:
        """A structure's members by name, in the model's order."""
        return {name: self._model.shape(member) for name, member in self._traits.get("members", {}).items()}

    @cached_property
    def elements(self) -> list[tuple[str, str, "Shape"]]:
        """Name, element's name and shape of the members that are elements in XML, rather than headers or attributes."""
        return [
            (name, member.location_name or name, member)
            for name, member in self.members.items()
            if member.location is None and not member.xml_attribute
        ]

    @cached_property
    def attributes(self) -> list[tuple[str, str]]:
        """Name and attribute's name of the members that are attributes in XML."""
        return [(name, member.location_name or name) for name, member in self.members.items() if member.xml_attribute]

    @cached_property
    def member(self) -> "Shape":
        """A list's element."""
        return self._model.shape(self._traits["member"])

    @cached_property
    def key(self) -> "Shape":
        """A map's key."""
        return self._model.shape(self._traits["key"])

    @cached_property
    def value(self) -> "Shape":
        """A map's value."""
        return self._model.shape(self._traits["value"])

    @cached_property
    def body(self) -> "Shape | None":
        """The member that is the whole body of a REST message, if one is."""
        return self.members[self.payload] if self.payload else None


class Operation:
    """One operation of a model."""

    def __init__(self, model: "Model", definition: Definition) -> None:
        self.service = model.service
        self.name: str = definition["name"]
        self.method: str = definition["http"]["method"]
        self.uri: str = definition["http"]["requestUri"]
        self.status: int = correction.STATUSES.get(
            f"{model.service}.{self.name}", definition["http"].get("responseCode", 200)
        )
        self.input: Shape | None = model.shape(definition["input"]) if "input" in definition else None
        self.output: Shape | None = model.shape(definition["output"]) if "output" in definition else None
        self.unsigned: bool = definition.get("authtype") == "none"
        self.checksum_required: bool = definition.get("httpChecksum", {}).get("requestChecksumRequired", False)
        self.content_type = correction.CONTENT_TYPES.get(f"{model.service}.{self.name}", "")
        self.unwrapped = self.name in correction.UNWRAPPED_OUTPUTS.get(model.service, ())

    @cached_property
    def streams_in(self) -> bool:
        """Whether the request's body is a stream of bytes rather than a document."""
        body = self.input.body if self.input else None
        return body is not None and body.type == "blob" and body.streaming

    @cached_property
    def event_member(self) -> str | None:
        """The output's member that is a stream of events, if one is."""
        members = self.output.members if self.output else {}
        return next((name for name, member in members.items() if member.event_stream), None)


class ErrorShape:
    """How a modelled error looks on the wire: its code, HTTP status and members."""

    def __init__(self, model: "Model", name: str, definition: Definition) -> None:
        error = definition.get("error", {})
        self.shape = model.shape({"shape": name})
        self.code: str = error.get("code", name)
        default = 500 if definition.get("fault") else 400
        self.status: int = error.get("httpStatusCode", default)


class Model:
    """A service's model. `definitions` are the raw shapes by name."""

    def __init__(self, service: str, raw: Definition) -> None:
        metadata = raw["metadata"]
        self.service = service
        self.definitions: dict[str, Definition] = raw["shapes"]
        self.protocol: str = metadata["protocol"]
        self.protocols: tuple[str, ...] = tuple(metadata.get("protocols", (self.protocol,)))
        self.query_compatible: bool = "awsQueryCompatible" in metadata
        self.compresses: bool = any("requestcompression" in operation for operation in raw["operations"].values())
        self.api_version: str = metadata["apiVersion"]
        self.json_version: str = metadata.get("jsonVersion", "1.0")
        self.target_prefix: str = metadata.get("targetPrefix", "")
        if service == "sqs":
            self.protocols = sqs_query.PROTOCOLS
            sqs_query.describe(self.definitions)
        self.xml_namespace: str = metadata.get("xmlNamespace") or correction.XML_NAMESPACES.get(service, "")
        removed = correction.REMOVED_OPERATIONS.get(service, ())
        self._operations: dict[str, Definition] = {n: o for n, o in raw["operations"].items() if n not in removed}
        self._parsed: dict[str, Operation] = {}
        self._shapes: dict[str, Shape] = {}
        for name, traits in correction.SHAPE_TRAITS.get(service, {}).items():
            self.definitions[name] = {**self.definitions[name], **traits}

    def shape(self, reference: Definition) -> Shape:
        """The shape that `reference` names. Plain references to one shape share it."""
        if len(reference) > 1 and set(reference) - {"shape", "documentation"}:
            return Shape(self, reference)
        name = reference["shape"]
        if name not in self._shapes:
            self._shapes[name] = Shape(self, reference)
        return self._shapes[name]

    @property
    def operation_names(self) -> list[str]:
        """The names of all operations, in the model's order."""
        return list(self._operations)

    def operation(self, name: str) -> Operation | None:
        """The operation called `name`, or None."""
        if name not in self._parsed:
            if name not in self._operations:
                return None
            self._parsed[name] = Operation(self, self._operations[name])
        return self._parsed[name]

    @cached_property
    def errors(self) -> dict[str, ErrorShape]:
        """The modelled errors, by shape name and by code (IAM: `NoSuchEntityException` and `NoSuchEntity`)."""
        shapes = [ErrorShape(self, name, d) for name, d in self.definitions.items() if d.get("exception")]
        return {error.code: error for error in shapes} | {error.shape.name: error for error in shapes}


@cache
def load(service: str) -> Model:
    """The model of `service`, as botocore calls it (`kinesis`). Raises LookupError when botocore has none."""
    spec = find_spec("botocore")  # finds the folder without importing the package
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("botocore is not installed")
    folder = Path(spec.submodule_search_locations[0]) / "data" / service
    files = sorted(folder.glob("*/service-2.json*"))
    if not files:
        raise LookupError(f"botocore has no model of {service!r}")
    raw = files[-1].read_bytes()
    return Model(service, msgspec.json.decode(gzip.decompress(raw) if files[-1].suffix == ".gz" else raw))
