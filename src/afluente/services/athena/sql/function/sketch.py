"""Sketches: HyperLogLog, T-Digest, quantile digest. They live within a query; what they tell is counted exactly.

A HyperLogLog is the list of the hashes of what was seen, a digest the sorted list of its numbers. Kept as bytes, they
would have to be Trino's own, which these are not: they are refused as a result and as varbinary.
"""

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import Arguments, Entries, kind_of
from afluente.services.athena.sql.trino_type import TrinoType

HYPERLOGLOG, TDIGEST = "HyperLogLog", "tdigest"
QDIGESTS = {"bigint": "qdigest(bigint)", "double": "qdigest(double)"}
SKETCHES = frozenset({HYPERLOGLOG, TDIGEST, *QDIGESTS.values()})

HASHES = "list(DISTINCT CASE WHEN {0} IS NOT NULL THEN hash({0}) END) {F}"
NUMBERS = "list_sort(list_filter(list(CAST({0} AS DOUBLE)) {F}, lambda _v: _v IS NOT NULL))"


def refuse_to_show(kind: TrinoType) -> None:
    """Raise QueryFailure for a sketch, or what holds one, that would leave its query."""
    if kind.name in SKETCHES:
        raise QueryFailure("NOT_SUPPORTED", f"Afluente has {kind} within a query only: it cannot be shown or stored")
    for _, inner in kind.fields:
        refuse_to_show(inner)


def _merged(args: Arguments) -> str:
    kind = kind_of(args[0])
    if kind is None or kind.name not in SKETCHES:
        raise QueryFailure("FUNCTION_NOT_FOUND", f"Unexpected parameters ({kind or 'unknown'}) for function merge")
    return f"list_{'distinct' if kind.name == HYPERLOGLOG else 'sort'}(flatten(list({{0}}) {{F}}))"


def _value_at(args: Arguments, share: str) -> str:
    kind = kind_of(args[0])
    value = f"CASE WHEN len({{0}}) > 0 THEN athena_value_at({{0}}, CAST({share} AS DOUBLE)) END"
    return f"CAST({value} AS BIGINT)" if kind is not None and kind.name == QDIGESTS["bigint"] else value


FUNCTIONS: Entries = {
    "empty_approx_set": ("CAST([] AS UBIGINT[])", HYPERLOGLOG),
    "value_at_quantile": (lambda args: _value_at(args, "{1}"), "quantile"),
    "values_at_quantiles": (
        lambda args: f"list_transform({{1}}, lambda _q: {_value_at(args, '_q')})",
        "array",
    ),
}

AGGREGATES: Entries = {
    "approx_set": (f"list_filter({HASHES}, lambda _h: _h IS NOT NULL)", HYPERLOGLOG),
    "merge": (_merged, "=0"),
    "tdigest_agg": (NUMBERS, TDIGEST),
    "qdigest_agg": (NUMBERS, "qdigest"),
}
