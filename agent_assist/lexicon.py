"""Words that stand for something: weighted patterns kept as readable data in `words/*.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .line import Line
from .sound import NEAR, SAME, by_sound

_FOLDER = Path(__file__).parent / "words"

_GAPS = {"zh": "[^.]{0,%d}?", "en": "[^.]{0,%d}?"}
_GAP_LENGTH = {"zh": {"~": 5, "~~": 14}, "en": {"~": 20, "~~": 60}}

_BY_SOUND_WEIGHT = {SAME: 0.95, NEAR: 0.6}
"""What a match by sound is worth compared with one by character."""


@dataclass(frozen=True)
class Hit:
    """A place where a pattern fits."""

    label: str
    weight: float
    start: int
    end: int
    how: str
    pattern: str


@dataclass(frozen=True)
class Rule:
    """One pattern of a lexicon and its weight."""

    label: str
    weight: float
    pattern: str
    chars: re.Pattern
    sounds: tuple[tuple[float, re.Pattern], ...]
    """(factor on the weight, pattern over `Line.sound`), closest first."""


def _width(pattern: str) -> int:
    """The fewest characters that a pattern can match, gaps left out."""
    plain = re.sub(r"\[[^\]]*\](\{\d+,?\d*\}\??|[*?])?", lambda m: "" if m[1] else "X", pattern)
    plain = re.sub(r"\(\?[<!=:]+", "(", plain)
    while "(" in plain:
        shorter = re.sub(
            r"\(([^()]*)\)(\??)",
            lambda m: "" if m[2] else min((re.sub(r".\?", "", part) for part in m[1].split("|")), key=len),
            plain,
        )
        if shorter == plain:
            break
        plain = shorter
    return len(re.sub(r".\?", "", plain))


def compile_pattern(pattern: str, lang: str) -> tuple[re.Pattern, tuple[tuple[float, re.Pattern], ...]]:
    """The matchers of one pattern: over characters, and over sound for Chinese.

    '~' is a short gap and '~~' a long one, within a sentence.
    """
    gap, lengths = _GAPS[lang], _GAP_LENGTH[lang]
    expanded = re.sub(r"~{1,2}", lambda m: gap % lengths[m[0]], pattern)
    if lang != "zh":
        return re.compile(expanded), ()
    width = _width(pattern.replace("~", ""))
    sounds = []
    if width >= 2:
        sounds.append((_BY_SOUND_WEIGHT[SAME], re.compile(by_sound(expanded, SAME))))
    if width >= 3:
        sounds.append((_BY_SOUND_WEIGHT[NEAR], re.compile(by_sound(expanded, NEAR))))
    return re.compile(expanded), tuple(sounds)


class Lexicon:
    """The rules of one topic in one language."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules

    def find(self, line: Line) -> list[Hit]:
        """Every match by character, and for dictated lines each rule's best match by sound."""
        hits: list[Hit] = []
        for rule in self.rules:
            exact = [Hit(rule.label, rule.weight, m.start(), m.end(), "text", rule.pattern)
                     for m in rule.chars.finditer(line.chars) if m.end() > m.start()]
            hits.extend(exact)
            if exact or not line.dictated:
                continue
            for factor, pattern in rule.sounds:
                m = pattern.search(line.sound)
                if m and m.end() > m.start():
                    hits.append(Hit(rule.label, rule.weight * factor, m.start(), m.end(), "sound", rule.pattern))
                    break
        return hits


@cache
def table(topic: str) -> dict:
    """`words/<topic>.toml` as it stands."""
    with open(_FOLDER / f"{topic}.toml", "rb") as file:
        return tomllib.load(file)


@cache
def lexicon(topic: str, lang: str) -> Lexicon:
    """The rules of `words/<topic>.toml` under [lang.label]; 'en' for any language but 'zh'."""
    lang = "zh" if lang == "zh" else "en"
    rules = []
    for label, patterns in table(topic).get(lang, {}).items():
        for pattern, weight in patterns.items():
            chars, sounds = compile_pattern(pattern, lang)
            rules.append(Rule(label, float(weight), pattern, chars, sounds))
    return Lexicon(tuple(rules))
