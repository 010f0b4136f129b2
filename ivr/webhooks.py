"""Where the carrier talks to us: ``POST /voice/…``, signed. Reads requests, asks the flow, answers TwiML."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from flask import Blueprint, Response, abort, g, request
from werkzeug.exceptions import HTTPException

from ivr.flow import Flow
from ivr.ports import Records
from ivr.signature import Signatures
from ivr.terms import QUESTIONS
from ivr.trouble import where

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
"""A webhook's parameters take a few hundred bytes."""

STATUSES = (
    "queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled",
)

_SID = re.compile(r"CA[0-9A-Za-z]{1,62}")
_PARTY = re.compile(r"[+\w.:;@=-]{0,64}")
_KEYS = re.compile(r"[0-9*#]{0,64}")
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_WORD = re.compile(r"[\w-]{0,64}", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,255}")


def voice_blueprint(flow: Flow, signatures: Signatures, records: Records) -> Blueprint:
    """The webhooks under ``/voice``."""
    voice = Blueprint("voice", __name__, url_prefix="/voice")

    @voice.before_request
    def admit() -> Response | None:
        request.max_content_length = BODY_LIMIT
        signature = request.headers.get("X-Twilio-Signature")
        if not signatures.webhook_ok(request.full_path, request.form, signature):
            log.warning("%s refused: the signature is %s", request.path, "wrong" if signature else "missing")
            return _plain("the signature is missing or wrong", 403)
        token = request.headers.get("I-Twilio-Idempotency-Token", "")
        if _TOKEN.fullmatch(token):
            g.token = token
            body = records.reply(token)
            if body is not None:
                g.token = None
                return _twiml(body)
        return None

    @voice.after_request
    def remember(response: Response) -> Response:
        if g.get("token") and response.status_code in (200, 204):
            try:
                records.keep_reply(g.token, response.get_data(as_text=True))
            except Exception as error:  # the answer itself is good; a retry meets the turn's own check
                log.error("%s: the answer could not be kept: %s", request.path, where(error))
        return response

    @voice.errorhandler(Exception)
    def failed(error: Exception) -> HTTPException | Response:
        if isinstance(error, HTTPException):
            return error
        log.error("%s failed: %s", request.path, where(error))
        g.token = None
        if request.path.endswith(("/status", "/stream")):
            return _plain("an error of ours", 500)
        return _twiml(flow.apology())

    @voice.post("/incoming")
    def incoming() -> Response:
        sid, from_, to = _sid(), _field("From", _PARTY, needed=True), _field("To", _PARTY, needed=True)
        return said(sid, lambda: flow.incoming(sid, from_, to))

    @voice.post("/answer")
    def answer() -> Response:
        sid, turn, step = _sid(), _query_turn(), request.args.get("step", "")
        if step not in (*QUESTIONS, "queue"):
            _refuse("step")
        digits = _field("Digits", _KEYS) if "Digits" in request.form else None
        return said(sid, lambda: flow.answer(sid, step, turn, digits, **_parties()))

    @voice.post("/next")
    def next_() -> Response:
        sid, _ = _sid(), _query_turn()
        return said(sid, lambda: flow.next(sid, **_parties()))

    @voice.post("/wait")
    def wait() -> Response:
        sid, position = _sid(), _field("QueuePosition", _NUMBER, default=None)
        return said(sid, lambda: flow.wait(sid, int(position) if position else None, **_parties()))

    @voice.post("/left")
    def left() -> Response:
        sid, result = _sid(), _field("QueueResult", _WORD)
        return said(sid, lambda: flow.left(sid, result, **_parties()))

    @voice.post("/status")
    def status() -> Response:
        sid, word = _sid(), _field("CallStatus", _WORD, needed=True)
        if word not in STATUSES:
            _refuse("CallStatus")
        flow.status(sid, word)
        return _twiml("")

    @voice.post("/stream")
    def stream() -> Response:
        sid, event = _sid(), _field("StreamEvent", _WORD, needed=True)
        if event == "stream-error":
            log.warning("call %s: the carrier reports an error of the audio stream", sid)
        return _twiml("")

    def said(sid: str, document: Callable[[], str]) -> Response:
        """The document; when our own code fails, an apology that leads to a human."""
        parties = _parties()
        try:
            return _twiml(document())
        except Exception as error:  # whatever it is, the caller must not hear silence
            log.error("call %s: %s failed: %s", sid, request.path, where(error))
            g.token = None  # a retry may do better
            try:
                return _twiml(flow.failed(sid, request.path, **parties))
            except Exception as again:  # not even the records can be reached
                log.error("call %s: the apology could not be recorded: %s", sid, where(again))
                return _twiml(flow.apology())

    return voice


def _sid() -> str:
    return _field("CallSid", _SID, needed=True)


def _parties() -> dict[str, str]:
    return {"from_": _field("From", _PARTY), "to": _field("To", _PARTY)}


def _query_turn() -> int:
    turn = request.args.get("turn", "")
    if not _NUMBER.fullmatch(turn):
        _refuse("turn")
    return int(turn)


def _field(name: str, form: re.Pattern[str], *, needed: bool = False, default: str | None = "") -> str | None:
    value = request.form.get(name)
    if value is None:
        if needed:
            _refuse(name, "is missing")
        return default
    if not form.fullmatch(value):
        _refuse(name)
    return value


def _refuse(name: str, what: str = "is not as it should be") -> None:
    # The value stays out of log and answer: it may be somebody's number.
    log.warning("%s refused: parameter %s %s", request.path, name, what)
    abort(_plain(f"parameter {name} {what}", 400))


def _plain(text: str, code: int) -> Response:
    return Response(text + "\n", code, mimetype="text/plain")


def _twiml(document: str) -> Response:
    return Response(document, 200, mimetype="text/xml") if document else Response(status=204)
