"""What can go wrong between carrier and line, in words, with Twilio's error number."""

from __future__ import annotations


class CarrierError(Exception):
    """The line asked for something that cannot be done.

    The text is a whole sentence for the person who runs the line: it names the verb
    or the answer, and the document's address. ``code`` is Twilio's number for the
    same error, as sent to a fallback webhook; ``url`` is the address that failed.
    """

    def __init__(self, text: str, code: int, url: str = "") -> None:
        super().__init__(f"{text} ({url})" if url else text)
        self.code = code
        self.url = url
