"""How long a prompt takes to say. Nothing is spoken here; the browser phone has a voice of its own."""

from __future__ import annotations

from ivr.carrier.document import Say

CHARACTERS_A_SECOND = {"zh": 4.5, "cmn": 4.5, "yue": 4.5, "ja": 7.0, "ko": 6.0}
"""Pace of announcements; languages written without an alphabet carry more in a character."""
OTHERS_A_SECOND = 14.0
START_S = 0.2
"""Silence before and after a spoken text, together."""


def seconds(say: Say) -> float:
    """How long one round of this text takes at the pace of an announcement."""
    if not say.text:
        return say.pauses_s
    family = say.lang.partition("-")[0].lower()
    return len(say.text) / CHARACTERS_A_SECOND.get(family, OTHERS_A_SECOND) + START_S + say.pauses_s
