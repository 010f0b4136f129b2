"""The carrier's clock: every 20 ms, one frame from each live leg to whoever listens to it.

One thread for all legs. Deadlines are counted from the start and not from the last
tick, so that audio never drifts against the wall clock.
"""

from __future__ import annotations

import logging
import threading
import time

from ivr.carrier.call import Call
from ivr.carrier.sound import FRAME_S

log = logging.getLogger(__name__)

LATEST_S = 2.0
"""A clock further behind than this (a machine that slept or has too much to do) starts counting anew."""


class Clock:
    """Moves the audio of the legs that were added; starts with the first and stops with ``close``."""

    def __init__(self) -> None:
        self._legs: tuple[Call, ...] = ()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def add(self, call: Call) -> None:
        """Let this leg's audio flow until ``remove``."""
        with self._lock:
            self._legs += (call,)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="carrier-clock", daemon=True)
                self._thread.start()
        self._wake.set()

    def remove(self, call: Call) -> None:
        """Stop this leg's audio."""
        with self._lock:
            self._legs = tuple(leg for leg in self._legs if leg is not call)

    def close(self) -> None:
        """Stop the thread."""
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        deadline = time.monotonic()
        while not self._closed:
            legs = self._legs
            if not legs:
                self._wake.wait()
                self._wake.clear()
                deadline = time.monotonic()
                continue
            frames = [(leg, self._frame(leg)) for leg in legs]
            said = {leg: frame for leg, frame in frames}
            for leg, frame in frames:
                peer, conference = leg.peer, leg.conference
                if conference is not None:
                    heard = conference.heard(leg, said)
                else:
                    heard = said.get(peer) if peer is not None else None
                self._move(leg, frame, heard)
            deadline += FRAME_S
            ahead = deadline - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            elif ahead < -LATEST_S:
                log.warning("the carrier's clock was %.1f s behind and starts anew; has the machine too much to do?", -ahead)
                deadline = time.monotonic()

    def _frame(self, leg: Call) -> bytes:
        try:
            return leg.frame()
        except Exception:
            # One leg's fault must not silence the others.
            log.exception("call %s: its party failed", leg.sid)
            leg.hang_up("the caller's end failed")
            self.remove(leg)
            return b""

    def _move(self, leg: Call, frame: bytes, heard: bytes | None) -> None:
        if not frame:
            return
        outbound = heard or leg.playing()
        if outbound:
            leg.party.hear(outbound)
        for stream in leg.streams:
            stream.send(frame, outbound)
