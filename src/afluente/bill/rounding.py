"""How AWS rounds what it bills. Each rule names the page that states it; sizes are bytes, times are seconds.

KB, MB, GB and TB are powers of 1,024 on a bill.
"""

KB, MB, GB, TB = 1024, 1024**2, 1024**3, 1024**4

PUT_PAYLOAD_UNIT = 25 * KB
FIREHOSE_INCREMENT = 5 * KB
ATHENA_LEAST = 10 * MB
CRAWL_LEAST_S = 600
JOB_RUN_LEAST_S = 60


def put_payload_units(record_bytes: int) -> int:
    """How many PUT payload units a record is: begun chunks of 25 KB (https://aws.amazon.com/kinesis/data-streams/pricing/)."""
    return max(1, _up(record_bytes, PUT_PAYLOAD_UNIT))


def on_demand_bytes(record_bytes: int) -> int:
    """What a stream on demand bills for a record: up to the next KB (https://aws.amazon.com/kinesis/data-streams/pricing/)."""
    return max(1, _up(record_bytes, KB)) * KB


def firehose_bytes(record_bytes: int) -> int:
    """What Firehose bills for a record: up to the next 5 KB (https://aws.amazon.com/firehose/pricing/).

    It counts each record on its own, however many a request carries; the same holds for format conversion.
    """
    return max(1, _up(record_bytes, FIREHOSE_INCREMENT)) * FIREHOSE_INCREMENT


def athena_bytes(scanned_bytes: int) -> int:
    """What Athena bills for a query: up to the next MB, 10 MB at least (https://aws.amazon.com/athena/pricing/)."""
    return max(ATHENA_LEAST, _up(scanned_bytes, MB) * MB)


def crawl_seconds(ran_s: float) -> int:
    """What a crawl is billed: begun seconds, ten minutes at least (https://aws.amazon.com/glue/pricing/)."""
    return max(CRAWL_LEAST_S, -int(-ran_s // 1))


def job_run_seconds(ran_s: float) -> int:
    """What a Spark job's run is billed: begun seconds, a minute at least (https://aws.amazon.com/glue/pricing/)."""
    return max(JOB_RUN_LEAST_S, -int(-ran_s // 1))


def _up(amount: int, step: int) -> int:
    """How many begun steps `amount` is."""
    return -(-amount // step)
