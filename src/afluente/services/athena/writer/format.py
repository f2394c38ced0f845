"""How a query's rows are written: the formats, their compressions, and DuckDB's options for them.

Source: "Hive table compression support" in the Athena user guide.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.query import Column
from afluente.services.athena.sql.quote import literal
from afluente.services.athena.sql.value import stored, text_of

TEXT_CODECS = {"GZIP": "gzip", "NONE": "none", "UNCOMPRESSED": "none", "ZSTD": "zstd"}
CODECS: Mapping[str, Mapping[str, str]] = {
    "PARQUET": {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "uncompressed"},
    "ORC": {"ZLIB": "zlib", "SNAPPY": "snappy", "LZ4": "lz4", "ZSTD": "zstd", "NONE": "uncompressed"},
    "AVRO": {"DEFLATE": "deflate", "SNAPPY": "snappy", "BZIP2": "bzip2", "ZSTD": "zstandard", "NONE": "null"},
    "JSON": TEXT_CODECS,
    "TEXTFILE": TEXT_CODECS,
}
"""For each format Athena's words for its compressions, the default first, and the writers'."""

EXTENSIONS = {"gzip": ".gz", "zstd": ".zst"}
"""Of files that are compressed as a whole."""

ZSTD_LEVEL = 3
"""Athena's default."""


@dataclass(frozen=True, slots=True)
class WriteFormat:
    """How a query's rows are written: `name` is a key of CODECS, `codec` the writer's word for the compression."""

    name: str
    codec: str
    delimiter: str = "\x01"
    level: int = ZSTD_LEVEL
    avro_schema: str = ""
    """What the table says that its files have, if it does."""

    @staticmethod
    def of(
        name: str, compression: str, delimiter: str = "\x01", *, level: str = "", avro_schema: str = ""
    ) -> "WriteFormat":
        """The format that a statement's properties ask for. Raises QueryFailure for what cannot be written."""
        upper = name.upper()
        if upper not in CODECS:
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not write the format {name}")
        codecs = CODECS[upper]
        wanted = {"UNCOMPRESSED": "NONE"}.get(given := compression.upper(), given) or next(iter(codecs))
        if wanted not in codecs:
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not write {name} with the compression {compression}")
        return WriteFormat(upper, codecs[wanted], delimiter, _level(level, upper, wanted), avro_schema)

    @property
    def extension(self) -> str:
        """What the names of its files end with."""
        return EXTENSIONS.get(self.codec, "") if self.name in {"JSON", "TEXTFILE"} else ""

    def options(self) -> str:
        """The options of DuckDB's COPY; ORC and Avro come out of Parquet."""
        if self.name == "PARQUET":
            level = f", COMPRESSION_LEVEL {self.level}" if self.codec == "zstd" else ""
            return f"FORMAT parquet, COMPRESSION {literal(self.codec)}{level}"
        if self.name in {"ORC", "AVRO"}:
            return "FORMAT parquet, COMPRESSION 'lz4'"
        if self.name == "JSON":
            return f"FORMAT json, COMPRESSION {literal(self.codec)}"
        return (
            f"FORMAT csv, HEADER false, DELIMITER {literal(self.delimiter)}, QUOTE '', ESCAPE '', NULLSTR '\\N', "
            f"COMPRESSION {literal(self.codec)}"
        )

    def shaped(self, value: str, column: Column) -> str:
        """The value as it goes into a file."""
        return text_of(value, column.native, column.type) if self.name == "TEXTFILE" else stored(value, column.native)


def _level(given: str, name: str, compression: str) -> int:
    if not given:
        return ZSTD_LEVEL
    if (name, compression) != ("PARQUET", "ZSTD"):
        raise QueryFailure(
            "NOT_SUPPORTED", f"Afluente has compression_level for Parquet with ZSTD only, not for {name}"
        )
    if not given.isdecimal() or not 1 <= int(given) <= 22:
        raise QueryFailure("INVALID_TABLE_PROPERTY", f"compression_level must be from 1 to 22, not {given}")
    return int(given)
