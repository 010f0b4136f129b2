"""The audio socket: what is not our carrier's is refused, what breaks is survived, and one log line says so."""

from __future__ import annotations

import json
import logging
import socket as socket_module
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
import pytest
from flask import Flask
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from werkzeug.serving import make_server

from audio.media import GARBAGE, media_blueprint
from audio.stream import Connected, Media, Start, Stop

TOKEN = "one-time"


@dataclass
class Call:
    """A stream handler that remembers what it was given."""

    samples: list[np.ndarray] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def session(self) -> Call:
        return self

    def feed(self, samples: np.ndarray) -> None:
        self.samples.append(samples)

    def started(self, stream_sid: str) -> None:
        self.name = stream_sid

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)
        self.over.set()


@dataclass
class Door:
    """A gate for one call; a token opens it once."""

    call: Call = field(default_factory=Call)
    used: threading.Event = field(default_factory=threading.Event)

    def handshake_ok(self, signature: str | None) -> bool:
        return signature in (None, "right")

    def open(self, call_sid: str, token: str) -> Call | None:
        if (call_sid, token) != ("CA1", TOKEN) or self.used.is_set():
            return None
        self.used.set()
        return self.call


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    app = Flask(__name__)
    app.register_blueprint(media_blueprint(door))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"ws://127.0.0.1:{server.server_port}/media"
    server.shutdown()
    thread.join()
    server.server_close()


def start(call: str = "CA1", token: str = TOKEN) -> str:
    return Start("MZ1", call, parameters={"token": token}).text()


def media(chunk: int) -> str:
    return Media("MZ1", b"\x80" * 160, "inbound", chunk, (chunk - 1) * 20, chunk + 1).text()


def ended_by_line(socket: ClientConnection) -> bool:
    """True when the line closes the socket."""
    try:
        socket.recv(timeout=3)
    except (ConnectionClosed, TimeoutError):
        # The test's server sometimes leaves the connection itself open; our side of it is the closing message.
        return socket.protocol.close_rcvd is not None
    return False


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., ClientConnection]]:
    """Opens sockets to the line and sends them messages."""
    with ExitStack() as sockets:

        def open_(*messages: str) -> ClientConnection:
            socket = sockets.enter_context(connect(url, close_timeout=1))
            for message in messages:
                socket.send(message)
            return socket

        yield open_


def test_audio_with_the_right_token_arrives_in_order_until_stop(opened, door: Door) -> None:
    opened(Connected().text(), start(), media(1), media(2), Stop("MZ1").text())
    assert door.call.over.wait(10)
    assert sum(map(len, door.call.samples)) == 320
    assert door.call.reasons == ["stop"]


def test_a_wrong_signature_is_refused_before_the_socket_opens(url: str) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(url, additional_headers={"X-Twilio-Signature": "wrong"}):
        pass
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize(("call", "token"), [("CA1", "guessed"), ("CA1", ""), ("CA999", TOKEN)])
def test_without_the_calls_own_token_no_audio_is_taken(opened, door: Door, call: str, token: str) -> None:
    socket = opened(Connected().text(), start(call, token), media(1))
    assert ended_by_line(socket)
    assert door.call.samples == []


def test_a_token_opens_one_stream_only(opened, door: Door) -> None:
    first = opened(start(), media(1))
    assert door.used.wait(10)
    assert ended_by_line(opened(start(), media(1)))
    first.send(Stop("MZ1").text())
    assert door.call.over.wait(10)
    assert door.call.reasons == ["stop"]


@pytest.mark.parametrize(
    "message",
    ["not JSON", "[]", '{"event": "start"}', media(1), start().replace("audio/x-mulaw", "audio/pcm")],
)
def test_a_stream_that_does_not_begin_as_one_is_refused_with_one_line(
    opened, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="audio.media"):
        assert ended_by_line(opened(message))
    assert len([record for record in caplog.records if record.name == "audio.media"]) == 1


def test_a_message_over_64_kib_ends_the_stream(opened, door: Door) -> None:
    socket = opened(start(), media(1))
    socket.send("x" * (64 * 1024 + 1))
    assert door.call.over.wait(10)
    assert door.call.reasons == ["a message over 64 KiB"]


def test_a_dropped_socket_closes_the_call_and_keeps_what_came(opened, door: Door) -> None:
    socket = opened(start(), media(1), media(2))
    socket.socket.close()
    assert door.call.over.wait(10)
    assert sum(map(len, door.call.samples)) == 320
    assert "without a stop" in door.call.reasons[0]


def test_some_garbage_is_passed_over_and_much_of_it_ends_the_stream(
    opened, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    secret = json.dumps({"event": "media", "media": {"payload": "13800138000"}})
    socket = opened(start(), secret, media(1), secret, media(2))
    for _ in range(GARBAGE - 2):  # not one more: the stream is closed as soon as the last was read
        socket.send(secret)
    assert door.call.over.wait(10)
    assert sum(map(len, door.call.samples)) == 320
    assert "13800138000" not in caplog.text


@pytest.mark.parametrize(
    ("messages", "flaw"),
    [
        (["not JSON", media(1)], "1 messages that are none (not JSON)"),
        ([media(2), media(1), media(3)], "1 pieces of audio late or double"),
        ([media(1), media(4)], "0.04 s of audio lost"),
    ],
)
def test_what_was_mended_is_said_in_one_line_at_the_end(
    opened, door: Door, messages: list[str], flaw: str, caplog: pytest.LogCaptureFixture
) -> None:
    opened(start(), *messages, Stop("MZ1").text())
    assert door.call.over.wait(10)
    assert door.call.reasons == ["stop"]
    (record,) = [record for record in caplog.records if record.name == "audio.media"]
    assert flaw in record.getMessage()


def test_an_error_of_ours_is_told_without_its_text(
    opened, door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(samples: np.ndarray) -> None:
        raise ValueError("13800138000")

    monkeypatch.setattr(door.call, "feed", fails)
    opened(start(), media(1))
    assert door.call.over.wait(10)
    assert "ValueError at test_media.py" in caplog.text
    assert "13800138000" not in caplog.text


def test_a_request_that_is_no_websocket_handshake_is_refused(url: str) -> None:
    host, _, port = url.removeprefix("ws://").partition("/")[0].partition(":")
    with socket_module.create_connection((host, int(port)), timeout=10) as plain:
        plain.sendall(b"GET /media HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        assert b" 400 " in plain.recv(100)


def test_other_streams_go_on_while_one_breaks(opened, door: Door) -> None:
    good = opened(start(), media(1))
    for text in ("garbage", start(token="guessed")):
        assert ended_by_line(opened(text))
    good.send(media(2))
    good.send(Stop("MZ1").text())
    assert door.call.over.wait(10)
    assert sum(map(len, door.call.samples)) == 320
