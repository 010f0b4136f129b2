"""Text messages to callers, kept until they are sent: none is lost when the process dies, and none outlives its use.

A message is written in the transaction of what it tells of (``put``). Whoever wrote it sends it at once after the commit
(``go``); what that misses or the carrier refuses is sent by the worker of any process (``look``), later and later, and is
given up when its time is over, on record with the complaint. What is sent is kept no longer: its row goes.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor

from sqlalchemy import Connection, delete, insert, select, update

from agent_assist.privacy import mask
from hotline.records import Records
from hotline.tables import TextRow

log = logging.getLogger(__name__)

KEPT_S = 86_400.0
"""After a day nobody tries any more."""
FIRST_S = 30.0
"""Until then a message belongs to who wrote it; the carrier answers sooner or not at all."""
LONGEST_S = 3_600.0
LOOK_S = 15.0
BATCH = 100


class _Gone(Exception):
    """The message was erased while it was being sent."""


class Texts:
    """The messages that wait. ``send`` puts a prompt (name, language, values) into a text message to a number and returns it.

    ``now`` gives Unix seconds.
    """

    def __init__(
        self, records: Records, *, send: Callable[[str, str, str, Mapping[str, str]], str | None], background: Executor, now: Callable[[], float],
    ) -> None:  # fmt: skip
        self._records, self._send, self._background, self._now = records, send, background, now
        self._own = threading.local()

    def put(
        self, connection: Connection, phone: str | None, prompt: str, lang: str, values: Mapping[str, str], *, log_of: str = "",
        until: float | None = None,
    ) -> None:  # fmt: skip
        """Write a message in the transaction of ``connection``; ``phone`` None: nobody gets it, and it takes as long.

        ``log_of``: the call (or other source) whose log tells that it was sent; '' for codes. ``until``: Unix time after which
        it is of no use, a day from now where it is left out.
        """
        token, now = secrets.token_hex(16), self._now()
        row = {
            "token": token, "phone": phone or "", "prompt": prompt, "lang": lang, "args": dict(values), "log_of": log_of,
            "number": values.get("number", ""), "until": now + KEPT_S if until is None else until, "next_at": now + FIRST_S, "tries": 0,
        }  # fmt: skip
        connection.execute(insert(TextRow).values(**row))
        self._mine().append(token)

    def go(self) -> None:
        """Send, in the background, what this thread has written; called after its commit."""
        mine = self._mine()
        while mine:
            self._background.submit(self._one, mine.pop(0))

    def watch(self) -> None:
        """Look every few seconds, in a thread of its own, for as long as the process lives."""

        def run() -> None:
            wait = threading.Event()
            while True:
                try:
                    self.look()
                except Exception as error:  # the next look is another one
                    log.error("waiting text messages were not looked at: %s", type(error).__name__)
                wait.wait(LOOK_S)

        threading.Thread(target=run, name="texts", daemon=True).start()

    def look(self) -> int:
        """Send what is due again, each by one process however many look; returns how many went out."""
        table, now = TextRow.__table__, self._now()
        query = select(table.c.token, table.c.tries, table.c.next_at).where(table.c.next_at <= now).order_by(table.c.next_at).limit(BATCH)
        with self._records.reading() as connection:
            rows = connection.execute(query).all()
        sent = 0
        for row in rows:
            later = now + min(LONGEST_S, FIRST_S * 2.0 ** (row.tries + 1))
            claim = update(table).where(table.c.token == row.token, table.c.next_at == row.next_at)
            with self._records.writing() as connection:
                mine = connection.execute(claim.values(next_at=later, tries=row.tries + 1)).rowcount
            sent += bool(mine) and self._one(row.token)
        return sent

    # -- inside ------------------------------------------------------------------

    def _mine(self) -> list[str]:
        if not hasattr(self._own, "tokens"):
            self._own.tokens = []
        return self._own.tokens

    def _one(self, token: str) -> bool:
        """Try once; True when it went out."""
        with self._records.reading() as connection:
            row = connection.execute(select(TextRow).where(TextRow.token == token)).first()
        if row is None:  # erased, or what it told of was never committed
            return False
        if self._now() >= row.until:
            if self._done(row, ("text_given_up", {"number": row.number, "prompt": row.prompt})):
                log.warning("a text message (%s) was given up", row.prompt)
            return False
        if not row.phone:
            self._done(row, None)
            return False
        try:
            text = self._send(row.phone, row.prompt, row.lang, row.args)
        except Exception as error:  # it is tried again
            log.warning("a text message (%s) was not sent: %s", row.prompt, type(error).__name__)
            return False
        self._done(row, ("text_sent", {"number": row.number, "text": mask(text)}) if text else None)
        return True

    def _done(self, row: TextRow, event: tuple[str, dict] | None) -> bool:
        """The row goes, and what came of it stands in the log; False when it was gone already."""
        gone = delete(TextRow).where(TextRow.token == row.token)
        events = [event] if event and row.log_of else []
        try:
            if not events:
                with self._records.writing() as connection:
                    return bool(connection.execute(gone).rowcount)
            with self._records.appending(row.log_of, *events) as connection:
                if not connection.execute(gone).rowcount:
                    raise _Gone
        except _Gone:
            return False
        return True
