"""What the local carrier must know of the line that it serves."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

SID = r"^AC[0-9a-f]{32}$"
NUMBER = r"^\+?[0-9]{3,15}$"
"""A telephone number."""
PARTY = r"^(\+?[0-9]{3,15}|client:[\w.-]{1,100})$"
"""Who can call and be called: a number, or a client by name (Twilio's form)."""


class CarrierSettings(BaseModel):
    """One account with one number. URLs are without a trailing slash.

    ``line_url`` is where the line listens; ``public_url`` is how it is known outside:
    every address in a signature, and every relative address in a document, is built
    on the public one. A request to the public address goes to ``line_url``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    account_sid: str = Field(pattern=SID)
    auth_token: str = Field(min_length=1, repr=False)
    line_url: str
    public_url: str
    number: str = Field(pattern=NUMBER, description="the number that callers dial")
    voice_path: str = Field("/voice/incoming", pattern="^/", description="webhook for an incoming call")
    fallback_path: str | None = Field(None, pattern="^/", description="webhook when another one fails")
    text_path: str = Field("/sms", pattern="^/", description="webhook for an incoming text message")
    status_path: str | None = Field("/voice/status", pattern="^/", description="status callback, at a call's end")
    speech_rate: float = Field(1.0, gt=0, le=100, description="pace of prompts to recorded callers; 2 is twice as fast")
    phone_speech_rate: float = Field(1.0, gt=0, le=100, description="the same where the browser has no voice")
    longest_call_s: float = Field(4 * 3600, gt=0, description="Twilio ends every call after four hours")

    @field_validator("line_url", "public_url")
    @classmethod
    def _address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"an address like http://127.0.0.1:8000 is needed (found {url!r})")
        return url.rstrip("/")

    @property
    def voice_url(self) -> str:
        """The webhook for an incoming call, as it is signed."""
        return self.public_url + self.voice_path

    @property
    def text_url(self) -> str:
        """The webhook for an incoming text message, as it is signed."""
        return self.public_url + self.text_path

    @property
    def fallback_url(self) -> str | None:
        """The webhook when another one fails, as it is signed."""
        return None if self.fallback_path is None else self.public_url + self.fallback_path

    @property
    def status_url(self) -> str | None:
        """The status callback, as it is signed."""
        return None if self.status_path is None else self.public_url + self.status_path
