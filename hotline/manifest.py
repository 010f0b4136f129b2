"""Manifests of recorded callers: who answered what in which recording, and what the form must then hold.

JSON lines, one caller a line (see README.md, "Measure the hearing"), or a table of single recordings
(``.tsv``: wav, lang, kind, text). A line that cannot be used is told apart; the others stand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from agent_assist.digits import runs
from agent_assist.evaluation import FIELDS, UNJUDGED, facts
from agent_assist.numberplan import is_phone
from ivr.terms import LANGS, QUESTIONS

_COLUMNS = ("wav", "kind", "text")


class ManifestError(Exception):
    """A manifest that cannot be used at all: what is wrong and what to do."""


@dataclass(frozen=True)
class Answer:
    """One recording: what was asked, and the words spoken where the manifest tells them."""

    ask: str
    wav: Path
    said: str | None


@dataclass(frozen=True)
class Caller:
    """One caller: the answers in their order, and the facts in them (see ``evaluation.facts``)."""

    line: int
    id: str
    lang: str
    voice: str
    on: date | None
    """Day of the call, where the manifest tells."""
    expected: Mapping[str, Any]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Fault:
    """A line of the manifest that was left out, and why."""

    line: int
    what: str


def read(path: Path, lang: str | None = None) -> tuple[list[Caller], list[Fault]]:
    """The callers of the manifest at ``path`` and the lines that are none.

    Recordings lie relative to the manifest. ``lang``: the language of all, whatever the manifest says.
    Raises ``ManifestError`` when there is no such manifest or nothing in it.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ManifestError(f"{path}: there is no such manifest; check the name") from None
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror})") from None
    rows = _table(path, text) if path.suffix.lower() == ".tsv" else _json_lines(text)
    callers: list[Caller] = []
    faults: list[Fault] = []
    for line, row in rows:
        try:
            callers.append(_caller(row(), line, path.parent, lang))
        except ValueError as error:
            faults.append(Fault(line, str(error)))
    if not callers and not faults:
        raise ManifestError(f"{path}: there is no caller in it; write one JSON object a line")
    return callers, faults


Row = tuple[int, Callable[[], Mapping[str, Any]]]
"""A line's number, and what gives the caller in it or raises ValueError."""


def _json_lines(text: str) -> Iterator[Row]:
    # Not splitlines(): a text may hold U+2028, which ends no line of JSON.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, lambda line=line: _object(line)


def _object(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg} at character {error.colno}); write one JSON object a line") from None
    except RecursionError:
        raise ValueError("not a caller: brackets within brackets without end; write one JSON object a line") from None
    if not isinstance(found, dict):
        raise ValueError('not a JSON object; write {"id": …, "lang": …, "expected": {…}, "turns": […]}')
    return found


def _table(path: Path, text: str) -> Iterator[Row]:
    first, *rows = text.split("\n")
    heads = first.strip("\r").split("\t")
    lacking = [name for name in _COLUMNS if name not in heads]
    if lacking:
        raise ManifestError(f"{path}: its first line names no column {', '.join(lacking)}; put a tab between names")
    for number, row in enumerate(rows, start=2):
        if row.strip():
            yield number, lambda row=row: _recording(dict(zip(heads, row.strip("\r").split("\t"), strict=False)))


def _recording(row: Mapping[str, str]) -> Mapping[str, Any]:
    """One recording of a table as a caller with one answer; ``kind`` is what it holds."""
    kind, text, wav = (row.get(name, "") for name in ("kind", "text", "wav"))
    lang = row.get("lang") or None
    expected: dict[str, Any]
    if kind == "phone_number":
        ask, digits = "phone", "".join(run.digits for run in runs(text, lang or "zh"))
        # Digits that are nobody's phone number must not become one.
        expected = {"phone": digits} if is_phone(digits) else {}
    elif kind == "sentence":
        ask, expected = "problem", dict.fromkeys(FIELDS, UNJUDGED)
    else:
        raise ValueError(f"kind {kind!r} is none; there are phone_number, sentence")
    return {
        "id": Path(wav).stem, "lang": lang, "voice": row.get("voice", ""), "expected": expected,
        "turns": [{"ask": ask, "wav": wav, "text": text}],
    }  # fmt: skip


def _caller(row: Mapping[str, Any], line: int, folder: Path, lang: str | None) -> Caller:
    spoken = lang or row.get("lang")
    if spoken not in LANGS:
        raise ValueError(f"lang: {spoken!r} is none; write {' or '.join(LANGS)} or give --lang")
    expected, turns = row.get("expected", {}), row.get("turns")
    if not isinstance(expected, dict):
        raise ValueError('expected: not an object; write {"category": …, "phone": …}')
    if not isinstance(turns, list) or not turns:
        raise ValueError('turns: missing; write [{"ask": "problem", "wav": "a.wav", "text": "…"}]')
    return Caller(
        line=line,
        id=str(row.get("id") or f"line {line}"),
        lang=spoken,
        voice=str(row.get("voice") or ""),
        on=_day(row.get("on")),
        expected=facts(expected),
        answers=tuple(_answer(turn, f"turns[{place}]", folder) for place, turn in enumerate(turns)),
    )


def _day(value: Any) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("on: no date; write the day of the call as 2026-11-23") from None


def _answer(turn: Any, place: str, folder: Path) -> Answer:
    if not isinstance(turn, dict) or not isinstance(turn.get("wav"), str) or not turn["wav"]:
        raise ValueError(f'{place}.wav: missing; write {{"ask": "problem", "wav": "a.wav"}}')
    ask, said = turn.get("ask", ""), turn.get("text")
    if ask not in ("", *QUESTIONS):
        raise ValueError(f"{place}.ask: no question is called {ask!r}; there are {', '.join(QUESTIONS)}")
    if said is not None and not isinstance(said, str):
        raise ValueError(f"{place}.text: not a text; write the words that were spoken, or leave it out")
    wav = folder / turn["wav"]
    if "\0" in turn["wav"] or not wav.is_file():
        raise ValueError(f"{place}.wav: {wav}: there is no such file; paths are relative to the manifest")
    return Answer(ask, wav, said)
