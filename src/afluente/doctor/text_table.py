"""What goes wrong with tables of delimited text and of logs, and with those that Athena cannot read at all."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence

from afluente.core.grok.expression import Grok, GrokError
from afluente.doctor.finding import Finding, Kind, Severity, Text

MOST_LINES = 1000

NO_SERDE = Kind(
    "no-serde",
    Severity.PROBLEM,
    Text(
        "Athena cannot read this table: it has no SerDe, as there is none for {format}.",
        "Crawlers make tables of XML and of unknown formats for Glue jobs and for your eyes, not for Athena.",
        "Have a Glue job read it from the catalog and write Parquet; or give the crawler a classifier that knows it.",
    ),
    Text(
        "O Athena não consegue ler esta tabela: ela não tem SerDe, pois não há nenhum para {format}.",
        "Crawlers criam tabelas de XML e de formatos desconhecidos para jobs do Glue, não para o Athena.",
        "Faça um job do Glue ler do catálogo e gravar Parquet, ou dê ao crawler um classificador do formato.",
    ),
)
JSON_PATH = Kind(
    "json-path",
    Severity.WARNING,
    Text(
        "The columns are those of {path} in each document; Athena reads whole documents, one per line.",
        "A JSON classifier made this table. Its path counts for Glue jobs; the SerDe knows nothing of it.",
        "Have a Glue job write what the path leads to, one object per line or as Parquet, and query that.",
    ),
    Text(
        "As colunas são as de {path} em cada documento; o Athena lê documentos inteiros, um por linha.",
        "Um classificador JSON criou esta tabela. O caminho vale para jobs do Glue; o SerDe não sabe dele.",
        "Faça um job do Glue gravar aquilo a que o caminho leva, um objeto por linha ou em Parquet, e consulte isso.",
    ),
)
QUOTES = Kind(
    "values-in-quotes",
    Severity.PROBLEM,
    Text(
        "{key} has values in quotes ({value}), and the table's SerDe knows no quotes.",
        "LazySimpleSerDe shows the quotes, and cuts a value at a delimiter inside of them, so that columns shift.",
        "Use OpenCSVSerde: a custom CSV classifier with a quote symbol has the crawler write it.",
    ),
    Text(
        "{key} tem valores entre aspas ({value}), e o SerDe da tabela não conhece aspas.",
        "O LazySimpleSerDe mostra as aspas e corta um valor no delimitador dentro delas; as colunas se deslocam.",
        "Use o OpenCSVSerde: com um classificador CSV próprio, com símbolo de aspas, o crawler o grava.",
    ),
)
HEADER = Kind(
    "header-as-row",
    Severity.PROBLEM,
    Text(
        "The first line of {key} is the columns' names, and counts as a row.",
        "Without skip.header.line.count each file gives a row of names (NULL where numbers are due).",
        "ALTER TABLE {table} SET TBLPROPERTIES ('skip.header.line.count'='1')",
    ),
    Text(
        "A primeira linha de {key} são os nomes das colunas e conta como registro.",
        "A tabela não diz skip.header.line.count; cada arquivo dá um registro de nomes (NULL onde se esperam números).",
        "ALTER TABLE {table} SET TBLPROPERTIES ('skip.header.line.count'='1')",
    ),
)
NO_MATCH = Kind(
    "lines-without-match",
    Severity.WARNING,
    Text(
        "{lines} of {all} lines in {key} do not match the table's grok pattern, such as: {line}",
        "The GrokSerDe makes a row of NULLs of each.",
        "Widen the pattern (input.format), or leave them out: WHERE {column} IS NOT NULL.",
    ),
    Text(
        "{lines} de {all} linhas em {key} não casam com o padrão grok da tabela, como: {line}",
        "O GrokSerDe faz de cada uma um registro de NULLs.",
        "Amplie o padrão (input.format) ou deixe-as de fora: WHERE {column} IS NOT NULL.",
    ),
)
SHIFTED = Kind(
    "fields-that-shift",
    Severity.PROBLEM,
    Text(
        "In {key}, {lines} lines lack the field {field}, and the values behind it stand one column too early.",
        "The GrokSerDe gives values to columns by their place, and leaves out what an optional part did not match.",
        "Let that part match something in every line: (?<{field}>...|-) in place of an optional group.",
    ),
    Text(
        "Em {key}, {lines} linhas não têm o campo {field}, e os valores seguintes ficam uma coluna antes.",
        "O GrokSerDe dá os valores às colunas pela posição e deixa de fora o que uma parte opcional não casou.",
        "Faça essa parte casar com algo em toda linha: (?<{field}>...|-) em vez de um grupo opcional.",
    ),
)


def examine_serde(library: str, parameters: Mapping[str, str]) -> Iterator[Finding]:
    """What the table's description alone tells. parameters: of the table and its SerDe."""
    if not library:
        yield NO_SERDE.found(format=parameters.get("classification", "?"))
    elif "jsonPath" in parameters:
        yield JSON_PATH.found(path=parameters["jsonPath"])


def examine(
    table: str, library: str, parameters: Mapping[str, str], columns: Sequence[str], texts: Mapping[str, bytes]
) -> Iterator[Finding]:
    """What the begins of the table's files (`texts`, by key) tell; each kind of finding once."""
    seen: set[str] = set()
    for key, data in texts.items():
        lines = [line for line in data.decode(errors="replace").splitlines()[:MOST_LINES] if line.strip()]
        for finding in _examine(table, library.rsplit(".", 1)[-1], parameters, columns, key, lines):
            if finding.kind.code not in seen:
                seen.add(finding.kind.code)
                yield finding


def _examine(  # noqa: PLR0917  # the table, and one file
    table: str, serde: str, parameters: Mapping[str, str], columns: Sequence[str], key: str, lines: Sequence[str]
) -> Iterator[Finding]:
    if serde == "GrokSerDe":
        yield from _grok(parameters, key, lines)
    if serde in {"LazySimpleSerDe", "OpenCSVSerde"} and lines:
        delimiter = parameters.get("field.delim") or parameters.get("separatorChar") or ","
        if serde == "LazySimpleSerDe" and (value := _quoted(delimiter, lines)):
            yield QUOTES.found(key=key, value=value)
        if parameters.get("skip.header.line.count", "0") == "0" and _is_header(lines[0], delimiter, columns):
            yield HEADER.found(key=key, table=table)


def _quoted(delimiter: str, lines: Sequence[str]) -> str:
    """The first value that stands in quotes; empty when there is none."""
    mark = re.escape(delimiter)
    pattern = re.compile(rf'(?:^|{mark})("[^"]*")(?={mark}|$)')
    return next((match[1][:60] for line in lines if (match := pattern.search(line))), "")


def _is_header(line: str, delimiter: str, columns: Sequence[str]) -> bool:
    fields = next(csv.reader([line], delimiter=delimiter if len(delimiter) == 1 else ","))
    return len(columns) > 1 and [field.strip().lower() for field in fields] == [name.lower() for name in columns]


def _grok(parameters: Mapping[str, str], key: str, lines: Sequence[str]) -> Iterator[Finding]:
    try:
        grok = Grok(parameters.get("input.format", ""), parameters.get("input.grokCustomPatterns", ""))
    except GrokError:
        return  # the query says so itself
    names = [field.name for field in grok.fields]
    found = [grok.captures(line) for line in lines]
    unmatched = [line for line, captures in zip(lines, found, strict=True) if captures is None]
    if unmatched:
        yield NO_MATCH.found(
            lines=len(unmatched), all=len(lines), key=key, line=unmatched[0][:100], column=names[0] if names else "..."
        )
    shifted = [captures for captures in found if captures is not None and list(captures) != names[: len(captures)]]
    if shifted:
        missing = next(name for name in names if name not in shifted[0])
        yield SHIFTED.found(key=key, lines=len(shifted), field=missing)
