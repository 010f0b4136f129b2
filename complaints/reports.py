"""The page of figures about complaints: filters, charts, tables, and the regulator's quarterly table as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, render_template, request
from flask_babel import gettext

from complaints.counting import quarterly, report
from complaints.export import csv_lines, xlsx
from complaints.figures import BINS, SIDES, SIEVES, Figures, Filter, Summary
from complaints.life import STATES
from complaints.regulator import COLUMNS, Quarter, cells
from hotline.plotly_js import with_charts
from hotline.records import WRITTEN, Records

CHANNELS = ("phone", *WRITTEN)
FILED = tuple(state for state in STATES if state != "draft")
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
LONGEST = 3 * 366
USUAL = 90
"""Days that are shown when nothing is chosen."""
SHOWN = ("received", "answered", "share_in_time", "median_days", "p90_days", "escalation_rate", "regulator", "withdrawn", "closed", "replied", "satisfaction")
SHARES = ("share_in_time", "escalation_rate", "share")
TABLES = (*SIDES, "ladder", "days", "marks")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | float | None


class Unfit(ValueError):
    """A filter that cannot be; the text is a key of the pages' words."""


@dataclass(frozen=True)
class Table:
    """Figures as a table: names of the columns after the first, lines of a value and its figures, the total or None."""

    key: str
    columns: tuple[str, ...]
    lines: list[tuple[str, list[Cell]]]
    total: list[Cell] | None = None


def chosen(given: Mapping[str, str], today: date) -> Filter:
    """The filter of a query. ``Unfit``."""
    try:
        last = date.fromisoformat(given["to"]) if given.get("to") else today
        first = date.fromisoformat(given["from"]) if given.get("from") else max(last, EARLIEST + timedelta(USUAL)) - timedelta(USUAL - 1)
    except ValueError:
        raise Unfit("reports.bad_date") from None
    if not EARLIEST <= first <= last <= LATEST or (last - first).days > LONGEST:
        raise Unfit("reports.bad_period")
    values = {name: given.get(name) or "" for name in SIEVES}
    if not all(value.isprintable() and len(value) <= 32 for value in values.values()):
        raise Unfit("reports.bad_value")
    if values["channel"] not in ("", *CHANNELS) or values["state"] not in ("", *FILED):
        raise Unfit("reports.bad_value")
    return Filter(first, last, **values)


def tables(found: Figures) -> dict[str, Table]:
    """All tables of a report by their keys, values and figures as they are."""
    whole = [getattr(found.all, name) for name in SHOWN]
    made = {
        side: Table(side, SHOWN, [(value, [getattr(one, name) for name in SHOWN]) for value, one in found.by[side].items()], whole)
        for side in SIDES
    }  # fmt: skip
    made["ladder"] = Table("ladder", ("reached", "share"), [(str(level), [n, n / found.all.received]) for level, n in found.ladder])
    made["days"] = _distribution("days", "answered", [*(f"≤ {end}" for end in BINS), f"> {BINS[-1]}"], found.days_to_answer)
    made["marks"] = _distribution("marks", "replied", list("12345"), found.replies)
    return made


def _distribution(key: str, name: str, values: Sequence[str], numbers: Sequence[int]) -> Table:
    whole = sum(numbers)
    lines: list[tuple[str, list[Cell]]] = [(value, [n, n / whole if whole else None]) for value, n in zip(values, numbers, strict=True)]
    return Table(key, (name, "share"), lines, [whole, 1.0 if whole else None])


def csv_bytes(lines: Sequence[Sequence[Cell]]) -> bytes:
    """Lines of cells, the heads first, as a file."""
    return b"".join(csv_lines([str(head) for head in lines[0]], lines[1:]))


def reports_blueprint(
    records: Records, *, zone: ZoneInfo, today: Callable[[], date], categories: Callable[[], dict[str, str]], regions: Callable[[], dict[str, str]]
) -> Blueprint:
    """``/reports``; ``categories`` and ``regions`` give the words for their values in the reader's language."""
    pages = Blueprint("reports", __name__, url_prefix="/reports", template_folder="templates", static_folder="static", static_url_path="/static")

    def names() -> dict[str, dict[str, str]]:
        return {
            "category": categories(), "region": regions(), "channel": {one: gettext(f"channel.{one}") for one in CHANNELS},
            "state": {one: gettext(f"case.{one}") for one in FILED},
        }  # fmt: skip

    def asked() -> tuple[Filter, str]:
        try:
            return chosen(request.args, today()), ""
        except Unfit as unfit:
            return chosen({}, today()), gettext(str(unfit))

    @pages.get("", strict_slashes=False)
    def page() -> Response:
        wanted, refusal = asked()
        found = report(records, wanted, today(), zone)
        words = names()
        quarters = [Quarter.of(today())]
        while len(quarters) < 9:
            quarters.append(quarters[-1].before)
        answer = with_charts(render_template(
            "reports.html", found=found, wanted=wanted, refusal=refusal, names=words, tables=tables(found).values(), shown=SHOWN, cell=cell_text,
            quarters=quarters, sieves=SIEVES, given={name: value for name in ("from", "to", *SIEVES) if (value := request.args.get(name))}, charts=charts(found, words), label=lambda side, value: _label(side, value, words),
        ))  # fmt: skip
        answer.status_code = 422 if refusal else 200
        return answer

    @pages.get("/data.json")
    def data() -> Any:
        wanted, refusal = asked()
        if refusal:
            return {"error": refusal}, 422
        return as_dict(report(records, wanted, today(), zone))

    @pages.get("/<key>.csv")
    def table_csv(key: str) -> Response:
        wanted, refusal = asked()
        if key not in TABLES or refusal:
            abort(400 if refusal else 404)
        found, words = tables(report(records, wanted, today(), zone))[key], names()
        lines: list[list[Cell]] = [[gettext(f"reports.{key}"), *(gettext(f"reports.head.{name}") for name in found.columns)]]
        lines += [[_label(key, value, words), *map(_number, figures)] for value, figures in found.lines]
        if found.total:
            lines.append([gettext("reports.total"), *map(_number, found.total)])
        return _file(csv_bytes(lines), "text/csv", f"complaints-{key}-{wanted.first}-{wanted.last}.csv")

    @pages.get("/quarter/<quarter>.<kind>")
    def quarter_file(quarter: str, kind: str) -> Response:
        try:
            asked_for = Quarter.read(quarter)
        except ValueError:
            abort(404)
        if kind not in ("csv", "xlsx"):
            abort(404)
        words = names()
        heads = [gettext("reports.category"), gettext("reports.region"), *(gettext(f"reports.head.{name}") for name in COLUMNS)]
        lines = cells(quarterly(records, asked_for, today(), zone), heads, words["category"] | words["region"], gettext("reports.total"))
        name = f"regulator-{asked_for}.{kind}"
        return _file(csv_bytes(lines), "text/csv", name) if kind == "csv" else _file(xlsx(heads, lines[1:], str(asked_for)), XLSX, name)

    return pages


def charts(found: Figures, words: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """What the page draws (``figures.js``)."""
    def bar(key: str, title: str, xs: list[str], ys: list[float | None], *, share: bool = False, name: str = "") -> dict[str, Any]:
        trace = {"type": "bar", "name": name or title, "x": xs, "y": ys, "meta": {"series": 0, "band": False}, "line": {}, "marker": {}}
        axis = {"rangemode": "tozero", **({"tickformat": ".0%", "range": [0, 1.02]} if share else {})}
        return {"key": key, "title": title, "definition": gettext(f"reports.means.{key}"), "traces": [trace], "layout": {"yaxis": axis, "xaxis": {"type": "category"}, "showlegend": False}}

    week = found.by["week"]
    lines = [
        {"type": "scatter", "mode": "lines+markers", "name": gettext(f"reports.head.{name}"), "x": list(week), "y": [getattr(one, name) for one in week.values()],
         "meta": {"series": number, "band": False}, "line": {"width": 2}, "marker": {"size": 5}}
        for number, name in enumerate(("received", "answered", "escalated", "closed"))
    ]  # fmt: skip
    drawn = [{"key": "week", "title": gettext("reports.week"), "definition": gettext("reports.means.week"), "traces": lines, "layout": {"yaxis": {"rangemode": "tozero"}, "xaxis": {"type": "category"}}}]
    for side in ("category", "channel", "region"):
        part = found.by[side]
        drawn.append(bar(side, gettext(f"reports.{side}"), [_label(side, value, words) for value in part], [one.received for one in part.values()]))
    ends = [f"≤ {end}" for end in BINS] + [f"> {BINS[-1]}"]
    drawn.append(bar("days", gettext("reports.days"), ends, [float(n) for n in found.days_to_answer]))
    drawn.append(bar("in_time", gettext("reports.head.share_in_time"), list(week), [one.share_in_time for one in week.values()], share=True))
    drawn.append(bar("ladder", gettext("reports.ladder"), [_label("ladder", str(level), words) for level, _ in found.ladder], [n / found.all.received for _, n in found.ladder], share=True))
    drawn.append(bar("marks", gettext("reports.head.satisfaction"), list("12345"), [float(n) for n in found.replies]))
    return drawn


def as_dict(found: Figures) -> dict[str, Any]:
    """JSON-ready: the same figures as on the page."""
    wanted = found.filter
    return {
        "from": wanted.first.isoformat(), "to": wanted.last.isoformat(),
        "filter": {name: getattr(wanted, name) for name in SIEVES if getattr(wanted, name)},
        "all": _plain(found.all), "by": {side: {value: _plain(one) for value, one in part.items()} for side, part in found.by.items()},
        "ladder": [{"level": level, "complaints": n, "rate": n / found.all.received} for level, n in found.ladder],
        "days_to_answer": [{"up_to": end, "complaints": n} for end, n in zip([*BINS, None], found.days_to_answer)], "replies": dict(zip("12345", found.replies)),
    }  # fmt: skip


def _plain(one: Summary) -> dict[str, Any]:
    figures = {name: getattr(one, name) for name in Summary.__dataclass_fields__ if name != "points"}
    return figures | {name: getattr(one, name) for name in ("share_in_time", "escalation_rate", "satisfaction")}


def _label(key: str, value: str, words: dict[str, dict[str, str]]) -> str:
    if key in ("level", "ladder"):
        return gettext("reports.at_level", level=int(value)) if value != "0" else gettext("reports.level_0")
    return (words[key].get(value, value) or gettext("reports.unknown")) if key in words else value


def cell_text(name: str, value: Cell) -> str:
    """A figure of a column as people read it."""
    if value is None:
        return "—"
    if name in SHARES:
        return f"{100 * value:.1f} %"
    return f"{value:.1f}" if isinstance(value, float) else f"{value:,}"


def _number(value: Cell) -> Cell:
    return round(value, 4) if isinstance(value, float) else value


def _file(body: bytes, mimetype: str, name: str) -> Response:
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f"attachment; filename={name}"})
