"""Hiding personal numbers: phones as 138****8000, identity numbers as 110***********002X, written or spoken."""

from __future__ import annotations

import datetime
import re
import unicodedata

from .digits import EN, ZH, runs
from .reading import SPOKEN
from .sound import syllables

SHORTEST = 7
"""Runs of fewer digits are left as they are (amounts, dates, years)."""

_HAN_SOUND = {syllable for said in SPOKEN.values() for syllable in said}
_KEEP_END = 4


def _spans(text: str) -> list[tuple[int, int]]:
    """Spans of the text that hold seven digits or more, however written or said."""
    folded = "".join(_fold(char) for char in text)
    found = [(run.start, run.end, run.digits) for lang in ("zh", "en") for run in runs(folded, lang)]
    told = [(start, end) for start, end, digits in found if _is_complaint_number(digits)]
    spans = [(start, end) for start, end, digits in found if len(digits) >= SHORTEST]
    spans += _homophones(folded, syllables(folded))
    # What lies within a complaint number is part of it, however it could be read besides.
    spans = [span for span in spans if not any(start <= span[0] and span[1] <= end for start, end in told)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
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


def _fold(char: str) -> str:
    plain = unicodedata.normalize("NFKC", char).lower()
    return plain if len(plain) == 1 else char


def _homophones(text: str, said: list[str]) -> list[tuple[int, int]]:
    """Dictated digits among homophones (一 三八 玲玲 以 三零零零): seven digit sounds, three true digits."""
    spans = []
    start, last, count, true = 0, 0, 0, 0
    for at, syllable in enumerate([*said, "end"]):
        if syllable in _HAN_SOUND or syllable.isdigit() and syllable.isascii():
            if not count:
                start = at
            count, last = count + 1, at + 1
            true += text[at] in ZH or text[at].isdigit()
        elif at >= len(text) or not (text[at].isspace() or text[at] in ",，-、"):
            if count >= SHORTEST and true >= 3:
                spans.append((start, last))
            count = true = 0
    return spans


def _digit_places(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The characters or words inside a span that stand for digits."""
    places = []
    for match in re.finditer(r"[A-Za-z]+|[^\s]", text[start:end]):
        token = match[0]
        if token.isalpha() or token.isdigit():
            places.append((start + match.start(), start + match.end()))
    return places


def mask(text: str) -> str:
    """The text with the middle of every long digit run replaced by stars.

    Eighteen digits keep 3 and 4, other runs 3 and 4 (short ones only the last two); words for digits
    are masked word by word. Lengths of runs of plain digits stay.
    """
    result, position = [], 0
    for start, end in _spans(text):
        places = _digit_places(text, start, end)
        keep_start, keep_end = (3, _KEEP_END) if len(places) >= 11 else (0, 2)
        hidden = places[keep_start:len(places) - keep_end]
        for low, high in hidden:
            result.append(text[position:low])
            word = text[low:high]
            result.append("*" * (len(word) if word.isdigit() and word.isascii() else 1))
            position = high
    result.append(text[position:])
    return "".join(result)
