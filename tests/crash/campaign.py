"""Clients at work while the server dies again and again, and the ledger that has to balance in the end."""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Container
from typing import Any

from tests.crash.analyst import Analyst
from tests.crash.cataloger import Cataloger
from tests.crash.client import STARTING, Worker, aws
from tests.crash.lake import PATIENCE_S, Lake, identity
from tests.crash.producer import Producer
from tests.crash.resharder import Resharder
from tests.crash.uploader import Uploader
from tests.crash.victim import Victim


class Campaign:
    """The clients of one data folder, seeded."""

    def __init__(self, server: Victim, seed: int, tolerated: Container[int] = STARTING) -> None:
        self._server = server
        self._tolerated = tolerated
        self._lake = Lake(server)
        seeds = random.Random(seed)
        self._producers = {
            "one": Producer("one", self._lake.put_records, seeds.randrange(1 << 32)),
            "two": Producer("two", self._lake.put_records, seeds.randrange(1 << 32)),
            "direct": Producer("direct", self._lake.put_record_batch, seeds.randrange(1 << 32)),
        }
        endpoint = server.endpoint
        self._uploader = Uploader(aws("s3", endpoint), "files", seeds.randrange(1 << 32))
        self._cataloger = Cataloger(aws("glue", endpoint), "lake")
        self._resharder = Resharder(aws("kinesis", endpoint), "farm", seeds.randrange(1 << 32))
        self._analyst = Analyst(aws("athena", endpoint), "s3://lake/results/", "s3://lake/tables")
        self._workers: list[Worker] = []

    def run(self, suffering: Callable[[], None]) -> None:
        """Prepare, let the clients work through `suffering`, let them finish, and check everything.

        The server is handed over running, and taken back running.
        """
        self._server.start()
        self._lake.make()
        self._analyst.prepare()
        self._work(suffering)
        self._check()

    def assert_no_failure(self) -> None:
        """No client met an error that it should not have met."""
        failed = [(worker.name, worker.failure) for worker in self._workers if worker.failure]
        assert not failed, failed

    def acknowledged(self) -> dict[str, int]:
        """How much was acknowledged to each client so far."""
        counts = {name: len(producer.acknowledged) for name, producer in self._producers.items()}
        counts["uploader"] = self._uploader.acknowledged
        counts["cataloger"] = len(self._cataloger.described)
        counts["analyst"] = len(self._analyst.inserted)
        return counts

    def _work(self, suffering: Callable[[], None]) -> None:
        stopping = threading.Event()
        clients: list[Any] = [
            *self._producers.values(), self._uploader, self._cataloger, self._resharder, self._analyst,
        ]  # fmt: skip
        self._workers = [Worker(type(client).__name__, client.step, stopping, self._tolerated) for client in clients]
        for worker in self._workers:
            worker.start()
        suffering()
        self._server.live(1.0)
        stopping.set()
        for worker in self._workers:
            worker.join(PATIENCE_S)
            assert worker.failure is None, worker.failure
            assert not worker.is_alive(), worker.name

    def _check(self) -> None:
        lake = self._lake
        stream = Counter(lake.stream_records())
        one, two, direct = self._producers.values()
        streamed = one.acknowledged | two.acknowledged
        print(
            f"acknowledged: {len(streamed)} records of the stream, {len(direct.acknowledged)} direct, "
            f"{self._uploader.acknowledged} changes of objects, {len(self._cataloger.tables)} tables, "
            f"{len(self._resharder.closed)} shards closed, {len(self._analyst.inserted)} rows inserted"
        )
        assert streamed, "no load"
        assert direct.acknowledged, "no load"
        assert streamed <= stream.keys(), "acknowledged records are missing from the stream"
        assert stream.keys() <= one.sent | two.sent
        assert set(stream.values()) == {1}, "a record is twice in the stream"
        rows = Counter(identity(json.loads(record)) for record in stream.elements())
        whole = dict.fromkeys(("stream/", "eager/", "backup/", "parts/"), stream)
        parts = {
            f"parts/{name}/": Counter({record: n for record, n in stream.items() if record in producer.sent})
            for name, producer in (("one", one), ("two", two))
        }
        balance = {**whole, **parts, "rows/": rows}
        wanted = {prefix: counts.keys() for prefix, counts in balance.items()}
        self._server.jump_ahead(3 * 3600)  # beyond what a clock that jumped has to catch up
        delivered = lake.delivered({**wanted, "direct/": direct.acknowledged})
        for prefix, counts in balance.items():
            assert delivered[prefix] == counts, f"{prefix} does not hold what the stream does"
        assert direct.acknowledged <= delivered["direct/"].keys(), "acknowledged records were not delivered"
        assert delivered["direct/"].keys() <= direct.sent
        assert set(delivered["direct/"].values()) == {1}, "a record was delivered twice"
        assert not list(lake.objects("raw", "errors/"))
        lake.check_objects()
        balances = {page.target: page for page in lake.balances()}
        assert balances.keys() == {"stream", "eager", "direct", "parts", "rows"}
        assert all(page.balances for page in balances.values()), balances
        assert {balances[name].total.number for name in ("stream", "eager", "parts", "rows")} == {stream.total()}
        self._uploader.check(lake.objects("files"))
        self._cataloger.check()
        self._resharder.check()
        self._analyst.check(lake.table_names())
