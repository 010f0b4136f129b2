"""``/planner/today``: forecast, reforecast and what came today, and what to do now; the same in small for the wallboard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask_babel import gettext

from hotline.advise import Adviser, question
from hotline.plotly_js import with_charts
from hotline.today import LiveDay, told
from planner.day import Planned, planned_day
from planner.plans import Plan, Plans
from simulation.problem import ModelError
from simulation.rest_of_day import on_phone
from simulation.today import Day, Outlook, chart, day_of, outlook

KEPT_S = 10.0
"""The wallboard's figures are counted again after this."""
MOST_PLANS = 30
"""Looked through for today, the newest first."""
WORDS = ("title", "means", "forecast", "reforecast", "actual", "morning", "now")


@dataclass(frozen=True)
class _Kept:
    planned: Planned
    day: Day


class Today:
    """The plans' days held against the line. Thread-safe. ``short_s``: who leaves within it is a short abandon."""

    def __init__(self, line: LiveDay, plans: Plans, *, short_s: float) -> None:
        self.line, self.plans, self.short_s = line, plans, short_s
        self._lock = threading.Lock()
        self._days: dict[tuple[str, date], tuple[tuple[float, ...], _Kept | str]] = {}
        self._ahead: tuple[float, dict[str, Any] | None] = (-KEPT_S, None)

    def covering(self, plans: list[Plan]) -> list[Plan]:
        """Those of the newest of these plans that have a need for today."""
        return [plan for plan in plans[:MOST_PLANS] if not isinstance(self.planned(plan), str)]

    def planned(self, plan: Plan) -> _Kept | str:
        """Today of the plan, or why there is none."""
        folder, today = self.plans.folder(plan.id), self.line.today()
        made = tuple(_changed(folder / "made" / f"{name}.pickle") for name in ("need", "shifts"))
        key = (plan.id, today)
        with self._lock:
            known = self._days.get(key)
            if known is not None and known[0] == made:
                return known[1]
        found: _Kept | str
        try:
            planned = planned_day(folder, today)
            found = _Kept(planned, day_of(planned.model, planned.weekday, planned.interval_cv))
        except ModelError as error:
            found = "; ".join(str(problem) for problem in error.problems)
        except ValueError as error:
            found = str(error)
        with self._lock:
            self._days = {k: v for k, v in self._days.items() if k[1] == today} | {key: (made, found)}
        return found

    def look(self, kept: _Kept) -> tuple[Outlook, Any]:
        """(the outlook of this moment, what was seen of the line)."""
        at = self.line.clock()
        seen = self.line.seen(kept.day, at, within_s=kept.planned.model.answer_within, short_s=self.short_s)
        return outlook(kept.day, seen[1], seen[0]), seen

    def ahead(self) -> dict[str, Any] | None:
        """Forecast against actual of today by the newest shared plan that covers it; None without such a plan."""
        with self._lock:
            since, known = self._ahead
        if time.monotonic() - since < KEPT_S:
            return known
        found = None
        for plan in self.plans.shared()[:MOST_PLANS]:
            kept = self.planned(plan)
            if not isinstance(kept, str):
                r = self.look(kept)[0].reforecast
                found = {"so_far": r.so_far, "expected": r.so_far_expected, "day": asdict(r.day), "morning": r.morning.mean}
                break
        with self._lock:
            self._ahead = (time.monotonic(), found)
        return found


def today_blueprint(today: Today, adviser: Adviser, *, who: Callable[[], str]) -> Blueprint:
    """``/planner/today``; ``who`` names the user, who sees own and shared plans."""
    pages = Blueprint("today", __name__, url_prefix="/planner/today", template_folder="templates")

    def choose() -> tuple[list[Plan], Plan | None, _Kept | None]:
        seen = today.plans.seen_by(who())
        plans = today.covering(seen)
        wanted = request.args.get("plan")
        if wanted is None:
            chosen = plans[0] if plans else None
        else:
            chosen = next((plan for plan in plans if plan.id == wanted), None) or abort(404)
        kept = None if chosen is None else today.planned(chosen)
        return plans, chosen, kept if isinstance(kept, _Kept) else None

    @pages.get("", strict_slashes=False)
    def page() -> Response:
        plans, chosen, kept = choose()
        return with_charts(render_template("today.html", plans=plans, plan=chosen, roster=kept is not None and kept.planned.roster))

    @pages.get("/data")
    def data() -> dict[str, Any]:
        _, plan, kept = choose()
        if plan is None or kept is None:
            return {"plan": None}
        found, (counts, now, so_far, off) = today.look(kept)
        words = {name: gettext(f"today.chart.{name}") for name in WORDS}
        adviser_says = {"at": None, "finding": False, "advice": {}}
        if found.rest is not None:
            adviser_says = adviser.advice(plan.id, lambda: question(today.plans.folder(plan.id), today.line.today(), now, counts, off))
        return {
            "plan": {"id": plan.id, "name": plan.name}, "date": today.line.today().isoformat(), **found.to_dict(), "chart": asdict(chart(found, words)),
            "service": told(so_far), "within_s": kept.planned.model.answer_within, "aim": asdict(kept.planned.aim), "waiting": len(now.waiting),
            "agents": dict(now.agents), "planned": _planned_now(kept, found.at), "on_break": off, "over": found.rest is None, "says": adviser_says,
        }  # fmt: skip

    return pages


def _planned_now(kept: _Kept, at: float) -> dict[str, int]:
    """Agents on the phone now by the plan."""
    return on_phone(kept.planned.model, kept.planned.weekday, at)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
