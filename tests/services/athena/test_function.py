"""Every rule of Trino's functions and operators: what Athena answers, as text, and the type it reports."""

import pytest

from afluente.services.athena.sql.function.absent import ABSENT
from afluente.services.athena.sql.function.table import FUNCTIONS

from .conftest import Lake

RULES = [
    # operators and literals
    ("7/2", "3", "integer"),
    ("-7/2", "-3", "integer"),
    ("7.0/2", "3.5", "double"),
    ("1.0/0", "Infinity", "double"),
    ("0.0/0", "NaN", "double"),
    ("5 % 3", "2", "integer"),
    ("0.1+0.2", "0.30000000000000004", "double"),
    ("1.5", "1.5", "double"),
    ("DECIMAL '12.30'", "12.30", "decimal"),
    ("DECIMAL '1.00' / DECIMAL '3.00'", "0.33", "decimal"),
    ("2000000000", "2000000000", "integer"),
    ("3000000000", "3000000000", "bigint"),
    ("'abc'", "abc", "varchar"),
    ("'it''s'", "it's", "varchar"),
    ("'a' || 'b'", "ab", "varchar"),
    ("true AND NULL", None, "boolean"),
    ("NULL", None, "unknown"),
    ("1 IN (1, 2)", "true", "boolean"),
    ("'a_c' LIKE 'a\\_c' ESCAPE '\\'", "true", "boolean"),
    ("1 IS DISTINCT FROM NULL", "true", "boolean"),
    ("CASE WHEN 1 > 2 THEN 'x' ELSE 'y' END", "y", "varchar"),
    ("IF(false, 1)", None, "integer"),
    ("X'6162'", "61 62", "varbinary"),
    # casts
    ("CAST('hello' AS varchar(3))", "hel", "varchar"),
    ("CAST('a' AS char(3))", "a  ", "char"),
    ("CAST(2.5 AS integer)", "3", "integer"),
    ("CAST(-2.5 AS integer)", "-3", "integer"),
    ("CAST(1e10 AS varchar)", "1.0E10", "varchar"),
    ("CAST(timestamp '2026-01-02 03:04:05' AS varchar)", "2026-01-02 03:04:05", "varchar"),
    ("CAST('2026-01-02' AS date)", "2026-01-02", "date"),
    ("CAST(1 AS decimal(10,2))", "1.00", "decimal"),
    ("CAST(ROW(1, 'x') AS ROW(a integer, b varchar)).b", "x", "varchar"),
    ("TRY_CAST('x' AS integer)", None, "integer"),
    ("TRY(CAST('x' AS integer))", None, "integer"),
    ("CAST(JSON_PARSE('[1,2]') AS array(integer))", "[1, 2]", "array"),
    ("CAST(MAP(ARRAY['a'], ARRAY[1]) AS json)", '{"a":1}', "json"),
    # numbers as Java prints them
    ("1e20", "1.0E20", "double"),
    ("1e-7", "1.0E-7", "double"),
    ("12345678e0", "1.2345678E7", "double"),
    ("9999999.5", "9999999.5", "double"),
    ("-0.00012", "-1.2E-4", "double"),
    ("CAST(1.5 AS real)", "1.5", "float"),
    ("CAST(1e-5 AS real)", "1.0E-5", "float"),
    ("123456789012345680e0", "1.2345678901234568E17", "double"),
    ("0e0", "0.0", "double"),
    ("-nan()", "NaN", "double"),
    ("nan()", "NaN", "double"),
    ("-infinity()", "-Infinity", "double"),
    # times
    ("date '2026-01-02' + interval '1' day", "2026-01-03", "date"),
    ("timestamp '2026-01-02 03:04:05' - interval '1' hour", "2026-01-02 02:04:05.000", "timestamp"),
    ("timestamp '2026-01-02 03:04:05' - timestamp '2026-01-01 03:04:04'", "1 00:00:01.000", "interval day to second"),
    ("current_date", "2026-01-02", "date"),
    ("current_timestamp", "2026-01-02 03:04:05.678 UTC", "timestamp with time zone"),
    ("now() = current_timestamp", "true", "boolean"),
    ("localtimestamp", "2026-01-02 03:04:05.678", "timestamp"),
    ("date_parse('2026-01-02 03:04:05','%Y-%m-%d %H:%i:%s')", "2026-01-02 03:04:05.000", "timestamp"),
    ("date_parse('02/01/2026','%d/%m/%Y')", "2026-01-02 00:00:00.000", "timestamp"),
    (
        "date_format(timestamp '2026-01-02 03:04:05.678','%Y-%m-%d %H:%i:%s.%f')",
        "2026-01-02 03:04:05.678000",
        "varchar",
    ),
    ("date_format(timestamp '2026-01-02 15:04:05','%W %M %e %h:%i %p')", "Friday January 2 03:04 PM", "varchar"),
    ("date_format(date '2026-01-02','%c/%k')", "1/0", "varchar"),
    (
        "format_datetime(timestamp '2026-01-02 03:04:05','yyyy-MM-dd''T''HH:mm:ss.SSS')",
        "2026-01-02T03:04:05.000",
        "varchar",
    ),
    (
        "from_iso8601_timestamp('2026-01-02T03:04:05.123-03:00')",
        "2026-01-02 03:04:05.123 -03:00",
        "timestamp with time zone",
    ),
    ("from_iso8601_date('2026-01-02')", "2026-01-02", "date"),
    ("to_iso8601(timestamp '2026-01-02 03:04:05')", "2026-01-02T03:04:05", "varchar"),
    ("date_diff('day', date '2026-01-01', date '2026-02-01')", "31", "bigint"),
    ("date_diff('hour', timestamp '2026-01-01 00:30:00', timestamp '2026-01-01 01:00:00')", "0", "bigint"),
    ("date_diff('month', date '2026-01-31', date '2026-02-27')", "0", "bigint"),
    ("date_add('day', 1, date '2026-01-01')", "2026-01-02", "date"),
    ("date_add('minute', -5, timestamp '2026-01-01 00:00:00')", "2025-12-31 23:55:00.000", "timestamp"),
    ("date_trunc('hour', timestamp '2026-01-02 03:04:05')", "2026-01-02 03:00:00.000", "timestamp"),
    ("date_trunc('month', date '2026-01-15')", "2026-01-01", "date"),
    ("from_unixtime(1767323045.5)", "2026-01-02 03:04:05.500 UTC", "timestamp with time zone"),
    ("to_unixtime(timestamp '1970-01-01 00:00:01')", "1.0", "double"),
    ("hour(timestamp '2026-01-02 03:04:05 UTC' AT TIME ZONE 'America/Sao_Paulo')", "0", "bigint"),
    ("millisecond(timestamp '2026-01-02 03:04:05.678')", "678", "bigint"),
    ("day_of_week(date '2026-01-04')", "7", "bigint"),
    ("year_of_week(date '2027-01-01')", "2026", "bigint"),
    ("last_day_of_month(date '2026-02-02')", "2026-02-28", "date"),
    ("extract(hour from timestamp '2026-01-02 03:04:05')", "3", "bigint"),
    ("time '10:11:12'", "10:11:12.000", "time"),
    # texts
    ("length('héllo')", "5", "bigint"),
    ("substr('hello', 2, 3)", "ell", "varchar"),
    ("substr('hello', -3)", "llo", "varchar"),
    ("strpos('hello', 'l')", "3", "bigint"),
    ("position('l' IN 'hello')", "3", "bigint"),
    ("split('a,b', ',')", "[a, b]", "array"),
    ("split_part('a,b,c', ',', 2)", "b", "varchar"),
    ("split_part('a,b', ',', 3)", None, "varchar"),
    ("replace('abcb', 'b')", "ac", "varchar"),
    ("lpad('5', 3, '0')", "005", "varchar"),
    ("trim('  a ')", "a", "varchar"),
    ("regexp_like('hello', 'l+')", "true", "boolean"),
    ("regexp_extract('a1b2', '([a-z])(\\d)', 2)", "1", "varchar"),
    ("regexp_extract('abc', '\\d')", None, "varchar"),
    ("regexp_replace('a1b2', '([a-z])(\\d)', '$2$1')", "1a2b", "varchar"),
    ("concat('a', 'b', 'c')", "abc", "varchar"),
    ("to_hex(md5(to_utf8('a')))", "0CC175B9C0F1B6A831C399E269772661", "varchar"),
    ("to_base64(to_utf8('ab'))", "YWI=", "varchar"),
    ("from_utf8(from_base64('YWI='))", "ab", "varchar"),
    ("url_extract_host('http://x.com:80/a?b=1')", "x.com", "varchar"),
    ("url_extract_parameter('http://x.com/a?b=1&c=%20z', 'c')", " z", "varchar"),
    ("format('%d-%s', 1, 'a')", "1-a", "varchar"),
    # numbers
    ("round(2.5)", "3.0", "double"),
    ("round(-2.345, 2)", "-2.35", "double"),
    ("ceiling(2)", "2", "integer"),
    ("floor(2.7)", "2.0", "double"),
    ("truncate(-2.7)", "-2.0", "double"),
    ("sign(-2.5)", "-1.0", "double"),
    ("power(2, 3)", "8.0", "double"),
    ("log2(8)", "3.0", "double"),
    ("mod(5, 3)", "2", "integer"),
    ("greatest(1, NULL)", None, "integer"),
    ("least(2, 1)", "1", "integer"),
    ("width_bucket(5.0, 0, 10, 5)", "3", "bigint"),
    ("to_base(255, 16)", "ff", "varchar"),
    # JSON
    ("""json_extract('{"a":{"b":1}}', '$.a')""", '{"b":1}', "json"),
    ("""json_extract_scalar('{"a":{"b":"x"}}', '$.a.b')""", "x", "varchar"),
    ("""json_extract_scalar('{"a":{"b":"x"}}', '$.a')""", None, "varchar"),
    ("""json_extract_scalar('{"a b":[1,2]}', '$["a b"][1]')""", "2", "varchar"),
    ("json_extract_scalar('no json', '$.a')", None, "varchar"),
    ("""json_format(json_parse('{"a":1}'))""", '{"a":1}', "varchar"),
    ("json_array_length('[1,2,3]')", "3", "bigint"),
    ("""json_size('{"a":1,"b":2}', '$')""", "2", "bigint"),
    # arrays, maps, rows
    ("ARRAY[1, NULL]", "[1, null]", "array"),
    ("ARRAY[1,2,3][2]", "2", "integer"),
    ("element_at(ARRAY[1,2,3], 5)", None, "integer"),
    ("element_at(ARRAY[1,2,3], -1)", "3", "integer"),
    ("MAP(ARRAY['b','a'], ARRAY[1.5,2])", "{a=2.0, b=1.5}", "map"),
    ("MAP(ARRAY['a','b'], ARRAY[1,2])['b']", "2", "integer"),
    ("cardinality(ARRAY[1,2])", "2", "bigint"),
    ("cardinality(MAP(ARRAY['a'], ARRAY[1]))", "1", "bigint"),
    ("ROW(1, 'x')", "{field0=1, field1=x}", "row"),
    ("CAST(ROW(1, NULL) AS ROW(n integer, s varchar))", "{n=1, s=null}", "row"),
    ("ARRAY[1] || ARRAY[2]", "[1, 2]", "array"),
    ("ARRAY[1] || 2", "[1, 2]", "array"),
    ("array_join(ARRAY[1,NULL], ',', 'x')", "1,x", "varchar"),
    ("array_sort(ARRAY[3,NULL,1])", "[1, 3, null]", "array"),
    ("array_distinct(ARRAY[2,1,2])", "[2, 1]", "array"),
    ("array_position(ARRAY['a','b'], 'z')", "0", "bigint"),
    ("contains(ARRAY[1,2], 2)", "true", "boolean"),
    ("slice(ARRAY[1,2,3], 2, 2)", "[2, 3]", "array"),
    ("sequence(1, 3)", "[1, 2, 3]", "array"),
    ("sequence(date '2026-01-01', date '2026-01-02')", "[2026-01-01, 2026-01-02]", "array"),
    (
        "sequence(date '2026-01-01', date '2026-03-01', interval '1' month)",
        "[2026-01-01, 2026-02-01, 2026-03-01]",
        "array",
    ),
    ("transform(ARRAY[1,2], x -> x + 1)", "[2, 3]", "array"),
    ("filter(ARRAY[1,2], x -> x > 1)", "[2]", "array"),
    ("any_match(ARRAY[1,2], x -> x > 1)", "true", "boolean"),
    ("flatten(ARRAY[ARRAY[1], ARRAY[2]])", "[1, 2]", "array"),
    ("map_keys(MAP(ARRAY['a'], ARRAY[1]))", "[a]", "array"),
    ("split_to_map('a=1,b=2', ',', '=')", "{a=1, b=2}", "map"),
]

AGGREGATES = [
    ("count(*)", "4", "bigint"),
    ("count(x)", "3", "bigint"),
    ("count(DISTINCT y)", "2", "bigint"),
    ("sum(x)", "6", "bigint"),
    ("sum(x) / count(*)", "1", "bigint"),
    ("avg(x)", "2.0", "double"),
    ("min(y)", "a", "varchar"),
    ("max_by(y, x)", "b", "varchar"),
    ("min_by(x, x)", "1", "integer"),
    ("array_agg(x ORDER BY x DESC)", "[3, 2, 1, null]", "array"),
    ("approx_distinct(y)", "2", "bigint"),
    ("approx_percentile(x, 0.5)", "2", "integer"),
    ("approx_percentile(x, ARRAY[0.0, 1.0])", "[1, 3]", "array"),
    ("count_if(x > 1)", "2", "bigint"),
    ("count_if(x > 9)", "0", "bigint"),
    ("bool_and(x > 0)", "true", "boolean"),
    ("every(x > 1)", "false", "boolean"),
    ("sum(x) FILTER (WHERE x > 1)", "5", "bigint"),
    ("stddev(x)", "1.0", "double"),
    ("histogram(y)", "{a=2, b=2}", "map"),
    ("listagg(y, '-') WITHIN GROUP (ORDER BY x)", "a-a-b-b", "varchar"),
    ("geometric_mean(x)", "1.8171205928321397", "double"),
]


@pytest.mark.parametrize(("expression", "value", "kind"), RULES)
def test_expression(shared: Lake, expression: str, value: str | None, kind: str) -> None:
    answer = shared.run(f"SELECT {expression}")
    assert answer.state == "SUCCEEDED", answer.reason
    assert answer.rows == [[value]]
    assert answer.types == [kind]


@pytest.mark.parametrize(("expression", "value", "kind"), AGGREGATES)
def test_aggregate(shared: Lake, expression: str, value: str | None, kind: str) -> None:
    rows = "(VALUES (1, 'a'), (2, 'a'), (3, 'b'), (NULL, 'b')) AS t(x, y)"
    answer = shared.run(f"SELECT {expression} FROM {rows}")
    assert answer.state == "SUCCEEDED", answer.reason
    assert answer.rows == [[value]]
    assert answer.types == [kind]


def test_order_by_puts_nulls_last_in_both_directions(shared: Lake) -> None:
    rows = "(VALUES 1, NULL, 2) AS t(x)"
    assert shared.rows(f"SELECT x FROM {rows} ORDER BY x") == [["1"], ["2"], [None]]
    assert shared.rows(f"SELECT x FROM {rows} ORDER BY x DESC") == [["2"], ["1"], [None]]
    assert shared.rows(f"SELECT x FROM {rows} ORDER BY x NULLS FIRST") == [[None], ["1"], ["2"]]


def test_window_function(shared: Lake) -> None:
    rows = "(VALUES (1, 'a'), (2, 'a'), (3, 'b')) AS t(x, y)"
    sql = (
        f"SELECT x, row_number() OVER (PARTITION BY y ORDER BY x DESC), sum(x) OVER (ORDER BY x ROWS 1 "
        f"PRECEDING) FROM {rows} ORDER BY x"
    )
    assert shared.rows(sql) == [["1", "2", "1"], ["2", "1", "3"], ["3", "1", "5"]]


def test_unnest_with_ordinality(shared: Lake) -> None:
    sql = "SELECT x, n FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS t(x, n) ORDER BY n"
    assert shared.rows(sql) == [["a", "1"], ["b", "2"]]


def test_unnest_of_a_map(shared: Lake) -> None:
    sql = "SELECT k, v FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(k, v) ORDER BY k"
    assert shared.rows(sql) == [["a", "1"], ["b", "2"]]


def test_unnest_of_rows_gives_their_fields(shared: Lake) -> None:
    sql = "SELECT a, b FROM UNNEST(ARRAY[ROW(1, 'x'), ROW(2, 'y')]) AS t(a, b) ORDER BY a"
    assert shared.rows(sql) == [["1", "x"], ["2", "y"]]


def test_unnest_of_two_arrays_fills_the_shorter(shared: Lake) -> None:
    sql = "SELECT a, b FROM UNNEST(ARRAY[1, 2], ARRAY['x']) AS t(a, b) ORDER BY a"
    assert shared.rows(sql) == [["1", "x"], ["2", None]]


def test_left_join_unnest_keeps_rows_without_elements(shared: Lake) -> None:
    rows = "(VALUES (1, ARRAY['x']), (2, ARRAY[])) AS t(n, xs)"
    sql = f"SELECT n, x FROM {rows} LEFT JOIN UNNEST(xs) AS u(x) ON true ORDER BY n"
    assert shared.rows(sql) == [["1", "x"], ["2", None]]


def test_columns_without_a_name_are_numbered_by_place(shared: Lake) -> None:
    answer = shared.run("SELECT 1, 2 AS b, 3, count(*)")
    assert [column["Name"] for column in answer.columns] == ["_col0", "b", "_col2", "_col3"]


def test_values_as_a_statement(shared: Lake) -> None:
    answer = shared.run("VALUES (1, 'a'), (2, 'b')")
    assert [column["Name"] for column in answer.columns] == ["_col0", "_col1"]
    assert answer.rows == [["1", "a"], ["2", "b"]]


def test_text_column_reports_its_length(shared: Lake) -> None:
    answer = shared.run("SELECT 'abc', CAST('x' AS varchar(7)), CAST(1 AS varchar), ''")
    assert [column["Precision"] for column in answer.columns] == [3, 7, 2147483647, 0]
    assert all(column["CaseSensitive"] for column in answer.columns)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("approx_set(1)", "Afluente has HyperLogLog within a query only"),
        ("CAST(approx_set(1) AS varbinary)", "Afluente has HyperLogLog within a query only"),
        ("tdigest_agg(1)", "Afluente has tdigest within a query only"),
        ("ST_Contains(ST_Point(1, 1), ST_Point(1, 1))", "Afluente does not have ST_Contains of POINT and POINT"),
        ("ST_Buffer(ST_Point(1, 1), 1)", "line 1:8: Afluente does not have Trino's function st_buffer"),
        ("word_stem('Haus', 'de')", "Afluente's word_stem knows English (en) only, not de"),
        ("ARRAY[approx_set(1)]", "Afluente has HyperLogLog within a query only"),
        ("CAST('2026-01-01' AS timestamp(9))", "Afluente keeps times to the microsecond: timestamp(9)"),
        ("TIMESTAMP '2026-01-01 00:00:00.123456789'", "Afluente keeps times to the microsecond: timestamp(9)"),
        (
            "x FROM (SELECT 1) AS t(x) ORDER BY rank() OVER (ORDER BY x) FETCH FIRST ROW WITH TIES",
            "Afluente does not have",
        ),
        ("current_timestamp(9)", "Afluente keeps times to the microsecond, not to 9 digits"),
    ],
)
def test_what_afluente_has_not_is_refused_by_name(shared: Lake, expression: str, reason: str) -> None:
    assert shared.refused(f"SELECT {expression}").startswith(f"NOT_SUPPORTED: {reason}")


def test_absent_functions_are_absent() -> None:
    assert not ABSENT & FUNCTIONS.keys()
