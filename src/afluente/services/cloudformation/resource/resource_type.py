"""What a resource type is: tables of names for the common case, methods where a service needs more.

Making a resource is three durable steps, each of which may be repeated after a crash: `make` asks the service for it,
`is_ready` is asked until it is there, `configure` sets what the service sets by calls of their own.
"""

import hashlib
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, NamedTuple

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.provider import Invoke, Response
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.coercion import coerce
from afluente.services.cloudformation.signal import Awaited, Signal
from afluente.services.cloudformation.stack import Caller
from afluente.services.cloudformation.template.expression import text

Properties = dict[str, Any]
ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Context:
    """Where a resource is made: for whom, in which stack; and the way to the services."""

    invoke: Invoke
    clock: Clock
    caller: Caller
    stack_name: str
    logical_id: str
    token: str
    """The same for every attempt to make this resource."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The stack's, which its resources get too."""
    started_at_ms: int = 0
    former_tags: Mapping[str, str] = field(default_factory=dict)
    """In an update: the stack's tags of before."""
    capabilities: tuple[str, ...] = ()
    """Those that the stack's request acknowledged."""
    operation_id: str = ""
    """What the stack does now."""
    stack_key: tuple[str, str, str] = ("", "", "")

    def call(self, service: str, operation: str, **request: Any) -> Response:
        """A service's answer, with the request's values in the model's types."""
        coerced = coerce(service, operation, request)
        try:
            return self.invoke(self.caller.call(self.clock.now_ms()), service, operation, coerced)
        except AwsError as error:
            raise Rejected(service, error) from error

    def find(self, service: str, operation: str, missing: Iterable[str] = (), **request: Any) -> Response | None:
        """A service's answer, or None where it has no such thing."""
        try:
            return self.call(service, operation, **request)
        except Rejected as rejected:
            if rejected.error.http_status == 404 or rejected.error.code in missing:
                return None
            raise

    @property
    def account(self) -> str:
        """The stack's account."""
        return self.caller.account

    @property
    def region(self) -> str:
        """The stack's region."""
        return self.caller.region

    def name(self, longest: int, *, lower: bool = False) -> str:
        """The name of a resource that the template does not name: stack, logical id and 12 characters.

        They come from the token, which is random, so that every attempt to make the resource finds the same name.
        """
        digest = hashlib.sha256(self.token.encode()).digest()
        suffix = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:12])
        room = longest - len(suffix) - 2
        stack, logical = self.stack_name, self.logical_id
        if len(stack) + len(logical) > room:
            stack = stack[: max(room // 2, room - len(logical))]
            logical = logical[: room - len(stack)]
        name = f"{stack}-{logical}-{suffix}"
        return name.lower() if lower else name


class Made(NamedTuple):
    """What making a resource gave: its physical id, and attributes that are told only then."""

    physical_id: str
    attributes: Mapping[str, str] = {}


class Rejected(Exception):
    """A service refused what a resource needs."""

    def __init__(self, service: str, error: AwsError) -> None:
        super().__init__(error.message)
        self.service = service
        self.error = error


class ResourceType:
    """One type of resources.

    properties: each supported property to the member of the request that makes the resource; None where a method of
        the type looks after it.
    make_by, read_by, remove_by: the operation, and its member that takes the name.
    missing: error codes that mean there is no such resource (as does the status 404).
    tag_shape: how tags travel in the request that makes it.
    tag_by, untag_by: the operation, and its members that take the resource and the tags or their keys.
    replacing: the properties whose change takes a new resource; `A/B` is the member B of the property A.
    within: the properties that name what holds the resource; its name is taken only there.
    live_in: the members of the answer of `read` that lead to the description; None: drift is not detected.
    live_as: how properties are called in there, where that is not as in `properties`.
    unseen: the properties that no answer tells, so that their drift is not detected.
    tags_by: the operation that tells the tags, its member that takes the resource, and the answer's that has them.
    fixed: the properties that neither an update nor a replacement can change here.
    """

    type: ClassVar[str]
    service: ClassVar[str]
    properties: ClassVar[Mapping[str, str | None]]
    required: ClassVar[tuple[str, ...]] = ()
    name_property: ClassVar[str | None] = None
    longest_name: ClassVar[int] = 255
    lower_name: ClassVar[bool] = False
    make_by: ClassVar[tuple[str, str]]
    read_by: ClassVar[tuple[str, str]]
    remove_by: ClassVar[tuple[str, str]]
    missing: ClassVar[tuple[str, ...]] = ()
    tag_shape: ClassVar[Literal["list", "map"] | None] = None
    tag_by: ClassVar[tuple[str, str, str]]
    untag_by: ClassVar[tuple[str, str, str]]
    replacing: ClassVar[tuple[str, ...]] = ()
    within: ClassVar[tuple[str, ...]] = ()
    fixed: ClassVar[tuple[str, ...]] = ()
    live_in: ClassVar[tuple[str, ...] | None] = None
    live_as: ClassVar[Mapping[str, str]] = {}
    unseen: ClassVar[tuple[str, ...]] = ()
    tags_by: ClassVar[tuple[str, str, str]]
    identifiers: ClassVar[tuple[str, ...]] = ()
    """The properties that tell resources of this type apart, as GetTemplateSummary names them."""
    is_importable: ClassVar[bool] = True
    """Whether a stack can take one over that is there."""
    has_creation_policy: ClassVar[bool] = False
    """Whether it may be told by SignalResource that it is ready."""

    def check(self, properties: Properties) -> None:
        """Raises ValidationError for unknown and missing properties."""
        for name in properties:
            if name not in self.properties:
                raise ValidationError(f"Encountered unsupported property {name}")
        for name in self.required:
            if name not in properties:
                raise ValidationError(f"Property validation failure: [The property {{/{name}}} is required]")

    def physical_id(self, context: Context, properties: Properties) -> str:
        """The name that the resource will have; empty where the service gives one."""
        if self.name_property in properties:
            return str(properties[self.name_property])
        return context.name(self.longest_name, lower=self.lower_name)

    def exists(self, context: Context, physical_id: str, properties: Properties) -> bool:
        """Whether there is one of that name already."""
        return self.read(context, physical_id, properties) is not None

    def read(self, context: Context, physical_id: str, properties: Properties) -> Response | None:
        """What the service knows of it, or None."""
        del properties
        operation, member = self.read_by
        return context.find(self.service, operation, self.missing, **{member: physical_id})

    def named_by(self, identifiers: Mapping[str, str]) -> str:
        """The physical id of the resource that those `identifiers` tell."""
        name = self.name_property if self.name_property in self.identifiers else self.identifiers[-1]
        return identifiers[name or ""]

    def make(self, context: Context, physical_id: str, properties: Properties) -> "Made":
        """Ask the service for it."""
        operation, member = self.make_by
        request = self.request(context, properties)
        request[member] = physical_id
        context.call(self.service, operation, **request)
        return Made(physical_id)

    def recover(self, context: Context, properties: Properties) -> None:
        """After a crash while it was made: undo what cannot be found again by a name."""

    def request(self, context: Context, properties: Properties) -> Properties:
        """The members of the request that makes it, as the tables say."""
        members = {self.properties[name]: value for name, value in properties.items()}
        request = {member: value for member, value in members.items() if member is not None}
        tags = merged_tags(context, properties)
        if self.tag_shape is not None and tags:
            request["Tags"] = tags if self.tag_shape == "map" else tag_list(tags)
        return request

    def is_ready(self, context: Context, physical_id: str, properties: Properties) -> bool:
        """Whether it can be used by others. Raises ValidationError when it never will."""
        del context, physical_id, properties
        return True

    def awaited(self, context: Context, properties: Properties, creation_policy: Any) -> Awaited | None:
        """The signals that it waits for, if any. Raises ValidationError."""
        del context, properties, creation_policy
        return None

    def signalled(self, signals: list[Signal]) -> Mapping[str, str]:
        """The attributes that its signals give it."""
        del signals
        return {}

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Set what is set by calls of their own; setting it again changes nothing."""

    @property
    def taggable(self) -> bool:
        """Whether its resources get the stack's tags."""
        return "Tags" in self.properties

    def changed(self, old: Properties, new: Properties) -> list[str]:
        """The properties that differ; a scalar and its text are the same."""
        return [name for name in sorted(old.keys() | new.keys()) if _texts(old.get(name)) != _texts(new.get(name))]

    def is_replaced(self, old: Properties, new: Properties) -> bool:
        """Whether the change of the properties takes a new resource."""
        return any(self.differs(old, new, path) for path in self.replacing)

    def differs(self, old: Properties, new: Properties, path: str) -> bool:
        """Whether the change of one of `replacing` takes a new resource."""
        return bool(_texts(_member(old, path)) != _texts(_member(new, path)))

    def is_named_alike(self, old: Properties, new: Properties) -> bool:
        """Whether two of the same name could not be side by side."""
        return not any(self.differs(old, new, path) for path in self.within)

    def check_update(self, old: Properties, new: Properties) -> None:
        """Raises ValidationError for changes that cannot be made."""
        for name in self.changed(old, new):
            if name in self.fixed:
                raise ValidationError(f"Afluente does not change {name} of a resource of type {self.type}.")

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Change it in place, from whatever is between `old` and `new`: it may be done again after a crash."""
        if self.taggable:
            self.retag(context, physical_id, old, new)

    def retag(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Set and take away its tags, the stack's among them."""
        added, gone = retagged(context, old, new)
        resource = self.tagged_as(context, physical_id)
        if added:
            operation, member, tags = self.tag_by
            given = tag_list(added) if self.tag_shape == "list" else added
            context.call(self.service, operation, **{member: resource, tags: given})
        if gone:
            operation, member, keys = self.untag_by
            context.call(self.service, operation, **{member: resource, keys: gone})

    def tagged_as(self, context: Context, physical_id: str) -> str:
        """What the operations on tags call it."""
        del context
        return physical_id

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Ask the service to remove it; one that is gone is fine."""
        del properties
        operation, member = self.remove_by
        context.find(self.service, operation, self.missing, **{member: physical_id})

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        """Whether its removal has come to an end."""
        del context, physical_id, properties
        return True

    @property
    def detects_drift(self) -> bool:
        """Whether what it is can be compared with what it should be."""
        return self.live_in is not None

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        """What those `properties` are now, as far as there are any; None where there is no such resource any more."""
        found = self.read(context, physical_id, properties)
        if found is None:
            return None
        for member in self.live_in or ():
            found = found.get(member, {})
        names = {name: self.live_as.get(name, self.properties[name] or name) for name in properties}
        shown = {name: found[member] for name, member in names.items() if member in found}
        if "Tags" in properties:
            shown["Tags"] = tag_list(self.live_tags(context, physical_id))
        return shown

    def live_tags(self, context: Context, physical_id: str) -> dict[str, str]:
        """Its tags now."""
        operation, member, tags = self.tags_by
        answer = context.call(self.service, operation, **{member: self.tagged_as(context, physical_id)})
        found = answer.get(tags, {})
        return found if isinstance(found, dict) else {tag["Key"]: tag.get("Value", "") for tag in found}

    def reference(self, physical_id: str, attributes: Mapping[str, str]) -> str:
        """The value of Ref."""
        del attributes
        return physical_id

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        """The values of Fn::GetAtt."""
        del context, physical_id, properties
        return {}

    def capability(self, properties: Properties) -> str | None:
        """The capability that a request must acknowledge; `properties` are not evaluated yet."""
        del properties
        return None


def merged_tags(context: Context, properties: Properties) -> dict[str, str]:
    """The stack's tags and the resource's own, which win. Both shapes of templates are taken."""
    own = properties.get("Tags", {})
    if isinstance(own, list):
        own = {tag["Key"]: tag.get("Value", "") for tag in own if isinstance(tag, dict) and "Key" in tag}
    return {**context.tags, **own}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as a list of keys and values."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def retagged(context: Context, old: Properties, new: Properties) -> tuple[dict[str, str], list[str]]:
    """The tags that an update sets, and the keys of those that it takes away."""
    before = merged_tags(replace(context, tags=context.former_tags), old)
    after = merged_tags(context, new)
    if before == after:
        return {}, []
    return after, sorted(before.keys() - after.keys())


def _texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _texts(item) for name, item in value.items()}
    return [_texts(item) for item in value] if isinstance(value, list) else text(value)


def _member(properties: Properties, path: str) -> Any:
    name, _, inner = path.partition("/")
    value = properties.get(name)
    return value.get(inner) if inner and isinstance(value, Mapping) else value
