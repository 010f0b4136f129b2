"""Conferences: each hears all others, who starts and who ends them, what the line is told."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from ivr.carrier import document, sound
from ivr.carrier.call import Call, Order
from ivr.carrier.exchange import Exchange
from ivr.carrier.fault import CarrierError
from tests.test_carrier_queue import NOWHERE, Person
from tests.toy_line import NUMBER, PUBLIC, ToyLine, carried


@pytest.fixture
def line() -> ToyLine:
    line = ToyLine()
    line.says("/voice/after", "<Hangup/>")
    return line


@pytest.fixture
def exchange(line: ToyLine) -> Iterator[Exchange]:
    with carried(line) as (_, exchange):
        yield exchange


def enters(exchange: Exchange, number: int, party: Person, **attributes: str) -> Call:
    """This party is rung and takes part in the conference ``room``."""
    exchange.phones.add(f"client:{number}", party)
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    twiml = f'<Response><Dial action="{PUBLIC}/voice/after"><Conference waitUrl=""{told}>room</Conference></Dial></Response>'
    return exchange.ring(NUMBER, f"client:{number}", Order(twiml=twiml), NOWHERE, 10)


def hears(party: Person, *others: Person) -> bool:
    """True once five frames came that are the sum of these voices."""
    together = np.clip(sum(sound.decode(one.voice).astype(np.int32) for one in others), -32768, 32767)
    wanted = sound.encode(together.astype(np.int16))
    found = 0
    for _ in range(500):
        found += party.heard.get(timeout=10) == wanted
        if found == 5:
            return True
    return False


def test_three_hear_each_other_and_two_go_on_when_one_leaves(line: ToyLine, exchange: Exchange) -> None:
    first, second, third = Person(500), Person(1000), Person(1500)
    enters(exchange, 1, first)
    leg = enters(exchange, 2, second)
    assert hears(first, second) and hears(second, first)
    enters(exchange, 3, third)
    assert hears(first, second, third) and hears(second, first, third) and hears(third, first, second)
    leg.hang_up("the agent hung up")
    assert hears(first, third) and hears(third, first)
    assert line.at("/voice/after") == [], "the others are still in it"


def test_an_order_by_rest_takes_one_out_and_back_in(line: ToyLine, exchange: Exchange) -> None:
    caller, agent = Person(500), Person(1000)
    leg = enters(exchange, 1, caller)
    enters(exchange, 2, agent)
    assert hears(caller, agent)
    line.says("/voice/held", "<Pause length='60'/>")
    leg.order(Order(url=f"{PUBLIC}/voice/held"))
    line.wait(lambda: line.at("/voice/held"))
    while not caller.heard.empty():
        caller.heard.get()
    line.says("/voice/held", f'<Dial action="{PUBLIC}/voice/after"><Conference waitUrl="">room</Conference></Dial>')
    leg.order(Order(url=f"{PUBLIC}/voice/held"))
    assert hears(caller, agent) and hears(agent, caller)


def test_it_begins_and_ends_with_whom_the_document_says(line: ToyLine, exchange: Exchange) -> None:
    caller, other, agent = Person(500), Person(1500), Person(1000)
    enters(exchange, 1, caller, startConferenceOnEnter="false")
    leg = enters(exchange, 2, other, startConferenceOnEnter="false")
    last = enters(exchange, 3, agent, endConferenceOnExit="true")
    assert hears(caller, other, agent) and hears(other, caller, agent)
    last.hang_up("the agent hung up")
    line.wait(lambda: len(line.at("/voice/after")) == 2)
    assert {hook.params["DialCallStatus"] for hook in line.at("/voice/after")} == {"answered"}
    assert all(hook.signed for hook in line.hooks)
    assert leg.over.wait(10) and exchange.conferences._conferences == {}


def test_a_full_conference_is_busy(line: ToyLine, exchange: Exchange) -> None:
    caller = Person(500)
    enters(exchange, 1, caller, maxParticipants="2")
    agent = Person(1000)
    enters(exchange, 2, agent, maxParticipants="2")
    assert hears(caller, agent)
    enters(exchange, 3, Person(1500), maxParticipants="2")
    (hook,) = line.wait(lambda: line.at("/voice/after"))
    assert (hook.params["DialCallStatus"], hook.params["DialBridged"]) == ("busy", "false")


def test_what_the_document_may_say() -> None:
    def parse(text: str) -> tuple:
        return document.parse(f"<Response>{text}</Response>", f"{PUBLIC}/voice/x").verbs

    (dial,) = parse('<Dial action="a"><Conference beep="false" waitUrl="">one two</Conference></Dial>')
    assert dial == document.DialConference("one two", action=f"{PUBLIC}/voice/a")
    for wrong, told in (
        ("<Dial><Conference/></Dial>", "needs a name"),
        ('<Dial><Conference waitUrl="music">r</Conference></Dial>', 'write waitUrl=""'),
        ('<Dial><Conference maxParticipants="1">r</Conference></Dial>', "a whole number from 2"),
        ("<Dial><Conference>r</Conference><Queue>q</Queue></Dial>", "holds one <Conference>"),
    ):
        with pytest.raises(CarrierError, match=told):
            parse(wrong)
