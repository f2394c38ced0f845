"""Interactive sessions: statements that remember, what came of them, and how sessions end."""

import threading
from typing import Any

import pytest

from afluente.services.glue.error import (
    AlreadyExistsException,
    EntityNotFoundException,
    IllegalSessionStateException,
    InvalidInputException,
)
from afluente.services.glue.session.engine import SessionEngine

ROLE = "arn:aws:iam::000000000000:role/glue-role"
OPEN = {"WAITING", "RUNNING", "CANCELLING"}
PATIENCE_S = 60


class Session:
    """A session of the world's, and its statements."""

    def __init__(self, world: Any, name: str = "s", **members: Any) -> None:
        self.world, self.name = world, name
        command = {"Name": "glueetl", "PythonVersion": "3"}
        self.made = world.glue("CreateSession", Id=name, **{"Role": ROLE, "Command": command, **members})["Session"]
        self.until(lambda: self.status != "PROVISIONING")

    @property
    def status(self) -> str:
        return str(self.shown["Status"])

    @property
    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = self.world.glue("GetSession", Id=self.name)["Session"]
        return found

    def start(self, code: str) -> int:
        return int(self.world.glue("RunStatement", SessionId=self.name, Code=code)["Id"])

    def statement(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.world.glue("GetStatement", SessionId=self.name, Id=number)["Statement"]
        return found

    def run(self, code: str) -> dict[str, Any]:
        """What came of the statement."""
        number = self.start(code)
        self.until(lambda: self.statement(number)["State"] not in OPEN)
        output: dict[str, Any] = self.statement(number)["Output"]
        return output

    def text(self, code: str) -> str:
        output = self.run(code)
        assert output["Status"] == "ok", output
        return str(output["Data"]["TextPlain"])

    def until(self, is_so: Any) -> None:
        """Wait for what another process does, which no clock of ours moves."""
        pause = threading.Event()
        for _ in range(PATIENCE_S * 50):
            if is_so():
                return
            pause.wait(0.02)
        raise TimeoutError


@pytest.fixture
def session(world: Any) -> Session:
    return Session(world)


def test_statements_remember_and_show_what_they_print_and_are(session: Session) -> None:
    assert session.status == "READY"
    assert session.text("x = 41") == ""
    assert session.text("print('hello')\nx + 1") == "hello\n42"
    assert session.text("def twice(n):\n    return 2 * n\n") == ""
    assert session.text("twice(x)") == "82"
    assert session.text("None") == ""
    assert [each["Id"] for each in session.world.glue("ListStatements", SessionId="s")["Statements"]] == [0, 1, 2, 3, 4]
    second = session.statement(1)
    assert second["Output"]["ExecutionCount"] == 1
    assert second["StartedOn"] <= second["CompletedOn"]


def test_a_notebook_reads_the_lake(session: Session) -> None:
    session.world.put("in/a.json", '{"type":"temperature","data":1.5}\n{"type":"temperature","data":2.5}\n')
    session.run(
        "from awsglue.context import GlueContext\n"
        "from pyspark.context import SparkContext\n"
        "glueContext = GlueContext(SparkContext.getOrCreate())\n"
        "spark = glueContext.spark_session\n"
        "frame = glueContext.create_dynamic_frame.from_options('s3', {'paths': ['s3://lake/in/']}, 'json')\n"
        "frame.toDF().createOrReplaceTempView('readings')"
    )
    assert session.text('spark.sql("""SELECT avg(data) AS mean FROM readings""").collect()[0].mean') == "2.0"
    assert "|" in session.text('spark.sql("""SELECT * FROM readings""").show()')
    assert session.text("frame.toDF().write.parquet('s3://lake/out/')") == ""
    assert session.world.keys("out/")


@pytest.mark.parametrize(
    ("code", "name", "value", "last"),
    [
        ("1 / 0", "ZeroDivisionError", "division by zero", "ZeroDivisionError: division by zero\n"),
        ("raise SystemExit(3)", "SystemExit", "3", "SystemExit: 3\n"),
        ("x =", "SyntaxError", "invalid syntax (<stdin>, line 1)", "SyntaxError: invalid syntax\n"),
    ],
)
def test_a_statement_that_fails_is_told_and_the_session_goes_on(
    session: Session, code: str, name: str, value: str, last: str
) -> None:
    output = session.run(code)
    assert (output["Status"], output["ErrorName"], output["ErrorValue"]) == ("error", name, value)
    assert output["Traceback"][-1] == last
    assert not any("statement_loop" in line for line in output["Traceback"])
    assert session.text("'still there'") == "'still there'"


def test_a_statement_under_way_is_cancelled_and_so_is_one_that_waits(session: Session) -> None:
    running = session.start("import time\nprint('here')\nwhile True:\n    time.sleep(1)")
    waiting = session.start("'never'")
    session.until(lambda: session.statement(running)["State"] == "RUNNING")
    session.world.glue("CancelStatement", SessionId="s", Id=waiting)
    session.world.glue("CancelStatement", SessionId="s", Id=running)
    session.until(lambda: session.statement(running)["State"] == "CANCELLED")
    assert session.statement(waiting)["State"] == "CANCELLED"
    assert "Output" not in session.statement(waiting)
    assert session.text("1 + 1") == "2"
    session.world.glue("CancelStatement", SessionId="s", Id=running)
    assert session.statement(running)["State"] == "CANCELLED"


def test_a_stopped_session_takes_no_more_and_can_be_deleted(session: Session) -> None:
    session.start("while True: pass")
    with pytest.raises(IllegalSessionStateException, match="READY"):
        session.world.glue("DeleteSession", Id="s")
    session.world.clock.advance(2)
    assert session.world.glue("StopSession", Id="s") == {"Id": "s"}
    session.world.jobs.sessions.join()
    assert session.status == "STOPPED"
    assert session.statement(0)["State"] == "CANCELLED"
    assert session.shown["ExecutionTime"] == 2.0
    assert session.shown["DPUSeconds"] == 20.0
    for operation, members in (("RunStatement", {"SessionId": "s", "Code": "1"}), ("StopSession", {"Id": "s"})):
        with pytest.raises(IllegalSessionStateException, match="STOPPED"):
            session.world.glue(operation, **members)
    session.world.glue("DeleteSession", Id="s")
    with pytest.raises(EntityNotFoundException):
        session.world.glue("GetSession", Id="s")
    assert session.world.glue("ListSessions")["Ids"] == []


def test_a_session_that_nobody_uses_ends_by_itself(world: Any) -> None:
    session = Session(world, IdleTimeout=5)
    world.clock.advance(200)
    assert session.text("1") == "1"
    world.clock.advance(200)
    assert session.status == "READY"
    world.clock.advance(101)
    session.until(lambda: session.status == "TIMEOUT")


def test_a_session_whose_process_dies_has_failed(session: Session) -> None:
    session.start("import os\nos.kill(os.getpid(), 9)")
    session.until(lambda: session.status == "FAILED")
    assert "exit code -9" in session.shown["ErrorMessage"]
    assert session.statement(0)["State"] == "CANCELLED"


def test_a_session_under_a_role_that_glue_may_not_assume_fails(world: Any) -> None:
    role = world.role("other", service="firehose.amazonaws.com")
    session = Session(world, Role=role)
    assert session.status == "FAILED"
    assert "should be given assume role permissions" in session.shown["ErrorMessage"]


def test_sessions_are_listed_by_tags_and_pages(world: Any) -> None:
    for name in ("a", "b", "c"):
        Session(world, name, Tags={"team": name})
    page = world.glue("ListSessions", MaxResults=2)
    assert page["Ids"] == ["a", "b"]
    assert world.glue("ListSessions", NextToken=page["NextToken"])["Ids"] == ["c"]
    assert world.glue("ListSessions", Tags={"team": "b"})["Ids"] == ["b"]
    assert world.glue("GetTags", ResourceArn="arn:aws:glue:us-east-1:000000000000:session/b")["Tags"] == {"team": "b"}


def test_what_a_session_says_of_itself(session: Session) -> None:
    assert session.made["Status"] == "PROVISIONING"
    shown = session.shown
    assert (shown["GlueVersion"], shown["MaxCapacity"], shown["IdleTimeout"]) == ("6.0", 10.0, 2880)
    with pytest.raises(AlreadyExistsException):
        Session(session.world)


@pytest.mark.parametrize(
    "members",
    [
        {"Command": {"Name": "pythonshell"}},
        {"GlueVersion": "7.7"},
        {"Timeout": 20_000},
        {"WorkerType": "G.1X"},
    ],
)
def test_sessions_that_cannot_be_made(world: Any, members: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputException):
        Session(world, **members)


def test_an_id_leads_nowhere(world: Any) -> None:
    assert Session(world, "../../x y").text("2 + 2") == "4"


def test_a_restart_ends_sessions_and_keeps_what_they_said(world: Any) -> None:
    session = Session(world)
    session.text("'before'")
    again = SessionEngine(world.database, world.jobs.runs.launcher, world.tags, world.clock)
    again.start()
    again.stop()
    assert session.status == "FAILED"
    assert "interrupted" in session.shown["ErrorMessage"]
    assert session.statement(0)["Output"]["Data"]["TextPlain"] == "'before'"
