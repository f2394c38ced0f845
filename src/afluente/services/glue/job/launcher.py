"""What it takes to start a run's process: its role's session, its script, its environment, what it is told."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from afluente.core.arn import Arn
from afluente.core.call import Call, Principal
from afluente.core.clock import Clock
from afluente.core.identifier import request_id
from afluente.core.provider import Invoke
from afluente.core.setting import Settings
from afluente.services.glue.data_quality.engine import DataQuality
from afluente.services.glue.job import argument, spark_installation
from afluente.services.glue.job.bookmark import Bookmarks
from afluente.services.glue.job.definition import Definition, job_arn, role_arn
from afluente.services.glue.job.host import Host, Message, Publisher
from afluente.services.glue.job.module import ARGUMENT, wheels
from afluente.services.glue.job.permission import SESSION_NAME, Permission
from afluente.services.glue.job.port import Logs, Objects, Roles
from afluente.services.glue.job.process import Launch, Process
from afluente.services.glue.job.run_log import RunLog
from afluente.services.glue.job.run_store import JobKey, Run
from afluente.services.glue.job.script import LaunchError, fetch, fetch_all

SERVICE = "glue.amazonaws.com"
SESSION_S = 43_200


@dataclass(frozen=True, slots=True)
class Start:
    """A run that is to start: its job as it was then, and whom to tell when its script begins."""

    key: JobKey
    run: Run
    job: Definition
    running: Callable[[], None]
    script: str | None = None
    """The script's text, where it does not lie at the job's ScriptLocation."""
    quality: Publisher | None = None
    """Where the outcomes of data quality rules go, if not to the results of jobs."""
    arn: str | None = None
    """What assumes the role, if not a job."""
    folder: str | None = None
    """What its folder is called, where the run's id is the caller's to choose."""
    answers: Mapping[str, Callable[[Message], Any]] = field(default_factory=dict)
    """What its process may ask for beyond what every run may."""

    @property
    def arguments(self) -> dict[str, str]:
        """What the script gets."""
        return argument.merged(
            self.job.get("DefaultArguments", {}),
            self.run.get("Arguments", {}),
            self.job.get("NonOverridableArguments", {}),
            job=self.job["Name"],
            run_id=self.run["Id"],
        )


class Launcher:
    """Prepares the processes of runs; their files lie under `<data>/tmp/glue`."""

    def __init__(  # noqa: PLR0917  # the ports are the arguments
        self,
        objects: Objects,
        roles: Roles,
        logs: Logs,
        invoke: Invoke,
        bookmarks: Bookmarks,
        quality: DataQuality,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self.endpoint = f"http://{settings.host}:{settings.port}"
        self._objects = objects
        self._roles = roles
        self._logs = logs
        self._invoke = invoke
        self._bookmarks = bookmarks
        self._quality = quality
        self._settings = settings
        self._clock = clock
        self._folder = settings.data.absolute() / "tmp" / "glue"
        self._stamp_ms = 0
        self._stamp_lock = threading.Lock()

    def clear(self) -> None:
        """Remove what the runs of an earlier process left behind."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def remove(self, start: Start) -> None:
        """Remove what a run that has ended leaves behind."""
        shutil.rmtree(self._place(start), ignore_errors=True)

    def _place(self, start: Start) -> Path:
        return self._folder / (start.folder or start.run["Id"])

    def prepare(self, start: Start) -> tuple[Process, Host]:
        """A process that is ready to run, and what answers it. Raises LaunchError."""
        run = start.run
        arguments = start.arguments
        if reason := argument.refusal(arguments):
            raise LaunchError(reason)
        permission = Permission(self._roles, role_arn(start.job["Role"], start.key[0]))
        principal, variables = self._assume(start, permission.role_arn)
        run_log = RunLog(self._logs, start.key, run, arguments, permission, self._clock)
        engine = self._engine(start, arguments)
        run_log.error(argument.notes(arguments, engine))
        folder = self._place(start)
        folder.mkdir(parents=True)
        order = self._order(start, arguments, folder, permission) | {"engine": engine}
        host = Host(
            self._call(start, principal), start.key, run["Id"], run["Attempt"], folder, self._objects, permission,
            self._bookmarks, self._invoke, start.quality or self._quality, start.running, start.answers,
        )  # fmt: skip
        environment = self._environment(start.key[1], variables, engine)
        if engine == "spark":
            environment |= spark_installation.environment(folder, arguments, self._settings)
        launch = Launch(folder, environment, order)
        return Process(launch, host.answer, run_log.output, run_log.error), host

    def _engine(self, start: Start, arguments: dict[str, str]) -> str:
        shell = start.job["Command"]["Name"] == "pythonshell"
        return spark_installation.engine(arguments, self._settings.job_engine, shell=shell)

    def _order(self, start: Start, arguments: dict[str, str], folder: Path, permission: Permission) -> dict[str, Any]:
        """What the process is told: see runtime/order.py."""
        location = start.job["Command"]["ScriptLocation"]
        scripts, modules, work = (folder / name for name in ("script", "module", "work"))
        for each in (scripts, modules, work):
            each.mkdir()
        script = self._script(start, permission, scripts)
        listed = (arguments.get("--extra-py-files", ""), wheels(arguments.get(ARGUMENT, "")))
        extra = fetch_all(self._objects, permission, ",".join(listed), modules)
        fetch_all(self._objects, permission, ",".join(_transforms(start.job)), modules)
        fetch_all(self._objects, permission, arguments.get("--extra-files", ""), folder)
        return {
            "script": str(script),
            "location": location,
            "arguments": argument.command_line(arguments),
            "modules": [str(modules), *(str(path) for path in extra if path.suffix in {".zip", ".egg", ".whl"})],
            "shell": start.job["Command"]["Name"] == "pythonshell",
            "job": start.job["Name"],
            "run_id": start.run["Id"],
            "started_ms": start.run["StartedOnMs"],
            "stamp_ms": self._stamp(),
            "account": start.key[0],
            "region": start.key[1],
            "work": str(work),
            "threads": self._settings.query_threads,
            "memory_mib": self._settings.query_memory_mib,
            "bookmark": arguments[argument.BOOKMARK],
            "bookmark_sources": self._bookmarks.sources(start.key),
            "run_number": self._bookmarks.run_number(start.key),
            "catalog": arguments.get("--enable-glue-datacatalog", "false").lower() != "false",
        }

    def _script(self, start: Start, permission: Permission, folder: Path) -> Path:
        if start.script is None:
            return fetch(self._objects, permission, start.job["Command"]["ScriptLocation"], folder)
        path = folder / "script.py"
        path.write_text(start.script)
        return path

    def _stamp(self) -> int:
        """A time in milliseconds for the names of a run's files, which no other run has, nor the second after it."""
        with self._stamp_lock:
            self._stamp_ms = max(self._clock.now_ms(), self._stamp_ms + 1000)
            return self._stamp_ms

    def _environment(self, region: str, variables: dict[str, str], engine: str) -> dict[str, str]:
        """The machine's environment, with AWS's variables and import path replaced."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AFLUENTE_", "PYTHON"))
        }
        return {
            **inherited,
            **variables,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": os.pathsep.join(_import_path(engine)),
        }

    def _assume(self, start: Start, role: str) -> tuple[Principal, dict[str, str]]:
        """The role's session, and the environment variables that carry its credentials."""
        account = start.key[0]
        if not self._roles.can_assume(role, SERVICE, start.arn or job_arn(start.key)):
            raise LaunchError(
                f"JobName:{start.job['Name']} and JobRunId:{start.run['Id']} failed to execute with exception "
                f"Role {role} should be given assume role permissions for Glue Service."
            )
        access_key, secret, token, *_ = self._roles.credentials(role, SESSION_NAME, SESSION_S)
        session = f"assumed-role/{role.rsplit('/', 1)[-1]}/{SESSION_NAME}"
        principal = self._roles.identify(access_key, token) or Principal(
            account, str(Arn("sts", "", account, session)), session, "assumed-role"
        )
        return principal, {
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": token,
        }

    def _call(self, start: Start, principal: Principal) -> Call:
        account, region, _ = start.key
        return Call("glue", "", account, region, principal, request_id(), self._clock.now_ms(), self.endpoint)


def _transforms(job: Definition) -> Iterator[str]:
    """Where the modules of a visual job's own transforms lie."""
    for node in job.get("CodeGenConfigurationNodes", {}).values():
        if "DynamicTransform" in node:
            yield node["DynamicTransform"]["Path"]


def _import_path(engine: str) -> list[str]:
    """Where the process finds awsglue and pyspark, ours before any other unless it runs on Spark, and this package."""
    here = Path(__file__).resolve()
    packages = here.parent / "runtime" / "package"
    ours = [packages / "glue", *([packages / "spark"] if engine == "duckdb" else []), here.parents[4]]
    return [str(path) for path in ours]
