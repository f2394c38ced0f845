"""Functions of Trino that DuckDB has no counterpart of, in Python: row by row, and so for few rows.

Each file has FUNCTIONS: (name in DuckDB, function, types of the parameters, type of the result). A ValueError whose
text begins with an error's name fails the query with it.
"""

from afluente.services.athena.python_function import bytes as bytes_
from afluente.services.athena.python_function import geometry, json, json_path, number, sample, stem, text, time
from afluente.services.athena.python_function import hash as hash_

FUNCTIONS = (
    *text.FUNCTIONS,
    *bytes_.FUNCTIONS,
    *number.FUNCTIONS,
    *time.FUNCTIONS,
    *json.FUNCTIONS,
    *json_path.FUNCTIONS,
    *hash_.FUNCTIONS,
    *sample.FUNCTIONS,
    *geometry.FUNCTIONS,
    *stem.FUNCTIONS,
)
