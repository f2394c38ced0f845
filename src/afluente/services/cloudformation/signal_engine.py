"""The signals that resources wait for, as they come: by SignalResource, or to the URL of a wait condition's handle."""

from afluente.core.call import Call
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.signal import Signal, handle_of, signal_of


class SignalEngine:
    """The signals to `engine`'s stacks."""

    def __init__(self, engine: CloudFormationEngine) -> None:
        self._engine = engine
        self._stacks = engine.stacks
        self._signals = engine.signals

    def signal(self, call: Call, name_or_id: str, logical_id: str, signal: Signal) -> None:
        """What SignalResource says to a resource that waits for it. Raises ValidationError."""
        with self._stacks.database.write():
            stack = self._engine.get_stack(call, name_or_id, "Stack [{}] does not exist")
            resource = self._stacks.resource(stack, logical_id)
            if resource is None:
                raise ValidationError(f"Resource {logical_id} does not exist for stack {stack.name}")
            if stack.status not in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}:
                raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be signaled.")
            if not resource.creation_policy or not resource.status.endswith("_IN_PROGRESS"):
                state = resource.status or "no"
                raise ValidationError(f"Resource {logical_id} is in {state} state and waits for no signal.")
            self._signals.put(stack.key, logical_id, signal)
            reason = f"Received {signal.status} signal with UniqueId {signal.unique_id}"
            self._stacks.tell(stack, resource, resource.status, reason)
        self._engine.wake(stack)

    def take(self, path: str, body: bytes) -> bool:
        """What was sent to the URL of a wait condition's handle; False: there is none. Raises ValidationError."""
        handle = handle_of(path)
        with self._stacks.database.write():
            stack = None if handle is None else self._stacks.at(handle.stack)
            if handle is None or stack is None or not handle.opens(self._stacks.resource(stack, handle.logical_id)):
                return False
            self._signals.put(handle.stack, handle.logical_id, signal_of(body))
        self._engine.wake(stack)
        return True
