"""Caller and agent through the line and the real local carrier: they are brought together and hear each other."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from flask import Flask

from audio import models
from audio.decoder import Pool
from audio.media import media_blueprint
from audio.session import Session
from hotline.database import migrate
from hotline.earlier import Earlier
from hotline.hub import Hub
from hotline.records import Records
from hotline.repeats import Repeats
from hotline.roster import Roster
from ivr import music
from ivr.agent_ear import AgentEar
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
from ivr.work import Work
from tests.ledgers import ledger_of
from tests.phone import SCRIPT, texts_of
from tests.toy_line import ACCOUNT, NUMBER, TOKEN, served

DEMO = Path(__file__).parent.parent / "hotline" / "demo"
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
        self._answers_phone, self._rung = answers_phone, threading.Event()
        self._together = False

    def attach(self, call: Call) -> None:
        if self._answers_phone:
            super().attach(call)
        else:
            self.call = call
            self._rung.set()

    def picks_up(self) -> None:
        """Answers the phone that is not answered by itself, once it rings: the desk may show the call a moment before."""
        assert self._rung.wait(PATIENCE_S), "the phone does not ring"
        self.call.accept()

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

    def hears(self, *others: Person) -> bool:
        """True once the voices of these, all together, have come: five frames of them, from now on."""
        together = sum(sound.decode(one.voice).astype(np.int32) for one in others)
        return self.hears_law(sound.encode(np.clip(together, -32768, 32767).astype(np.int16)))

    def hears_music(self) -> bool:
        """True once a piece of the tune on hold has come."""
        tune = sound.read(music.on_hold())
        start = 3 * sound.FRAME  # the hurried carrier plays only the first frames
        return self.hears_law(tune[start : start + sound.FRAME], 1)

    def hears_law(self, law: bytes, times: int = 5) -> bool:
        until = time.monotonic() + PATIENCE_S
        while not self.heard.empty():
            self.heard.get()
        while times and time.monotonic() < until:
            times -= self.heard.get(timeout=PATIENCE_S) == law
        return not times


class Talker(Person):
    """Says a recording once joined and told to, then nothing more."""

    def __init__(self, path: Path, *, at_once: bool = True) -> None:
        super().__init__(500)
        self.may_speak = at_once
        law = sound.read(path.read_bytes())
        frames = [law[at : at + sound.FRAME] for at in range(0, len(law) - sound.FRAME, sound.FRAME)]
        self._frames = iter(frames)

    def frame(self) -> bytes:
        super().frame()
        silence = sound.encode(np.zeros(sound.FRAME, np.int16))
        return next(self._frames, silence) if self._together and self.may_speak else silence


class Heard:
    """The gate for agents' voices; ``restart`` puts a new ear in the place of the one that hears."""

    def __init__(self, make: Callable[[], AgentEar]) -> None:
        self._make = make
        self._ear = make()

    def restart(self) -> AgentEar:
        self._ear = self._make()
        return self._ear

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ear, name)

    def handshake_ok(self, signature: str | None) -> bool:
        return True

    def open(self, call_sid: str, token: str):
        return self._ear.open(call_sid, token)


class Staffed:
    """A line with agents, its carrier and its records."""

    def __init__(self, exchange, floor: Floor, records: Records, hub: Hub, app: Flask, address: str, ears: Heard) -> None:
        self.exchange, self.floor, self.records, self.hub = exchange, floor, records, hub
        self.app, self.address, self.ears = app, address, ears
        self.work = Work(floor, records, now=time.time)

    def wait(self, sid: str, kind: str, patience_s: float = PATIENCE_S) -> dict:
        """Wait for the first event of this kind in this call; its payload."""
        until = time.monotonic() + patience_s
        with self.hub.listening() as ear:
            while time.monotonic() < until:
                for event in self.records.events(sid):
                    if event.kind == kind:
                        return event.data
                ear.wait(PATIENCE_S / 10)
        raise AssertionError(f"no {kind} came: {[event.kind for event in self.records.events(sid)]}")


@pytest.fixture
def script():
    return QUICK


@pytest.fixture
def line(tmp_path: Path, script) -> Iterator[Staffed]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    hub = Hub()
    records = Records(url, grew=hub.grew)
    app_of: dict[str, Flask] = {"line": Flask("line", static_folder=None), "carrier": Flask("nowhere")}

    def started(name: str):
        return served(lambda environ, start: app_of[name](environ, start))

    with started("line") as line_url, started("carrier") as carrier_url, ThreadPoolExecutor(8) as background:
        signatures, urls = Signatures(line_url, TOKEN), LegUrls(line_url)
        carrier = CarrierRest(carrier_url, ACCOUNT, TOKEN, NUMBER)
        texts = texts_of(records, carrier, lambda: datetime.now(SHANGHAI))
        floor = Floor(script, Roster(records), records, carrier, urls, texts=texts, now=time.time, background=background)
        flow = Flow(
            Voice(script, Urls(line_url)), records, hub, carrier, lambda *_: Deaf(),
            earlier=Earlier(ledger_of(records, lambda: datetime.now(SHANGHAI))), texts=texts, now=lambda: datetime.now(SHANGHAI), background=background, floor=floor,
        )  # fmt: skip
        app_of["line"].register_blueprint(voice_blueprint(flow, signatures, Repeats(records)))
        pool = Pool()
        ears = Heard(lambda: AgentEar(
            script, records, hub,
            lambda lang, on_partial, on_utterance: Session(pool, lang, on_partial=on_partial, on_utterance=on_utterance),
            caller_of=floor.talking, legs_of=floor.legs_with, now=time.time,
            fork=lambda leg, token: carrier.fork(leg, Urls(line_url).media, token, Urls(line_url).stream),
        ))  # fmt: skip
        app_of["line"].register_blueprint(leg_blueprint(flow, floor, Legs(script, urls), signatures, Repeats(records), ears))
        app_of["line"].register_blueprint(media_blueprint(ears))
        app_of["carrier"] = create_app(
            CarrierSettings(
                account_sid=ACCOUNT, auth_token=TOKEN, line_url=line_url, public_url=line_url, number=NUMBER,
                speech_rate=100.0,
            )
        )  # fmt: skip
        exchange = app_of["carrier"].extensions["exchange"]
        floor.start()
        try:
            yield Staffed(exchange, floor, records, hub, app_of["line"], line_url, ears)
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


def test_what_the_agent_says_stands_in_the_callers_log_and_fills_no_field(line: Staffed) -> None:
    models.load("zh")
    caller, agent = Person(500, ("problem", "0")), Talker(DEMO / "problem.wav")
    line.exchange.phones.add("8001", agent)
    line.floor.set_state("wang", "available")
    call = line.exchange.dial(CALLER, caller)
    line.wait(call.sid, "agent_answered")
    said = line.wait(call.sid, "utterance", 4 * PATIENCE_S)  # beside other tests the recogniser may be slow
    assert said["who"] == "agent" and "话费" in said["text"].replace(" ", "")
    assert said["end"] > said["start"] >= 0
    caller.call.hang_up("the caller hung up")
    line.wait(call.sid, "wrapped_up")
    assert "field_heard" not in [event.kind for event in line.records.events(call.sid)]


def test_an_agent_is_heard_again_after_a_restart_in_mid_call(line: Staffed) -> None:
    models.load("zh")
    caller, agent = Person(500, ("problem", "0")), Talker(DEMO / "problem.wav", at_once=False)
    line.exchange.phones.add("8001", agent)
    line.floor.set_state("wang", "available")
    call = line.exchange.dial(CALLER, caller)
    line.wait(call.sid, "agent_answered")
    assert agent.call.wait(PATIENCE_S, lambda: agent.call.streams)
    (broken,) = agent.call.streams
    broken.close()
    assert agent.call.wait(PATIENCE_S, lambda: not agent.call.streams)
    ear = line.ears.restart()  # knows of no stream, as a process that has just started
    ear.listen_again(call.sid, "zh")
    ear.listen_again(call.sid, "zh")  # the next round, while the first stream is on its way
    assert len(agent.call.streams) == 1
    agent.may_speak = True
    said = line.wait(call.sid, "utterance", 4 * PATIENCE_S)
    assert said["who"] == "agent" and "话费" in said["text"].replace(" ", "")
    caller.call.hang_up("the caller hung up")
    line.wait(call.sid, "wrapped_up")


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


def test_hold_consult_join_and_hand_over_with_real_legs(line: Staffed) -> None:
    caller, wang, li = Person(500, ("problem", "0")), Person(1000), Person(1500)
    line.exchange.phones.add("8001", wang)
    line.exchange.phones.add("8002", li)
    line.floor.set_state("wang", "available")
    call = line.exchange.dial(CALLER, caller)
    line.wait(call.sid, "agent_answered")
    line.floor.set_state("li", "available")
    assert caller.hears(wang)
    line.work.do("wang", "hold")
    assert caller.hears_music() and QUICK.prompts.zh["hold"] in caller.said
    line.work.do("wang", "consult", to="li")
    assert li.hears(wang) and wang.hears(li)
    line.work.do("wang", "join")
    assert caller.hears(wang, li) and wang.hears(caller, li) and li.hears(caller, wang)
    line.work.do("wang", "hand_over")
    assert caller.hears(li) and li.hears(caller)
    line.work.do("li", "hold")
    assert caller.hears_music()
    line.floor.set_state("li", "break")
    zhang = Person(2000)
    line.exchange.phones.add("8003", zhang)
    line.floor.set_state("wang", "offline")
    line.floor.set_state("zhang", "available")
    li.call.hang_up("the agent's network is gone")
    assert line.wait(call.sid, "returned") == {"agent": "li", "skill": "general"}
    assert caller.hears(zhang) and zhang.hears(caller), "whoever is free next has the caller"
    line.work.do("zhang", "hang_up")
    assert call.over.wait(PATIENCE_S) and zhang.call.over.wait(PATIENCE_S)
    line.wait(call.sid, "call_ended")
    kinds = [event.kind for event in line.records.events(call.sid)]
    assert kinds.count("agent_answered") == 2 and kinds.count("call_ended") == 1


def test_a_transfer_goes_to_the_other_skill_with_the_same_call(line: Staffed) -> None:
    caller, wang, li = Person(500, ("problem", "0")), Person(1000), Person(1500)
    line.exchange.phones.add("8001", wang)
    line.exchange.phones.add("8002", li)
    line.floor.set_state("wang", "available")
    call = line.exchange.dial(CALLER, caller)
    line.wait(call.sid, "agent_answered")
    assert caller.hears(wang)
    line.floor.set_state("li", "available")
    line.work.do("wang", "transfer", to="network", note="测速已做")
    assert caller.hears(li) and li.hears(caller)
    assert wang.call.over.wait(PATIENCE_S)
    assert line.wait(call.sid, "transferred")["note"] == "测速已做"
    caller.call.hang_up("the caller hung up")
    assert li.call.over.wait(PATIENCE_S)
