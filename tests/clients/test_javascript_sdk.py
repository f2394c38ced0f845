"""The AWS SDK for JavaScript, whose Kinesis client speaks HTTP/2. Skipped where node or its packages are not installed:
`npm install --prefix tests/clients` with those of `PACKAGES` (its `node_modules` is no part of the repository).
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from afluente.core.clock import Clock, SystemClock

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("AFLUENTE_NODE_MODULES", HERE / "node_modules"))
NODE = shutil.which("node")

PACKAGES = (
    "@aws-sdk/client-kinesis",
    "@aws-sdk/client-s3",
    "@aws-sdk/client-athena",
    "@aws-sdk/lib-storage",
    "@aws-sdk/s3-request-presigner",
)
MISSING = [package for package in PACKAGES if not (MODULES / package).exists()]

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(
        bool(MISSING), reason=f"npm install --prefix tests/clients {' '.join(MISSING)} has not been run"
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


OBJECTS_AND_QUERIES = """
const { S3Client, CreateBucketCommand, GetObjectCommand, PutObjectCommand, CopyObjectCommand, DeleteObjectsCommand,
        paginateListObjectsV2 } = require("@aws-sdk/client-s3");
const { AthenaClient, StartQueryExecutionCommand, GetQueryExecutionCommand, GetQueryResultsCommand } =
  require("@aws-sdk/client-athena");
const { Upload } = require("@aws-sdk/lib-storage");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");
const { Readable } = require("node:stream");
const credentials = { accessKeyId: "any", secretAccessKey: "any" };
const endpoint = process.env.AWS_ENDPOINT_URL, region = "us-east-1", Bucket = "wind";
const s3 = new S3Client({ endpoint, region, credentials });
const athena = new AthenaClient({ endpoint, region, credentials });
const Key = "a b/é+&?#.txt";

function* megabytes(count) {
  for (let i = 0; i < count; i += 1) yield Buffer.alloc(1 << 20, i);
}

async function query(QueryString) {
  const ResultConfiguration = { OutputLocation: `s3://${Bucket}/results/` };
  const { QueryExecutionId } = await athena.send(new StartQueryExecutionCommand({ QueryString, ResultConfiguration }));
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    if (QueryExecution.Status.CompletionDateTime) break;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return (await athena.send(new GetQueryResultsCommand({ QueryExecutionId }))).ResultSet.Rows;
}

async function main() {
  const found = {};
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "olá", Metadata: { plant: "7" } }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
  found.object = [await got.Body.transformToString(), got.Metadata.plant];
  const up = new Upload({ client: s3, params: { Bucket, Key: "big", Body: Readable.from(megabytes(12)) } });
  await up.done();
  const big = await s3.send(new GetObjectCommand({ Bucket, Key: "big", ChecksumMode: "ENABLED" }));
  found.big = [(await big.Body.transformToByteArray()).length, big.ETag.endsWith('-3"')];
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key }), { expiresIn: 60 });
  found.presigned = await (await fetch(url)).text();
  await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/${encodeURIComponent(Key)}` }));
  found.keys = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket })) {
    found.keys.push(...page.Contents.map((item) => item.Key));
  }
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: found.keys.map((key) => ({ Key: key })) } }));
  found.missing = await s3.send(new GetObjectCommand({ Bucket, Key })).catch((error) => error.name);
  found.rows = (await query("SELECT 1 AS one, 'b' AS two")).map((row) => row.Data.map((cell) => cell.VarCharValue));
  console.log(JSON.stringify(found));
}
main();
"""


@pytest.fixture
def clock() -> Clock:
    """A presigned URL is valid by the machine's time."""
    return SystemClock()


def run(script: str, environment: dict[str, str]) -> Any:
    """What the script printed, read as JSON."""
    ended = subprocess.run(
        [str(NODE), "-e", script],
        env={**environment, "NODE_PATH": str(MODULES), "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_objects_and_queries(environment: dict[str, str]) -> None:
    assert run(OBJECTS_AND_QUERIES, environment) == {
        "object": ["olá", "7"],
        "big": [12 << 20, True],
        "presigned": "olá",
        "keys": ["a b/é+&?#.txt", "big", "copy"],
        "missing": "NoSuchKey",
        "rows": [["one", "two"], ["1", "b"]],
    }


def test_subscriptions_beside_puts(environment: dict[str, str]) -> None:
    answer = run(SCRIPT, environment)
    assert answer["handler"] == "NodeHttp2Handler"
    first, second = answer["found"]
    assert sorted(first["records"] + second["records"]) == sorted(f"{b} {i}" for b in range(30) for i in range(10))
    assert [first["children"], second["children"]] == [
        ["shardId-000000000002", "shardId-000000000003"],
        ["shardId-000000000004", "shardId-000000000005"],
    ]
