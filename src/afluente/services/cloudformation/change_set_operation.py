"""The operations on change sets."""

from afluente.core.call import Call
from afluente.core.provider import Invoke, Request, Response
from afluente.services.cloudformation import answer
from afluente.services.cloudformation.change_set_engine import ChangeSetEngine, Execution, Label
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.page import page
from afluente.services.cloudformation.wish_request import wish_of


class ChangeSetOperations:
    """Change sets of `_change_sets`."""

    _engine: CloudFormationEngine
    _change_sets: ChangeSetEngine
    _invoke: Invoke

    def create_change_set(self, call: Call, request: Request) -> Response:
        wish = wish_of(call, request, self._invoke, self._engine)
        label = Label(
            request["ChangeSetName"], request.get("ChangeSetType", "UPDATE"), request.get("Description"),
            request.get("OnStackFailure"), request.get("ClientToken"), request.get("IncludeNestedStacks", False),
            request.get("ResourcesToImport", []), request.get("ImportExistingResources", False),
        )  # fmt: skip
        created = self._change_sets.create(call, wish, label)
        return {"Id": created.id, "StackId": created.stack_id}

    def describe_change_set(self, call: Call, request: Request) -> Response:
        found = self._change_sets.get(call, request["ChangeSetName"], request.get("StackName"))
        return answer.change_set(found, with_properties=request.get("IncludePropertyValues", False))

    def execute_change_set(self, call: Call, request: Request) -> Response:
        found = self._change_sets.get(call, request["ChangeSetName"], request.get("StackName"))
        how = Execution(
            request.get("ClientRequestToken"), "DO_NOTHING" if request.get("DisableRollback") else None,
            request.get("RetainExceptOnCreate"),
        )  # fmt: skip
        self._change_sets.execute(call, found, how)
        return {}

    def delete_change_set(self, call: Call, request: Request) -> Response:
        self._change_sets.delete(self._change_sets.get(call, request["ChangeSetName"], request.get("StackName")))
        return {}

    def list_change_sets(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"], "Stack [{}] does not exist")
        found = self._change_sets.of(stack)
        return page("Summaries", found, request, lambda item: item.id, answer.change_set_summary)
