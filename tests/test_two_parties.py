"""Caller and agent through the line and the real local carrier: they are brought together and hear each other."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from flask import Flask

from hotline.hub import Hub
from hotline.records import Records, migrate
from hotline.roster import Roster
from ivr.carrier import sound
from ivr.carrier.app import create_app
from ivr.carrier.call import Call
from ivr.carrier.caller import Answer, RecordedCaller, Script
from ivr.carrier.settings import CarrierSettings
from ivr.floor import Floor
from ivr.flow import Flow
from ivr.leg_webhooks import leg_blueprint
from ivr.legs import Legs, LegUrls
from ivr.rest import CarrierRest
from ivr.signature import Signatures
from ivr.stream import Deaf
from ivr.twiml import Urls, Voice
from ivr.webhooks import voice_blueprint
from tests.phone import SCRIPT
from tests.toy_line import ACCOUNT, NUMBER, TOKEN, served

SHANGHAI = ZoneInfo("Asia/Shanghai")
PATIENCE_S = 30.0
QUICK = SCRIPT.model_copy(update={"queue": SCRIPT.queue.model_copy(update={"ring_s": 1, "wrap_up_s": 1})})
CALLER = "+4915112345678"
CUSTOMER = "13800138000"


class Person(RecordedCaller):
    """Presses keys when asked; once joined says one tone without end, and keeps what is heard."""

    def __init__(self, tone: int, *answers: tuple[str, str], answers_phone: bool = True) -> None:
        super().__init__(Script(tuple(Answer(step, step, keys=keys) for step, keys in answers), patience_s=1000))
        wave = 8000 * np.sin(2 * np.pi * tone * np.arange(sound.FRAME) / sound.RATE)
        self.voice = sound.encode(wave.astype(np.int16))
        self.said: list[str] = []
        self.heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._answers_phone = answers_phone
        self._together = False

    def attach(self, call: Call) -> None:
        if self._answers_phone:
            super().attach(call)
        else:
            self.call = call

    def told(self, kind: str, data: dict) -> None:
        super().told(kind, data)
        if kind == "say":
            self.said.append(data["text"])
        elif kind in ("joined", "parted"):
            self._together = kind == "joined"

    def frame(self) -> bytes:
        silence_or_key = super().frame()
        return self.voice if self._together else silence_or_key

    def hear(self, frame: bytes) -> None:
        self.heard.put(frame)

    def hears(self, other: Person) -> bool:
        """True once the other one's voice has come, five frames of it."""
        until = time.monotonic() + PATIENCE_S
        voiced = 0
        while voiced < 5 and time.monotonic() < until:
            voiced += self.heard.get(timeout=PATIENCE_S) == other.voice
        return voiced == 5


class Staffed:
    """A line with agents, its carrier and its records."""

    def __init__(self, exchange, floor: Floor, records: Records, hub: Hub) -> None:
        self.exchange, self.floor, self.records, self.hub = exchange, floor, records, hub

    def wait(self, sid: str, kind: str) -> dict:
        """Wait for the first event of this kind in this call; its payload."""
        until = time.monotonic() + PATIENCE_S
        with self.hub.listening() as ear:
            while time.monotonic() < until:
                for event in self.records.events(sid):
                    if event.kind == kind:
                        return event.data
                ear.wait(PATIENCE_S / 10)
        raise AssertionError(f"no {kind} came: {[event.kind for event in self.records.events(sid)]}")


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Staffed]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    hub = Hub()
    records = Records(url, grew=hub.grew)
    app_of: dict[str, Flask] = {"line": Flask("line"), "carrier": Flask("nowhere")}

    def started(name: str):
        return served(lambda environ, start: app_of[name](environ, start))

    with started("line") as line_url, started("carrier") as carrier_url, ThreadPoolExecutor(8) as background:
        signatures, urls = Signatures(line_url, TOKEN), LegUrls(line_url)
        carrier = CarrierRest(carrier_url, ACCOUNT, TOKEN, NUMBER)
        floor = Floor(QUICK, Roster(records), records, carrier, urls, now=time.time, background=background)
        flow = Flow(
            Voice(QUICK, Urls(line_url)), records, hub, carrier, lambda *_: Deaf(),
            now=lambda: datetime.now(SHANGHAI), background=background, floor=floor,
        )  # fmt: skip
        app_of["line"].register_blueprint(voice_blueprint(flow, signatures, records))
        app_of["line"].register_blueprint(leg_blueprint(flow, floor, Legs(QUICK, urls), signatures, records))
        app_of["carrier"] = create_app(
            CarrierSettings(
                account_sid=ACCOUNT, auth_token=TOKEN, line_url=line_url, public_url=line_url, number=NUMBER,
                speech_rate=100.0,
            )
        )  # fmt: skip
        exchange = app_of["carrier"].extensions["exchange"]
        floor.start()
        try:
            yield Staffed(exchange, floor, records, hub)
        finally:
            floor.stop()
            exchange.close()
    records.close()


def test_caller_and_agent_hear_each_other_after_whisper_and_notice(line: Staffed) -> None:
    caller, agent = Person(500, ("problem", "0")), Person(1000)
    line.exchange.phones.add("8001", agent)
    line.floor.set_state("wang", "available")
    call = line.exchange.dial(CALLER, caller)
    answered = line.wait(call.sid, "agent_answered")
    assert answered["agent"] == "wang" and answered["estimate_s"] == 0
    assert caller.hears(agent) and agent.hears(caller)
    assert QUICK.prompts.zh["agent_whisper_unknown"] in agent.said
    assert QUICK.prompts.zh["queue_joining"] in caller.said
    assert not set(agent.said) & set(caller.said)
    caller.call.hang_up("the caller hung up")
    wrapped = line.wait(call.sid, "wrapped_up")
    assert wrapped["agent"] == "wang" and wrapped["talked_s"] > 0
    assert agent.call.over.wait(PATIENCE_S)
    assert [event.kind for event in line.records.events(call.sid)].count("call_ended") == 1


def test_a_phone_that_rings_in_vain_leaves_the_caller_first_for_the_next_agent(line: Staffed) -> None:
    away, agent = Person(700, answers_phone=False), Person(1000)
    line.exchange.phones.add("8001", away)
    line.exchange.phones.add("8003", agent)
    first, second = Person(500, ("problem", "0")), Person(600, ("problem", "0"))
    line.floor.set_state("wang", "available")
    call = line.exchange.dial(CALLER, first)
    assert line.wait(call.sid, "agent_rung") == {"agent": "wang"}
    behind = line.exchange.dial(CALLER, second)
    line.wait(behind.sid, "queued")
    assert line.wait(call.sid, "agent_missed") == {"agent": "wang"}
    line.floor.set_state("zhang", "available")
    assert line.wait(call.sid, "agent_answered")["agent"] == "zhang"
    assert first.hears(agent) and agent.hears(first)
    assert {one["name"]: one["state"] for one in line.floor.agents()}["wang"] == "break"
    assert not [event for event in line.records.events(behind.sid) if event.kind == "agent_rung"]


def test_a_call_back_is_promised_made_and_connected(line: Staffed) -> None:
    wisher = Person(500, ("problem", "0"), ("queue", "1"), ("callback", CUSTOMER), ("confirm", "1"))
    customer, agent = Person(600, ("", "1")), Person(1000)
    line.exchange.phones.add(CUSTOMER, customer)
    line.exchange.phones.add("8001", agent)
    call = line.exchange.dial(CALLER, wisher)
    line.wait(call.sid, "callback_promised")
    assert call.over.wait(PATIENCE_S)
    line.floor.set_state("wang", "available")
    assert line.wait(call.sid, "callback_closed") == {"how": "done"}
    assert customer.hears(agent) and agent.hears(customer)
    assert customer.said[0] == QUICK.prompts.zh["callback_greeting"]
    leg = customer.call.sid
    assert line.wait(leg, "called_back")["of"] == call.sid
    agent.call.hang_up("the agent hung up")
    line.wait(leg, "wrapped_up")
    line.wait(leg, "call_ended")
    kinds = [event.kind for event in line.records.events(leg)]
    assert kinds[0] == "call_started" and kinds.count("call_ended") == 1
