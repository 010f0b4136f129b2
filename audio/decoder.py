"""The decoder pool: as many threads as cores, shared fairly by all streams.

A stream's work is done in order, one block at a time, then the next stream has
its turn: somebody who talks for minutes does not make the others wait. The
thread that reads a socket never decodes.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable

from audio import fault

log = logging.getLogger(__name__)

Job = Callable[[], None]

# Decoding can wait a moment, a webhook should not.
NICENESS = 5


def yield_to_others() -> None:
    """Give the calling thread a lower priority, where threads have one of their own (Linux)."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class Lane:
    """One stream's jobs, done in the order in which they were put, never two at once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._jobs: deque[Job] = deque()
        self._lock = threading.Lock()
        self._waiting = False

    def put(self, job: Job) -> None:
        """Add a job; returns at once."""
        with self._lock:
            self._jobs.append(job)
            if self._waiting:
                return
            self._waiting = True
        self._pool.ready(self)

    def step(self) -> None:
        """Do the next job and stand in line again if there are more."""
        with self._lock:
            job = self._jobs.popleft()
        try:
            job()
        except Exception as error:  # one bad utterance ends neither the stream nor the pool
            log.error("recognition: %s", fault.place(error))
        with self._lock:
            self._waiting = bool(self._jobs)
            if not self._waiting:
                return
        self._pool.ready(self)


class Pool:
    """Threads that decode. ``threads``: one for each core unless said otherwise."""

    def __init__(self, threads: int | None = None) -> None:
        self._ready: queue.SimpleQueue[Lane | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"decoder-{number}", daemon=True)
            for number in range(threads or os.cpu_count() or 1)
        ]
        for thread in self._threads:
            thread.start()

    def lane(self) -> Lane:
        """A place for one stream's jobs."""
        return Lane(self)

    def ready(self, lane: Lane) -> None:
        """The lane has a job."""
        self._ready.put(lane)

    def close(self) -> None:
        """End the threads when what is ready has been done."""
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        yield_to_others()
        while (lane := self._ready.get()) is not None:
            lane.step()
