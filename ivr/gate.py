"""Who may send audio: the door between the media socket and the calls."""

from __future__ import annotations

from ivr.flow import Flow
from ivr.signature import Signatures
from ivr.stream import Stream


class Gate:
    """What ``audio.media`` asks before it takes audio."""

    def __init__(self, flow: Flow, signatures: Signatures) -> None:
        self._flow = flow
        self._signatures = signatures

    def handshake_ok(self, signature: str | None) -> bool:
        """True when the handshake's signature is absent or valid."""
        return self._signatures.handshake_ok(signature)

    def open(self, call_sid: str, token: str) -> Stream | None:
        """The handler for this call's audio; None unless the one-time token is the call's own."""
        return self._flow.open(call_sid, token)
