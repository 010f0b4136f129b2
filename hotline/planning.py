"""The planner's rooms tied to the line: plans beside the records, a workshop that steps back for the phone."""

from __future__ import annotations

from flask import Flask

from hotline.plotly_js import plotly_blueprint
from hotline.prefilled import of_log
from hotline.records import Records
from hotline.settings import Settings
from hotline.signin import signed_in
from planner.pages import planner_blueprint
from planner.plans import Plans
from planner.workshop import Workshop


def open_planner(app: Flask, settings: Settings, records: Records) -> None:
    """``/planner`` and the workshop behind it."""
    folder = settings.var / "plans"
    plans = Plans(records, folder)
    workshop = Workshop(plans, database_url=settings.database_url, folder=folder, timezone=settings.line.timezone)
    board = settings.wallboard

    def saved() -> dict[str, float]:
        found = of_log(records)
        return {} if found is None else {"fields": round(found.fields, 1), "calls": found.calls}

    app.register_blueprint(plotly_blueprint())
    app.register_blueprint(
        planner_blueprint(
            plans, workshop, who=signed_in, saved=saved, zone=settings.line.timezone,
            # The wallboard's promise and the planner's are one.
            promised={"service_level": 100 * board.target, "within": board.within_s},
        )
    )  # fmt: skip
    workshop.start()
