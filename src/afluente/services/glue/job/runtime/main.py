"""Runs a job's script in this process: `python -m ...runtime.main <order>`."""

import linecache
import os
import sys
import traceback
from pathlib import Path

from afluente.services.glue.job.runtime import failure, run
from afluente.services.glue.job.runtime.channel import Channel, die_with_server
from afluente.services.glue.job.runtime.order import Order


def main() -> None:
    """Run the script, report how it ended, and leave without waiting for anything it left behind."""
    order = Order.parse(sys.argv[1])
    die_with_server(order.lifeline)
    channel = Channel(order.channel)
    run.begin(run.Run(order, channel))
    channel.ask("running")
    message = _execute(order)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    channel.ask("ended", failure=message, read_bytes=run.current().read_bytes)
    os._exit(0 if message is None else 1)


def _execute(order: Order) -> str | None:
    """Run the script as `__main__`; the failure text, if it failed."""
    sys.argv = [order.script, *order.arguments]
    sys.path[1:1] = [str(Path(order.script).parent), *order.modules]
    main_module = type(sys)("__main__")
    main_module.__file__ = order.script
    sys.modules["__main__"] = main_module
    try:
        if order.engine == "spark":
            _install_spark()
        source = Path(order.script).read_bytes()
        code = compile(source, order.script, "exec", dont_inherit=True)
        exec(code, main_module.__dict__)  # noqa: S102  # running the user's script is what a job is
    except SystemExit as error:
        if error.code in {None, 0}:
            return None
        return _report(error, order)
    except BaseException as error:  # the script may raise anything
        return _report(error, order)
    return None


def _install_spark() -> None:
    from afluente.services.glue.job.runtime.apache_spark.install import install  # noqa: PLC0415  # only where it is there

    install()


def _report(error: BaseException, order: Order) -> str:
    """Print the script's part of the traceback; the run's ErrorMessage."""
    linecache.checkcache(order.script)
    shown = traceback.TracebackException.from_exception(error)
    while shown.stack and shown.stack[0].filename == __file__:
        del shown.stack[0]
    print("".join(shown.format()), file=sys.stderr, end="")
    return failure.describe(error, order.script, shell=order.shell)


if __name__ == "__main__":
    main()
