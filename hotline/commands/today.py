"""``today``: the day's reforecast and what to do now, from the live line or from a file of today's calls."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from hotline.commands.calibrate import EXISTING, OUTPUT, check_output, emit, print_tables, progress, write
from hotline.quantities import DURATION, SHARE, Refused


@click.command()
@click.argument("model_or_plan")
@click.option("--now", "at", metavar="HH:MM", help="time of day [the present one; with --calls the last call's]")
@click.option("--calls", type=EXISTING, multiple=True, help="call records of today instead of the live line's (again for more files)")
@click.option("--map", "mapping", type=EXISTING, help="what the columns of --calls mean [the bank's, simulation/examples/bank1999.toml]")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="the day of --calls that is today [the last one]")
@click.option("--agents", multiple=True, metavar="[GROUP=]N", help="on duty now [of the live line: those signed in; else: as planned]")
@click.option("--on-break", multiple=True, metavar="[GROUP=]N", help="on a break now [of the live line: those who are]")
@click.option("--overtime", multiple=True, metavar="[GROUP=]N", help="agents more at most [half of those planned]")
@click.option("--service-level", type=SHARE, help="of the rest of the day: 0.8 or 80% [the model's]")
@click.option("--within", type=DURATION, help="the service level's T [the model's]")
@click.option("--abandonment", type=SHARE, help="at most [the model's]")
@click.option("--asa", type=DURATION, help="at most, seconds")
@click.option("--replications", type=click.IntRange(2, 10_000), help="of each trial [by the calls to come]")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="[the model's]")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output")
@click.option("--report", type=OUTPUT, help="write an HTML report with charts")
def today(
    model_or_plan: str, at: str | None, calls: tuple[Path, ...], mapping: Path | None, day: datetime | None, agents: tuple[str, ...],
    on_break: tuple[str, ...], overtime: tuple[str, ...], service_level: float | None, within: float | None, abandonment: float | None,
    asa: float | None, replications: int | None, seed: int | None, as_json: bool, report: Path | None,
) -> None:  # fmt: skip
    """Reforecast today and say what to do now: nothing, call-backs, recall from breaks, overtime, or let some go.

    MODEL_OR_PLAN is a model file, a plan's folder (`plan --output`) or the id of a plan of /planner.
    """
    from hotline.terminal_today import notes, tables
    from hotline.today import told
    from simulation import actions, planning_report
    from simulation import today as days
    from simulation.problem import ModelError
    from simulation.quantity import WEEKDAYS, clock

    check_output("--report", report)
    try:
        moment = None if at is None else clock(at)
    except ValueError as error:
        raise Refused(f"--now {at}: {error}") from None
    if (day is not None or mapping is not None) and not calls:
        raise Refused("--day and --map go with --calls: the live line's day is today")
    line = None if calls else _live()
    table = which = None
    if calls:
        table, which = _records(calls, mapping, None if day is None else day.date())
        if moment is None:
            moment = float(table.offered[table.day == table.day.max()].max() % 86400) if day is None else None
        if moment is None:
            raise Refused("say the time of day with --now HH:MM")
    else:
        which = line.today()
        moment = line.clock() if moment is None else moment
        if moment > line.clock() + 60:
            raise Refused(f"--now {at} is still to come: the live line knows what came until now; try another day with --calls")
    planned = _planned(model_or_plan, which)
    try:
        weekday = planned.weekday if planned.weekday in planned.model.grid.day_names else "" if "" in planned.model.grid.day_names else WEEKDAYS[which.weekday()]
        shape = days.day_of(planned.model, weekday, planned.interval_cv)
    except ModelError as error:
        raise Refused("\n".join(str(problem) for problem in error.problems)) from None
    model = planned.model
    aim = actions.Aim(
        planned.aim.service_level if service_level is None else service_level, planned.aim.abandonment if abandonment is None else abandonment,
        planned.aim.asa if asa is None else asa,
    )  # fmt: skip
    if aim.empty:
        raise Refused("the model promises nothing: say what the rest of the day has to keep, such as --service-level 80%")
    within = within or model.answer_within
    if table is not None:
        counts, now, so_far = days.of_history(table, which, moment, model, shape.starts, shape.interval, within_s=within, short_s=model.short_abandon)
        off: dict[str, int] = {}
    else:
        counts, now, so_far, off = line.seen(shape, moment, within_s=within, short_s=model.short_abandon)
    now = dataclasses.replace(now, agents={**now.agents, **_numbers("--agents", agents, model)})
    means = actions.Means(on_break={**off, **_numbers("--on-break", on_break, model)}, most_overtime=_numbers("--overtime", overtime, model))
    try:
        found = days.outlook(shape, now, counts, within=within)
        advice = None
        if found.rest is not None:
            with progress("what to do") as show:
                advice = actions.what_to_do(found.rest, aim, means, replications=replications, seed=seed, tell=lambda done: show(done, 0, ""))
    except ModelError as error:
        raise Refused("\n".join(str(problem) for problem in error.problems)) from None
    what = {
        "model": model.name, "date": which.isoformat(), **found.to_dict(), "answer_within_s": within,
        "service_so_far": told(so_far),
        "line": {"waiting": len(now.waiting), "longest_wait_s": max((w.waited for w in now.waiting), default=None), "busy": len(now.busy), "agents": dict(now.agents)},
        "advice": advice and advice.to_dict(),
    }  # fmt: skip
    drawn = tables(found, so_far, advice)
    if report is not None:
        write(report, lambda path: planning_report.write(path, f"今日 · Today {which}", notes(found, so_far, advice), [days.chart(found)], drawn))
    emit(as_json, what, lambda: [click.echo(note) for note in notes(found, so_far, advice)] and print_tables(drawn))


def _live() -> Any:
    from hotline.today import open_line

    return open_line()


def _records(paths: tuple[Path, ...], mapping: Path | None, day: date | None) -> tuple[Any, date]:
    """(the history, the day that is today)."""
    from hotline.commands.calibrate import load

    table, _, _ = load(paths, mapping, False, None)
    days = table.days()
    if day is not None and day not in days:
        raise Refused(f"--day {day}: there is no call on it; the records have {days[0]} to {days[-1]}")
    return table, day or days[-1]


def _planned(given: str, day: date) -> Any:
    """The planned day of a model file, a plan's folder or a plan's id."""
    from planner.day import Planned, planned_day

    path = Path(given)
    if path.is_file():
        from hotline.commands.simulate import load_model

        return Planned.of_model(load_model(path), day)
    folder = path if path.is_dir() else _folder(given)
    try:
        found = planned_day(folder, day)
    except ValueError as error:
        raise Refused(f"{given}: {error}") from None
    return found


def _folder(plan: str) -> Path:
    from hotline import settings

    try:
        found = settings.load()
    except settings.SettingsError as error:
        raise Refused(str(error)) from None
    folder = found.var / "plans" / plan
    if not plan.isalnum() or not folder.is_dir():
        raise Refused(f"{plan} is no model file, no plan's folder, and no plan of this line has that id")
    return folder


def _numbers(option: str, given: tuple[str, ...], model: Any) -> dict[str, int]:
    """GROUP=N; N alone where there is one group."""
    groups = [g.name for g in model.groups]
    out = {}
    for text in given:
        name, mark, number = text.rpartition("=")
        if not mark and len(groups) > 1:
            raise Refused(f"{option} {text}: the model has several groups; write GROUP={text}, of {', '.join(groups)}")
        name = name.strip() if mark else groups[0]
        if name not in groups:
            raise Refused(f"{option} {text}: there is no group {name!r}; there are {', '.join(groups)}")
        if not number.strip().isdecimal() or int(number) > 100_000:
            raise Refused(f"{option} {text}: {number!r} is no number of agents")
        out[name] = int(number)
    return out


commands: list[click.Command] = [today]
