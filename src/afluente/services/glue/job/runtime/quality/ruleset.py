"""DQDL, the language of data quality rules: what a ruleset says, as a tree. Evaluates nothing.

https://docs.aws.amazon.com/glue/latest/dg/dqdl.html
"""

import re
from dataclasses import dataclass, field

from afluente.services.glue.job.runtime.quality.dynamic import FUNCTIONS, Term

TOKEN = re.compile(
    r"""\s*(?:\#[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?:[eE]-?\d+)?)"""
    r"""|(?P<sign><=|>=|!=|[=<>\[\](),+*/-])|(?P<word>[A-Za-z_][\w.]*))"""
)
COMPARISONS = {"=", "!=", ">", ">=", "<", "<="}
UNITS = {"minutes": 60, "minute": 60, "hours": 3600, "hour": 3600, "days": 86_400, "day": 86_400}
WORDS = {"NULL", "EMPTY", "WHITESPACES_ONLY"}
END = ("end", "")


@dataclass(frozen=True, slots=True)
class Value:
    """A constant: `kind` is number, text, word (NULL, EMPTY ...), seconds, or now (seconds from now).

    Or `dynamic`: a `term` that looks at earlier runs.
    """

    kind: str
    text: str
    term: Term | None = None

    @property
    def number(self) -> float:
        """Of a number, of seconds, or of a point in time as seconds from now."""
        return float(self.text)


@dataclass(frozen=True, slots=True)
class Expression:
    """What a measured value must be: `operator` is a comparison, between, in or matches."""

    operator: str
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `IsComplete "a" where "b > 1"`."""

    kind: str
    parameters: tuple[str, ...]
    expression: Expression | None = None
    threshold: Expression | None = None
    where: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Composite:
    """Rules joined by `and` or `or`."""

    word: str
    rules: "tuple[Rule | Composite, ...]"
    text: str = ""


AnyRule = Rule | Composite


def parse(ruleset: str) -> list[AnyRule]:
    """The rules of a ruleset. Raises ValueError that says what it does not understand, NotImplementedError."""
    return _Parser(ruleset).ruleset()


@dataclass(slots=True)
class _Parser:
    source: str
    at: int = 0
    began: list[int] = field(default_factory=list)

    # ---- words ------------------------------------------------------------------------------------------------------

    def peek(self) -> tuple[str, str]:
        """The next token as (kind, text); nothing is taken."""
        at = self.at
        found = self.take()
        self.at = at
        return found

    def take(self) -> tuple[str, str]:
        while True:
            rest = self.source[self.at :]
            if not rest.strip():
                return END
            match = TOKEN.match(rest)
            if match is None:
                raise self.not_understood(rest.strip()[:20])
            self.at += match.end()
            if match.lastgroup:
                return match.lastgroup, match[match.lastgroup]

    def skip(self, text: str) -> bool:
        """Take `text` if it is next."""
        if self.peek()[1].lower() != text.lower() or self.peek()[0] == "text":
            return False
        self.take()
        return True

    def expect(self, text: str) -> None:
        if not self.skip(text):
            raise self.not_understood(self.peek()[1] or "the end", f", where {text!r} is expected")

    def not_understood(self, found: str, more: str = "") -> ValueError:
        return ValueError(f"the ruleset is not understood at {found!r}{more}")

    def string(self) -> str:
        kind, text = self.take()
        if kind != "text":
            raise self.not_understood(text, ", where a text in double quotes is expected")
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])

    # ---- rules ------------------------------------------------------------------------------------------------------

    def ruleset(self) -> list[AnyRule]:
        if self.peek()[1] in {"Analyzers", "Labels", "DefaultLabels"}:
            raise NotImplementedError(f"{self.peek()[1]} of a ruleset is not supported; Rules is")
        self.expect("Rules")
        self.expect("=")
        self.expect("[")
        rules = []
        while not self.skip("]"):
            rules.append(self.any_rule())
            if not self.skip(","):
                self.expect("]")
                break
        if self.peek() != END:
            if self.peek()[1] in {"Analyzers", "Labels", "DefaultLabels"}:
                raise NotImplementedError(f"{self.peek()[1]} of a ruleset is not supported; Rules is")
            raise self.not_understood(self.peek()[1])
        if not rules:
            raise ValueError("the ruleset has no rules")
        return rules

    def any_rule(self) -> AnyRule:
        self.peek()
        began = self.at
        first = self.one()
        rules, word = [first], ""
        while (found := self.peek()[1].lower()) in {"and", "or"}:
            if word and found != word:
                rules, word = [Composite(word, tuple(rules), self._text(began))], ""
            word = found
            self.take()
            rules.append(self.one())
        return Composite(word, tuple(rules), self._text(began)) if word else first

    def one(self) -> AnyRule:
        if self.skip("("):
            rule = self.any_rule()
            self.expect(")")
            return rule
        return self.rule()

    def rule(self) -> Rule:
        began = self.at
        kind, name = self.take()
        if kind != "word":
            raise self.not_understood(name or "the end", ", where the name of a rule is expected")
        parameters = []
        while self.peek()[0] == "text":
            parameters.append(self.string())
        expression = self.expression()
        threshold, where = None, ""
        while True:
            if self.skip("with"):
                self.expect("threshold")
                threshold = self.expression()
            elif self.skip("where"):
                where = self.string()
            else:
                break
        return Rule(name, tuple(parameters), expression, threshold, where, self._text(began))

    def _text(self, began: int) -> str:
        """What was read since `began`, in one line and without comments."""
        lines = [line for line in self.source[began : self.at].splitlines() if not line.lstrip().startswith("#")]
        return " ".join(" ".join(lines).split())

    # ---- expressions ------------------------------------------------------------------------------------------------

    def expression(self) -> Expression | None:
        if self.peek()[1] in COMPARISONS and self.peek()[0] == "sign":
            return Expression(self.take()[1], (self.value(),))
        negated = self.skip("not")
        if self.skip("between"):
            low = self.value()
            self.expect("and")
            return Expression("between", (low, self.value()), negated)
        if self.skip("in"):
            return Expression("in", tuple(self.values()), negated)
        if self.skip("matches"):
            return Expression("matches", (Value("text", self.string()),), negated)
        if negated:
            raise self.not_understood("not")
        return None

    def values(self) -> list[Value]:
        self.expect("[")
        found = [self.value()]
        while self.skip(","):
            found.append(self.value())
        self.expect("]")
        return found

    def value(self) -> Value:
        began = self.at
        try:
            term = self.sum()
        except ValueError:
            term = None
        if term is not None and term.looks_back():
            return Value("dynamic", self._text(began), term)
        self.at = began
        return self.static()

    def static(self) -> Value:
        if self.skip("("):
            value = self.value()
            self.expect(")")
            return value
        kind, text = self.peek()
        if kind == "text":
            return Value("text", self.string())
        self.take()
        return self.amount(text) if kind == "number" else self.word(kind, text)

    # ---- values of earlier runs -------------------------------------------------------------------------------------

    def sum(self) -> Term:
        found = self.product()
        while True:
            kind, text = self.peek()
            if kind == "sign" and text in {"+", "-"}:
                self.take()
                found = Term(text, (found, self.product()))
            elif kind == "number" and text.startswith("-"):  # `avg(last(3)) -1`
                found = Term("+", (found, self.product()))
            else:
                return found

    def product(self) -> Term:
        found = self.atom()
        while self.peek()[1] in {"*", "/"}:
            _, sign = self.take()
            found = Term(sign, (found, self.atom()))
        return found

    def atom(self) -> Term:
        if self.skip("("):
            found = self.sum()
            self.expect(")")
            return found
        kind, text = self.take()
        if kind == "number":
            return Term("number", (), float(text))
        if text not in FUNCTIONS:
            raise self.not_understood(text)
        self.expect("(")
        if text == "last":
            count = 1.0 if self.peek()[1] == ")" else self.atom().number
            found = Term("last", (), count)
        elif text == "index":
            values = self.sum()
            self.expect(",")
            found = Term("index", (values, self.atom()))
        else:
            found = Term(text, (self.sum(),))
        self.expect(")")
        return found

    def amount(self, text: str) -> Value:
        unit = self.peek()[1].lower()
        if unit not in UNITS:
            return Value("number", text)
        self.take()
        return Value("seconds", str(float(text) * UNITS[unit]))

    def word(self, kind: str, text: str) -> Value:
        if text in WORDS:
            return Value("word", text)
        if text.lower() in {"true", "false"}:
            return Value("text", text.lower())
        if text == "now":
            return self.now()
        raise self.not_understood(text or "the end", ", where a value is expected")

    def now(self) -> Value:
        self.expect("(")
        self.expect(")")
        sign = self.peek()[1]
        if sign[:1] == "-" and self.peek()[0] == "number":  # `now() -3 days`
            return Value("now", self.value().text)
        if sign not in {"-", "+"}:
            return Value("now", "0")
        self.take()
        shift = self.value()
        if shift.kind != "seconds":
            raise self.not_understood(shift.text, ", where a number of days, hours or minutes is expected")
        return Value("now", str(-shift.number if sign == "-" else shift.number))
