"""A thread that does what is due, and sleeps until more is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ivr.trouble import where

log = logging.getLogger(__name__)

AGAIN_S = 6.0
"""After a round that failed."""


class Watch:
    """Calls ``tick``, which gives the seconds until there is more to do; sooner when ``changed`` is notified."""

    def __init__(self, name: str, tick: Callable[[], float], changed: threading.Condition) -> None:
        self._name = name
        self._tick = tick
        self._changed = changed
        self._stopped = False

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            try:
                seconds = self._tick()
            except Exception as error:  # one bad round must not end all later ones
                log.error("%s: %s", self._name, where(error))
                seconds = AGAIN_S
            with self._changed:
                if not self._stopped:
                    self._changed.wait(seconds)
                if self._stopped:
                    return
