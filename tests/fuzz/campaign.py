"""A campaign: workers that ask, judge, learn from the answers, and count. Everything follows from one seed."""

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.fuzz import http2, judge
from tests.fuzz.encoding import Message, model_of, other, rpc, tree_of
from tests.fuzz.generator import Generator
from tests.fuzz.lake import BASE, KNOWN
from tests.fuzz.mutation import Mutator
from tests.fuzz.pool import Pool
from tests.fuzz.recipe import RECIPES
from tests.fuzz.transport import Answer, Hang, Line

RENEWAL = 250
"""Requests of a worker after which the base is made again."""

RARE = {"StartJobRun": 0.05, "StartCrawler": 0.05, "StartTrigger": 0.1, "DeleteBucket": 0.1, "DeleteDatabase": 0.1}
RARE_DELETE = 0.3
"""How often what costs much, or takes much away, is asked, where other operations are asked once."""

MOST_FAILURES = 25


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, and what was sent."""

    operation: str
    complaint: str
    written: bytes

    def __str__(self) -> str:
        return f"{self.operation}: {self.complaint}\n    {self.written[:1500]!r}"


@dataclass(slots=True)
class Tally:
    """What came of the requests."""

    requests: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    succeeded: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    refusals: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    failures: dict[tuple[str, str], Failure] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, service: str, operation: str, answer: Answer) -> None:
        """One answered request."""
        with self.lock:
            self.requests += 1
            self.outcomes[service, judge.code(answer)] += 1
            self.succeeded[f"{service}:{operation}"] += answer.status // 100 == 2
            self.slowest = sorted([*self.slowest, (answer.took_s, f"{service}:{operation}")], reverse=True)[:5]

    def blame(self, failure: Failure) -> None:
        """Keep the first failure of each kind."""
        with self.lock:
            self.failures.setdefault((failure.operation, failure.complaint[:60]), failure)


class Worker(threading.Thread):
    """Sends `count` requests, one after the other, until `deadline` on the monotonic clock."""

    def __init__(
        self, port: int, operations: list[tuple[str, str]], seed: str, count: int, deadline: float, tally: Tally
    ) -> None:
        super().__init__(name=f"fuzz-{seed}", daemon=True)
        self.crashed: BaseException | None = None
        self._random = Random(seed)
        self._operations = operations
        self._weights = [_weight(operation) for _, operation in operations]
        self._count, self._deadline, self._tally = count, deadline, tally
        self._line, self._port = Line(port), port
        self._pool = Pool(self._random, KNOWN)
        self._mutator = Mutator(self._random)

    def run(self) -> None:
        try:
            for number in range(self._count):
                if time.monotonic() > self._deadline or len(self._tally.failures) >= MOST_FAILURES:
                    return
                if number % RENEWAL == 0:
                    self._make_base()
                self._step()
        except BaseException as error:
            self.crashed = error
        finally:
            self._line.close()

    def _make_base(self) -> None:
        for service, operation, members in BASE:
            if model_of(service).resolved_protocol == "json":
                message: Message | None = rpc(service, operation, tree_of(members, cbor=False), cbor=False)
            else:
                message = other(service, operation, members)
            if message is not None:
                self._ask(service, operation, message, members, cbor=False)

    def _step(self) -> None:
        [(service, operation)] = self._random.choices(self._operations, self._weights)
        recipes = RECIPES.get(f"{service}:{operation}")
        recipe = self._random.choice(recipes) if recipes and self._random.random() < 0.4 else None
        edge = self._random.choice([0.0, 0.0, 0.0, 0.05, 0.3])
        model = model_of(service).operation_model(operation)
        members = Generator(self._random, self._pool, service).members(model, edge, recipe)
        cbor = service == "kinesis" and self._random.random() < 0.3
        message, is_plain = self._message(service, operation, members, cbor=cbor)
        if message is None:
            return
        if self._random.random() < 0.06:
            self._break_in(service, operation, self._mutator.framing(message))
        elif self._random.random() < 0.02 and http2.fits(message):
            self._break_in(service, operation, http2.broken(message, self._random))
        else:
            self._ask(service, operation, message, members if is_plain and not edge else None, cbor=cbor)

    def _message(
        self, service: str, operation: str, members: dict[str, Any], *, cbor: bool
    ) -> tuple[Message | None, bool]:
        """The request, and whether it is as an SDK would send it."""
        random, mutator = self._random, self._mutator
        kind = random.choices(["plain", "tree", "body", "head"], [50, 27, 8, 15])[0]
        if model_of(service).resolved_protocol == "json":
            tree = tree_of(members, cbor=cbor)
            if kind == "tree":
                for _ in range(random.randint(1, 3)):
                    tree = mutator.tree(tree)
            message: Message | None = rpc(service, operation, tree, cbor=cbor)
        else:
            message = other(service, operation, members)
            if kind == "tree":
                kind = random.choice(["body", "head"])
        if message is not None and kind in {"body", "head"}:
            for _ in range(random.randint(1, 2)):
                (mutator.body if kind == "body" else mutator.head)(message)
        return message, kind == "plain"

    def _ask(
        self, service: str, operation: str, message: Message, members: dict[str, Any] | None, *, cbor: bool
    ) -> None:
        written = message.written()
        is_http2 = http2.fits(message) and self._random.random() < 0.05
        try:
            answer = http2.ask(self._port, message) if is_http2 else self._line.ask(written, message.method)
        except Hang as hang:
            self._tally.blame(Failure(f"{service}:{operation}", str(hang), written))
            return
        self._tally.count(service, operation, answer)
        if is_http2 and answer.status == 0:
            return  # a head that HTTP/2 does not allow resets the stream
        wrong = judge.complaint(service, operation, message.method, answer)
        if wrong is None and members is not None and answer.status // 100 != 2 and message.method != "HEAD":
            self._tally.refusals[f"{service}:{operation}"][judge.message(answer)[:300]] += 1
        if wrong is None and members is not None and answer.status // 100 == 2:
            wrong = self._learn(service, operation, members, answer, cbor=cbor)
        if wrong:
            self._tally.blame(Failure(f"{service}:{operation}", wrong, written))

    def _learn(
        self, service: str, operation: str, members: dict[str, Any], answer: Answer, *, cbor: bool
    ) -> str | None:
        try:
            found = judge.parsed(service, operation, answer, cbor=cbor)
        except Exception as error:  # whatever botocore makes of it
            return None if judge.is_forgiven(service, error) else f"botocore cannot read the answer: {error!r}"
        if not operation.startswith(("Delete", "BatchDelete")):
            self._pool.learn(service, operation, members, found)
        wrong = None if cbor else judge.misshapen(service, operation, found)
        return f"the answer is not as modelled: {wrong}" if wrong else None

    def _break_in(self, service: str, operation: str, pieces: list[bytes]) -> None:
        try:
            answers = Line(self._port).break_in(pieces)
        except Hang as hang:
            self._tally.blame(Failure("broken HTTP", str(hang), b"|".join(pieces)))
            return
        for answer in answers or [Answer(0, {}, b"", 0)]:
            self._tally.count("http", f"{service}:{operation}", answer)
            if answer.status >= 500 and answer.status not in {501, 505}:
                self._tally.blame(Failure("broken HTTP", str(answer.status), b"|".join(pieces)))


def _weight(operation: str) -> float:
    return RARE.get(operation, RARE_DELETE if operation.startswith(("Delete", "BatchDelete")) else 1.0)
