"""Listening to what was said: the seconds of a recording behind a line or a field; each listening is on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from flask import Blueprint, Response, abort, request

from agent_assist.live import LogEvent

AROUND_S = 0.25
"""Before and after the words, so that none is cut."""


class Log(Protocol):
    """What is needed of the records (``hotline.records.Records``)."""

    def append(self, call_id: str, *events: tuple[str, dict[str, Any]]) -> Any: ...
    def events(self, call_id: str) -> Sequence[LogEvent]: ...


class Recordings(Protocol):
    """The recordings (``audio.recording.Recordings``)."""

    def wav(self, call: str, stream: int, start: float, end: float) -> bytes | None: ...


def listening_blueprint(records: Log, recordings: Recordings, *, who: Callable[[], str]) -> Blueprint:
    """``GET /desk/calls/<id>/audio?line=<event>&start=&end=``: WAV. Without start and end: the whole line."""
    blueprint = Blueprint("listening", __name__, url_prefix="/desk/calls")

    @blueprint.get("/<call_id>/audio")
    def audio(call_id: str) -> Response:
        line = request.args.get("line", type=int)
        events = records.events(call_id)
        spoken = next((event for event in events if event.id == line and event.kind == "utterance"), None)
        if spoken is None:
            abort(404)
        start = request.args.get("start", spoken.data["start"], type=float)
        end = request.args.get("end", spoken.data["end"], type=float)
        low, high = spoken.data["start"] - AROUND_S, spoken.data["end"] + AROUND_S
        start, end = max(low, start - AROUND_S), min(high, end + AROUND_S)
        # Utterances count from the beginning of their own stream.
        stream = sum(1 for event in events if event.kind == "stream_started" and event.seq < spoken.seq)
        if not start < end:
            abort(400)
        wav = recordings.wav(call_id, max(1, stream), start, end)
        if wav is None:
            abort(404)
        records.append(call_id, ("recording_played", {"who": who(), "line": spoken.id}))
        return Response(wav, mimetype="audio/wav")

    return blueprint
