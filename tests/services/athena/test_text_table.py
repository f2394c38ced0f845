from .conftest import LAZY_SIMPLE, OPEN_CSV, Lake


def test_lazy_simple_reads_by_place(lake: Lake) -> None:
    lake.put("s3://lake/t/a.csv", "a,b,c\n1,x,1.5\n2,,\n3,\\N,2.5,more\n4\nq,y,z\n")
    lake.table(
        "t",
        {"a": "int", "b": "string", "c": "double"},
        "s3://lake/t/",
        LAZY_SIMPLE,
        properties={"field.delim": ",", "skip.header.line.count": "1"},
    )
    assert lake.rows("SELECT * FROM t ORDER BY a") == [
        ["1", "x", "1.5"],
        ["2", "", None],
        ["3", None, "2.5"],
        ["4", None, None],
        [None, "y", None],
    ]


def test_lazy_simple_default_delimiter(lake: Lake) -> None:
    lake.put("s3://lake/t/a", "1\x01x\n2\x01y\n")
    lake.table("t", {"a": "int", "b": "string"}, "s3://lake/t/", LAZY_SIMPLE)
    assert lake.rows("SELECT * FROM t ORDER BY a") == [["1", "x"], ["2", "y"]]


def test_lazy_simple_keeps_quotes(lake: Lake) -> None:
    lake.put("s3://lake/t/a", '"x",1\n')
    lake.table("t", {"a": "string", "b": "int"}, "s3://lake/t/", LAZY_SIMPLE, properties={"field.delim": ","})
    assert lake.rows("SELECT * FROM t") == [['"x"', "1"]]


def test_lazy_simple_types(lake: Lake) -> None:
    lake.put(
        "s3://lake/t/a", "2026-01-02\t2026-01-02 03:04:05.6\ttrue\t1|2\t1.25\n2026\t2026-01-02T03:04:05\tyes\t\tx\n"
    )
    columns = {"d": "date", "t": "timestamp", "b": "boolean", "xs": "array<int>", "n": "decimal(5,2)"}
    lake.table("t", columns, "s3://lake/t/", LAZY_SIMPLE, properties={"field.delim": "\t", "collection.delim": "|"})
    assert lake.rows("SELECT d, t, b, n FROM t ORDER BY d") == [
        ["2026-01-02", "2026-01-02 03:04:05.600", "true", "1.25"],
        [None, None, None, None],
    ]
    assert lake.rows("SELECT xs FROM t WHERE d IS NOT NULL") == [["[1, 2]"]]


def test_open_csv_quotes(lake: Lake) -> None:
    lake.put("s3://lake/t/a.csv", '"a","b"\n"x, y","say ""hi"""\n')
    lake.table(
        "t", {"a": "string", "b": "string"}, "s3://lake/t/", OPEN_CSV, parameters={"skip.header.line.count": "1"}
    )
    assert lake.rows("SELECT * FROM t") == [["x, y", 'say "hi"']]


def test_open_csv_times_are_numbers(lake: Lake) -> None:
    lake.put("s3://lake/t/a.csv", '"20455","1767323045678"\n')
    lake.table("t", {"d": "date", "t": "timestamp"}, "s3://lake/t/", OPEN_CSV)
    assert lake.rows("SELECT * FROM t") == [["2026-01-02", "2026-01-02 03:04:05.678"]]


def test_open_csv_refuses_what_is_not_of_the_type(lake: Lake) -> None:
    lake.put("s3://lake/t/a.csv", '"x"\n')
    lake.table("t", {"n": "int"}, "s3://lake/t/", OPEN_CSV)
    assert (
        lake.refused("SELECT n FROM t")
        == "HIVE_BAD_DATA: Error parsing field value 'x' for field n: For input string: \"x\""
    )


def test_a_format_that_is_not_read_is_named(lake: Lake) -> None:
    ion = "com.amazon.ionhiveserde.IonHiveSerDe"
    lake.put("s3://lake/t/a", "x")
    lake.table("t", {"n": "int"}, "s3://lake/t/", ion)
    reason = lake.refused("SELECT n FROM t")
    assert reason.startswith("HIVE_UNSUPPORTED_FORMAT: ")
    assert ion in reason


def test_a_compression_that_is_not_read_is_named(lake: Lake) -> None:
    lake.put("s3://lake/t/a.csv.bz2", "x")
    lake.table("t", {"n": "int"}, "s3://lake/t/", LAZY_SIMPLE)
    assert "a.csv.bz2" in lake.refused("SELECT n FROM t")


def test_lazy_simple_nesting(lake: Lake) -> None:
    rows = [
        ["1", "7,8", "k:1,l:2,k:3", "5,u:v", "p:1\x042,q:3"],
        ["2", "", "", "", ""],
        ["3", "\\N", "\\N", "\\N", "\\N"],
        ["4", "1,\\N,x", "a:\\N,b", "1", "z:"],
    ]
    lake.put("s3://lake/t/a", "".join("\t".join(row) + "\n" for row in rows))
    columns = {
        "a": "int",
        "xs": "array<int>",
        "m": "map<string,int>",
        "s": "struct<x:int,ys:array<string>>",
        "mx": "map<string,array<int>>",
    }
    delimiters = {"field.delim": "\t", "collection.delim": ",", "mapkey.delim": ":"}
    lake.table("t", columns, "s3://lake/t/", LAZY_SIMPLE, properties=delimiters)
    assert lake.rows("SELECT * FROM t ORDER BY a") == [
        ["1", "[7, 8]", "{k=1, l=2}", "{x=5, ys=[u, v]}", "{p=[1, 2], q=[3]}"],
        ["2", "[]", "{}", "{x=null, ys=null}", "{}"],
        ["3", None, None, None, None],
        ["4", "[1, null, null]", "{a=null, b=null}", "{x=1, ys=null}", "{z=[]}"],
    ]
