"""From one utterance to form values: every utterance may fill any field, the question lowers the bar for its own."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from .category import beside_the_point, category, close
from .evidence import evidence
from .form import Heard, Value
from .intent import intent
from .line import Line
from .money import amount
from .name import name
from .numbers import numbers
from .occurred import occurred
from .outcome import outcome
from .place import place


@dataclass(frozen=True)
class Extraction:
    """What one utterance says."""

    values: list[Value]
    """At most one per field, state 'heard', each with its source."""
    intent: str | None
    """complain, status, escalate or agent; None when nothing says so."""
    close: tuple[str, ...] = ()
    """Categories between which the words do not decide, likeliest first."""


def warm(lang: str) -> None:
    """Reads and compiles the words of a language, so that the first caller need not wait for it."""
    for ask in ("problem", "resolution", "evidence", "phone"):
        extract(Heard("你好 我 在 北京" if lang == "zh" else "hello from Beijing", ask, lang), datetime.date(2000, 1, 1))


_NUMBERS_ONLY = ("phone", "number", "complaint_number", "id_number", "id")
"""Questions answered by a number: dictation of digits is full of chance words."""


_NO_TIME = (*_NUMBERS_ONLY, "resolution", "name", "amount")
"""Questions in whose answers a time is a deadline or part of a number, not when it happened."""


def extract(heard: Heard, on: datetime.date) -> Extraction:
    """The values and the intent in an utterance.

    `on` is the day of the call: complaint numbers and dates must lie on or before it. Never raises on any
    text; a number is returned only when its digits were said or heard.
    """
    line = Line(heard)
    values = numbers(line, on)
    aim = intent(line)
    # Asking after an old complaint or for a person names no new facts.
    if aim in ("status", "agent", "escalate"):
        return Extraction(values, aim)
    found = [name(line), amount(line), occurred(line, on), place(line), evidence(line), outcome(line)]
    if heard.ask in _NUMBERS_ONLY and line.dictated:
        found = [value for value in found if value is not None and value.field == "name"]
    if heard.ask in _NO_TIME:
        found = [value for value in found if value is None or value.field != "occurred"]
    kind = category(line)
    if kind is None and any(found) and beside_the_point(line):
        found = [value for value in found if value is None or value.field not in ("occurred", "location")]
    values += [value for value in [kind, *found] if value is not None]
    if aim is None and kind is not None:
        aim = "complain"
    return Extraction(values, aim, () if kind is not None else close(line))
