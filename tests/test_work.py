"""Hold, consult, transfer and call-back by the webhooks: what each one hears, who is free, what is on record, restarts."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hotline.database import migrate
from ivr.contact import RETURNED, TOP_PRIORITY, NotNow
from ivr.steps import Say
from ivr.wording import text
from ivr.work import Work
from tests.phone import SCRIPT, SID
from tests.test_floor import SECOND, Line


class Desk(Line):
    """A line whose agents work at their desks; wang talks with the caller from the start."""

    def restart(self) -> None:
        super().restart()
        self.work = Work(self.floor, self.records, now=lambda: self.clock.timestamp())

    def talk(self) -> None:
        self.floor.set_state("wang", "available")
        self.enqueue()
        self.take()
        self.later(1)
        self.join()
        self.later(10)

    def heard(self, sid: str = SID, path: str = "/voice/held") -> ElementTree.Element:
        """What the caller hears now."""
        return ElementTree.fromstring(self.post(path, sid).text)

    def beside(self, number: int = -1) -> ElementTree.Element:
        """What an agent hears whose connection is over."""
        return ElementTree.fromstring(self.part(number))

    def me(self, agent: str = "wang") -> dict:
        found = self.work.of(agent)
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    desk = Desk(url)
    yield desk
    desk.records.close()


def says(document: ElementTree.Element) -> list[str]:
    return [say.text or "" for say in document.iter("Say")]


def prompt(name: str, **args: str) -> str:
    return text(SCRIPT, Say(name, tuple(args.items())), "zh")


def test_hold_and_back_and_its_time_is_hold(desk: Desk) -> None:
    desk.talk()
    desk.work.do("wang", "hold")
    assert desk.carrier.redirects[-1].endswith("/voice/held")
    held = desk.heard()
    assert says(held) == [prompt("hold")] and held.find("Play").text.endswith("/voice/music")
    again = held.find("Redirect").text
    assert says(desk.heard(path=again.removeprefix("https://line.example.org"))) == [], "not said every round"
    assert desk.beside().find("Dial/Conference").text == SID
    desk.later(20)
    desk.work.do("wang", "retrieve")
    room = desk.heard().find("Dial/Conference")
    assert room.text == SID and room.get("endConferenceOnExit") == "false" and room.get("waitUrl") == ""
    desk.later(5)
    desk.work.do("wang", "hang_up")
    assert desk.heard().find("Hangup") is not None
    assert desk.carrier.hung_up == [desk.leg()]
    desk.post("/voice/status", CallStatus="completed")
    assert desk.agent("wang") == "wrap_up"
    desk.later(SCRIPT.queue.wrap_up_s)
    assert desk.of("wrapped_up") == [{"agent": "wang", "talked_s": 15.0, "held_s": 20.0, "wrapped_s": 30.0}]
    assert [event for event in desk.kinds() if event in ("held", "retrieved")] == ["held", "retrieved"]


def test_a_caller_passed_on_is_first_there_and_the_form_goes_along(desk: Desk) -> None:
    desk.talk()
    desk.enqueue(SECOND)
    desk.work.do("wang", "transfer", to="escalation", note="要省公司处理")
    queue = desk.heard()
    assert says(queue) == [prompt("transferred")]
    assert queue.find("Enqueue").text == f"escalation.{TOP_PRIORITY}"
    assert desk.agent("wang") == "wrap_up"
    assert desk.beside().find("Hangup") is not None
    desk.post("/voice/wait")
    assert desk.floor.position(SID) == 1
    desk.restart()
    assert desk.floor.position(SID) == 1 and desk.floor.contact(SID) is None
    desk.floor.set_state("zhang", "available")
    assert desk.rung()[-1] == "8003" and desk.me("zhang")["ring"]["call"] == SID
    assert desk.take().find("Dial/Queue").text == f"escalation.{TOP_PRIORITY}"
    desk.join()
    assert [one["agent"] for one in desk.of("agent_answered")] == ["wang", "zhang"]
    assert desk.of("transferred") == [{"agent": "wang", "skill": "escalation", "note": "要省公司处理"}]


@pytest.mark.parametrize("restarted", [False, True])
def test_an_agent_lost_in_a_hold_leaves_the_caller_before_everybody_else(desk: Desk, restarted: bool) -> None:
    desk.talk()
    desk.work.do("wang", "hold")
    desk.heard()
    desk.beside()
    if restarted:
        desk.restart()
        assert says(desk.heard()) == [prompt("hold")], "the hold goes on"
        assert desk.me()["contact"]["place"] == "hold"
    desk.over("completed")
    assert desk.agent("wang") == "wrap_up"
    queue = desk.heard()
    assert says(queue) == [prompt("returned")] and queue.find("Enqueue").text == f"general.{RETURNED}"
    desk.post("/voice/wait")
    desk.floor.set_state("li", "available")
    assert desk.take().find("Dial/Queue").text == f"general.{RETURNED}"
    desk.join()
    assert desk.of("returned") == [{"agent": "wang", "skill": "general"}]
    assert desk.of("agent_answered")[-1]["agent"] == "li"


def consult(desk: Desk, to: str = "li") -> ElementTree.Element:
    """wang asks li, who takes the call; what li hears."""
    desk.talk()
    desk.floor.set_state("li", "available")
    desk.work.do("wang", "consult", to=to)
    desk.heard()
    desk.beside(0)
    return desk.take()


@pytest.mark.parametrize("to", ["li", "network"], ids=["a colleague", "a skill"])
def test_a_colleague_is_asked_while_the_caller_is_on_hold(desk: Desk, to: str) -> None:
    heard = consult(desk, to)
    assert says(heard)[0] == prompt("agent_consult", agent="wang")
    assert heard.find("Dial/Conference").text == SID
    assert desk.agent("li") == "busy" and says(desk.heard()) == [prompt("hold")]
    desk.work.do("wang", "join")
    assert desk.heard().find("Dial/Conference").text == SID
    desk.later(7)
    desk.work.do("wang", "hand_over")
    assert desk.carrier.hung_up == [desk.leg(0)]
    assert (desk.agent("wang"), desk.agent("li")) == ("wrap_up", "busy")
    desk.later(8)
    desk.work.do("li", "hang_up")
    assert desk.agent("li") == "wrap_up"
    desk.post("/voice/status", CallStatus="completed")
    desk.later(30)
    assert {one["agent"]: one["talked_s"] for one in desk.of("wrapped_up")} == {"wang": 17.0, "li": 8.0}
    assert [one["how"] for one in desk.of("consulted")] == ["asked", "joined", "took_over"]


def test_a_colleague_who_hangs_up_gives_the_caller_back(desk: Desk) -> None:
    consult(desk)
    desk.over("completed")
    assert desk.agent("li") == "available" and desk.agent("wang") == "busy"
    assert desk.heard().find("Dial/Conference") is not None


def test_a_colleague_who_does_not_answer_is_on_break_and_the_caller_comes_back(desk: Desk) -> None:
    desk.talk()
    desk.floor.set_state("li", "available")
    desk.work.do("wang", "consult", to="li")
    assert desk.me("li")["ring"]["asks"] == "wang"
    desk.over("no-answer")
    assert (desk.agent("li"), desk.me("li")["reason"]) == ("break", "missed")
    assert desk.heard().find("Dial/Conference") is not None
    assert desk.of("agent_missed") == []


def test_a_colleague_sent_away_is_free_once_the_phone_is_off(desk: Desk) -> None:
    consult(desk)
    desk.work.do("wang", "retrieve")
    assert desk.carrier.hung_up == [desk.leg()]
    desk.enqueue(SECOND)
    assert len(desk.rung()) == 2, "the phone is still in use"
    desk.over("completed")
    assert desk.rung()[-1] == "8002", "now the next caller rings there"


def test_the_caller_hangs_up_on_hold_and_nobody_is_left_in_the_room(desk: Desk) -> None:
    consult(desk)
    desk.post("/voice/status", CallStatus="completed")
    assert set(desk.carrier.hung_up) == {desk.leg(0), desk.leg(1)}
    assert desk.agent("wang") == "wrap_up"
    desk.over("completed", 1)
    assert desk.agent("li") == "available"
    assert desk.floor.contact(SID) is None


def test_a_hold_that_the_carrier_refuses_did_not_happen(desk: Desk) -> None:
    desk.talk()

    def refuse(call_sid: str, url: str) -> None:
        raise OSError

    desk.carrier.redirect = refuse
    desk.work.do("wang", "hold")
    assert desk.me()["contact"]["place"] == "talk"
    assert desk.kinds()[-2:] == ["held", "retrieved"]


def test_a_caller_is_called_back_from_the_desk(desk: Desk) -> None:
    desk.talk()
    desk.records.append(
        SID, ("field_heard", {"field": "phone", "value": "13800138000", "state": "confirmed", "source": None})
    )
    with pytest.raises(NotNow, match="in_call"):
        desk.work.call_back("wang", SID)
    desk.post("/voice/status", CallStatus="completed")
    desk.work.call_back("wang", SID)
    with pytest.raises(NotNow, match="promised"):
        desk.work.call_back("wang", SID)
    assert next(one["callbacks"] for one in desk.work.queues() if one["skill"] == "general") == 1
    desk.work.wrapped("wang", SID)
    assert desk.rung()[-1] == "+8613800138000"
    assert "138" not in str(desk.work.callbacks()) and "138" not in str(desk.me())
    assert desk.of("callback_promised")[0]["agent"] == "wang"
    for _ in range(3):
        desk.over("no-answer")
        desk.later(601)
    assert desk.of("callback_closed") == [{"how": "not_reached"}]
    desk.work.call_back("wang", SID)
    assert desk.work.callbacks()[0]["attempts"] == 1, "again, after the first was over"


def test_queues_show_who_waits_and_what_a_new_caller_would(desk: Desk) -> None:
    desk.floor.set_state("wang", "available")
    desk.enqueue()
    desk.take()
    desk.join()
    desk.later(3)
    desk.enqueue(SECOND)
    desk.later(5)
    queues = {one["skill"]: one for one in desk.work.queues()}
    general = queues["general"]
    assert (general["waiting"], general["estimate_s"]) == (1, 600)
    assert desk.clock.timestamp() - general["since"] == 5
    assert queues["network"]["estimate_s"] is None, "nobody with the skill is on duty"


@pytest.mark.parametrize(
    ("what", "to", "error"),
    [("hold", "", NotNow), ("consult", "nobody", KeyError), ("transfer", "magic", KeyError), ("dance", "", KeyError)],
)
def test_what_cannot_be_done(desk: Desk, what: str, to: str, error: type[Exception]) -> None:
    if error is KeyError:
        desk.talk()
    with pytest.raises(error):
        desk.work.do("wang", what, to=to)


def test_nobody_acts_in_anothers_call(desk: Desk) -> None:
    consult(desk)
    for agent in ("li", "zhang"):
        with pytest.raises(NotNow, match="no_call"):
            desk.work.do(agent, "retrieve")
    desk.floor.set_state("zhang", "break", "meeting")
    with pytest.raises(ValueError):
        desk.floor.set_state("zhang", "break", "holiday")
    assert desk.me("zhang")["reason"] == "meeting"


def test_many_wishes_at_once_pass_a_caller_on_once(desk: Desk) -> None:
    desk.talk()

    def want(number: int) -> str:
        try:
            desk.work.do("wang", "transfer", to=("network", "plans")[number % 2])
        except NotNow as why:
            return str(why)
        return ""

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(want, range(16)))
    assert told.count("") == 1 and set(told) == {"", "no_call"}
    assert len(desk.of("transferred")) == 1
    desk.heard()
    desk.heard()
    assert [event.data["queue"] for event in desk.records.events(SID) if event.kind == "queued" and event.data["position"] is None][1:] == [
        desk.of("transferred")[0]["skill"]
    ], "in one queue, however often the carrier asks"


def test_a_transfer_that_the_carrier_did_not_hear_of_is_asked_for_again(desk: Desk) -> None:
    desk.talk()
    desk.work.do("wang", "transfer", to="network")
    asked = len(desk.carrier.redirects)
    desk.restart()
    desk.later(61)
    assert len(desk.carrier.redirects) > asked
    assert desk.heard().find("Enqueue").text == f"network.{TOP_PRIORITY}"
    asked = len(desk.carrier.redirects)
    desk.later(61)
    assert len(desk.carrier.redirects) == asked, "the caller waits, and is left in peace"
