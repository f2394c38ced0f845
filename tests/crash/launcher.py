"""`afluente`, with named points: run as `python -m tests.crash.launcher serve ...`; the plan is in the environment."""

import faulthandler
import os
import sys

from tests.crash.plan import Plan
from tests.crash.point import Points

if __name__ == "__main__":
    faulthandler.enable()  # at SIGABRT it says where each thread is
    points = Points(Plan.decode(os.environ["AFLUENTE_CRASH_PLAN"]))
    points.install()
    from afluente.cli.main import main

    sys.exit(main())
