"""Filter patterns over unstructured log events: terms, phrases, `?` for any of, `-` for none of.

JSON, space-delimited and regular-expression patterns are not supported, and say so.
Source: "Filter pattern syntax for metric filters, subscription filters, filter log events", CloudWatch Logs user guide.
"""

import re
from dataclasses import dataclass

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.logs.error import InvalidParameterException

TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)')


@dataclass(frozen=True, slots=True)
class FilterPattern:
    """Matches a message that holds every one of `every`, one of `some` (when there are any) and none of `none`."""

    every: tuple[str, ...]
    some: tuple[str, ...]
    none: tuple[str, ...]

    def matches(self, message: str) -> bool:
        """Whether an event with this message passes. Case matters."""
        return (
            all(term in message for term in self.every)
            and (not self.some or any(term in message for term in self.some))
            and not any(term in message for term in self.none)
        )

    @staticmethod
    def parse(text: str) -> "FilterPattern":
        """The pattern that `text` spells. Raises InvalidParameterException, NotImplemented."""
        _refuse_other_forms(text)
        terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
        position = 0
        while text[position:].strip():
            match = TERM.match(text, position)
            if match is None:
                raise InvalidParameterException("Invalid filter pattern")
            sign, phrase, word = match.groups()
            terms[sign].append(word if phrase is None else phrase.replace('\\"', '"'))
            position = match.end()
        return FilterPattern(tuple(terms[""]), tuple(terms["?"]), tuple(terms["-"]))


def _refuse_other_forms(text: str) -> None:
    forms = {"{": "a JSON pattern", "[": "a space-delimited pattern", "%": "a regular expression"}
    form = forms.get(text.strip()[:1])
    if form:
        raise Unsupported(f"FilterLogEvents: {form} in filterPattern is not supported; use terms and phrases")
