"""Place recorded calls: ``POST /carrier/calls``, answered line by line while the call lasts.

Every line is one JSON object with ``kind`` and ``call_sid`` (kinds: see ``Call.tell``,
besides ``placed``); an empty line means that nothing happened for a while. Whoever
closes the connection hangs up.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from ivr.carrier import script
from ivr.carrier.caller import RecordedCaller
from ivr.carrier.credentials import checked
from ivr.carrier.exchange import Exchange

BEAT_S = 2.0
LARGEST = 64 * 1024 * 1024


def control_blueprint(exchange: Exchange) -> Blueprint:
    """The blueprint for one exchange."""
    blueprint = Blueprint("control", __name__)

    @blueprint.post("/carrier/calls")
    def place() -> Response | tuple[dict[str, str], int]:
        if not checked(exchange.settings, request.authorization):
            return {"error": "account or token is wrong"}, 401
        request.max_content_length = LARGEST
        files = {name: file.read() for name, file in request.files.items()}
        try:
            wire, plan = script.read(request.form.get("script", ""), files)
        except script.ScriptError as error:
            return {"error": str(error)}, 400
        if wire.to != exchange.settings.number:
            return {"error": f"nobody answers at the number dialled; the line is {exchange.settings.number}"}, 400
        caller = RecordedCaller(plan, exchange.settings.speech_rate)
        return Response(_story(exchange, wire.from_, caller), mimetype="application/x-ndjson")

    return blueprint


def _story(exchange: Exchange, from_: str, caller: RecordedCaller) -> Iterator[str]:
    news: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
    call = exchange.dial(from_, caller, lambda kind, data: news.put((kind, data)))
    started = time.monotonic()

    def line(kind: str, data: dict[str, Any]) -> str:
        at = round(time.monotonic() - started, 3)
        return json.dumps({"kind": kind, "call_sid": call.sid, "at": at, **data}, ensure_ascii=False) + "\n"

    try:
        yield line("placed", {})
        kind = ""
        while kind != "ended":
            try:
                kind, data = news.get(timeout=BEAT_S)
            except queue.Empty:
                yield "\n"
                continue
            yield line(kind, data)
    finally:
        call.hang_up("the caller hung up")
