"""The AWS SDK for JavaScript, whose Kinesis client speaks HTTP/2. Skipped where node or the package is not installed:
`npm install --prefix tests/clients @aws-sdk/client-kinesis` (its `node_modules` is no part of the repository).
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("AFLUENTE_NODE_MODULES", HERE / "node_modules"))
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (MODULES / "@aws-sdk" / "client-kinesis").exists(),
        reason="npm install --prefix tests/clients @aws-sdk/client-kinesis has not been run",
    ),
]

SCRIPT = """
const { KinesisClient, CreateStreamCommand, ListShardsCommand, PutRecordsCommand, RegisterStreamConsumerCommand,
        SplitShardCommand, SubscribeToShardCommand } = require("@aws-sdk/client-kinesis");
const credentials = { accessKeyId: "any", secretAccessKey: "any" };
const client = new KinesisClient({ endpoint: process.env.AWS_ENDPOINT_URL, region: "us-east-1", credentials });
const StreamName = "wind";

async function read(ConsumerARN, ShardId) {
  const StartingPosition = { Type: "TRIM_HORIZON" };
  const answer = await client.send(new SubscribeToShardCommand({ ConsumerARN, ShardId, StartingPosition }));
  const found = { records: [], children: [] };
  for await (const { SubscribeToShardEvent: event } of answer.EventStream) {
    found.records.push(...event.Records.map((record) => Buffer.from(record.Data).toString()));
    found.children.push(...(event.ChildShards ?? []).map((child) => child.ShardId));
  }
  return found;
}

async function main() {
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
  const { Shards } = await client.send(new ListShardsCommand({ StreamName }));
  const StreamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/wind";
  const { Consumer } = await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "js" }));
  const readers = Shards.map((shard) => read(Consumer.ConsumerARN, shard.ShardId));
  const record = (text) => ({ PartitionKey: text, Data: Buffer.from(text) });
  const batch = (b) => Array.from({ length: 10 }, (_, i) => record(`${b} ${i}`));
  await Promise.all(Array.from({ length: 30 }, (_, b) => (
    client.send(new PutRecordsCommand({ StreamName, Records: batch(b) })))));
  for (const shard of Shards) {
    const NewStartingHashKey = (BigInt(shard.HashKeyRange.StartingHashKey) + 1000n).toString();
    await client.send(new SplitShardCommand({ StreamName, ShardToSplit: shard.ShardId, NewStartingHashKey }));
  }
  const handler = client.config.requestHandler.constructor.name;
  console.log(JSON.stringify({ handler, found: await Promise.all(readers) }));
  client.destroy();
}
main();
"""


def test_subscriptions_beside_puts(environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [str(NODE), "-e", SCRIPT],
        env={**environment, "NODE_PATH": str(MODULES), "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert answer["handler"] == "NodeHttp2Handler"
    first, second = answer["found"]
    assert sorted(first["records"] + second["records"]) == sorted(f"{b} {i}" for b in range(30) for i in range(10))
    assert [first["children"], second["children"]] == [
        ["shardId-000000000002", "shardId-000000000003"],
        ["shardId-000000000004", "shardId-000000000005"],
    ]
