"""A Media Stream: one call's audio, sent to the line's WebSocket.

The messages are Twilio's: ``connected``, ``start``, ``media`` …, ``stop``, with
numbers as strings. A stream that cannot be opened, or that the line closes or does
not read, is told once and never disturbs the call.
"""

from __future__ import annotations

import base64
import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import CloseCode
from websockets.protocol import State
from websockets.uri import parse_uri

from ivr.carrier.call import sid
from ivr.carrier.document import StartStream
from ivr.carrier.sound import FRAME_S

log = logging.getLogger(__name__)

CONNECT_S = 5.0
CLOSE_S = 2.0
BACKLOG = 64 * 1024
"""Bytes that a slow reader may be behind (about four seconds) before audio is lost."""
LOOK_EVERY = 10
"""Frames between two looks at what the line sent (a close, a ping)."""

HANDSHAKE_ERROR = 31920
CLOSE_ERROR = 31921
NORMAL = (CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY, CloseCode.NO_STATUS_RCVD)
NOT_READY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Stream:
    """One fork of one call's audio.

    ``report`` is called with (event, error text) for every stream event:
    stream-started, stream-stopped, stream-error. ``address`` is where to connect;
    ``verb.url`` is the public address and ``signature`` its signature.
    """

    def __init__(
        self,
        account_sid: str,
        call_sid: str,
        verb: StartStream,
        address: str,
        signature: str,
        report: Callable[[Stream, str, str], None],
    ) -> None:
        self.sid = sid("MZ")
        self.name = verb.name or self.sid
        self.verb = verb
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._address = address
        self._signature = signature
        self._report = report
        self._inbound = verb.track in ("inbound_track", "both_tracks")
        self._outbound = verb.track in ("outbound_track", "both_tracks")
        self._lock = threading.Lock()
        self._protocol = ClientProtocol(parse_uri(address))
        self._socket: socket.socket | None = None
        self._unsent = bytearray()
        self._open = False
        self._closed = False
        self._sequence = 0
        self._ticks = 0
        self._chunks = {"inbound": 0, "outbound": 0}
        self._late = False

    def open(self) -> None:
        """Connect and announce the stream; the audio flows from then on. Takes up to some seconds."""
        try:
            self._connect()
        except (OSError, EOFError, ValueError) as error:
            self._fail(f"{HANDSHAKE_ERROR} the stream could not be opened: {error or type(error).__name__}")
            return
        with self._lock:
            if not self._closed:
                self._write({"event": "connected", "protocol": "Call", "version": "1.0.0"}, numbered=False)
                self._write({"event": "start", "start": self._start()})
                self._socket.setblocking(False)
                self._open = True
                self._flush()
        if self._closed:
            self._socket.close()
        else:
            self._report(self, "stream-started", "")

    def send(self, inbound: bytes, outbound: bytes | None) -> None:
        """20 ms of the call, μ-law; never waits. Called from the clock's thread."""
        if not self._open:
            return
        problem = ""
        with self._lock:
            if not self._open:
                return
            try:
                if self._inbound:
                    self._media("inbound", inbound)
                if self._outbound and outbound:
                    self._media("outbound", outbound)
                self._ticks += 1
                if self._ticks % LOOK_EVERY == 0:
                    self._look()
                self._flush()
            except (OSError, EOFError) as error:
                self._open = False
                problem = f"{CLOSE_ERROR} the line broke the stream off: {error or type(error).__name__}"
            if self._protocol.state is not State.OPEN and not problem:
                self._open = False
                received = self._protocol.close_rcvd
                if received is None:
                    problem = f"{CLOSE_ERROR} the line broke the stream off"
                elif received.code not in NORMAL:
                    problem = f"{CLOSE_ERROR} the line closed the stream with code {int(received.code)}"
        if problem:
            self._fail(problem)
        elif not self._open:
            self._end()

    def close(self) -> None:
        """Say ``stop`` and close; returns at once, the rest happens beside the call."""
        threading.Thread(target=self._stop, name="carrier-stream-close", daemon=True).start()

    # -- connecting and closing -------------------------------------------------------

    def _connect(self) -> None:
        parts = urlsplit(self._address)
        port = parts.port or (443 if parts.scheme == "wss" else 80)
        connection = socket.create_connection((parts.hostname, port), timeout=CONNECT_S)
        self._socket = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.scheme == "wss":
            self._socket = ssl.create_default_context().wrap_socket(connection, server_hostname=parts.hostname)
        request = self._protocol.connect()
        del request.headers["Host"]
        request.headers["Host"] = urlsplit(self.verb.url).netloc
        request.headers["X-Twilio-Signature"] = self._signature
        request.headers["User-Agent"] = "TwilioProxy/1.1 (local carrier)"
        self._protocol.send_request(request)
        self._socket.sendall(b"".join(self._protocol.data_to_send()))
        while self._protocol.state is State.CONNECTING:
            if self._protocol.handshake_exc is not None:
                raise ValueError(str(self._protocol.handshake_exc))
            block = self._socket.recv(4096)
            if not block:
                raise EOFError("the line closed the connection")
            self._protocol.receive_data(block)

    def _stop(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            was_open, self._open = self._open, False
            if was_open:
                stop = {"accountSid": self._account_sid, "callSid": self._call_sid}
                try:
                    self._socket.settimeout(CLOSE_S)
                    self._write({"event": "stop", "stop": stop})
                    self._protocol.send_close(1000)
                    self._unsent += b"".join(self._protocol.data_to_send())
                    self._socket.sendall(self._unsent)
                    # A socket closed with something unread in it would take the stop message back.
                    while block := self._socket.recv(4096):
                        self._protocol.receive_data(block)
                except (OSError, EOFError):
                    pass  # the line is gone or does not answer the close: it is closed either way
                self._socket.close()
        if was_open:
            self._report(self, "stream-stopped", "")

    def _end(self) -> None:
        with self._lock:
            was_closed, self._closed = self._closed, True
            if self._socket is not None:
                self._socket.close()
        if not was_closed:
            threading.Thread(target=self._report, args=(self, "stream-stopped", ""), daemon=True).start()

    def _fail(self, problem: str) -> None:
        with self._lock:
            was_closed, self._closed = self._closed, True
            if self._socket is not None:
                self._socket.close()
        if was_closed:
            return
        log.warning("call %s: stream %s: %s", self._call_sid, self.sid, problem)
        threading.Thread(target=self._report, args=(self, "stream-error", problem), daemon=True).start()

    # -- messages ----------------------------------------------------------------------

    def _start(self) -> dict:
        tracks = [name for name, wanted in (("inbound", self._inbound), ("outbound", self._outbound)) if wanted]
        return {
            "accountSid": self._account_sid,
            "streamSid": self.sid,
            "callSid": self._call_sid,
            "tracks": tracks,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(self.verb.parameters),
        }

    def _media(self, track: str, frame: bytes) -> None:
        self._chunks[track] += 1
        if len(self._unsent) > BACKLOG:
            if not self._late:
                self._late = True
                log.warning("call %s: the line reads stream %s too slowly; audio is lost", self._call_sid, self.sid)
            return
        media = {
            "track": track,
            "chunk": str(self._chunks[track]),
            "timestamp": str(round(self._ticks * FRAME_S * 1000)),
            "payload": base64.b64encode(frame).decode("ascii"),
        }
        self._write({"event": "media", "media": media})

    def _write(self, message: dict, numbered: bool = True) -> None:
        if numbered:
            self._sequence += 1
            message = {**message, "sequenceNumber": str(self._sequence), "streamSid": self.sid}
        self._protocol.send_text(json.dumps(message, separators=(",", ":")).encode())
        self._unsent += b"".join(self._protocol.data_to_send())

    def _flush(self) -> None:
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except NOT_READY:
                return
            del self._unsent[:sent]

    def _look(self) -> None:
        while True:
            try:
                block = self._socket.recv(4096)
            except NOT_READY:
                break
            if not block:
                self._protocol.receive_eof()
                break
            self._protocol.receive_data(block)
        self._protocol.events_received()  # a one-way stream takes nothing from the line
        self._unsent += b"".join(self._protocol.data_to_send())


def event_params(stream: Stream, params: dict[str, str], event: str, error: str) -> dict[str, str]:
    """The parameters of a stream's status callback."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    extra = {"StreamError": error} if error else {}
    return {
        "AccountSid": params["AccountSid"],
        "CallSid": params["CallSid"],
        "StreamSid": stream.sid,
        "StreamName": stream.name,
        "StreamEvent": event,
        "Timestamp": now,
        **extra,
    }
