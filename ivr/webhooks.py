"""Where the carrier talks to us: ``POST /voice/…``, signed. Reads requests, asks the flow, answers TwiML."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, Response, g, request

from ivr import music
from ivr.admission import KEYS, NUMBER, PARTY, WORD, call_sid, call_status, field, guard, query, refuse, twiml
from ivr.flow import Flow
from ivr.ports import Repeats
from ivr.signature import Signatures
from ivr.terms import QUESTIONS
from ivr.trouble import where

log = logging.getLogger(__name__)


def voice_blueprint(flow: Flow, signatures: Signatures, repeats: Repeats) -> Blueprint:
    """The webhooks under ``/voice``."""
    voice = Blueprint("voice", __name__, url_prefix="/voice")

    guard(voice, signatures, repeats, flow.apology)

    @voice.post("/incoming")
    def incoming() -> Response:
        sid, from_, to = call_sid(), field("From", PARTY, needed=True), field("To", PARTY, needed=True)
        return said(sid, lambda: flow.incoming(sid, from_, to))

    @voice.post("/answer")
    def answer() -> Response:
        sid, turn, step = call_sid(), _turn(), request.args.get("step", "")
        if step not in (*QUESTIONS, "queue"):
            refuse("step")
        digits = field("Digits", KEYS) if "Digits" in request.form else None
        return said(sid, lambda: flow.answer(sid, step, turn, digits, **_parties()))

    @voice.post("/next")
    def next_() -> Response:
        sid, _ = call_sid(), _turn()
        return said(sid, lambda: flow.next(sid, **_parties()))

    @voice.post("/wait")
    def wait() -> Response:
        sid, position = call_sid(), field("QueuePosition", NUMBER, default=None)
        return said(sid, lambda: flow.wait(sid, int(position) if position else None, **_parties()))

    @voice.post("/left")
    def left() -> Response:
        sid, result = call_sid(), field("QueueResult", WORD)
        return said(sid, lambda: flow.left(sid, result, **_parties()))

    @voice.post("/held")
    def held() -> Response:
        """Asked again and again by a caller on hold, and whenever the caller is to be somewhere else."""
        sid = call_sid()
        round_ = int(query("round", NUMBER)) if "round" in request.args else 0
        return said(sid, lambda: flow.held(sid, round_, **_parties()))

    @voice.get("/music")
    def music_() -> Response:
        g.token = None  # the same at every request, and no text to be kept
        return Response(music.on_hold(), mimetype="audio/wav")

    @voice.post("/status")
    def status() -> Response:
        sid, word = call_sid(), call_status()
        flow.status(sid, word)
        return twiml("")

    @voice.post("/fallback")
    def fallback() -> Response:
        """Where the carrier goes when another webhook of ours did not answer, or not with TwiML."""
        sid, code = call_sid(), field("ErrorCode", WORD)
        return said(sid, lambda: flow.failed(sid, f"carrier: error {code}", **_parties()))

    @voice.post("/stream")
    def stream() -> Response:
        sid, event = call_sid(), field("StreamEvent", WORD, needed=True)
        if event == "stream-error":
            log.warning("call %s: the carrier reports an error of the audio stream", sid)
            flow.listen_again(sid)
        return twiml("")

    def said(sid: str, document: Callable[[], str]) -> Response:
        """The document; when our own code fails, an apology that leads to a human."""
        parties = _parties()
        try:
            return twiml(document())
        except Exception as error:  # whatever it is, the caller must not hear silence
            log.error("call %s: %s failed: %s", sid, request.path, where(error))
            g.token = None  # a retry may do better
            try:
                return twiml(flow.failed(sid, request.path, **parties))
            except Exception as again:  # not even the records can be reached
                log.error("call %s: the apology could not be recorded: %s", sid, where(again))
                return twiml(flow.apology())

    return voice


def _parties() -> dict[str, str]:
    return {"from_": field("From", PARTY), "to": field("To", PARTY)}


def _turn() -> int:
    return int(query("turn", NUMBER))
