"""Agents at work and call-backs are kept as they were, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hotline.records import Records
from hotline.roster import Roster
from ivr.duty import Callback, Duty
from ivr.floor import Floor
from ivr.legs import LegUrls
from tests.phone import BASE, NOW, SCRIPT, Requests, texts_of


@pytest.fixture
def records(database_url: str) -> Iterator[Records]:
    records = Records(database_url)
    yield records
    records.close()


def promise(call: str, since: float) -> Callback:
    return Callback(0, call, "13800138000", "billing", 2, since, "zh", "202611230001", not_before=5.0)


def test_the_newest_state_of_an_agent_counts(records: Records) -> None:
    roster = Roster(records)
    roster.keep(Duty("王芳", "available", 1.0))
    busy = Duty("王芳", "busy", 2.0, "break", "0" * 32, "CA1", "billing.3", "CA2", 2.5, 0.0, 0.0)
    roster.keep(busy)
    assert roster.duties() == [busy]


def test_open_call_backs_come_in_the_order_of_their_places(records: Records) -> None:
    roster = Roster(records)
    later, sooner = roster.new_callback(promise("CA1", 20.0)), roster.new_callback(promise("CA2", 10.0))
    assert roster.open_callbacks() == [sooner, later]
    assert roster.new_callback(promise("CA1", 99.0)) == later, "a call has one"
    sooner.state = "done"
    roster.keep_callback(sooner)
    assert roster.open_callbacks() == [later]


def test_handling_times_are_conversation_and_wrap_up_of_the_newest_calls(records: Records) -> None:
    for talked in (10.0, 20.0, 30.0):
        records.append("CA1", ("wrapped_up", {"agent": "wang", "talked_s": talked, "wrapped_s": 5.0}))
    assert Roster(records).handling_times(2) == [35.0, 25.0]


def test_many_at_once_get_one_agent_each(records: Records) -> None:
    carrier = Requests()
    with ThreadPoolExecutor(4) as background:
        floor = Floor(SCRIPT, Roster(records), records, carrier, LegUrls(BASE), texts=texts_of(records, carrier, lambda: NOW), now=lambda: 1000.0, background=background)
        for name in ("wang", "li", "zhang"):
            floor.set_state(name, "available")

        def come(number: int) -> None:
            sid = f"CA{number:032x}"
            records.append(sid, ("call_started", {"from": "+8613800138000", "to": "10086"}))
            floor.joined(sid, "general", 0, 1000.0)
            floor.arrived(sid)
            if number % 3 == 0:
                floor.left(sid)

        with ThreadPoolExecutor(8) as callers:
            list(callers.map(come, range(24)))
        floor.tick()
    assert {one["state"] for one in floor.agents()} == {"ringing"}
    assert sorted({to for to, *_ in carrier.rung}) == ["8001", "8002", "8003"]
    offers = [url for _, url, *_ in carrier.rung]
    assert len(set(offers)) == len(offers) == 3
