"""The properties before and after, as DescribeChangeSet shows them with IncludePropertyValues.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from afluente.core.provider import Response
from afluente.services.cloudformation.difference import UNKNOWN
from afluente.services.cloudformation.template import expression
from afluente.services.cloudformation.template.template import Resolved

Contexts = dict[str, dict[str, Any]]
"""By logical id: the properties `Before` and `After`, as far as there were and will be any."""


def contexts(before: Resolved | None, after: Resolved, hidden: Iterable[str]) -> Contexts:
    """What each resource's properties are, but for what only its making can tell, and for what is never shown."""
    found: Contexts = {}
    for when, resolved in (("Before", before), ("After", after)):
        for name, resource in resolved.resources.items() if resolved is not None else ():
            found.setdefault(name, {})[when] = _values(resolved, resource.properties, hidden)
    return found


def _values(resolved: Resolved | None, properties: Any, hidden: Iterable[str]) -> Any:
    if resolved is None:
        return None
    scope = resolved.scope(reference=lambda _: UNKNOWN, attribute=lambda _, __: UNKNOWN)
    masked = replace(scope, values={**scope.values, **dict.fromkeys(hidden, "****")})
    return expression.evaluate(properties, masked)


def with_values(changes: Iterable[Response], known: Contexts) -> list[Response]:
    """The changes with what is known of each resource's properties."""
    return [{**change, "ResourceChange": _with_values(change["ResourceChange"], known)} for change in changes]


def _with_values(change: Response, known: Contexts) -> Response:
    values = known.get(change["LogicalResourceId"], {})
    shown = {f"{when}Context": json.dumps({"Properties": properties}) for when, properties in values.items()}
    details = [{**detail, "Target": {**detail["Target"], **_target(detail["Target"], values)}}
               for detail in change["Details"]]  # fmt: skip
    return {**change, **shown, "Details": details}


def _target(target: Mapping[str, Any], values: Mapping[str, Any]) -> Response:
    name = target.get("Name")
    if name is None:
        return {}
    shown = {f"{when}Value": _text(properties[name]) for when, properties in values.items() if name in properties}
    kind = "Modify" if len(shown) > 1 else "Add" if "AfterValue" in shown else "Remove"
    return {**shown, "Path": f"/Properties/{name}", "AttributeChangeType": kind}


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else expression.text(value)
