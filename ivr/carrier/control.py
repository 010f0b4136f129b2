"""Recorded parties: ``POST /carrier/calls`` calls the line, ``POST /carrier/phones`` waits to be called; ``POST /carrier/messages`` sends the line a text.

Both are answered line by line while the call lasts. Every line is one JSON object with ``kind`` and ``call_sid`` (kinds: see ``Call.tell``,
besides ``placed`` and
``ready``); an empty line means that nothing happened for a while. Whoever
closes the connection hangs up.
"""

from __future__ import annotations

import json
import queue
import re
import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from ivr.carrier import script
from ivr.carrier.caller import RecordedCaller
from ivr.carrier.credentials import checked
from ivr.carrier.exchange import Exchange
from ivr.carrier.fault import CarrierError
from ivr.carrier.settings import NUMBER

News = queue.SimpleQueue[tuple[str, dict[str, Any]]]
BEAT_S = 2.0
LARGEST = 64 * 1024 * 1024


def control_blueprint(exchange: Exchange) -> Blueprint:
    """The blueprint for one exchange."""
    blueprint = Blueprint("control", __name__)

    @blueprint.before_request
    def authenticate() -> tuple[dict[str, str], int] | None:
        return None if checked(exchange.settings, request.authorization) else ({"error": "wrong account or token"}, 401)

    @blueprint.errorhandler(script.ScriptError)
    def refuse(error: script.ScriptError) -> tuple[dict[str, str], int]:
        return {"error": str(error)}, 400

    def given() -> tuple[script.WireScript, script.Script]:
        request.max_content_length = LARGEST
        files = {name: file.read() for name, file in request.files.items()}
        return script.read(request.form.get("script", ""), files)

    @blueprint.post("/carrier/phones")
    def answer() -> Response:
        wire, plan = given()
        callee = RecordedCaller(plan, exchange.settings.speech_rate)
        return Response(_waiting(exchange, wire.from_, callee), mimetype="application/x-ndjson")

    @blueprint.post("/carrier/calls")
    def place() -> Response | tuple[dict[str, str], int]:
        wire, plan = given()
        if wire.to != exchange.settings.number:
            return {"error": f"nobody answers at the number dialled; the line is {exchange.settings.number}"}, 400
        caller = RecordedCaller(plan, exchange.settings.speech_rate)
        return Response(_story(exchange, wire.from_, caller), mimetype="application/x-ndjson")

    @blueprint.post("/carrier/messages")
    def text() -> tuple[dict[str, Any], int]:
        body = request.get_json(silent=True) or {}
        from_, words = str(body.get("from", "")), str(body.get("body", ""))
        if not re.fullmatch(NUMBER, from_) or not words.strip():
            return {"error": "from (a number) and body are needed"}, 400
        try:
            return {"answers": exchange.text(from_, words)}, 200
        except CarrierError as error:
            return {"error": str(error)}, 502

    return blueprint


def _story(exchange: Exchange, from_: str, caller: RecordedCaller) -> Iterator[str]:
    news: News = queue.SimpleQueue()
    call = exchange.dial(from_, caller, lambda kind, data: news.put((kind, data)))
    try:
        yield _line("placed", call.sid, 0.0, {})
        yield from _lines(news, call.sid)
    finally:
        call.hang_up("the caller hung up")


def _waiting(exchange: Exchange, number: str, callee: RecordedCaller) -> Iterator[str]:
    news: News = queue.SimpleQueue()
    callee.listener = lambda kind, data: news.put((kind, data))
    exchange.phones.add(number, callee)
    try:
        yield _line("ready", "", 0.0, {})
        yield from _lines(news, "")
    finally:
        exchange.phones.remove(number, callee)
        if callee.call is not None:
            callee.call.hang_up("the called party hung up")


def _lines(news: News, call_sid: str) -> Iterator[str]:
    started, kind = time.monotonic(), ""
    while kind != "ended":
        try:
            kind, data = news.get(timeout=BEAT_S)
        except queue.Empty:
            yield "\n"
            continue
        yield _line(kind, call_sid, time.monotonic() - started, data)


def _line(kind: str, call_sid: str, at: float, data: dict[str, Any]) -> str:
    return json.dumps({"kind": kind, "call_sid": call_sid, "at": round(at, 3), **data}, ensure_ascii=False) + "\n"
