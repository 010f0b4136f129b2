"""Who gets whom, by properties: order, one call an agent, nobody left while somebody can take them; estimates."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ivr.distribution import Agent, Entry, assign, estimate, position

SKILLS = ("billing", "plans", "network")
TIMES = st.integers(0, 50).map(float)

entries = st.lists(
    st.builds(
        Entry,
        call=st.uuids().map(str),
        skill=st.sampled_from(SKILLS),
        priority=st.integers(0, 3),
        since=TIMES,
        callback=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda one: one.call,
)
agents = st.lists(
    st.builds(
        Agent,
        name=st.uuids().map(str),
        skills=st.frozensets(st.sampled_from(SKILLS), min_size=1),
        state=st.sampled_from(("available", "ringing", "busy", "wrap_up", "break", "offline")),
        since=TIMES,
    ),
    max_size=8,
    unique_by=lambda one: one.name,
)


@given(entries, agents)
def test_each_call_and_each_agent_is_given_once_and_they_fit(waiting: list[Entry], staff: list[Agent]) -> None:
    pairs = assign(waiting, staff)
    assert len({entry.call for entry, _ in pairs}) == len({agent.name for _, agent in pairs}) == len(pairs)
    assert all(agent.state == "available" and entry.skill in agent.skills for entry, agent in pairs)


@given(entries, agents)
def test_no_call_is_left_while_somebody_available_can_take_it(waiting: list[Entry], staff: list[Agent]) -> None:
    pairs = assign(waiting, staff)
    given_calls = {entry.call for entry, _ in pairs}
    given_agents = {agent.name for _, agent in pairs}
    idle = [agent for agent in staff if agent.state == "available" and agent.name not in given_agents]
    left = [entry for entry in waiting if entry.call not in given_calls]
    assert not [(entry, agent) for entry in left for agent in idle if entry.skill in agent.skills]


@given(entries, agents)
def test_nobody_overtakes_but_by_priority(waiting: list[Entry], staff: list[Agent]) -> None:
    served = {entry.call: agent for entry, agent in assign(waiting, staff)}
    for left in (entry for entry in waiting if entry.call not in served):
        for entry in (entry for entry in waiting if entry.call in served):
            if left.skill in served[entry.call].skills:
                assert (-entry.priority, entry.since) <= (-left.priority, left.since)


@given(entries, agents)
def test_the_agent_available_longest_comes_first(waiting: list[Entry], staff: list[Agent]) -> None:
    pairs = assign(waiting, staff)
    taken = {agent.name for _, agent in pairs}
    idle = [agent for agent in staff if agent.state == "available" and agent.name not in taken]
    for entry, agent in pairs:
        assert not [one for one in idle if entry.skill in one.skills and one.since < agent.since]


@given(entries, agents)
def test_positions_of_one_skill_count_up_in_order(waiting: list[Entry], staff: list[Agent]) -> None:
    for skill in SKILLS:
        same = sorted((entry for entry in waiting if entry.skill == skill), key=lambda one: one.rank)
        places = [position(entry, waiting, staff) for entry in same]
        assert places == sorted(set(places)) and (not places or places[0] >= 1)


@given(entries, agents)
def test_who_is_assigned_now_waits_for_nothing(waiting: list[Entry], staff: list[Agent]) -> None:
    for entry in waiting:
        told = estimate(entry, waiting, staff, 300.0)
        on_duty = any(
            entry.skill in agent.skills and agent.state not in ("break", "offline") for agent in staff
        )
        assert (told is not None) == on_duty
        assert told is None or told >= 0
    first = assign(waiting, staff)[:1]
    assert all(estimate(entry, waiting, staff, 300.0) == 0 for entry, _ in first)


@given(entries, agents)
def test_whoever_is_behind_in_the_same_queue_waits_no_less(waiting: list[Entry], staff: list[Agent]) -> None:
    for skill in SKILLS:
        same = sorted((entry for entry in waiting if entry.skill == skill), key=lambda one: one.rank)
        told = [estimate(entry, waiting, staff, 300.0) for entry in same]
        assert None in told or told == sorted(told)


def test_busy_agents_become_free_at_the_rate_of_their_number() -> None:
    busy = [Agent(f"a{number}", frozenset({"billing"}), "busy", float(number)) for number in range(3)]
    waiting = [Entry(f"c{number}", "billing", since=float(number)) for number in range(5)]
    assert [estimate(entry, waiting, busy, 300.0) for entry in waiting] == [100.0, 200.0, 300.0, 400.0, 500.0]
    assert estimate(waiting[0], waiting, [replace(agent, state="break") for agent in busy], 300.0) is None


def test_calls_that_others_take_do_not_lengthen_the_wait() -> None:
    staff = [
        Agent("both", frozenset({"billing", "plans"}), "busy"),
        *(Agent(f"p{number}", frozenset({"plans"})) for number in range(3)),
    ]
    waiting = [*(Entry(f"p{number}", "plans", since=0.0) for number in range(3)), Entry("b", "billing", since=1.0)]
    assert estimate(waiting[-1], waiting, staff, 300.0) == 300.0


def test_a_call_back_keeps_its_place() -> None:
    staff = [Agent("a", frozenset({"billing"}))]
    waiting = [Entry("later", "billing", since=20.0), Entry("called back", "billing", since=10.0, callback=True)]
    assert [entry.call for entry, _ in assign(waiting, staff)] == ["called back"]
    assert position(waiting[0], waiting, staff) == 2
