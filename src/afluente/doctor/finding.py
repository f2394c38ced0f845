"""What an examination finds: a kind, which says in two languages what it means, and the facts of this case."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError

Clients = Callable[[str], Any]
"""A service's name (`s3`) to its boto3 client."""

LANGUAGES = ("en", "pt")


class Severity(Enum):
    """How much a finding matters."""

    PROBLEM = "problem"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Text:
    """What happened, why, and what to do next; `{name}` stands for a fact of the case."""

    what: str
    why: str
    next: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can be wrong."""

    code: str
    severity: Severity
    en: Text
    pt: Text

    def found(self, **facts: object) -> "Finding":
        """This case of it."""
        return Finding(self, facts)


@dataclass(frozen=True, slots=True)
class Finding:
    """A case of `kind`."""

    kind: Kind
    facts: dict[str, object] = field(default_factory=dict)

    def text(self, language: str) -> Text:
        """The finding in words of `language`, one of LANGUAGES."""
        text: Text = getattr(self.kind, language)
        return Text(*(part.format(**self.facts) for part in (text.what, text.why, text.next)))


Findings = Iterator[Finding]


@contextmanager
def looked_for(what: str, advice: str = "") -> Iterator[None]:
    """Within: NothingThere where AWS says that `what` does not exist. Other errors of AWS are passed on."""
    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        if "NotFound" not in said["Code"]:
            raise
        raise NothingThere(f"there is no {what} ({said.get('Message', '')}){advice}") from None


class NothingThere(Exception):
    """What is to be examined does not exist; the message says what was looked for."""
