"""The process of an interactive session: it takes statements one by one, runs each, and says what came of it.

Outputs are Livy's, which Glue's sessions run on: what was printed and the value of a last expression as one text; of an
error its name, its text and the traceback without frames of ours. `spark` and `sc` are there from the beginning.
"""

import ast
import contextlib
import io
import signal
import traceback
from typing import Any

from afluente.services.glue.job.runtime.run import current

SOURCE = "<stdin>"
"""What tracebacks call a statement."""

Output = dict[str, Any]


def run(names: dict[str, Any]) -> None:
    """Run statements with the global `names` until there are no more."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  # whichever the run's engine has

    names["spark"] = SparkSession.builder.getOrCreate()
    names["sc"] = names["spark"].sparkContext
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output: Output | None = None
    while (code := current().channel.ask("statement", output=output)) is not None:
        output = execute(code, names)


def execute(code: str, names: dict[str, Any]) -> Output:
    """What came of the statement. SIGINT ends it."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            signal.signal(signal.SIGINT, signal.default_int_handler)
            _execute(code, names)
        output: Output = {"status": "ok"}
    except BaseException as error:  # a statement may raise anything, and the session goes on
        output = _failure(error)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    text = printed.getvalue().rstrip()
    print(text)  # into the session's log
    return output | ({"text": text} if text and output["status"] == "ok" else {})


def _execute(code: str, names: dict[str, Any]) -> None:
    tree = ast.parse(code, SOURCE)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    exec(compile(tree, SOURCE, "exec"), names)  # noqa: S102  # running the user's code is what a session is
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), SOURCE, "eval"), names)  # noqa: S307
        if value is not None:
            names["_"] = value
            print(repr(value))


def _failure(error: BaseException) -> Output:
    shown = traceback.TracebackException.from_exception(error)
    while shown.stack and shown.stack[0].filename == __file__:
        del shown.stack[0]
    if isinstance(error, SyntaxError):
        shown.stack.clear()
    return {"status": "error", "name": type(error).__name__, "value": str(error), "traceback": list(shown.format())}
