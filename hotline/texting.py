"""Text messages that callers send: ``POST /sms``, signed by the carrier, answered with TwiML ``<Message>``."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request
from twilio.twiml.messaging_response import MessagingResponse

from ivr.admission import PARTY, guard, twiml
from ivr.ports import Repeats
from ivr.signature import Signatures

LONGEST = 1600


def texting_blueprint(
    signatures: Signatures, repeats: Repeats, *, take: Callable[[str, str], tuple[str, str]], words: Callable[[str, str], str]
) -> Blueprint:
    """``take(from, text)`` gives the prompt to answer with and its language; ``words(prompt, language)`` says it."""
    blueprint = Blueprint("texts", __name__)
    guard(blueprint, signatures, repeats, lambda: str(MessagingResponse()))

    @blueprint.post("/sms")
    def sms() -> Response:
        from_, body = request.form.get("From", ""), request.form.get("Body", "")[:LONGEST]
        answer = MessagingResponse()
        if PARTY.fullmatch(from_) and from_:
            answer.message(words(*take(from_, body)))
        return twiml(str(answer))

    return blueprint
