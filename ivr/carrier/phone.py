"""The browser phone: a party whose ears, mouth and fingers are a page's.

The page and this module talk over one WebSocket. From the page: binary messages are
its microphone (16-bit little-endian samples, 8 kHz), text messages are JSON:
``{"kind": "number", "number": …}`` (who it is, so that it can be called), ``dial``,
``answer``, ``hang_up``, ``{"kind": "key", "key": "5"}``, ``{"kind": "voice", "has": true}``
(it speaks prompts itself), ``{"kind": "spoken", "number": 3}``. To the page: what
``Call.tell`` tells, as JSON, and binary messages with what is to be heard.
"""

from __future__ import annotations

import json
import queue
import re
import threading
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from flask import Blueprint, Response, abort, render_template, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from ivr.carrier import sound
from ivr.carrier.call import Call
from ivr.carrier.exchange import Exchange
from ivr.carrier.fault import CarrierError
from ivr.carrier.settings import PARTY

FRAME_BYTES = sound.FRAME * 2
PRIMED = 3
"""Frames of microphone gathered before they are passed on, against an uneven network."""
LATEST = 25
"""Frames of microphone kept at most; older ones are dropped, so that delay never grows."""
LARGEST = 64 * 1024
LOOK_S = 1.0
LONGEST_TEXT = 1600


class BrowserPhone:
    """One page. It has at most one call at a time."""

    human = True

    def __init__(self, exchange: Exchange, socket: Server) -> None:
        self._exchange = exchange
        self._socket = socket
        self._number = ""
        self._call: Call | None = None
        self._has_voice = False
        self._spoken = 0
        self._lock = threading.Lock()
        self._rest = b""
        self._mouth: deque[bytes] = deque(maxlen=LATEST)
        self._flowing = False
        self._out: queue.SimpleQueue[bytes | str | None] = queue.SimpleQueue()

    def serve(self) -> None:
        """Talk with the page until it goes; then hang up."""
        sender = threading.Thread(target=self._send, name="carrier-phone-send", daemon=True)
        sender.start()
        try:
            while True:
                # With a time limit: simple-websocket may set its end after waking us (seen with too large a message).
                message = self._socket.receive(timeout=LOOK_S)
                if isinstance(message, bytes):
                    self._mic(message)
                elif message is not None:
                    self._obey(message)
        except ConnectionClosed:
            pass
        finally:
            self._exchange.phones.remove(self._number, self)
            if self._call is not None:
                self._call.hang_up("the caller's page was closed")
            self._out.put(None)
            sender.join()

    # -- what the exchange asks of a phone ---------------------------------------------

    @property
    def busy(self) -> bool:
        """True while it has a call."""
        return self._call is not None and self._call.live

    def attach(self, call: Call) -> None:
        """This call begins (or rings)."""
        with self._lock:
            self._call, self._spoken, self._flowing = call, 0, False
            self._mouth.clear()
        if call.direction == "inbound":
            self.told("placed", {"call_sid": call.sid})
        else:
            self.told("rung", {"from": call.from_})

    def frame(self) -> bytes:
        """The next 20 ms of the microphone, silence while nothing comes."""
        with self._lock:
            if not self._mouth:
                self._flowing = False
            elif len(self._mouth) >= PRIMED:
                self._flowing = True
            return self._mouth.popleft() if self._flowing else sound.SILENCE

    def hear(self, frame: bytes) -> None:
        """20 ms for the page's loudspeaker."""
        self._out.put(sound.decode(frame).astype("<i2").tobytes())

    def spoken(self, number: int) -> bool | None:
        """Has the page spoken this prompt? None: it has no voice and cannot tell."""
        return self._spoken >= number if self._has_voice else None

    def told(self, kind: str, data: dict[str, Any]) -> None:
        """Pass on what happens."""
        self._out.put(json.dumps({"kind": kind, **data}, ensure_ascii=False))

    def texted(self, body: str) -> None:
        """Show a text message."""
        self.told("sms", {"body": body})

    # -- the page ----------------------------------------------------------------------

    def _send(self) -> None:
        try:
            while (message := self._out.get()) is not None:
                self._socket.send(message)
        except ConnectionClosed:
            pass  # ``serve`` notices too

    def _mic(self, samples: bytes) -> None:
        with self._lock:
            self._rest += samples
            whole = len(self._rest) // FRAME_BYTES * FRAME_BYTES
            law = sound.encode(np.frombuffer(self._rest[:whole], "<i2"))
            self._rest = self._rest[whole:]
            self._mouth.extend(law[start : start + sound.FRAME] for start in range(0, len(law), sound.FRAME))

    def _obey(self, text: str) -> None:
        try:
            order = json.loads(text)
            kind = order["kind"]
        except (ValueError, KeyError, TypeError):
            self._complain("not understood")
            return
        call = self._call if self.busy else None
        match kind:
            case "number":
                self._register(str(order.get("number", "")))
            case "voice":
                self._has_voice = order.get("has") is True
                if call is not None:
                    call.poke()
            case "spoken" if call is not None and isinstance(order.get("number"), int):
                self._spoken = max(self._spoken, order["number"])
                call.poke()
            case "dial":
                self._dial()
            case "text" if self._number:
                self._text(str(order.get("body", "")))
            case "answer" if call is not None:
                call.accept()
            case "hang_up" if call is not None:
                call.hang_up("the caller hung up")
            case "key" if call is not None:
                try:
                    call.press(str(order.get("key", "")))
                except ValueError as error:
                    self._complain(str(error))

    def _register(self, number: str) -> None:
        if not re.fullmatch(PARTY, number):
            self._complain("a number has 3 to 15 digits, perhaps with + before them")
            return
        self._exchange.phones.remove(self._number, self)
        self._number = number
        self._exchange.phones.add(number, self)
        self.told("number", {"number": number})

    def _dial(self) -> None:
        if self.busy:
            self._complain("the phone is in use")
        elif not self._number:
            self._complain("which number calls?")
        else:
            self._exchange.dial(self._number, self)

    def _text(self, body: str) -> None:
        body = body.strip()[:LONGEST_TEXT]
        if not body:
            return
        try:
            self._exchange.text(self._number, body)
        except CarrierError as error:
            self._complain(str(error))

    def _complain(self, text: str) -> None:
        self.told("error", {"text": text})


def phone_blueprint(exchange: Exchange) -> Blueprint:
    """The page and its socket."""
    blueprint = Blueprint("phone", __name__)

    @blueprint.get("/phone")
    def page() -> str:
        return render_template("phone.html", number=exchange.settings.number)

    return blueprint


def phone_socket(sock: Sock, exchange: Exchange) -> None:
    """Add the page's socket to the application."""

    @sock.route("/phone/socket")
    def socket(connection: Server) -> None:
        BrowserPhone(exchange, connection).serve()


def refuse_other_pages() -> Response | None:
    """A page of another site must not dial from its visitor's browser (before each request)."""
    if request.path == "/phone/socket":
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            abort(403)
    return None
