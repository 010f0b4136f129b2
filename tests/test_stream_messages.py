"""Media Stream messages: Twilio's own examples are read, everything else is refused by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.stream import Clear, Connected, Dtmf, Mark, Media, Start, Stop, StreamError, parse

# From Twilio, "Media Streams - WebSocket messages".
START = {
    "event": "start",
    "sequenceNumber": "1",
    "start": {
        "accountSid": "ACXXXX",
        "streamSid": "MZXXXX",
        "callSid": "CAXXXX",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"FirstName": "Jane"},
    },
    "streamSid": "MZXXXX",
}
MEDIA = {
    "event": "media",
    "sequenceNumber": "3",
    "media": {"track": "outbound", "chunk": "1", "timestamp": "5", "payload": "//8="},
    "streamSid": "MZXXXX",
}


def test_twilios_start_is_read() -> None:
    assert parse(json.dumps(START)) == Start("MZXXXX", "CAXXXX", "ACXXXX", ("inbound",), {"FirstName": "Jane"}, 1)


def test_twilios_media_is_read() -> None:
    assert parse(json.dumps(MEDIA)) == Media("MZXXXX", b"\xff\xff", "outbound", 1, 5, 3)


def test_numbers_are_written_as_strings() -> None:
    written = json.loads(Media("MZ1", b"\xff", "inbound", 2, 20, 3).text())
    assert (written["sequenceNumber"], written["media"]["chunk"], written["media"]["timestamp"]) == ("3", "2", "20")


@pytest.mark.parametrize(
    "message",
    [
        Connected(),
        Start("MZ1", "CA1", "AC1", ("inbound", "outbound"), {"token": "t"}, 1),
        Media("MZ1", b"\x00\xff", "inbound", 1, 0, 2),
        Dtmf("MZ1", "#", sequence=5),
        Mark("MZ1", "here", 4),
        Clear("MZ1"),
        Stop("MZ1", "CA1", "AC1", 9),
    ],
)
def test_every_message_comes_back_as_it_was_written(message) -> None:
    assert parse(message.text()) == message


@pytest.mark.parametrize(
    ("key", "value"), [("encoding", "audio/x-alaw"), ("sampleRate", 16000), ("channels", 2), ("sampleRate", "loud")]
)
def test_audio_of_another_format_is_refused_by_name(key: str, value: object) -> None:
    start = json.loads(json.dumps(START))
    start["start"]["mediaFormat"][key] = value
    with pytest.raises(StreamError, match=key):
        parse(json.dumps(start))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["start", "media", "mediaFormat", "payload", "streamSid", "sequenceNumber", "chunk", "tracks"])


@given(st.text() | st.binary() | JSON.map(json.dumps))
def test_any_text_is_a_message_or_a_stream_error(text: str | bytes) -> None:
    try:
        parse(text)
    except StreamError:
        pass


@given(st.sampled_from([START, MEDIA]), KEYS, JSON)
def test_a_broken_message_never_raises_anything_else_nor_tells_its_content(whole: dict, key: str, value: object) -> None:
    broken = json.loads(json.dumps(whole))
    holder = broken if key in broken else broken[broken["event"]]
    holder[key] = value
    holder["secret"] = "13800138000"
    try:
        parse(json.dumps(broken))
    except StreamError as error:
        assert "13800138000" not in str(error)
