"""Data quality: DQDL's rules over frames, their outcomes for rows, and the results that Glue keeps."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.services.glue.job.test_dynamic_frame import READ

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from afluente.services.glue.job.runtime.quality.ruleset import Composite, Expression, Rule, Value, parse
from afluente.services.glue.job.task_run import TaskRuns

PEOPLE: list[dict[str, Any]] = [
    {"id": 1, "name": "Ana", "age": 30, "team": "a", "born": "1995-01-02", "seen": "2026-01-01 00:00:00"},
    {"id": 2, "name": "Bea", "age": 40, "team": "a", "born": "soon", "seen": None},
    {"id": 3, "name": None, "age": None, "team": "b", "born": None, "seen": None},
    {"id": 3, "name": " ", "age": 50, "team": "", "born": None, "seen": None},
]
EVALUATE = READ + "from awsgluedq.transforms import EvaluateDataQuality\n"


def evaluate(world: Any, rules: list[str], more: str = "") -> list[str]:
    """The outcome of each rule over PEOPLE."""
    world.put("in/1", "".join(map(json.dumps, PEOPLE)))
    call = f"EvaluateDataQuality().process_rows(f, {'Rules = [' + ', '.join(rules) + ']'!r}{more})"
    script = f"{EVALUATE}\nd = {call}\nprint(json.dumps(rows(d['ruleOutcomes'])))\n"
    outcomes = {row["Rule"]: row for row in json.loads(world.succeed(script).split("\n")[-1])}
    assert outcomes.keys() == set(rules)
    return [outcomes[rule]["FailureReason"] or outcomes[rule]["Outcome"] for rule in rules]


UNMET = "Value: {} does not meet the constraint requirement!"


def test_rules_that_are_met(world: Any) -> None:
    rules = [
        "RowCount = 4", "RowCount between 3 and 5", "ColumnCount >= 6", 'ColumnExists "NAME"',
        'IsComplete "id"', 'Completeness "name" > 0.7', 'Uniqueness "id" = 0.5', 'UniqueValueRatio "id" > 0.6',
        'DistinctValuesCount "team" in [3, 4]', 'Mean "age" = 40', 'Sum "age" = 120', 'StandardDeviation "age" < 8.2',
        'Entropy "team" between 1.03 and 1.05', 'ColumnCorrelation "id" "age" > 0.9',
        'ColumnValues "team" in ["a", "b", EMPTY]', 'ColumnValues "name" in ["Ana", "Bea", NULL, WHITESPACES_ONLY]',
        'ColumnValues "age" > 29 with threshold >= 0.75', 'ColumnValues "age" != 29',
        'ColumnValues "id" between 0 and 4',
        'ColumnValues "team" matches "[ab]?"', 'ColumnValues "born" not matches "19.*" where "id > 1"',
        'ColumnLength "name" <= 3', 'ColumnDataType "born" = "DATE" with threshold > 0.7',
        'ColumnDataType "id" = "INTEGER"', 'ColumnNamesMatchPattern "[a-z]+"',
        'IsComplete "seen" where "id = 1"', 'IsUnique "id" where "id < 3"', 'IsPrimaryKey "id" "name" where "id < 3"',
        'CustomSql "select count(*) from primary where age > 30" = 2',
        'DataFreshness "seen" > 1 minutes where "id = 1"',
        '(IsComplete "name") or (ColumnValues "id" > 0)', '(RowCount > 1) and ((ColumnCount = 6) or (RowCount = 9))',
    ]  # fmt: skip
    assert evaluate(world, rules) == ["Passed"] * len(rules)


def test_rules_that_are_not_met_say_why(world: Any) -> None:
    rules = {
        "RowCount > 4": UNMET.format("4.0"),
        'ColumnExists "none"': "Column none does not exist in the dataset.",
        'IsComplete "none"': "Column none does not exist in the dataset.",
        'IsComplete "name"': UNMET.format("0.75"),
        'IsUnique "id"': UNMET.format("0.5"),
        'IsPrimaryKey "name"': UNMET.format("NULL"),
        'ColumnValues "age" > 29': UNMET.format("NULL"),
        'ColumnValues "id" < 3': UNMET.format("0.5"),
        'ColumnValues "team" not in ["a"]': UNMET.format("0.5"),
        'ColumnLength "name" > 0': UNMET.format("0.75"),
        'Mean "name" > 1': "Mean needs a column of numbers; name is of the type string.",
        'ColumnDataType "born" = "DATE"': UNMET.format("0.75"),
        'ColumnNamesMatchPattern "[a-m].*"': "Columns that do not match the pattern: name,team,seen",
        'CustomSql "select id from primary where id < 3"': UNMET.format("0.5"),
        '(IsComplete "id") and (RowCount = 1)': UNMET.format("4.0"),
    }
    assert evaluate(world, list(rules)) == list(rules.values())


def test_rules_on_other_sources(world: Any) -> None:
    rules = [
        'ReferentialIntegrity "team" "teams.{name}" = 0.75',
        'RowCountMatch "teams" = 2',
        'CustomSql "select count(*) from teams" = 2',
        'RowCountMatch "none" = 1',
    ]
    world.put("teams/1", '{"name":"a"}{"name":"b"}')
    other = (
        ', additional_data_sources={"teams": '
        'glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/teams/"]}, "json")}'
    )
    assert evaluate(world, rules, other) == ["Passed"] * 3 + ["There is no additional data source none."]


def test_rows_tell_which_rules_they_meet(world: Any) -> None:
    world.put("in/1", "".join(map(json.dumps, PEOPLE)))
    script = """
d = EvaluateDataQuality().process_rows(f, 'Rules = [IsComplete "name", IsUnique "id", RowCount > 0]')
print(json.dumps(sorted(d.keys())))
print(json.dumps(sorted(rows(d["rowLevelOutcomes"]), key=lambda row: (row["id"], row["name"] or ""))))
print(d[EvaluateDataQuality.ORIGINAL_DATA_KEY].count())
"""
    keys, rows, count = world.succeed(EVALUATE + script).split("\n")[-3:]
    assert json.loads(keys) == ["originalData", "rowLevelOutcomes", "ruleOutcomes"]
    told = [
        (row["DataQualityRulesPass"], row["DataQualityRulesFail"], row["DataQualityEvaluationResult"])
        for row in json.loads(rows)
    ]
    complete, unique = 'IsComplete "name"', 'IsUnique "id"'
    assert told == [
        ([complete, unique], [], "Passed"),
        ([complete, unique], [], "Passed"),
        ([], [complete, unique], "Failed"),
        ([complete], [unique], "Failed"),
    ]
    assert all(row["DataQualityRulesSkip"] == ["RowCount > 0"] for row in json.loads(rows))
    assert count == "4"


def test_results_are_published_to_glue_cloudwatch_and_s3(world: Any) -> None:
    world.put("in/1", '{"a":1}{"a":null}')
    options = {
        "dataQualityEvaluationContext": "check", "enableDataQualityCloudWatchMetrics": True,
        "enableDataQualityResultsPublishing": True, "resultsS3Prefix": "s3://lake/dq",
    }  # fmt: skip
    run = world.run(f"{EVALUATE}EvaluateDataQuality.apply(f, 'Rules = [RowCount = 2, IsComplete \"a\"]', {options})")
    assert run["JobRunState"] == "SUCCEEDED", run
    (listed,) = world.glue("ListDataQualityResults", Filter={"JobName": run["JobName"]})["Results"]
    assert listed["JobRunId"] == run["Id"]
    result = world.glue("GetDataQualityResult", ResultId=listed["ResultId"])
    assert (result["Score"], result["EvaluationContext"], result["JobName"]) == (0.5, "check", run["JobName"])
    first, second = result["RuleResults"]
    assert first == {
        "Name": "Rule_1", "Description": "RowCount = 2", "EvaluatedRule": "RowCount = 2", "Result": "PASS",
        "EvaluatedMetrics": {"Dataset.*.RowCount": 2.0},
    }  # fmt: skip
    assert (second["Result"], second["EvaluationMessage"]) == ("FAIL", UNMET.format("0.5"))
    assert second["EvaluatedMetrics"] == {"Column.a.Completeness": 0.5}
    batch = world.glue("BatchGetDataQualityResult", ResultIds=[listed["ResultId"], "none"])
    assert (batch["Results"], batch["ResultsNotFound"]) == ([result], ["none"])
    ((request),) = world.measured
    assert [(each["MetricName"], each["Value"]) for each in request["MetricData"]] == [
        ("glue.data.quality.rules.passed", 1),
        ("glue.data.quality.rules.failed", 1),
    ]
    (key,) = world.keys("dq/")
    lines = [json.loads(line) for line in Path(world.path(key)).read_text().splitlines()]
    assert [(line["rule"], line["outcome"]) for line in lines] == [
        ("RowCount = 2", "Passed"),
        ('IsComplete "a"', "Failed"),
    ]
    assert world.glue("ListDataQualityResults", Filter={"JobName": "another"})["Results"] == []


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ('Rules = [DetectAnomalies "RowCount"]', "DetectAnomalies"),
        ('Rules = [ColumnLength "a" > avg(last(10))]', "ColumnLength with last(...)"),
        ("Rules = [IsComplete]", "IsComplete needs 1 parameter"),
        ("Rules = [RowCount >]", "where a value is expected"),
        ("Rules = []", "no rules"),
        ("RowCount = 1", "'Rules' is expected"),
        ("Rules = [RowCount = 1] Analyzers = [RowCount]", "Analyzers"),
    ],
)
def test_what_is_no_rule_fails_by_name(world: Any, rules: str, named: str) -> None:
    world.put("in/1", '{"a":1}')
    run = world.run(f"{EVALUATE}d = EvaluateDataQuality.apply(f, {rules!r})\nprint(json.dumps(rows(d)))")
    assert named in run.get("ErrorMessage", world.log(run))


def test_parse() -> None:
    text = """
    # a comment
    Rules = [
        RowCount between 1 and 3,
        # another, "with" [signs]
        (ColumnValues "a" not in ["x", NULL]) and (IsUnique "b" "c" where "d > 1"),
        DataFreshness "t" <= 24 hours with threshold > 0.5,
        ColumnValues "t" > (now() - 3 days)
    ]
    """
    between, composite, fresh, recent = parse(text)
    low, high = Value("number", "1"), Value("number", "3")
    assert between == Rule("RowCount", (), Expression("between", (low, high)), text="RowCount between 1 and 3")
    assert isinstance(composite, Composite)
    first, second = composite.rules
    assert isinstance(first, Rule)
    assert first.expression == Expression("in", (Value("text", "x"), Value("word", "NULL")), negated=True)
    assert isinstance(second, Rule)
    assert (second.parameters, second.where) == (("b", "c"), "d > 1")
    assert isinstance(fresh, Rule)
    assert fresh.expression == Expression("<=", (Value("seconds", "86400.0"),))
    assert fresh.threshold == Expression(">", (Value("number", "0.5"),))
    assert isinstance(recent, Rule)
    assert recent.expression == Expression(">", (Value("now", "-259200.0"),))


def test_rulesets_are_kept(world: Any) -> None:
    rules = 'Rules = [IsComplete "a", RowCount > 0]'
    table = {"DatabaseName": "db", "TableName": "t"}
    world.glue("CreateDataQualityRuleset", Name="one", Ruleset=rules, TargetTable=table, Tags={"k": "v"})
    world.glue("CreateDataQualityRuleset", Name="two", Ruleset=rules, Description="d")
    found = world.glue("GetDataQualityRuleset", Name="one")
    assert (found["Ruleset"], found["TargetTable"]) == (rules, table)
    world.glue("UpdateDataQualityRuleset", Name="two", Ruleset="Rules = [RowCount > 1]")
    listed = world.glue("ListDataQualityRulesets", MaxResults=1)
    (first,) = listed["Rulesets"]
    assert (first["Name"], first["RuleCount"]) == ("one", 2)
    (second,) = world.glue("ListDataQualityRulesets", MaxResults=1, NextToken=listed["NextToken"])["Rulesets"]
    assert (second["Name"], second["RuleCount"], second["Description"]) == ("two", 1, "d")
    assert [each["Name"] for each in world.glue("ListDataQualityRulesets", Tags={"k": "v"})["Rulesets"]] == ["one"]
    wanted = {"TargetTable": table}
    assert [each["Name"] for each in world.glue("ListDataQualityRulesets", Filter=wanted)["Rulesets"]] == ["one"]
    world.glue("DeleteDataQualityRuleset", Name="one")
    with pytest.raises(EntityNotFoundException):
        world.glue("GetDataQualityRuleset", Name="one")


def test_rulesets_that_are_refused(world: Any) -> None:
    world.glue("CreateDataQualityRuleset", Name="one", Ruleset="Rules = [RowCount > 0]")
    with pytest.raises(AlreadyExistsException):
        world.glue("CreateDataQualityRuleset", Name="one", Ruleset="Rules = [RowCount > 0]")
    with pytest.raises(InvalidInputException, match="not understood"):
        world.glue("CreateDataQualityRuleset", Name="two", Ruleset="Rules = [RowCount > 0")
    with pytest.raises(Unsupported, match="Labels"):
        world.glue("UpdateDataQualityRuleset", Name="one", Ruleset="Labels = [1]")
    with pytest.raises(EntityNotFoundException):
        world.glue("GetDataQualityResult", ResultId="none")


def test_composite_rules_over_columns_or_rows(world: Any) -> None:
    """The example of the documentation: each column has a value that fails, no row has two."""
    rule = '(ColumnValues "id" < 3) or (ColumnValues "age" > 45)'
    failing = '(ColumnValues "id" < 3) or (ColumnValues "age" > 90)'
    world.put("in/1", '{"id":1,"age":1}{"id":3,"age":50}')
    script = f"""{EVALUATE}
for method in ("COLUMN", "ROW"):
    d = EvaluateDataQuality().process_rows(f, {f"Rules = [{rule}, {failing}]"!r},
        additional_options={{"compositeRuleEvaluation.method": method}})
    print(json.dumps([row["Outcome"] for row in rows(d["ruleOutcomes"])]))
"""
    shown = [line for line in world.succeed(script).split("\n") if line.startswith("[")]
    assert sorted(map(json.loads, shown)) == [["Failed", "Failed"], ["Passed", "Failed"]]


def people(world: Any) -> dict[str, Any]:
    """A table db.people, partitioned by team, as a data source."""
    world.table("people", "s3://lake/people/", "json", "id int, name string", "team string")
    for team in ("a", "b"):
        rows = [person for person in PEOPLE if person["team"] == team]
        world.put(f"people/team={team}/1", "\n".join(map(json.dumps, rows)))
        world.partition("people", team, location=f"s3://lake/people/team={team}/")
    world.glue("CreateDataQualityRuleset", Name="few", Ruleset='Rules = [RowCount = 3, IsComplete "name"]')
    world.glue("CreateDataQualityRuleset", Name="ref", Ruleset='Rules = [RowCountMatch "all" > 0.5]')
    return {"GlueTable": {"DatabaseName": "db", "TableName": "people"}}


def test_evaluation_run_over_a_table(world: Any) -> None:
    source = people(world)
    only_a = {"GlueTable": source["GlueTable"] | {"AdditionalOptions": {"pushDownPredicate": "team = 'a'"}}}
    run = world.glue(
        "StartDataQualityRulesetEvaluationRun", DataSource=source, Role="glue-role", RulesetNames=["few", "ref"],
        AdditionalDataSources={"all": only_a}, AdditionalRunOptions={"ResultsS3Prefix": "s3://lake/results/"},
    )["RunId"]  # fmt: skip
    world.jobs.evaluations.tasks.join()
    found = world.glue("GetDataQualityRulesetEvaluationRun", RunId=run)
    assert found["Status"] == "SUCCEEDED", found
    assert (found["RulesetNames"], found["DataSource"], found["Timeout"]) == (["few", "ref"], source, 2880)
    results = [world.glue("GetDataQualityResult", ResultId=each) for each in found["ResultIds"]]
    assert [(each["RulesetName"], each["Score"]) for each in results] == [("few", 0.5), ("ref", 1.0)]
    assert results[0]["RulesetEvaluationRunId"] == run
    assert "JobName" not in results[0]
    assert [each["Result"] for each in results[0]["RuleResults"]] == ["PASS", "FAIL"]
    listed = world.glue("ListDataQualityResults", Filter={"DataSource": source})["Results"]
    assert {each["ResultId"] for each in listed} == set(found["ResultIds"])
    assert len(world.keys("results/")) == 2


def test_evaluation_runs_are_listed_and_refused(world: Any) -> None:
    source = people(world)
    start = {"DataSource": source, "Role": "glue-role", "RulesetNames": ["few"]}
    first = world.glue("StartDataQualityRulesetEvaluationRun", **start)["RunId"]
    world.jobs.evaluations.tasks.join()
    world.clock.advance(1)
    second = world.glue("StartDataQualityRulesetEvaluationRun", **start)["RunId"]
    world.jobs.evaluations.tasks.join()
    listed = world.glue("ListDataQualityRulesetEvaluationRuns")["Runs"]
    assert [each["RunId"] for each in listed] == [second, first]
    assert world.glue("ListDataQualityRulesetEvaluationRuns", Filter={"RulesetName": "ref"})["Runs"] == []
    with pytest.raises(InvalidInputException, match="already ended"):
        world.glue("CancelDataQualityRulesetEvaluationRun", RunId=first)
    with pytest.raises(EntityNotFoundException):
        world.glue("StartDataQualityRulesetEvaluationRun", **start | {"RulesetNames": ["none"]})
    missing = {"GlueTable": {"DatabaseName": "db", "TableName": "none"}}
    with pytest.raises(EntityNotFoundException):
        world.glue("StartDataQualityRulesetEvaluationRun", **start | {"DataSource": missing})
    with pytest.raises(InvalidInputException, match="assume"):
        world.glue("StartDataQualityRulesetEvaluationRun", **start | {"Role": "nobody"})
    odd = {"GlueTable": source["GlueTable"] | {"AdditionalOptions": {"sample": "1"}}}
    with pytest.raises(Unsupported, match="sample"):
        world.glue("StartDataQualityRulesetEvaluationRun", **start | {"DataSource": odd})


def test_evaluation_run_that_is_cancelled_or_out_of_time(world: Any) -> None:
    source = people(world)
    endless = "SELECT count(*) FROM range(100000000000) a, range(1000) b"
    world.glue("CreateDataQualityRuleset", Name="slow", Ruleset=f'Rules = [CustomSql "{endless}" > 0]')
    start = {"DataSource": source, "Role": "glue-role", "RulesetNames": ["slow"], "Timeout": 5}
    run = world.glue("StartDataQualityRulesetEvaluationRun", **start)["RunId"]
    world.glue("CancelDataQualityRulesetEvaluationRun", RunId=run)
    world.jobs.evaluations.tasks.join()
    assert world.glue("GetDataQualityRulesetEvaluationRun", RunId=run)["Status"] == "STOPPED"
    run = world.glue("StartDataQualityRulesetEvaluationRun", **start)["RunId"]
    world.clock.advance(300)
    world.jobs.evaluations.tasks.join()
    assert world.glue("GetDataQualityRulesetEvaluationRun", RunId=run)["Status"] == "TIMEOUT"


def test_evaluation_run_that_fails_says_why(world: Any) -> None:
    source = people(world)
    world.glue("CreateDataQualityRuleset", Name="odd", Ruleset='Rules = [DetectAnomalies "RowCount"]')
    start = {"DataSource": source, "Role": "glue-role", "RulesetNames": ["odd"]}
    run = world.glue("StartDataQualityRulesetEvaluationRun", **start)["RunId"]
    world.jobs.evaluations.tasks.join()
    found = world.glue("GetDataQualityRulesetEvaluationRun", RunId=run)
    assert found["Status"] == "FAILED"
    assert "DetectAnomalies" in found["ErrorString"]


def test_dynamic_rules_look_at_earlier_runs_of_the_job(world: Any) -> None:
    rules = [
        "RowCount >= avg(last(2))", "RowCount < last()",
        'Sum "id" between (0.5 * min(last(9))) and max(last(9)) * 2 + 1',
        "RowCount = index(last(3), 1)", "RowCount > last(2)", 'Completeness "id" = median(last(3)) - 0 * std(last(3))',
    ]  # fmt: skip
    script = f"""{EVALUATE}
EvaluateDataQuality.apply(f, {"Rules = [" + ", ".join(rules) + "]"!r}, {{"dataQualityEvaluationContext": "c"}})
"""
    world.create_job("etl", script)
    verdicts = []
    for count in (4, 2, 4):
        world.put("in/1", "".join(json.dumps({"id": n + 1}) for n in range(count)))
        run = world.finish("etl")
        assert run["JobRunState"] == "SUCCEEDED", run["ErrorMessage"]
        (listed,) = world.glue("ListDataQualityResults", Filter={"JobRunId": run["Id"]})["Results"]
        results = world.glue("GetDataQualityResult", ResultId=listed["ResultId"])["RuleResults"]
        verdicts.append("".join(each["Result"][0] for each in results))
        assert "last(2) is a list" in results[4]["EvaluationMessage"]
        world.clock.advance(1)
    # without a history last() is 0, and an index beyond it is an error
    assert verdicts == ["PFFFFF", "FPFFFP", "PFPPFP"]
    with pytest.raises(Unsupported, match="Analyzers"):
        world.glue("CreateDataQualityRuleset", Name="a", Ruleset="Rules = [RowCount > 1] Analyzers = [RowCount]")
    message = world.fail(EVALUATE + "EvaluateDataQuality.apply(f, 'Rules = [ColumnValues \"id\" > min(last(3))]')")
    assert "ColumnValues with last(...)" in message


def test_evaluation_run_that_a_dead_server_left_behind_has_failed(world: Any) -> None:
    key = ("000000000000", "us-east-1", "dqrun-1")
    left = {"RunId": key[2], "Status": "RUNNING", "StartedOnMs": world.clock.now_ms(), "RulesetNames": ["few"]}
    world.jobs.evaluations.tasks._documents.put(key, left | {"DataSource": {}, "Timeout": 5})
    again = TaskRuns(
        world.database, world.jobs.runs.launcher, world.iam, world.invoke, world.clock, "glue_data_quality_run",
        "Data Quality Ruleset Evaluation Run", "dqrun-", "/aws-glue/data-quality",
    )  # fmt: skip
    again.start()
    again.stop()
    found = world.glue("GetDataQualityRulesetEvaluationRun", RunId=key[2])
    assert found["Status"] == "FAILED"
    assert "interrupted" in found["ErrorString"]


def test_recommended_rules_hold_for_the_table_that_they_were_made_of(world: Any) -> None:
    rows = [
        {
            "id": n, "power": 10.5 + n % 7, "state": ["run", "stop", 'odd "x"'][n % 3], "note": None if n % 4 else "ok",
            "none": None, "tags": [n],
        }
        for n in range(40)
    ]  # fmt: skip
    world.table(
        "turbines", "s3://lake/turbines/", "json",
        "id int, power double, state string, note string, none string, tags array<int>",
    )  # fmt: skip
    world.put("turbines/1", "\n".join(map(json.dumps, rows)))
    source = {"GlueTable": {"DatabaseName": "db", "TableName": "turbines"}}
    start = {"DataSource": source, "Role": "glue-role"}
    run = world.glue("StartDataQualityRuleRecommendationRun", **start, CreatedRulesetName="proposed")["RunId"]
    world.jobs.recommendations.tasks.join()
    found = world.glue("GetDataQualityRuleRecommendationRun", RunId=run)
    assert (found["Status"], found["CreatedRulesetName"]) == ("SUCCEEDED", "proposed"), found
    assert found["RecommendedRuleset"].split("\n") == [
        "Rules = [",
        "    RowCount between 20 and 81,",
        '    IsComplete "id",',
        '    IsUnique "id",',
        '    StandardDeviation "id" between 10.97 and 12.12,',
        '    ColumnValues "id" >= 0,',
        '    ColumnValues "id" <= 39,',
        '    IsComplete "power",',
        '    StandardDeviation "power" between 1.866 and 2.063,',
        '    ColumnValues "power" >= 10.5,',
        '    ColumnValues "power" <= 16.5,',
        '    IsComplete "state",',
        '    ColumnLength "state" between 2 and 8,',
        '    ColumnValues "state" in ["run", "odd \\"x\\"", "stop"],',
        '    ColumnLength "note" between 1 and 3 with threshold >= 0.25,',
        '    ColumnValues "note" in ["ok"] with threshold >= 0.25,',
        '    IsComplete "tags"',
        "]",
    ]
    ruleset = world.glue("GetDataQualityRuleset", Name="proposed")
    assert ruleset["TargetTable"] == {"DatabaseName": "db", "TableName": "turbines"}
    world.glue("StartDataQualityRulesetEvaluationRun", **start, RulesetNames=["proposed"])
    world.jobs.evaluations.tasks.join()
    (result,) = world.glue("ListDataQualityResults")["Results"]
    rules = world.glue("GetDataQualityResult", ResultId=result["ResultId"])["RuleResults"]
    assert [rule for rule in rules if rule["Result"] != "PASS"] == []
    (listed,) = world.glue("ListDataQualityRuleRecommendationRuns", Filter={"DataSource": source})["Runs"]
    assert (listed["RunId"], listed["Status"]) == (run, "SUCCEEDED")


def test_recommendation_run_that_fails_or_is_refused(world: Any) -> None:
    source = people(world)
    world.table("empty", "s3://lake/empty/", "json", "a int")
    empty = {"GlueTable": {"DatabaseName": "db", "TableName": "empty"}}
    run = world.glue("StartDataQualityRuleRecommendationRun", DataSource=empty, Role="glue-role")["RunId"]
    world.jobs.recommendations.tasks.join()
    found = world.glue("GetDataQualityRuleRecommendationRun", RunId=run)
    assert (found["Status"], "there are none" in found["ErrorString"]) == ("FAILED", True)
    with pytest.raises(InvalidInputException, match="already exists: few"):
        world.glue(
            "StartDataQualityRuleRecommendationRun", DataSource=source, Role="glue-role", CreatedRulesetName="few"
        )
    with pytest.raises(InvalidInputException, match="already ended"):
        world.glue("CancelDataQualityRuleRecommendationRun", RunId=run)
    with pytest.raises(EntityNotFoundException, match="Cannot find Data Quality Rule Recommendation Run"):
        world.glue("GetDataQualityRuleRecommendationRun", RunId="none")
