"""Trino's functions and queries, chapter by chapter: is what Afluente answers what Athena answers?"""

import pytest
from botocore.exceptions import ClientError
from tests.services.athena.trino.case import Case, chapters
from tests.services.athena.trino.page import PAGE, page

from afluente.core.error import AwsError

from .conftest import Lake

CASES = [case for cases in chapters().values() for case in cases]


def answered(lake: Lake, case: Case) -> str:
    """What came, spelled as the suite spells it."""
    try:
        answer = lake.run(case.sql)
    except (AwsError, ClientError) as error:
        return f"! {getattr(error, 'athena_code', '') or 'MALFORMED'!s}"
    if answer.state != "SUCCEEDED":
        return f"! {answer.reason.partition(':')[0]}"
    if case.chapter == "select":
        return ", ".join(f"[{', '.join('NULL' if cell is None else cell for cell in row)}]" for row in answer.rows)
    ((value,),) = answer.rows
    return f"{'NULL' if value is None else value} :: {answer.types[0]}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.chapter}: {case.text}")
def test_case(shared: Lake, case: Case) -> None:
    found = answered(shared, case)
    if case.left:
        assert found != case.answer, "it is right now: take the ? from the line"
    else:
        assert found == case.answer


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"
