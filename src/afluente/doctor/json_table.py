"""What can be wrong inside the JSON files of a table: lines, names, types, dates."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from afluente.doctor.finding import Finding, Kind, Severity, Text
from afluente.doctor.sample import JsonText, rows

SEVERAL_ON_ONE_LINE = Kind(
    "several-objects-on-one-line",
    Severity.PROBLEM,
    Text(
        "{objects} objects stand on {lines} line(s) in {key}: Athena shows {lines} row(s).",
        "Firehose writes records back to back, and the producers end none with a newline. Athena's JSON SerDe reads "
        "one object per line and drops the rest of the line; the crawler and Glue jobs read all of them.",
        "Turn on the processor AppendDelimiterToRecord in the delivery stream, or let the producers end each record "
        "with "
        '"\\n". For the files that are there: query the table that a Glue job writes from them.',
    ),
    Text(
        "{objects} objetos estão em {lines} linha(s) em {key}: o Athena mostra {lines} registro(s).",
        "O Firehose grava os registros colados um no outro, e os produtores não terminam nenhum com quebra de linha. O "
        "SerDe JSON do Athena lê um objeto por linha e descarta o resto da linha; o crawler e os jobs do Glue leem "
        "todos.",
        "Ligue o processador AppendDelimiterToRecord no delivery stream, ou faça os produtores terminarem cada "
        "registro "
        'com "\\n". Para os arquivos que já existem: consulte a tabela que um job do Glue grava a partir deles.',
    ),
)
OBJECT_OVER_LINES = Kind(
    "object-over-several-lines",
    Severity.PROBLEM,
    Text(
        "{lines} line(s) of {key} are no complete JSON object: a query fails with HIVE_CURSOR_ERROR.",
        "The objects are written over several lines (pretty-printed), or a line is damaged. Athena's JSON SerDe needs "
        "each object whole on a line of its own.",
        "Write compact JSON (json.dumps without indent), one object per line. With the OpenX SerDe, "
        "'ignore.malformed.json'='true' turns damaged lines into rows of NULLs.",
    ),
    Text(
        "{lines} linha(s) de {key} não são um objeto JSON completo: a consulta falha com HIVE_CURSOR_ERROR.",
        "Os objetos ocupam várias linhas (formatados com indentação), ou uma linha está danificada. O SerDe JSON do "
        "Athena precisa de cada objeto inteiro numa linha só.",
        "Grave JSON compacto (json.dumps sem indent), um objeto por linha. Com o SerDe OpenX, "
        "'ignore.malformed.json'='true' transforma as linhas danificadas em registros só de NULL.",
    ),
)
ARRAY = Kind(
    "top-level-array",
    Severity.PROBLEM,
    Text(
        "{key} holds a JSON array, not objects: no column finds its values.",
        "Athena's JSON SerDes read objects; an array at the top is not taken apart, and a crawler without a classifier "
        "of its own makes a single column `array` of it.",
        "Write one object per line, or read the files with a Glue job (or a crawler with the JSON classifier $[*] for "
        "the schema).",
    ),
    Text(
        "{key} contém um array JSON, e não objetos: nenhuma coluna encontra os seus valores.",
        "Os SerDes JSON do Athena leem objetos; um array no topo não é separado, e um crawler sem classificador "
        "próprio cria com ele uma única coluna `array`.",
        "Grave um objeto por linha, ou leia os arquivos com um job do Glue (ou, para o esquema, um crawler com o "
        "classificador JSON $[*]).",
    ),
)
COLUMN_WITHOUT_KEY = Kind(
    "column-without-key",
    Severity.PROBLEM,
    Text(
        "The column {column} is NULL in every row: no object that was looked at has the key.",
        "Columns find their values by name. The objects have: {keys}.",
        "Rename the column, map it (OpenX SerDe: 'mapping.{column}'='TheKey'), or crawl again if the data has changed.",
    ),
    Text(
        "A coluna {column} é NULL em todos os registros: nenhum objeto examinado tem a chave.",
        "As colunas encontram os valores pelo nome. Os objetos têm: {keys}.",
        "Renomeie a coluna, mapeie-a (SerDe OpenX: 'mapping.{column}'='AChave'), ou rode o crawler de novo se os dados "
        "mudaram.",
    ),
)
WRONG_TYPE = Kind(
    "value-of-another-type",
    Severity.PROBLEM,
    Text(
        "The column {column} is {type}, but {key} has {value}: a query fails with HIVE_BAD_DATA.",
        "The SerDe converts a value to the column's type, and this one is not of it.",
        "Change the column's type to string and cast in the query (TRY_CAST gives NULL for what does not fit), or mend "
        "the producer.",
    ),
    Text(
        "A coluna {column} é {type}, mas {key} tem {value}: a consulta falha com HIVE_BAD_DATA.",
        "O SerDe converte o valor para o tipo da coluna, e este não é desse tipo.",
        "Mude o tipo da coluna para string e converta na consulta (TRY_CAST dá NULL para o que não couber), ou "
        "corrija o produtor.",
    ),
)
NUMBER_AS_TEXT = Kind(
    "number-as-text",
    Severity.NOTE,
    Text(
        "The column {column} is string, but holds numbers ({value}).",
        "The producer writes numbers as texts, so they sort as texts ('10' < '9') and avg() refuses them.",
        "CAST({column} AS double) in the query, or write numbers without quotes and crawl again.",
    ),
    Text(
        "A coluna {column} é string, mas guarda números ({value}).",
        "O produtor grava os números como texto; por isso são ordenados como texto ('10' < '9') e avg() os recusa.",
        "CAST({column} AS double) na consulta, ou grave os números sem aspas e rode o crawler de novo.",
    ),
)

INTEGERS = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})
NUMBERS = INTEGERS | {"float", "double", "decimal"}


def examine(key: str, text: JsonText) -> Iterator[Finding]:
    """What is wrong with the lines of one file."""
    if text.objects > text.lines:
        yield SEVERAL_ON_ONE_LINE.found(objects=text.objects, lines=text.lines, key=key)
    if text.broken_lines:
        yield OBJECT_OVER_LINES.found(lines=text.broken_lines, key=key)
    if any(isinstance(document, list) for documents in text.documents for document in documents[:1]):
        yield ARRAY.found(key=key)


def examine_columns(
    columns: Sequence[Mapping[str, Any]], files: Mapping[str, JsonText], serde: Mapping[str, str]
) -> Iterator[Finding]:
    """What does not fit between the table's columns and the objects of all files that were looked at.

    columns: Glue's (Name, Type). serde: the SerDe's parameters.
    """
    found = [(key, {name.lower(): value for name, value in row.items()}) for key, text in files.items()
             for row in rows(text)]  # fmt: skip
    keys = Counter(name for _, row in found for name in row)
    if not keys:
        return
    for column in columns:
        name, kind = column["Name"].lower(), column.get("Type", "string").partition("(")[0].lower()
        source = serde.get(f"mapping.{name}", name).lower()
        if source not in keys:
            yield COLUMN_WITHOUT_KEY.found(column=name, keys=", ".join(sorted(keys)))
            continue
        values = [(key, row[source]) for key, row in found if row.get(source) is not None]
        yield from _examine_values(name, kind, values)


def _examine_values(column: str, kind: str, values: Iterable[tuple[str, Any]]) -> Iterator[Finding]:
    numbers = texts = 0
    for key, value in values:
        if kind in NUMBERS and not _is_number(value):
            yield WRONG_TYPE.found(column=column, type=kind, key=key, value=repr(value)[:60])
            return
        texts += isinstance(value, str)
        numbers += isinstance(value, str) and _is_number(value)
        last = value
    if kind == "string" and texts and numbers == texts:
        yield NUMBER_AS_TEXT.found(column=column, value=f'"{last}"')


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | dict | list):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True
