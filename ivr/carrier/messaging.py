"""TwiML of text messages: what the line answers to one."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ivr.carrier.fault import CarrierError

DOCUMENT_FAULT = 12100


def messages_of(document: bytes) -> list[str]:
    """The texts of ``<Response><Message>…``; a message's text may stand in ``<Body>``. Raises ``CarrierError``."""
    try:
        root = ET.fromstring(document)
    except (ET.ParseError, ValueError):
        raise CarrierError("The answer to a text message is no XML", DOCUMENT_FAULT) from None
    if root.tag != "Response":
        raise CarrierError("The answer to a text message is no <Response>", DOCUMENT_FAULT)
    found = []
    for message in root.iter("Message"):
        body = message.find("Body")
        text = "".join((message if body is None else body).itertext()).strip()
        if text:
            found.append(text)
    return found
