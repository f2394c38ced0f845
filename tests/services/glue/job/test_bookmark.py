"""Job bookmarks: each run takes what is new."""

import json
from typing import Any

import pytest

from afluente.services.glue.error import EntityNotFoundException

SCRIPT = """
f = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in/"]}, "json", transformation_ctx="src")
g = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in/"]}, "json")
print(f.count(), g.count())
glueContext.write_dynamic_frame.from_options(frame=f, connection_type="s3", format="json",
    connection_options={"path": "s3://lake/out/"}, transformation_ctx="sink")
"""
ON = {"--job-bookmark-option": "job-bookmark-enable"}


def counts(world: Any, **request: Any) -> str:
    run = world.finish("etl", **request)
    assert run["JobRunState"] == "SUCCEEDED", run
    output: str = world.log(run)
    return output


@pytest.fixture
def job(world: Any) -> Any:
    world.put("in/1", '{"a":1}')
    world.put("in/2", '{"a":2}')
    world.create_job("etl", SCRIPT + "job.commit()\n", DefaultArguments=ON)
    return world


def test_each_run_reads_what_is_new(job: Any) -> None:
    assert counts(job) == "2 2"
    assert counts(job) == "0 2"
    job.put("in/3", '{"a":3}{"a":4}')
    assert counts(job) == "2 4"
    job.clock.advance(5)
    job.put("in/1", '{"a":5}')
    assert counts(job) == "1 4"
    assert job.keys("out/") == [
        "out/run-sink-1-part-r-00000",
        "out/run-sink-3-part-r-00000",
        "out/run-sink-4-part-r-00000",
    ]


def test_an_object_that_shows_up_late_is_not_missed(job: Any) -> None:
    assert counts(job) == "2 2"
    job.put("in/3", '{"a":3}')  # at the same millisecond as the others
    assert counts(job) == "1 3"
    job.clock.advance(3600)
    job.put("in/4", '{"a":4}')
    assert counts(job) == "1 4"


def test_a_run_that_fails_or_does_not_commit_reads_again(world: Any) -> None:
    world.put("in/1", '{"a":1}')
    world.create_job(
        "etl", SCRIPT + "if '--fail' in sys.argv: 1 / 0\nif '--commit' in sys.argv: job.commit()\n", DefaultArguments=ON
    )
    assert world.finish("etl", Arguments={"--fail": "", "--commit": ""})["JobRunState"] == "FAILED"
    assert counts(world) == "1 1"
    assert counts(world, Arguments={"--commit": ""}) == "1 1"
    assert counts(world) == "0 1"


def test_disabled_and_paused(job: Any) -> None:
    assert counts(job, Arguments={"--job-bookmark-option": "job-bookmark-disable"}) == "2 2"
    assert counts(job, Arguments={"--job-bookmark-option": "job-bookmark-pause"}) == "2 2"
    assert counts(job) == "2 2"
    job.put("in/3", '{"a":3}')
    assert counts(job, Arguments={"--job-bookmark-option": "job-bookmark-pause"}) == "1 3"
    assert counts(job) == "1 3"


def test_get_and_reset_job_bookmark(job: Any) -> None:
    with pytest.raises(EntityNotFoundException):
        job.glue("GetJobBookmark", JobName="etl")
    run = job.finish("etl")
    entry = job.glue("GetJobBookmark", JobName="etl")["JobBookmarkEntry"]
    assert (entry["JobName"], entry["Version"], entry["Run"], entry["Attempt"], entry["RunId"]) == (
        "etl",
        1,
        1,
        0,
        run["Id"],
    )
    assert set(json.loads(entry["JobBookmark"])["src"]["recent"]) == {"s3://lake/in/1", "s3://lake/in/2"}
    again = job.finish("etl")
    entry = job.glue("GetJobBookmark", JobName="etl")["JobBookmarkEntry"]
    assert (entry["Run"], entry["RunId"], entry["PreviousRunId"]) == (2, again["Id"], run["Id"])
    assert job.glue("ResetJobBookmark", JobName="etl")["JobBookmarkEntry"]["Run"] == 0
    assert counts(job) == "2 2"
