"""The carrier's end of the wire for tests of the webhooks: signed requests against a real line without audio."""

from __future__ import annotations

import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from audio.session import Utterance
from complaints.texts import Texts
from hotline.channels import sender
from hotline.earlier import Earlier
from hotline.hub import Hub
from hotline.records import Records
from hotline.repeats import Repeats
from hotline.roster import Roster
from hotline.settings import HOUSE
from ivr.floor import Floor
from ivr.flow import Flow
from ivr.leg_webhooks import leg_blueprint
from ivr.legs import Legs, LegUrls
from ivr.script import Script
from ivr.signature import Signatures
from ivr.stream import Deaf, Listen
from ivr.twiml import Urls, Voice
from ivr.webhooks import voice_blueprint
from tests.ledgers import ledger_of

BASE = "https://line.example.org"
TOKEN = "12345"
SID = "CA" + "1" * 32
CALLER = "+4915112345678"
"""From abroad: a number that cannot be what the complaint is about, so that the question for it is asked."""

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def sections() -> dict:
    """The phone's sections of the project's hotline.toml."""
    document = tomllib.loads((Path(HOUSE) / "hotline.toml").read_text(encoding="utf-8"))
    return {name: document[name] for name in Script.model_fields}


SCRIPT = Script(**sections())


class Requests:
    """What the line asked of the carrier by REST."""

    def __init__(self) -> None:
        self.redirects: list[str] = []
        self.forks: list[tuple[str, str]] = []
        self.messages: list[tuple[str, str]] = []
        self.rung: list[tuple[str, str, str, int]] = []
        self.cancelled: list[str] = []
        self.hung_up: list[str] = []
        self.statuses: dict[str, str] = {}
        self.away = False

    def redirect(self, call_sid: str, url: str) -> None:
        """A live call was to go on at ``url``."""
        self.redirects.append(url)

    def fork(self, call_sid: str, url: str, token: str, status_url: str) -> None:
        """A stream was to be opened in mid-call."""
        self.forks.append((call_sid, token))

    def ring(self, to: str, url: str, status_url: str, timeout_s: int) -> str:
        """Somebody was to be rung: the SID of that call."""
        self.rung.append((to, url.removeprefix(BASE), status_url.removeprefix(BASE), timeout_s))
        return self.leg(len(self.rung) - 1)

    @staticmethod
    def leg(number: int) -> str:
        """SID of the call that was rung as this one, from 0."""
        return "CA" + f"{number:032x}"

    def cancel(self, call_sid: str) -> None:
        """A call was to ring no longer."""
        self.cancelled.append(call_sid)

    def hang_up(self, call_sid: str) -> None:
        """A call was to end."""
        self.hung_up.append(call_sid)

    def status(self, call_sid: str) -> str:
        """How a call is, as the test says."""
        return self.statuses.get(call_sid, "in-progress")

    def sms(self, to: str, body: str) -> None:
        """A text message was to be sent; ``away``: the carrier does not take it."""
        if self.away:
            raise ConnectionError
        self.messages.append((to, body))


class AtOnce(Executor):
    """Does background work in the foreground, so that a test sees it done."""

    def submit(self, fn, /, *args, **kwargs) -> Future:  # noqa: D102
        done: Future = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def texts_of(records: Records, carrier: Requests, now: Callable[[], datetime]) -> Texts:
    """Text messages, sent in the foreground."""
    return Texts(records, send=sender(SCRIPT, carrier), background=AtOnce(), now=lambda: now().timestamp())  # type: ignore[arg-type]


class Phone:
    """A line with its own records, and a carrier that calls it."""

    def __init__(self, records: Records, *, listen: Listen = lambda *_: Deaf(), now=lambda: NOW, tapes=None) -> None:
        self.records = records
        self.carrier = Requests()
        self._listen, self._now, self._tapes = listen, now, tapes
        self._validator = RequestValidator(TOKEN)
        self.restart()

    def restart(self) -> None:
        """Forget everything that is not in the records, as kill -9 does."""
        voice, urls, signatures = Voice(SCRIPT, Urls(BASE)), LegUrls(BASE), Signatures(BASE, TOKEN)
        texts = texts_of(self.records, self.carrier, self._now)
        self.floor = Floor(
            SCRIPT, Roster(self.records), self.records, self.carrier, urls, texts=texts,
            now=lambda: self._now().timestamp(), background=AtOnce(),
        )  # fmt: skip
        self.flow = Flow(
            voice, self.records, Hub(), self.carrier, self._listen, earlier=Earlier(ledger_of(self.records, self._now)), texts=texts, now=self._now, background=AtOnce(),
            floor=self.floor, tapes=self._tapes,
        )  # fmt: skip
        app = Flask("phone")
        app.register_blueprint(voice_blueprint(self.flow, signatures, Repeats(self.records)))
        legs = Legs(SCRIPT, urls)
        app.register_blueprint(leg_blueprint(self.flow, self.floor, legs, signatures, Repeats(self.records)))
        self._client = app.test_client()

    def request(self, path: str, params: dict[str, str], headers: dict[str, str] | None = None) -> TestResponse:
        """A signed POST of exactly these parameters."""
        signature = self._validator.compute_signature(BASE + path, params)
        return self._client.post(path, data=params, headers={"X-Twilio-Signature": signature, **(headers or {})})

    def post(self, path: str, sid: str = SID, headers: dict[str, str] | None = None, **params: str) -> TestResponse:
        """A signed webhook of a call."""
        whole = {"CallSid": sid, "From": CALLER, "To": "10086", **params}
        return self.request(path, whole, headers)

    def unsigned(self, path: str, **options) -> TestResponse:
        """Any request as it is."""
        return self._client.open(path, method=options.pop("method", "POST"), **options)

    def listening(self, response: TestResponse) -> str:
        """Path of the answer that a document listens for."""
        gather = ElementTree.fromstring(response.text).find("Gather")
        assert gather is not None, response.text
        return gather.get("action").removeprefix(BASE)

    def dial(self, sid: str = SID) -> str:
        """Call in and let the language question pass; the path of the first answer."""
        language = self.listening(self.post("/voice/incoming", sid))
        return self.listening(self.post(language, sid))

    def say(self, text: str, *, ask: str = "", digits: tuple[str, ...] = (), sid: str = SID) -> None:
        """The recogniser heard this as an answer to the present question (or to ``ask``)."""
        state = self.state(sid)
        label = ask or f"{state['step']}#{state['turn']}"
        self.flow.heard(sid, Utterance(text, (), 1.0, 2.0, digits, label))

    def state(self, sid: str = SID) -> dict:
        """The newest stored state of the menu machine."""
        return [event.data["state"] for event in self.records.events(sid) if event.kind == "moved"][-1]

    def kinds(self, sid: str = SID) -> list[str]:
        """Kinds of the call's events."""
        return [event.kind for event in self.records.events(sid)]

    def fields(self, sid: str = SID) -> dict:
        """What the log says of the form's fields, the newest value of each."""
        return {
            event.data["field"]: event.data["value"]
            for event in self.records.events(sid)
            if event.kind == "field_heard"
        }
