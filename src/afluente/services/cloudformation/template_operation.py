"""The operations on templates themselves."""

from afluente.core.call import Call
from afluente.core.provider import Invoke, Request, Response
from afluente.services.cloudformation import answer
from afluente.services.cloudformation.change_set_engine import ChangeSetEngine
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.source import template_of
from afluente.services.cloudformation.template.template import parse


class TemplateOperations:
    """Templates, given or those of `_engine`'s stacks."""

    _engine: CloudFormationEngine
    _change_sets: ChangeSetEngine
    _invoke: Invoke

    def get_template(self, call: Call, request: Request) -> Response:
        if "ChangeSetName" in request:
            text = self._change_sets.get(call, request["ChangeSetName"], request.get("StackName")).template
        else:
            text = self._stored(call, request)
        return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}

    def get_template_summary(self, call: Call, request: Request) -> Response:
        text = self._stored(call, request) if "StackName" in request else template_of(call, request, self._invoke)
        return answer.template_summary(parse(text))

    def validate_template(self, call: Call, request: Request) -> Response:
        return answer.template_validation(parse(template_of(call, request, self._invoke)))

    def _stored(self, call: Call, request: Request) -> str:
        if "StackName" not in request:
            raise ValidationError("StackName is required if ChangeSetName is not specified.")
        stack = self._engine.get_stack(call, request["StackName"])
        return self._engine.stacks.template(stack) or ""
