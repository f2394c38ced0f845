"""The stem of an English word, by Snowball's English stemmer ("Porter2").

Source: the algorithm's description, https://snowballstem.org/algorithms/english/stemmer.html
"""

import re

VOWELS = "aeiouy"
DOUBLES = ("bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt")
LI_ENDINGS = "cdeghkmnrt"

IRREGULAR = {
    "skis": "ski", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "idly": "idl", "gently": "gentl",
    "ugly": "ugli", "early": "earli", "only": "onli", "singly": "singl",
    **{word: word for word in ("sky", "news", "howe", "atlas", "cosmos", "bias", "andes")},
}  # fmt: skip
KEPT_AFTER_1A = frozenset({"inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed"})

STEP_2 = (
    ("ization", "ize"), ("ational", "ate"), ("fulness", "ful"), ("ousness", "ous"), ("iveness", "ive"),
    ("tional", "tion"), ("biliti", "ble"), ("lessli", "less"), ("entli", "ent"), ("ation", "ate"), ("alism", "al"),
    ("aliti", "al"), ("ousli", "ous"), ("iviti", "ive"), ("fulli", "ful"), ("enci", "ence"), ("anci", "ance"),
    ("abli", "able"), ("izer", "ize"), ("ator", "ate"), ("alli", "al"), ("bli", "ble"), ("ogi", "og"), ("li", ""),
)  # fmt: skip
STEP_3 = (
    ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("icate", "ic"), ("iciti", "ic"), ("ative", ""),
    ("ical", "ic"), ("ness", ""), ("ful", ""),
)  # fmt: skip
STEP_4 = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "ion",
    "al", "er", "ic",
)  # fmt: skip


def word_stem(word: str, language: str) -> str:
    """The stem of a word; other languages than English are refused."""
    if language != "en":
        raise ValueError(f"NOT_SUPPORTED: Afluente's word_stem knows English (en) only, not {language}")
    if len(word) < 3:
        return word
    if word in IRREGULAR:
        return IRREGULAR[word]
    return _Stemmer(word).stem()


class _Stemmer:
    """One word in the making. R1 and R2 are where its regions begin."""

    def __init__(self, word: str) -> None:
        word = word.removeprefix("'")
        marked = re.sub(r"^y|(?<=[aeiouy])y", "Y", word)
        self._is_marked = marked != word
        word = self.word = marked
        prefix = re.match(r"gener|commun|arsen", word)
        self.r1 = prefix.end() if prefix else self._region(0)
        self.r2 = self._region(self.r1)

    def _region(self, start: int) -> int:
        """Behind the first consonant that follows a vowel."""
        match = re.search(r"[aeiouy][^aeiouy]", self.word[start:])
        return start + match.end() if match else len(self.word)

    def stem(self) -> str:
        """Every step, in order."""
        self._apostrophe()
        self._step_1a()
        if self.word in KEPT_AFTER_1A:
            return self.word
        self._step_1b()
        self._step_1c()
        self._step_2()
        self._step_3()
        self._step_4()
        self._step_5()
        return self.word.replace("Y", "y") if self._is_marked else self.word

    def _cut(self, suffix: str, replacement: str = "") -> None:
        self.word = self.word[: len(self.word) - len(suffix)] + replacement

    def _in(self, region: int, suffix: str) -> bool:
        return len(self.word) - len(suffix) >= region

    def _apostrophe(self) -> None:
        for suffix in ("'s'", "'s", "'"):
            if self.word.endswith(suffix):
                self._cut(suffix)
                return

    def _step_1a(self) -> None:
        word = self.word
        if word.endswith("sses"):
            self._cut("sses", "ss")
        elif word.endswith(("ied", "ies")):
            self._cut("ies", "i" if len(word) > 4 else "ie")
        elif word.endswith("s") and not word.endswith(("us", "ss")) and re.search(r"[aeiouy].", word[:-1]):
            self._cut("s")

    def _step_1b(self) -> None:
        for suffix in ("eedly", "ingly", "edly", "eed", "ing", "ed"):
            if not self.word.endswith(suffix):
                continue
            if suffix in {"eed", "eedly"}:
                if self._in(self.r1, suffix):
                    self._cut(suffix, "ee")
            elif re.search(f"[{VOWELS}]", self.word[: -len(suffix)]):
                self._cut(suffix)
                self._mended()
            return

    def _mended(self) -> None:
        if self.word.endswith(("at", "bl", "iz")):
            self.word += "e"
        elif self.word.endswith(DOUBLES):
            self.word = self.word[:-1]
        elif self._is_short():
            self.word += "e"

    def _ends_in_short_syllable(self, word: str) -> bool:
        return re.search(r"(?:[^aeiouy][aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy])$", word) is not None

    def _is_short(self) -> bool:
        return self.r1 >= len(self.word) and self._ends_in_short_syllable(self.word)

    def _step_1c(self) -> None:
        if len(self.word) > 2 and self.word[-1] in "yY" and self.word[-2] not in VOWELS:
            self.word = self.word[:-1] + "i"

    def _step_2(self) -> None:
        for suffix, replacement in STEP_2:
            if not self.word.endswith(suffix):
                continue
            before = self.word[: -len(suffix)]
            fits = {"ogi": before.endswith("l"), "li": before[-1:] in set(LI_ENDINGS)}.get(suffix, True)
            if self._in(self.r1, suffix) and fits:
                self._cut(suffix, replacement)
            return

    def _step_3(self) -> None:
        for suffix, replacement in STEP_3:
            if self.word.endswith(suffix):
                if self._in(self.r2 if suffix == "ative" else self.r1, suffix):
                    self._cut(suffix, replacement)
                return

    def _step_4(self) -> None:
        for suffix in STEP_4:
            if self.word.endswith(suffix):
                if self._in(self.r2, suffix) and (suffix != "ion" or self.word[-4:-3] in {"s", "t"}):
                    self._cut(suffix)
                return

    def _step_5(self) -> None:
        if self.word.endswith("e"):
            before = self.word[:-1]
            if self._in(self.r2, "e") or (self._in(self.r1, "e") and not self._ends_in_short_syllable(before)):
                self.word = before
        elif self.word.endswith("ll") and self._in(self.r2, "l"):
            self.word = self.word[:-1]


FUNCTIONS = (("athena_word_stem", word_stem, ("VARCHAR", "VARCHAR"), "VARCHAR"),)
