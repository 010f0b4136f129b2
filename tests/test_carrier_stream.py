"""Media Streams: every message by field and type, pace, and streams that go wrong."""

from __future__ import annotations

import base64
import logging
import re
import threading
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from twilio.request_validator import RequestValidator
from websockets.sync.server import serve

from ivr.carrier.call import Call
from ivr.carrier.caller import RecordedCaller, Script
from ivr.carrier.exchange import Exchange
from ivr.carrier.sound import SILENCE
from tests.toy_line import ACCOUNT, CALLER, TOKEN, ToyLine, carried

NUMBER_TEXT = re.compile(r"^(0|[1-9][0-9]*)$")
STREAM = '<Start><Stream name="ear" url="wss://line.example.org/media" statusCallback="/voice/stream" {}>{}</Stream></Start>'


@pytest.fixture
def line() -> ToyLine:
    return ToyLine()


@pytest.fixture
def exchange(line: ToyLine) -> Iterator[Exchange]:
    with carried(line) as (_, exchange):
        yield exchange


def silent_call(exchange: Exchange) -> Call:
    return exchange.dial(CALLER, RecordedCaller(Script(())))


def carriers_own(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("ivr.carrier")]


def test_every_message_is_as_twilio_sends_it(line: ToyLine, exchange: Exchange) -> None:
    parameters = '<Parameter name="token" value="t-1"/><Parameter name="n" value="2"/>'
    line.says("/voice/incoming", STREAM.format("", parameters), '<Pause length="1"/>', "<Hangup/>")
    call = silent_call(exchange)
    socket = line.wait(lambda: line.sockets and line.sockets[0].closed and line.sockets[0])

    assert RequestValidator(TOKEN).validate("wss://line.example.org/media", {}, socket.headers["X-Twilio-Signature"])
    assert socket.headers["Host"] == "line.example.org"
    connected, start, *media, stop = socket.messages
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    sid = start["streamSid"]
    assert re.fullmatch("MZ[0-9a-f]{32}", sid)
    assert start == {
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": ACCOUNT,
            "streamSid": sid,
            "callSid": call.sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "t-1", "n": "2"},
        },
        "streamSid": sid,
    }
    for number, message in enumerate(media, start=1):
        assert message.keys() == {"event", "sequenceNumber", "media", "streamSid"}
        assert message["sequenceNumber"] == str(number + 1)
        assert message["media"].keys() == {"track", "chunk", "timestamp", "payload"}
        assert message["media"]["track"] == "inbound"
        assert message["media"]["chunk"] == str(number)
        assert NUMBER_TEXT.match(message["media"]["timestamp"])
        assert int(message["media"]["timestamp"]) == (number - 1) * 20
        assert base64.b64decode(message["media"]["payload"], validate=True) == SILENCE
    assert stop == {
        "event": "stop",
        "sequenceNumber": str(len(media) + 2),
        "stop": {"accountSid": ACCOUNT, "callSid": call.sid},
        "streamSid": sid,
    }
    # One second of call: 50 frames, less what connecting took, and the tick in which it ended.
    assert 35 <= len(media) <= 52

    started, stopped = line.wait(lambda: len(line.at("/voice/stream")) == 2 and line.at("/voice/stream"))
    for hook, event in ((started, "stream-started"), (stopped, "stream-stopped")):
        assert hook.signed
        assert datetime.fromisoformat(hook.params.pop("Timestamp")).tzinfo is not None
        assert hook.params == {
            "AccountSid": ACCOUNT,
            "CallSid": call.sid,
            "StreamSid": sid,
            "StreamName": "ear",
            "StreamEvent": event,
        }


def test_the_pace_is_real_time_and_does_not_drift(line: ToyLine, exchange: Exchange) -> None:
    line.says("/voice/incoming", STREAM.format("", ""), '<Pause length="60"/>')
    call = silent_call(exchange)
    line.wait(lambda: line.sockets and line.sockets[0].of("media"))
    first, began = len(line.sockets[0].of("media")), time.monotonic()
    line.wait(lambda: len(line.sockets[0].of("media")) >= first + 150)
    took = time.monotonic() - began
    call.hang_up("enough")
    assert took == pytest.approx(3.0, abs=0.25)


def test_stop_ends_the_stream_of_that_name_only(line: ToyLine, exchange: Exchange) -> None:
    other = STREAM.replace('"ear"', '"second"').format('track="both_tracks"', "")
    line.says(
        "/voice/incoming",
        STREAM.format("", ""),
        other,
        '<Pause length="1"/><Stop><Stream name="ear"/></Stop><Pause length="60"/>',
    )
    call = silent_call(exchange)
    line.wait(lambda: len(line.at("/voice/stream")) == 3)
    assert [hook.params["StreamName"] for hook in line.at("/voice/stream")][2] == "ear"
    assert [stream.name for stream in call.streams] == ["second"]
    both = next(one for one in line.sockets if one.of("start")[0]["start"]["tracks"] == ["inbound", "outbound"])
    assert not both.closed
    call.hang_up("enough")
    line.wait(lambda: both.closed)


def test_a_refused_stream_is_one_line_in_the_log_and_the_call_goes_on(
    line: ToyLine, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    line.refuse_sockets = True
    line.says("/voice/incoming", STREAM.format("", ""), '<Pause length="1"/><Redirect>/voice/next</Redirect>')
    line.says("/voice/next", "<Hangup/>")
    with caplog.at_level(logging.INFO, "ivr.carrier"):
        call = silent_call(exchange)
        line.wait(lambda: line.at("/voice/next"))
    (told,) = line.wait(lambda: line.at("/voice/stream"))
    assert told.params["StreamEvent"] == "stream-error"
    assert told.params["StreamError"].startswith("31920 ")
    lines = carriers_own(caplog)
    assert len(lines) == 1
    assert call.sid in lines[0]
    assert "403" in lines[0]


def test_a_line_that_closes_the_stream_is_noticed(line: ToyLine, exchange: Exchange) -> None:
    line.says("/voice/incoming", STREAM.format("", ""), '<Pause length="60"/>')
    line.close_sockets_after = 10
    call = silent_call(exchange)
    events = line.wait(lambda: len(line.at("/voice/stream")) == 2 and line.at("/voice/stream"))
    assert events[1].params["StreamEvent"] == "stream-stopped"
    assert call.live
    assert call.streams == ()
    call.hang_up("enough")


def test_a_slow_reader_loses_audio_and_nothing_else(
    line: ToyLine, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    with serve(lambda socket: release.wait(20), "127.0.0.1", 0, close_timeout=0.1) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        stream_to = STREAM.replace("wss://line.example.org", f"ws://127.0.0.1:{port}").format("", "")
        line.says("/voice/incoming", stream_to, '<Pause length="60"/>')
        call = silent_call(exchange)
        line.wait(lambda: line.at("/voice/stream"))
        (stream,) = call.streams
        # The machine's buffers hold minutes of telephone sound: fill them faster than the clock would.
        with caplog.at_level(logging.WARNING):
            for _ in range(200_000):
                stream.send(SILENCE, None)
                if carriers_own(caplog):
                    break
            for _ in range(1000):
                stream.send(SILENCE, None)
        assert carriers_own(caplog) == [
            f"call {call.sid}: the line reads stream {stream.sid} too slowly; audio is lost"
        ]
        assert call.live
        call.hang_up("enough")
        assert call.over.wait(10)
        release.set()
