"""Text messages that the line sent: kept to be looked at, never sent anywhere."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from ivr.carrier.call import API_VERSION, sid

KEPT = 1000
SEGMENT = 70
"""Characters of one part of a message in UCS-2, as Chinese text needs it."""


class Outbox:
    """The newest messages, newest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: list[dict[str, Any]] = []

    def add(self, account_sid: str, from_: str, to: str, body: str) -> dict[str, Any]:
        """Keep a message; returns it as Twilio's REST API shows it."""
        number = sid("SM")
        now = format_datetime(datetime.now(UTC))
        message = {
            "sid": number,
            "account_sid": account_sid,
            "api_version": API_VERSION,
            "body": body,
            "date_created": now,
            "date_sent": None,
            "date_updated": now,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": from_,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(max(1, -(-len(body) // SEGMENT))),
            "price": None,
            "price_unit": "USD",
            "status": "queued",
            "subresource_uris": {},
            "to": to,
            "uri": f"/{API_VERSION}/Accounts/{account_sid}/Messages/{number}.json",
        }
        with self._lock:
            self._messages.insert(0, message)
            del self._messages[KEPT:]
        return message

    def messages(self) -> list[dict[str, Any]]:
        """All messages kept, newest first."""
        with self._lock:
            return list(self._messages)

