"""The page of figures about complaints: filters, charts, tables, and the regulator's quarterly table as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from flask import Blueprint, Response, abort, render_template, request
from flask_babel import gettext

from complaints.counting import rows
from complaints.figures import BINS, Figures, Filter, Summary, figures
from complaints.life import STATES
from complaints.regulator import COLUMNS, Quarter, cells, table
from hotline.plotly_js import with_charts
from hotline.records import WRITTEN, Records

CHANNELS = ("phone", *WRITTEN)
LONGEST = 3 * 366
USUAL = 90
"""Days that are shown when nothing is chosen."""
SIDES = ("category", "channel", "region", "week", "level")
SHOWN = ("received", "answered", "share_in_time", "median_days", "p90_days", "escalation_rate", "regulator", "withdrawn", "closed", "replied", "satisfaction")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Unfit(ValueError):
    """A filter that cannot be; the text is for people."""


def chosen(given: Mapping[str, str], today: date) -> Filter:
    """The filter of a query. ``Unfit``."""
    try:
        last = date.fromisoformat(given["to"]) if given.get("to") else today
        first = date.fromisoformat(given["from"]) if given.get("from") else last - timedelta(USUAL - 1)
    except ValueError:
        raise Unfit(gettext("reports.bad_date")) from None
    if not date(2000, 1, 1) <= first <= last or (last - first).days > LONGEST:
        raise Unfit(gettext("reports.bad_period"))
    return Filter(first, last, *(given.get(name, "")[:32] for name in ("category", "channel", "region", "state")))


def report(records: Records, wanted: Filter, today: date, zone: ZoneInfo) -> Figures:
    """The figures of a filter, out of the records."""
    return figures(rows(records, wanted.first, wanted.last, zone), wanted, today=today, zone=zone)


def quarterly(records: Records, quarter: Quarter, today: date, zone: ZoneInfo, *, names: dict[str, str], heads: Sequence[str], whole: str) -> list[list[object]]:
    """The regulator's table of a quarter, as lines of cells."""
    return cells(table(rows(records, quarter.first, quarter.last, zone), quarter, today=today, zone=zone), heads, names, whole)


def csv_text(lines: Sequence[Sequence[object]]) -> str:
    """CSV that Excel reads as UTF-8; a cell that a spreadsheet would calculate is text."""
    file = io.StringIO()
    csv.writer(file).writerows([[f"'{c}" if isinstance(c, str) and c and c[0] in "=+-@\t" else "" if c is None else c for c in line] for line in lines])
    return "\ufeff" + file.getvalue()


def xlsx_bytes(lines: Sequence[Sequence[object]], title: str) -> bytes:
    """The same as a workbook; texts stay texts."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, bold = book.add_worksheet(title[:31]), book.add_format({"bold": True})
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, ["" if cell is None else cell for cell in line], bold if number in (0, len(lines) - 1) else None)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return file.getvalue()


def reports_blueprint(
    records: Records, *, zone: ZoneInfo, today: Callable[[], date], categories: Callable[[], dict[str, str]], regions: Callable[[], dict[str, str]]
) -> Blueprint:
    """``/reports``; ``categories`` and ``regions`` give the words for their values in the reader's language."""
    pages = Blueprint("reports", __name__, url_prefix="/reports", template_folder="templates", static_folder="static", static_url_path="/static")

    def names() -> dict[str, dict[str, str]]:
        return {
            "category": categories(), "region": regions(), "channel": {one: gettext(f"channel.{one}") for one in CHANNELS},
            "state": {one: gettext(f"case.{one}") for one in STATES if one != "draft"},
        }  # fmt: skip

    def asked() -> tuple[Filter, str]:
        try:
            return chosen(request.args, today()), ""
        except Unfit as unfit:
            return chosen({}, today()), str(unfit)

    @pages.get("", strict_slashes=False)
    def page() -> Response:
        wanted, refusal = asked()
        found = report(records, wanted, today(), zone)
        words = names()
        quarter = Quarter.of(today()).before
        quarters = [quarter]
        while len(quarters) < 8:
            quarters.append(quarters[-1].before)
        answer = with_charts(render_template(
            "reports.html", found=found, wanted=wanted, refusal=refusal, names=words, sides=SIDES, shown=SHOWN, cell=_cell, quarters=quarters,
            charts=charts(found, words), label=lambda side, value: _label(side, value, words), now=Quarter.of(today()),
        ))  # fmt: skip
        answer.status_code = 422 if refusal else 200
        return answer

    @pages.get("/data.json")
    def data() -> Any:
        wanted, refusal = asked()
        if refusal:
            return {"error": refusal}, 422
        return as_dict(report(records, wanted, today(), zone))

    @pages.get("/<side>.csv")
    def side_csv(side: str) -> Response:
        wanted, refusal = asked()
        if side not in SIDES or refusal:
            abort(404 if side not in SIDES else 400)
        found, words = report(records, wanted, today(), zone), names()
        heads = [gettext(f"reports.{side}"), *(gettext(f"reports.head.{name}") for name in SHOWN)]
        lines = [[_label(side, value, words), *(_number(getattr(figures_, name)) for name in SHOWN)] for value, figures_ in found.by[side].items()]
        lines.append([gettext("reports.total"), *(_number(getattr(found.all, name)) for name in SHOWN)])
        return _file(csv_text([heads, *lines]), "text/csv", f"complaints-{side}-{wanted.first}-{wanted.last}.csv")

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
        lines = quarterly(records, asked_for, today(), zone, names=words["category"] | words["region"], heads=heads, whole=gettext("reports.total"))
        name = f"regulator-{asked_for}.{kind}"
        return _file(csv_text(lines), "text/csv", name) if kind == "csv" else _file(xlsx_bytes(lines, str(asked_for)), XLSX, name)

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
    drawn.append(bar("level", gettext("reports.level"), [_label("level", value, words) for value in sorted(found.by["level"])], [found.by["level"][value].received for value in sorted(found.by["level"])]))
    drawn.append(bar("satisfaction", gettext("reports.head.satisfaction"), ["1", "2", "3", "4", "5"], [float(n) for n in found.replies]))
    return drawn


def as_dict(found: Figures) -> dict[str, Any]:
    """JSON-ready: the same figures as on the page."""
    wanted = found.filter
    return {
        "from": wanted.first.isoformat(), "to": wanted.last.isoformat(),
        "filter": {name: getattr(wanted, name) for name in ("category", "channel", "region", "state") if getattr(wanted, name)},
        "all": _plain(found.all), "by": {side: {value: _plain(one) for value, one in part.items()} for side, part in found.by.items()},
        "days_to_answer": [{"up_to": end, "complaints": n} for end, n in zip([*BINS, None], found.days_to_answer)], "replies": dict(zip("12345", found.replies)),
    }  # fmt: skip


def _plain(one: Summary) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in Summary.__dataclass_fields__}, "share_in_time": one.share_in_time, "escalation_rate": one.escalation_rate}


def _label(side: str, value: str, words: dict[str, dict[str, str]]) -> str:
    if side == "week":
        return value
    if side == "level":
        return gettext("reports.at_level", level=int(value)) if value != "0" else gettext("reports.level_0")
    return words[side].get(value, value) or gettext("reports.unknown")


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "—"
    if name in ("share_in_time", "escalation_rate"):
        return f"{100 * value:.1f} %"
    return f"{value:.1f}" if isinstance(value, float) else f"{value:,}"


def _number(value: float | None) -> object:
    return None if value is None else round(value, 4)


def _file(body: str | bytes, mimetype: str, name: str) -> Response:
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f"attachment; filename={name}"})

