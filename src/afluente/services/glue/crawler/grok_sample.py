"""Text that a grok expression takes apart, line by line: a classifier's, or one of the built-in ones for logs."""

from collections.abc import Sequence

from afluente.core.grok.expression import Grok
from afluente.core.hive_type import HiveType
from afluente.services.glue.classifier.definition import GROK_TYPES
from afluente.services.glue.crawler.compression import Head
from afluente.services.glue.crawler.schema import Format, Sampled, Schema

SERDE = "com.amazonaws.glue.serde.GrokSerDe"
MOST_LINES = 1000


class GrokSample:
    """The expression `text` with the patterns `custom`; what it matches is of the `classification`.

    only_seen: fields that no line has are no columns. Athena's GrokSerDe leaves such out of a row, and what follows
    takes their place.
    """

    def __init__(self, classification: str, text: str, custom: str = "", *, only_seen: bool = False) -> None:
        self._classification = classification
        self._grok = Grok(text, custom)
        self._only_seen = only_seen
        written = {"input.format": text} | ({"input.grokCustomPatterns": custom} if custom else {})
        self._serde_parameters = tuple(written.items())
        self._parameters = (("grokPattern", text),)

    def matches(self, line: str) -> bool:
        """Whether the expression matches `line`."""
        return self._grok.captures(line) is not None

    def read(self, head: Head) -> Sampled | None:
        """What there is of it in `head`; None when not one line matches."""
        lines = _lines(head)
        found = [captures for line in lines if (captures := self._grok.captures(line)) is not None]
        if not found:
            return None
        seen = {name for captures in found for name in captures}
        columns = {
            field.name.lower(): HiveType(GROK_TYPES[field.kind.lower()])
            for field in self._grok.fields
            if field.name in seen or not self._only_seen
        }
        form = Format(
            self._classification,
            head.compression,
            serde=SERDE,
            serde_parameters=self._serde_parameters,
            parameters=self._parameters,
        )
        size = sum(len(line.encode()) + 1 for line in lines)
        return Sampled(Schema(form, tuple(columns.items())), len(lines), size, len(found) / len(lines))


def _lines(head: Head) -> Sequence[str]:
    """The first lines that are whole and not empty."""
    try:
        text = head.data.decode("utf-8-sig", errors="ignore" if head.truncated else "strict")
    except UnicodeDecodeError:
        return ()
    lines = text.split("\n", MOST_LINES)
    if head.truncated or len(lines) > MOST_LINES:
        lines.pop()
    return [line for line in lines if line.strip()]
