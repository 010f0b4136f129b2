"""Flow and local carrier over the wire: real HTTP, real REST, callers with keys; words come from the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import requests
from flask import Flask

from hotline.database import migrate
from hotline.earlier import Earlier
from hotline.hub import Hub
from hotline.records import Records
from hotline.repeats import Repeats
from ivr.carrier.app import create_app
from ivr.carrier.client import place_call
from ivr.carrier.settings import CarrierSettings
from ivr.flow import Flow
from ivr.rest import CarrierRest
from ivr.script import Script
from ivr.signature import Signatures
from ivr.stream import Deaf
from ivr.twiml import Urls, Voice
from ivr.webhooks import voice_blueprint
from tests.ledgers import ledger_of
from tests.phone import NOW, SCRIPT, texts_of
from tests.toy_line import ACCOUNT, CALLER, NUMBER, TOKEN, served

AUTH = (ACCOUNT, TOKEN)
# Longer than the line waits for an answer, so that a caller with nothing left to say is asked everything.
PATIENCE_S = 8.0
Happened = list[dict]


class Wire:
    """A line and its carrier, each on a port of its own."""

    def __init__(self, url: str, flow: Flow, records: Records) -> None:
        self.url, self.flow, self.records = url, flow, records

    def call(
        self,
        *script: str,
        listening: Callable[[str, str, int], None] = lambda *_: None,
        caller: str = CALLER,
        hang_up_on: str = "",
    ) -> Happened:
        """Place a call with these keys; ``listening`` is told (call, step, turn) whenever the line listens.

        ``hang_up_on``: the kind of happening at which the caller has had enough.
        """
        happened = []
        for one in place_call(self.url, AUTH, script, caller, NUMBER, patience_s=PATIENCE_S):
            happened.append(one)
            if one["kind"] == hang_up_on:
                requests.post(
                    f"{self.url}/2010-04-01/Accounts/{ACCOUNT}/Calls/{one['call_sid']}.json",
                    data={"Status": "completed"}, auth=AUTH, timeout=5,
                )  # fmt: skip
            if one["kind"] == "listening":
                turn = [e.data["state"] for e in self.records.events(one["call_sid"]) if e.kind == "moved"][-1]["turn"]
                listening(one["call_sid"], one["step"], turn)
        return happened

    def kinds(self, happened: Happened) -> list[str]:
        """Kinds of the events of the call that was placed."""
        return [event.kind for event in self.records.events(happened[0]["call_sid"])]


@contextmanager
def wired(folder: Path, script: Script = SCRIPT, now: Callable[[], datetime] = lambda: NOW) -> Iterator[Wire]:
    """A line with this script, its records in ``folder``, and its carrier."""
    url = f"sqlite:///{folder / 'hotline.db'}"
    migrate(url)
    records = Records(url)
    line, carrier = Flask("line"), Flask("nowhere")

    def started(app: Flask):
        return served(lambda environ, start: app_of[app](environ, start))

    app_of = {line: line, carrier: carrier}
    with started(line) as line_url, started(carrier) as carrier_url, ThreadPoolExecutor(4) as background:
        rest = CarrierRest(carrier_url, *AUTH, NUMBER)
        flow = Flow(
            Voice(script, Urls(line_url)),
            records,
            Hub(),
            rest,
            lambda *_: Deaf(),
            earlier=Earlier(ledger_of(records, now)),
            texts=texts_of(records, rest, now),
            now=now,
            background=background,
        )
        line.register_blueprint(voice_blueprint(flow, Signatures(line_url, TOKEN), Repeats(records)))
        app_of[carrier] = create_app(
            CarrierSettings(
                account_sid=ACCOUNT, auth_token=TOKEN, line_url=line_url, public_url=line_url, number=NUMBER,
                speech_rate=100.0,
            )
        )
        try:
            yield Wire(carrier_url, flow, records)
        finally:
            app_of[carrier].extensions["exchange"].close()
    records.close()


def steps(happened: Happened) -> list[str]:
    """The questions in the order in which the line listened."""
    return [one["step"] for one in happened if one["kind"] == "listening"]
