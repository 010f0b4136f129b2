"""Matching Chinese by sound: text and patterns folded to syllables, with the confusions of the recogniser.

A syllable (pinyin without tone) becomes one private-use character, so ordinary regular expressions
match pronunciations and spans stay character spans.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pypinyin import lazy_pinyin

_FIRST = 0xE000
"""First code point of Unicode's private-use area."""

_INITIALS = ("zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x",
             "r", "z", "c", "s", "y", "w")

# Confusions seen in small-vocabulary dictation of telephone-band Mandarin, as costs between 0 (the same)
# and 1 (unlike). Pairs that are not listed cost 1.
_INITIAL_COST = {
    ("z", "zh"): 0.1, ("c", "ch"): 0.1, ("s", "sh"): 0.1, ("l", "n"): 0.2, ("f", "h"): 0.3,
    ("b", "p"): 0.3, ("d", "t"): 0.3, ("g", "k"): 0.3, ("h", "k"): 0.3, ("g", "h"): 0.4,
    ("j", "q"): 0.3, ("q", "x"): 0.3, ("j", "x"): 0.4, ("c", "z"): 0.3, ("ch", "zh"): 0.3,
    ("c", "s"): 0.4, ("ch", "sh"): 0.4, ("sh", "zh"): 0.5, ("s", "z"): 0.5, ("j", "zh"): 0.4,
    ("ch", "q"): 0.4, ("sh", "x"): 0.4, ("l", "r"): 0.3, ("m", "n"): 0.4, ("", "y"): 0.3,
    ("", "w"): 0.3, ("r", "y"): 0.4, ("b", "m"): 0.5, ("l", "y"): 0.5, ("n", "r"): 0.5,
    ("d", "l"): 0.5, ("b", "d"): 0.5, ("d", "z"): 0.5, ("f", "w"): 0.4, ("h", "w"): 0.5, ("d", "g"): 0.5,
    ("k", "t"): 0.5,
}
_FINAL_COST = {
    ("an", "ang"): 0.2, ("en", "eng"): 0.15, ("in", "ing"): 0.1, ("ian", "iang"): 0.3,
    ("uan", "uang"): 0.2, ("un", "ong"): 0.3, ("o", "uo"): 0.0, ("ou", "uo"): 0.3, ("e", "o"): 0.3,
    ("e", "uo"): 0.3, ("e", "ou"): 0.3, ("ao", "ou"): 0.3, ("ao", "iao"): 0.3, ("ai", "ei"): 0.3,
    ("eng", "ong"): 0.2, ("ie", "ue"): 0.3, ("i", "v"): 0.3, ("u", "ou"): 0.4, ("u", "v"): 0.3,
    ("ui", "ei"): 0.3, ("ai", "uai"): 0.3, ("a", "ua"): 0.3, ("an", "uan"): 0.3, ("a", "ai"): 0.5,
    ("uai", "ui"): 0.3, ("ian", "an"): 0.4, ("in", "en"): 0.4, ("iu", "ou"): 0.3, ("i", "ie"): 0.4,
    ("iang", "ang"): 0.3, ("u", "uo"): 0.4, ("en", "un"): 0.3, ("i", "ei"): 0.4, ("ing", "eng"): 0.4,
    ("an", "en"): 0.4, ("ang", "eng"): 0.5, ("ong", "ang"): 0.5, ("ia", "a"): 0.4, ("e", "a"): 0.5,
    ("ian", "uan"): 0.4, ("i", "e"): 0.5, ("i", "in"): 0.4, ("i", "ing"): 0.5, ("i", "ui"): 0.4,
    ("iu", "v"): 0.5, ("ian", "in"): 0.4, ("iu", "i"): 0.5, ("ao", "o"): 0.4, ("a", "ao"): 0.5,
    ("uan", "un"): 0.4, ("ong", "ou"): 0.5, ("eng", "in"): 0.5,
}

SAME = 0.2
"""Costs up to this count as the same sound."""
NEAR = 0.45
"""Costs up to this count as a likely confusion."""


@cache
def split(syllable: str) -> tuple[str, str]:
    """Initial and final of a toneless syllable: 'zhuang' -> ('zh', 'uang')."""
    for initial in _INITIALS:
        if syllable.startswith(initial) and len(syllable) > len(initial):
            final = syllable[len(initial):]
            if initial in "jqxy" and final.startswith("u"):
                final = "v" + final[1:] if final == "u" else final
            return initial, final
    return "", syllable


def _cost(table: dict[tuple[str, str], float], a: str, b: str) -> float:
    if a == b:
        return 0.0
    return table.get((a, b), table.get((b, a), 1.0))


@cache
def distance(a: str, b: str) -> float:
    """How unlike two toneless syllables sound, 0 (the same) to 2."""
    (initial_a, final_a), (initial_b, final_b) = split(a), split(b)
    return _cost(_INITIAL_COST, initial_a, initial_b) + _cost(_FINAL_COST, final_a, final_b)


@dataclass(frozen=True)
class _Alphabet:
    codes: dict[str, str]


@cache
def _alphabet() -> _Alphabet:
    """All syllables that a common character can have, numbered once."""
    common = [chr(point) for point in range(0x4E00, 0x9FA6)]
    seen = sorted({s for s in lazy_pinyin(common, errors="ignore") if s.isascii()})
    return _Alphabet({syllable: chr(_FIRST + n) for n, syllable in enumerate(seen)})


def syllables(text: str) -> list[str]:
    """A toneless syllable for each Chinese character in context, other characters as they are."""
    result: list[str] = []
    for part in re.split(r"([㐀-鿿]+)", text):
        if part and "㐀" <= part[0] <= "鿿":
            read = lazy_pinyin(part, errors=lambda rare: list(rare))
            result.extend(read if len(read) == len(part) else list(part))
        else:
            result.extend(part)
    return result


def spell(text: str) -> str:
    """Text with each Chinese character replaced by its sound's code; the length stays."""
    codes = _alphabet().codes
    return "".join(
        char if char.isascii() else codes.get(syllable, char)
        for char, syllable in zip(text, syllables(text), strict=True)
    )


@cache
def _near(reading: str, limit: float) -> frozenset[str]:
    """Codes of the syllables within `limit` of one; by parts, as most pairs differ too much in one already."""
    initial, final = split(reading)
    initials = {i: _cost(_INITIAL_COST, initial, i) for i in ("", *_INITIALS)}
    result = set()
    for syllable, code in _alphabet().codes.items():
        other_initial, other_final = split(syllable)
        cost = initials[other_initial]
        if cost <= limit and cost + _cost(_FINAL_COST, final, other_final) <= limit:
            result.add(code)
    return frozenset(result)


@cache
def _class(readings: frozenset[str], limit: float) -> str:
    """Codes of all syllables within `limit` of any of a character's readings."""
    return "".join(sorted(frozenset().union(*(_near(reading, limit) for reading in readings))))


@cache
def _alone(char: str) -> str:
    return lazy_pinyin(char)[0]


def by_sound(pattern: str, limit: float) -> str:
    """A regular expression over characters rewritten to match `spell`ed text within a cost per syllable."""
    # A character's reading alone and in its word (还 in 退还), but not the rare ones (单 as shan).
    in_word = syllables(pattern)
    result, inside = [], False
    for index, char in enumerate(pattern):
        if char == "[" and pattern[index - 1: index] != "\\":
            inside = True
        elif char == "]":
            inside = False
        if "㐀" <= char <= "鿿":
            codes = _class(frozenset((in_word[index], _alone(char))), limit)
            result.append(codes if inside else f"[{codes}]")
        else:
            result.append(char)
    return "".join(result)
