"""Closes calls whose end was never reported: the process was down, or the carrier's callback was lost. Hears the others again.

A call that stays "in progress" for ever hides its draft complaint and spoils
every count of live calls, so the carrier is asked about each one now and then.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

log = logging.getLogger(__name__)

EVERY_S = 60.0
NOT_FOUND = 404


def how_it_ended(carrier_status: Callable[[str], str], sid: str) -> str | None:
    """The last status of a call that is over, '' for one that is not; None when the carrier does not answer."""
    try:
        status = carrier_status(sid)
    except TwilioRestException as error:
        if error.status == NOT_FOUND:
            return "failed"  # a call that the carrier does not know is over
        log.warning("the carrier does not tell how call %s is: %s", sid, error.status)
        return ""
    except (TwilioException, requests.RequestException) as error:
        log.warning("the carrier does not answer: %s", type(error).__name__)
        return None
    return status if status in ("completed", "busy", "failed", "no-answer", "canceled") else ""


class Calls(Protocol):
    """The live calls (``ivr.flow.Flow``)."""

    def status(self, sid: str, status: str) -> None: ...


class Reaper:
    """Asks the carrier about calls in progress at once, and then every ``EVERY_S`` seconds.

    ``in_progress`` gives their ids, ``carrier_status`` the carrier's word for one of them; ``goes_on`` is told
    the id of each call that is not over.
    """

    def __init__(
        self,
        calls: Calls,
        in_progress: Callable[[], list[str]],
        carrier_status: Callable[[str], str],
        goes_on: Callable[[str], None] = lambda sid: None,
    ) -> None:
        self._calls = calls
        self._in_progress = in_progress
        self._carrier_status = carrier_status
        self._goes_on = goes_on
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._run, name="reaper", daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()

    def reap(self) -> int:
        """Ask about each call in progress once; returns how many were closed."""
        closed = 0
        for sid in self._in_progress():
            status = how_it_ended(self._carrier_status, sid)
            if status is None:
                return closed
            if status:
                log.info("call %s was over and had not been closed: %s", sid, status)
                self._calls.status(sid, status)
                closed += 1
            else:
                self._goes_on(sid)
        return closed

    def _run(self) -> None:
        while True:
            try:
                self.reap()
            except Exception as error:  # one bad round must not end all later ones
                log.error("reaper: %s", type(error).__name__)
            if self._stop.wait(EVERY_S):
                return
