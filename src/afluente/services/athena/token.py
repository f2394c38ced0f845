"""Words of a statement, for everything that is not a query: Hive's DDL, and what stands in front of a query."""

import re
from typing import NamedTuple, NoReturn

from afluente.services.athena.error import InvalidRequestException
from afluente.services.athena.sql.parse import line_and_column

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)
    |(?P<backtick>`(?:[^`]|``)*`)|(?P<quoted>"(?:[^"\\]|""|\\.)*")
    |(?P<text>'(?:[^'\\]|''|\\.)*')
    |(?P<word>[A-Za-z_][A-Za-z0-9_$]*|\d+(?:\.\d+)?)
    |(?P<mark><=|>=|<>|!=|.)""",
    re.VERBOSE | re.DOTALL,
)


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[01][0-7]{2}|.)", re.DOTALL)
_ESCAPED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


def unescaped(text: str) -> str:
    """What stands for itself in a text of Hive's, as its parser reads it (BaseSemanticAnalyzer.unescapeSQLString)."""
    return _ESCAPE.sub(_meant, text)


def _meant(escape: re.Match[str]) -> str:
    what = escape[1]
    if len(what) == 1:
        return _ESCAPED.get(what, what)
    return chr(int(what[1:], 16) if what[0] == "u" else int(what, 8))


def escaped(text: str) -> str:
    """A text as Hive's statements spell it, between single quotes."""
    shown = text.replace("\\", "\\\\").replace("'", "\\'")
    return shown.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Token(NamedTuple):
    """One word, name, text or mark, and where it begins and ends."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, comments and space left out."""
    return [
        Token(str(match.lastgroup), match[0], match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "space"
    ]


class Reader:
    """Reads tokens from first to last; what does not fit raises MALFORMED_QUERY as StartQueryExecution does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        self._place = 0

    @property
    def next(self) -> Token:
        if self._place < len(self._tokens):
            return self._tokens[self._place]
        return Token("end", "<EOF>", len(self.text), len(self.text))

    @property
    def ended(self) -> bool:
        return self._place >= len(self._tokens)

    def advance(self) -> Token:
        """The next token, taken."""
        token = self.next
        self._place += 1
        return token

    def at(self, *words: str) -> bool:
        """Whether the next tokens are `words`."""
        ahead = self._tokens[self._place : self._place + len(words)]
        return [token.upper for token in ahead] == list(words)

    def accept(self, *words: str) -> bool:
        """Take the next tokens if they are `words`."""
        if self.at(*words):
            self._place += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Take `words`, which must come next."""
        for word in words:
            if not self.accept(word):
                self.refuse(f"'{word}'")

    def refuse(self, expecting: str = "") -> NoReturn:
        """The next token cannot stand here."""
        line, column = line_and_column(self.text, self.next.start)
        hint = f". Expecting: {expecting}" if expecting else ""
        message = f"line {line}:{column}: mismatched input '{self.next.text}'{hint}"
        raise InvalidRequestException(message, "MALFORMED_QUERY")

    def end(self) -> None:
        """Nothing may follow."""
        if not self.ended:
            self.refuse("<EOF>")

    def name(self, quote: str = "backtick") -> str:
        """A name in lower case, plain or in the quotes of its grammar: backticks in DDL, double quotes in queries."""
        token = self.next
        if token.kind in {"backtick", "quoted"} and token.kind == quote:
            mark = token.text[0]
            self.advance()
            return token.text[1:-1].replace(mark * 2, mark).lower()
        if token.kind == "quoted":
            self._no_alternative()
        if token.kind != "word":
            self.refuse("<identifier>")
        self.advance()
        return token.text.lower()

    def _no_alternative(self) -> NoReturn:
        line, column = line_and_column(self.text, self.next.start)
        shown = self.text[: self.next.end].strip()
        message = f"line {line}:{column}: no viable alternative at input '{shown}'"
        raise InvalidRequestException(message, "MALFORMED_QUERY")

    def path(self, quote: str = "backtick") -> list[str]:
        """A name with dots in it."""
        parts = [self.name(quote)]
        while self.accept("."):
            parts.append(self.name(quote))
        return parts

    def literal(self) -> str:
        """A text in single (or, as Hive allows, double) quotes."""
        token = self.next
        if token.kind not in {"text", "quoted"}:
            self.refuse("<string>")
        self.advance()
        return token.text[1:-1].replace(token.text[0] * 2, token.text[0])

    def hive_literal(self) -> str:
        """The same in Hive's statements, whose texts have escapes: `'\\\\d'` is a backslash and a d."""
        return unescaped(self.literal())
