"""TwiML: from bytes to checked verbs. No I/O.

``parse`` either returns a document of verbs with typed attributes or raises
``CarrierError`` that names verb and document. Source of verbs, attributes and
defaults: Twilio's TwiML Voice reference.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from ivr.carrier.fault import CarrierError

LARGEST = 64 * 1024
"""Bytes of a document by webhook."""
LARGEST_INLINE = 4000
"""Characters of a document given by REST."""
LONGEST_SAY = 4096
"""Characters in one ``<Say>``."""
LONGEST_NAME = 64
"""Characters of a queue's name."""
MOST_PARTICIPANTS = 250
"""In one conference."""
KEYS = "0123456789*#"

INVALID_DOCUMENT = 12100
INVALID_VERB = 12200
STREAM_URL = 21620
TRACKS = ("inbound_track", "outbound_track", "both_tracks")
"""The sides of a call that a stream may carry."""
MISSING_ATTRIBUTE = 12200
TOO_LARGE = 11750


@dataclass(frozen=True)
class Say:
    """Text to speak. ``pauses_s``: silence asked for inside it (SSML breaks), seconds."""

    text: str
    lang: str = "en-US"
    loop: int = 1
    pauses_s: float = 0.0


@dataclass(frozen=True)
class Play:
    """A recording to play, or keys to sound when ``digits`` is given. ``loop`` 0: without end."""

    url: str
    loop: int = 1
    digits: str = ""


@dataclass(frozen=True)
class Pause:
    """Silence of ``length_s`` seconds."""

    length_s: float = 1.0


Prompt = Say | Play | Pause


@dataclass(frozen=True)
class Gather:
    """Collect keys while and after ``prompts`` are heard."""

    prompts: tuple[Prompt, ...]
    action: str
    method: str = "POST"
    timeout_s: float = 5.0
    num_digits: int | None = None
    finish_on_key: str = "#"
    action_on_empty: bool = False


@dataclass(frozen=True)
class Redirect:
    """Go on with the document at ``url``."""

    url: str
    method: str = "POST"


@dataclass(frozen=True)
class StartStream:
    """Fork the call's audio to a WebSocket. ``parameters`` arrive in the start message."""

    url: str
    name: str = ""
    track: str = "inbound_track"
    status_callback: str = ""
    status_method: str = "POST"
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class StopStream:
    """End the fork of this name."""

    name: str


@dataclass(frozen=True)
class Enqueue:
    """Wait in the queue ``name`` while the document at ``wait_url`` is heard."""

    name: str
    wait_url: str = ""
    wait_method: str = "POST"
    action: str = ""
    method: str = "POST"


@dataclass(frozen=True)
class DialQueue:
    """Take the head of the queue ``name``; ``url`` is played to that caller first."""

    name: str
    url: str = ""
    url_method: str = "POST"
    action: str = ""
    method: str = "POST"
    timeout_s: float = math.inf
    hangup_on_star: bool = False


@dataclass(frozen=True)
class DialConference:
    """Talk with whoever is in the conference ``name``.

    ``starts``: voices are joined once somebody is there who starts it; ``ends``: it ends for all when this one goes.
    """

    name: str
    starts: bool = True
    ends: bool = False
    most: int = MOST_PARTICIPANTS
    action: str = ""
    method: str = "POST"
    hangup_on_star: bool = False


@dataclass(frozen=True)
class Leave:
    """Leave the queue (only in a document heard while waiting)."""


@dataclass(frozen=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True)
class Reject:
    """Refuse the call; ``reason`` is ``rejected`` or ``busy``."""

    reason: str = "rejected"


Verb = (
    Say | Play | Pause | Gather | Redirect | StartStream | StopStream | Enqueue | DialQueue | DialConference | Leave
    | Hangup | Reject
)

WAITING: tuple[type, ...] = (Say, Play, Pause, Gather, Redirect, Leave, Hangup)
"""Verbs that a document heard in a queue may hold."""
BEFORE_JOINING: tuple[type, ...] = (Say, Play, Pause, Redirect)
"""Verbs that a document heard just before being connected may hold."""
EVERYWHERE: tuple[type, ...] = tuple(kind for kind in Verb.__args__ if kind is not Leave)


@dataclass(frozen=True)
class Document:
    """The verbs of one answer; ``url`` is where it came from."""

    url: str
    verbs: tuple[Verb, ...]


def parse(data: bytes | str, url: str, allowed: Collection[type] = EVERYWHERE) -> Document:
    """The document in ``data``, which came from ``url``. Raises ``CarrierError``."""
    size = len(data) if isinstance(data, bytes) else len(data.encode(errors="replace"))
    if size > LARGEST:
        raise CarrierError(f"The document is larger than {LARGEST // 1024} kB", TOO_LARGE, url)
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)" if isinstance(data, bytes) else r"<!\s*(DOCTYPE|ENTITY)", data):
        raise CarrierError("A document type declaration has no place in TwiML", INVALID_DOCUMENT, url)
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise CarrierError(f"The answer is not TwiML: {error}", INVALID_DOCUMENT, url) from None
    if root.tag != "Response":
        raise CarrierError(f"TwiML starts with <Response>, not <{root.tag}>", INVALID_DOCUMENT, url)
    reader = _Reader(url)
    verbs = tuple(reader.verb(element) for element in _children(root))
    for verb, element in zip(verbs, _children(root), strict=True):
        if not isinstance(verb, tuple(allowed)):
            raise CarrierError(f"<{element.tag}> is not allowed in this document", INVALID_VERB, url)
    return Document(url, verbs)


def stream_fault(url: str) -> str:
    """Why audio cannot be sent to this address, '' when it can."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"url {url!r} is not an address: {error}"
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        return "url must be a wss:// address"
    if parts.scheme == "ws" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        return "url must be wss://; ws:// is taken for this machine only"
    if parts.query or parts.fragment:
        return "url takes no query string; use a parameter"
    return ""


def _children(element: ET.Element) -> list[ET.Element]:
    return [child for child in element if isinstance(child.tag, str)]


T = TypeVar("T")


class _Reader:
    """Reads elements of one document; relative addresses are relative to it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def verb(self, element: ET.Element) -> Verb:
        match element.tag:
            case "Say" | "Play" | "Pause":
                return self.prompt(element)
            case "Gather":
                return self.gather(element)
            case "Redirect":
                return Redirect(self.link(element, (element.text or "").strip()), self.method(element, "method"))
            case "Start":
                return self.start(self.only(element, "Stream"))
            case "Stop":
                return StopStream(self.required(self.only(element, "Stream"), "name"))
            case "Enqueue":
                return self.enqueue(element)
            case "Dial":
                return self.dial(element)
            case "Leave":
                return Leave()
            case "Hangup":
                return Hangup()
            case "Reject":
                return Reject(self.one_of(element, "reason", ("rejected", "busy")))
        raise self.error(f"<{element.tag}> is not a verb that the local carrier knows")

    def prompt(self, element: ET.Element) -> Prompt:
        match element.tag:
            case "Say":
                text = " ".join("".join(element.itertext()).split())
                if len(text) > LONGEST_SAY:
                    raise self.error(f"<Say> takes at most {LONGEST_SAY} characters; this one has {len(text)}")
                breaks = sum(self.seconds(one, "time", "s") for one in element.iter("break"))
                return Say(text, element.get("language") or "en-US", self.whole(element, "loop", 1, least=0), breaks)
            case "Play":
                digits = element.get("digits", "")
                text = (element.text or "").strip()
                loop = self.whole(element, "loop", 1, least=0)
                if digits and not text:
                    return Play("", loop, digits)
                return Play(self.link(element, text), loop)
            case "Pause":
                return Pause(self.number(element, "length", 1.0, least=0))
        raise self.error(f"<{element.tag}> cannot be nested in <Gather>")

    def gather(self, element: ET.Element) -> Gather:
        kinds = (element.get("input") or "dtmf").split()
        if kinds != ["dtmf"]:
            raise self.error(f'<Gather input="{" ".join(kinds)}">: the local carrier collects keys only (dtmf)')
        finish = element.get("finishOnKey", "#")
        if len(finish) > 1 or finish not in KEYS:
            raise self.error(f"<Gather> finishOnKey is one key or empty, not {finish!r}")
        return Gather(
            prompts=tuple(self.prompt(child) for child in _children(element)),
            action=self.link(element, element.get("action") or self._url),
            method=self.method(element, "method"),
            timeout_s=self.number(element, "timeout", 5.0, least=0),
            num_digits=self.whole(element, "numDigits", 0, least=1) if "numDigits" in element.attrib else None,
            finish_on_key=finish,
            action_on_empty=self.boolean(element, "actionOnEmptyResult"),
        )

    def start(self, element: ET.Element) -> StartStream:
        url = urljoin(self._url, self.required(element, "url"))
        url = re.sub("^http", "ws", url)
        fault = stream_fault(url)
        if fault:
            raise self.error(f"<Stream> {fault}", STREAM_URL)
        pairs = []
        for child in _children(element):
            if child.tag != "Parameter":
                raise self.error(f"<{child.tag}> cannot be nested in <Stream>")
            pairs.append((self.required(child, "name"), child.get("value", "")))
        callback = element.get("statusCallback")
        return StartStream(
            url=url,
            name=element.get("name", ""),
            track=self.one_of(element, "track", TRACKS),
            status_callback=self.link(element, callback) if callback else "",
            status_method=self.method(element, "statusCallbackMethod"),
            parameters=tuple(pairs),
        )

    def enqueue(self, element: ET.Element) -> Enqueue:
        wait, action = element.get("waitUrl"), element.get("action")
        return Enqueue(
            name=self.queue_name(element),
            wait_url=self.link(element, wait) if wait else "",
            wait_method=self.method(element, "waitUrlMethod"),
            action=self.link(element, action) if action else "",
            method=self.method(element, "method"),
        )

    def dial(self, element: ET.Element) -> DialQueue | DialConference:
        conference = element.find("Conference")
        if conference is not None:
            return self.conference(element, self.only(element, "Conference"))
        queue = self.only(element, "Queue")
        action, url = element.get("action"), queue.get("url")
        return DialQueue(
            name=self.queue_name(queue),
            url=self.link(queue, url) if url else "",
            url_method=self.method(queue, "method"),
            action=self.link(element, action) if action else "",
            method=self.method(element, "method"),
            timeout_s=self.number(element, "timeout", math.inf, least=0),
            hangup_on_star=self.boolean(element, "hangupOnStar"),
        )

    def conference(self, element: ET.Element, conference: ET.Element) -> DialConference:
        # Twilio plays music to whoever waits when no waitUrl is given; here nobody hears what was not asked for.
        if conference.get("waitUrl"):
            raise self.error('<Conference waitUrl>: the local carrier plays nothing before a conference; write waitUrl=""')
        name, action = (conference.text or "").strip(), element.get("action")
        if not name:
            raise self.error("<Conference>: a conference needs a name")
        return DialConference(
            name=name,
            starts=self.boolean(conference, "startConferenceOnEnter", default="true"),
            ends=self.boolean(conference, "endConferenceOnExit"),
            most=min(self.whole(conference, "maxParticipants", MOST_PARTICIPANTS, least=2), MOST_PARTICIPANTS),
            action=self.link(element, action) if action else "",
            method=self.method(element, "method"),
            hangup_on_star=self.boolean(element, "hangupOnStar"),
        )

    # -- one attribute, one address -------------------------------------------------

    def error(self, text: str, code: int = INVALID_VERB) -> CarrierError:
        return CarrierError(text, code, self._url)

    def only(self, element: ET.Element, noun: str) -> ET.Element:
        children = _children(element)
        if len(children) != 1:
            raise self.error(f"<{element.tag}> holds one <{noun}>; this one holds {len(children)} elements")
        if children[0].tag != noun:
            raise self.error(f"<{children[0].tag}> in <{element.tag}> is not a noun that the local carrier knows")
        return children[0]

    def required(self, element: ET.Element, name: str) -> str:
        value = element.get(name)
        if not value:
            raise self.error(f"<{element.tag}> has no {name}", MISSING_ATTRIBUTE)
        return value

    def link(self, element: ET.Element, text: str) -> str:
        if not text:
            raise self.error(f"<{element.tag}> names no address", MISSING_ATTRIBUTE)
        try:
            url = urljoin(self._url, text)
        except ValueError as error:
            raise self.error(f"<{element.tag}>: {text!r} is not an address: {error}") from None
        parts = self.split(element, url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise self.error(f"<{element.tag}>: {text!r} is not a web address")
        return url

    def split(self, element: ET.Element, url: str):  # noqa: ANN201 (SplitResult, private to urllib.parse)
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError as error:
            raise self.error(f"<{element.tag}>: {url!r} is not an address: {error}") from None
        return parts

    def queue_name(self, element: ET.Element) -> str:
        name = (element.text or "").strip()
        if not 0 < len(name) <= LONGEST_NAME:
            raise self.error(f"<{element.tag}>: a queue's name has 1 to {LONGEST_NAME} characters")
        return name

    def method(self, element: ET.Element, name: str) -> str:
        return self.checked(element, name, "POST", str.upper, lambda value: value in ("GET", "POST"), "GET or POST")

    def one_of(self, element: ET.Element, name: str, choices: tuple[str, ...]) -> str:
        return self.checked(element, name, choices[0], str, lambda value: value in choices, " or ".join(choices))

    def boolean(self, element: ET.Element, name: str, default: str = "false") -> bool:
        value = self.checked(
            element, name, default, str.lower, lambda value: value in ("true", "false"), "true or false"
        )
        return value == "true"

    def whole(self, element: ET.Element, name: str, default: int, least: int) -> int:
        return self.checked(
            element, name, default, int, lambda value: value >= least, f"a whole number from {least}"
        )

    def number(self, element: ET.Element, name: str, default: float, least: float) -> float:
        return self.checked(
            element, name, default, float, lambda value: least <= value < math.inf, f"a number from {least:g}"
        )

    def seconds(self, element: ET.Element, name: str, unit: str) -> float:
        def read(text: str) -> float:
            return float(text[:-2]) / 1000 if text.endswith("ms") else float(text.removesuffix(unit))

        return self.checked(element, name, 0.0, read, lambda value: 0 <= value <= 10, "up to 10s, or in ms")

    def checked(
        self, element: ET.Element, name: str, default: T, read: Callable[[str], T], right: Callable[[T], bool], form: str
    ) -> T:
        text = element.get(name)
        if text is None:
            return default
        try:
            value = read(text)
        except ValueError:
            value = None
        if value is None or not right(value):
            raise self.error(f"<{element.tag}> {name} is {form}, not {text!r}")
        return value
