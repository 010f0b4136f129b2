"""Where the carrier's audio arrives: the socket ``/media``, in Twilio's Media Stream messages.

Nothing is taken without the call's one-time token. Whatever else comes, the
stream ends with one log line that says why and tells nothing of a person, and
what was heard until then is kept.
"""

from __future__ import annotations

import logging
import re
import time
from typing import Any, Protocol

from flask import Blueprint, abort, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from audio import fault
from audio.stream import RATE, Connected, Media, Start, Stop, StreamError, parse
from audio.track import Track

log = logging.getLogger(__name__)

LARGEST = 64 * 1024
"""Bytes in a message; a piece of audio takes about 300."""
START_S = 10.0
"""So soon a stream must say which call it belongs to."""
SILENT_S = 30.0
"""The carrier sends audio every 20 ms; so long without any means that it is gone."""
LOOK_S = 1.0
"""Length of one look for a message."""
GARBAGE = 10
"""So many messages that are none are passed over; then the stream ends."""

_SID = re.compile(r"[A-Za-z0-9]{1,64}")


class Ears(Protocol):
    """Takes the samples (``audio.session.Session``)."""

    def feed(self, samples: Any) -> None: ...


class StreamHandler(Protocol):
    """One call's stream."""

    @property
    def session(self) -> Ears: ...
    def started(self, stream_sid: str) -> None: ...
    def closed(self, reason: str) -> None: ...


class Gate(Protocol):
    """Decides who may send audio."""

    def handshake_ok(self, signature: str | None) -> bool:
        """True when the handshake's signature is absent or right."""
        ...

    def open(self, call_sid: str, token: str) -> StreamHandler | None:
        """The call's stream; None for an unknown call or a token that is not its own."""
        ...


class Refused(Exception):
    """The stream ends here; the text says why."""


def media_blueprint(gate: Gate) -> Blueprint:
    """The socket ``/media``."""
    media = Blueprint("media", __name__)
    sock = Sock(media)

    @media.record
    def limit(state: Any) -> None:
        state.app.config["SOCK_SERVER_OPTIONS"] = {"max_message_size": LARGEST}

    @media.before_request
    def admit() -> None:
        if not gate.handshake_ok(request.headers.get("X-Twilio-Signature")):
            log.warning("/media refused: the signature of the handshake is wrong")
            abort(403)
        if request.headers.get("Sec-WebSocket-Version") != "13" or "Sec-WebSocket-Key" not in request.headers:
            log.warning("/media refused: no handshake of a WebSocket")
            abort(400)

    @sock.route("/media")
    def stream(socket: Server) -> None:
        _receive(socket, gate)

    return media


def _receive(socket: Server, gate: Gate) -> None:
    handler: StreamHandler | None = None
    name, reason, audio = "a stream", "", _Audio()
    try:
        start = _start(socket)
        handler = gate.open(start.call_sid, start.parameters.get("token", ""))
        if handler is None:
            raise Refused("its call is not known or its token is wrong")
        name = f"call {start.call_sid}: the audio stream"
        handler.started(start.stream_sid)
        audio.listen(socket, handler, start.stream_sid)
        reason = "stop"
    except ConnectionClosed:
        large = socket.incoming_message_len > LARGEST
        reason = "a message over 64 KiB" if large else "the connection closed without a stop"
    except Refused as refused:
        reason = str(refused)
    except Exception as error:  # the socket is not Flask's any more: there is nobody to answer
        reason = f"an error of ours, {fault.place(error)}"
    if reason != "stop" or audio.flaws:
        log.warning("%s ended: %s", name, "; ".join([reason, *audio.flaws]))
    if handler is not None:
        handler.closed(reason)


def _start(socket: Server) -> Start:
    """The message that says which call this is; nothing but ``connected`` may come before it."""
    while True:
        text = _next(socket, START_S, "it did not say which call it belongs to")
        try:
            message = parse(text)
        except StreamError as error:
            raise Refused(str(error)) from None
        if isinstance(message, Start):
            if not (_SID.fullmatch(message.call_sid) and _SID.fullmatch(message.stream_sid)):
                raise Refused("callSid or streamSid is none")
            return message
        if not isinstance(message, Connected):
            raise Refused("it began without connected and start")


def _next(socket: Server, seconds: float, otherwise: str) -> str | bytes:
    """The next message, waited for so long; asked for again and again, because a look that began just
    before the library noticed the end of the socket would last its whole time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        text = socket.receive(timeout=LOOK_S)
        if text is not None:
            return text
    raise Refused(f"{otherwise} within {seconds:.0f} s")


class _Audio:
    """What comes between start and stop, and what was wrong with it."""

    def __init__(self) -> None:
        self._track = Track()
        self._garbage = 0
        self._last = ""

    @property
    def flaws(self) -> list[str]:
        """What was passed over or mended."""
        track = self._track
        return [
            *([f"{self._garbage} messages that are none ({self._last})"] if self._garbage else []),
            *([f"{track.dropped} pieces of audio late or double"] if track.dropped else []),
            *([f"{track.lost / RATE:.2f} s of audio lost"] if track.lost else []),
        ]

    def listen(self, socket: Server, handler: StreamHandler, stream_sid: str) -> None:
        """Feed the session until stop."""
        while True:
            text = _next(socket, SILENT_S, "no message came")
            try:
                message = parse(text)
            except StreamError as error:
                self._garbage, self._last = self._garbage + 1, str(error)
                if self._garbage >= GARBAGE:
                    raise Refused("too much that is no message") from None
                continue
            if isinstance(message, Stop):
                return
            if isinstance(message, Start):
                raise Refused("a second start")
            if isinstance(message, Media) and message.stream_sid == stream_sid and message.track != "outbound":
                handler.session.feed(self._track.place(message))
