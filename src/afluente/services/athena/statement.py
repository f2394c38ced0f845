"""Which kind of statement a text is, and what it says, as far as StartQueryExecution looks before it answers."""

import re
from dataclasses import dataclass, field

from sqlglot import exp

from afluente.services.athena import hive_parser, iceberg_statement
from afluente.services.athena.error import InvalidRequestException, QueryFailure
from afluente.services.athena.hive_statement import Ddl, Name
from afluente.services.athena.sql.parse import NOT_A_QUERY, mismatched, parse_expression, parse_query
from afluente.services.athena.sql.quote import literal
from afluente.services.athena.token import Reader, tokens

QUERY_WORDS = ("SELECT", "WITH", "VALUES", "TABLE", "(")


@dataclass(frozen=True)
class Select(Ddl):
    """A query. `refusal` is what is wrong with it that AWS says only when it runs."""

    type = "DML"
    subtype = "SELECT"
    output = "{id}.csv"
    queries = True
    text: str
    tree: exp.Query | None
    refusal: QueryFailure | None = None

    def query(self) -> exp.Query:
        """The query's tree, to be bound once. Raises QueryFailure."""
        if self.tree is None:
            raise self.refusal or QueryFailure("SYNTAX_ERROR", "there is no query")
        return self.tree


@dataclass(frozen=True)
class Explain(Ddl):
    """EXPLAIN of a query: its plan as `form` (text, json, graphviz, io), or only whether it is valid.

    `analyze`: the query is run, and the plan says what each step took. `target`: the table into which the explained
    statement would write the query's rows.
    """

    type = "DML"
    subtype = "EXPLAIN"
    queries = True
    select: Select
    form: str = "text"
    analyze: bool = False
    validates: bool = False
    target: Name | None = None


@dataclass(frozen=True)
class Insert(Ddl):
    """INSERT INTO a table, of all its columns or of those named."""

    type = "DML"
    subtype = "INSERT"
    output = "{id}"
    queries = True
    name: Name
    columns: list[str]
    select: Select


@dataclass(frozen=True)
class CreateTableAs(Ddl):
    """CREATE TABLE AS; `properties` are those of its WITH, texts or lists of texts."""

    subtype = "CREATE_TABLE_AS_SELECT"
    output = "tables/{id}"
    queries = True
    name: Name
    if_not_exists: bool
    properties: dict[str, str | list[str]]
    select: Select
    with_data: bool = True


@dataclass(frozen=True)
class CreateView(Ddl):
    """CREATE [OR REPLACE] VIEW; `text` is the query as written, which the catalog keeps."""

    subtype = "CREATE_VIEW"
    queries = True
    name: Name
    replace: bool
    text: str
    select: Select


@dataclass(frozen=True)
class Unload(Ddl):
    """UNLOAD of a query into a folder."""

    type = "DML"
    subtype = "UNLOAD"
    output = "{id}"
    queries = True
    location: str
    properties: dict[str, str | list[str]]
    select: Select


@dataclass(frozen=True)
class Prepare(Ddl):
    """PREPARE name FROM statement."""

    subtype = "PREPARE"
    name: str
    text: str


@dataclass(frozen=True)
class Execute(Ddl):
    """EXECUTE name USING values; becomes the prepared statement before it runs."""

    subtype = "EXECUTE"
    name: str
    values: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Deallocate(Ddl):
    """DEALLOCATE PREPARE name."""

    subtype = "DEALLOCATE"
    name: str


def parse(text: str, parameters: list[str] | None = None) -> Ddl:
    """The statement that `text` spells, `?` filled in. Raises InvalidRequestException as StartQueryExecution does."""
    reader = Reader(text)
    if reader.ended:
        raise InvalidRequestException("Query string is empty", "MALFORMED_QUERY")
    if reader.next.upper in QUERY_WORDS:
        return _select(text, parameters)
    for words, read in HEADS:
        if reader.at(*words):
            return read(text, parameters)
    if reader.at("CREATE", "TABLE") and _is_as_select(text):
        return _create_table_as(text, parameters)
    return iceberg_statement.parse(_given(text, parameters)) or hive_parser.parse(text)


def select_of(text: str) -> Select:
    """The query that `text` spells. Raises InvalidRequestException, QueryFailure."""
    return _select(text, None)


def _given(text: str, parameters: list[str] | None) -> str:
    return _filled(text, parameters) if parameters else text


def _select(text: str, parameters: list[str] | None, start: int = 0) -> Select:
    """The query that begins at `start`. Blanks stand for what is before it, so that places stay true."""
    blank = re.sub(r"[^\n]", " ", text[:start])
    body = text[start:]
    if match := re.match(r"\s*TABLE\s+(\S+)\s*$", body, re.IGNORECASE):
        body = f"SELECT * FROM {match[1]}"
    try:
        filled = _filled(blank + body, parameters)
        return Select(filled, parse_query(filled))
    except QueryFailure as refusal:
        return Select(blank + body, None, refusal)


def _filled(text: str, parameters: list[str] | None) -> str:
    """`text` with its `?` replaced. What parses without naming anything stands as written, all else as a text."""
    marks = [token for token in tokens(text) if token.text == "?"]
    given = parameters or []
    if marks and len(given) != len(marks):
        message = f"Incorrect number of parameters: expected {len(marks)} but found {len(given)}"
        raise QueryFailure("INVALID_PARAMETER_USAGE", message)
    for mark, value in zip(reversed(marks), reversed(given), strict=False):
        text = text[: mark.start] + _value(value) + text[mark.end :]
    return text


def _value(text: str) -> str:
    value = parse_expression(text)
    if value is None or value.find(exp.Column, exp.Star, exp.Query):
        return literal(text)
    return text if isinstance(value, exp.Literal) else f"({text})"


def _explain(text: str, parameters: list[str] | None) -> Ddl:
    reader = Reader(text)
    reader.expect("EXPLAIN")
    analyze = reader.accept("ANALYZE")
    if reader.accept("VERBOSE"):
        raise InvalidRequestException("Afluente does not have EXPLAIN ANALYZE VERBOSE", "NOT_SUPPORTED")
    options = _explain_options(reader) if reader.at("(", "FORMAT") or reader.at("(", "TYPE") else {}
    if analyze and "TYPE" in options:
        raise mismatched(text, reader.next.start, "TYPE")
    select, target = _explained(text, parameters, reader)
    if analyze and target is not None:
        raise InvalidRequestException(
            "Afluente does not have EXPLAIN ANALYZE of a statement that writes", "NOT_SUPPORTED"
        )
    kind = options.get("TYPE", "DISTRIBUTED")
    form = "io" if kind == "IO" else options.get("FORMAT", "TEXT").lower()
    return Explain(select, form, analyze, kind == "VALIDATE", target)


def _explained(text: str, parameters: list[str] | None, reader: Reader) -> tuple[Select, Name | None]:
    """The query of the statement that is explained, and the table that it would write, if it is no plain query."""
    if reader.next.upper in QUERY_WORDS:
        return _select(text, parameters, reader.next.start), None
    start = reader.next.start
    inner = parse(re.sub(r"[^\n]", " ", text[:start]) + text[start:], parameters)
    if not isinstance(inner, (Insert, CreateTableAs, Unload)):
        raise InvalidRequestException(NOT_A_QUERY, "MALFORMED_QUERY")
    return inner.select, None if isinstance(inner, Unload) else inner.name


EXPLAIN_OPTIONS = {
    "FORMAT": {"TEXT", "GRAPHVIZ", "JSON"},
    "TYPE": {"LOGICAL", "DISTRIBUTED", "VALIDATE", "IO"},
}


def _explain_options(reader: Reader) -> dict[str, str]:
    reader.expect("(")
    found: dict[str, str] = {}
    while True:
        option = reader.advance().upper
        if option not in EXPLAIN_OPTIONS or reader.next.upper not in EXPLAIN_OPTIONS[option]:
            reader.refuse("'FORMAT', 'TYPE'")
        found[option] = reader.advance().upper
        if not reader.accept(","):
            break
    reader.expect(")")
    return found


def _insert(text: str, parameters: list[str] | None) -> Ddl:
    reader = Reader(text)
    reader.expect("INSERT", "INTO")
    name = _name(reader)
    columns: list[str] = []
    if reader.at("(") and not _query_in_parentheses(reader):
        columns = _names(reader)
    return Insert(name, columns, _select(text, parameters, reader.next.start))


def _query_in_parentheses(reader: Reader) -> bool:
    return any(reader.at("(", word) for word in ("SELECT", "WITH", "VALUES", "("))


def _names(reader: Reader) -> list[str]:
    reader.expect("(")
    names = [reader.name("quoted")]
    while reader.accept(","):
        names.append(reader.name("quoted"))
    reader.expect(")")
    return names


def _name(reader: Reader) -> Name:
    parts = reader.path("quoted")
    if len(parts) == 3 and parts[0] != "awsdatacatalog":
        raise InvalidRequestException(f"Catalog '{parts[0]}' does not exist", "DATACATALOG_NOT_FOUND")
    return Name(parts[-2] if len(parts) > 1 else "", parts[-1])


def _is_as_select(text: str) -> bool:
    """CREATE TABLE that is followed by WITH or AS after its name."""
    reader = Reader(text)
    reader.expect("CREATE", "TABLE")
    reader.accept("IF", "NOT", "EXISTS")
    try:
        _name(reader)
    except InvalidRequestException:
        return False
    return reader.at("WITH") or reader.at("AS")


def _create_table_as(text: str, parameters: list[str] | None) -> Ddl:
    reader = Reader(text)
    reader.expect("CREATE", "TABLE")
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = _name(reader)
    properties = _properties(reader) if reader.accept("WITH") else {}
    reader.expect("AS")
    start = reader.next.start
    match = re.search(r"\bWITH\s+(NO\s+)?DATA\s*$", text, re.IGNORECASE)
    body = text[: match.start()].rstrip() if match else text
    return CreateTableAs(name, if_not_exists, properties, _select(body, parameters, start), not (match and match[1]))


def _properties(reader: Reader) -> dict[str, str | list[str]]:
    """`(format = 'PARQUET', partitioned_by = ARRAY['dt'])`."""
    reader.expect("(")
    found: dict[str, str | list[str]] = {}
    while not reader.accept(")"):
        key = reader.name("quoted")
        reader.expect("=")
        if reader.accept("ARRAY", "["):
            items: list[str] = []
            while not reader.accept("]"):
                items.append(reader.literal())
                reader.accept(",")
            found[key] = items
        else:
            found[key] = reader.literal() if reader.next.kind == "text" else reader.advance().text
        if not reader.at(")"):
            reader.expect(",")
    return found


def _create_view(text: str, _: list[str] | None) -> Ddl:
    reader = Reader(text)
    reader.expect("CREATE")
    replace = reader.accept("OR", "REPLACE")
    reader.expect("VIEW")
    name = _name(reader)
    reader.expect("AS")
    start = reader.next.start
    return CreateView(name, replace, text[start:], _select(text, None, start))


def _unload(text: str, parameters: list[str] | None) -> Ddl:
    reader = Reader(text)
    reader.expect("UNLOAD", "(")
    start, depth = reader.next.start, 1
    while depth and not reader.ended:
        token = reader.advance()
        depth += (token.text == "(") - (token.text == ")")
    end = token.start
    reader.expect("TO")
    location = reader.literal()
    properties = _properties(reader) if reader.accept("WITH") else {}
    reader.end()
    return Unload(location, properties, _select(text[:end], parameters, start))


def _prepare(text: str, _: list[str] | None) -> Ddl:
    reader = Reader(text)
    reader.expect("PREPARE")
    name = reader.name("quoted")
    reader.expect("FROM")
    return Prepare(name, text[reader.next.start :])


def _execute(text: str, parameters: list[str] | None) -> Ddl:
    reader = Reader(text)
    reader.expect("EXECUTE")
    name = reader.name("quoted")
    if not reader.accept("USING"):
        reader.end()
        return Execute(name, parameters or [])
    values, start, depth = [], reader.next.start, 0
    while not reader.ended:
        token = reader.advance()
        depth += (token.text in "([") - (token.text in ")]")
        if token.text == "," and not depth:
            values.append(text[start : token.start].strip())
            start = token.end
    return Execute(name, [*values, text[start:].strip()])


def _deallocate(text: str, _: list[str] | None) -> Ddl:
    reader = Reader(text)
    reader.expect("DEALLOCATE", "PREPARE")
    return Deallocate(reader.name("quoted"))


HEADS = (
    (("EXPLAIN",), _explain),
    (("INSERT", "INTO"), _insert),
    (("CREATE", "VIEW"), _create_view),
    (("CREATE", "OR", "REPLACE", "VIEW"), _create_view),
    (("UNLOAD",), _unload),
    (("PREPARE",), _prepare),
    (("EXECUTE",), _execute),
    (("DEALLOCATE",), _deallocate),
)
"""What stands in front of a query, or of nothing, by its first words."""
