"""Tasks: what a department is asked to do about a complaint, by when, who asked and who did it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select, update

from agent_assist.privacy import mask
from hotline.records import Records
from hotline.tables import TaskRow

LONGEST = 500


class TaskError(ValueError):
    """A task cannot be; ``why`` is a word for the reason (``task.<why>``)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Task:
    """One task; ``due`` is a day, times are Unix seconds, ``done_at`` None while it is open."""

    id: int
    number: str
    department: str
    text: str
    due: date
    at: float
    by: str
    done_at: float | None
    done_by: str


class Tasks:
    """The tasks in the database; each change stands with the complaint's own events. ``departments`` are the known ones."""

    def __init__(self, records: Records, departments: Collection[str], now: Callable[[], float] = time.time) -> None:
        self._records = records
        self._departments = departments
        self._now = now

    def of(self, number: str) -> list[Task]:
        """The tasks of a complaint: open ones first, the soonest first."""
        with self._records.reading() as connection:
            found = [_task(row) for row in connection.execute(select(TaskRow).where(TaskRow.number == number))]
        return sorted(found, key=lambda one: (one.done_at is not None, one.due, one.id))

    def open(self, department: str = "", limit: int = 200) -> list[Task]:
        """What is still to be done, of one department or of all, the soonest first."""
        query = select(TaskRow).where(TaskRow.done_at.is_(None))
        if department:
            query = query.where(TaskRow.department == department)
        with self._records.reading() as connection:
            return [_task(row) for row in connection.execute(query.order_by(TaskRow.due, TaskRow.id).limit(limit))]

    def add(self, number: str, department: str, text: str, due: date, *, by: str, today: date) -> Task:
        """Ask a department for something; numbers of persons are hidden in the words. Raises ``TaskError``."""
        plain = mask(text.strip())
        if department not in self._departments:
            raise TaskError("department")
        if not plain or len(plain) > LONGEST:
            raise TaskError("text")
        if due < today:
            raise TaskError("due")
        found = self._records.complaint(number)
        if found is None:
            raise TaskError("complaint")
        values = {"number": number, "department": department, "text": plain, "due": due.isoformat(), "at": self._now(), "by": by}
        with self._records.writing() as connection:
            row_id = connection.scalar(insert(TaskRow).values(**values, done_by="").returning(TaskRow.id))
        said = {"number": number, "task": row_id, "department": department, "text": plain, "due": due.isoformat(), "by": by}
        self._records.append(found.call_id, ("task_added", said))
        return Task(row_id, number, department, plain, due, values["at"], by, None, "")  # type: ignore[arg-type]

    def done(self, task_id: int, *, by: str) -> Task | None:
        """A task is done; a second time changes nothing. None for an unknown one."""
        with self._records.writing() as connection:
            table = TaskRow.__table__
            now = update(table).where(table.c.id == task_id, table.c.done_at.is_(None)).values(done_at=self._now(), done_by=by)
            changed = connection.execute(now).rowcount
            row = connection.execute(select(TaskRow).where(TaskRow.id == task_id)).first()
        if row is None:
            return None
        task = _task(row)
        found = self._records.complaint(task.number)
        if changed and found is not None:
            self._records.append(found.call_id, ("task_done", {"number": task.number, "task": task.id, "by": by}))
        return task


def _task(row: object) -> Task:
    return Task(
        row.id, row.number, row.department, row.text, date.fromisoformat(row.due), row.at, row.by,  # type: ignore[attr-defined]
        row.done_at, row.done_by,  # type: ignore[attr-defined]
    )
