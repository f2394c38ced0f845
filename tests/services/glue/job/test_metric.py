"""What is measured of a job's runs, under the names of Glue's job metrics, when it asks for it."""

from typing import Any

import pytest

COPY = """
frame = glueContext.create_dynamic_frame.from_options(
    connection_type="s3", connection_options={"paths": ["s3://lake/in/"]}, format="json"
)
glueContext.write_dynamic_frame.from_options(
    frame=frame, connection_type="s3", connection_options={"path": "s3://lake/out/"}, format="json"
)
"""
ON = {"--enable-metrics": "true"}


def measured(world: Any, run_id: str, kind: str) -> dict[str, float]:
    found = {}
    for metric, _, statistics in world.metrics.drain():
        assert metric[:3] == ("000000000000", "us-east-1", "Glue")
        named = dict(metric.dimensions)
        if (named["JobRunId"], named["Type"]) == (run_id, kind):
            found[metric.name] = statistics.total
    return found


@pytest.fixture
def lake(world: Any) -> Any:
    world.put("in/1.json", '{"a": 1}\n')
    world.put("in/2.json", '{"a": 22}\n')
    return world


def test_a_run_that_is_measured(lake: Any) -> None:
    run = lake.run(COPY, DefaultArguments=ON)
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    points = lake.metrics.drain()
    lake.metrics.restore(points)
    assert measured(lake, run["Id"], "count") == {
        "glue.driver.aggregate.bytesRead": 19,
        "glue.driver.aggregate.elapsedTime": 0,
    }
    written = sum(len(lake.s3.get_object("lake", key).path.read_bytes()) for key in lake.keys("out/"))
    lake.metrics.restore(points)
    assert measured(lake, run["Id"], "gauge") == {
        "glue.ALL.s3.filesystem.read_bytes": 19,
        "glue.ALL.s3.filesystem.write_bytes": written,
    }
    assert {metric.measure.name for metric in lake.metrics.totals()} == {
        "glue.driver.aggregate.bytesRead", "glue.driver.aggregate.elapsedTime",
        "glue.ALL.s3.filesystem.read_bytes", "glue.ALL.s3.filesystem.write_bytes",
    }  # fmt: skip


def test_runs_add_up_for_their_job_which_alone_has_totals(lake: Any) -> None:
    lake.create_job("etl", COPY, DefaultArguments=ON)
    lake.finish("etl")
    lake.finish("etl")
    assert measured(lake, "ALL", "count")["glue.driver.aggregate.bytesRead"] == 38
    totals = lake.metrics.totals()
    assert {dict(total.metric.dimensions)["JobRunId"] for total in totals} == {"ALL"}
    lake.glue("DeleteJob", JobName="etl")
    assert lake.metrics.totals() == []


def test_a_run_that_fails_is_measured_too(lake: Any) -> None:
    run = lake.run(COPY + "raise ValueError", DefaultArguments={"--enable-metrics": ""})
    assert run["JobRunState"] == "FAILED"
    assert measured(lake, run["Id"], "count")["glue.driver.aggregate.bytesRead"] == 19


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"DefaultArguments": {"--enable-metrics": "false"}},
        {"DefaultArguments": ON, "Kind": "pythonshell"},
    ],
    ids=["not asked", "off", "shell"],
)
def test_runs_that_are_not_measured(world: Any, members: dict[str, Any]) -> None:
    assert world.run("print(1)", **members)["JobRunState"] == "SUCCEEDED"
    assert world.metrics.drain() == []
