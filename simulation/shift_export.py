"""A roster for others: CSV for a spreadsheet, iCalendar for agents' telephones."""

from __future__ import annotations

import csv
import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar

from simulation.shifts import DutyRow, ShiftPlan

COLUMNS = ("agent", "contract", "group", "pattern", "date", "start", "end", "breaks", "paid_hours")


def write_csv(made: ShiftPlan, path: str | Path) -> None:
    """One line for each duty, UTF-8 with a mark that Excel reads. OSError."""
    with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for row in made.rows():
            breaks = " ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in row.breaks)
            out.writerow([_plain(row.agent), row.contract, row.group, row.pattern, f"{row.start:%Y-%m-%d}", f"{row.start:%H:%M}", f"{row.end:%H:%M}", breaks, f"{row.hours:g}"])


def _plain(text: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t" else text


def write_ics(made: ShiftPlan, path: str | Path) -> list[Path]:
    """One calendar with all duties (a path that ends with .ics), or one for each agent in a folder. OSError."""
    path = Path(path)
    if path.suffix.lower() == ".ics":
        path.write_bytes(calendar(made, made.rows()))
        return [path]
    path.mkdir(parents=True, exist_ok=True)
    by_agent: dict[str, list[DutyRow]] = {}
    for row in made.rows():
        by_agent.setdefault(row.agent, []).append(row)
    written: list[Path] = []
    for number, (name, rows) in enumerate(by_agent.items(), start=1):
        safe = re.sub(r"[^\w -]", "_", name).strip() or "agent"
        file = path / f"{safe}.ics"
        if file in written:
            file = path / f"{safe} ({number}).ics"
        file.write_bytes(calendar(made, rows, of_one=True))
        written.append(file)
    return written


def calendar(made: ShiftPlan, rows: list[DutyRow], *, of_one: bool = False) -> bytes:
    """The iCalendar text of duties (RFC 5545), times in the plan's zone."""
    zone = ZoneInfo(made.plan.timezone)
    out = icalendar.Calendar()
    out.add("prodid", "-//Hotline//shifts//")
    out.add("version", "2.0")
    out.add("x-wr-calname", made.plan.name)
    # The same plan gives the same file: a calendar that imports it again changes its entries.
    stamp = dt.datetime.combine(made.plan.start, dt.time(), dt.timezone.utc)
    for row in rows:
        event = icalendar.Event()
        event.add("uid", f"{row.start:%Y%m%dT%H%M}-{abs(hash_of(row.agent)):x}@hotline")
        event.add("dtstamp", stamp)
        event.add("dtstart", row.start.replace(tzinfo=zone))
        event.add("dtend", row.end.replace(tzinfo=zone))
        event.add("summary", f"{row.pattern} · {row.group}" if of_one else f"{row.agent}: {row.pattern} · {row.group}")
        if row.breaks:
            event.add("description", "休息 breaks: " + ", ".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in row.breaks))
        out.add_component(event)
    out.add_missing_timezones()
    return out.to_ical()


def hash_of(text: str) -> int:
    """A number that stays the same from run to run."""
    import zlib

    return zlib.crc32(text.encode())
