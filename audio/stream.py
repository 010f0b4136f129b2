"""Twilio's Media Stream messages: dataclasses, their reader and their writer; no I/O.

Numbers travel as strings, audio as base64 of μ-law. ``parse`` reads one message,
``Message.text`` writes it. Source: Twilio, "Media Streams – WebSocket messages".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

ENCODING = "audio/x-mulaw"
RATE = 8000
CHANNELS = 1

Track = Literal["inbound", "outbound"]
_TRACKS = ("inbound", "outbound")
_DIGITS = frozenset("0123456789")
_LARGEST = 2**63 - 1


class StreamError(ValueError):
    """A message that is none; the reason never quotes what the message held."""


class Message(Protocol):
    """One message of a stream."""

    def text(self) -> str:
        """The message as it goes over the socket."""
        ...


@dataclass(frozen=True)
class Connected:
    """First message on the socket; nothing is known of the call yet."""

    protocol: str = "Call"
    """What the socket carries; always ``Call``."""
    version: str = "1.0.0"
    """Version of the messages."""

    def text(self) -> str:
        """The message as it goes over the socket."""
        return _write("connected", protocol=self.protocol, version=self.version)


@dataclass(frozen=True)
class Start:
    """Second message: which call this is. The format is fixed: μ-law, 8 kHz, one channel."""

    stream_sid: str
    """The stream's own name."""
    call_sid: str
    """The call it belongs to."""
    account_sid: str = ""
    """The account that owns the call."""
    tracks: tuple[Track, ...] = ("inbound",)
    """Which sides of the call will come."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What ``<Parameter>`` gave."""
    sequence: int = 1
    """Number of this message on the socket."""

    def text(self) -> str:
        """The message as it goes over the socket."""
        start = {
            "accountSid": self.account_sid,
            "streamSid": self.stream_sid,
            "callSid": self.call_sid,
            "tracks": list(self.tracks),
            "mediaFormat": {"encoding": ENCODING, "sampleRate": RATE, "channels": CHANNELS},
            "customParameters": dict(self.parameters),
        }
        return _write("start", sequence=self.sequence, stream_sid=self.stream_sid, start=start)


@dataclass(frozen=True)
class Media:
    """A piece of audio, usually 160 bytes: 20 ms."""

    stream_sid: str
    """The stream's own name."""
    payload: bytes
    """μ-law codes, one byte a sample."""
    track: Track | None = None
    """Whose voice; None in what a server sends."""
    chunk: int | None = None
    """Number of this piece, from 1; None in what a server sends."""
    timestamp: int | None = None
    """Milliseconds since the stream began; None in what a server sends."""
    sequence: int | None = None
    """Number of this message on the socket; None in what a server sends."""

    def text(self) -> str:
        """The message as it goes over the socket."""
        media: dict[str, str] = {"payload": base64.b64encode(self.payload).decode()}
        if self.track is not None:
            media["track"] = self.track
        if self.chunk is not None:
            media["chunk"] = str(self.chunk)
        if self.timestamp is not None:
            media["timestamp"] = str(self.timestamp)
        return _write("media", sequence=self.sequence, stream_sid=self.stream_sid, media=media)


@dataclass(frozen=True)
class Dtmf:
    """A key was pressed (two-way streams only)."""

    stream_sid: str
    """The stream's own name."""
    digit: str
    """The key: 0–9, ``*``, ``#``, A–D."""
    track: str = "inbound_track"
    """Whose key."""
    sequence: int = 1
    """Number of this message on the socket."""

    def text(self) -> str:
        """The message as it goes over the socket."""
        dtmf = {"track": self.track, "digit": self.digit}
        return _write("dtmf", sequence=self.sequence, stream_sid=self.stream_sid, dtmf=dtmf)


@dataclass(frozen=True)
class Mark:
    """A place in the sound sent to the caller, named by the server and returned when it has been played."""

    stream_sid: str
    """The stream's own name."""
    name: str
    """The server's name for the place."""
    sequence: int | None = None
    """Number of this message on the socket; None in what a server sends."""

    def text(self) -> str:
        """The message as it goes over the socket."""
        return _write("mark", sequence=self.sequence, stream_sid=self.stream_sid, mark={"name": self.name})


@dataclass(frozen=True)
class Clear:
    """The server's wish that sound not yet played be dropped."""

    stream_sid: str
    """The stream's own name."""

    def text(self) -> str:
        """The message as it goes over the socket."""
        return _write("clear", stream_sid=self.stream_sid)


@dataclass(frozen=True)
class Stop:
    """Last message: the stream or the call has ended."""

    stream_sid: str
    """The stream's own name."""
    call_sid: str = ""
    """The call it belonged to."""
    account_sid: str = ""
    """The account that owns the call."""
    sequence: int = 1
    """Number of this message on the socket."""

    def text(self) -> str:
        """The message as it goes over the socket."""
        stop = {"accountSid": self.account_sid, "callSid": self.call_sid}
        return _write("stop", sequence=self.sequence, stream_sid=self.stream_sid, stop=stop)


def parse(text: str | bytes) -> Message:
    """The message that ``text`` holds.

    Raises:
        StreamError: it is not JSON, no message that Twilio describes, or audio of another format.
    """
    if not isinstance(text, str):
        raise StreamError("a binary message; Media Stream messages are JSON text")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise StreamError("not JSON") from None
    if not isinstance(document, dict):
        raise StreamError("not a JSON object")
    read = _READERS.get(_string(document, "event"))
    if read is None:
        raise StreamError("unknown event")
    return read(document)


def _connected(document: dict[str, Any]) -> Connected:
    return Connected(_string(document, "protocol", ""), _string(document, "version", ""))


def _start(document: dict[str, Any]) -> Start:
    start = _object(document, "start")
    form = _object(start, "mediaFormat")
    if _string(form, "encoding") != ENCODING:
        raise StreamError(f"mediaFormat.encoding is not {ENCODING}")
    if _number(form, "sampleRate") != RATE:
        raise StreamError(f"mediaFormat.sampleRate is not {RATE}")
    if _number(form, "channels") != CHANNELS:
        raise StreamError(f"mediaFormat.channels is not {CHANNELS}")
    tracks = start.get("tracks", ["inbound"])
    if not isinstance(tracks, list) or not tracks or any(track not in _TRACKS for track in tracks):
        raise StreamError("start.tracks is not a list of inbound and outbound")
    parameters = start.get("customParameters", {})
    if not isinstance(parameters, dict) or not all(isinstance(value, str) for value in parameters.values()):
        raise StreamError("start.customParameters does not map names to strings")
    return Start(
        stream_sid=_string(start, "streamSid"),
        call_sid=_string(start, "callSid"),
        account_sid=_string(start, "accountSid", ""),
        tracks=tuple(tracks),
        parameters=parameters,
        sequence=_number(document, "sequenceNumber"),
    )


def _media(document: dict[str, Any]) -> Media:
    media = _object(document, "media")
    track = media.get("track")
    if track is not None and track not in _TRACKS:
        raise StreamError("media.track is neither inbound nor outbound")
    try:
        payload = base64.b64decode(_string(media, "payload"), validate=True)
    except (binascii.Error, ValueError):
        raise StreamError("media.payload is not base64") from None
    return Media(
        stream_sid=_string(document, "streamSid"),
        payload=payload,
        track=track,
        chunk=_number(media, "chunk") if "chunk" in media else None,
        timestamp=_number(media, "timestamp") if "timestamp" in media else None,
        sequence=_sequence(document),
    )


def _dtmf(document: dict[str, Any]) -> Dtmf:
    dtmf = _object(document, "dtmf")
    digit = _string(dtmf, "digit")
    if len(digit) != 1 or digit not in "0123456789*#ABCD":
        raise StreamError("dtmf.digit is no key")
    track = _string(dtmf, "track", "inbound_track")
    return Dtmf(_string(document, "streamSid"), digit, track, _number(document, "sequenceNumber"))


def _mark(document: dict[str, Any]) -> Mark:
    return Mark(_string(document, "streamSid"), _string(_object(document, "mark"), "name"), _sequence(document))


def _clear(document: dict[str, Any]) -> Clear:
    return Clear(_string(document, "streamSid"))


def _stop(document: dict[str, Any]) -> Stop:
    stop = _object(document, "stop")
    return Stop(
        stream_sid=_string(document, "streamSid"),
        call_sid=_string(stop, "callSid", ""),
        account_sid=_string(stop, "accountSid", ""),
        sequence=_number(document, "sequenceNumber"),
    )


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "connected": _connected,
    "start": _start,
    "media": _media,
    "dtmf": _dtmf,
    "mark": _mark,
    "clear": _clear,
    "stop": _stop,
}


def _write(event: str, *, sequence: int | None = None, stream_sid: str | None = None, **body: Any) -> str:
    document: dict[str, Any] = {"event": event}
    if sequence is not None:
        document["sequenceNumber"] = str(sequence)
    document.update(body)
    if stream_sid is not None:
        document["streamSid"] = stream_sid
    return json.dumps(document)


def _object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name)
    if not isinstance(value, dict):
        raise StreamError(f"{name} is missing or no object")
    return value


def _string(holder: dict[str, Any], name: str, default: str | None = None) -> str:
    value = holder.get(name, default)
    if not isinstance(value, str):
        raise StreamError(f"{name} is missing or no string")
    return value


def _number(holder: dict[str, Any], name: str) -> int:
    """A whole number, not negative; a string everywhere but in mediaFormat, so both are read."""
    value = holder.get(name)
    if isinstance(value, str) and 0 < len(value) < 20 and _DIGITS.issuperset(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise StreamError(f"{name} is missing or no number")
    return value


def _sequence(document: dict[str, Any]) -> int | None:
    return _number(document, "sequenceNumber") if "sequenceNumber" in document else None
