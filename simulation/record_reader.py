"""Reading call-record files (CSV, TSV, each also .gz) by a mapping: any bytes give a history and a report.

    history, report = read(["may.txt.gz"], mapping.load("simulation/examples/bank1999.toml"))

A line that cannot be read is refused with file, line and reason; nothing in a file raises.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from simulation import history as h
from simulation.history import Builder, Call, History, Progress, Report
from simulation.mapping import Mapping
from simulation.oddities import look
from simulation.quantity import DAY

LONGEST = DAY
"""A wait or talk longer than a day is a fault of the record."""
YEARS = (1970, 2200)
_UNITS = {"s": 1.0, "min": 60.0, "ms": 0.001}


class Unreadable(ValueError):
    """This line cannot be a call: the reason."""


class LeftOut(Exception):
    """This line is no call."""


def read(paths: Sequence[str | Path], mapping: Mapping, progress: Progress | None = None) -> tuple[History, Report]:
    """The calls of these files, and what was read, refused and odd. OSError where a file cannot be opened at all."""
    builder = Builder([(p.name, p.head_start) for p in mapping.priorities] or [("regular", 0.0)], mapping.handling.artefact_under)
    report = Report()
    seen: set[tuple[str, float]] = set()
    for number, path in enumerate(map(Path, paths)):
        report.files.append(path.name)
        with path.open("rb") as raw:
            _read(raw, path.name, mapping, builder, report, seen, progress, (number, len(paths)))
    history = builder.history()
    look(history, report)
    return history, report


def _read(raw, name: str, mapping: Mapping, builder: Builder, report: Report, seen: set, progress, place) -> None:
    line = 0
    try:
        head = raw.peek(2)[:2] if hasattr(raw, "peek") else b""
        stream = gzip.GzipFile(fileobj=raw) if head == b"\x1f\x8b" else raw
        with io.TextIOWrapper(stream, mapping.encoding, errors="replace", newline="") as text:
            first = text.readline()
            if not first.strip():
                report.refuse(name, 1, "the file is empty: the first line must name the columns")
                return
            delimiter = mapping.delimiter or max(",;\t|", key=first.count)
            header = [c.strip().lstrip("\ufeff") for c in next(csv.reader([first], delimiter=delimiter), [])]
            try:
                row_of = RowReader(mapping, header)
            except Unreadable as error:
                report.refuse(name, 1, str(error))
                return
            for line, fields in _rows(csv.reader(text, delimiter=delimiter), name, report):
                if not any(f.strip() for f in fields):
                    continue
                report.lines += 1
                if progress is not None and report.lines % 20_000 == 0:
                    progress(place[0], place[1], f"{name}: {report.lines}")
                try:
                    call, key = row_of(fields, report, f"{name}:{line}")
                except LeftOut:
                    report.left_out += 1
                    continue
                except Unreadable as error:
                    report.refuse(name, line, str(error))
                    continue
                if key and (key, call.offered) in seen:
                    report.note("duplicate", "the same id at the same moment again", "left out", f"{name}:{line}")
                    continue
                seen.add((key, call.offered))
                builder.add(call)
                report.read += 1
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeError) as error:
        report.refuse(name, line + 1, f"the file breaks off here ({type(error).__name__}); what came before was read")


def _rows(reader, name: str, report: Report) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of each row; the header was line 1."""
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            report.lines += 1
            report.refuse(name, reader.line_num + 1, f"no row of fields: {error}")
            continue
        yield reader.line_num + 1, fields


class RowReader:
    """Turns the fields of one line into a `Call`. Unreadable when columns of the mapping are missing."""

    def __init__(self, mapping: Mapping, header: Sequence[str]):
        self.mapping, c, self.width = mapping, mapping.columns, len(header)
        place = {name: i for i, name in reversed(list(enumerate(header)))}
        offered = [c.offered] if isinstance(c.offered, str) else list(c.offered or [])
        single = {k: v for k, v in c.model_dump().items() if isinstance(v, str) and k != "offered"}
        extra = [mapping.outcomes.menu_without] if mapping.outcomes.menu_without else []
        missing = [n for n in dict.fromkeys([*single.values(), *offered, *extra]) if n not in place]
        if missing:
            raise Unreadable(f"has no column {', '.join(map(repr, missing))}; its columns are {', '.join(header[:30])}: mend [columns] of the mapping")
        empty = {place[name]: set(words) for name, words in mapping.format.empty.items() if name in place}
        self._empty = [empty.get(i, set()) for i in range(self.width)]
        self._at = {key: place[name] for key, name in single.items()}
        self._offered = [place[name] for name in offered]
        self._menu_without = place[extra[0]] if extra else None
        o = mapping.outcomes
        words = {h.ANSWERED: o.answered, h.ABANDONED: o.abandoned, h.CONTAINED: o.contained, h.BLOCKED: o.blocked, h.LEFT_MENU: o.left_menu, -1: o.left_out}
        self._outcome = {word: code for code, ws in words.items() for word in ws}
        self._priority = {word: i for i, p in enumerate(mapping.priorities) for word in p.words}
        self._days: dict[str, float] = {}

    def __call__(self, fields: list[str], report: Report, where: str) -> tuple[Call, str]:
        """(call, its id). Unreadable or LeftOut for other lines."""
        if len(fields) < self.width:
            raise Unreadable(f"has {len(fields)} fields where the first line has {self.width}")
        values = ["" if (v := f.strip()) in e else v for f, e in zip(fields, self._empty)]
        get = lambda key: values[self._at[key]] if key in self._at else ""  # noqa: E731
        m = self.mapping
        outcome = self._outcome_of(get)
        day = self._day(get("date")) if "date" in self._at else None
        dialled = self._moment("dialled", get("dialled"), day)
        stated = next(((values[i], i) for i in self._offered if values[i]), ("", 0))
        offered = self._moment("offered", stated[0], day) if stated[0] else dialled
        if offered is None:
            raise Unreadable("has no moment of the call")
        menu = self._length("menu", get("menu"))
        if dialled is not None and m.format.moment == "clock" and offered < dialled - DAY / 2:
            offered += DAY
            report.note("past_midnight", "times of day that pass midnight", "counted on the next day", where)
        if dialled is not None and offered < dialled - 1:
            report.note("clock_jump", "asked for an agent before dialling", "the later moment is taken", where)
            offered = dialled
        if math.isnan(menu) and dialled is not None and "offered" in m.columns.model_fields_set:
            menu = offered - dialled
        if outcome == h.ABANDONED and self._menu_without is not None and not values[self._menu_without]:
            outcome = h.LEFT_MENU
        wait, talk = self._wait_and_talk(get, offered, day, outcome)
        lengths = {"menu": menu, "wait": wait, "talk": talk}
        for name, value in lengths.items():
            if value < 0:
                report.note(f"negative_{name}", f"a negative length ({name})", "the line is refused" if name != "menu" else "the length is left out", where)
                if name != "menu":
                    raise Unreadable(f"the {name} is negative: {value:g} s")
                menu = h.NAN
            elif value > LONGEST:
                raise Unreadable(f"the {name} is longer than a day: {value:g} s")
        wrap = self._length("wrap", get("wrap"))
        agent = get("agent")
        agent = "" if agent in m.agents.nobody else m.agents.same.get(agent, agent)
        caller = get("caller")
        call = Call(
            offered, outcome, get("type"), menu, wait, talk, max(wrap, 0.0) if wrap == wrap else 0.0,
            self._priority.get(get("priority"), -1) if self._priority else 0,
            agent, "" if caller in m.callers.nobody else caller, wait > 0 or (self._menu_without is not None and bool(values[self._menu_without])),
        )  # fmt: skip
        return call, get("id")

    def _outcome_of(self, get) -> int:
        if "outcome" not in self._at:
            if get("answered") or ("answered" not in self._at and self._length("talk", get("talk")) > 0):
                return h.ANSWERED
            return h.ABANDONED
        word = get("outcome")
        if word not in self._outcome:
            raise Unreadable(f"the outcome {word[:40]!r} is not in [outcomes] of the mapping" if word else "has no outcome")
        code = self._outcome[word]
        if code < 0:
            raise LeftOut
        return code

    def _wait_and_talk(self, get, offered: float, day: float | None, outcome: int) -> tuple[float, float]:
        answered = self._moment("answered", get("answered"), day)
        ended = self._moment("ended", get("ended"), day)
        wait, talk = self._length("wait", get("wait")), self._length("talk", get("talk"))
        clock = self.mapping.format.moment == "clock"
        if math.isnan(wait) and outcome in (h.ANSWERED, h.ABANDONED):
            until = answered if outcome == h.ANSWERED else ended
            if until is None:
                raise Unreadable("has neither a wait nor the moments that give it")
            wait = until - offered + (DAY if clock and until < offered - DAY / 2 else 0)
        if math.isnan(talk) and outcome == h.ANSWERED:
            if answered is None or ended is None:
                raise Unreadable("is answered but has no length of talk")
            talk = ended - answered + (DAY if clock and ended < answered - DAY / 2 else 0)
        return wait, talk

    def _day(self, text: str) -> float:
        found = self._days.get(text)
        if found is None:
            try:
                at = datetime.strptime(text, self.mapping.format.date)
            except (ValueError, OverflowError):
                raise Unreadable(f"the date {text[:40]!r} is not written as {self.mapping.format.date}") from None
            found = h.moment(at)
            if not YEARS[0] <= at.year < YEARS[1]:
                raise Unreadable(f"the date {text[:40]!r} lies in the year {at.year}")
            if len(self._days) < 100_000:
                self._days[text] = found
        return found

    def _moment(self, name: str, text: str, day: float | None) -> float | None:
        if not text:
            return None
        kind = self.mapping.format.moment
        try:
            if kind == "clock":
                return day + _clock(text)
            if kind == "unix":
                at = float(text)
            else:
                at = h.moment(datetime.fromisoformat(text) if kind == "iso" else datetime.strptime(text, kind))
        except (ValueError, OverflowError):
            raise Unreadable(f"{name} {text[:40]!r} is not written as {kind}") from None
        if not 0 <= at < (YEARS[1] - 1970) * 366 * DAY:
            raise Unreadable(f"{name} {text[:40]!r} lies outside the years {YEARS[0]} to {YEARS[1]}")
        return at

    def _length(self, name: str, text: str) -> float:
        if not text:
            return h.NAN
        unit = self.mapping.format.length
        try:
            value = _clock(text) if unit == "clock" else float(text.replace(self.mapping.format.decimal, ".")) * _UNITS[unit]
        except ValueError:
            value = h.NAN
        if not math.isfinite(value):
            raise Unreadable(f"{name} {text[:40]!r} is no length in {unit}")
        return value


def _clock(text: str) -> float:
    """Seconds of h:mm:ss or h:mm (of lengths: also m:ss); hours may pass 24."""
    parts = text.split(":")
    if not 2 <= len(parts) <= 3 or any(not p.replace(".", "", 1).isascii() or not p.replace(".", "", 1).isdigit() for p in parts):
        raise ValueError(text)
    numbers = [float(p) for p in parts]
    if numbers[0] > 48 and len(parts) == 3 or any(n >= 60 for n in numbers[1:]):
        raise ValueError(text)
    return numbers[0] * 3600 + numbers[1] * 60 + (numbers[2] if len(parts) == 3 else 0.0)
