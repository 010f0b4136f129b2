"""Requests to the line, signed and retried as Twilio does it.

Limits, retries and their overrides in the address's fragment (``#rc=2&rp=5xx,ct``)
follow Twilio's "webhook connection overrides": by default one retry, and only when
no connection comes about.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag, urlencode, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.request_validator import RequestValidator
from urllib3.util import Timeout

from ivr.carrier.document import LARGEST
from ivr.carrier.fault import CarrierError

log = logging.getLogger(__name__)

HTTP_FAILURE = 11200
CONNECTION_FAILURE = 11205
CONTENT_TYPE = 12300
XML_TYPES = ("text/xml", "application/xml", "text/html")
POOL = 200


@dataclass(frozen=True)
class Policy:
    """How long to wait (seconds) and what to try again; ``retry_on`` holds 4xx, 5xx, ct, rt."""

    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, fragment: str) -> Policy:
        """The policy that a fragment asks for; what is not understood keeps its default."""
        asked = dict(parse_qsl(fragment))

        def within(name: str, default: float, low: int, high: int, unit: float) -> float:
            text = asked.get(name, "")
            return int(text) * unit if text.isdecimal() and low <= int(text) <= high else default

        on = frozenset(asked["rp"].split(",")) if "rp" in asked else cls.retry_on
        return cls(
            connect_s=within("ct", cls.connect_s, 100, 10_000, 0.001),
            read_s=within("rt", cls.read_s, 100, 15_000, 0.001),
            total_s=within("tt", cls.total_s, 100, 15_000, 0.001),
            retries=int(within("rc", cls.retries, 0, 5, 1)),
            retry_on=frozenset({"4xx", "5xx", "ct", "rt"}) if "all" in on else on,
        )


@dataclass(frozen=True)
class Answer:
    """What the line answered: ``body`` of at most ``LARGEST`` + 1 bytes."""

    status: int
    content_type: str
    body: bytes


class Webhooks:
    """Talks to the line's webhooks for one account.

    Addresses given and signed are public ones; what starts with ``public_url`` is
    fetched from ``line_url``.
    """

    def __init__(self, auth_token: str, line_url: str, public_url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._line_url = line_url
        self._public_url = public_url
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy for the world outside is none for the line
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=POOL))

    def reached_at(self, url: str) -> str:
        """Where a public address (http, https, ws, wss) is to be reached from here.

        The line may listen without TLS behind its public address; a socket is then
        reached without TLS too.
        """
        parts, public, line = urlsplit(url), urlsplit(self._public_url), urlsplit(self._line_url)
        path = parts.path.removeprefix(public.path) if public.path else parts.path
        if parts.netloc != public.netloc or not parts.path.startswith(public.path):
            return url
        scheme = line.scheme.replace("http", "ws") if parts.scheme in ("ws", "wss") else line.scheme
        return urlunsplit((scheme, line.netloc, line.path + path, parts.query, ""))

    def signature(self, url: str, params: Mapping[str, str]) -> str:
        """Twilio's signature of a request with these form parameters."""
        return self._validator.compute_signature(url, dict(params))

    def handshake_signature(self, url: str) -> str:
        """The signature of a Media Stream's handshake: always of the ``wss://`` form of its address."""
        return self.signature("wss:" + url.partition(":")[2], {})

    def document(self, url: str, method: str, params: Mapping[str, str]) -> bytes:
        """The TwiML that the webhook answers. Raises ``CarrierError`` in plain words."""
        answer = self.send(url, method, params)
        if answer.status == 204:
            return b"<Response/>"
        if answer.content_type not in XML_TYPES:
            kind = answer.content_type or "nothing"
            raise CarrierError(f"The webhook answered {kind} where text/xml is needed", CONTENT_TYPE, url)
        return answer.body

    def sound(self, url: str) -> bytes:
        """A recording to play. Raises ``CarrierError``."""
        return self.send(url, "GET", {}, largest=64 * LARGEST * 16).body

    def send(self, url: str, method: str, params: Mapping[str, str], largest: int = LARGEST) -> Answer:
        """Send one request, tried again as its policy says. Raises ``CarrierError`` unless answered 2xx."""
        address, fragment = urldefrag(url)
        policy = Policy.of(fragment)
        until = time.monotonic() + policy.total_s
        headers = {"I-Twilio-Idempotency-Token": str(uuid.uuid4()), "User-Agent": "TwilioProxy/1.1 (local carrier)"}
        if method == "GET" and params:
            address += ("&" if "?" in address else "?") + urlencode(params)
        headers["X-Twilio-Signature"] = self.signature(address, params if method == "POST" else {})
        for tries_left in range(policy.retries, -1, -1):
            try:
                return self._once(address, method, params, headers, policy, until, largest)
            except _Failed as failed:
                if tries_left == 0 or failed.kind not in policy.retry_on or time.monotonic() >= until:
                    # Without the parameters that GET puts into the address: numbers of people are among them.
                    raise CarrierError(failed.text, failed.code, urldefrag(url).url) from None
                log.info("webhook tried again: %s", failed.text)
        raise AssertionError("the last try returns or raises")

    def _once(
        self,
        address: str,
        method: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        policy: Policy,
        until: float,
        largest: int,
    ) -> Answer:
        left = max(0.05, until - time.monotonic())
        try:
            with self._session.request(
                method,
                self.reached_at(address),
                data=dict(params) if method == "POST" else None,
                headers=headers,
                timeout=Timeout(connect=min(policy.connect_s, left), read=min(policy.read_s, left)),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = b""
                for block in response.iter_content(8192):
                    body += block
                    if len(body) > largest:
                        break
                    if time.monotonic() > until:
                        raise _Failed("rt", f"The webhook took longer than {policy.total_s:g} s", HTTP_FAILURE)
        except requests.ConnectTimeout:
            raise _Failed("ct", f"No connection to the webhook in {policy.connect_s:g} s", CONNECTION_FAILURE) from None
        except requests.Timeout:
            raise _Failed("rt", f"The webhook did not answer in {policy.read_s:g} s", HTTP_FAILURE) from None
        except requests.ConnectionError as error:
            if "Read timed out" in str(error):
                raise _Failed("rt", f"The webhook did not answer in {policy.read_s:g} s", HTTP_FAILURE) from None
            raise _Failed("ct", "No connection to the webhook: is the line up?", CONNECTION_FAILURE) from None
        except requests.RequestException as error:
            raise _Failed("", f"The webhook's answer is broken: {type(error).__name__}", HTTP_FAILURE) from None
        if not 200 <= response.status_code < 300:
            kind = {4: "4xx", 5: "5xx"}.get(response.status_code // 100, "")
            raise _Failed(kind, f"The webhook answered {response.status_code} {response.reason}", HTTP_FAILURE)
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(response.status_code, content_type, body)


class _Failed(Exception):
    def __init__(self, kind: str, text: str, code: int) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.code = code
