"""String functions, and those of the same name on binaries and arrays."""

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import INVALID, Arguments, Entries, by_type, refusal, same

NO_INDEX = refusal("'Index must be greater than zero'")
OTHER_LENGTH = refusal("'The input strings to hamming_distance function must have the same length'")
NO_PART = "split_part({0}, {1}, {2})"


def _concat(args: Arguments) -> str:
    if len(args) < 2:
        raise QueryFailure(INVALID, "There must be two or more concatenation arguments")
    return "(" + " || ".join(f"{{{index}}}" for index in range(len(args))) + ")"


def _substring(args: Arguments) -> str:
    """From 0 there is nothing, as before the beginning and after the end."""
    length = {2: "", 3: ", CAST({2} AS BIGINT)"}[len(args)] if len(args) in {2, 3} else None
    if length is None:
        raise IndexError
    start = "CAST({1} AS BIGINT)"
    return f"CASE WHEN {{1}} = 0 OR {{1}} < -length({{0}}) THEN '' ELSE substring({{0}}, {start}{length}) END"


_BYTES_FROM = "CASE WHEN {1} < 0 THEN octet_length({0}) + {1} + 1 ELSE {1} END"
_BINARY_SUBSTRING = {
    2: f"array_slice({{0}}, {_BYTES_FROM}, octet_length({{0}}))",
    3: f"array_slice({{0}}, {_BYTES_FROM}, {_BYTES_FROM} + {{2}} - 1)",
}


def _substr(args: Arguments) -> str:
    return by_type(_substring(args), varbinary=_BINARY_SUBSTRING)(args)


FUNCTIONS: Entries = {
    "length": (by_type("length({0})", varbinary="octet_length({0})", char="{0}"), "bigint"),
    "lower": ("lower({0})", "varchar"),
    "upper": ("replace(upper({0}), 'ẞ', 'ß')", "varchar"),
    "trim": ("trim({0})", "varchar"),
    "ltrim": ({1: "ltrim({0})", 2: "ltrim({0}, {1})"}, "varchar"),
    "rtrim": ({1: "rtrim({0})", 2: "rtrim({0}, {1})"}, "varchar"),
    "substr": (_substr, "=0*"),
    "substring": (_substr, "=0*"),
    "strpos": ({2: "strpos({0}, {1})", 3: "athena_strpos({0}, {1}, {2})"}, "bigint"),
    "index": ("strpos({0}, {1})", "bigint"),
    "position": ("strpos({1}, {0})", "bigint"),
    "replace": ({2: "replace({0}, {1}, '')", 3: "replace({0}, {1}, {2})"}, "varchar"),
    "reverse": (by_type("reverse({0})", array="list_reverse({0})", varbinary="athena_reverse({0})"), "=0"),
    "lpad": (by_type("lpad({0}, CAST({1} AS INTEGER), {2})", varbinary="athena_lpad({0}, {1}, {2})"), "=0*"),
    "rpad": (by_type("rpad({0}, CAST({1} AS INTEGER), {2})", varbinary="athena_rpad({0}, {1}, {2})"), "=0*"),
    "split": ({2: "string_split({0}, {1})", 3: "athena_split({0}, {1}, {2})"}, "array(varchar)"),
    "split_part": (
        f"CASE WHEN {{2}} < 1 THEN {NO_INDEX} WHEN len(string_split({{0}}, {{1}})) >= {{2}} THEN {NO_PART} END",
        "varchar",
    ),
    "split_to_map": ("athena_split_to_map({0}, {1}, {2})", "map(varchar, varchar)"),
    "split_to_multimap": ("athena_split_to_multimap({0}, {1}, {2})", "map"),
    "concat": (_concat, "=0*"),
    "concat_ws": (same("concat_ws"), "varchar"),
    "starts_with": (same("starts_with"), "boolean"),
    "chr": ("chr(CAST({0} AS INTEGER))", "varchar"),
    "codepoint": ("ord({0})", "integer"),
    "translate": (same("translate"), "varchar"),
    "levenshtein_distance": ("levenshtein({0}, {1})", "bigint"),
    "hamming_distance": (
        f"CASE WHEN length({{0}}) <> length({{1}}) THEN {OTHER_LENGTH} ELSE hamming({{0}}, {{1}}) END",
        "bigint",
    ),
    "soundex": ("athena_soundex({0})", "varchar"),
    "word_stem": ({1: "athena_word_stem({0}, 'en')", 2: "athena_word_stem({0}, {1})"}, "varchar"),
    "luhn_check": ("athena_luhn({0})", "boolean"),
    "normalize": ({1: "athena_normalize({0}, 'NFC')", 2: "athena_normalize({0}, {1})"}, "varchar"),
    "to_utf8": ("encode({0})", "varbinary"),
    "from_utf8": ({1: "athena_from_utf8({0}, chr(65533))", 2: "athena_from_utf8({0}, {1})"}, "varchar"),
    "char2hexint": ("athena_char2hexint({0})", "varchar"),
    "format": ("printf({*})", "varchar"),
    "uuid": ("uuid()", "uuid"),
}
