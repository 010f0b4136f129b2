"""From what people wrote to what runs: finds what does not fit together and says what to do."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from simulation import model as written
from simulation.formula import evaluate
from simulation.problem import ModelError, Problem
from simulation.quantity import DAY, UNITS, clock_text
from simulation.run_model import (
    MAX_CALLS, Arrivals, Grid, RunCallBack, RunCosts, RunGroup, RunIvr, RunModel, RunPrecision, RunPromise, RunRedial, RunType,
)
from simulation.table import unknown

FORMULA_STEPS = 20_000
PROMISES = set(written.Promise.model_fields)


class Checker:
    """One pass over a `Model`. Collects problems; `run_model` raises them together."""

    def __init__(self, model: written.Model, menu=None, folder: Path | None = None):
        self.model, self.menu, self.folder = model, menu, folder
        self.problems: list[Problem] = []
        self.type_names = list(model.types)
        self.group_names = list(model.groups)
        self.skill_of = {name: t.skill or name for name, t in model.types.items()}

    def run_model(self) -> RunModel:
        m = self.model
        self.grid = self._grid()
        if self.problems:
            raise ModelError(self.problems)
        if self.menu is not None:
            for name in self.type_names:
                if name not in self.menu:
                    self._problem(f"types.{name}", "", str(unknown("call type for the line's menu", name, self.menu)))
        types = tuple(self._type(k, name, t) for k, (name, t) in enumerate(m.types.items()))
        groups = tuple(self._group(name, g) for name, g in m.groups.items())
        self._routing(types, groups)
        self._transfers(types)
        self._targets()
        if self.problems:
            raise ModelError(self.problems)
        costs = m.costs or written.Costs(currency="1")
        return RunModel(
            name=m.name, grid=self.grid, types=types, groups=groups, after_close=m.time.after_close,
            warm_up=None if m.time.warm_up == "mser" else m.time.warm_up,
            busyness_shape=None if m.busyness is None else (m.busyness.shape or m.busyness.cv**-2),
            listed_calls=m.routing.call_choice == "listed", agent_choice=m.routing.agent_choice or "listed",
            trunks=m.line.trunks, places=m.line.places, answer_within=m.targets.answer_within,
            short_abandon=m.targets.answer_within if m.targets.short_abandon is None else m.targets.short_abandon,
            target_service_level=m.targets.service_level, target_abandonment=m.targets.abandonment,
            costs=RunCosts(**costs.model_dump()), seed=m.run.seed, confidence=m.run.confidence,
            replications=m.run.replications,
            precision=None if m.run.precision is None else RunPrecision(**m.run.precision.model_dump()),
            batches=m.run.batches,
            promises=tuple(RunPromise(**m.targets.types.get(name, m.targets).model_dump(include=PROMISES)) for name in self.type_names),
        )

    def _problem(self, key: str, value: object, remedy: str) -> None:
        self.problems.append(Problem(key, "" if value is None else str(value), remedy))

    # -- time ---------------------------------------------------------------------------------------

    def _grid(self) -> Grid:
        t = self.model.time
        if t.length is not None:
            spans, names, step = [(0.0, t.length)], [""], t.interval or t.length
        else:
            hours = [t.hours[d] if t.hours else (t.opens, t.closes) for d in t.days]
            spans = [(i * DAY + a, i * DAY + b) for i, (a, b) in enumerate(hours)]
            names, step = list(t.days), t.interval
        edges: list[float] = []
        labels: list[str] = []
        opened: list[bool] = []
        self.day_bins: list[range] = []
        for i, ((a, b), name) in enumerate(zip(spans, names, strict=True)):
            n = (b - a) / step
            if abs(n - round(n)) > 1e-6 * max(n, 1) or round(n) < 1:
                self._problem("time.interval", f"{step:g} s", f"does not divide the {b - a:g} s from opening to closing; choose one that does")
                n = 1
            n = round(n)
            if len(edges) + n > 200_000:
                self._problem("time.interval", f"{step:g} s", "makes more than 200,000 intervals; choose a longer one")
                return Grid(np.array([0.0, np.inf]), ("",), np.array([True]), tuple(spans), tuple(names))
            self.day_bins.append(range(len(edges), len(edges) + n))
            edges += list(np.linspace(a, b, n + 1)[:-1])
            labels += [f"{name} {clock_text((e - i * DAY) if name else e)}".strip() for e in edges[-n:]]
            opened += [True] * n
            last = i == len(spans) - 1
            if not last and spans[i + 1][0] > b or last:
                edges.append(b)
                labels.append(f"{name} after close".strip())
                opened.append(False)
        if t.after_close == "stop":
            if any(spans[i + 1][0] > spans[i][1] for i in range(len(spans) - 1)):
                self._problem("time.after_close", "stop", 'goes with one unbroken run; use "serve", "stay" or "disconnect" for several days')
            edges, labels, opened = edges[:], labels[:-1], opened[:-1]
        else:
            edges.append(math.inf)
        # Days that touch (open around the clock) are one span for the engine: nothing closes between them.
        joined = [list(spans[0])]
        for a, b in spans[1:]:
            if a == joined[-1][1]:
                joined[-1][1] = b
            else:
                joined.append([a, b])
        self.days = list(zip(spans, names, strict=True))
        if t.warm_up == "mser" and t.length is None:
            self._problem("time.warm_up", "mser", "finds the start of a steady state, which a day does not have; use it with length")
        if isinstance(t.warm_up, float) and t.warm_up >= spans[-1][1] - spans[0][0]:
            self._problem("time.warm_up", f"{t.warm_up:g} s", "leaves nothing of the run; choose a shorter one")
        return Grid(np.asarray(edges), tuple(labels), np.asarray(opened), tuple(map(tuple, joined)), tuple(names))

    def _by_interval(self, key: str, value, day: int) -> np.ndarray | None:
        """The list for one day: of the right length, chosen by weekday where it is written so."""
        name = self.days[day][1]
        if isinstance(value, dict):
            if name not in value:
                self._problem(key, None, f"has no entry for {name or 'an unbroken run'}; add {name} = [...]" if name else "by weekday needs days in time; give one list")
                return None
            key, value = f"{key}.{name}", value[name]
        if not isinstance(value, list):
            return np.full(len(self.day_bins[day]), value)
        if len(value) != len(self.day_bins[day]):
            self._problem(key, f"a list of {len(value)}", f"needs {len(self.day_bins[day])} numbers, one for each interval{f' of {name}' if name else ''}")
            return None
        return np.asarray(value, float)

    def _factor(self, key: str, values: list[float] | None) -> np.ndarray | None:
        if values is None:
            return None
        out = np.ones(len(self.grid.labels))
        for day, bins in enumerate(self.day_bins):
            row = self._by_interval(key, values, day)
            if row is None:
                return None
            out[bins.start:bins.stop] = row
            if bins.stop < len(out) and not self.grid.opened[bins.stop]:
                out[bins.stop] = row[-1]
        return out

    # -- call types ---------------------------------------------------------------------------------

    def _arrivals(self, key: str, t: written.CallType) -> Arrivals:
        if t.gaps is not None:
            if t.gaps.mean_seconds <= 0 or (self.grid.close / t.gaps.mean_seconds) > MAX_CALLS:
                self._problem(f"{key}.gaps", None, f"mean of {t.gaps.mean_seconds:g} s makes too many calls; give longer gaps")
            return Arrivals(at=np.empty(0), gaps=t.gaps)
        if t.times is not None or t.times_file is not None:
            moments = self._moments(key, t)
            return Arrivals(at=np.concatenate([a + moments[moments < b - a] for (a, b), _ in self.days]))
        at: list[np.ndarray] = []
        steps: list[np.ndarray] = []
        of_day: list[np.ndarray] = []
        for day, ((a, b), _) in enumerate(self.days):
            bins = self.day_bins[day]
            if isinstance(t.rate, written.Formula):
                edges = np.linspace(a, b, FORMULA_STEPS + 1)
                middle = ((edges[1:] + edges[:-1]) / 2 - a) / UNITS[t.rate.t]
                try:
                    rate = evaluate(t.rate.formula, middle) / UNITS[t.rate.per]
                except ValueError as e:
                    self._problem(f"{key}.rate.formula", repr(t.rate.formula), str(e))
                    rate = np.zeros(FORMULA_STEPS)
                if not np.all(np.isfinite(rate)) or rate.min() < 0:
                    self._problem(f"{key}.rate.formula", repr(t.rate.formula), "is negative or infinite at times; use max(0, …)")
                    rate = np.zeros(FORMULA_STEPS)
                counts = rate * np.diff(edges)
            else:
                row = self._by_interval(f"{key}.{'calls' if t.calls is not None else 'rate'}", t.calls if t.calls is not None else t.rate, day)
                row = np.zeros(len(bins)) if row is None else row
                edges = np.append(self.grid.edges[bins.start:bins.stop], b)
                counts = row if t.calls is not None else row * np.diff(edges)
            at.append(edges)
            of_day.append(np.full(len(edges), day))
            steps.append(np.append(counts * t.scale, 0.0))
        # Between two days nothing is expected, so the cumulative curve is flat there.
        cumulative = np.concatenate([[0.0], np.cumsum(np.concatenate(steps))[:-1]])
        if cumulative[-1] > MAX_CALLS:
            self._problem(key, f"{cumulative[-1]:.3g} calls", f"are more than {MAX_CALLS:,} expected in one replication; check number and unit")
        return Arrivals(at=np.concatenate(at), cumulative=cumulative, day=np.concatenate(of_day))

    def _moments(self, key: str, t: written.CallType) -> np.ndarray:
        if t.times is not None:
            moments = np.asarray(t.times, float)
        elif self.folder is None:
            self._problem(f"{key}.times_file", repr(t.times_file), "needs a model that is read from a file; use times")
            return np.empty(0)
        else:
            try:
                moments = np.asarray([float(line) for line in (self.folder / t.times_file).read_text("utf-8").split()])
            except (OSError, ValueError):
                self._problem(f"{key}.times_file", repr(t.times_file), "cannot be read as one number of seconds on each line; check path and content")
                return np.empty(0)
        longest = max(b - a for (a, b), _ in self.days)
        if moments.size and (not np.all(np.isfinite(moments)) or moments.min() < 0 or moments.max() >= longest):
            self._problem(f"{key}.times", f"{moments.max():g} s", f"lies outside the opening hours; moments count from opening, up to {longest:g} s")
        return np.sort(moments)

    def _type(self, index: int, name: str, t: written.CallType) -> RunType:
        key = f"types.{name}"
        if t.talk.mean_seconds <= 0:
            self._problem(f"{key}.talk", None, "has mean 0; give calls a length")
        reach: list[tuple[int, float]] = []
        able = [i for i, g in enumerate(self.model.groups.values()) if self.skill_of[name] in g.skills]
        for r in t.groups if t.groups is not None else []:
            if r.group not in self.group_names:
                self._problem(f"{key}.groups", repr(r.group), str(unknown("group", r.group, self.group_names)))
            elif self.group_names.index(r.group) not in able:
                self._problem(f"{key}.groups", repr(r.group), f"does not have skill {self.skill_of[name]!r}; add it to groups.{r.group}.skills")
            elif self.group_names.index(r.group) in [g for g, _ in reach]:
                self._problem(f"{key}.groups", repr(r.group), "is listed twice; list each group once")
            else:
                reach.append((self.group_names.index(r.group), r.after))
        if t.groups is None:
            reach = [(g, 0.0) for g in able]
        if not able:
            self._problem(f"{key}.skill", repr(self.skill_of[name]), "no group has this skill; add it to the skills of a group")
        transfers = []
        for x in t.transfers:
            if x.to not in self.type_names:
                self._problem(f"{key}.transfers", repr(x.to), str(unknown("call type", x.to, self.type_names)))
            else:
                transfers.append((self.type_names.index(x.to), x.probability))
        ivr = t.ivr and RunIvr(t.ivr.duration, t.ivr.contained, t.ivr.hang_up)
        if t.redial and t.redial.delay.mean_seconds <= 0:
            self._problem(f"{key}.redial.delay", None, "has mean 0, so that callers redial at once and for ever; give it a length")
        redial = t.redial and RunRedial(t.redial.after_abandon, t.redial.after_blocked, t.redial.delay, t.redial.attempts or 2**31, t.redial.same_patience)
        back = t.call_back and RunCallBack(**{**t.call_back.model_dump(), "retry_after": t.call_back.retry_after or 0.0})
        return RunType(
            name=name, arrivals=self._arrivals(key, t), talk=t.talk, wrap_up=t.wrap_up,
            patience=None if t.patience == "unlimited" else t.patience,
            talk_factor=self._factor(f"{key}.talk_by_interval", t.talk_by_interval),
            patience_factor=self._factor(f"{key}.patience_by_interval", t.patience_by_interval),
            patience_behind=self._behind(f"{key}.patience_behind", t),
            message_after=t.message_after or math.inf, groups=tuple(reach), priority=t.priority, head_start=t.head_start,
            places=t.places, ivr=ivr, redial=redial, call_back=back, transfers=tuple(transfers),
        )

    def _behind(self, key: str, t: written.CallType) -> tuple:
        at = [b.waiting for b in t.patience_behind]
        if at and t.patience == "unlimited":
            self._problem(key, None, "callers with unlimited patience have no other; give them patience")
        for a, b in zip(at, at[1:]):
            if b <= a:
                self._problem(key, str(b), f"comes after {a}; write the entries from few waiting to many")
        return tuple((b.waiting, b.patience) for b in t.patience_behind)

    # -- groups -------------------------------------------------------------------------------------

    def _group(self, name: str, g: written.Group) -> RunGroup:
        key = f"groups.{name}"
        skills = list(self.skill_of.values())
        for skill in g.skills:
            if skill not in skills:
                self._problem(f"{key}.skills", repr(skill), str(unknown("skill", skill, sorted(set(skills)))))
        for t in g.handling:
            if t not in self.type_names:
                self._problem(f"{key}.handling", repr(t), str(unknown("call type", t, self.type_names)))
        serves = []
        for skill in g.skills:
            for k, (type_name, t) in enumerate(self.model.types.items()):
                if self.skill_of[type_name] == skill and (t.groups is None or name in [r.group for r in t.groups]):
                    serves.append(k)
        times, present, paid = self._shifts(key, g) if g.shifts is not None else self._levels(f"{key}.agents", g.agents)
        return RunGroup(
            name=name, types=tuple(serves), times=times, present=present, paid=paid, shrinkage=g.shrinkage,
            returns=g.at_shift_end == "return", cost_per_hour=g.cost_per_hour,
            handling=np.asarray([g.handling.get(t, 1.0) for t in self.type_names]),
        )

    def _levels(self, key: str, agents) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        times: list[float] = []
        levels: list[float] = []
        for day, ((a, b), _) in enumerate(self.days):
            row = self._by_interval(key, agents, day)
            if row is None:
                continue
            times += list(self.grid.edges[self.day_bins[day].start:self.day_bins[day].stop]) + [b]
            levels += list(row) + [0.0]
        return _steps(np.asarray(times), np.asarray(levels))

    def _shifts(self, key: str, g: written.Group):
        changes: list[tuple[float, int, int]] = []
        for day, (span, name) in enumerate(self.days):
            midnight = math.floor(span[0] / DAY) * DAY if name else 0.0
            for s in g.shifts:
                if s.days is None or name in s.days:
                    changes += [(midnight + s.start, s.agents, s.agents), (midnight + s.end, -s.agents, -s.agents)]
                    for b in s.breaks:
                        changes += [(midnight + b.start, -s.agents, 0), (midnight + b.start + b.length, s.agents, 0)]
        if any(not name for _, name in self.days):
            self._problem(f"{key}.shifts", None, "need opening hours in time; use agents with length")
        if not changes:
            self._problem(f"{key}.shifts", None, "nobody works on any of the simulated days; add a shift")
            return np.zeros(1), np.zeros(1), np.zeros(1)
        times = np.unique([c[0] for c in changes])
        at = {t: i for i, t in enumerate(times)}
        present, paid = np.zeros(len(times)), np.zeros(len(times))
        for t, a, p in changes:
            present[at[t]] += a
            paid[at[t]] += p
        return times, np.cumsum(present), np.cumsum(paid)

    # -- what belongs together ------------------------------------------------------------------------

    def _routing(self, types, groups) -> None:
        r = self.model.routing
        if r.call_choice is None and any(len(g.types) > 1 for g in groups if g):
            self._problem("routing.call_choice", None, 'some groups serve several call types: add "longest_wait" or "listed"')
        if r.agent_choice is None and any(len(t.groups) > 1 for t in types):
            self._problem("routing.agent_choice", None, 'some call types reach several groups: add "listed", "longest_idle" or "random"')
        for name, g in zip(self.group_names, groups, strict=True):
            if g and not g.types:
                self._problem(f"groups.{name}.skills", None, "no call type reaches this group; add a skill or name the group in groups of a type")

    def _transfers(self, types) -> None:
        n = len(types)
        moves = np.zeros((n, n))
        for k, t in enumerate(types):
            for to, probability in t.transfers:
                moves[k, to] += probability
        if n and np.abs(np.linalg.eigvals(moves)).max() > 0.999:
            self._problem("types.*.transfers", None, "send calls round for ever; lower a probability on the round")

    def _targets(self) -> None:
        for name in self.model.targets.types:
            if name not in self.type_names:
                self._problem(f"targets.types.{name}", None, str(unknown("call type", name, self.type_names)))
        p = self.model.run.precision
        if p is not None:
            from simulation.metrics import METRICS

            if p.metric not in METRICS:
                self._problem("run.precision.metric", repr(p.metric), str(unknown("metric", p.metric, METRICS)))


def _steps(times: np.ndarray, levels: np.ndarray):
    """Only the moments at which the level changes; of several changes at one moment the last."""
    keep = np.append(np.diff(times) > 0, True) if times.size else np.zeros(0, bool)
    times, levels = times[keep], levels[keep]
    changed = np.append(True, np.diff(levels) != 0)[: levels.size]
    if not times.size:
        return np.zeros(1), np.zeros(1), np.zeros(1)
    return times[changed], levels[changed], levels[changed].copy()
