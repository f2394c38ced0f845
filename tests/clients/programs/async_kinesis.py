"""Two rounds through a stream with async-kinesis: the second consumer goes on where the first one's checkpoints are."""

import asyncio
import json
import os

from kinesis import Consumer, MemoryCheckPointer, Producer

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
WHERE = {"endpoint_url": ENDPOINT, "region_name": os.environ["AWS_DEFAULT_REGION"]}


async def produce(numbers: range) -> None:
    async with Producer("wind", create_stream=True, create_stream_shards=2, buffer_time=0.05, **WHERE) as producer:
        for number in numbers:
            await producer.put({"n": number}, partition_key=f"turbine-{number % 5}")
        await producer.flush()


async def consume(count: int, checkpoints: dict[str, str]) -> tuple[list[int], dict[str, str]]:
    """The numbers of so many items, and the checkpoints after them."""
    pointer = MemoryCheckPointer(name="test")
    for shard, sequence in checkpoints.items():
        await pointer.allocate(shard)
        await pointer.checkpoint(shard, sequence)
        await pointer.deallocate(shard)
    found: list[int] = []
    async with Consumer(
        "wind", checkpointer=pointer, sleep_time_no_records=0.1, idle_timeout=0.5, shard_fetch_rate=5, **WHERE
    ) as consumer:
        while len(found) < count:
            found += [item["n"] async for item in consumer]
        found += [item["n"] async for item in consumer]  # the checkpoints come last; nothing else may
        made = {shard: state["sequence"] for shard, state in pointer.get_all_checkpoints().items() if state["sequence"]}
    return sorted(found), made


async def main() -> None:
    await produce(range(30))
    first, checkpoints = await consume(30, {})
    await produce(range(30, 50))
    second, _ = await consume(20, checkpoints)
    print(json.dumps({"first": first, "second": second, "checkpoints": sorted(checkpoints)}))


asyncio.run(main())
