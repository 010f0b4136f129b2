"""The steps of a plan, from call records to what-if: each reads what the steps before it made, and makes a sheet.

    Work(folder, choices, Place("Asia/Shanghai", "CNY"), tell).do("forecast")

`folder` is the plan's own: `in` holds uploads until the forecast is made from them (they name callers; what is kept
after that does not), `made` what a step hands to the next, `out` files to take away, `<step>.json` the sheets.
"""

from __future__ import annotations

import csv
import hashlib
import json
import pickle
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from planner import choices as chosen
from planner.sheet import Sheet, stamp_of
from planner.shift_form import plan_file
from simulation import (
    calibration, coming, demand, forecast_report, history_file, model_file, need_report, planning_report, shift_export, shift_report, shifts, validation,
    what_if, what_if_report, wording,
)  # fmt: skip
from simulation.charts import Chart
from simulation.history import History, Progress, Report
from simulation.load import from_dict
from simulation.need import Wish, staff
from simulation.planning_report import Table
from simulation.problem import ModelError, Problem
from simulation.record_reader import read
from simulation.scenarios import scenario, together
from simulation.shift_plan import plan_from
from simulation.simulated_need import with_agents

QUICK = 40
"""Replications of the search for the need, unless it is to be careful."""
TEST_DAYS = 7
MOST_TEST_MONTHS = 3
"""The honest test of a plan takes the newest months; the command takes all."""


class StepError(Exception):
    """A step cannot be done; the text says why and what to do, for the planner."""


@dataclass(frozen=True)
class Place:
    """Where the line is: time zone, currency, and how the live line's own calls are read (None: there is no line here)."""

    timezone: str
    currency: str = "CNY"
    log: Callable[[], tuple[History, Report]] | None = None


def stamp(step: str, choices: dict[str, Any]) -> str:
    """What a sheet of this step is made from: its choices and those of all steps before it."""
    own = chosen.of(step, choices).model_dump(mode="json")
    text = json.dumps([step, own, [stamp(before, choices) for before in chosen.BEFORE[step]]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fresh(step: str, folder: Path, choices: dict[str, Any]) -> bool:
    """Is there a sheet of this step, made from these choices?"""
    return stamp_of(folder / f"{step}.json") == stamp(step, choices)


class Work:
    """Does one step. `tell(done, of, words)` may raise to stop it."""

    def __init__(self, folder: Path, choices: dict[str, Any], place: Place, tell: Progress):
        self.folder, self.choices, self.place, self.tell = folder, choices, place, tell
        for name in ("made", "out"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def do(self, step: str) -> Sheet:
        """Do the step and keep its sheet. StepError says what is wrong with choices or records."""
        for before in chosen.BEFORE[step]:
            if not fresh(before, self.folder, self.choices):
                raise StepError(f"先做这一步 This step has to be done first: {before}")
        try:
            sheet = getattr(self, f"_{step}")(chosen.of(step, self.choices))
        except ModelError as error:
            raise StepError("\n".join(str(problem) for problem in error.problems)) from None
        except ValueError as error:
            raise StepError(str(error)) from None
        sheet.write(self.folder / f"{step}.json", stamp(step, self.choices))
        return sheet

    # -- the steps ---------------------------------------------------------------

    def _history(self, own: chosen.HistoryChoices) -> Sheet:
        if own.source == "log":
            if self.place.log is None:
                raise StepError("这里没有热线的记录 There is no line here whose log could be read; upload call records")
            table, report = self.place.log()
        else:
            paths = [self.folder / "in" / name for name in own.files]
            missing = [path.name for path in paths if not path.is_file()]
            if not paths or missing:
                raise StepError("文件已不在，请重新上传 The records are not here any more (they are deleted once they are used): upload them again")
            if own.read_as is None:
                raise StepError("请说明各列的含义 Say what the columns mean first")
            table, report = read(paths, own.read_as, self.tell)
        if not len(table):
            first = f" — {report.refusals[0].file}, line {report.refusals[0].line}: {report.refusals[0].reason}" if report.refusals else ""
            raise StepError(f"没有可用的通话 There is no call to work with: {report.read} read, {report.refused} lines refused{first}")
        history_file.save(table, self.folder / "made" / "history.npz")
        notes, charts, tables = planning_report.of_history(table, report)
        days = table.days()
        asked = table.asked
        notes.append(f"{days[0]} – {days[-1]} · {len(days)} 天 days · 要求人工 asked for an agent {int(asked.sum())} · 类型 types {', '.join(table.types[:12])}")
        warnings = []
        if report.refused > max(5, 0.01 * report.lines):
            warnings.append(f"{report.refused} 行被拒绝 lines were refused ({100 * report.refused / max(report.lines, 1):.1f} %): look at the reasons below before going on")
        result = {"calls": len(table), "days": [days[0].isoformat(), days[-1].isoformat()], "types": list(table.types), "agents": len(table.agents), **report.to_dict()}
        return Sheet(notes, warnings, charts, tables, result)

    def _forecast(self, own: chosen.ForecastChoices) -> Sheet:
        table = self._table()
        first = self._first(own, table)
        country = own.country or self._country()
        found = coming.forecasts(table, demand.calendar(country, own.special), first, own.weeks, interval=float(own.interval), progress=self.tell)
        self._keep("forecast", (found, first))
        charts, tables = forecast_report.of_forecast(found.all)
        last = first + timedelta(7 * own.weeks - 1)
        notes = [f"计划 plan {first} – {last} · 节假日 holidays {country or '—'}", *forecast_report.notes(found.all)]
        by_type = Table("按类型 By call type, expected calls of the plan", ["类型 type", "来电 calls"], [])
        inside = [i for i, d in enumerate(found.all.days) if d.day >= first]
        by_type.rows.extend([name, f"{part[inside].sum():,.0f}"] for name, part in found.types.items())
        warnings = []
        gap = (first - table.days()[-1]).days
        if gap > 60:
            warnings.append(f"历史止于 {gap} 天前 The history ends {gap} days before the plan begins: the forecast knows nothing of what happened since")
        # The records name callers; the history made from them does not, and is all that is needed from here on.
        shutil.rmtree(self.folder / "in", ignore_errors=True)
        result = {**found.all.to_dict(), "first": first.isoformat(), "weeks": own.weeks, "types": {t: round(float(p[inside].sum()), 2) for t, p in found.types.items()}}
        files = self._csv("forecast.csv", ["date", "interval", "calls", "low", "high"], (
            [d.day.isoformat(), f"{int(i * own.interval // 3600):02d}:{int(i * own.interval % 3600 // 60):02d}", round(float(found.all.mean[r, i]), 3), float(found.all.low[r, i]), float(found.all.high[r, i])]
            for r, d in enumerate(found.all.days) for i in range(found.all.mean.shape[1])
        ))  # fmt: skip
        return Sheet(notes, warnings, charts, tables, result, files)

    def _calibration(self, own: chosen.CalibrationChoices) -> Sheet:
        table = self._table()
        found = calibration.calibrate(table, self.tell)
        self._keep("calibration", found)
        charts, tables = planning_report.of_calibration(found)
        notes = model_file.notes(found, table)
        model_file.write(model_file.week(found, table, patience=own.patience), notes, self.folder / "out" / "average-week.toml")
        return Sheet(notes, [], charts, tables, found.to_dict(), ["average-week.toml"])

    def _test(self, own: chosen.TestChoices) -> Sheet:
        table = self._table()
        how = {"level": own.level, "replications": 10, "answer_within": own.within}
        months = sorted({d.strftime("%Y-%m") for d in table.days()})
        if len(months) >= 2:
            tests = []
            of = np.array([f"{d:%Y-%m}" for d in table.days()])[np.unique(table.day, return_inverse=True)[1]]
            newest = months[-MOST_TEST_MONTHS:]
            for number, month in enumerate(newest):
                def tell(done: int, total: int, words: str, number: int = number) -> None:
                    self.tell(100 * number + 100 * done // max(total, 1), 100 * len(newest), words)

                tell(0, 1, month)
                tests.append((month, validation.validate(calibration.calibrate(table.where(of != month)), table.where(of == month), progress=tell, **how)))
        else:
            days = table.days()
            if len(days) < 3 * TEST_DAYS:
                raise StepError(f"历史只有 {len(days)} 天 The history has {len(days)} days: to hold a week back, at least {3 * TEST_DAYS} are needed")
            held = days[-TEST_DAYS:]
            seen = table.of_days(days[:-TEST_DAYS])
            tests = [(f"{held[0]} – {held[-1]}", validation.validate(calibration.calibrate(seen), table.of_days(held), progress=self.tell, **how))]
        notes = [
            "座席数为推断值 Agents on duty are inferred from who answered and who waited.",
            f"平均通话时长 Mean handling time: {'of the tested days' if own.level == 'period' else 'kept from the other days'}; "
            "耐心与时长形状来自其他日子 patience and the shape of handling times come from days that were not tested.",
        ]
        rows = [planning_report.row(c) for _, v in tests for c in v.months]
        charts, tables = [], [Table("诚实检验 Honest test, days not learned from", planning_report.HEADS, rows)]
        for name, v in tests:
            some, more = planning_report.of_validation(v, name)
            charts, tables = charts + some, tables + more
        return Sheet(notes, [], charts, tables, {"tests": [{"test": name, **v.to_dict()} for name, v in tests]})

    def _need(self, own: chosen.NeedChoices) -> Sheet:
        if (own.service_level, own.abandonment, own.asa) == (None, None, None):
            raise StepError("至少给一个目标 Give at least one target: service level, abandonment or ASA")
        found, first = self._made("forecast")
        learned, table = self._made("calibration"), self._table()
        weeks = coming.weeks_of(
            learned, table, found, first, chosen.of("forecast", self.choices).weeks, name="plan", by_type=own.by_type, answer_within=own.within,
            patience=chosen.of("calibration", self.choices).patience,
        )  # fmt: skip
        share = lambda percent: None if percent is None else percent / 100  # noqa: E731
        wish = Wish(
            service_level=share(own.service_level), within=own.within, abandonment=share(own.abandonment), asa=own.asa,
            replications=None if own.careful else QUICK,
        )  # fmt: skip
        needs, files = [], []
        for number, week in enumerate(weeks):
            for group in week.model["groups"].values():
                group["shrinkage"] = own.shrinkage / 100
            week.model["costs"] = {"currency": self.place.currency}
            name = f"week-{week.first}.toml"
            model_file.write(week.model, [f"The week from {week.first}: forecast calls in the calibrated line. Agents are those of the past."], self.folder / "out" / name)
            files.append(name)
            words = f"{week.first}"
            needs.append(staff(from_dict(week.model), wish, progress=lambda part: self.tell(int(1000 * (number + part)), 1000 * len(weeks), words)))
        rows = coming.need_rows(weeks, needs)
        self._keep("need", (weeks, needs, rows))
        files += self._csv("need.csv", ["group", "day", "start", "end", "agents"], ([r["group"], r["day"], r["start"], r["end"], r["agents"]] for r in rows))
        (self.folder / "out" / "need.json").write_text(json.dumps([n.to_dict() for n in needs], ensure_ascii=False), "utf-8")
        charts, tables, warnings, notes = [], [], [], []
        for week, need in zip(weeks, needs):
            notes.append(f"{week.first}: {need.agent_hours:,.1f} 工时在岗 agent-hours on duty, {need.paid_hours:,.1f} 含损耗 with shrinkage; {need.elapsed:.0f} s")
            for number, pool in enumerate(need.pools):
                drawn = need_report.charts(need, pool, number)
                charts += [Chart(f"{week.first}-{c.key}", f"{c.title} · {week.first}" if len(weeks) > 1 else c.title, c.definition, c.traces, c.layout) for c in drawn]
                warnings += need_report.shortfalls(need, pool)
                tables.append(_need_table(need, pool, week.first if len(weeks) > 1 else None))
        result = {"weeks": [{"first": w.first.isoformat(), **n.to_dict()} for w, n in zip(weeks, needs)], "rows": rows}
        return Sheet(notes, warnings, charts, tables, result, [*files, "need.json"])

    def _shifts(self, own: chosen.ShiftChoices) -> Sheet:
        weeks, _, rows = self._made("need")
        wanted = chosen.of("need", self.choices)
        first = weeks[0].first
        if own.file.strip():
            try:
                data = tomllib.loads(own.file)
            except tomllib.TOMLDecodeError as error:
                raise StepError(f"排班文件不是合法的 TOML The plan file is not valid TOML: {error}") from None
            data = {"need": rows, "start": first.isoformat(), "weeks": len(weeks), **data}
        else:
            data = plan_file(
                rows, own, name=f"{first}", first=first, weeks=len(weeks), interval=float(chosen.of("forecast", self.choices).interval),
                shrinkage=wanted.shrinkage / 100, timezone=self.place.timezone, currency=self.place.currency,
            )  # fmt: skip
        plan = plan_from(data)

        def tell(now: shifts.Progress) -> None:
            if now.stage == "counts":
                self.tell(0, 1000, "" if now.gap is None else f"gap {100 * now.gap:.1f} %")
            else:
                self.tell(int(1000 * now.share), 1000, "roster")

        made = shifts.make(plan, gap=own.gap / 100, seconds=own.seconds, threads=1, progress=tell)
        self._keep("shifts", made)
        out = self.folder / "out"
        shift_export.write_csv(made, out / "roster.csv")
        shift_export.write_ics(made, out / "roster.ics")
        (out / "shifts.toml").write_text(tomli_w.dumps(data), "utf-8")
        (out / "roster.json").write_text(json.dumps(made.to_dict(), ensure_ascii=False), "utf-8")
        heads, body = shift_report.roster_table(made)
        tables = [Table("排班表 Roster", heads, body)]
        if made.unmet:
            tables.insert(0, Table("缺口 Not met", ["组 group", "日 day", "起 from", "止 to", "所需 needed", "缺 short"], [
                [u.group, u.day, u.start, u.end, str(u.needed), str(u.short)] for u in made.unmet
            ]))  # fmt: skip
        fair = [[contract, name, f"{v['least']:g}", f"{v['mean']:.1f}", f"{v['most']:g}"] for contract, kinds in made.fairness().items() for name, v in kinds.items()]
        tables.append(Table("公平 Fairness, per agent", ["合同 contract", "", "最少 fewest", "平均 mean", "最多 most"], fair))
        warnings = []
        if made.unmet:
            warnings.append(f"缺 {made.short_hours:g} 工时 agent-hours of the need are not met; the intervals are listed. More agents, other shifts or fewer promises would help.")
        if made.gap > own.gap / 100 + 1e-9:
            warnings.append(f"差距 {100 * made.gap:.2f} % A gap of {own.gap:g} % was asked for and {100 * made.gap:.2f} % was reached; more seconds may help.")
        return Sheet(shift_report.summary(made), warnings, shift_report.charts(made), tables, made.to_dict(), ["roster.csv", "roster.ics", "roster.json", "shifts.toml"])

    def _whatif(self, own: chosen.WhatIfChoices) -> Sheet:
        if not own.scenarios and not own.marginal:
            raise StepError("请至少加一个情景 Add at least one scenario, or ask what one agent more is worth")
        weeks, needs, _ = self._made("need")
        made = self._made("shifts")
        base = rostered(from_dict(weeks[0].model).with_(replications=own.replications), weeks[0], made)
        cost = chosen.of("shifts", self.choices).full_cost
        base = replace(base, groups=tuple(replace(group, cost_per_hour=cost) for group in base.groups))
        found = worth = None
        parts = [(one.kind, one.text) for one in own.scenarios]

        def tell(now: Any) -> None:
            self.tell(now.done, now.expected, "")

        if parts:
            scenarios = [scenario(base, kind, text) for kind, text in parts]
            if len(parts) > 1:
                try:
                    scenarios.append(replace(together(base, parts), name="全部一起 all together"))
                except ModelError:
                    pass  # two of them contradict each other: each by itself still says something
            found = what_if.what_if(base, scenarios, progress=tell)
        if own.marginal:
            worth = what_if.marginal(base, progress=tell)
        first = (found or worth).base
        notes = [
            f"现状 = {weeks[0].first} 一周的排班 As it is: the week from {weeks[0].first} with its roster, less shrinkage; {first.replications} replications on the same calls",
            " · ".join(f"{wording.label(m)} {wording.number(first.get(m).mean, wording.unit_of(m), self.place.currency)}" for m in ("service_level", "abandonment", "asa", "occupancy", "cost")),
            "* 差异真实 a star marks differences that are real at 95 %",
        ]
        tables = [_flat(t) for t in what_if_report.tables(found, worth)]
        result = {"what_if": found and found.to_dict(), "marginal": worth and worth.to_dict()}
        return Sheet(notes, [], what_if_report.charts(found, worth), tables, result)

    # -- inside --------------------------------------------------------------------

    def _first(self, own: chosen.ForecastChoices, table: History) -> date:
        return own.first or coming.next_monday(table.days()[-1])

    def _country(self) -> str | None:
        mapping = chosen.of("history", self.choices).read_as
        return (mapping.country if mapping else None) or ("CN" if self.place.timezone in ("Asia/Shanghai", "Asia/Urumqi") else None)

    def _table(self) -> History:
        return history_file.load(self.folder / "made" / "history.npz")

    def _keep(self, name: str, what: Any) -> None:
        (self.folder / "made" / f"{name}.pickle").write_bytes(pickle.dumps(what))

    def _made(self, name: str) -> Any:
        return made(self.folder, name)

    def _csv(self, name: str, heads: list[str], rows: Any) -> list[str]:
        with (self.folder / "out" / name).open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow(heads)
            out.writerows([f"'{c}" if isinstance(c, str) and c and c[0] in "=+-@\t" else c for c in row] for row in rows)
        return [name]


def made(folder: Path, name: str) -> Any:
    """What a step of the plan in this folder has handed on. StepError where it is not there or does not fit."""
    # Our own file in our own folder, closed to others; what another version wrote may not fit any more.
    try:
        return pickle.loads((folder / "made" / f"{name}.pickle").read_bytes())
    except (OSError, pickle.UnpicklingError, AttributeError, ImportError, EOFError) as error:
        raise StepError(f"请重做 Do this step again: {name} ({type(error).__name__})") from None


def _need_table(need: Any, pool: Any, week: date | None) -> Table:
    drawn = need_report.table(need, pool)
    return Table(
        f"{drawn['title']} · {drawn['method']}" + (f" · {week}" if week else ""), ["", *drawn["heads"]],
        [[label, *(f"✗ {text}" if bad else text for text, bad in cells)] for label, cells in drawn["rows"]],
    )  # fmt: skip


def _flat(table: dict[str, Any]) -> Table:
    return Table(table["title"], table["heads"], [[name, *cells] for name, cells in table["rows"]])


def rostered(base: Any, week: coming.Week, made: shifts.ShiftPlan) -> Any:
    """The week with the agents that the roster puts on the phone, less shrinkage."""
    plan, grid = made.plan, base.grid
    agents = np.zeros((len(base.groups), len(grid.labels)))
    days = list(week.model["time"]["days"])
    for g, group in enumerate(base.groups):
        if group.name not in made.cover:
            raise ModelError([Problem("agents", group.name, "the roster covers no such group; make the shifts again")])
        cover = made.cover[group.name].astype(float) * (1 - group.shrinkage)
        for i, label in enumerate(grid.labels):
            if not grid.opened[i]:
                continue
            weekday = label.partition(" ")[0] if label.partition(" ")[0] in days else days[0]
            day = (week.dates[weekday] - plan.start).days
            begin = day * plan.per_day + int((float(grid.edges[i]) % 86400) // plan.slot)
            slots = max(1, round((float(grid.edges[i + 1]) - float(grid.edges[i])) / plan.slot))
            agents[g, i] = cover[begin:begin + slots].mean()
    return with_agents(base, agents)


