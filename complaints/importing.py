"""Complaints from a table (CSV): read, checked line by line, told what is wrong with each. Pure.

Columns are named in the first line, in either language and any order; what is not known is refused rather than dropped.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from complaints.filing import Filing
from complaints.reading import Unfit, day_of, read

COLUMNS: dict[str, tuple[str, ...]] = {
    "what": ("what", "经过", "内容", "投诉内容", "description"),
    "phone": ("phone", "手机号", "手机号码", "号码", "电话"),
    "category": ("category", "类别", "分类"),
    "name": ("name", "姓名", "联系人"),
    "amount": ("amount", "金额"),
    "occurred": ("occurred", "时间", "发生日期", "when"),
    "location": ("location", "地点", "where"),
    "resolution": ("resolution", "诉求", "wanted"),
    "lang": ("lang", "语言", "language"),
    "received": ("received", "受理日期", "收到日期", "filed"),
    "reference": ("reference", "外部编号", "编号", "id"),
}
"""Column → how it may be named in the first line."""
NEEDED = ("what", "phone")
LARGEST = 200_000_000
"""Bytes of a file; more is not a table of complaints."""


MOST = 10_000
"""Complaints of a file: they are filed in one transaction, for which live calls wait (about 5 s)."""


class NoTable(Exception):
    """The file cannot be read as a table; the text says where, why and what to do."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line: its number (from 1), the column, and a word for the sentence (``import.<why>``, ``wrong.<why>``)."""

    line: int
    column: str
    why: str


@dataclass(frozen=True)
class Row:
    """A line that is fit: the complaint, when it was received (Unix seconds, None: now), what makes it itself."""

    line: int
    filing: Filing
    received: float | None
    source: str


@dataclass
class Table:
    """A table that was read: lines that are fit, faults of the others, lines that say the same as an earlier one."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    repeated: list[tuple[int, int]] = field(default_factory=list)


def table(data: bytes, model: type[Filing], *, today: date, zone: str, words: Mapping[str, Mapping[str, str]], lang: str = "zh") -> Table:
    """The complaints in a CSV file. Raises ``NoTable``.

    ``words``: for category and resolution, how people call a value → the value. ``lang``: of lines that do not say.
    """
    text = _text(data)
    found = Table()
    first: dict[str, int] = {}
    for number, cells, names in _lines(text):
        if cells is None:
            found.faults.append(Fault(number, "", "shape"))
            continue
        typed = {name: _value(name, cell, words) for name, cell in zip(names, cells, strict=True)}
        row = _row(number, typed, model, today, ZoneInfo(zone), lang, found.faults)
        if row is None:
            continue
        if row.source in first:
            found.repeated.append((number, first[row.source]))
            continue
        first[row.source] = number
        found.rows.append(row)
        if len(found.rows) > MOST:
            raise NoTable(f"more than {MOST} complaints; split it, each part is filed as a whole")
    return found


def _row(
    number: int, typed: dict[str, object], model: type[Filing], today: date, zone: ZoneInfo, lang: str, faults: list[Fault]
) -> Row | None:
    before = len(faults)
    received = None
    told = str(typed.pop("received", "") or "").strip()
    if told:
        try:
            day = day_of(told)
            if day > today:
                raise ValueError("in the future")
            received = datetime(day.year, day.month, day.day, 12, tzinfo=zone).timestamp() if day != today else None
        except ValueError:
            faults.append(Fault(number, "received", "received"))
    reference = str(typed.pop("reference", "") or "").strip()
    if len(reference) > 64:
        faults.append(Fault(number, "reference", "reference"))
    own = str(typed.pop("lang", "") or "").strip().casefold() or lang
    try:
        filing = read(model, typed, own, today)
    except Unfit as unfit:
        faults.extend(Fault(number, column, column) for column in unfit.fields)
    if len(faults) > before:
        return None
    # By its reference, else by all it says: what was imported once is known again.
    itself = reference or json.dumps([filing.model_dump(mode="json"), told], ensure_ascii=False, sort_keys=True)
    return Row(number, filing, received, "import-" + hashlib.sha256(itself.encode()).hexdigest()[:48])


def _text(data: bytes) -> str:
    if len(data) > LARGEST:
        raise NoTable(f"larger than {LARGEST // 1_000_000} MB; split it")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise NoTable("not a text in UTF-8 or GB18030; save it as CSV UTF-8")


def _lines(text: str) -> Iterator[tuple[int, list[str] | None, list[str]]]:
    """(line, cells, names) of each line below the first; cells None: their number is not that of the first line's."""
    if not text.strip():
        raise NoTable("empty; the first line names the columns, as in: what,phone")
    head = text.splitlines()[0]
    mark = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    names: list[str] = []
    line = 1
    try:
        for cells in reader:
            if not names:
                names = _names(cells)
            elif any(cell.strip() for cell in cells):
                yield line, cells if len(cells) == len(names) else None, names
            line = reader.line_num + 1
    except csv.Error as error:
        raise NoTable(f"line {line}: {error}; quotes within quotes are doubled") from None


def _names(cells: list[str]) -> list[str]:
    known = {said.casefold(): name for name, saids in COLUMNS.items() for said in saids}
    names = []
    for cell in cells:
        name = known.get(cell.strip().casefold())
        if name is None:
            raise NoTable(f"line 1: there is no column {cell.strip()[:40]!r}; there are {', '.join(COLUMNS)}")
        if name in names:
            raise NoTable(f"line 1: the column {name} stands there twice")
        names.append(name)
    if missing := [name for name in NEEDED if name not in names]:
        raise NoTable(f"line 1: the column {missing[0]} is missing; the first line names the columns, as in: what,phone")
    return names


def _value(name: str, cell: str, words: Mapping[str, Mapping[str, str]]) -> object:
    if name == "resolution":
        parts = [part.strip() for part in cell.replace("、", ";").replace("|", ";").replace("；", ";").split(";")]
        return [words[name].get(part.casefold(), part) for part in parts if part]
    return words[name].get(cell.strip().casefold(), cell) if name in words else cell
