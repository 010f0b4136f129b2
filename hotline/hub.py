"""Live news inside one process: "the log grew" and words still being spoken.

The log itself is read from the database by whoever is woken, so a listener
that was away misses nothing; only partial results exist here alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# A desk that does not read loses partials first: they are replaced by the final text anyway.
KEPT_PER_LISTENER = 500


class Listener:
    """One reader of live news."""

    def __init__(self) -> None:
        self._news: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue(KEPT_PER_LISTENER)

    def put(self, item: tuple[str, dict[str, Any]] | None) -> None:
        """Offer one piece of news; dropped when the listener is too slow."""
        try:
            self._news.put_nowait(item)
        except queue.Full:
            pass

    def wait(self, seconds: float) -> list[tuple[str, dict[str, Any]]]:
        """Wait up to ``seconds`` for news; the partials among it as (call_id, data).

        It returns where the log grew, so that a reader who then reads the log takes everything in
        the order in which it happened: a partial is never overtaken by the sentence before it.
        An empty list means that the log grew or that time is up: read the log either way.
        """
        found = []
        try:
            item = self._news.get(timeout=seconds)
            while item is not None:
                found.append(item)
                item = self._news.get_nowait()
        except queue.Empty:
            pass
        return found


class Hub:
    """Where news is announced and listened to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()

    def grew(self) -> None:
        """Say that the event log has new rows."""
        self._tell(None)

    def partial(self, call_id: str, data: dict[str, Any]) -> None:
        """Broadcast words still being spoken; they are not stored."""
        self._tell((call_id, data))

    def _tell(self, item: tuple[str, dict[str, Any]] | None) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.put(item)

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """A listener for as long as the block runs."""
        listener = Listener()
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)
