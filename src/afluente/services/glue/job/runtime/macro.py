"""Spark's casts and the parts of its functions that SQL can say, as macros of DuckDB.

A macro may have several forms, by the types of what it is given; the last one takes what is of none of them.
"""

_MACROS = (
    # Spark reads "1.7" as the integer 1, and none of DuckDB's other spellings of numbers
    """spark_digits(x) AS CASE
        WHEN contains(x, 'e') OR contains(x, 'E') OR contains(x, 'x') OR contains(x, 'X') OR contains(x, '_') THEN NULL
        WHEN contains(x, '.') THEN split_part(x, '.', 1) ELSE x END""",
    """spark_long(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' THEN TRY_CAST(spark_digits(CAST(x AS VARCHAR)) AS BIGINT)
        WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR starts_with(typeof(x), 'DECIMAL')
            THEN TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS BIGINT)
        WHEN starts_with(typeof(x), 'TIMESTAMP') THEN TRY_CAST(floor(epoch(TRY_CAST(x AS TIMESTAMP))) AS BIGINT)
        ELSE TRY_CAST(x AS BIGINT) END""",
    # a text with an offset is moved to UTC, which only the (slow) cast with time zone does
    """spark_zoned(x) AS TRY_CAST(TRY_CAST(x AS TIMESTAMPTZ) AS TIMESTAMP)""",
    """spark_time_text(x) AS CASE
        WHEN contains(x, '+') OR x LIKE '%:%-%' THEN spark_zoned(x)
        ELSE coalesce(TRY_CAST(x AS TIMESTAMP), spark_zoned(x)) END""",
    """spark_timestamp(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' THEN spark_time_text(CAST(x AS VARCHAR))
        WHEN typeof(x) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'DOUBLE', 'FLOAT')
            THEN make_timestamp(TRY_CAST(TRY_CAST(x AS DOUBLE) * 1000000 AS BIGINT))
        ELSE TRY_CAST(x AS TIMESTAMP) END""",
    """spark_date(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' THEN TRY_CAST(TRY_CAST(x AS TIMESTAMP) AS DATE) ELSE TRY_CAST(x AS DATE) END""",
    """spark_boolean(x) AS CASE
        WHEN typeof(x) = 'VARCHAR' THEN CASE
            WHEN lower(trim(CAST(x AS VARCHAR))) IN ('t', 'true', 'y', 'yes', '1') THEN true
            WHEN lower(trim(CAST(x AS VARCHAR))) IN ('f', 'false', 'n', 'no', '0') THEN false END
        ELSE TRY_CAST(x AS BOOLEAN) END""",
    # Java's Double.toString, from DuckDB's shortest digits
    "spark_digits_of(s) AS ltrim(replace(split_part(s, 'e', 1), '.', ''), '0')",
    """spark_exponent(s) AS CASE
        WHEN contains(s, 'e') THEN CAST(split_part(s, 'e', 2) AS INTEGER)
        WHEN s >= '1' AND NOT starts_with(s, '0.') THEN strpos(s || '.', '.') - 2
        ELSE -(length(regexp_extract(s, '^0\\.(0*)', 1)) + 1) END""",
    """spark_scientific(s) AS left(spark_digits_of(s), 1) || '.' ||
        coalesce(nullif(rtrim(substring(spark_digits_of(s), 2), '0'), ''), '0') || 'E' || spark_exponent(s)""",
    """spark_double_text(x) AS CASE
        WHEN abs(x) >= 1e-3 AND abs(x) < 1e7 THEN CAST(x AS VARCHAR)
        WHEN isnan(x) THEN 'NaN'
        WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
        WHEN x = 0 THEN CAST(x AS VARCHAR)
        ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || spark_scientific(CAST(abs(x) AS VARCHAR)) END""",
    """spark_string(x) AS CASE
        WHEN typeof(x) = 'JSON' THEN json_extract_string(TRY_CAST(x AS JSON), '$')
        WHEN typeof(x) = 'DOUBLE' THEN spark_double_text(TRY_CAST(x AS DOUBLE))
        WHEN typeof(x) = 'FLOAT' THEN spark_double_text(TRY_CAST(x AS FLOAT))
        ELSE TRY_CAST(x AS VARCHAR) END""",
    # what a text stands for beside a number, and beside anything else
    "spark_number(x VARCHAR) AS TRY_CAST(trim(x) AS DOUBLE), (x) AS x",
    """spark_beside(a VARCHAR, b TINYINT) AS spark_long(a), (a VARCHAR, b SMALLINT) AS spark_long(a),
        (a VARCHAR, b INTEGER) AS spark_long(a), (a VARCHAR, b BIGINT) AS spark_long(a),
        (a VARCHAR, b DOUBLE) AS TRY_CAST(trim(a) AS DOUBLE), (a VARCHAR, b FLOAT) AS TRY_CAST(trim(a) AS DOUBLE),
        (a VARCHAR, b DATE) AS spark_date(a), (a VARCHAR, b TIMESTAMP) AS spark_timestamp(a),
        (a VARCHAR, b BOOLEAN) AS spark_boolean(a), (a, b) AS a""",
    """spark_among(e VARCHAR, t INTEGER) AS spark_long(e), (e VARCHAR, t BIGINT) AS spark_long(e),
        (e VARCHAR, t DOUBLE) AS TRY_CAST(trim(e) AS DOUBLE), (e VARCHAR, t DATE) AS spark_date(e),
        (e VARCHAR, t TIMESTAMP) AS spark_timestamp(e), (e INTEGER, t VARCHAR) AS CAST(e AS VARCHAR),
        (e BIGINT, t VARCHAR) AS CAST(e AS VARCHAR), (e DOUBLE, t VARCHAR) AS spark_double_text(e), (e, t) AS e""",
    # numbers
    "spark_pmod(a, n) AS CASE WHEN a % n < 0 THEN (a % n + n) % n ELSE a % n END",
    """spark_unsigned_shift(x INTEGER, n) AS CASE WHEN x >= 0 THEN x >> n
            ELSE CAST((CAST(x AS BIGINT) + 4294967296) >> n AS INTEGER) END,
        (x BIGINT, n) AS CASE WHEN x >= 0 THEN x >> n
            ELSE CAST((CAST(x AS HUGEINT) + 18446744073709551616) >> n AS BIGINT) END""",
    """spark_width_bucket(v, low, high, n) AS CASE
        WHEN n <= 0 OR low = high THEN NULL
        WHEN low < high AND v < low OR low > high AND v > low THEN 0
        WHEN low < high AND v >= high OR low > high AND v <= high THEN n + 1
        ELSE CAST(floor(n * (v - low) / (high - low)) AS BIGINT) + 1 END""",
    # texts
    """spark_part(x VARCHAR) AS x, (x DOUBLE) AS spark_double_text(x), (x BIGINT) AS CAST(x AS VARCHAR),
        (x INTEGER) AS CAST(x AS VARCHAR), (x SMALLINT) AS CAST(x AS VARCHAR), (x TINYINT) AS CAST(x AS VARCHAR),
        (x DATE) AS CAST(x AS VARCHAR), (x TIMESTAMP) AS CAST(x AS VARCHAR), (x BOOLEAN) AS CAST(x AS VARCHAR),
        (x) AS x""",
    """spark_parts(x VARCHAR[]) AS x, (x INTEGER[]) AS CAST(x AS VARCHAR[]), (x BIGINT[]) AS CAST(x AS VARCHAR[]),
        (x DOUBLE[]) AS list_transform(x, lambda e: spark_double_text(e)), (x) AS [spark_string(x)]""",
    "spark_bytes(x BLOB) AS x, (x) AS encode(spark_string(x))",
    "spark_length(x BLOB) AS octet_length(x), (x) AS length(spark_string(x))",
    "spark_reverse(x VARCHAR) AS reverse(x), (x BIGINT) AS reverse(CAST(x AS VARCHAR)), (x) AS list_reverse(x)",
    """spark_initcap(x) AS array_to_string(list_transform(string_split(lower(x), ' '),
        lambda w: upper(left(w, 1)) || substring(w, 2)), ' ')""",
    """spark_substring(x, p, n) AS CASE WHEN n <= 0 THEN '' WHEN p > 0 THEN substring(spark_string(x), p, n)
        WHEN p = 0 THEN substring(spark_string(x), 1, n) WHEN -p <= length(spark_string(x))
        THEN substring(spark_string(x), length(spark_string(x)) + p + 1, n)
        ELSE substring(spark_string(x), 1, greatest(n + p + length(spark_string(x)), 0)) END""",
    """spark_substring_index(x, d, n) AS CASE WHEN n = 0 OR d = '' THEN ''
        WHEN n > 0 THEN array_to_string(string_split(x, d)[1:n], d)
        ELSE array_to_string(list_reverse(list_reverse(string_split(x, d))[1:-n]), d) END""",
    """spark_split(x, p) AS CASE WHEN p = '' THEN string_split(spark_string(x), '')
        ELSE string_split_regex(spark_string(x), p) END""",
    """spark_text_map(x, pair, mark) AS map_from_entries(list_transform(string_split_regex(x, pair), lambda e:
        {'k': string_split_regex(e, mark)[1], 'v': CASE WHEN len(string_split_regex(e, mark)) > 1
            THEN substring(e, length(string_split_regex(e, mark)[1]) + 2) END}))""",
    # times
    """spark_seconds(x TIMESTAMP, parsed) AS CAST(floor(epoch(x)) AS BIGINT),
        (x DATE, parsed) AS CAST(floor(epoch(x)) AS BIGINT), (x, parsed) AS CAST(floor(epoch(parsed)) AS BIGINT)""",
    """spark_make_timestamp(y, m, d, h, mi, s) AS TRY(make_timestamp(CAST(y AS BIGINT), CAST(m AS BIGINT),
        CAST(d AS BIGINT), CAST(h AS BIGINT), CAST(mi AS BIGINT), CAST(0 AS DOUBLE))
        + to_microseconds(CAST(round(CAST(s AS DOUBLE) * 1000000) AS BIGINT)))""",
    """spark_months(a, b) AS CASE
        WHEN day(a) = day(b) OR (day(a) = day(last_day(a)) AND day(b) = day(last_day(b)))
            THEN CAST((year(a) - year(b)) * 12 + month(a) - month(b) AS DOUBLE)
        ELSE (year(a) - year(b)) * 12 + month(a) - month(b)
            + (day(a) - day(b) + (epoch(CAST(a AS TIME)) - epoch(CAST(b AS TIME))) / 86400.0) / 31.0 END""",
    # arrays and maps
    "spark_has(l, e) AS len(list_filter(l, lambda x: x IS NOT DISTINCT FROM e)) > 0",
    """spark_distinct(l) AS list_filter(l, lambda x, i: CASE WHEN x IS NULL
        THEN len(list_filter(l[:i - 1], lambda n: n IS NULL)) = 0 ELSE list_position(l, x) = i END)""",
    """spark_any(l) AS CASE WHEN list_contains(l, true) THEN true
        WHEN len(list_filter(l, lambda x: x IS NULL)) > 0 THEN NULL WHEN l IS NOT NULL THEN false END""",
    """spark_insert(l, p, v) AS CASE
        WHEN p > len(l) THEN list_concat(list_resize(l, p - 1), [v])
        WHEN p > 0 THEN list_concat(list_concat(l[:p - 1], [v]), l[p:])
        WHEN p < 0 AND -p <= len(l) + 1 THEN list_concat(list_concat(l[:len(l) + p + 1], [v]), l[len(l) + p + 2:])
        WHEN p < 0 THEN list_concat(list_concat([v], list_resize(l[:0], -p - len(l) - 1)), l) END""",
    "spark_from_zero(i) AS CAST(i - 1 AS INTEGER)",
    "spark_outer(x) AS CASE WHEN len(x) > 0 THEN x ELSE [NULL] END",
    """spark_sequence(a INTEGER, b INTEGER) AS
            CAST(generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END) AS INTEGER[]),
        (a BIGINT, b BIGINT) AS generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END),
        (a DATE, b DATE) AS CAST(generate_series(a, b, CASE WHEN a <= b THEN INTERVAL 1 DAY ELSE INTERVAL (-1) DAY END)
            AS DATE[]),
        (a, b) AS generate_series(a, b, CASE WHEN a <= b THEN INTERVAL 1 DAY ELSE INTERVAL (-1) DAY END)""",
    """spark_stepped(a INTEGER, b INTEGER, s) AS CAST(generate_series(a, b, s) AS INTEGER[]),
        (a DATE, b DATE, s) AS CAST(generate_series(a, b, s) AS DATE[]), (a, b, s) AS generate_series(a, b, s)""",
)
MACROS = {text.partition("(")[0]: text for text in _MACROS}
"""By name, without `CREATE TEMP MACRO`."""
