"""The macros that a statement calls are made before it, each once, in whichever order their names come."""

import subprocess
import sys

import pytest

SCRIPT = """
import duckdb
from afluente.services.glue.job.runtime import connection
from afluente.services.glue.job.runtime.macro import MACROS

database = duckdb.connect()
connection.connection = lambda: database
connection.prepared(" ".join(MACROS))
print(database.execute(
    "SELECT count(DISTINCT function_name) FROM duckdb_functions() WHERE starts_with(function_name, 'spark_')"
).fetchone()[0] == len(MACROS))
"""


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_a_statement_may_call_macros_that_call_each_other(seed: str) -> None:
    """A set of texts has another order with each seed of their hashes."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "True\n", done.stderr
