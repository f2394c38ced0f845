"""The operations on triggers: a part of Glue's provider."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.tag import Tags
from afluente.services.glue.trigger.engine import Key, TriggerEngine

PAGE = 200
SHOWN = (
    "Name",
    "WorkflowName",
    "Type",
    "State",
    "Description",
    "Schedule",
    "Actions",
    "Predicate",
    "EventBatchingCondition",
)


class TriggerOperations:
    """Triggers on a `TriggerEngine`."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchGetTriggers", "CreateTrigger", "DeleteTrigger", "GetTrigger", "GetTriggers", "ListTriggers",
        "StartTrigger", "StopTrigger", "UpdateTrigger",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateTrigger": (
            "Actions.*.SecurityConfiguration",
            "Actions.*.NotificationProperty",
        ),
        "UpdateTrigger": (
            "TriggerUpdate.Name", "TriggerUpdate.Actions.*.SecurityConfiguration",
            "TriggerUpdate.Actions.*.NotificationProperty",
        ),
    }  # fmt: skip

    _triggers: TriggerEngine
    _tags: Tags

    def create_trigger(self, call: Call, request: Request) -> Response:
        name = request["Name"]
        self._triggers.create(_key(call, name), request["Type"], request)
        if tags := request.get("Tags"):
            self._tags.add(call.account, call.region, f"trigger/{name}", tags)
        return {"Name": name}

    def get_trigger(self, call: Call, request: Request) -> Response:
        return {"Trigger": _shown(self._triggers.get(_key(call, request["Name"])))}

    def get_triggers(self, call: Call, request: Request) -> Response:
        triggers, more = self._trigger_page(call, request, {})
        return {"Triggers": [_shown(trigger) for trigger in triggers], **more}

    def list_triggers(self, call: Call, request: Request) -> Response:
        triggers, more = self._trigger_page(call, request, request.get("Tags", {}))
        return {"TriggerNames": [trigger["Name"] for trigger in triggers], **more}

    def batch_get_triggers(self, call: Call, request: Request) -> Response:
        found = {name: self._triggers.find(_key(call, name)) for name in request["TriggerNames"]}
        return {
            "Triggers": [_shown(trigger) for trigger in found.values() if trigger is not None],
            "TriggersNotFound": [name for name, trigger in found.items() if trigger is None],
        }

    def update_trigger(self, call: Call, request: Request) -> Response:
        return {"Trigger": _shown(self._triggers.update(_key(call, request["Name"]), request["TriggerUpdate"]))}

    def delete_trigger(self, call: Call, request: Request) -> Response:
        name = request["Name"]
        self._triggers.delete(_key(call, name))
        self._tags.forget(call.account, call.region, f"trigger/{name}")
        return {"Name": name}

    def start_trigger(self, call: Call, request: Request) -> Response:
        self._triggers.activate(_key(call, request["Name"]))
        return {"Name": request["Name"]}

    def stop_trigger(self, call: Call, request: Request) -> Response:
        self._triggers.deactivate(_key(call, request["Name"]))
        return {"Name": request["Name"]}

    def _trigger_page(
        self, call: Call, request: Request, tags: Mapping[str, str]
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """A page of the triggers asked for, and the token of the next. A job that none starts filters nothing."""
        limit = request.get("MaxResults", PAGE)
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        triggers = [each for each in self._triggers.scan(call.account, call.region) if self._has(call, each, tags)]
        job = request.get("DependentJobName")
        starting = [each for each in triggers if any(action.get("JobName") == job for action in each["Actions"])]
        later = [each for each in (starting or triggers if job else triggers) if each["Name"] > after]
        more = page_token.encode(later[limit - 1]["Name"], call.arrived_at_ms) if len(later) > limit else None
        return later[:limit], {"NextToken": more} if more else {}

    def _has(self, call: Call, trigger: dict[str, Any], tags: Mapping[str, str]) -> bool:
        found = self._tags.get(call.account, call.region, f"trigger/{trigger['Name']}") if tags else {}
        return tags.items() <= found.items()


def _key(call: Call, name: str) -> Key:
    return call.account, call.region, name


def _shown(trigger: dict[str, Any]) -> dict[str, Any]:
    return {name: trigger[name] for name in SHOWN if name in trigger}
