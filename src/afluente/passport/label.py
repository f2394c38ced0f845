"""What stations and facts are called where they are shown."""

from collections.abc import Mapping

from afluente.passport.notice import clock

Labels = Mapping[str, Mapping[str, str]]


def _both(en: str, pt: str) -> Mapping[str, str]:
    return {"en": en, "pt": pt}


STATIONS: Labels = {
    "put": _both("put", "put"),
    "delivery": _both("delivery", "entrega"),
    "crawl": _both("crawl", "crawl"),
    "job": _both("job", "job"),
    "answer": _both("answer", "resposta"),
}

LABELS: Labels = {
    "stream": _both("stream", "stream"),
    "sequence_number": _both("sequence number", "número de sequência"),
    "shard": _both("shard", "shard"),
    "partition_key": _both("partition key", "chave de partição"),
    "hash": _both("its MD5 hash", "seu hash MD5"),
    "hash_range": _both("in the shard's range", "no intervalo do shard"),
    "explicit_hash": _both("explicit hash key in", "hash key explícita em"),
    "bytes": _both("bytes", "bytes"),
    "data": _both("data", "dados"),
    "delivery_stream": _both("delivery stream", "delivery stream"),
    "object": _both("object", "objeto"),
    "etag": _both("ETag", "ETag"),
    "offset": _both("from byte", "do byte"),
    "end": _both("to byte", "ao byte"),
    "record": _both("record number", "registro número"),
    "records": _both("of records", "de registros"),
    "sealed_at": _both("buffer closed at", "buffer fechado em"),
    "flush": _both("because", "porque"),
    "waited_s": _both("waited", "esperou"),
    "table": _both("table", "tabela"),
    "partition": _both("partition", "partição"),
    "crawler": _both("crawler", "crawler"),
    "last_crawl": _both("its last crawl", "seu último crawl"),
    "file": _both("file", "arquivo"),
    "row_group": _both("row group", "row group"),
    "row": _both("row", "linha"),
    "run": _both("job run", "execução do job"),
    "run_time": _both("from, to", "de, a"),
    "bookmark": _both("bookmark", "bookmark"),
    "query": _both("query", "consulta"),
    "query_id": _both("query id", "id da consulta"),
    "scanned_bytes": _both("bytes scanned", "bytes lidos"),
    "answer": _both("answer", "resposta"),
}

LINES: Labels = {
    "in": _both("put into the stream", "postos no stream"),
    "taken_apart": _both("more, by taking apart", "a mais, por desagregar"),
    "delivered": _both("delivered", "entregues"),
    "objects": _both("objects:", "objetos:"),
    "pending": _both("pending", "pendentes"),
    "error_output": _both("in the error output", "na saída de erros"),
    "dropped": _both("dropped by a function", "descartados por uma função"),
    "records": _both("records delivered", "registros entregues"),
    "rows": _both("rows in the lake", "linhas no lake"),
    "too_many": _both("rows too many", "linhas a mais"),
    "duplicates": _both("duplicates", "duplicatas"),
    "rejected": _both("put aside by the job", "separados pelo job"),
    "waiting": _both("not read by the job yet", "ainda não lidos pelo job"),
    "late": _both("of all: an hour late or more", "do total: atrasados uma hora ou mais"),
    "difference": _both("difference", "diferença"),
}

FLUSHES: Labels = {
    "flush_size": _both("its buffer was full", "o buffer encheu"),
    "flush_interval": _both("its interval was over", "o intervalo passou"),
    "flush_unknown": _both("AWS does not tell", "a AWS não diz"),
}


def shown(name: str, fact: object, language: str) -> str:
    """A fact as people read it; of several lines, where it has them."""
    if name == "flush":
        return FLUSHES[str(fact)][language]
    if name == "waited_s":
        return f"{fact:,.1f} s"
    if name in {"bytes", "offset", "end", "records", "record", "scanned_bytes"}:
        return f"{fact:,}"
    return clock(fact) if hasattr(fact, "astimezone") else str(fact)  # type: ignore[arg-type]
