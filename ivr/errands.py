"""What is asked of the carrier in the background, so that neither a webhook nor a recogniser waits for it."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Executor

from ivr.call import Call
from ivr.ports import Carrier
from ivr.twiml import Voice

log = logging.getLogger(__name__)

SETTLE_S = 0.3
"""An utterance that is just being delivered counts as speech for a moment longer."""


class Errands:
    """Requests to the carrier. A refusal is logged and ends nothing: the call goes on without it."""

    def __init__(self, voice: Voice, carrier: Carrier, background: Executor) -> None:
        self._voice = voice
        self._carrier = carrier
        self._background = background

    def interrupt(self, call: Call, turn: int) -> None:
        """Move the live call on to this turn, unless the carrier comes by itself before.

        Nobody is talked over: while the caller goes on talking, the next utterance or the
        end of the Gather moves the call, and so does the end of a notice that must not be cut.
        """
        self._background.submit(self._interrupt, call, turn)

    def fork(self, call: Call, token: str) -> None:
        """Open the call's audio stream in mid-call, under this token."""
        self._background.submit(self._fork, call.sid, token)

    def _fork(self, sid: str, token: str) -> None:
        urls = self._voice.urls
        try:
            self._carrier.fork(sid, urls.media, token, urls.stream)
        except Exception as error:  # keys still work, and it is asked again
            log.warning("call %s: the carrier did not open its stream: %s", sid, type(error).__name__)

    def _interrupt(self, call: Call, turn: int) -> None:
        until = time.monotonic() + SETTLE_S
        while call.speaking and time.monotonic() < until:
            time.sleep(SETTLE_S / 10)
        with call.lock:
            there = call.state.turn != turn or max(call.rendered, call.redirected) >= turn
            if there or call.ended or call.uncut or call.speaking:
                return
            call.redirected = turn
        try:
            self._carrier.redirect(call.sid, self._voice.urls.next(turn))
        except Exception as error:  # nobody waits for this; the call goes on when its Gather times out
            log.warning("call %s: the carrier did not move it on: %s", call.sid, type(error).__name__)
