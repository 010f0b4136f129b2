"""Phone, complaint and identity numbers of an utterance."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import replace

from . import digits as spoken
from .form import Source, Value
from .line import Line
from .numberplan import SERIAL, is_complaint_number, is_id_number, is_landline, is_mobile
from .reading import GIVE_UP, TEXT_COST, Reading, by_sound, nearest_hint, readings

ASKS = {
    "phone": "phone", "number": "complaint_number", "complaint_number": "complaint_number",
    "id_number": "id_number", "id": "id_number",
}
"""Which field a question asks for."""

CLOSE = 0.8
CLOSE_COST = 2.0
"""A reading with another within `CLOSE` of its cost is scored lower by `CLOSE_COST`: worth reading back."""

TALK_S = 30.0
"""In an utterance longer than this the digit recogniser hears some number in any talk; only words count then."""

_MOBILE = (11,)
_LANDLINE = (11, 12, 10)
_COMPLAINT = tuple(range(8 + SERIAL[1], 8 + SERIAL[0] - 1, -1))

_THIS_NUMBER = {
    "zh": re.compile(r"(这个|这|当前|现在|本机|来电|打电话|打过来)(的|这个)*(手机|电话)?(号码|号)|本机"),
    "en": re.compile(r"\b(this (number|phone)|number i'?m calling from|same number|calling from this)\b"),
}


def numbers(line: Line, on: datetime.date) -> list[Value]:
    """The numbers heard in a line, at most one of each kind."""
    asked = ASKS.get(line.heard.ask)
    found: dict[str, Value] = {}

    def fits_complaint(text: str) -> bool:
        return is_complaint_number(text, on)

    plans: dict[str, tuple[Callable[[str], bool], tuple[int, ...]]] = {
        "id_number": (is_id_number, (18,)),
        "complaint_number": (fits_complaint, _COMPLAINT),
        "phone": (is_mobile, _MOBILE),
    }
    for name, (fits, lengths) in plans.items():
        value = _read(line, name, fits, lengths, asked)
        if value is None and name == "phone":
            value = _read(line, name, is_landline, _LANDLINE, asked)
        if value is None and name == "phone" and asked == "phone":
            value = _pointed(line)
        if value is not None:
            found[name] = value
    return list(found.values())


def _written(line: Line, fits: Callable[[str], bool], lengths: tuple[int, ...]) -> Reading | None:
    """The last run of digits in the text that fits as a whole (a country code before it is cut)."""
    for run in reversed(spoken.corrected(line, fits, lengths)):
        for prefix in ("", "86", "0086"):
            if run.digits.startswith(prefix) and fits(run.digits[len(prefix):]):
                return Reading(run.digits[len(prefix):], 0.0, (run.start, run.end), "text")
    return None


def _read(line: Line, name: str, fits: Callable[[str], bool], lengths: tuple[int, ...],
          asked: str | None) -> Value | None:
    heard = line.heard
    if heard.keyed:
        return _keyed(line, name, fits, asked)
    candidates: list[Reading] = []
    # Without a question for a number the digit recogniser hears digits in anything: only a string that
    # fits as a whole is believed then.
    alternatives = heard.digits if asked else heard.digits[:1]
    if heard.end - heard.start > TALK_S:
        alternatives = ()
    # Almost any ten digits after a 0 are some fixed line: no picking of parts there.
    listened = readings(line, alternatives, fits, lengths, heard.hints, whole=lengths is _LANDLINE)
    if asked and asked != name:
        listened = []
    if not asked:
        listened = [reading for reading in listened if reading.digits == alternatives[0]]
    candidates.extend(reading for reading in listened if reading.cost <= GIVE_UP)
    extra = TEXT_COST if listened else 0.0
    written = _written(line, fits, lengths)
    if written:
        candidates.append(Reading(written.digits, extra, written.span, "text"))
    elif line.dictated and asked == name:
        candidates.extend(Reading(r.digits, r.cost + extra, r.span, r.how) for r in by_sound(line, fits, lengths))
    if not candidates and asked == name:
        known = nearest_hint(alternatives, [hint for hint in heard.hints if fits(hint)])
        candidates = [Reading(known, 3.0, None, "hint")] if known else []
    if not candidates:
        return None
    candidates.sort(key=lambda reading: reading.cost)
    best = candidates[0]
    if any(r.digits != best.digits and r.cost < best.cost + CLOSE for r in candidates):
        best = replace(best, cost=best.cost + CLOSE_COST)
    others = tuple(dict.fromkeys(r.digits for r in candidates[1:] if r.digits != best.digits))[:4]
    return Value(name, best.digits, source=_source(line, best, others))


def _keyed(line: Line, name: str, fits: Callable[[str], bool], asked: str | None) -> Value | None:
    """Telephone keys: all of them or nothing; a country code is cut, the star stands for an X."""
    heard = line.heard
    for keys in heard.digits if asked in (None, name) else ():
        number = re.sub(r"^(?:00)?86(?=1[0-9]{10}$)", "", re.sub(r"\*$", "X", keys.rstrip("#")))
        if fits(number):
            return Value(name, number, source=Source(heard.utterance, keys, None, heard.start, heard.end, "keyed"))
    return None


def _source(line: Line, reading: Reading, others: tuple[str, ...]) -> Source:
    score = max(0.05, 1.0 - max(0.0, reading.cost) / 8)
    heard = line.heard
    if reading.span is None:
        return Source(heard.utterance, reading.digits, None, heard.start, heard.end, reading.how, round(score, 3), others)
    return line.source(*reading.span, how=reading.how, score=score, alternatives=others)


def _pointed(line: Line) -> Value | None:
    """"This number": the caller's own number, when it is known."""
    lang = "zh" if line.heard.lang == "zh" else "en"
    match = _THIS_NUMBER[lang].search(line.chars)
    known = [hint for hint in line.heard.hints if is_mobile(hint) or is_landline(hint)]
    if not match or not known:
        return None
    return Value("phone", known[0], source=line.source(match.start(), match.end(), how="hint", score=0.9))
