"""`afluente`, with named points: run as `python -m tests.crash.launcher serve ...`; the plan is in the environment."""

import os
import sys

from tests.crash.plan import Plan
from tests.crash.point import Points

if __name__ == "__main__":
    points = Points(Plan.decode(os.environ["AFLUENTE_CRASH_PLAN"]))
    points.install()
    from afluente.cli.main import main

    sys.exit(main())
