"""What a target is given: the event, a part of it, a constant, or a text made of its parts.

Source: "Amazon EventBridge input transformation", Amazon EventBridge User Guide.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from afluente.core.error import ValidationException

_STEP = re.compile(r"\.([A-Za-z0-9_\-]+)|\[(\d+|'[^']+')\]")
_PATH = re.compile(r"\$(?:\.[A-Za-z0-9_\-]+|\[(?:\d+|'[^']+')\])*")
_PLACE = re.compile(r"<([A-Za-z0-9_\-.]+)>")
PREDEFINED = ("aws.events.rule-arn", "aws.events.rule-name", "aws.events.event", "aws.events.event.json",
              "aws.events.event.ingestion-time")  # fmt: skip

Event = Mapping[str, Any]
MISSING = object()


def check_path(path: str) -> None:
    """Raises ValidationException for what is no path of EventBridge."""
    if not _PATH.fullmatch(path):
        raise ValidationException("Parameter InputPath is not valid. Reason: Path is not valid.")


def at_path(event: Any, path: str) -> Any:
    """What the event has there; MISSING for nothing."""
    for match in _STEP.finditer(path):
        name, index = match.groups()
        if name is not None or index.startswith("'"):
            event = event.get(name or index[1:-1], MISSING) if isinstance(event, Mapping) else MISSING
        else:
            event = event[int(index)] if isinstance(event, list) and int(index) < len(event) else MISSING
        if event is MISSING:
            return MISSING
    return event


def check(target: Mapping[str, Any]) -> None:
    """Raises ValidationException for an input that cannot be."""
    given = [name for name in ("Input", "InputPath", "InputTransformer") if name in target]
    if len(given) > 1:
        raise ValidationException(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}."
        )
    if "Input" in target and not _is_json(target["Input"]):
        raise ValidationException(f"JSON syntax error in input for target {target['Id']}.")
    if "InputPath" in target:
        check_path(target["InputPath"])
    transformer = target.get("InputTransformer", {})
    paths = transformer.get("InputPathsMap", {})
    for name, path in paths.items():
        if name.startswith("AWS."):
            raise ValidationException("The InputPathsMap must not have keys that begin with AWS.")
        check_path(path)
    for name in _PLACE.findall(transformer.get("InputTemplate", "")):
        if name not in paths and name not in PREDEFINED:
            raise ValidationException(
                f"Invalid InputTemplate for target {target['Id']} : [Placeholder <{name}> is not in InputPathsMap.]"
            )


def given_to(target: Mapping[str, Any], event: Event, rule: Mapping[str, Any]) -> str:
    """The text that the target is given."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        found = at_path(event, target["InputPath"])
        return _text({} if found is MISSING else found)
    if "InputTransformer" in target:
        return _transformed(target["InputTransformer"], event, rule)
    return _text(event)


def _transformed(transformer: Mapping[str, Any], event: Event, rule: Mapping[str, Any]) -> str:
    values = {name: at_path(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.rule-arn": rule["Arn"],
        "aws.events.rule-name": rule["Name"],
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event["time"],
    }
    template = transformer["InputTemplate"]
    is_json = template.lstrip().startswith(("{", "[", '"'))

    def filled(match: re.Match[str]) -> str:
        value = values.get(match[1], MISSING)
        if value is MISSING:
            value = ""
        before = template[: match.start()].replace('\\"', "")
        quoted = is_json and before.count('"') % 2 == 1
        if isinstance(value, str):
            # within a JSON text it is escaped, standing alone in JSON it is a text of its own
            return json.dumps(value, ensure_ascii=False)[1:-1] if quoted else _bare(value, is_json=is_json)
        return json.dumps(_text(value))[1:-1] if quoted else _text(value)

    return _PLACE.sub(filled, template)


def _bare(value: str, *, is_json: bool) -> str:
    return json.dumps(value, ensure_ascii=False) if is_json else value


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
