"""A crawl of many objects, beside listing their folder and reading the same files without looking at them."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.figure import Figure, median_seconds
from bench.role import role
from bench.server import Server, afluente

PARTITIONS, OBJECTS, RECORDS = 100, 100, 20
TIMES = 5


def figures(folder: Path) -> Iterator[Figure]:
    """The first crawl, which writes all partitions, and the next ones, which find everything as it was."""
    data = folder / "crawl"
    with afluente(data) as server:
        _fill(server)
        glue = server.client("glue")
        targets = {"S3Targets": [{"Path": "s3://bench/readings/"}]}
        glue.create_crawler(Name="bench", Role=role(server, "glue"), DatabaseName="bench", Targets=targets)
        files = data / "s3/bench/readings"
        raw = median_seconds(lambda: _list_and_read(files), TIMES)
        what = f"crawl of {PARTITIONS * OBJECTS:,} objects in {PARTITIONS} partitions"
        first = _crawl(server)
        ours = sorted(_crawl(server) for _ in range(TIMES))[TIMES // 2]
        count = len(glue.get_partitions(DatabaseName="bench", TableName="readings", MaxResults=1000)["Partitions"])
        assert count == PARTITIONS, count
        limit = "listing and reading, raw"
        yield Figure(f"{what}, the first", first, "s", "<= 2", raw, limit, more_is_better=False)
        yield Figure(f"{what}, again", ours, "s", "<= 2", raw, limit, more_is_better=False)


def _fill(server: Server) -> None:
    server.s3.create_bucket(Bucket="bench")

    def put(number: int) -> None:
        records = [
            {"idtemp": number * RECORDS + n, "data": n / 7, "type": "temperature", "timestamp": "2026-01-02 03:04:05"}
            for n in range(RECORDS)
        ]
        body = "".join(json.dumps(record) + "\n" for record in records)
        key = f"readings/day={number // OBJECTS:03d}/{number % OBJECTS:03d}.json"
        server.s3.put_object(Bucket="bench", Key=key, Body=body)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(PARTITIONS * OBJECTS)))


def _list_and_read(folder: Path) -> int:
    """List everything, with sizes, and read each file: the sample of a folder are its first hundred files."""
    size = 0
    for path, _, names in os.walk(folder):
        for name in names:
            place = f"{path}/{name}"
            size += os.stat(place).st_size  # noqa: PTH116
            with open(place, "rb") as file:  # noqa: PTH123  # as quick as Python can
                file.read()
    return size


def _crawl(server: Server) -> float:
    """Seconds from StartCrawler until its changes are committed, as the history of crawls has them."""
    glue = server.client("glue")
    glue.start_crawler(Name="bench")
    while glue.get_crawler(Name="bench")["Crawler"]["State"] != "READY":
        time.sleep(0.1)  # asking more often would be measured, too
    crawl = glue.list_crawls(CrawlerName="bench", MaxResults=1)["Crawls"][0]
    assert crawl["State"] == "COMPLETED", crawl
    seconds: float = (crawl["EndTime"] - crawl["StartTime"]).total_seconds()
    return seconds
