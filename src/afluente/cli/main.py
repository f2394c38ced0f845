"""`afluente`: reads the command line and hands it to the command."""

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from afluente import __version__
from afluente.cli import argument, lake_option
from afluente.cli.error import CommandError
from afluente.cli.looking_option import looking as looking_options
from afluente.core.proxy import reach_loopback_directly
from afluente.core.setting import Settings, misspelt
from afluente.store.data_folder import DataFolderError

EPILOG = """\
examples:
  afluente up                     run the wind farm and watch it; Ctrl-C stops it, everything stays
  afluente up --once              one full pass, from the sensors to an Athena result, then stop
  afluente replay                 a month of the farm in about a minute, with late bursts and faults
  afluente serve --port 4567      serve the AWS APIs only
  afluente doctor table db.t      why does a query show no row, one row, NULLs?
  afluente passport --where "..." the way of one record through the lake
  afluente ledger                 is everything that came in where it should be?
  afluente policy                 the smallest policies for what ran under --record
  afluente cost --rate 100        what the lake would cost on AWS at 100 readings a second
  afluente queries                what the last Athena queries scanned, and what that costs on AWS
  afluente deploy --budget 60     the same lake on AWS: the bill and every change are shown first

Point any AWS client at it with AWS_ENDPOINT_URL=http://127.0.0.1:4566 (any access key is taken).
"""

DOCTOR_EPILOG = """\
examples:
  afluente doctor table windfarm.readings      zero rows? one row? NULL columns? missing partitions? small files?
  afluente doctor delivery windfarm            nothing delivered? which permission is missing?
  afluente doctor stream windfarm              throttled? a hot shard?
  afluente doctor job windfarm-lake jr_0123    why did this run fail?
  afluente doctor crawler windfarm-raw         why these tables? which files were read, by which rule?
"""

PASSPORT_EPILOG = """\
examples:
  afluente passport 49674...2                              a record by the sequence number that PutRecord answered
  afluente passport --where "idtemp = 17 AND type = 'temperature'"   the newest record whose row says so
  afluente passport s3://bucket/key --line 3               the third record of an object
  afluente passport --table windfarm.lake --where "..."    a row of the lake, back to where it came from
"""

POLICY_EPILOG = """\
examples:
  afluente up --record                               run the wind farm, and write down what everyone does
  afluente policy                                    every principal's policy, by its ARN
  afluente policy --principal windfarm-DeliveryRole  one policy, to be pasted
  afluente policy --principal sensors --since 10m    what the access key "sensors" did lately
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 on success, 1 with a sentence on standard error when it cannot be done, 2 for bad usage."""
    try:
        return _run(arguments)
    except (CommandError, DataFolderError, ValueError) as error:
        print(f"afluente: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: Sequence[str] | None) -> int:
    given = _parser().parse_args(arguments)
    reach_loopback_directly(os.environ)
    gc.disable()  # importing makes what stays, so looking for garbage in it is in vain, now and later
    command = importlib.import_module(f"afluente.cli.{given.command}")
    gc.freeze()
    gc.enable()
    for name, meant in misspelt(os.environ):
        print(f"afluente: {name} is no setting and has no effect; is {meant} meant?", file=sys.stderr)
    settings = Settings.load(
        os.environ,
        data=getattr(given, "data", None),
        host=getattr(given, "host", None),
        port=getattr(given, "port", None),
        auth=getattr(given, "auth", None),
        clock=getattr(given, "clock", None),
        record_permissions=getattr(given, "record", None),
    )
    return int(command.run(given, settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="afluente",
        description="A streaming lake on one machine, behind the AWS APIs: Kinesis, Firehose, S3, Glue, Athena, IAM, "
        "CloudFormation. True, durable, fast.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"afluente {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser(
        "up",
        help="run the wind farm: sensors, stream, delivery, crawl, job and queries",
        description="Serve the AWS APIs, make the wind farm's lake from its CloudFormation template, start its three "
        "sensor apps, and show what happens. A second start on the same data folder goes on where the first left off.",
    )
    _serving(up)
    up.add_argument("--once", action="store_true", help="one full pass with a shortened delivery, then exit 0")
    up.add_argument("--turbines", type=argument.count, default=12, help="how many turbines (default: %(default)s)")
    up.add_argument(
        "--interval",
        type=argument.seconds,
        default=1.0,
        help="seconds between readings of a sensor (default: %(default)g)",
    )
    _replay(commands)
    serve = commands.add_parser(
        "serve",
        help="serve the AWS APIs only",
        description="Serve the AWS APIs until Ctrl-C. Everything durable lies in the data folder.",
    )
    _serving(serve)
    serve.add_argument("--host", help="the address to listen on (default: 127.0.0.1; others only with --auth enforce)")
    _doctor(
        commands.add_parser(
            "doctor",
            help="explain what is wrong with a table, a delivery stream, a stream, a job or a crawler",
            description="Look at a table, a delivery stream, a stream, a job or a crawler through the AWS APIs, "
            "reading only, and explain what is wrong, why, and what to do. Exit status 1 says that something is wrong.",
            epilog=DOCTOR_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    _passport(
        commands.add_parser(
            "passport",
            help="follow one record: shard, object and byte, partition, Parquet row, the answer that shows it",
            description="Follow one record from PutRecord to shard and sequence number, to object and byte, to the "
            "table's partition, the job's Parquet row and the answer of Athena, reading only; each step is compared "
            "with the bytes that are there. Exit status 1 says that it was lost on the way.",
            epilog=PASSPORT_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    _ledger(
        commands.add_parser(
            "ledger",
            help="balance a stream: in = delivered + pending + errors; delivered = rows + duplicates + ...",
            description="Count everything that was put into a stream, and everything that became of it: objects, what "
            "waits, error output, rows of the lake, duplicates; reading only. Exit status 1 says that it does not "
            "balance, and the output where the difference is.",
        )
    )
    _policy(
        commands.add_parser(
            "policy",
            help="print the smallest policies that allow what was done under --record",
            description="Print, as JSON, the smallest policy for each principal that did anything while Afluente ran "
            "with --record: users, roles that services act under, and, in open mode, each access key by its name. "
            "What was refused is told on standard error.",
            epilog=POLICY_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    _on_aws(commands)
    docs = commands.add_parser(
        "docs",
        help="write the generated pages: supported operations, settings",
        description="Write docs/supported.md and docs/settings.md from the code.",
    )
    docs.add_argument("--folder", type=Path, default=Path("docs"), help="where to (default: %(default)s)")
    return parser


def _on_aws(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    cost = commands.add_parser(
        "cost",
        help="what the lake would cost on AWS in a month",
        description="Print what the wind farm's lake costs on AWS in its first and its twelfth month, line by line, "
        "rounded as AWS rounds. Asks nobody: quantities follow from the options, prices lie in the package.",
        epilog=lake_option.COST_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cost.add_argument("--region", help="the region whose prices count (default: that of your AWS configuration)")
    lake_option.workload(cost)
    lake_option.lake(cost)
    cost.add_argument("--json", action="store_true", help="print the bill as JSON")
    deploy = commands.add_parser(
        "deploy",
        help="make or update the lake on AWS, or on a local Afluente",
        description="Show the target account, the bill and every change, ask, and make the wind farm's lake from its "
        "CloudFormation template. What is not given stays as it is.",
        epilog=lake_option.DEPLOY_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    lake_option.target(deploy)
    lake_option.workload(deploy)
    lake_option.lake(deploy)
    deploy.add_argument("--plan", action="store_true", help="show what would be changed and what it costs, and stop")
    deploy.add_argument("--yes", action="store_true", help="do not ask")
    deploy.add_argument("--budget", type=argument.amount, metavar="USD", help="refuse what costs more in a month")
    deploy.add_argument(
        "--ttl", type=argument.length, metavar="TIME",
        help="until when it is to live, such as 8h or 7d from now: `afluente destroy --expired` removes it then",
    )  # fmt: skip
    deploy.add_argument(
        "--tag", type=argument.tag, action="append", default=[], metavar="KEY=VALUE", help="tag everything with it"
    )
    status = commands.add_parser(
        "status",
        help="how a deployed lake is, and what it has cost so far",
        description="Show how each part of a deployed lake is, and what it has cost so far.",
    )
    lake_option.target(status)
    status.add_argument("--prices", type=Path, metavar="FILE", help="prices of your own, as TOML (see docs/aws.md)")
    queries = commands.add_parser(
        "queries",
        help="the last Athena queries, what they scanned, and what that costs",
        description="Show the last queries of Athena, newest first: how they ended, what they scanned, and what each "
        "costs on AWS, rounded as AWS rounds.",
    )
    lake_option.account(queries)
    queries.add_argument("--work-group", metavar="NAME", help="of this work group only (default: all of them)")
    queries.add_argument("--last", type=argument.count, default=20, metavar="N", help="how many (default: %(default)s)")
    queries.add_argument("--prices", type=Path, metavar="FILE", help="prices of your own, as TOML (see docs/aws.md)")
    queries.add_argument("--json", action="store_true", help="print them as JSON")
    destroy = commands.add_parser(
        "destroy",
        help="remove a deployed lake with all its data, and look whether anything is left",
        description="Show what will be deleted, ask, empty the buckets, delete the stack, and verify that nothing that "
        "is billed is left. Exit status 1 says that something is.",
    )
    lake_option.target(destroy)
    destroy.add_argument("--yes", action="store_true", help="do not ask")
    destroy.add_argument(
        "--expired", action="store_true", help="every lake in the region whose time to live is over, whatever its name"
    )
    sensors = commands.add_parser(
        "sensors",
        help="send readings to a deployed lake",
        description="Run the three sensor apps against a deployed lake's stream, with your credentials, until Ctrl-C.",
    )
    lake_option.target(sensors)
    sensors.add_argument("--turbines", type=argument.count, default=12, help="how many turbines (default: %(default)s)")
    sensors.add_argument(
        "--interval", type=argument.seconds, default=1.0, help="seconds between readings of a sensor (default: 1)"
    )
    sensors.add_argument(
        "--readings", type=argument.count, metavar="N", help="stop after so many readings of each type of sensor"
    )


def _replay(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replay = commands.add_parser(
        "replay",
        help="a month of the wind farm in about a minute, with late bursts, duplicates and faults",
        description="Run the wind farm's lake on a clock of its own: days of readings in seconds each, through stream, "
        "delivery, crawls, job and queries as ever. Links fail and readings come late, batches are put twice, readings "
        "are broken; the same seed gives the same days. In the end the ledger is balanced; exit status 1 says that it "
        "does not balance.",
    )
    replay.add_argument(
        "--data",
        type=Path,
        default=Path(".afluente-replay"),
        metavar="DIR",
        help="a new data folder (default: ./.afluente-replay)",
    )
    replay.add_argument("--port", type=argument.port, default=0, help="the port to listen on (default: a free one)")
    replay.add_argument("--days", type=argument.count, default=30, help="how many, to today (default: %(default)s)")
    replay.add_argument("--turbines", type=argument.count, default=6, help="how many turbines (default: %(default)s)")
    replay.add_argument(
        "--every",
        type=argument.minutes,
        default=15,
        metavar="MINUTES",
        help="minutes between readings of a sensor, a divisor of 60 (default: %(default)s)",
    )
    replay.add_argument("--seed", type=int, default=1, help="the same seed gives the same days (default: 1)")
    replay.add_argument(
        "--outages",
        type=argument.share,
        default=0.1,
        metavar="P",
        help="how likely a turbine's link fails for some hours of a day (default: %(default)s)",
    )
    replay.add_argument(
        "--retries",
        type=argument.share,
        default=0.05,
        metavar="P",
        help="how likely a batch is put twice in an hour (default: %(default)s)",
    )
    replay.add_argument(
        "--broken",
        type=argument.share,
        default=0.001,
        metavar="P",
        help="how likely a reading is broken (default: %(default)s)",
    )
    replay.add_argument("--language", choices=("en", "pt"), help="of the ledger (default: that of your machine)")


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=("table", "delivery", "stream", "job", "crawler"), help="what to look at")
    parser.add_argument("name", nargs="+", help="its name: database.table for a table; a job takes a run id after it")
    parser.add_argument("--language", choices=("en", "pt"), help="of the explanations (default: that of your machine)")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument(
        "--aws", action="store_true", help="look at your AWS account instead of the Afluente at AWS_ENDPOINT_URL"
    )


def _passport(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "record", nargs="?", metavar="RECORD", help="its sequence number, or the s3://BUCKET/KEY it is in"
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--offset", type=argument.whole, metavar="N", help="a byte of it in that object, before compression"
    )
    place.add_argument("--line", type=argument.whole, metavar="N", help="its number in that object, from 1")
    parser.add_argument(
        "--where", metavar="SQL", help='instead: a condition that its row fulfils, such as "idtemp = 17"'
    )
    parser.add_argument("--table", metavar="DB.TABLE", help="of --where (default: the one over what was delivered)")
    parser.add_argument("--into", metavar="DB.TABLE", help="where its row is looked for (default: what jobs make)")
    looking_options(parser)


def _ledger(parser: argparse.ArgumentParser) -> None:
    when = "such as 2h ago (2h) or 2026-11-26T03:00"
    parser.add_argument("--since", type=argument.moment, metavar="TIME", help=f"what arrived from then on, {when}")
    parser.add_argument("--until", type=argument.moment, metavar="TIME", help="what arrived before")
    parser.add_argument("--into", metavar="DB.TABLE", help="whose rows are counted (default: all that jobs make)")
    looking_options(parser)


def _policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder (default: ./.afluente)")
    parser.add_argument("--principal", help="only that of this ARN, name or access key, ready to paste")
    parser.add_argument("--since", metavar="TIME", help="only what was done in the last 90s, 15m, 2h or 7d")


def _serving(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder (default: ./.afluente)")
    parser.add_argument("--port", type=argument.port, help="the port to listen on; 0 takes a free one (default: 4566)")
    parser.add_argument(
        "--auth", choices=("open", "enforce"),
        help="open: every caller is the account's root; enforce: verify signatures and policies (default: open)",
    )  # fmt: skip
    parser.add_argument(
        "--clock", choices=("system", "movable"),
        help="movable: for tests, `POST /_afluente/clock?advance=SECONDS` moves time on (default: system)",
    )  # fmt: skip
    parser.add_argument(
        "--record", action="store_true", default=None, help="write down which permissions are used: `afluente policy`"
    )


if __name__ == "__main__":
    sys.exit(main())
