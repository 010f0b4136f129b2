"""What the key of another program may be for: its channel and what it may do."""

from __future__ import annotations

CHANNELS = ("app", "social", "counter")
SCOPES = {
    "file": "file complaints",
    "read": "see complaints that came by this key",
    "read_all": "see every complaint",
    "add": "add evidence and notes",
    "escalate": "take complaints higher and to the regulator, accept answers",
    "withdraw": "withdraw complaints",
}
USUAL = ("file", "read", "add", "escalate", "withdraw")
"""What a new key may do unless its scopes are named."""
