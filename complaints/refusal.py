"""Why a piece of evidence is not taken: one word for each reason, the same on every channel."""

from __future__ import annotations

import re

REASONS = (
    "empty",  # nothing in it
    "too_large",  # one file beyond its limit
    "unknown_type",  # none of the kinds that are taken
    "broken",  # begins like its kind and cannot be read as it
    "two_in_one",  # something else hides in or behind it
    "too_many_pixels",
    "too_long",  # a sound
    "active",  # a document that runs something or carries files
    "locked",  # a document with a password
    "markup",  # a text that a browser would run
    "too_many",  # files of one complaint
    "too_much",  # bytes of one complaint
    "full",  # no room on the disk
    "infected",  # the virus scanner says so
    "unscanned",  # the virus scanner did not answer
    "busy",  # others are being looked at
)
"""Words of refusals; the sentence for each is ``evidence.<word>`` in ``hotline/translations/channels.toml``."""


class Refused(Exception):
    """A file is not taken; ``reason`` is one of ``REASONS``. Never carries a name or a content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


FOREIGN = re.compile(
    rb"PK\x03\x04|PK\x05\x06|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|%PDF-|<\?php"
    rb"|<(?:script|html|svg|iframe|object|embed|body|!doctype)[\s>/]",
    re.IGNORECASE,
)
"""Beginnings of archives, documents and pages: none of them has business within a picture or a sound."""


def only(dropped: bytes) -> None:
    """Raise ``Refused`` when bytes that are not part of the picture or sound hold something else."""
    if FOREIGN.search(dropped):
        raise Refused("two_in_one")
