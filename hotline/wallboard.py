"""The supervisor's pages: the wallboard as it changes, alerts, a call to read along, and the agents' day."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask_babel import gettext

from hotline.agents_day import AgentDay, totals
from hotline.board import Board
from hotline.hub import Hub

EVERY_S = 1.0
COLUMNS = ("staffed_s", "available_s", "ringing_s", "talk_s", "hold_s", "wrap_up_s", "break_s")
"""Lengths of an agent's day, in the order of table and export."""


def wallboard_blueprint(
    board: Board,
    hub: Hub,
    *,
    who: Callable[[], str],
    open_session: Callable[[], Callable[[], bool]],
    reasons: Callable[[], Mapping[str, str]] = dict,
    ahead: Callable[[], dict[str, Any] | None] = lambda: None,
) -> Blueprint:
    """``/wallboard`` and what it asks for.

    ``who`` names the supervisor who acknowledges an alert; ``reasons`` tells the words for agents' breaks in the
    user's language, ``ahead`` the calls of today against their forecast (None: there is none).
    """
    pages = Blueprint("wallboard", __name__, url_prefix="/wallboard", template_folder="templates")

    @pages.get("", strict_slashes=False)
    def page() -> str:
        return render_template("wallboard.html", settings=board.settings, reasons=reasons())

    @pages.get("/data")
    def data() -> dict[str, Any]:
        return board.state() | {"ahead": ahead()}

    @pages.get("/events")
    def events() -> Response:
        stream = _stream(lambda: board.state() | {"ahead": ahead()}, hub, open_session())
        return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @pages.post("/alerts/<int:alert>")
    def acknowledge(alert: int) -> dict[str, bool]:
        if not board.acknowledge(alert, who()):
            abort(409)
        return {"ok": True}

    @pages.get("/calls/<call>")
    def call(call: str) -> str:
        return render_template("read_along.html", call=call)

    @pages.get("/agents")
    def agents() -> str | Response:
        today, day = _days(board)
        begin, end = board.day(day)
        rows = board.agents_day(day)
        if request.args.get("format") == "csv":
            return _csv(rows, day)
        return render_template(
            "agents_day.html", rows=[(row, totals(row)) for row in rows], day=day, begin=begin, length=end - begin,
            before=day - timedelta(days=1), after=day + timedelta(days=1) if day < today else None, today=today,
            columns=COLUMNS, reasons=reasons(), hours=_hours(board, begin, end), skill_name=_skill_name,
        )  # fmt: skip

    @pages.app_template_filter("clock")
    def clock(at: float) -> str:
        return datetime.fromtimestamp(at, board.zone).strftime("%H:%M:%S")

    return pages


def _stream(state: Callable[[], dict[str, Any]], hub: Hub, admitted: Callable[[], bool]) -> Iterator[str]:
    """The whole state, once a second at most: it is small, and nothing can be missed."""
    with hub.listening() as ear:
        yield "retry: 2000\n\n"
        while admitted():
            yield f"data: {json.dumps(state(), ensure_ascii=False)}\n\n"
            until = time.monotonic() + EVERY_S
            while (left := until - time.monotonic()) > 0:
                ear.wait(left)
        yield "event: out\ndata: {}\n\n"


def _days(board: Board) -> tuple[date, date]:
    """Today, and the day that is asked for."""
    today = board.date()
    try:
        day = date.fromisoformat(request.args.get("day") or today.isoformat())
    except ValueError:
        abort(400)
    if not date(2000, 1, 1) <= day <= today:
        abort(400)
    return today, day


def _hours(board: Board, begin: float, end: float) -> list[dict[str, Any]]:
    """Every third hour of the day, as the clock shows it: a day on which clocks change has another number of them."""
    every = range(0, round(end - begin), 3 * 3600)
    return [{"at": begin + at, "text": f"{datetime.fromtimestamp(begin + at, board.zone):%H}"} for at in every]


def _skill_name(skill: str) -> str:
    named = gettext(f"queue.{skill}")
    return skill if named.startswith("queue.") else named


def _csv(rows: Sequence[AgentDay], day: date) -> Response:
    file = io.StringIO()
    writer = csv.writer(file)
    last = ("occupancy", "handled", "aht_s", "missed")
    writer.writerow(["day", "agent", *COLUMNS, *last])
    for row in rows:
        told = totals(row)
        share = "" if told["occupancy"] is None else f"{told['occupancy']:.4f}"
        aht = "" if told["aht_s"] is None else round(told["aht_s"])
        writer.writerow([day, row.name, *(round(told[name]) for name in COLUMNS), share, told["handled"], aht, told["missed"]])
    return Response(
        "\ufeff" + file.getvalue(),  # without it Excel takes it for another encoding
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename=agents-{day.isoformat()}.csv"},
    )
