"""Who is let in to the carrier's webhooks: the signature, repeats, the form of every parameter. One way for all."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from flask import Blueprint, Response, abort, g, request
from werkzeug.exceptions import HTTPException

from ivr.ports import Repeats
from ivr.signature import Signatures
from ivr.trouble import where

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
"""A webhook's parameters take a few hundred bytes."""

STATUSES = (
    "queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled",
)

SID = re.compile(r"CA[0-9A-Za-z]{1,62}")
PARTY = re.compile(r"[+\w.:;@=-]{0,64}")
KEYS = re.compile(r"[0-9*#]{0,64}")
NUMBER = re.compile(r"\d{1,9}", re.ASCII)
WORD = re.compile(r"[\w-]{0,64}", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,255}")


def guard(
    blueprint: Blueprint, signatures: Signatures, repeats: Repeats, apology: Callable[[], str]
) -> None:
    """Let only signed requests in, answer repeats as the first time, and failures of ours with ``apology()``."""

    @blueprint.before_request
    def admit() -> Response | None:
        request.max_content_length = BODY_LIMIT
        signature = request.headers.get("X-Twilio-Signature")
        if not signatures.webhook_ok(request.full_path, request.form, signature):
            log.warning("%s refused: the signature is %s", request.path, "wrong" if signature else "missing")
            return plain("the signature is missing or wrong", 403)
        token = request.headers.get("I-Twilio-Idempotency-Token", "")
        if _TOKEN.fullmatch(token):
            g.token = token
            body = repeats.answer(token)
            if body is not None:
                g.token = None
                return twiml(body)
        return None

    @blueprint.after_request
    def remember(response: Response) -> Response:
        if g.get("token") and response.status_code in (200, 204):
            try:
                repeats.keep(g.token, response.get_data(as_text=True))
            except Exception as error:  # the answer itself is good; a retry meets the turn's own check
                log.error("%s: the answer could not be kept: %s", request.path, where(error))
        return response

    @blueprint.errorhandler(Exception)
    def failed(error: Exception) -> HTTPException | Response:
        if isinstance(error, HTTPException):
            return error
        log.error("%s failed: %s", request.path, where(error))
        g.token = None
        if request.path.endswith(("/status", "/stream")):
            return plain("an error of ours", 500)
        return twiml(apology())


def call_sid() -> str:
    """The call that the request is about."""
    return field("CallSid", SID, needed=True)


def call_status() -> str:
    """The carrier's word for the call."""
    word = field("CallStatus", WORD, needed=True)
    if word not in STATUSES:
        refuse("CallStatus")
    return word


def field(name: str, form: re.Pattern[str], *, needed: bool = False, default: str | None = "") -> str | None:
    """A parameter of the form; a wrong one is refused (400)."""
    return _checked(name, request.form.get(name), form, needed, default)


def query(name: str, form: re.Pattern[str]) -> str:
    """A parameter of the address; it must be there."""
    return _checked(name, request.args.get(name), form, True, "")


def _checked(name: str, value: str | None, form: re.Pattern[str], needed: bool, default: str | None) -> str | None:
    if value is None:
        if needed:
            refuse(name, "is missing")
        return default
    if not form.fullmatch(value):
        refuse(name)
    return value


def refuse(name: str, what: str = "is not as it should be") -> None:
    """End the request: this parameter cannot be used (400)."""
    # The value stays out of log and answer: it may be somebody's number.
    log.warning("%s refused: parameter %s %s", request.path, name, what)
    abort(plain(f"parameter {name} {what}", 400))


def plain(text: str, code: int) -> Response:
    """An answer in words."""
    return Response(text + "\n", code, mimetype="text/plain")


def twiml(document: str) -> Response:
    """A document for the carrier; nothing (204) for an empty one."""
    return Response(document, 200, mimetype="text/xml") if document else Response(status=204)
