"""Hold, consult, transfer, hanging up in any order: the caller is never lost, never in two places, and times add up."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import contact as machine
from ivr.contact import (
    CallerGone, Consult, Contact, Drop, Gone, HandOver, Handled, HangUp, Hold, Inside, Join, Move, Note, NotNow,
    RETURNED, Retrieve, Ring, Transfer, step,
)  # fmt: skip

AGENTS = ("wang", "li", "zhang")
MOMENTS = st.sampled_from(
    [
        Hold(), Retrieve(), Inside(), Join(), HandOver(), Transfer("plans", "n"), HangUp(), CallerGone(),
        *(Consult(name) for name in AGENTS), *(Gone(name) for name in AGENTS),
    ]
)  # fmt: skip


@dataclass
class World:
    """Carrier and agents as they stand after what was done: where the caller is, whose phone is on."""

    caller: str = "talk"
    phones: set[str] = field(default_factory=lambda: {"wang"})
    handled: list[Handled] = field(default_factory=list)

    def obey(self, contact: Contact, todo: tuple, talk: bool) -> None:
        assert sum(isinstance(one, Move) for one in todo) <= 1, "moved to one place"
        for one in todo:
            match one:
                case Move():
                    self.caller = contact.place
                case Ring():
                    assert one.agent not in self.phones
                    self.phones.add(one.agent)
                case Drop():
                    self.phones.remove(one.agent)
                case Handled():
                    self.handled.append(one)
                    if talk:  # what the carrier does by itself when a queue's connection ends
                        self.phones.discard(one.agent)


@given(st.lists(st.tuples(MOMENTS, st.integers(0, 100)), max_size=25))
def test_no_sequence_loses_a_caller(moments: list[tuple[object, int]]) -> None:
    contact, world, now = Contact("CA1", "wang", 0.0, skill="billing"), World(), 0.0
    for event, seconds in moments:
        now += seconds
        before = contact
        if isinstance(event, Consult) and event.partner in world.phones:
            continue  # an agent with a call is not available
        if isinstance(event, Gone):
            if event.agent not in world.phones:
                continue
            world.phones.remove(event.agent)
        talk = world.caller == "talk"
        if isinstance(event, CallerGone) and not before.over:
            world.caller = "end"
        if isinstance(event, Gone) and before.place == "talk" and event.agent == before.agent and not before.inside:
            world.caller = "end"  # the carrier's own doing
        try:
            contact, todo = step(contact, event, now)
        except NotNow:
            assert contact is before
            continue
        world.obey(contact, todo, talk)
        assert world.caller == contact.place
        if contact.over:
            assert contact.place in ("queue", "end")
            assert not world.phones, "nobody is left alone on the line"
            assert contact.place == "end" or contact.skill
        else:
            assert contact.place in ("talk", "room", "hold")
            assert world.phones == {contact.agent} | ({contact.partner} - {""})
        counted = sum(one.talk_s + one.hold_s for one in world.handled)
        here = 0 if contact.over else contact.talk_s + contact.hold_s + now - contact.since
        if not before.over:
            assert counted + here == pytest.approx(now)


def run(*events: object) -> tuple[Contact, list]:
    """These events, ten seconds apart."""
    contact, done = Contact("CA1", "wang", 0.0, skill="billing"), []
    for number, event in enumerate(events, 1):
        contact, todo = step(contact, event, 10.0 * number)
        done += todo
    return contact, done


def test_hold_counts_as_hold() -> None:
    _, done = run(Hold(), Retrieve(), Hold(), Retrieve(), HangUp())
    assert Handled("wang", 30.0, 20.0) in done


def test_an_agent_lost_in_a_hold_puts_the_caller_first_in_the_queue() -> None:
    contact, done = run(Hold(), Gone("wang"))
    assert (contact.place, contact.skill, contact.priority) == ("queue", "billing", RETURNED)
    assert machine.RETURNED > machine.TOP_PRIORITY > 9


@pytest.mark.parametrize("inside", [True, False], ids=["hung up", "did not answer"])
def test_a_partner_who_goes_gives_the_caller_back(inside: bool) -> None:
    contact, done = run(Consult("li"), *([Inside()] if inside else []), Gone("li"))
    assert (contact.agent, contact.place, contact.partner) == ("wang", "room", "")
    how = [dict(one.data)["how"] for one in done if isinstance(one, Note) and one.kind == "consulted"]
    assert how == ["asked", "left" if inside else "missed"]


def test_a_partner_takes_over_with_a_clean_clock() -> None:
    contact, done = run(Consult("li"), Inside(), HandOver())
    assert (contact.agent, contact.place, contact.talk_s, contact.since) == ("li", "room", 0.0, 30.0)
    assert Handled("wang", 10.0, 20.0) in done and Drop("wang") in done
    contact, _ = step(contact, HangUp(), 50.0)
    assert contact.place == "end"


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([Retrieve()], "not_held"), ([Hold(), Hold()], "held"), ([Hold(), HangUp()], "held"),
        ([Consult("li"), Consult("zhang")], "partner"), ([Consult("li"), Join()], "no_partner"),
        ([HandOver()], "no_partner"), ([Consult("wang")], "no_partner"), ([HangUp(), Hold()], "no_call"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_its_reason(events: list, why: str) -> None:
    with pytest.raises(NotNow, match=f"^{why}$"):
        run(*events)


@pytest.mark.parametrize("joined", [False, True])
def test_an_agent_lost_beside_a_partner_leaves_the_call_to_the_partner(joined: bool) -> None:
    contact, done = run(Consult("li"), Inside(), *([Join()] if joined else []), Gone("wang"))
    assert (contact.agent, contact.place) == ("li", "room")
    assert Drop("li") not in done
