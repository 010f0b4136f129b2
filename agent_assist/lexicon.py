"""Words that stand for something: weighted patterns kept as readable data in `words/*.toml`."""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .line import Line
from .sound import NEAR, SAME, by_sound

_FOLDER = Path(__file__).parent / "words"

_GAP_LENGTH = {"zh": {"~": 5, "~~": 14}, "en": {"~": 20, "~~": 60}}

_BY_SOUND_WEIGHT = {SAME: {2: 0.6, 3: 0.9}, NEAR: {3: 0.45, 4: 0.6, 5: 0.75}}
"""What a match by sound is worth compared with one by character, from so many syllables (gaps left out) up."""


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
    """(limit of cost, pattern over `Line.sound`), closest first."""


def compile_pattern(pattern: str, lang: str) -> tuple[re.Pattern, tuple[tuple[float, re.Pattern], ...]]:
    """The matchers of one pattern: over characters, and over sound for Chinese.

    '~' is a short gap and '~~' a long one, within a sentence.
    """
    lengths, numbers = _GAP_LENGTH[lang], itertools.count()
    expanded = re.sub(r"~{1,2}", lambda m: f"(?P<gap{next(numbers)}>[^.]{{0,{lengths[m[0]]}}}?)", pattern)
    if lang != "zh":
        return re.compile(expanded), ()
    return re.compile(expanded), tuple((limit, re.compile(by_sound(expanded, limit))) for limit in (SAME, NEAR))


def _said(match: re.Match) -> int:
    """Characters of a match that its pattern names, gaps left out."""
    return match.end() - match.start() - sum(len(v or "") for k, v in match.groupdict().items() if k.startswith("gap"))


def _by_sound_weight(limit: float, syllables: int) -> float:
    return max((factor for least, factor in _BY_SOUND_WEIGHT[limit].items() if syllables >= least), default=0.0)


def _contradicted(hit: Hit, hits: list[Hit]) -> bool:
    """True when the words heard for a label stand there as written for another one (维修 is no 赔付)."""
    return any(other.how == "text" and other.label != hit.label and other.start < hit.end and hit.start < other.end
               for other in hits)


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
            heard = [Hit(rule.label, rule.weight * factor, m.start(), m.end(), "sound", rule.pattern)
                     for limit, pattern in rule.sounds for m in pattern.finditer(line.sound)
                     if (factor := _by_sound_weight(limit, _said(m))) > 0]
            if heard:
                hits.append(max(heard, key=lambda hit: hit.weight))
        return [hit for hit in hits if hit.how == "text" or not _contradicted(hit, hits)]


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
