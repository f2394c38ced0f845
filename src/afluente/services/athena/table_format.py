"""How the catalog describes the formats of tables: SerDe, input and output format, as Athena writes them."""

from typing import NamedTuple

LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_TEXT_IN = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_HIVE = "org.apache.hadoop.hive.ql.io"


class TableFormat(NamedTuple):
    """One format."""

    serde: str
    input_format: str
    output_format: str


FORMATS = {
    "TEXTFILE": TableFormat(LAZY_SIMPLE, _TEXT_IN, _TEXT_OUT),
    "JSON": TableFormat("org.apache.hive.hcatalog.data.JsonSerDe", _TEXT_IN, _TEXT_OUT),
    "PARQUET": TableFormat(
        f"{_HIVE}.parquet.serde.ParquetHiveSerDe",
        f"{_HIVE}.parquet.MapredParquetInputFormat",
        f"{_HIVE}.parquet.MapredParquetOutputFormat",
    ),
    "ORC": TableFormat(f"{_HIVE}.orc.OrcSerde", f"{_HIVE}.orc.OrcInputFormat", f"{_HIVE}.orc.OrcOutputFormat"),
    "AVRO": TableFormat(
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
        f"{_HIVE}.avro.AvroContainerInputFormat",
        f"{_HIVE}.avro.AvroContainerOutputFormat",
    ),
    "ION": TableFormat(
        "com.amazon.ionhiveserde.IonHiveSerDe",
        "com.amazon.ionhiveserde.formats.IonInputFormat",
        "com.amazon.ionhiveserde.formats.IonOutputFormat",
    ),
    "RCFILE": TableFormat(
        "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
        f"{_HIVE}.RCFileInputFormat",
        f"{_HIVE}.RCFileOutputFormat",
    ),
    "SEQUENCEFILE": TableFormat(
        LAZY_SIMPLE, "org.apache.hadoop.mapred.SequenceFileInputFormat", f"{_HIVE}.HiveSequenceFileOutputFormat"
    ),
}
"""By the word after STORED AS."""

SERDES = frozenset(
    {
        *(form.serde for form in FORMATS.values()),
        "com.amazon.emr.hive.serde.CloudTrailSerde",
        "com.amazonaws.glue.serde.GrokSerDe",
        "org.apache.hadoop.hive.contrib.serde2.RegexSerDe",
        "org.apache.hadoop.hive.serde2.JsonSerDe",
        "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        "org.apache.hadoop.hive.serde2.RegexSerDe",
        "org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe",
        "org.apache.hadoop.hive.serde2.lazybinary.LazyBinarySerDe",
        "org.openx.data.jsonserde.JsonSerDe",
        "parquet.hive.serde.ParquetHiveSerDe",
    }
)
"""The classes that Athena has: it takes no others ("Use SerDes" in the Athena user guide)."""

DELIMITED = {
    ("FIELDS", "TERMINATED", "BY"): ("field.delim",),
    ("ESCAPED", "BY"): ("escape.delim",),
    ("COLLECTION", "ITEMS", "TERMINATED", "BY"): ("collection.delim",),
    ("MAP", "KEYS", "TERMINATED", "BY"): ("mapkey.delim",),
    ("LINES", "TERMINATED", "BY"): ("line.delim",),
    ("NULL", "DEFINED", "AS"): ("serialization.null.format",),
}
"""The clauses of ROW FORMAT DELIMITED and the SerDe properties they set."""
