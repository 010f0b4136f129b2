"""Is this request from our carrier? Twilio's signature, over the configured public URL and never over headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twilio.request_validator import RequestValidator


class Signatures:
    """Checks signatures of webhooks and of the audio socket's handshake.

    ``public_url``: the configured base address, without a trailing slash; ``auth_token``: the account's secret.
    """

    def __init__(self, public_url: str, auth_token: str) -> None:
        self._base = public_url
        self._validator = RequestValidator(auth_token)

    def webhook_ok(self, full_path: str, params: Mapping[str, Any], signature: str | None) -> bool:
        """True when ``signature`` signs a POST of ``params`` to this path (with its query string)."""
        if not signature:
            return False
        # Flask ends a path without a query with a bare question mark; the carrier signed none.
        return self._validator.validate(self._base + full_path.removesuffix("?"), params, signature)

    def handshake_ok(self, signature: str | None) -> bool:
        """True when there is no signature (the one-time token decides) or it signs the socket's address."""
        if signature is None:
            return True
        # Twilio signs the wss:// address, with and without a final slash; a local line is reached by ws://.
        place = self._base.partition("://")[2] + "/media"
        return any(
            self._validator.validate(f"{scheme}://{place}{end}", {}, signature)
            for scheme in ("wss", "ws")
            for end in ("", "/")
        )
