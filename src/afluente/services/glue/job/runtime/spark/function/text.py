"""Texts: put together, taken apart, padded, masked, hashed."""

from typing import Any

from afluente.services.glue.job.runtime.spark.function.entry import literal

S = "spark_string({0})"


def _concat(*parts: str) -> str:
    return f"({' || '.join(f'spark_part({_typed(part)})' for part in parts)})" if parts else "''"


def _typed(sql: str) -> str:
    return "CAST(NULL AS VARCHAR)" if sql == "NULL" else sql


def _concat_ws(separator: str, *parts: str) -> str:
    if not parts:
        return "''"
    lists = " || ".join(f"coalesce(spark_parts({_typed(part)}), [])" for part in parts)
    return f"CASE WHEN {separator} IS NOT NULL THEN array_to_string({lists}, {separator}) END"


def _elt(number: str, *values: str) -> str:
    cases = " ".join(f"WHEN {place} THEN spark_string({value})" for place, value in enumerate(values, 1))
    return f"CASE {number} {cases} END"


def _format_string(pattern: str, *values: str) -> str:
    return f"spark_format_string({', '.join((pattern, *values))})"


def _sha2(value: str, bits: str) -> str:
    return f"spark_sha2({value}, CAST({bits} AS INTEGER))"


def _parse_url(url: str, part: str, key: str = "NULL") -> str:
    return f"spark_parse_url({url}, {part}, {key})"


def _mask(value: str, upper: str = "'X'", lower: str = "'x'", digit: str = "'n'", other: str = "NULL") -> str:
    return f"spark_mask({value}, {upper}, {lower}, {digit}, {other})"


def _encoded(function: str) -> Any:
    def sql(value: str, charset: str) -> str:
        if literal(function, charset).lower().replace("-", "") not in {"utf8", "usascii"}:
            raise NotImplementedError(f"{function}() is supported with UTF-8 and US-ASCII alone")
        return f"{function}({value})" if function == "encode" else f"decode(spark_bytes({value}))"

    return sql


def _decode(value: str, *more: str) -> str:
    """Bytes to text; with more arguments the value that stands beside the equal one, else the last."""
    if len(more) == 1:
        return str(_encoded("decode")(value, *more))
    pairs = zip(more[::2], more[1::2], strict=False)
    cases = " ".join(f"WHEN {value} IS NOT DISTINCT FROM {key} THEN {given}" for key, given in pairs)
    return f"CASE {cases}{f' ELSE {more[-1]}' if len(more) % 2 else ''} END"


def _overlay(text: str, new: str, start: str, length: str = "-1") -> str:
    size = f"(CASE WHEN {length} < 0 THEN length({new}) ELSE {length} END)"
    return f"left({text}, {start} - 1) || {new} || substring({text}, CAST({start} + {size} AS BIGINT))"


POSITION = (
    "CASE WHEN regexp_matches({0}, {1}) THEN strpos({0}, regexp_extract({0}, {1})) "
    "WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN 0 END"
)

FUNCTIONS: dict[str, Any] = {
    "ascii": ("col", f"coalesce(ascii({S}), 0)"),
    "btrim": ("str, trim=None", {1: "trim({0}, ' ')", 2: "trim({0}, {1})"}),
    "char_length": ("str", f"CAST(length({S}) AS INTEGER)"),
    "character_length": ("str", f"CAST(length({S}) AS INTEGER)"),
    "length": ("col", "CAST(spark_length({0}) AS INTEGER)"),
    "len": ("-", "CAST(spark_length({0}) AS INTEGER)"),
    "octet_length": ("col", "CAST(octet_length(spark_bytes({0})) AS INTEGER)"),
    "bit_length": ("col", "CAST(8 * octet_length(spark_bytes({0})) AS INTEGER)"),
    "concat": ("*cols", _concat),
    "concat_ws": ("sep:, *cols", _concat_ws),
    "contains": ("left, right", "contains(spark_string({0}), spark_string({1}))"),
    "crc32": ("col", "spark_crc32(spark_bytes({0}))"),
    "elt": ("*inputs", _elt),
    "encode": ("col, charset:", _encoded("encode")),
    "decode": ("col, charset:", _decode),
    "find_in_set": ("str, str_array", "CASE WHEN contains({0}, ',') THEN 0 "
                                      "WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN "
                                      "coalesce(list_position(string_split({1}, ','), {0}), 0) END", "INTEGER"),
    "format_number": ("col, d:", "format('{{:,.' || CAST({1} AS INTEGER) || 'f}}', CAST(spark_number({0}) AS DOUBLE))"),
    "format_string": ("format:, *cols", _format_string),
    "printf": ("format, *cols", _format_string),
    "ilike": ("str, pattern, escapeChar=None", {2: "({0} ILIKE {1})", 3: "({0} ILIKE {1} ESCAPE {2})"}),
    "initcap": ("col", "spark_initcap({0})"),
    "lcase": ("str", f"lower({S})"),
    "lower": ("col", f"lower({S})"),
    "ucase": ("str", f"upper({S})"),
    "upper": ("col", f"upper({S})"),
    "left": ("str, len", f"left({S}, greatest(CAST({{1}} AS BIGINT), 0))"),
    "right": ("str, len", f"right({S}, greatest(CAST({{1}} AS BIGINT), 0))"),
    "levenshtein": ("left, right, threshold:=None", {
        2: "levenshtein({0}, {1})",
        3: "CASE WHEN levenshtein({0}, {1}) <= {2} THEN levenshtein({0}, {1}) WHEN {0} IS NOT NULL AND {1} IS NOT NULL "
           "THEN -1 END",
    }, "INTEGER"),
    "lpad": ("col, len:, pad:", {2: f"lpad({S}, CAST({{1}} AS INTEGER), ' ')",
                                 3: f"lpad({S}, CAST({{1}} AS INTEGER), {{2}})"}),
    "rpad": ("col, len:, pad:", {2: f"rpad({S}, CAST({{1}} AS INTEGER), ' ')",
                                 3: f"rpad({S}, CAST({{1}} AS INTEGER), {{2}})"}),
    "luhn_check": ("-", "spark_luhn({0})"),
    "mask": ("col, upperChar=None, lowerChar=None, digitChar=None, otherChar=None", _mask),
    "md5": ("col", "md5(spark_bytes({0}))"),
    "overlay": ("src, replace, pos, len=-1", _overlay),
    "parse_url": ("url, partToExtract, key=None", _parse_url),
    "regexp": ("str, regexp", "regexp_matches({0}, {1})"),
    "regexp_like": ("str, regexp", "regexp_matches({0}, {1})"),
    "rlike": ("str, regexp", "regexp_matches({0}, {1})"),
    "regexp_count": ("str, regexp", "len(regexp_extract_all({0}, {1}))", "INTEGER"),
    "regexp_substr": ("str, regexp", "CASE WHEN regexp_matches({0}, {1}) THEN regexp_extract({0}, {1}) END"),
    "regexp_instr": ("str, regexp, idx=None", {2: POSITION, 3: POSITION}, "INTEGER"),
    "regexp_extract": ("str, pattern:, idx:", {
        2: "regexp_extract(spark_string({0}), {1}, 1)",
        3: "regexp_extract(spark_string({0}), {1}, CAST({2} AS INTEGER))"}),
    "regexp_extract_all": ("str, regexp, idx=None", {
        2: "regexp_extract_all({0}, {1}, 1)", 3: "regexp_extract_all({0}, {1}, {2})"}),
    "regexp_replace": ("string, pattern:, replacement:", {
        3: "regexp_replace(spark_string({0}), {1}, regexp_replace({2}, '\\$(\\d)', '\\\\\\1', 'g'), 'g')"}),
    "repeat": ("col, n:", f"repeat({S}, greatest(CAST({{1}} AS BIGINT), 0))"),
    "replace": ("src, search, replace=None", {2: "replace({0}, {1}, '')", 3: "replace({0}, {1}, {2})"}),
    "reverse": ("col", "spark_reverse({0})"),
    "sha": ("col", "sha1(spark_bytes({0}))"),
    "sha1": ("col", "sha1(spark_bytes({0}))"),
    "sha2": ("col, numBits:", lambda value, bits: _sha2(f"spark_bytes({value})", bits)),
    "soundex": ("col", "spark_soundex({0})"),
    "split": ("str, pattern:, limit:=-1", {
        2: "spark_split({0}, {1})",
        3: "spark_split_most({0}, {1}, CAST({2} AS INTEGER))"}),
    "split_part": ("src, delimiter, partNum", "split_part({0}, {1}, CAST({2} AS BIGINT))"),
    "str_to_map": ("text, pairDelim=None, keyValueDelim=None", {
        1: "spark_text_map({0}, ',', ':')", 2: "spark_text_map({0}, {1}, ':')", 3: "spark_text_map({0}, {1}, {2})"}),
    "substring": ("str, pos:, len:", {2: "spark_substring({0}, {1}, 1073741823)", 3: "spark_substring({0}, {1}, {2})"}),
    "substr": ("str, pos, len=None", {2: "spark_substring({0}, {1}, 1073741823)", 3: "spark_substring({0}, {1}, {2})"}),
    "substring_index": ("str, delim:, count:", "spark_substring_index({0}, {1}, CAST({2} AS INTEGER))"),
    "trim": ("col", "trim(spark_string({0}), ' ')"),
    "ltrim": ("col", "ltrim(spark_string({0}), ' ')"),
    "rtrim": ("col", "rtrim(spark_string({0}), ' ')"),
    "unbase64": ("col", "from_base64({0})"),
    "base64": ("col", "base64(spark_bytes({0}))"),
    "unhex": ("col", "TRY(unhex({0}))"),
    "url_encode": ("str", "spark_url_encode({0})"),
    "url_decode": ("str", "spark_url_decode({0})"),
}  # fmt: skip
