"""The planner's pages: plans, the steps of a plan with their choices, runs as they go on, and everything as JSON and files."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from pydantic import ValidationError
from werkzeug.utils import secure_filename

from hotline.plotly_js import with_charts
from planner import choices as chosen
from planner.plans import Plan, PlanError, Plans, Run
from planner.sheet import read as read_sheet
from planner.steps import fresh
from planner.workshop import Workshop
from simulation import guess, planning_report
from simulation.charts import Chart
from simulation.mapping import Columns
from simulation.planning_report import Table
from simulation.scenarios import KINDS

MOST_UPLOAD = 512 << 20
"""Bytes of records at once: a year of a large line."""
FIELDS = tuple(Columns.model_fields)
UPLOADS = ("planner.begin", "planner.upload")


def planner_blueprint(
    plans: Plans, workshop: Workshop, *, who: Callable[[], str], promised: dict[str, float], saved: Callable[[], dict[str, float]], zone: str
) -> Blueprint:
    """``/planner``. ``promised`` is the line's own target (service_level in per cent, within in seconds); ``saved`` tells
    from the line's records how many fields of a call arrive filled (for the scenario of agent assist)."""
    pages = Blueprint("planner", __name__, url_prefix="/planner", template_folder="templates", static_folder="static", static_url_path="/static")

    @pages.url_value_preprocessor
    def widen(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if request.method == "POST" and endpoint in UPLOADS:
            request.max_content_length = MOST_UPLOAD

    def seen(plan: str) -> Plan:
        """The plan, if the planner may see it."""
        try:
            found = plans.plan(plan)
        except KeyError:
            abort(404)
        if found.owner != who() and not found.shared:
            abort(404)
        return found

    def own(plan: str) -> Plan:
        found = seen(plan)
        if found.owner != who():
            abort(403, gettext("plan.not.yours"))
        return found

    def state(plan: Plan) -> dict[str, Any]:
        runs, folder = plans.runs(plan.id), plans.folder(plan.id)
        return {"steps": [_step(step, runs.get(step), plan, folder) for step in chosen.STEPS], "upload": _uploaded(folder)}

    # -- plans -------------------------------------------------------------------

    def listed(refusal: str = "") -> str:
        return render_template("planner.html", plans=plans.seen_by(who()), refusal=refusal, at=lambda at: f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%Y-%m-%d %H:%M}")

    @pages.get("", strict_slashes=False)
    def page() -> str:
        return listed()

    @pages.post("/new")
    def begin() -> Response | tuple[str, int]:
        name = request.form.get("name", "").strip() or gettext("plan.unnamed")
        source = request.form.get("source", "files")
        files = [f for f in request.files.getlist("files") if f.filename]
        if source == "files" and not files:
            return listed(gettext("plan.not.no_file")), 422
        try:
            plan = plans.begin(name, who(), {"need": chosen.checked("need", promised)})
        except PlanError as error:
            return listed(gettext(f"plan.not.{error}")), 422
        if source == "log":
            plans.choose(plan.id, "history", chosen.checked("history", {"source": "log"}))
            go(plan.id, ("history",))
        else:
            try:
                take(plan, files, request.files.get("mapping"))
            except ValueError as error:
                plans.remove(plan.id)
                return listed(str(error)), 422
        return redirect(url_for("planner.plan", plan=plan.id), 303)

    def take(plan: Plan, files: list[Any], mapping: Any) -> None:
        """Keep uploaded records, find out what their columns mean, and read them if that is clear. ValueError."""
        folder = plans.folder(plan.id) / "in"
        folder.mkdir(parents=True, exist_ok=True)
        names = []
        for number, file in enumerate(files, start=1):
            name = f"{number:03d}-{secure_filename(file.filename or '') or 'records'}"
            file.save(folder / name)
            names.append(name)
        known = None
        if mapping is not None and mapping.filename:
            try:
                known = tomllib.loads(mapping.read().decode("utf-8"))
                chosen.checked("history", {"files": names, "mapping": known})
            except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
                raise ValueError(f"{gettext('plan.not.mapping')} {_first_words(error)}") from None
        found = guess.of_file(folder / names[0])
        sure = known is not None or not found.doubts
        plans.choose(plan.id, "history", {"source": "files", "files": names, "mapping": known or (found.mapping if sure else None)})
        if sure:
            go(plan.id, ("history",))

    def go(plan: str, steps: tuple[str, ...]) -> None:
        plans.queue(plan, steps, who())
        workshop.look()

    @pages.get("/<plan>")
    def plan(plan: str) -> Response:
        found = seen(plan)
        parts = {step: chosen.of(step, found.choices) for step in chosen.STEPS}
        return with_charts(render_template(
            "plan.html", plan=found, mine=found.owner == who(), parts=parts, state=state(found), kinds=tuple(KINDS), columns=columns(found),
            shown=_shown, saved=saved(),
        ))  # fmt: skip

    def columns(found: Plan) -> dict[str, Any]:
        """What the form for the columns shows: the guess for the first file, with first rows (the callers' columns hidden)."""
        mine = chosen.of("history", found.choices)
        path = plans.folder(found.id) / "in" / mine.files[0] if mine.files else None
        if path is None or not path.is_file():
            return {}
        try:
            names, rows, _, _ = guess.head(path)
            guessed = guess.of_file(path)
        except (ValueError, OSError) as error:
            return {"refusal": str(error)}
        now = mine.mapping or guessed.mapping
        hidden = {name for name in names if name == now.get("columns", {}).get("caller") or name == guessed.mapping["columns"].get("caller")}
        first = [["•••" if name in hidden else value[:24] for name, value in zip(names, row)] for row in rows[:4]]
        return {"names": names, "rows": first, "now": now, "doubts": [] if mine.mapping else guessed.doubts, "fields": FIELDS, "ready": guessed.ready}

    @pages.post("/<plan>/upload")
    def upload(plan: str) -> Response:
        found = own(plan)
        files = [f for f in request.files.getlist("files") if f.filename]
        try:
            if not files:
                raise ValueError(gettext("plan.not.no_file"))
            take(found, files, request.files.get("mapping"))
        except ValueError as error:
            abort(400, str(error))
        return redirect(url_for("planner.plan", plan=plan), 303)

    @pages.post("/<plan>/choose/<step>")
    def choose(plan: str, step: str) -> Any:
        found = own(plan)
        given = request.get_json(silent=True)
        if step not in chosen.STEPS or not isinstance(given, dict):
            abort(404)
        if step == "history":
            given = {"source": "files", "files": chosen.of("history", found.choices).files, "mapping": _mapping(given)}
        try:
            plans.choose(plan, step, chosen.checked(step, given))
        except ValidationError as error:
            return jsonify(error=_refusal(error)), 422
        if request.args.get("run"):
            go(plan, (step,))
        return state(plans.plan(plan))

    @pages.post("/<plan>/run")
    def run(plan: str) -> Any:
        found = own(plan)
        given = request.get_json(silent=True) or {}
        steps = [step for step in chosen.STEPS if step in (given.get("steps") or chosen.ROSTER)]
        folder = plans.folder(plan)
        # What stands already is not done again, unless it is asked for by name alone.
        go(plan, tuple(step for step in steps if len(steps) == 1 or not fresh(step, folder, found.choices)))
        return state(found)

    @pages.post("/<plan>/cancel")
    def cancel(plan: str) -> Any:
        found = own(plan)
        plans.cancel(plan)
        return state(found)

    @pages.post("/<plan>/change")
    def change(plan: str) -> Response:
        found = own(plan)
        name = request.form.get("name", "").strip() or found.name
        plans.change(plan, name=name[:80], shared=request.form.get("shared") == "yes")
        return redirect(url_for("planner.plan", plan=plan), 303)

    @pages.post("/<plan>/copy")
    def copy(plan: str) -> Response:
        found = seen(plan)
        try:
            new = plans.copy(plan, f"{found.name} · {gettext('plan.copy_word')}", who())
        except PlanError as error:
            abort(409, gettext(f"plan.not.{error}"))
        return redirect(url_for("planner.plan", plan=new.id), 303)

    @pages.post("/<plan>/remove")
    def remove(plan: str) -> Response:
        own(plan)
        try:
            plans.remove(plan)
        except PlanError as error:
            abort(409, gettext(f"plan.not.{error}"))
        return redirect(url_for("planner.page"), 303)

    # -- results -------------------------------------------------------------------

    @pages.get("/<plan>/state")
    def now(plan: str) -> dict[str, Any]:
        return state(seen(plan))

    @pages.get("/<plan>/step/<step>")
    def step(plan: str, step: str) -> dict[str, Any]:
        return sheet(seen(plan), step)

    def sheet(found: Plan, step: str) -> dict[str, Any]:
        kept = read_sheet(plans.folder(found.id) / f"{step}.json") if step in chosen.STEPS else None
        if kept is None:
            abort(404)
        return kept

    @pages.get("/<plan>/plan.json")
    def whole(plan: str) -> Any:
        found = seen(plan)
        results = {step: kept["result"] for step in chosen.STEPS if (kept := read_sheet(plans.folder(plan) / f"{step}.json"))}
        body = jsonify(id=found.id, name=found.name, owner=found.owner, shared=found.shared, choices=found.choices, steps=state(found)["steps"], results=results)
        body.headers["Content-Disposition"] = f"attachment; filename=plan-{found.id}.json"
        return body

    @pages.get("/<plan>/report/<step>.html")
    def report(plan: str, step: str) -> Response:
        found = seen(plan)
        kept = sheet(found, step)
        drawn = planning_report.html(
            f"{found.name} · {gettext(f'plan.step.{step}')}", [*kept["warnings"], *kept["notes"]], [Chart(**c) for c in kept["charts"]], [Table(**t) for t in kept["tables"]]
        )
        # To take away, not to open here: the page carries its script inside.
        return Response(drawn, mimetype="text/html", headers={"Content-Disposition": f"attachment; filename={step}-{found.id}.html"})

    @pages.get("/<plan>/file/<name>")
    def file(plan: str, name: str) -> Response:
        seen(plan)
        folder = plans.folder(plan) / "out"
        # Only what lies there, whatever the name says.
        path = next((one for one in folder.iterdir() if one.name == name), None) if folder.is_dir() else None
        if path is None:
            abort(404)
        return send_file(path.resolve(), as_attachment=True, download_name=name)

    return pages


def _step(step: str, run: Run | None, plan: Plan, folder: Path) -> dict[str, Any]:
    there = (folder / f"{step}.json").is_file()
    active = run is not None and run.state in ("queued", "running")
    return {
        "step": step, "there": there, "fresh": there and fresh(step, folder, plan.choices),
        "state": run.state if run else "", "done": run.done if run else 0, "of": run.of if run else 0, "words": run.words if run and active else "",
        "error": _told(run.error) if run and run.state == "failed" else "", "run": run.id if run else 0,
        "seconds": round(run.ended_at - run.began_at, 1) if run and run.ended_at and run.began_at else None,
        "since": run.began_at if run and run.state == "running" else None,
        "ready": all(fresh(before, folder, plan.choices) for before in chosen.BEFORE[step]),
    }  # fmt: skip


def _shown(value: float | None) -> str:
    """A number as a form shows it; nothing for None."""
    return "" if value is None else f"{value:g}"


def _uploaded(folder: Path) -> bool:
    return (folder / "in").is_dir() and any((folder / "in").iterdir())


def _told(error: str) -> str:
    """Why a run failed, in the planner's words."""
    first, _, rest = error.partition(" ")
    if first in ("memory", "lost", "ended", "fault"):
        return gettext(f"plan.failed.{first}") + (f" ({rest})" if rest else "")
    return error


def _mapping(given: dict[str, Any]) -> dict[str, Any]:
    """The mapping of the form: columns by field, formats, and the words of the outcome column, one list by meaning."""
    out: dict[str, Any] = {"name": "columns", "columns": {k: v for k, v in (given.get("columns") or {}).items() if v}}
    if "offered" in out["columns"] and isinstance(out["columns"]["offered"], str) and "|" in out["columns"]["offered"]:
        out["columns"]["offered"] = out["columns"]["offered"].split("|")
    form = {k: v for k, v in (given.get("format") or {}).items() if v}
    if form:
        out["format"] = form
    words = {k: [w.strip() for w in v.replace("，", ",").split(",") if w.strip()] for k, v in (given.get("outcomes") or {}).items() if v}
    if words:
        out["outcomes"] = words
    for name in ("encoding", "delimiter", "country"):
        if given.get(name):
            out[name] = given[name]
    return out


def _refusal(error: ValidationError) -> str:
    """What is wrong with which field, in the planner's language."""
    first = error.errors(include_url=False)[0]
    place = next((str(part) for part in first["loc"] if isinstance(part, str)), "")
    limits = first.get("ctx") or {}
    if first["type"] in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        limit = next(iter(limits.values()))
        return f"{_label(place)}: {gettext('plan.wrong.' + first['type'])} {limit:g}"
    if first["type"] in ("float_parsing", "int_parsing", "int_from_float", "float_type", "int_type"):
        return f"{_label(place)}: {gettext('plan.wrong.number')}"
    if first["type"].startswith("date"):
        return f"{_label(place)}: {gettext('plan.wrong.date')}"
    words = first["msg"].removeprefix("Value error, ")
    return f"{_label(place)}: {words}" if place else words


def _label(field: str) -> str:
    key = f"plan.field.{field}"
    told = gettext(key)
    return field if told == key else told


def _first_words(error: Exception) -> str:
    return error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else str(error)
