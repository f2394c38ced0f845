"""The operations on templates themselves."""

from afluente.core.call import Call
from afluente.core.provider import Invoke, Request, Response
from afluente.services.cloudformation import answer
from afluente.services.cloudformation.change_set_engine import ChangeSetEngine
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.source import object_text, template_of
from afluente.services.cloudformation.stack import Caller, pseudo_parameters
from afluente.services.cloudformation.template.template import Template, parse
from afluente.services.cloudformation.template.transform import declared_transforms, transform
from afluente.services.cloudformation.wish_request import EXPAND


class TemplateOperations:
    """Templates, given or those of `_engine`'s stacks."""

    _engine: CloudFormationEngine
    _change_sets: ChangeSetEngine
    _invoke: Invoke

    def get_template(self, call: Call, request: Request) -> Response:
        processed = request.get("TemplateStage") == "Processed"
        if "ChangeSetName" in request:
            found = self._change_sets.get(call, request["ChangeSetName"], request.get("StackName"))
            text = found.template if processed else found.original or found.template
        else:
            text = self._stored(call, request, processed=processed)
        return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}

    def get_template_summary(self, call: Call, request: Request) -> Response:
        text = self._stored(call, request) if "StackName" in request else template_of(call, request, self._invoke)
        return answer.template_summary(self._parsed(call, text)) | _transforms(text)

    def validate_template(self, call: Call, request: Request) -> Response:
        text = template_of(call, request, self._invoke)
        return answer.template_validation(self._parsed(call, text)) | _transforms(text)

    def _parsed(self, call: Call, text: str) -> Template:
        """The template as it is with its parameters' defaults."""
        pseudo = pseudo_parameters(Caller.of(call), "", "")
        fetch = lambda location: object_text(call, location, self._invoke)  # noqa: E731
        return parse(transform(text, {}, pseudo, fetch, only_declared=True))

    def _stored(self, call: Call, request: Request, *, processed: bool = False) -> str:
        if "StackName" not in request:
            raise ValidationError("StackName is required if ChangeSetName is not specified.")
        stack = self._engine.get_stack(call, request["StackName"])
        return (self._engine.stacks.template(stack) if processed else self._engine.stacks.original(stack)) or ""


def _transforms(text: str) -> Response:
    """What templates with transforms are told of besides."""
    names = declared_transforms(text)
    if not names:
        return {}
    reason = f"The following transform(s) require capabilities: [{', '.join(names)}]"
    return {"DeclaredTransforms": names, "Capabilities": [EXPAND], "CapabilitiesReason": reason}
