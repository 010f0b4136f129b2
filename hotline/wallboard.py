"""The supervisor's pages: the wallboard as it changes, alerts, and the agents' day."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from datetime import time as clock
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from hotline import measures
from hotline.board import Board
from hotline.hub import Hub

EVERY_S = 2.0
STATES = ("available", "ringing", "busy", "wrap_up", "break", "offline")
WIDTH = 1440
"""Units of the bar of a day: minutes."""


def wallboard_blueprint(
    board: Board, hub: Hub, *, who: Callable[[], str], open_session: Callable[[], Callable[[], bool]]
) -> Blueprint:
    """``/wallboard`` and what it asks for; ``who`` names the supervisor who acknowledges an alert."""
    pages = Blueprint("wallboard", __name__, url_prefix="/wallboard", template_folder="templates")

    @pages.get("", strict_slashes=False)
    def page() -> str:
        return render_template("wallboard.html", settings=board.settings)

    @pages.get("/data")
    def data() -> dict[str, Any]:
        return board.state()

    @pages.get("/events")
    def events() -> Response:
        stream = _stream(board, hub, open_session())
        return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @pages.post("/alerts/<int:alert>")
    def acknowledge(alert: int) -> dict[str, bool]:
        if not board.acknowledge(alert, who()):
            abort(409)
        return {"ok": True}

    @pages.get("/agents")
    def agents() -> str | Response:
        day, begin, end = _day(board)
        rows = _agents_day(board, begin, end)
        if request.args.get("format") == "csv":
            return _csv(rows, day)
        return render_template(
            "agents_day.html", rows=rows, day=day, before=day - timedelta(days=1), after=day + timedelta(days=1),
            states=STATES, width=WIDTH, minutes=round((end - begin) / 60),
        )  # fmt: skip

    return pages


def _stream(board: Board, hub: Hub, admitted: Callable[[], bool]) -> Iterator[str]:
    """The whole state whenever something happened, at most every two seconds: it is small, and nothing can be missed."""
    with hub.listening() as ear:
        yield "retry: 2000\n\n"
        while admitted():
            yield f"data: {json.dumps(board.state(), ensure_ascii=False)}\n\n"
            until = time.monotonic() + EVERY_S
            while (left := until - time.monotonic()) > 0:
                ear.wait(left)
        yield "event: out\ndata: {}\n\n"


def _day(board: Board) -> tuple[date, float, float]:
    today = datetime.fromtimestamp(board.today()[0], board.zone).date()
    try:
        day = date.fromisoformat(request.args.get("day") or today.isoformat())
    except ValueError:
        abort(400)
    if not date(2000, 1, 1) <= day <= today + timedelta(days=366):
        abort(400)
    begin = datetime.combine(day, clock(), board.zone).timestamp()
    end = datetime.combine(day + timedelta(days=1), clock(), board.zone).timestamp()
    return day, begin, end


def _agents_day(board: Board, begin: float, end: float) -> list[dict[str, Any]]:
    now = board.state()
    rows = []
    for agent in now["agents"]:
        own = board.day_of(agent["name"], begin, min(end, now["now"]))
        calls = board.handled_by(agent["name"], begin, end)
        rows.append(
            {
                "name": agent["name"],
                "spans": [
                    (state, round((low - begin) / 60, 2), round((high - low) / 60, 2)) for state, low, high in own["spans"]
                ],
                **{state: own["seconds"].get(state, 0.0) for state in STATES},
                "staffed": own["staffed_s"],
                "occupancy": own["occupancy"],
                "handled": len(calls),
                "aht": measures.summary(calls)["aht_s"],
            }
        )
    return rows


def _csv(rows: list[dict[str, Any]], day: date) -> Response:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["day", "agent", "staffed_s", *(f"{state}_s" for state in STATES), "occupancy", "handled", "aht_s"])
    for row in rows:
        times = [round(row["staffed"]), *(round(row[state]) for state in STATES)]
        share = "" if row["occupancy"] is None else f"{row['occupancy']:.4f}"
        writer.writerow([day, row["name"], *times, share, row["handled"], "" if row["aht"] is None else round(row["aht"])])
    name = f"agents-{day.isoformat()}.csv"
    return Response(
        "\ufeff" + file.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )
