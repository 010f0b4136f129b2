"""Queues: waiting documents, leaving, and two legs whose voices are joined."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from ivr.carrier import sound
from ivr.carrier.call import Call, Order
from ivr.carrier.caller import Answer, RecordedCaller, Script
from ivr.carrier.exchange import Callback, Exchange
from tests.toy_line import CALLER, NUMBER, PUBLIC, ToyLine, carried

AGENT = "client:agent"
ENQUEUE = '<Enqueue waitUrl="/voice/wait" action="/voice/left">billing</Enqueue>'
NOWHERE = Callback(None, "POST", ())


class Person(RecordedCaller):
    """Says one tone without end and keeps what it hears."""

    def __init__(self, tone: int) -> None:
        super().__init__(Script((), patience_s=1000))
        wave = 8000 * np.sin(2 * np.pi * tone * np.arange(sound.FRAME) / sound.RATE)
        self.voice = sound.encode(wave.astype(np.int16))
        self.heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def frame(self) -> bytes:
        return self.voice

    def hear(self, frame: bytes) -> None:
        self.heard.put(frame)


@pytest.fixture
def line() -> ToyLine:
    line = ToyLine()
    line.says("/voice/incoming", ENQUEUE, "<Hangup/>")
    line.says("/voice/wait", "<Say>Please wait</Say>", '<Pause length="60"/>')
    line.says("/voice/left", "<Say>Goodbye</Say><Hangup/>")
    return line


@pytest.fixture
def exchange(line: ToyLine) -> Iterator[Exchange]:
    with carried(line) as (_, exchange):
        yield exchange


def dial(exchange: Exchange, party: RecordedCaller, from_: str = CALLER) -> SimpleNamespace:
    told, changed = [], threading.Condition()

    def listener(kind: str, data: dict) -> None:
        with changed:
            told.append(kind)
            changed.notify_all()

    call = exchange.dial(from_, party, listener)

    def until(kind: str) -> None:
        with changed:
            assert changed.wait_for(lambda: kind in told, 20), told

    return SimpleNamespace(call=call, told=told, until=until)


def agent_takes(exchange: Exchange, agent: RecordedCaller, *dial_queue: str) -> Call:
    exchange.phones.add(AGENT, agent)
    twiml = f"<Response>{''.join(dial_queue)}</Response>"
    return exchange.ring(NUMBER, AGENT, Order(twiml=twiml), NOWHERE, 10)


def test_the_waiting_document_is_told_where_the_caller_stands(line: ToyLine, exchange: Exchange) -> None:
    callers = []
    for number in range(3):
        callers.append(dial(exchange, RecordedCaller(Script(())), f"+861370000000{number}"))
        line.wait(lambda number=number: len(line.at("/voice/wait")) == number + 1)
    params = [hook.params for hook in line.at("/voice/wait")]
    assert [one["QueuePosition"] for one in params] == ["1", "2", "3"]
    assert [one["CurrentQueueSize"] for one in params] == ["1", "2", "3"]
    assert {one["QueueSid"][:2] for one in params} == {"QU"}
    assert all(one["QueueTime"].isdecimal() and one["AvgQueueTime"].isdecimal() for one in params)
    assert all(hook.signed for hook in line.hooks)
    callers[0].call.hang_up("the caller hung up")
    (left,) = line.wait(lambda: line.at("/voice/left"))
    assert left.params["QueueResult"] == "hangup"
    assert left.params["CallStatus"] == "completed"


def test_leave_and_the_wait_document_comes_again(line: ToyLine, exchange: Exchange) -> None:
    rounds = iter(["<Say>first</Say>", "<Redirect>/voice/wait2</Redirect>"])
    line.answers["/voice/wait"] = lambda params: f"<Response>{next(rounds)}</Response>"
    line.says("/voice/wait2", "<Leave/>")
    caller = dial(exchange, RecordedCaller(Script(())))
    (left,) = line.wait(lambda: line.at("/voice/left"))
    assert left.params["QueueResult"] == "leave"
    assert len(line.at("/voice/wait")) == 2
    assert line.at("/voice/wait2")[0].params["QueuePosition"] == "1"
    assert caller.call.over.wait(10)


def test_a_verb_that_may_not_wait_is_an_error(line: ToyLine, exchange: Exchange) -> None:
    line.says("/voice/wait", "<Reject/>")
    caller = dial(exchange, RecordedCaller(Script(())))
    (left,) = line.wait(lambda: line.at("/voice/left"))
    assert left.params["QueueResult"] == "error"
    assert caller.call.over.wait(10)
    assert "error" in caller.told


def test_a_rest_order_takes_the_caller_out(line: ToyLine, exchange: Exchange) -> None:
    caller = dial(exchange, RecordedCaller(Script(())))
    line.wait(lambda: line.at("/voice/wait"))
    line.says("/voice/next", "<Hangup/>")
    caller.call.order(Order(url=f"{PUBLIC}/voice/next"))
    line.wait(lambda: line.at("/voice/next"))
    (left,) = line.wait(lambda: line.at("/voice/left"))
    assert left.params["QueueResult"] == "redirected"
    assert caller.call.over.wait(10)


def test_two_legs_are_joined_and_hear_each_other(line: ToyLine, exchange: Exchange) -> None:
    line.says("/voice/notice", "<Say>You will be recorded</Say>")
    line.says("/voice/dialled", "<Hangup/>")
    caller, agent = Person(500), Person(1000)
    waiting = dial(exchange, caller)
    line.wait(lambda: line.at("/voice/wait"))
    leg = agent_takes(
        exchange, agent, '<Dial action="', PUBLIC, '/voice/dialled"><Queue url="', PUBLIC, '/voice/notice">billing</Queue></Dial>'
    )
    waiting.until("joined")
    assert [caller.heard.get(timeout=10) for _ in range(5)] == [agent.voice] * 5
    assert [agent.heard.get(timeout=10) for _ in range(5)] == [caller.voice] * 5
    (notice,) = line.at("/voice/notice")
    assert notice.params["CallSid"] == waiting.call.sid
    assert notice.params["DequeingCallSid"] == leg.sid
    assert notice.params["QueueTime"].isdecimal()

    leg.hang_up("the agent hung up")
    (left,) = line.wait(lambda: line.at("/voice/left"))
    assert left.params["QueueResult"] == "bridged"
    assert waiting.call.over.wait(10)
    assert leg.over.wait(10)
    assert leg.peer is None and waiting.call.peer is None


def test_the_agent_goes_on_when_the_caller_hangs_up(line: ToyLine, exchange: Exchange) -> None:
    line.says("/voice/dialled", "<Hangup/>")
    agent = Person(1000)
    leg = agent_takes(
        exchange, agent, '<Dial action="', PUBLIC, '/voice/dialled"><Queue>billing</Queue></Dial>'
    )
    waiting = dial(exchange, Person(500))  # comes when the agent already waits
    waiting.until("joined")
    waiting.call.hang_up("the caller hung up")
    (dialled,) = line.wait(lambda: line.at("/voice/dialled"))
    assert dialled.params["DialCallStatus"] == "completed"
    assert dialled.params["DialBridged"] == "true"
    assert dialled.params["DialCallSid"] == waiting.call.sid
    assert leg.over.wait(10)


def test_an_agent_who_goes_before_the_two_are_joined_leaves_the_caller_at_the_head(
    line: ToyLine, exchange: Exchange
) -> None:
    line.says("/voice/notice", '<Pause length="1"/>')
    waiting = dial(exchange, Person(500))
    line.wait(lambda: line.at("/voice/wait"))
    first = agent_takes(exchange, Person(1000), '<Dial><Queue url="', PUBLIC, '/voice/notice">billing</Queue></Dial>')
    line.wait(lambda: line.at("/voice/notice"))
    first.hang_up("the agent hung up")
    line.wait(lambda: len(line.at("/voice/wait")) == 2)
    assert line.at("/voice/wait")[1].params["QueuePosition"] == "1"
    agent_takes(exchange, Person(1000), "<Dial><Queue>billing</Queue></Dial>")
    waiting.until("joined")


def test_an_empty_queue_is_given_up_in_time(line: ToyLine, exchange: Exchange) -> None:
    line.says("/voice/dialled", "<Hangup/>")
    agent_takes(
        exchange, Person(1000), '<Dial timeout="0.1" action="', PUBLIC, '/voice/dialled"><Queue>none</Queue></Dial>'
    )
    (dialled,) = line.wait(lambda: line.at("/voice/dialled"))
    assert dialled.params["DialCallStatus"] == "no-answer"
    assert dialled.params["DialBridged"] == "false"


def test_keys_are_heard_while_waiting(line: ToyLine, exchange: Exchange) -> None:
    line.says("/voice/wait", '<Gather action="/voice/offer?step=offer" numDigits="1" timeout="30"/>')
    line.says("/voice/offer", "<Leave/>")
    dial(exchange, RecordedCaller(Script((Answer("offer", "offer", keys="1"),))))
    (offer,) = line.wait(lambda: line.at("/voice/offer"))
    assert offer.params["Digits"] == "1"
    line.wait(lambda: line.at("/voice/left"))
