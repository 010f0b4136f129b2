"""The clockwork: warns before an answer is due, records the breach, closes what is settled. Each thing once.

However many processes run it, a mark in the database lets one of them do a thing; after having been down it finds by
the days what was missed, since it asks what is due and not what has just become so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from complaints.ledger import Ledger
from complaints.life import WORKED_ON, NotNow
from hotline.records import Records
from hotline.tables import ClockMarkRow, ComplaintRow

log = logging.getLogger(__name__)

LOOK_S = 60.0
BATCH = 500
DAY_S = 86_400.0


class Clockwork:
    """``alert(number, due)`` is told of a breach; ``settled(number)`` of a complaint that was closed."""

    def __init__(
        self, records: Records, ledger: Ledger, *, now: Callable[[], datetime], alert: Callable[[str, str], None],
        settled: Callable[[str], None] = lambda number: None,
    ) -> None:  # fmt: skip
        self._records, self._ledger, self._now, self._alert, self._settled = records, ledger, now, alert, settled

    def start(self) -> None:
        """Look every minute, in a thread of its own, for as long as the process lives."""

        def run() -> None:
            wait, caught_up = threading.Event(), False
            while True:
                try:
                    self.look() if caught_up else self.catch_up()
                    caught_up = True
                except Exception as error:  # the next minute is another one
                    log.error("the clocks stumbled: %s", type(error).__name__)
                wait.wait(LOOK_S)

        threading.Thread(target=run, name="clockwork", daemon=True).start()

    def catch_up(self) -> int:
        """What a process that died left half done, then what is due: who was closed within a day may not have been asked."""
        table, done = ComplaintRow.__table__, 0
        query = select(table.c.number).where(
            table.c.state == "closed", table.c.closed_at > self._now().timestamp() - DAY_S, table.c.asked_at.is_(None), table.c.joined_to.is_(None)
        )
        with self._records.reading() as connection:
            numbers = list(connection.scalars(query))
        for number in numbers:
            self._settled(number)
            done += 1
        return done + self.look()

    def look(self) -> int:
        """Do what is due now; returns how many things were done."""
        return self._deadlines() + self._closings()

    def _deadlines(self) -> int:
        settings, today, table, done = self._ledger.clocks.settings, self._now().date(), ComplaintRow.__table__, 0
        horizon = (today + timedelta(days=max(settings.warn_days, default=0))).isoformat()
        query = select(table.c.number, table.c.call_id, table.c.due_on).where(
            table.c.state.in_(WORKED_ON), table.c.due_on <= horizon, table.c.joined_to.is_(None)
        )
        with self._records.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            due = datetime.strptime(row.due_on, "%Y-%m-%d").date()
            if today > due:
                if self._mark(row.number, f"breach {row.due_on}", row.call_id, {"what": "breach", "due": row.due_on}):
                    self._alert(row.number, row.due_on)
                    done += 1
                continue
            # After a while of being down only the nearest of several missed warnings still says something.
            reached = [days for days, day in self._ledger.clocks.warnings(due) if day <= today]
            if reached:
                struck = {"what": "warning", "due": row.due_on, "days": (due - today).days}
                done += self._mark(row.number, f"warn{min(reached)} {row.due_on}", row.call_id, struck)
        return done

    def _closings(self) -> int:
        settings, table, done = self._ledger.clocks.settings, ComplaintRow.__table__, 0
        for state, days in (("accepted", settings.close_accepted_days), ("answered", settings.close_answered_days)):
            before = (self._now() - timedelta(days=days)).timestamp()
            query = select(table.c.number).where(table.c.state == state, table.c.changed_at <= before, table.c.joined_to.is_(None)).limit(BATCH)
            with self._records.reading() as connection:
                numbers = list(connection.scalars(query))
            for number in numbers:
                try:
                    # Whoever comes second finds it closed: the machine itself lets it be done once.
                    self._ledger.act(number, "close", by="clock", why=f"{days} days after: {state}")
                except NotNow:
                    continue
                self._settled(number)
                done += 1
        return done

    def _mark(self, number: str, mark: str, log_of: str, struck: dict) -> bool:
        """Write mark and event together; False when somebody was first."""
        with self._records.reading() as connection:
            table = ClockMarkRow.__table__
            if connection.scalar(select(table.c.mark).where(table.c.number == number, table.c.mark == mark)):
                return False
        try:
            with self._records.appending(log_of, ("clock_struck", {"number": number, **struck})) as connection:
                connection.execute(insert(ClockMarkRow).values(number=number, mark=mark, at=self._now().timestamp()))
        except IntegrityError:
            return False
        return True
