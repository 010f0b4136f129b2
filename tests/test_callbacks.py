"""Call-backs by their webhooks: their place, their turn, attempts, the customer's leg as a call of its own."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hotline.database import migrate
from hotline.roster import Roster
from ivr.steps import Say
from ivr.wording import text
from tests.phone import NOW, SCRIPT, SID, texts_of
from tests.test_floor import SECOND, Line

NUMBER = "13800138000"
DIALLED = "+8613800138000"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    line = Line(url)
    yield line
    line.records.close()


def promised(line: Line, sid: str = SID, **more) -> None:
    """A caller has waited and was promised a call-back."""
    line.enqueue(sid)
    line.floor.left(sid)
    line.floor.call_back(sid, NUMBER, "general", 0, line.clock.timestamp(), "zh", "202611230001", **more)
    line.flow.status(sid, "completed")


def test_the_wish_in_the_queue_is_a_call_back_that_keeps_the_place(line: Line) -> None:
    line.enqueue()
    line.later(5)
    line.enqueue(SECOND)
    wish = line.post(line.listening(line.post("/voice/wait")), Digits="1")
    assert "<Leave" in wish.text
    number = line.listening(line.post("/voice/left", QueueResult="leave"))
    confirm = line.listening(line.post(number, Digits=NUMBER))
    assert "<Hangup" in line.post(confirm, Digits="1").text
    line.post("/voice/status", CallStatus="completed")
    assert line.floor.position(SECOND) == 2
    (kept,) = Roster(line.records).open_callbacks()
    assert (kept.number, kept.skill, kept.since) == (NUMBER, "general", NOW.timestamp())
    line.floor.set_state("wang", "available")
    assert line.rung() == [DIALLED], "whoever waited longest comes first"


def test_whoever_presses_one_is_connected_before_everybody_else(line: Line) -> None:
    promised(line)
    line.later(10)
    line.enqueue(SECOND)
    line.floor.set_state("wang", "available")
    assert line.rung() == [DIALLED] and line.agent("wang") == "ringing"
    assert NUMBER not in "".join(line.carrier.rung[0][1:3])
    heard = line.take()
    assert [verb.tag for verb in heard] == ["Gather", "Gather", "Say", "Hangup"], "asked twice"
    leg = line.leg()
    assert line.kinds(leg) == ["call_started", "called_back", "moved"]
    assert line.of("called_back", leg) == [{"of": SID, "complaint": "202611230001", "attempt": 1}]
    key = heard.find("Gather").get("action").removeprefix("https://line.example.org")
    queued = line.post(key, leg, Digits="1").text
    assert "general.10</Enqueue>" in queued and text(SCRIPT, Say("callback_taken"), "zh") in queued
    line.post("/voice/wait", leg)
    assert line.rung() == [DIALLED, "8001"]
    whisper = line.take()
    assert whisper.find("Dial/Queue").text == "general.10"
    assert "零 零 零 一" in "".join(say.text for say in whisper.iter("Say"))
    line.join(leg)
    assert line.of("agent_answered", leg)[0]["waited_s"] == 10.0
    assert line.of("callback_closed") == [{"how": "done"}]
    line.post("/voice/status", leg, CallStatus="completed")
    assert line.kinds(leg)[-1] == "call_ended"
    assert Roster(line.records).open_callbacks() == []


def test_another_key_asks_once_more_and_silence_is_an_attempt(line: Line) -> None:
    promised(line)
    line.floor.set_state("wang", "available")
    key = line.take().find("Gather").get("action").removeprefix("https://line.example.org")
    again = ElementTree.fromstring(line.post(key, line.leg(), Digits="5").text)
    assert [verb.tag for verb in again] == ["Gather", "Say", "Hangup"]
    last = again.find("Gather").get("action").removeprefix("https://line.example.org")
    assert [verb.tag for verb in ElementTree.fromstring(line.post(last, line.leg(), Digits="5").text)] == ["Hangup"]
    line.over("completed")
    assert line.agent("wang") == "available"
    assert line.kinds(line.leg())[-1] == "call_ended"
    (kept,) = Roster(line.records).open_callbacks()
    assert (kept.state, kept.attempts) == ("waiting", 1)
    assert kept.not_before == line.clock.timestamp() + SCRIPT.queue.callback_again_s


def test_not_reached_three_times_is_closed_with_a_message(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    promised(line)
    line.floor.set_state("wang", "available")
    with caplog.at_level(logging.DEBUG):
        for attempt, status in enumerate(("no-answer", "busy", "failed"), start=1):
            assert line.rung() == [DIALLED] * attempt
            line.over(status)
            assert line.agent("wang") == "available"
            line.later(SCRIPT.queue.callback_again_s - 1)
            assert len(line.rung()) == attempt
            line.later(1)
    assert len(line.rung()) == 3
    assert line.carrier.messages == [(DIALLED, text(SCRIPT, Say("sms_callback_missed"), "zh", spoken=False))]
    assert line.of("callback_closed") == [{"how": "not_reached"}]
    assert all(line.kinds(line.carrier.leg(number))[-1] == "call_ended" for number in range(3))
    assert NUMBER not in caplog.text


def test_the_message_after_a_call_back_that_reached_nobody_outlives_the_line(line: Line) -> None:
    promised(line)
    line.carrier.away = True
    line.floor.set_state("wang", "available")
    for _ in range(3):
        line.over("no-answer")
        line.later(SCRIPT.queue.callback_again_s)
    assert line.of("callback_closed") == [{"how": "not_reached"}] and not line.carrier.messages
    line.restart()
    line.carrier.away = False
    assert texts_of(line.records, line.carrier, lambda: line.clock).look() == 1
    message = text(SCRIPT, Say("sms_callback_missed"), "zh", spoken=False)
    assert line.carrier.messages == [(DIALLED, message)]
    assert line.of("text_sent") == [{"number": "", "text": message}]


def test_nobody_is_called_before_the_line_opens(line: Line) -> None:
    opens = (NOW + timedelta(hours=1)).timestamp()
    promised(line, not_before=opens)
    line.floor.set_state("wang", "available")
    assert line.rung() == []
    line.enqueue(SECOND)
    assert line.rung() == ["8001"]
    line.take()
    line.join(SECOND)
    line.part()
    line.later(3600)
    assert line.rung() == ["8001", DIALLED]


def test_a_call_is_promised_one_call_back(line: Line) -> None:
    promised(line)
    line.floor.call_back(SID, NUMBER, "general", 0, line.clock.timestamp(), "zh")
    assert len(Roster(line.records).open_callbacks()) == 1


def test_the_customers_call_and_the_attempt_survive_a_restart(line: Line) -> None:
    promised(line)
    line.restart()
    line.floor.set_state("wang", "available")
    line.restart()
    assert line.agent("wang") == "ringing"
    key = line.take().find("Gather").get("action").removeprefix("https://line.example.org")
    leg = line.leg()
    line.restart()
    line.post(key, leg, Digits="1")
    line.restart()
    assert line.state(leg)["step"] == "queue"
    line.post("/voice/wait", leg)
    assert line.rung()[-1] == "8001"
    line.restart()
    line.take()
    line.join(leg)
    assert line.of("callback_closed") == [{"how": "done"}]


def test_a_customer_who_hangs_up_again_while_waiting_is_not_called_a_second_time(line: Line) -> None:
    promised(line)
    line.floor.set_state("wang", "available")
    key = line.take().find("Gather").get("action").removeprefix("https://line.example.org")
    leg = line.leg()
    line.post(key, leg, Digits="1")
    line.over("completed")
    assert line.agent("wang") == "available"
    assert line.of("callback_closed") == [{"how": "left"}]
    line.later(3600)
    assert line.rung() == [DIALLED]


def test_an_attempt_of_which_nothing_is_heard_is_one(line: Line) -> None:
    promised(line)
    line.floor.set_state("wang", "available")
    line.later(120)
    assert line.agent("wang") == "available"
    (kept,) = Roster(line.records).open_callbacks()
    assert (kept.state, kept.attempts) == ("waiting", 1)
    line.later(SCRIPT.queue.callback_again_s)
    line.take()
    line.carrier.statuses[line.leg()] = "completed"
    line.later(61)
    assert line.agent("wang") == "available"


def test_the_agent_hears_what_the_first_call_was_about(line: Line) -> None:
    line.enqueue()
    line.records.append(SID, ("field_heard", {"field": "category", "value": "wrong_charge", "state": "confirmed"}))
    line.floor.left(SID)
    line.floor.call_back(SID, NUMBER, "general", 0, line.clock.timestamp(), "en")
    line.floor.set_state("wang", "available")
    heard = line.take()
    assert heard.find("Gather/Say").get("language") == "en-US"
    line.post(heard.find("Gather").get("action").removeprefix("https://line.example.org"), line.leg(), Digits="1")
    line.post("/voice/wait", line.leg())
    assert SCRIPT.menu.categories["wrong_charge"].zh in line.take().find("Say").text
