"""Map functions, and `row`."""

from afluente.services.athena.sql.function.entry import Entries

ENTRIES = "list_zip(map_keys({0}), map_values({0}))"

BOTH_KEYS = "list_distinct(list_concat(map_keys({0}), map_keys({1})))"
BOTH_ROWS = f"list_transform({BOTH_KEYS}, lambda _k: row(_k, ({{0}})[_k], ({{1}})[_k]))"


def _made(keys: str, values: str) -> str:
    return f"map_from_entries(list_zip({keys}, {values}))"


FUNCTIONS: Entries = {
    "row": ("row({*})", "row"),
    "map": ({0: "MAP {{}}", 2: "map({0}, {1})"}, "map"),
    "map_keys": ("map_keys({0})", "keys"),
    "map_values": ("map_values({0})", "values"),
    "map_concat": ("map_concat({*})", "=0"),
    "map_entries": (ENTRIES, "array"),
    "map_from_entries": ("map_from_entries({0})", "map"),
    "multimap_from_entries": ("athena_multimap(list_transform({0}, lambda _e: _e[1]), "
        "list_transform({0}, lambda _e: _e[2]))", "map"),
    "map_filter": (f"map_from_entries(list_filter({ENTRIES}, {{1}}))", "=0"),
    "map_zip_with": (_made(BOTH_KEYS, f"list_transform({BOTH_ROWS}, {{2}})"), "map"),
    "transform_keys": (_made(f"list_transform({ENTRIES}, {{1}})", "map_values({0})"), "map"),
    "transform_values": (_made("map_keys({0})", f"list_transform({ENTRIES}, {{1}})"), "map"),
}  # fmt: skip
