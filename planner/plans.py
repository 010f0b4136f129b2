"""Plans: what planners have begun, with their choices, and the runs of their steps. Beside the records, in the same database.

A run is queued by a page, claimed by one workshop, and ends as done, failed or cancelled; a run whose workshop is gone
is queued again. Files of a plan lie in a folder of its own, closed to other users of the machine.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, select

from hotline.records import Records
from hotline.tables import PlanRow, RunRow

QUIET_S = 8.0
"""A run that gives no sign of life for so long has lost its workshop."""
MOST_TRIES = 3
MOST_PLANS = 200
"""Of one planner: a full disk would stop the phone."""
ENDED = ("done", "failed", "cancelled")


class PlanError(Exception):
    """Something that cannot be done with a plan; the text is a word's key (``plan.not.<key>``)."""


@dataclass(frozen=True)
class Plan:
    """A plan; times are Unix seconds, ``choices`` by step (`planner.choices`)."""

    id: str
    name: str
    owner: str
    shared: bool
    created_at: float
    changed_at: float
    choices: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A step being done, or done: ``state`` is queued, running, done, failed or cancelled."""

    id: int
    plan: str
    step: str
    state: str
    done: int
    of: int
    words: str
    error: str
    by: str
    queued_at: float
    began_at: float | None
    ended_at: float | None
    cancel: bool


class Plans:
    """The tables ``plans`` and ``runs`` and the folder of the plans. Thread-safe; several processes may share them."""

    def __init__(self, records: Records, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        self.records, self._folder, self._now = records, folder, now

    # -- plans -------------------------------------------------------------------

    def begin(self, name: str, owner: str, choices: dict[str, Any] | None = None) -> Plan:
        """A new plan. PlanError when the planner has too many."""
        table, now, plan = PlanRow.__table__, self._now(), secrets.token_hex(8)
        with self.records.writing() as connection:
            if (connection.scalar(select(func.count()).select_from(table).where(table.c.owner == owner)) or 0) >= MOST_PLANS:
                raise PlanError("too_many")
            connection.execute(
                insert(PlanRow).values(id=plan, name=name.strip()[:80], owner=owner, shared=False, created_at=now, changed_at=now, choices=choices or {})
            )
        self.folder(plan).mkdir(parents=True, mode=0o700)
        return self.plan(plan)

    def plan(self, plan: str) -> Plan:
        """The plan. KeyError."""
        with self.records.reading() as connection:
            row = connection.execute(select(PlanRow.__table__).where(PlanRow.id == plan)).first()
        if row is None:
            raise KeyError(plan)
        return Plan(*row)

    def seen_by(self, who: str) -> list[Plan]:
        """Own and shared plans, the newest change first."""
        table = PlanRow.__table__
        query = select(table).where((table.c.owner == who) | table.c.shared).order_by(table.c.changed_at.desc()).limit(500)
        with self.records.reading() as connection:
            return [Plan(*row) for row in connection.execute(query)]

    def shared(self) -> list[Plan]:
        """Everybody's shared plans, the newest change first."""
        table = PlanRow.__table__
        query = select(table).where(table.c.shared).order_by(table.c.changed_at.desc()).limit(50)
        with self.records.reading() as connection:
            return [Plan(*row) for row in connection.execute(query)]

    def change(self, plan: str, **values: Any) -> None:
        """Set name, shared or choices."""
        table = PlanRow.__table__
        with self.records.writing() as connection:
            connection.execute(table.update().where(table.c.id == plan).values(**values, changed_at=self._now()))

    def choose(self, plan: str, step: str, choices: dict[str, Any]) -> None:
        """Set the choices of one step, leaving the others as they are."""
        table = PlanRow.__table__
        with self.records.writing() as connection:
            before = connection.scalar(select(table.c.choices).where(table.c.id == plan))
            if before is None:
                raise KeyError(plan)
            connection.execute(table.update().where(table.c.id == plan).values(choices={**before, step: choices}, changed_at=self._now()))

    def copy(self, plan: str, name: str, owner: str) -> Plan:
        """Another plan with the same choices and results, of somebody else perhaps."""
        old = self.plan(plan)
        new = self.begin(name, owner, old.choices)
        shutil.copytree(self.folder(plan), self.folder(new.id), dirs_exist_ok=True)
        return new

    def remove(self, plan: str) -> None:
        """The plan, its runs and its files. PlanError while a step is running."""
        runs, plans = RunRow.__table__, PlanRow.__table__
        with self.records.writing() as connection:
            if connection.scalar(select(runs.c.id).where(runs.c.plan == plan, runs.c.state == "running").limit(1)):
                raise PlanError("running")
            connection.execute(delete(runs).where(runs.c.plan == plan))
            connection.execute(delete(plans).where(plans.c.id == plan))
        shutil.rmtree(self.folder(plan), ignore_errors=True)

    def folder(self, plan: str) -> Path:
        """Where the plan's files lie."""
        return self._folder / plan

    # -- runs --------------------------------------------------------------------

    def queue(self, plan: str, steps: Sequence[str], by: str) -> None:
        """Ask for steps, one after the other; what is asked for already is not asked for twice."""
        table = RunRow.__table__
        with self.records.writing() as connection:
            waiting = set(connection.scalars(select(table.c.step).where(table.c.plan == plan, table.c.state.in_(("queued", "running")))))
            for step in steps:
                if step not in waiting:
                    connection.execute(insert(table).values(
                        plan=plan, step=step, state="queued", done=0, of=0, words="", error="", by=by, queued_at=self._now(), began_at=None,
                        ended_at=None, cancel=False, beat=None, tries=0,
                    ))  # fmt: skip

    def cancel(self, plan: str) -> None:
        """Stop what runs and drop what waits."""
        table = RunRow.__table__
        with self.records.writing() as connection:
            connection.execute(table.update().where(table.c.plan == plan, table.c.state == "queued").values(state="cancelled", ended_at=self._now()))
            connection.execute(table.update().where(table.c.plan == plan, table.c.state == "running").values(cancel=True))

    def runs(self, plan: str) -> dict[str, Run]:
        """The newest run of each step."""
        table = RunRow.__table__
        newest = select(func.max(table.c.id)).where(table.c.plan == plan).group_by(table.c.step)
        with self.records.reading() as connection:
            rows = connection.execute(select(*_columns()).where(table.c.id.in_(newest)))
            return {run.step: run for run in (Run(*row) for row in rows)}

    def run(self, run: int) -> Run:
        """A run. KeyError."""
        with self.records.reading() as connection:
            row = connection.execute(select(*_columns()).where(RunRow.id == run)).first()
        if row is None:
            raise KeyError(run)
        return Run(*row)

    def claim(self) -> Run | None:
        """The next run to do, now this workshop's; None while another one works: planning takes one core at most."""
        table, now = RunRow.__table__, self._now()
        with self.records.writing() as connection:
            for lost in connection.execute(select(table.c.id, table.c.tries).where(table.c.state == "running", table.c.beat < now - QUIET_S)).all():
                again = {"state": "queued", "done": 0, "of": 0} if lost.tries < MOST_TRIES else {"state": "failed", "error": "lost", "ended_at": now}
                connection.execute(table.update().where(table.c.id == lost.id).values(**again))
            if connection.scalar(select(table.c.id).where(table.c.state == "running").limit(1)):
                return None
            row = connection.execute(select(*_columns()).where(table.c.state == "queued").order_by(table.c.id).limit(1)).first()
            if row is None:
                return None
            connection.execute(table.update().where(table.c.id == row.id).values(state="running", began_at=now, beat=now, tries=table.c.tries + 1))
        return Run(*row)

    def beat(self, run: int) -> bool:
        """The workshop is alive; True when the run is to be stopped."""
        table = RunRow.__table__
        with self.records.writing() as connection:
            connection.execute(table.update().where(table.c.id == run).values(beat=self._now()))
            return bool(connection.scalar(select(table.c.cancel).where(table.c.id == run)))

    def tell(self, run: int, done: int, of: int, words: str) -> None:
        """How far a run is."""
        table = RunRow.__table__
        with self.records.writing() as connection:
            connection.execute(table.update().where(table.c.id == run).values(done=int(done), of=int(of), words=words[:200]))

    def end(self, run: int, state: str, error: str = "") -> None:
        """A run has ended; when not done, what was asked for after it in its plan is dropped."""
        table, now = RunRow.__table__, self._now()
        with self.records.writing() as connection:
            changed = connection.execute(
                table.update().where(table.c.id == run, table.c.state == "running").values(state=state, error=error[:4000], ended_at=now)
            ).rowcount
            plan = connection.scalar(select(table.c.plan).where(table.c.id == run))
            if changed and state != "done":
                connection.execute(table.update().where(table.c.plan == plan, table.c.state == "queued").values(state="cancelled", ended_at=now))


def _columns() -> list[Any]:
    table = RunRow.__table__
    return [table.c[name] for name in Run.__dataclass_fields__]
