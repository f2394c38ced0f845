"""Clients at work while the server dies again and again, and the ledger that has to balance in the end."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.crash.analyst import Analyst
from tests.crash.cataloger import Cataloger
from tests.crash.client import Worker, aws
from tests.crash.lake import PATIENCE_S, Lake
from tests.crash.producer import Producer
from tests.crash.resharder import Resharder
from tests.crash.server import Server
from tests.crash.uploader import Uploader

Die = Callable[[], None]
"""Lets the running server die, and start again for as long as it takes."""


class Campaign:
    """The clients of one data folder, seeded."""

    def __init__(self, server: Server, seed: int) -> None:
        self._server = server
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

    def run(self, lives: int, live_and_die: Callable[[], Any]) -> None:
        """Prepare, let the clients work through `lives` lives, let them finish, and check everything."""
        self._server.start()
        self._lake.make()
        self._analyst.prepare()
        self._server.kill()
        self._work(lives, live_and_die)
        self._check()

    def _work(self, lives: int, live_and_die: Callable[[], Any]) -> None:
        stopping = threading.Event()
        clients: list[Any] = [
            *self._producers.values(), self._uploader, self._cataloger, self._resharder, self._analyst,
        ]  # fmt: skip
        workers = [Worker(type(client).__name__, client.step, stopping) for client in clients]
        for worker in workers:
            worker.start()
        for _ in range(lives):
            live_and_die()
            failed = [(worker.name, worker.failure) for worker in workers if worker.failure]
            assert not failed, failed
        self._server.start()
        self._server.live(1.0)
        stopping.set()
        for worker in workers:
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
        delivered = lake.delivered({"stream/": stream.keys(), "eager/": stream.keys(), "direct/": direct.acknowledged})
        assert delivered["stream/"] == stream
        assert delivered["eager/"] == stream
        assert direct.acknowledged <= delivered["direct/"].keys(), "acknowledged records were not delivered"
        assert delivered["direct/"].keys() <= direct.sent
        assert set(delivered["direct/"].values()) == {1}, "a record was delivered twice"
        lake.check_objects()
        self._uploader.check(lake.objects("files"))
        self._cataloger.check()
        self._resharder.check()
        self._analyst.check(lake.table_names())
