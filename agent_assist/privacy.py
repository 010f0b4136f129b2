"""Hiding personal numbers: phones as 138****8000, identity numbers as 110***********002X, written or spoken."""

from __future__ import annotations

import datetime
import re
import unicodedata
from itertools import pairwise

from .digits import ZH, en_atom, runs, zh_atom
from .reading import SPOKEN
from .sound import syllables

SHORTEST = 7
"""Runs of fewer digits are left as they are (amounts, dates, years)."""

KEEP = ((11, 3, 4), (SHORTEST, 0, 2))
"""(digits from, shown at the start, shown at the end) of a hidden run."""

_DIGIT_SOUNDS = {syllable for said in SPOKEN.values() for syllable in said}
_TRUE_DIGITS = 3
"""A dictated run among homophones (一 三八 玲玲 以 …) holds at least so many proper digits."""


_WRITTEN = re.compile(r"(?<![\d\-])(?:20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|20\d{10,11})(?![\d\-])")


def mask(text: str) -> str:
    """The text with the middle of every run of seven digits or more replaced by stars.

    Runs are digits, digit words of Chinese or English, or dictated homophones of Chinese digits, with
    spaces, dashes or fillers between. Complaint numbers and ISO dates stay, whatever stands beside them. Each hidden digit or
    digit word becomes one star per digit.
    """
    found, at = [], 0
    for written in _WRITTEN.finditer(text):
        if len(written[0]) == 10 or _is_complaint_number(written[0]):
            found += [_masked(text[at : written.start()]), written[0]]
            at = written.end()
    return "".join([*found, _masked(text[at:])])


def _masked(text: str) -> str:
    folded = "".join(_fold(char) for char in text)
    result, position = [], 0
    for start, end in _spans(folded):
        atoms = _atoms(folded, start, end)
        total = sum(count for _, _, count in atoms)
        first, last = next(((a, b) for least, a, b in KEEP if total >= least), (0, 0))
        seen = 0
        for low, high, count in atoms:
            if seen + count > first and seen < total - last:
                result.append(text[position:low] + "*" * count)
                position = high
            seen += count
    result.append(text[position:])
    return "".join(result)


def _fold(char: str) -> str:
    plain = unicodedata.normalize("NFKC", char).lower()
    return plain if len(plain) == 1 else char


def _spans(text: str) -> list[tuple[int, int]]:
    found = [(run.start, run.end, run.digits) for lang in ("zh", "en") for run in runs(text, lang)]
    told = [(start, end) for start, end, digits in found if _is_complaint_number(digits)]
    spans = [(start, end) for start, end, digits in found if len(digits) >= SHORTEST] + _homophones(text)
    # What lies within a complaint number is part of it, however it could be read besides.
    spans = sorted(span for span in spans if not any(start <= span[0] and span[1] <= end for start, end in told))
    merged = spans[:1]
    for start, end in spans[1:]:
        if start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _is_complaint_number(digits: str) -> bool:
    """A day and a serial of four or five digits: it says nothing of a person, and the caller must note it."""
    if not re.fullmatch(r"20\d{10,11}", digits):
        return False
    try:
        datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def _homophones(text: str) -> list[tuple[int, int]]:
    """Spans of dictated digits written with other characters."""
    said = syllables(text)
    spans = []
    places: list[int] = []
    for at in range(len(text) + 1):
        if at < len(text) and (said[at] in _DIGIT_SOUNDS or text[at] in ZH or text[at] in "0123456789"):
            places.append(at)
        elif at == len(text) or not (text[at].isspace() or text[at] in ",，、-"):
            proper = sum(text[place] in ZH or text[place] in "0123456789" for place in places)
            if len(places) >= SHORTEST and proper >= _TRUE_DIGITS:
                spans.append((places[0], places[-1] + 1))
            places = []
    return spans


def _atoms(text: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """(start, end, digits) of each digit, digit word or homophone in a span."""
    said = syllables(text)
    atoms, at = [], start
    while at < end:
        found = zh_atom(text, at) or en_atom(text, at)
        if found:
            digits, stop = found
            if stop - at == len(digits) > 1:  # "138" is three digits of one character each
                atoms.extend((low, high, 1) for low, high in pairwise(range(at, stop + 1)))
            else:
                atoms.append((at, stop, len(digits)))
            at = stop
        else:
            if said[at] in _DIGIT_SOUNDS and not text[at].isascii():
                atoms.append((at, at + 1, 1))
            at += 1
    return atoms
