"""Window functions; every aggregate is one too."""

from afluente.services.athena.sql.function.entry import Entries

FUNCTIONS: Entries = {
    "row_number": ("row_number()", "bigint"),
    "rank": ("rank()", "bigint"),
    "dense_rank": ("dense_rank()", "bigint"),
    "percent_rank": ("percent_rank()", "double"),
    "cume_dist": ("cume_dist()", "double"),
    "ntile": ("ntile({0})", "bigint"),
    "lag": ("lag({*})", "=0"),
    "lead": ("lead({*})", "=0"),
    "first_value": ("first_value({0})", "=0"),
    "last_value": ("last_value({0})", "=0"),
    "nth_value": ("nth_value({0}, {1})", "=0"),
}
