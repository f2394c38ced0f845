"""The operations on workflows and their runs: a part of Glue's provider."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.job.provider import shown as shown_job_run
from afluente.services.glue.tag import Tags
from afluente.services.glue.workflow import graph
from afluente.services.glue.workflow.engine import WorkflowEngine
from afluente.services.glue.workflow.port import Key
from afluente.services.glue.workflow.run import Run, statistics

PAGE = 25
RUN = (
    "Name", "WorkflowRunId", "PreviousRunId", "WorkflowRunProperties", "StartedOnMs", "CompletedOnMs", "Status",
    "StartingEventBatchCondition",
)  # fmt: skip


class WorkflowOperations:
    """Workflows on a `WorkflowEngine`."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchGetWorkflows", "CreateWorkflow", "DeleteWorkflow", "GetWorkflow", "GetWorkflowRun",
        "GetWorkflowRunProperties", "GetWorkflowRuns", "ListWorkflows", "PutWorkflowRunProperties",
        "ResumeWorkflowRun", "StartWorkflowRun", "StopWorkflowRun", "UpdateWorkflow",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    _workflows: WorkflowEngine
    _tags: Tags

    def create_workflow(self, call: Call, request: Request) -> Response:
        name = request["Name"]
        self._workflows.create(_key(call, name), request)
        if tags := request.get("Tags"):
            self._tags.add(call.account, call.region, f"workflow/{name}", tags)
        return {"Name": name}

    def update_workflow(self, call: Call, request: Request) -> Response:
        self._workflows.update(_key(call, request["Name"]), request)
        return {"Name": request["Name"]}

    def get_workflow(self, call: Call, request: Request) -> Response:
        key = _key(call, request["Name"])
        self._workflows.get(key)
        return {"Workflow": self._shown_workflow(key, with_graph=request.get("IncludeGraph", False))}

    def batch_get_workflows(self, call: Call, request: Request) -> Response:
        keys = [_key(call, name) for name in request["Names"]]
        found = [key for key in keys if self._workflows.find(key) is not None]
        with_graph = request.get("IncludeGraph", False)
        return {
            "Workflows": [self._shown_workflow(key, with_graph=with_graph) for key in found],
            "MissingWorkflows": [key[2] for key in keys if key not in found],
        }

    def list_workflows(self, call: Call, request: Request) -> Response:
        names = [each["Name"] for each in self._workflows.scan(call.account, call.region)]
        page, more = _page(call, request, names)
        return {"Workflows": page, **more}

    def delete_workflow(self, call: Call, request: Request) -> Response:
        name = request["Name"]
        self._workflows.delete(_key(call, name))
        self._tags.forget(call.account, call.region, f"workflow/{name}")
        return {"Name": name}

    def start_workflow_run(self, call: Call, request: Request) -> Response:
        key = _key(call, request["Name"])
        return {"RunId": self._workflows.start_run(key, request.get("RunProperties", {}))}

    def stop_workflow_run(self, call: Call, request: Request) -> Response:
        self._workflows.stop_run(_key(call, request["Name"]), request["RunId"])
        return {}

    def resume_workflow_run(self, call: Call, request: Request) -> Response:
        key = _key(call, request["Name"])
        run = self._workflows.resume_run(key, request["RunId"], request["NodeIds"])
        return {"RunId": run, "NodeIds": request["NodeIds"]}

    def get_workflow_run(self, call: Call, request: Request) -> Response:
        key = _key(call, request["Name"])
        run = self._workflows.run(key, request["RunId"])
        return {"Run": self._shown_run(key, run, with_graph=request.get("IncludeGraph", False))}

    def get_workflow_runs(self, call: Call, request: Request) -> Response:
        key = _key(call, request["Name"])
        self._workflows.get(key)
        page, more = _page(call, request, self._workflows.runs(key))
        with_graph = request.get("IncludeGraph", False)
        return {"Runs": [self._shown_run(key, run, with_graph=with_graph) for run in page], **more}

    def get_workflow_run_properties(self, call: Call, request: Request) -> Response:
        run = self._workflows.run(_key(call, request["Name"]), request["RunId"])
        return {"RunProperties": run["WorkflowRunProperties"]}

    def put_workflow_run_properties(self, call: Call, request: Request) -> Response:
        self._workflows.put_properties(_key(call, request["Name"]), request["RunId"], request["RunProperties"])
        return {}

    def _shown_workflow(self, key: Key, *, with_graph: bool) -> dict[str, Any]:
        workflow = _times(self._workflows.get(key))
        if runs := self._workflows.runs(key):
            workflow["LastRun"] = self._shown_run(key, runs[0], with_graph=with_graph)
        if with_graph:
            workflow["Graph"] = graph.graph(key[2], self._workflows.triggers(key), lambda *_: {})
        return workflow

    def _shown_run(self, key: Key, run: Run, *, with_graph: bool) -> dict[str, Any]:
        shown = _times({name: run[name] for name in RUN if name in run}) | {"Statistics": statistics(run)}
        if with_graph:
            shown["Graph"] = graph.graph(
                key[2], run["triggers"], lambda kind, name: self._details(key, run, kind, name)
            )
        return shown

    def _details(self, key: Key, run: Run, kind: str, name: str) -> dict[str, Any]:
        if kind == "JOB":
            found = [shown_job_run(each) for each in self._workflows.job_runs(key, run, name)]
            return {"JobDetails": {"JobRuns": found}} if found else {}
        crawls = [{"State": each["state"]} for each in run["started"] if (each["type"], each["name"]) == (kind, name)]
        return {"CrawlerDetails": {"Crawls": crawls}} if crawls else {}


def _key(call: Call, name: str) -> Key:
    return call.account, call.region, name


def _times(stored: dict[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("Ms"): utc(value) if name.endswith("OnMs") else value for name, value in stored.items()}


def _page(call: Call, request: Request, found: list[Any]) -> tuple[list[Any], dict[str, str]]:
    limit = request.get("MaxResults", PAGE)
    start = int(page_token.decode(request.get("NextToken"), call.arrived_at_ms) or 0)
    more = len(found) > start + limit
    token = {"NextToken": page_token.encode(str(start + limit), call.arrived_at_ms)} if more else {}
    return found[start : start + limit], token
