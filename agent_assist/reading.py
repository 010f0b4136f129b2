"""The best reading of a spoken number: digit recogniser's alternatives, number plan and free text weighed together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from .line import Line
from .sound import distance, syllables

SPOKEN = {
    "0": ("ling",), "1": ("yi", "yao"), "2": ("er", "liang"), "3": ("san",), "4": ("si",), "5": ("wu",),
    "6": ("liu",), "7": ("qi",), "8": ("ba",), "9": ("jiu",),
}
"""How each digit is pronounced (toneless pinyin)."""

_SAID_IN_TEXT = {syllable: digit for digit, said in SPOKEN.items() for syllable in said}
_SAID_IN_TEXT |= {str(n): str(n) for n in range(10)}

RANK_COST = 0.12
"""Cost of each place down the recogniser's list."""
RANK_CAP = 2.4
PREFIX_COST = 0.35
"""Cost of each digit left over before the number: words such as 号码是 come out as digits there."""
SUFFIX_COST = 1.2
"""Cost of each digit left over after it."""
SOUND_WEIGHT = 0.6
"""Weight of the disagreement with the free text, in digits."""
GIVE_UP = 6.0
"""Readings that cost more are not believed."""
HINT_BONUS = 1.5
HINT_REACH = 2
"""Digits by which a known number may differ from what was heard."""
TEXT_COST = 1.0
"""Cost of a number read from the free text alone when the digit recogniser ran too."""

_SKIP, _LOST, _WRONG = 0.5, 0.8, 1.0


@dataclass(frozen=True)
class Reading:
    """A number that fits its plan, and what it costs to believe it."""

    digits: str
    cost: float
    span: tuple[int, int] | None
    """Where it stands in `Line.chars`, None when only the digit recogniser has it."""
    how: str


def digit_cost(digit: str, syllable: str) -> float:
    """How badly a syllable (or written digit) of the free text fits a digit, 0 to 1."""
    if syllable == digit:
        return 0.0
    if not syllable.isascii() or not syllable.isalpha():
        return _WRONG
    return min(_WRONG, min(distance(said, syllable) for said in SPOKEN[digit]))


def agreement(digits: str, said: Sequence[str]) -> tuple[float, tuple[int, int]]:
    """The cost of finding `digits` read out somewhere in a sequence of syllables, and where.

    Alignment with free ends; a digit the text has lost, a syllable too many and a wrong one all cost.
    """
    if not said:
        return _LOST * len(digits), (0, 0)
    previous: list[tuple[float, int]] = [(0.0, at) for at in range(len(said) + 1)]
    for digit in digits:
        row = [(previous[0][0] + _LOST, 0)]
        for at, syllable in enumerate(said, 1):
            match = previous[at - 1]
            lost = previous[at]
            skip = row[at - 1]
            row.append(min((match[0] + digit_cost(digit, syllable), match[1]),
                           (lost[0] + _LOST, lost[1]), (skip[0] + _SKIP, skip[1])))
        previous = row
    end = min(range(len(previous)), key=lambda at: previous[at][0])
    return previous[end][0], (previous[end][1], end)


def windows(heard: str, fits: Callable[[str], bool], lengths: Sequence[int],
            whole: bool = False) -> Iterator[tuple[str, float]]:
    """The parts of a digit string that fit, each with the cost of what is left over; only all of it if `whole`."""
    for piece in re.split(r"[^0-9]+", heard):
        for length in lengths:
            for start in range(len(piece) - length + 1):
                part = piece[start:start + length]
                if (not whole or part == piece) and fits(part):
                    yield part, start * PREFIX_COST + (len(piece) - start - length) * SUFFIX_COST


def readings(line: Line, alternatives: Sequence[str], fits: Callable[[str], bool],
             lengths: Sequence[int], hints: Sequence[str] = (), whole: bool = False) -> list[Reading]:
    """Every number in the alternatives that fits, cheapest first; digits are chosen, never made up.

    `whole`: only alternatives that fit as they stand, for plans so wide that a part fits by chance.
    """
    said = syllables(line.chars)
    best: dict[str, float] = {}
    for rank, heard in enumerate(alternatives):
        for digits, extra in windows(heard, fits, lengths, whole):
            cost = min(RANK_CAP, rank * RANK_COST) + extra
            best[digits] = min(cost, best.get(digits, cost))
    found = []
    for digits, cost in best.items():
        span = None
        if said:
            disagreement, where = agreement(digits, said)
            cost += SOUND_WEIGHT * disagreement
            if disagreement < len(digits) / 2 and where[1] > where[0]:
                span = where
        if digits in hints:
            cost -= HINT_BONUS
        found.append(Reading(digits, cost, span, "digits"))
    return sorted(found, key=lambda reading: reading.cost)


def nearest_hint(heard: Sequence[str], hints: Sequence[str]) -> str | None:
    """The known number that was nearly heard: at most two digits lost or wrong, and no other as near."""
    ranked = sorted(
        (min(Levenshtein.distance(re.sub("[^0-9]", "", text), hint) for text in heard), hint) for hint in set(hints)
    ) if heard else []
    if not ranked or ranked[0][0] > HINT_REACH or len(ranked[0][1]) < 10:
        return None
    return None if len(ranked) > 1 and ranked[1][0] <= ranked[0][0] + 1 else ranked[0][1]


def by_sound(line: Line, fits: Callable[[str], bool], lengths: Sequence[int]) -> list[Reading]:
    """Numbers in a dictated text whose every syllable is a digit's (玲玲 for 零零), at the given lengths."""
    said = syllables(line.chars)
    digits = [_SAID_IN_TEXT.get(syllable, " ") for syllable in said]
    found = []
    for match in re.finditer(r"[0-9]+", "".join(digits)):
        for length in lengths:
            if len(match[0]) == length and fits(match[0]):
                found.append(Reading(match[0], 0.5, match.span(), "sound"))
    return found
