"""The planner's rooms tied to the line: plans beside the records, a workshop that steps back for the phone."""

from __future__ import annotations

import time

from flask import Flask

from hotline.advise import Adviser
from hotline.board import Board
from hotline.plotly_js import plotly_blueprint
from hotline.prefilled import of_log
from hotline.records import Records
from hotline.settings import Settings
from hotline.signin import signed_in
from hotline.today import LiveDay
from hotline.today_pages import Today, today_blueprint
from planner.pages import planner_blueprint
from planner.plans import Plans
from planner.workshop import Workshop


def open_planner(app: Flask, settings: Settings, records: Records, board: Board) -> Today:
    """``/planner`` and the workshop behind it, and ``/planner/today``, which holds the plans against the line's board."""
    folder = settings.var / "plans"
    plans = Plans(records, folder)
    workshop = Workshop(plans, database_url=settings.database_url, folder=folder, timezone=settings.line.timezone)
    promised = settings.wallboard

    def saved() -> dict[str, float]:
        found = of_log(records)
        return {} if found is None else {"fields": round(found.fields, 1), "calls": found.calls}

    app.register_blueprint(plotly_blueprint())
    app.register_blueprint(
        planner_blueprint(
            plans, workshop, who=signed_in, saved=saved, zone=settings.line.timezone,
            # The wallboard's promise and the planner's are one.
            promised={"service_level": 100 * promised.target, "within": promised.within_s},
        )
    )  # fmt: skip
    today = Today(LiveDay(board.requests, board.agents, settings.line.timezone, time.time), plans, short_s=promised.short_s)
    app.register_blueprint(today_blueprint(today, Adviser(), who=signed_in))
    workshop.start()
    return today
