"""What a desk is shown of the call event log: the events it needs, with phone and ID numbers hidden.

Everything here is decided on the server, so that a hidden number is neither in
the page nor in the event stream. Words keep their places: a field's source is
given as a span in the text that the desk shows, not in the raw one.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from pypinyin import Style, pinyin

STAR = "*"
SECRET_FIELDS = frozenset({"phone", "id_number"})
"""Fields whose value is shown only on request."""
SECRET_ASKS = frozenset({"phone", "id_number", "id", "number"})
"""Questions whose answer is a number: there, even a piece of a number is hidden."""

# Fewer digits than this are an amount, a time or a year, not somebody's number.
_LEAST = 7
_LEAST_WHEN_ASKED = 3
# Words still being spoken would give a number away piece by piece: the beginning from the
# partials, the end from the final text. So there nothing of it is shown.
_LEAST_UNFINISHED = 4

_SPOKEN = dict(zip("零〇○一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两", "00012345678912345678912", strict=True))
_SOUNDS = {
    "ling": "0", "dong": "0", "yi": "1", "yao": "1", "er": "2", "liang": "2", "san": "3", "si": "4",
    "wu": "5", "liu": "6", "qi": "7", "guai": "7", "ba": "8", "jiu": "9", "gou": "9",
}
_ENGLISH = {
    "zero": "0", "oh": "0", "o": "0", "one": "1", "won": "1", "two": "2", "to": "2", "too": "2", "three": "3",
    "four": "4", "for": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "ate": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "2", "thirty": "3",
    "forty": "4", "fifty": "5", "sixty": "6", "seventy": "7", "eighty": "8", "ninety": "9", "hundred": "00",
    "double": "", "triple": "",
}
# What may stand inside one number: pauses, hesitation, the signs people write between groups.
_GAP = re.compile(r"(?:[\s\-‐-―,，.。、·/()（）+:：;；…]|[嗯呃啊额哦]|\b(?:uh|um|er|and)\b)+", re.IGNORECASE)
_LONGEST_GAP = 6
_WORD = re.compile(r"[A-Za-z]+")
# A complaint number (date and serial) belongs on the screen; no phone or ID number has this form.
_COMPLAINT = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4,6}")
_COUNTRY = re.compile(r"(?:(?:00)?86(?=1\d{10}$))?")
_DATE = re.compile(r"\d{4}-\d\d?(?:-\d\d?)?")


class LogEvent(Protocol):
    """One row of the call event log (``hotline.records.Event``)."""

    id: int
    call_id: str
    seq: int
    at: float
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """A text as the desk shows it; ``at[i]`` is the place in the raw text of its character ``i``."""

    text: str
    at: tuple[int, ...]

    def span(self, span: Sequence[int] | None) -> list[int] | None:
        """A half-open span of the raw text as one of the shown text; None when nothing of it is left."""
        if span is None:
            return None
        low, high = bisect_left(self.at, span[0]), bisect_left(self.at, span[1])
        return [low, high] if low < high else None


@dataclass(frozen=True)
class _Unit:
    """A piece of text that can be a digit: where it is, the digits it stands for."""

    start: int
    end: int
    digits: str


def show(text: str, *, ask: str = "", unfinished: bool = False) -> Shown:
    """``text`` for the desk: the recogniser's spaces between Chinese characters dropped, numbers hidden.

    Hidden are runs of at least seven digits, written or spoken, in Chinese (also by sound, as the
    recogniser mishears them) or English; of eleven and more the first three and last four stay.
    ``ask`` is what was asked; ``unfinished`` text (a partial result) shows nothing of a number.
    """
    stars = _stars(text, ask in SECRET_ASKS, unfinished)
    shown: list[str] = []
    at: list[int] = []
    index = 0
    while index < len(text):
        if index in stars:
            shown.append(STAR)
            at.append(index)
            index = stars[index]
        elif text[index].isspace() and shown and _joins(shown[-1]) and _joins(_next(text, index, stars)):
            index += 1
        else:
            shown.append(text[index])
            at.append(index)
            index += 1
    return Shown("".join(shown), tuple(at))


def _next(text: str, index: int, stars: dict[int, int]) -> str:
    while index < len(text) and text[index].isspace():
        index += 1
    return STAR if index in stars and _is_han(text[index]) else text[index : index + 1]


def _joins(char: str) -> bool:
    return char == STAR or bool(char) and _is_han(char)


def _is_han(char: str) -> bool:
    return "㐀" <= char <= "鿿" or char == "〇"


def _stars(text: str, asked: bool, unfinished: bool) -> dict[int, int]:
    """What to hide: start of each hidden piece → its end."""
    least = _LEAST_WHEN_ASKED if asked else _LEAST_UNFINISHED if unfinished else _LEAST
    hidden: dict[int, int] = {}
    for run in _runs(text):
        digits = "".join(unit.digits for unit in run)
        count = max(len(digits), len(run))
        if count < least or (not unfinished and _COMPLAINT.fullmatch(digits)):
            continue
        if unfinished or count < 11:
            head, tail = 0, 0 if unfinished or count < _LEAST else 2
        else:
            head, tail = 3 + len(_COUNTRY.match(digits)[0]), 4
        tail = max(len(run) - tail, head)
        hidden.update({unit.start: unit.end for unit in run[head:tail]})
    return hidden


def _runs(text: str) -> Iterable[list[_Unit]]:
    """Stretches of digits with nothing but gaps between them."""
    run: list[_Unit] = []
    for unit in _units(text):
        if run and not _gap(text[run[-1].end : unit.start]):
            yield run
            run = []
        run.append(unit)
    yield run


def _gap(between: str) -> bool:
    return not between or len(between) <= _LONGEST_GAP and _GAP.fullmatch(between) is not None


def _units(text: str) -> Iterable[_Unit]:
    index, count = 0, 0
    while index < len(text):
        char = text[index]
        digit = unicodedata.digit(char, None)
        word = _WORD.match(text, index)
        if digit is not None or char in _SPOKEN:
            unit = _Unit(index, index + 1, _SPOKEN.get(char) or str(digit))
        elif _is_han(char) and (heard := _by_sound(char)):
            unit = _Unit(index, index + 1, heard)
        elif char in "xXＸｘ叉" and count >= 15:  # the check character that ends an ID number
            unit = _Unit(index, index + 1, "X")
        elif word and word[0].lower() in _ENGLISH:
            unit = _Unit(index, word.end(), _ENGLISH[word[0].lower()])
        else:
            unit = None
            gap = _GAP.match(text, index)
            count = count if gap else 0
            index = gap.end() if gap else word.end() if word else index + 1
        if unit:
            yield unit
            index, count = unit.end, count + 1


@cache
def _by_sound(char: str) -> str:
    """The digit that a character sounds like in one of its readings, '' when none."""
    readings = pinyin(char, style=Style.NORMAL, heteronym=True)[0]
    return next((_SOUNDS[reading] for reading in readings if reading in _SOUNDS), "")


def number(value: str) -> str:
    """A phone or ID number with its middle hidden: ``138****8000``; the country code 86 is left out."""
    plain = re.sub(r"[\s\-().]", "", value)
    plain = re.sub(r"^(?:\+|00)86(?=1\d{10}$)", "", plain)
    if not re.search(r"\d", plain):
        return show(value, ask="phone").text
    if len(plain) >= 11:
        return plain[:3] + STAR * (len(plain) - 7) + plain[-4:]
    return STAR * max(len(plain) - 2, 0) + plain[-2:]


def value(field: str, content: Any) -> Any:
    """A field's value for the desk; lists and dicts element by element."""
    if isinstance(content, list | tuple):
        return [value(field, part) for part in content]
    if isinstance(content, dict):
        return {key: value(field, part) for key, part in content.items()}
    if isinstance(content, str):
        if field in SECRET_FIELDS or field == "caller":
            return number(content)
        if field == "complaint_number" and _COMPLAINT.fullmatch(content):
            return content
        if field == "occurred" and _DATE.fullmatch(content):
            return content
        return show(content).text
    if field in SECRET_FIELDS or isinstance(content, int | float) and abs(content) >= 10**_LEAST:
        return None if content is None else number(str(content))
    return content


def partial(call_id: str, data: dict[str, Any]) -> dict[str, Any]:
    """Words still being spoken, for the desk: ``{"call", "text", "who", "end"}``."""
    shown = show(str(data.get("text", "")), ask=str(data.get("ask") or ""), unfinished=True)
    return {"call": call_id, "text": shown.text, "who": data.get("who", "caller"), "end": data.get("end", 0)}


class Viewer:
    """Turns events into what a desk is shown of them, in the log's order.

    ``load`` gives all events of a call; it is asked once a call, to know the
    words that a field came from when they were spoken before the first event seen here.
    """

    def __init__(self, load: Callable[[str], list[Any]]) -> None:
        self._load = load
        self._said: dict[str, list[LogEvent]] = {}

    def view(self, event: LogEvent) -> dict[str, Any] | None:
        """``{"id", "call", "at", "kind", "data"}``, or None when a desk has no use for this event."""
        data = self._data(event)
        if data is None:
            return None
        return {"id": event.id, "call": event.call_id, "at": event.at, "kind": event.kind, "data": data}

    def _data(self, event: LogEvent) -> dict[str, Any] | None:
        data = event.data
        match event.kind:
            case "call_started":
                return {"from": number(data["from"]), "to": data["to"]}
            case "prompt":
                return {"text": show(data["text"]).text, "lang": data["lang"], "step": data["step"]}
            case "menu_choice":
                key, heard = data.get("key"), data.get("heard")
                return {
                    "step": data["step"],
                    "key": key and show(key, ask="number").text,
                    "heard": heard and show(heard, ask="number").text,
                    "choice": show(data["choice"], ask="number").text,
                }
            case "utterance":
                if data.get("who", "caller") == "caller":  # sources count the caller's utterances
                    self._known(event).append(event)
                shown = show(data["text"], ask=data.get("ask", ""))
                return {"text": shown.text, "who": data.get("who", "caller"), "end": data["end"]}
            case "field_heard" | "field_confirmed" | "field_edited":
                return {
                    "who": data.get("who", ""),
                    "field": data["field"],
                    "value": value(data["field"], data["value"]),
                    "state": data["state"],
                    "source": self._source(event, data.get("source")),
                }
            case "call_ended":
                self._said.pop(event.call_id, None)
                return {"status": data["status"], "reason": show(data.get("reason", "")).text}
            case "error":
                return {"what": show(data["what"]).text}
            case "description":
                return {"text": show(data["text"]).text}
            case "field_rejected" | "followed_up" | "clock_struck" | "voicemail_left":
                return data
            case "complaint_changed":
                return {**data, "why": show(data["why"]).text, "words": {lang: show(text).text for lang, text in data["words"].items()}}
            case "intent" | "complaint_filed" | "draft_saved" | "queued":
                return data
            case "held" | "retrieved" | "transferred" | "returned" | "consulted" | "disposition":
                return data
            case "agent_rung" | "agent_missed" | "agent_answered" | "wrapped_up" | "called_back" | "callback_closed":
                return data
        return None  # the menu's state, the stream's name, who looked at what: not for the screen

    def _known(self, event: LogEvent) -> list[LogEvent]:
        if event.call_id not in self._said:
            self._said[event.call_id] = [
                earlier
                for earlier in self._load(event.call_id)
                if earlier.kind == "utterance" and earlier.seq < event.seq
                and earlier.data.get("who", "caller") == "caller"
            ]
        return self._said[event.call_id]

    def _source(self, event: LogEvent, source: dict[str, Any] | None) -> dict[str, Any] | None:
        """``{"utterance": event id or None, "span": in its shown text, "start", "end", "how"}``."""
        if source is None:
            return None
        found = {"utterance": None, "span": None, "how": source.get("how", "")}
        found |= {"start": source.get("start", 0), "end": source.get("end", 0)}
        said = self._known(event)
        if found["how"] == "keyed" or not said:
            return found
        position, origin = max(enumerate(said), key=lambda one: (_likeness(one, source), one[0]))
        if _likeness((position, origin), source) == (False, False, False):
            return found
        shown = show(origin.data["text"], ask=origin.data.get("ask", ""))
        return found | {"utterance": origin.id, "span": shown.span(source.get("span"))}


def _likeness(one: tuple[int, LogEvent], source: dict[str, Any]) -> tuple[bool, bool, bool]:
    """How well an utterance fits a source: its number in the call, its words, its time."""
    position, event = one
    span, data = source.get("span"), event.data
    words = span is not None and data["text"][span[0] : span[1]] == source.get("raw")
    time = data["start"] <= source.get("end", 0) and source.get("start", 0) <= data["end"]
    return words, time, position + 1 == source.get("utterance")
