"""The course's own producers, as their authors wrote them, with only AWS_ENDPOINT_URL set."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from afluente.app import App

POWER_FACTOR = """
import json
from datetime import datetime
import random
import time

import boto3

cliente = boto3.client('kinesis', aws_access_key_id='MEU ACESSO', aws_secret_access_key='MINHA SENHA',
                       region_name='us-east-1')

id = 0
while True:
    dados = random.uniform(0.7, 1)
    id += 1
    registro = {'idtemp': str(id), 'data': str(dados), 'type': 'powerfactor', 'timestamp': str(datetime.now())}
    cliente.put_record(StreamName='windfarm', Data=json.dumps(registro), PartitionKey='02')
    time.sleep(0.01)
"""


@pytest.mark.parametrize("kind", ["powerfactor", "temperature", "hydraulicpressure"])
def test_course_producer_as_written(kind: str, app: App, client: Any, tmp_path: Path) -> None:
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="windfarm", ShardCount=1)
    script = tmp_path / "producer.py"
    script.write_text(POWER_FACTOR.replace("powerfactor", kind))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    producer = subprocess.Popen([sys.executable, script], env={**environment, "AWS_ENDPOINT_URL": app.endpoint})
    try:
        iterator = kinesis.get_shard_iterator(
            StreamName="windfarm", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records: list[Any] = []
        while len(records) < 5:
            assert producer.poll() is None, "the producer ended"
            answer = kinesis.get_records(ShardIterator=iterator)
            iterator = answer["NextShardIterator"]
            records += answer["Records"]
            app.clock.advance(1)  # five reads per second and shard
    finally:
        producer.kill()
        producer.wait()
    reading = json.loads(records[0]["Data"])
    assert list(reading) == ["idtemp", "data", "type", "timestamp"]
    assert (reading["type"], records[0]["PartitionKey"]) == (kind, "02")
