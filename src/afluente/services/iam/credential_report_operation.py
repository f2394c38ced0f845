"""The operations of the credential report: made when asked for, and good for four hours."""

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.iam import credential_report
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.error import ReportExpired, ReportNotPresent

GOOD_MS = 4 * 3600 * 1000
ABSENT = "No report exists. Starting a new report generation task"


class CredentialReportOperations:
    """The report on the users of `_engine`."""

    _engine: IamEngine

    def generate_credential_report(self, call: Call, request: Request) -> Response:
        del request
        kept = self._engine.report(call.account)
        if kept is not None and call.arrived_at_ms - kept["at_ms"] < GOOD_MS:
            return {"State": "COMPLETE"}
        self._engine.keep_report(call.account, _text(self._engine, call.account).decode(), call.arrived_at_ms)
        return {"State": "STARTED", "Description": ABSENT}

    def get_credential_report(self, call: Call, request: Request) -> Response:
        del request
        kept = self._engine.report(call.account)
        if kept is None:
            raise ReportNotPresent("No report exists. Generate one first.")
        if call.arrived_at_ms - kept["at_ms"] >= GOOD_MS:
            raise ReportExpired("The report has expired. Generate a new one.")
        return {"Content": kept["text"].encode(), "ReportFormat": "text/csv", "GeneratedTime": utc(kept["at_ms"])}


def _text(engine: IamEngine, account: str) -> bytes:
    rows = [credential_report.root_row(account, has_key=engine.keys.has_root)]
    for user in engine.users.all(account):
        keys = [(key, engine.access_keys.uses.of(key.id)) for key in engine.access_keys.of(account, user.id)]
        arn = f"arn:aws:iam::{account}:user{user.path}{user.name}"
        rows.append(credential_report.row(user.name, arn, user.created_at_ms, keys, mfa=bool(engine.mfa.of(user))))
    return credential_report.text(rows)
