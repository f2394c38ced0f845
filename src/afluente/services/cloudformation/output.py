"""A stack's outputs, when its resources are there."""

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.stack import Output
from afluente.services.cloudformation.template.expression import Scope, evaluate, text
from afluente.services.cloudformation.template.template import Resolved


def evaluate_outputs(resolved: Resolved, scope: Scope) -> list[Output]:
    """The outputs whose condition holds. Raises ValidationError, with the place."""
    found = []
    for key, declared in resolved.outputs.items():
        value = _text(key, "Value", declared["Value"], scope)
        export = _text(key, "Export/Name", declared["Export"]["Name"], scope) if "Export" in declared else None
        found.append(Output(key, value, declared.get("Description"), export))
    return found


def _text(key: str, member: str, value: object, scope: Scope) -> str:
    place = f"/Outputs/{key}/{member}"
    function = next(iter(value)) if isinstance(value, dict) else ""
    try:
        found = evaluate(value, scope)
    except ValidationError as error:
        raise ValidationError(f"[Error] {place}/{function}: {error.message}") from None
    if isinstance(found, bool | int | float | str):
        return text(found)
    raise ValidationError(f"Template format error: Output {key} is malformed. The Value field of every Outputs member "
                          "must evaluate to a String.")  # fmt: skip
