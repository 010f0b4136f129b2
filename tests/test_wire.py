"""Flow and local carrier over the wire: real HTTP, real REST, callers with keys; words come from the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from audio.session import Utterance
from hotline.hub import Hub
from hotline.records import Records, migrate
from ivr.carrier.app import create_app
from ivr.carrier.client import place_call
from ivr.carrier.settings import CarrierSettings
from ivr.flow import Flow
from ivr.rest import CarrierRest
from ivr.signature import Signatures
from ivr.stream import Deaf
from ivr.twiml import Urls, Voice
from ivr.webhooks import voice_blueprint
from tests.phone import NOW, SCRIPT
from tests.toy_line import ACCOUNT, CALLER, NUMBER, TOKEN, served

AUTH = (ACCOUNT, TOKEN)
# Longer than the line waits for an answer, so that a caller with nothing left to say is asked everything.
PATIENCE_S = 8.0
Happened = list[dict]


class Wire:
    """A line and its carrier, each on a port of its own."""

    def __init__(self, url: str, flow: Flow, records: Records) -> None:
        self.url, self.flow, self.records = url, flow, records

    def call(self, *script: str, listening: Callable[[str, str, int], None] = lambda *_: None) -> Happened:
        """Place a call with these keys; ``listening`` is told (call, step, turn) whenever the line listens."""
        happened = []
        for one in place_call(self.url, AUTH, script, CALLER, NUMBER, patience_s=PATIENCE_S):
            happened.append(one)
            if one["kind"] == "listening":
                turn = [e.data["state"] for e in self.records.events(one["call_sid"]) if e.kind == "moved"][-1]["turn"]
                listening(one["call_sid"], one["step"], turn)
        return happened

    def kinds(self, happened: Happened) -> list[str]:
        """Kinds of the events of the call that was placed."""
        return [event.kind for event in self.records.events(happened[0]["call_sid"])]


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    records = Records(url)
    line, carrier = Flask("line"), Flask("nowhere")

    def started(app: Flask):
        return served(lambda environ, start: app_of[app](environ, start))

    app_of = {line: line, carrier: carrier}
    with started(line) as line_url, started(carrier) as carrier_url, ThreadPoolExecutor(4) as background:
        flow = Flow(
            Voice(SCRIPT, Urls(line_url)),
            records,
            Hub(),
            CarrierRest(carrier_url, *AUTH, NUMBER),
            lambda *_: Deaf(),
            now=lambda: NOW,
            background=background,
        )
        line.register_blueprint(voice_blueprint(flow, Signatures(line_url, TOKEN), records))
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


def test_a_call_by_keys_and_words_is_filed_read_out_and_sent(wire: Wire) -> None:
    def listening(sid: str, step: str, turn: int) -> None:
        words = {"problem": "营业厅的人态度很差,我等了两个小时", "occurred": "就是昨天的事"}
        if step in words:
            wire.flow.heard(sid, Utterance(words[step], (), 0.0, 1.0, (), f"{step}#{turn}"))

    happened = wire.call("language=1", "phone=13800138000", "evidence=6", "resolution=6", listening=listening)
    assert steps(happened) == ["language", "problem", "occurred", "confirm", "phone", "resolution", "evidence"]
    complaint = wire.records.complaint_of_call(happened[0]["call_sid"])
    assert complaint.state == "filed"
    assert complaint.form["fields"]["phone"]["value"] == "13800138000"
    assert complaint.form["fields"]["resolution"]["value"] == ["apology"]
    message = next(one for one in happened if one["kind"] == "sms")
    assert complaint.number in message["body"]
    assert not [one for one in happened if one["kind"] == "error" and "stream" not in str(one)]
    assert happened[-1]["kind"] == "ended"


def test_whoever_wants_a_human_waits_in_the_queue_and_hears_where(wire: Wire) -> None:
    happened = wire.call("language=1", "problem=0")
    said = "".join(one["text"] for one in happened if one["kind"] == "say")
    assert "第1位" in said
    assert "queued" in wire.kinds(happened)
