"""The plan file of shifts: patterns, contracts, agents, and the need that they cover. `simulation/SHIFTS.md` explains it.

`load_plan` gives a checked `Plan` in slots of the planning interval, or a ModelError that names key and remedy.
"""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from simulation.agents import rostered
from simulation.distribution import PositiveSeconds, Seconds
from simulation.load import problems_of
from simulation.model import Clock, Money, Name, Weekday
from simulation.problem import ModelError, Problem
from simulation.quantity import DAY, WEEKDAYS
from simulation.shift_need import NeedRow, read_need
from simulation.table import Table, trouble, unknown


def _date(value: object) -> dt.date:
    try:
        return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else dt.date.fromisoformat(str(value))
    except ValueError:
        raise ValueError('write a date as "2026-11-23"') from None


Date = Annotated[dt.date, BeforeValidator(_date)]


class Starts(Table):
    """`starts = { first = "07:00", last = "12:00", every = "30 min" }`."""

    first: Clock
    last: Clock
    every: PositiveSeconds


class BreakRule(Table):
    """A break: `length`, beginning between `earliest` and `latest` after the shift's start."""

    length: PositiveSeconds
    earliest: Seconds
    latest: Seconds
    paid: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _order(self):
        if self.earliest > self.latest:
            raise trouble("earliest must not be after latest")
        return self


class Pattern(Table):
    """`[patterns.X]`."""

    starts: list[Clock] | Starts
    length: PositiveSeconds
    breaks: list[BreakRule] = []
    days: Annotated[list[Weekday], Field(min_length=1)] | None = None


class Contract(Table):
    """`[contracts.X]`: hours are paid hours a week."""

    patterns: Annotated[list[Name], Field(min_length=1)]
    min_hours: Seconds = 0.0
    max_hours: PositiveSeconds
    max_days: Annotated[int, Field(ge=1, le=7, strict=True)] = 7
    max_consecutive_days: Annotated[int, Field(ge=1, le=31, strict=True)] = 6
    min_rest: Seconds
    cost_per_hour: Money


class AgentRow(Table):
    """One entry of `agents`: one by `name`, or `count` of them."""

    name: Name | None = None
    count: Annotated[int, Field(ge=1, le=5000, strict=True)] | None = None
    contract: Name
    groups: Annotated[list[Name], Field(min_length=1)]
    off: list[str | dt.date] = []
    """Weekdays or dates on which they are not there."""

    @model_validator(mode="after")
    def _one_way(self):
        if (self.name is None) == (self.count is None):
            raise trouble("give either name (one agent) or count (so many)")
        return self


class Fairness(Table):
    """`[fairness]`: what counts as early and late."""

    early_before: Clock = 7 * 3600.0
    late_after: Clock = 21 * 3600.0


class PlanFile(Table):
    """The whole file."""

    name: Name
    start: Date
    weeks: Annotated[int, Field(ge=1, le=6, strict=True)] = 1
    interval: PositiveSeconds = 900.0
    timezone: Name = "Asia/Shanghai"
    currency: Annotated[str, Field(min_length=1, max_length=8)] = "CNY"
    shortage_per_hour: Annotated[float, Field(gt=0, lt=1e9)] | None = None
    shrinkage: Annotated[float, Field(ge=0, lt=1)] | dict[Name, Annotated[float, Field(ge=0, lt=1)]] | None = None
    need: Name | list[NeedRow] | None = None
    patterns: Annotated[dict[Name, Pattern], Field(min_length=1)]
    contracts: Annotated[dict[Name, Contract], Field(min_length=1)]
    agents: Annotated[list[AgentRow], Field(min_length=1)]
    fairness: Fairness = Fairness()


@dataclass(frozen=True)
class BreakWindow:
    """In slots after the shift's start; `latest` is the last slot at which it may begin."""

    length: int
    earliest: int
    latest: int
    paid: bool


@dataclass(frozen=True)
class Shift:
    """A shift that may be worked on one day: slots counted from midnight of the first day."""

    pattern: str
    day: int
    start: int
    end: int
    breaks: tuple[BreakWindow, ...]

    @property
    def paid(self) -> int:
        """Paid slots: without unpaid breaks."""
        return self.end - self.start - sum(b.length for b in self.breaks if not b.paid)


@dataclass(frozen=True)
class Rules:
    """A contract in slots."""

    name: str
    patterns: frozenset[str]
    min_paid: int
    max_paid: int
    max_days: int
    max_consecutive: int
    rest: int
    cost: float
    """Of a paid slot."""


@dataclass(frozen=True)
class Agent:
    name: str
    rules: Rules
    groups: tuple[str, ...]
    off: frozenset[int]
    """Days (0, 1, …)."""


@dataclass(frozen=True)
class Plan:
    """A checked plan. Slots of `slot` seconds from midnight of `start`; arrays over them by group."""

    name: str
    start: dt.date
    days: int
    slot: float
    timezone: str
    currency: str
    shifts: tuple[Shift, ...]
    agents: tuple[Agent, ...]
    need: dict[str, np.ndarray]
    """Agents scheduled that are needed, int [days × slots a day]."""
    shortage: float
    """Price of a slot with one agent too few."""
    early: int
    late: int
    """Slot of the day before which a start is early, after which an end is late."""

    @property
    def per_day(self) -> int:
        return round(DAY / self.slot)

    @property
    def slots(self) -> int:
        return self.days * self.per_day

    def date(self, day: int) -> dt.date:
        return self.start + dt.timedelta(days=day)

    def weekend(self, day: int) -> bool:
        return self.date(day).weekday() >= 5


def load_plan(path: str | Path, need: str | Path | None = None) -> Plan:
    """The plan of a TOML file; `need`: a file of `staff --json` or CSV instead of the plan's own. ModelError."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise ModelError([Problem("file", str(path), "there is no such file; check the path")]) from None
    except OSError as e:
        raise ModelError([Problem("file", str(path), f"cannot be read ({e.strerror or 'error'}); check path and permissions")]) from None
    except UnicodeDecodeError:
        raise ModelError([Problem("file", str(path), "is not UTF-8 text; save it as UTF-8")]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        raise ModelError([Problem("file", str(path), f"is not valid TOML: {e}")]) from None
    return plan_from(data, need=need, folder=path.parent)


def plan_from(data: Mapping[str, Any], *, need: str | Path | None = None, folder: Path | None = None) -> Plan:
    """The plan of what a file holds. ModelError."""
    try:
        written = PlanFile.model_validate(data)
    except ValidationError as e:
        raise ModelError(problems_of(e)) from None
    return _Checker(written).plan(need, folder)


class _Checker:
    def __init__(self, file: PlanFile):
        self.file, self.found = file, []
        self.days = 7 * file.weeks

    def _problem(self, key: str, value: object, remedy: str) -> None:
        self.found.append(Problem(key, "" if value is None else str(value), remedy))

    def _slots(self, key: str, seconds: float) -> int:
        n = seconds / self.file.interval
        if abs(n - round(n)) > 1e-6:
            self._problem(key, f"{seconds / 60:g} min", f"is no multiple of the interval of {self.file.interval / 60:g} min; change one of them")
        return round(n)

    def plan(self, need: str | Path | None, folder: Path | None) -> Plan:
        file = self.file
        self._slots("interval", DAY)
        try:
            ZoneInfo(file.timezone)
        except (KeyError, ValueError, OSError):
            self._problem("timezone", repr(file.timezone), 'is not known; write one such as "Asia/Shanghai"')
        if self.found:
            raise ModelError(self.found)
        shifts = tuple(s for name, p in file.patterns.items() for s in self._shifts(name, p))
        rules = {name: self._rules(name, c) for name, c in file.contracts.items()}
        agents = self._agents(rules)
        if self.found:
            raise ModelError(self.found)
        rows = read_need(file.need if need is None else str(need), folder if need is None else None)
        needed = self._need(rows, {g for a in agents for g in a.groups})
        highest = max(c.cost_per_hour for c in file.contracts.values())
        shortage = file.shortage_per_hour or max(10 * highest, 1.0)
        hour = file.interval / 3600
        if self.found:
            raise ModelError(self.found)
        return Plan(
            file.name, file.start, self.days, file.interval, file.timezone, file.currency, shifts, agents, needed, shortage * hour,
            math.ceil(file.fairness.early_before / file.interval), math.floor(file.fairness.late_after / file.interval),
        )  # fmt: skip

    def _shifts(self, name: str, p: Pattern) -> list[Shift]:
        key, file = f"patterns.{name}", self.file
        length = self._slots(f"{key}.length", p.length)
        if p.length > DAY:
            self._problem(f"{key}.length", f"{p.length / 3600:g} h", "is longer than a day; shorten it")
        starts = p.starts
        if isinstance(starts, Starts):
            if starts.last < starts.first:
                self._problem(f"{key}.starts", None, "last is before first; swap them")
            starts = list(np.arange(starts.first, starts.last + 1, starts.every))
        begin = [self._slots(f"{key}.starts", s) for s in starts]
        if len(set(begin)) < len(begin):
            self._problem(f"{key}.starts", None, "name a start twice; once is enough")
        breaks, free = [], 0
        for i, b in enumerate(p.breaks):
            at = f"{key}.breaks.{i}"
            w = BreakWindow(self._slots(f"{at}.length", b.length), self._slots(f"{at}.earliest", b.earliest), self._slots(f"{at}.latest", b.latest), b.paid)
            if w.latest + w.length > length:
                self._problem(f"{at}.latest", f"{b.latest / 3600:g} h", f"lets the break end after the shift of {p.length / 3600:g} h; begin it earlier")
            if w.earliest < free:
                self._problem(f"{at}.earliest", f"{b.earliest / 3600:g} h", "may meet the break before it; let breaks follow each other")
            free = w.latest + w.length
            breaks.append(w)
        if sum(b.length for b in breaks if not b.paid) >= length:
            self._problem(f"{key}.breaks", None, "leave no working time; shorten them")
        per_day = round(DAY / file.interval)
        return [
            Shift(name, d, d * per_day + s, d * per_day + s + length, tuple(breaks))
            for d in range(self.days) if p.days is None or WEEKDAYS[(file.start.weekday() + d) % 7] in p.days for s in sorted(begin)
        ]  # fmt: skip

    def _rules(self, name: str, c: Contract) -> Rules:
        key, file = f"contracts.{name}", self.file
        for p in c.patterns:
            if p not in file.patterns:
                self._problem(f"{key}.patterns", repr(p), str(unknown("pattern", p, file.patterns)))
        if c.min_hours > c.max_hours:
            self._problem(f"{key}.min_hours", f"{c.min_hours / 3600:g} h", f"is above max_hours of {c.max_hours / 3600:g} h; lower it")
        if c.min_rest > DAY:
            self._problem(f"{key}.min_rest", f"{c.min_rest / 3600:g} h", "is longer than a day; use max_days for days off")
        return Rules(
            name, frozenset(c.patterns), math.ceil(c.min_hours / file.interval - 1e-9), math.floor(c.max_hours / file.interval + 1e-9),
            c.max_days, c.max_consecutive_days, math.ceil(c.min_rest / file.interval - 1e-9), c.cost_per_hour * file.interval / 3600,
        )  # fmt: skip

    def _agents(self, rules: dict[str, Rules]) -> tuple[Agent, ...]:
        out: list[Agent] = []
        for i, row in enumerate(self.file.agents):
            key = f"agents.{i}"
            if row.contract not in rules:
                self._problem(f"{key}.contract", repr(row.contract), str(unknown("contract", row.contract, rules)))
                continue
            off = frozenset(d for text in row.off for d in self._off(f"{key}.off", text))
            for n in range(row.count or 1):
                out.append(Agent(row.name or f"{row.contract} {len(out) + 1}", rules[row.contract], tuple(dict.fromkeys(row.groups)), off))
        for name, times in Counter(a.name for a in out).items():
            if times > 1:
                self._problem("agents", repr(name), f"is the name of {times} agents; names must differ")
        return tuple(out)

    def _off(self, key: str, text: str | dt.date) -> list[int]:
        if text in WEEKDAYS:
            return [d for d in range(self.days) if WEEKDAYS[(self.file.start.weekday() + d) % 7] == text]
        try:
            day = (_date(text) - self.file.start).days
        except ValueError:
            self._problem(key, repr(text), 'write weekdays such as "sat" or dates such as "2026-11-23"')
            return []
        return [day] if 0 <= day < self.days else []

    def _need(self, rows: list[NeedRow], groups: set[str]) -> dict[str, np.ndarray]:
        """Agents scheduled in each slot. A slot that several rows cover takes the last of them."""
        file = self.file
        per_day = round(DAY / file.interval)
        # A group without need counts too: its agents may have hours to work.
        needed = {g: np.zeros(self.days * per_day, int) for g in sorted(groups)}
        shrink = file.shrinkage
        if isinstance(shrink, dict):
            for name in shrink:
                if name not in {row.group for row in rows}:
                    self._problem(f"shrinkage.{name}", None, str(unknown("group of the need", name, {row.group for row in rows})))
        for row in rows:
            if row.group not in groups:
                self._problem("need", repr(row.group), f"is needed, but no agent is in this group; add it to the groups of agents (there: {', '.join(sorted(groups))})")
                continue
            share = shrink.get(row.group, 0.0) if isinstance(shrink, dict) else shrink
            agents = row.scheduled if share is None and row.scheduled is not None else rostered(row.agents, share or 0.0)
            a, b = self._slots("need.start", row.start), self._slots("need.end", row.end)
            table = needed[row.group]
            for d in range(self.days):
                if row.day in (WEEKDAYS[(file.start.weekday() + d) % 7], (file.start + dt.timedelta(days=d)).isoformat(), ""):
                    table[d * per_day + a:d * per_day + b] = agents
        if not any(np.any(table) for table in needed.values()) and not self.found:
            self._problem("need", None, "asks for nobody on any day of the plan; check its days against start")
        # The same few mistakes for every row would fill the screen.
        self.found = list(dict.fromkeys(self.found))
        return needed
