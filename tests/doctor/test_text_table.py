"""`afluente doctor table`, of text and of what crawlers make for others than Athena."""

from typing import Any

import pytest
from tests.doctor.conftest import OPENX, Lake, codes

from afluente.doctor import table

LAZY = {
    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", "Parameters": {"field.delim": ","},
}  # fmt: skip
GROK = {
    "SerializationLibrary": "com.amazonaws.glue.serde.GrokSerDe",
    "Parameters": {"input.format": "%{WORD:data} (?:%{INT:idtemp} )?%{QS:type}"},
}


@pytest.mark.parametrize(
    ("serde", "data", "found"),
    [
        (LAZY, b"1,2.5,x\n2,3.5,y\n", []),
        (LAZY, b'1,2.5,"x, y"\n', ["values-in-quotes"]),
        (LAZY, b"IdTemp,data,type\n1,2.5,x\n", ["header-as-row"]),
        (GROK, b'x 1 "q"\n', []),
        (GROK, b'x 1 "q"\nnothing\n', ["lines-without-match"]),
        (GROK, b'x "q"\n', ["fields-that-shift"]),
        ({"Parameters": {"rowTag": "row"}}, b"<rows/>", ["no-serde"]),
        (OPENX | {"Parameters": {"jsonPath": "$.a"}}, b'{"idtemp": 1, "data": 2.5, "type": "x"}\n', ["json-path"]),
    ],
)
def test_table_of_text(lake: Lake, serde: dict[str, Any], data: bytes, found: list[str]) -> None:
    lake.put("readings/one", data)
    findings = list(table.examine(lake.client, lake.table(serde=serde)))
    assert codes(findings) == found
    for finding in findings:
        assert all(finding.text(language).next for language in ("en", "pt"))
