"""The floor by its webhooks: whose phone is rung, who stays where, what is on record, what a restart keeps."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hotline.database import migrate
from hotline.records import Records
from ivr.steps import Say
from ivr.wording import text
from tests.phone import BASE, NOW, SCRIPT, SID, Phone

SECOND = "CA" + "2" * 32
THIRD = "CA" + "3" * 32


class Line(Phone):
    """A line whose clock a test moves."""

    def __init__(self, url: str) -> None:
        self.clock = NOW
        super().__init__(Records(url, now=lambda: self.clock.timestamp()), now=lambda: self.clock)

    def later(self, seconds: float) -> None:
        """Time passes, and what is due is done."""
        self.clock += timedelta(seconds=seconds)
        self.floor.tick()

    def enqueue(self, sid: str = SID, *, arrive: bool = True) -> str:
        """A caller of the general queue; what is heard there first."""
        self.post(self.dial(sid), sid, Digits="0")
        return self.post("/voice/wait", sid).text if arrive else ""

    def agent(self, agent: str) -> str:
        return next(one["state"] for one in self.floor.agents() if one["name"] == agent)

    def rung(self) -> list[str]:
        """Numbers rung so far."""
        return [to for to, *_ in self.carrier.rung]

    def leg(self, number: int = -1) -> str:
        """SID of the call that was rung as this one."""
        return self.carrier.leg(range(len(self.carrier.rung))[number])

    def take(self, number: int = -1) -> ElementTree.Element:
        """Whoever was rung takes the call; what they hear."""
        _, url, _, _ = self.carrier.rung[number]
        return ElementTree.fromstring(self.post(url, self.leg(number)).text)

    def over(self, status: str, number: int = -1) -> None:
        """The call that was rung is over."""
        self.post(self.carrier.rung[number][2], self.leg(number), CallStatus=status)

    def join(self, sid: str = SID, number: int = -1) -> str:
        """The carrier connects this caller with the call that was rung."""
        return self.post("/voice/agent/joining", sid, DequeingCallSid=self.leg(number)).text

    def part(self, number: int = -1, bridged: bool = True) -> str:
        """The connection is over."""
        url = self.carrier.rung[number][1].replace("/answer", "/done")
        return self.post(url, self.leg(number), DialBridged=str(bridged).lower()).text

    def of(self, kind: str, sid: str = SID) -> list[dict]:
        """Payloads of the call's events of this kind."""
        return [event.data for event in self.records.events(sid) if event.kind == kind]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    line = Line(url)
    yield line
    line.records.close()


def test_an_agent_is_rung_hears_who_it_is_and_takes_the_head(line: Line) -> None:
    line.floor.set_state("wang", "available")
    line.enqueue(arrive=False)
    assert line.rung() == [], "the caller still hears what comes before the queue"
    line.post("/voice/wait")
    ((number, url, status_url, ring_s),) = line.carrier.rung
    assert (number, ring_s) == ("8001", SCRIPT.queue.ring_s)
    assert "8001" not in url + status_url
    line.later(5)
    heard = line.take()
    assert [say.text for say in heard.iter("Say")] == [text(SCRIPT, Say("agent_whisper_unknown"), "zh")]
    queue = heard.find("Dial/Queue")
    assert queue.text == "general" and queue.get("url") == BASE + "/voice/agent/joining"
    line.later(4)
    assert "录音" in line.join()
    line.later(61)
    assert "<Say" not in line.part()
    assert line.agent("wang") == "wrap_up"
    line.over("completed")
    line.later(SCRIPT.queue.wrap_up_s)
    assert line.agent("wang") == "available"
    assert line.of("agent_rung") == [{"agent": "wang"}]
    assert line.of("agent_answered") == [{"agent": "wang", "waited_s": 9.0, "estimate_s": 0.0}]
    assert line.of("wrapped_up") == [{"agent": "wang", "talked_s": 61.0, "held_s": 0.0, "wrapped_s": 30.0}]
    assert line.of("queued")[-1]["estimate_s"] == 0.0


def test_the_whisper_names_category_and_complaint(line: Line) -> None:
    line.floor.set_state("wang", "available")
    line.post(line.dial(), Digits="1")
    line.records.append(SID, ("field_heard", {"field": "category", "value": "wrong_charge", "state": "confirmed"}))
    number = line.records.file_complaint(SID, {"intent": "complain", "fields": {}})
    line.flow.answer(SID, "problem", line.records.events(SID)[0].seq, "0")
    line.post("/voice/wait")
    said = "".join(say.text for say in line.take().iter("Say"))
    assert SCRIPT.menu.categories["wrong_charge"].zh in said
    assert text(SCRIPT, Say("agent_whisper_number", (("number", number),)), "zh") in said


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed"])
def test_who_does_not_answer_goes_on_break_and_the_next_is_rung(
    line: Line, status: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("wang", "li"):
        line.floor.set_state(name, "available")
        line.later(1)
    line.enqueue()
    line.enqueue(SECOND)
    assert line.rung() == ["8001", "8002"], "one for each caller"
    with caplog.at_level(logging.WARNING):
        line.over(status, 0)
    assert "wang" in caplog.text and "8001" not in caplog.text
    assert line.agent("wang") == "break"
    assert line.of("agent_missed") == [{"agent": "wang"}]
    line.take(1)
    line.join(SID, 1)
    assert line.of("agent_answered")[0]["agent"] == "li", "the first in the queue comes first, whoever was meant for them"
    assert line.floor.position(SECOND) == 1


def test_rung_for_the_second_but_faster_takes_the_first(line: Line) -> None:
    for name in ("wang", "li"):
        line.floor.set_state(name, "available")
        line.later(1)
    line.enqueue()
    line.enqueue(SECOND)
    line.take(1)
    line.join(SID, 1)
    line.take(0)
    line.join(SECOND, 0)
    assert line.of("agent_answered")[0]["agent"] == "li"
    assert line.of("agent_answered", SECOND)[0]["agent"] == "wang"


def test_a_caller_who_is_gone_is_not_held_against_the_agent(line: Line) -> None:
    line.floor.set_state("wang", "available")
    line.enqueue()
    line.post("/voice/status", CallStatus="completed")
    assert line.carrier.cancelled == [line.leg()]
    assert text(SCRIPT, Say("agent_gone"), "zh") in ElementTree.tostring(line.take(), encoding="unicode")
    assert line.agent("wang") == "available"
    line.enqueue(SECOND)
    line.take()
    line.post("/voice/status", SECOND, CallStatus="completed")
    assert text(SCRIPT, Say("agent_gone"), "zh") in line.part(bridged=False)
    assert line.agent("wang") == "available"
    assert line.of("agent_missed") == line.of("agent_missed", SECOND) == []


def test_an_agent_lost_before_the_talk_leaves_the_caller_first(line: Line) -> None:
    line.floor.set_state("wang", "available")
    line.enqueue()
    line.enqueue(SECOND)
    line.take()
    line.over("completed")
    assert line.agent("wang") == "break"
    assert (line.floor.position(SID), line.floor.position(SECOND)) == (1, 2)
    line.floor.set_state("li", "available")
    line.take()
    line.join()
    line.over("completed")  # after the caller heard the notice, before the voices were joined
    assert "第1位" in line.post("/voice/wait").text
    assert (line.floor.position(SID), line.floor.position(SECOND)) == (1, 2)


def test_priority_goes_first_and_waits_in_a_queue_of_its_own(line: Line) -> None:
    line.enqueue()
    line.floor.joined(SECOND, "general", 3, line.clock.timestamp())
    line.floor.arrived(SECOND)
    assert (line.floor.position(SECOND), line.floor.position(SID)) == (1, 2)
    line.floor.set_state("wang", "available")
    assert line.take().find("Dial/Queue").text == "general.3"


def test_the_wait_is_told_in_minutes_or_as_unknown(line: Line) -> None:
    assert text(SCRIPT, Say("queue_estimate_unknown"), "zh") in line.enqueue()
    line.floor.set_state("wang", "available")
    line.take()
    line.join()
    heard = line.enqueue(SECOND)
    assert text(SCRIPT, Say("queue_estimate", (("minutes", "5"),)), "zh") in heard
    assert line.of("queued", SECOND)[-1]["estimate_s"] == 300.0


def test_the_estimate_learns_from_calls_that_were_handled(line: Line) -> None:
    for number in range(10):
        sid = f"CA{number:032x}".replace("CA0", "CAf")
        line.enqueue(sid)
        line.floor.set_state("wang", "available")
        line.take()
        line.join(sid)
        line.later(90)
        line.part()
        line.later(30)
        line.floor.set_state("wang", "offline")
        line.post("/voice/status", sid, CallStatus="completed")
    for restart in (False, True):
        if restart:
            line.restart()
        line.floor.set_state("wang", "wrap_up")
        line.floor.joined(SID, "general", 0, line.clock.timestamp())
        assert line.floor.estimate(SID) == 120.0


def test_states_that_agents_choose(line: Line) -> None:
    line.floor.set_state("wang", "available")
    line.enqueue()
    line.take()
    line.join()
    line.floor.set_state("wang", "break")
    assert line.agent("wang") == "busy"
    line.part()
    assert line.agent("wang") == "wrap_up"
    line.later(30)
    assert line.agent("wang") == "break", "as was asked for during the call"
    line.floor.set_state("wang", "wrap_up")
    line.floor.set_state("wang", "available")
    assert line.agent("wang") == "available"
    with pytest.raises(KeyError):
        line.floor.set_state("nobody", "available")
    with pytest.raises(ValueError):
        line.floor.set_state("wang", "busy")


def test_what_is_said_to_the_agent_chooses_nothing(line: Line) -> None:
    line.floor.set_state("wang", "available")
    line.enqueue()
    line.take()
    line.join()
    before = line.records.events(SID)[-1].seq
    line.carrier.redirects.clear()
    line.say("给我回电", ask="agent")
    line.say("人工", ask=f"queue#{line.state()['turn']}")
    assert {event.kind for event in line.records.events(SID)[before:]} <= {"utterance", "description", "field_heard"}
    line.restart()
    line.say("返回", ask="agent")
    assert line.state()["step"] == "queue" and line.carrier.redirects == []


def test_a_leg_whose_end_is_never_told_is_reaped(line: Line) -> None:
    line.floor.set_state("wang", "available")
    line.enqueue()
    line.take()
    line.join()
    line.carrier.statuses[line.leg()] = "completed"
    line.later(61)
    assert line.agent("wang") == "wrap_up"
    line.floor.set_state("wang", "available")
    line.enqueue(SECOND)
    line.carrier.statuses[line.leg()] = "no-answer"
    line.later(61)
    assert line.agent("wang") == "break"


def test_a_restart_keeps_callers_agents_and_the_ring_under_way(line: Line) -> None:
    line.enqueue()
    line.later(10)
    line.enqueue(SECOND)
    line.enqueue(THIRD, arrive=False)
    line.floor.set_state("wang", "available")
    line.later(5)
    line.restart()
    assert line.agent("wang") == "ringing"
    assert line.floor.position(SECOND) == 1 and line.floor.position(THIRD) == 2
    line.take()
    line.join()
    assert line.of("agent_answered") == [{"agent": "wang", "waited_s": 15.0, "estimate_s": None}]
    line.restart()
    assert line.floor.position(SID) is None, "in conversation"
    line.later(60)
    line.part()
    assert line.agent("wang") == "wrap_up"
    line.restart()
    line.later(30)
    assert line.of("wrapped_up") == [{"agent": "wang", "talked_s": 60.0, "held_s": 0.0, "wrapped_s": 30.0}]
    assert line.rung() == ["8001", "8001"], "and the next caller's turn has come"


@pytest.mark.parametrize(
    "path",
    ["/voice/agent/answer", "/voice/agent/done", "/voice/agent/status", "/voice/callback/answer",
     "/voice/callback/key", "/voice/callback/status", "/voice/agent/joining"],
)  # fmt: skip
def test_only_signed_requests_of_the_right_form_are_let_in(line: Line, path: str) -> None:
    assert line.unsigned(path, data={"CallSid": SID}).status_code == 403
    if path != "/voice/agent/joining":
        assert line.post(path, CallStatus="completed").status_code == 400
        name = "token" if "callback" in path else "offer"
        again = "&again=0" if path.endswith("key") else ""
        response = line.post(f"{path}?{name}={'0' * 32}{again}", CallStatus="completed")
        assert response.status_code in (200, 204), "what is late ends the call"
        assert "<Dial" not in response.text and "<Enqueue" not in response.text
    assert urlsplit(path).query == ""
