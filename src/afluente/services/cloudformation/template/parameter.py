"""Parameters: their declarations, and the values that a request gives them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.template.expression import DYNAMIC, text

TYPES = ("String", "Number", "CommaDelimitedList", "List<Number>")
MEMBERS = frozenset(
    (
        "AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description", "MaxLength", "MaxValue",
        "MinLength", "MinValue", "NoEcho", "Type",
    )
)  # fmt: skip
MAX_BYTES = 4096


@dataclass(frozen=True)
class Parameter:
    """One declared parameter. Values travel as text; `resolve` gives what Ref gives."""

    name: str
    type: str
    declaration: Mapping[str, Any]

    @property
    def default(self) -> str | None:
        """The value when the request gives none."""
        return text(self.declaration["Default"]) if "Default" in self.declaration else None

    @property
    def no_echo(self) -> bool:
        """Whether the value is never shown."""
        return text(self.declaration.get("NoEcho", False)) == "true"

    def resolve(self, given: str) -> Any:
        """The value of Ref: a text, or a list of texts. Raises ValidationError outside the constraints."""
        if len(given.encode()) > MAX_BYTES:
            raise ValidationError(f"Parameter '{self.name}' must be at most {MAX_BYTES} bytes")
        is_list = self.type in {"CommaDelimitedList", "List<Number>"}
        items = [item.strip() for item in given.split(",")] if is_list else [given]
        for item in items:
            self._check(item)
        return items if is_list else given

    def _check(self, item: str) -> None:
        if "Number" in self.type:
            self._check_number(item)
        else:
            self._check_length(item)
        declared = self.declaration
        if "AllowedValues" in declared and item not in map(text, declared["AllowedValues"]):
            raise self._error("must be one of AllowedValues")
        if "AllowedPattern" in declared and not _matches(self.name, declared["AllowedPattern"], item):
            raise self._error(f"must match pattern {declared['AllowedPattern']}")

    def _check_number(self, item: str) -> None:
        try:
            value = float(item)
        except ValueError:
            raise ValidationError(f"Parameter '{self.name}' must be a number.") from None
        if "MinValue" in self.declaration and value < float(self.declaration["MinValue"]):
            raise self._error(f"must be a number not less than {self.declaration['MinValue']}")
        if "MaxValue" in self.declaration and value > float(self.declaration["MaxValue"]):
            raise self._error(f"must be a number not greater than {self.declaration['MaxValue']}")

    def _check_length(self, item: str) -> None:
        if "MinLength" in self.declaration and len(item) < int(self.declaration["MinLength"]):
            raise self._error(f"must contain at least {self.declaration['MinLength']} characters")
        if "MaxLength" in self.declaration and len(item) > int(self.declaration["MaxLength"]):
            raise self._error(f"must contain at most {self.declaration['MaxLength']} characters")

    def _error(self, rule: str) -> ValidationError:
        if "ConstraintDescription" in self.declaration:
            rule = f"failed to satisfy constraint: {self.declaration['ConstraintDescription']}"
            return ValidationError(f"Parameter {self.name} {rule}")
        return ValidationError(f"Parameter '{self.name}' {rule}")


def declare(name: str, declaration: Any) -> Parameter:
    """A parameter from its declaration. Raises ValidationError."""
    if not re.fullmatch("[A-Za-z0-9]{1,255}", name):
        raise ValidationError(f"Template format error: Parameter name {name} is non alphanumeric.")
    if not isinstance(declaration, dict):
        raise ValidationError("Template format error: Any Parameters member must be an object.")
    kind = declaration.get("Type")
    if not isinstance(kind, str):
        raise ValidationError("Template format error: Every Parameters object must contain a Type member.")
    if re.fullmatch("(List<)?AWS::.+", kind):
        raise Unsupported(
            f"Afluente does not have parameters of type {kind} (parameter {name})."
            + (" The CDK leaves it out with generateBootstrapVersionRule: false." if name == "BootstrapVersion" else "")
        )
    if kind not in TYPES:
        raise ValidationError(f"Template format error: Unrecognized parameter type: {kind}")
    for member, value in declaration.items():
        _check_member(name, member, value)
    return Parameter(name, kind, declaration)


def resolve_all(parameters: Mapping[str, Parameter], given: Mapping[str, str]) -> dict[str, str]:
    """Every parameter's text: given, or else its default. Raises ValidationError; values are checked too."""
    extra = [name for name in given if name not in parameters]
    if extra:
        raise ValidationError(f"Parameters: [{', '.join(extra)}] do not exist in the template")
    missing = [name for name, item in parameters.items() if name not in given and item.default is None]
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    values = {name: given.get(name, item.default or "") for name, item in parameters.items()}
    for name, value in values.items():
        if found := DYNAMIC.search(value):
            raise Unsupported(f"Afluente does not support dynamic references: {found[0]} in the parameter {name}.")
        parameters[name].resolve(value)
    return values


def _check_member(name: str, member: str, value: Any) -> None:
    if member not in MEMBERS:
        raise ValidationError(f"Invalid template parameter property '{member}'")
    if member == "AllowedValues":
        if not isinstance(value, list) or any(isinstance(item, dict | list) for item in value):
            raise ValidationError("Template format error: Every AllowedValues member must be a list of strings.")
    elif isinstance(value, dict | list | None):
        raise ValidationError(f"Template format error: Every {member} member must be a string.")
    elif member in {"MinLength", "MaxLength", "MinValue", "MaxValue"} and not _is_number(member, value):
        raise ValidationError(f"Template format error: {member} of parameter {name} must be a number.")


def _is_number(member: str, value: Any) -> bool:
    return bool(re.fullmatch(r"\d+" if "Length" in member else r"-?\d+(\.\d+)?", text(value)))


def _matches(name: str, pattern: str, item: str) -> bool:
    try:
        return re.fullmatch(pattern, item) is not None
    except re.error:
        raise ValidationError(f"Template format error: AllowedPattern of parameter {name} is invalid") from None
