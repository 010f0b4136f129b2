"""The measures against logs counted by hand, and what must be true of any log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.agents_day import agents_day
from hotline.alerts import WallboardSettings, Words, due
from hotline.board import Board
from hotline.measures import (
    Change,
    Request,
    Requests,
    agent_day,
    containment,
    first_call_resolution,
    per_interval,
    repeat_call_rate,
    summary,
)
from hotline.records import Records
from hotline.roster import Roster
from ivr.duty import Duty

HOUR = 3600.0
DAY = 24 * HOUR


def asked(call: str, at: float, number: str = "+8613800138000", skill: str = "billing") -> list[tuple]:
    return [
        (call, at - 30, "call_started", {"from": number, "to": "10086"}),
        (call, at, "queued", {"queue": skill, "position": None}),
    ]


def answered(call: str, at: float, agent: str = "wang") -> tuple:
    return call, at, "agent_answered", {"agent": agent, "waited_s": 0.0}


def over(call: str, at: float) -> tuple:
    return call, at, "call_ended", {"status": "completed"}


def taken(*events: tuple) -> Requests:
    requests = Requests()
    for event in events:
        requests.take(*event)
    return requests


def folded(*events: tuple) -> list[Request]:
    return taken(*events).all()


def moved(call: str, at: float, step: str) -> tuple:
    return call, at, "moved", {"state": {"step": step}}


def wrapped(call: str, at: float, agent: str, talked: float, held: float, wrapped: float) -> tuple:
    return call, at, "wrapped_up", {"agent": agent, "talked_s": talked, "held_s": held, "wrapped_s": wrapped}


def test_a_morning_counted_by_hand() -> None:
    found = folded(
        *asked("A", 100), answered("A", 110), over("A", 200), ("A", 230, "wrapped_up", {"agent": "wang", "talked_s": 90.0, "wrapped_s": 30.0}),
        *asked("B", 120), answered("B", 150), over("B", 260), ("B", 270, "wrapped_up", {"agent": "wang", "talked_s": 110.0, "wrapped_s": 10.0}),
        *asked("C", 130), over("C", 133),
        *asked("D", 140), over("D", 190),
        *asked("E", 150), ("E", 170, "callback_promised", {"number": "1", "skill": "billing", "since": 150}), over("E", 175),
        *asked("F", 160),
        ("G", 100, "call_started", {"from": "", "to": "10086"}), over("G", 150),
    )  # fmt: skip
    told = summary(found)
    assert (told["offered"], told["answered"], told["abandoned"], told["diverted"], told["waiting"]) == (6, 2, 2, 1, 1)
    assert told["service_level"] == 1 / 6, "of all requests, waiting and diverted ones too"
    assert told["service_level_without_short"] == 1 / 5
    assert told["abandonment"] == 2 / 6
    assert (told["asa_s"], told["aht_s"]) == (20, 120)


def test_where_nothing_was_offered_there_is_no_share() -> None:
    told = summary([])
    assert told["service_level"] is None and told["abandonment"] is None and told["asa_s"] is None
    assert first_call_resolution([], 0).value is None and repeat_call_rate([], 0).value is None
    assert containment([]).value is None


def test_a_caller_whose_agent_was_lost_goes_on_waiting_as_the_same_request() -> None:
    (one,) = folded(*asked("A", 100), ("A", 130, "queued", {"queue": "billing", "position": 1}), answered("A", 160))
    assert (one.waited, one.outcome) == (60, "answered")


def test_back_to_the_menu_and_again_to_the_queue_is_one_request_that_waits() -> None:
    (one,) = folded(*asked("A", 100), moved("A", 110, "problem"))
    assert one.outcome == "diverted"
    (one,) = folded(*asked("A", 100), moved("A", 110, "problem"), ("A", 120, "queued", {"queue": "billing", "position": None}))
    assert one.outcome == "waiting"


def test_hanging_up_is_no_way_to_the_menu() -> None:
    # As the line writes it: the state moves to "gone" before the call ends.
    (one,) = folded(*asked("A", 100), moved("A", 150, "gone"), over("A", 150))
    assert (one.outcome, one.waited) == ("abandoned", 50)


def test_a_call_back_that_was_begun_and_not_promised_is_an_abandoned_wait() -> None:
    begun = (*asked("A", 100), moved("A", 110, "confirm"))
    assert folded(*begun, moved("A", 130, "gone"), over("A", 130))[0].outcome == "abandoned"
    promise = ("A", 120, "callback_promised", {"number": "1", "skill": "billing", "since": 100})
    (one,) = folded(*begun, moved("A", 115, "promise"), promise, moved("A", 121, "end"), over("A", 130))
    assert (one.outcome, one.waited) == ("diverted", 10)


def test_a_transfer_is_one_request_two_conversations_and_a_wait_between_them() -> None:
    begun = (
        *asked("A", 100), answered("A", 110, "wang"),
        ("A", 170, "transferred", {"agent": "wang", "skill": "network", "note": ""}),
        moved("A", 171, "queue"), ("A", 171, "queued", {"queue": "network", "position": None}),
    )  # fmt: skip
    (one,) = folded(*begun)
    assert (one.outcome, one.waits_since, one.waits_for) == ("answered", 170, "network")
    found = folded(
        *begun, ("A", 172, "queued", {"queue": "network", "position": 1}), answered("A", 190, "li"),
        wrapped("A", 200, "wang", 50, 10, 30), over("A", 300), wrapped("A", 320, "li", 110, 0, 20),
    )  # fmt: skip
    told = summary(found)
    assert (told["offered"], told["answered"], told["asa_s"]) == (1, 1, 10)
    assert (told["handled"], told["aht_s"]) == (2, (90 + 130) / 2)
    assert [(talk.agent, talk.skill) for talk in found[0].talks] == [("wang", "billing"), ("li", "network")]
    assert found[0].waits_since is None


def test_an_answer_after_which_nobody_talked_is_none() -> None:
    lost = (*asked("A", 100), answered("A", 110), ("A", 112, "queued", {"queue": "billing", "position": 1}))
    assert folded(*lost)[0].outcome == "waiting"
    (one,) = folded(*lost, answered("A", 140, "li"))
    assert (one.waited, [talk.agent for talk in one.talks]) == (40, ["li"])


def test_who_takes_over_has_a_conversation_of_their_own() -> None:
    (one,) = folded(
        *asked("A", 100), answered("A", 110, "wang"),
        ("A", 150, "consulted", {"agent": "wang", "partner": "li", "how": "took_over"}),
        wrapped("A", 160, "wang", 40, 0, 10), over("A", 200), wrapped("A", 210, "li", 50, 0, 10),
    )  # fmt: skip
    assert [(talk.agent, talk.at, talk.handled_s) for talk in one.talks] == [("wang", 110, 50), ("li", 150, 60)]


def test_the_line_s_own_calls_are_not_offered_and_not_contained() -> None:
    requests = taken(
        *asked("A", 100), ("A", 120, "callback_promised", {"number": "1", "skill": "billing", "since": 100}), over("A", 125),
        ("B", 500, "call_started", {"from": "+8613800138000", "to": "10086"}), ("B", 500, "called_back", {"of": "A", "attempt": 1}),
        ("B", 520, "queued", {"queue": "billing", "position": None}), answered("B", 521), over("B", 600),
        ("A", 521, "callback_closed", {"how": "done"}), wrapped("B", 610, "wang", 79, 0, 10),
        ("C", 700, "call_started", {"from": "", "to": "10086"}), over("C", 720),
        ("D", 700, "call_started", {"from": "", "to": "10086"}),
    )  # fmt: skip
    told = summary(requests.all())
    assert (told["offered"], told["diverted"], told["answered"], told["aht_s"]) == (1, 0, 1, 89)
    assert told["asa_s"] == 421, "a call-back is an answer with its whole wait"
    assert containment(requests.calls.values()) == (1, 2), "A asked, C did not; D is still in the menu, B is the line's own"
    assert [promise.how for promise in requests.promises.values()] == ["done"]


def test_a_promise_is_open_until_somebody_is_reached_or_not() -> None:
    promise = ("A", 120, "callback_promised", {"number": "1", "skill": "billing", "since": 100})
    open_, lost = [folded(*asked("A", 100), promise, over("A", 125), *more) for more in ((), [("A", 900, "callback_closed", {"how": "not_reached"})])]
    assert (open_[0].outcome, open_[0].waited) == ("diverted", 20)
    assert (lost[0].outcome, lost[0].waited) == ("abandoned", 800)


def test_first_call_resolution_counts_only_calls_whose_day_is_over() -> None:
    def call(name: str, at: float, number: str) -> list[tuple]:
        return [*asked(name, at, number), answered(name, at + 5)]

    found = folded(*call("A", 0, "1"), *call("B", 23 * HOUR, "1"), *call("C", 0, "2"), *call("D", 30 * HOUR, "3"), *call("E", 0, ""))
    now = 50 * HOUR
    # A was followed by B within 24 h; B and C were not; D's day is not over; E has no number.
    assert first_call_resolution(found, now) == (2, 3)


def test_a_call_back_repeats_nothing_and_can_be_repeated() -> None:
    back = [("B", 10 * HOUR, "call_started", {"from": "1", "to": "10086"}), ("B", 10 * HOUR, "called_back", {"of": "A", "attempt": 1})]
    back += [("B", 10 * HOUR, "queued", {"queue": "billing", "position": None}), answered("B", 10 * HOUR + 5)]
    found = folded(*asked("A", HOUR, "1"), answered("A", HOUR + 5), *back)
    assert first_call_resolution(found, 60 * HOUR) == (2, 2)
    found = folded(*asked("A", HOUR, "1"), answered("A", HOUR + 5), *back, *asked("C", 30 * HOUR, "1"), answered("C", 30 * HOUR + 5))
    assert first_call_resolution(found, 60 * HOUR) == (2, 3), "C follows the call-back within 24 h, but not A"


def test_repeat_calls_are_those_of_numbers_that_reached_a_human_four_times_in_seven_days() -> None:
    events = []
    for name, at, number in [("A", 1, "1"), ("B", 2, "1"), ("C", 3, "1"), ("D", 4, "1"), ("E", 5, "2"), ("F", -8, "2")]:
        events += [*asked(name, at * DAY, number), answered(name, at * DAY + 5)]
    assert repeat_call_rate(folded(*events), 6 * DAY) == (4, 5)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("ABCDE"),
        st.sampled_from(
            ["queued", "agent_answered", "callback_promised", "moved", "gone", "transferred", "took_over", "call_ended", "wrapped_up"]
        ),
        st.floats(0, 400),
    ),
    max_size=40,
)
DATA = {
    "queued": {"queue": "billing", "position": None}, "agent_answered": {"agent": "wang", "waited_s": 1.0},
    "callback_promised": {"number": "1"}, "moved": {"state": {"step": "problem"}}, "call_ended": {"status": "completed"},
    "wrapped_up": {"agent": "wang", "talked_s": 60.0, "wrapped_s": 5.0}, "gone": {"state": {"step": "gone"}},
    "transferred": {"agent": "wang", "skill": "network"}, "took_over": {"agent": "wang", "partner": "li", "how": "took_over"},
}  # fmt: skip
KIND = {"gone": "moved", "took_over": "consulted"}


@given(EVENTS)
def test_whatever_happens_every_request_is_counted_once(events: list[tuple[str, str, float]]) -> None:
    at, requests = 0.0, Requests()
    for call in "ABCDE":
        requests.take(call, at, "call_started", {"from": call, "to": "10086"})
    for call, kind, later in events:
        at += later
        requests.take(call, at, KIND.get(kind, kind), DATA[kind])
    found = requests.all()
    told = summary(found)
    assert told["answered"] + told["abandoned"] + told["diverted"] + told["waiting"] == told["offered"] == len(found)
    shares = ("service_level", "service_level_without_short", "abandonment")
    assert all(told[name] is None or 0 <= told[name] <= 1 for name in shares)
    assert (told["service_level"] or 0) <= (told["service_level_without_short"] or 1)
    assert 0 <= (containment(requests.calls.values()).value or 0) <= 1
    assert all(0 <= (share.value or 0) <= 1 for share in (first_call_resolution(found, at), repeat_call_rate(found, at)))
    assert all(one.outcome == "waiting" for one in found if one.waits_since is not None and not one.talks)
    assert not any(one.over and one.waits_since is not None for one in found)
    intervals = [summary(one) for one in per_interval(found, 0, 1800, int(at // 1800) + 1)]
    for name in ("offered", "answered", "abandoned", "diverted", "waiting", "handled", "quick"):
        assert sum(one[name] for one in intervals) == told[name]
    requests.forget(at + 1)
    assert not requests.all() and not requests.calls


def test_an_agents_day() -> None:
    told = [("break", -100.0), ("available", 600.0), ("busy", 1200.0), ("wrap_up", 1500.0), ("offline", 1560.0)]
    day = agent_day([Change(*one) for one in told], 0, DAY)
    assert day["seconds"] == {"break": 600, "available": 600, "busy": 300, "wrap_up": 60, "offline": DAY - 1560}
    assert (day["staffed_s"], day["occupancy"]) == (960, 360 / 960)
    assert agent_day([], 0, DAY)["occupancy"] is None
    assert sum(day["seconds"].values()) == DAY


# -- the board, on either database ------------------------------------------------------


class Clock:
    now = 1_763_906_400.0  # 2025-11-23 22:00 +08:00

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def board(database_url: str) -> Iterator[tuple[Board, Records, Clock]]:
    clock = Clock()
    records = Records(database_url, now=clock)
    words = {"zh": ["律师", "工信部"], "en": ["lawyer"]}
    agents = [{"name": "wang", "state": "offline", "since": 0.0, "skills": ["billing"], "wish": ""}]
    settings = WallboardSettings(words=words, longest_wait_s=30, least_offered=1)
    yield Board(records, settings, zone="Asia/Shanghai", agents=lambda: agents, now=clock), records, clock
    records.close()


def test_the_board_follows_the_log_and_tells_nobodys_number(board: tuple[Board, Records, Clock]) -> None:
    seen, records, clock = board
    assert seen.state()["today"]["offered"] == 0
    records.append("CA1", ("call_started", {"from": "+8613800138000", "to": "10086"}))
    records.append("CA1", ("queued", {"queue": "billing", "position": None}))
    clock.now += 12
    state = seen.state()
    assert (state["waiting"], state["longest_wait_s"], state["today"]["calls"]) == (1, 12, 1)
    records.append("CA1", ("agent_answered", {"agent": "wang", "waited_s": 12.0}))
    state = seen.state()
    assert (state["waiting"], state["today"]["service_level"]) == (0, 1)
    assert sum(one["offered"] for one in state["intervals"]) == 1 and len(state["intervals"]) == 48
    assert state["agents"][0]["handled"] == 1
    assert "13800138000" not in str(state)


def test_a_board_that_begins_in_mid_call_knows_what_one_knows_that_was_there(board: tuple[Board, Records, Clock]) -> None:
    seen, records, clock = board
    clock.now -= 23 * HOUR  # 23:00 the evening before
    records.append("CA1", ("call_started", {"from": "+8613800138000", "to": "10086"}), ("queued", {"queue": "billing", "position": None}))
    records.append("CA1", ("agent_answered", {"agent": "wang", "waited_s": 0.0}), ("call_ended", {"status": "completed"}))
    clock.now += 58 * 60
    records.append("CA2", ("call_started", {"from": "", "to": "10086"}), ("queued", {"queue": "billing", "position": None}))
    clock.now += 10 * 60
    records.append("CA2", ("moved", {"state": {"step": "gone"}}), ("call_ended", {"status": "completed"}))
    records.append("CA3", ("call_started", {"from": "", "to": "10086"}), ("queued", {"queue": "billing", "position": None}))
    seen.state()
    clock.now += 30
    fresh = Board(records, seen.settings, zone="Asia/Shanghai", agents=lambda: [], now=clock)
    state, known = fresh.state(), seen.state()
    assert state["today"] == known["today"] and state["intervals"] == known["intervals"]
    assert (state["today"]["offered"], state["waiting"], state["longest_wait_s"]) == (1, 1, 30)
    assert (state["today"]["abandoned"], state["today"]["waiting"]) == (0, 1), "CA2 asked yesterday"


def test_a_day_of_25_hours_has_50_half_hours(database_url: str) -> None:
    clock = Clock()
    clock.now = 1_761_476_400.0  # 2025-10-26 12:00 in Berlin, where clocks went back that night
    records = Records(database_url, now=clock)
    berlin = Board(records, WallboardSettings(), zone="Europe/Berlin", agents=lambda: [], now=clock)
    assert len(berlin.state()["intervals"]) == 50
    records.close()


def test_alerts_are_raised_once_and_seen_by_one(board: tuple[Board, Records, Clock]) -> None:
    seen, records, clock = board
    seen.look()
    said = {"text": "我 要 找 绿 湿 起诉 你们", "start": 0.0, "end": 2.0}
    records.append("CA1", ("call_started", {"from": "", "to": "10086"}), ("utterance", said))
    records.append("CA1", ("utterance", {"text": "您可以找媒体", "start": 0.0, "end": 2.0, "who": "agent"}))
    records.append("CA1", ("queued", {"queue": "billing", "position": None}))
    clock.now += 40
    again = Board(records, seen.settings, zone="Asia/Shanghai", agents=seen.agents, now=clock)
    for _ in range(2):
        seen.look()
        again.look()  # another process, or this one after a restart
    found = [(alert.what, alert.detail) for alert in seen.alerts.shown(0)]
    assert sorted(found) == [("nobody", "billing"), ("wait", "billing"), ("word", "律师")]
    word = next(alert for alert in seen.alerts.shown(0) if alert.what == "word")
    assert seen.acknowledge(word.id, "chen") and not seen.acknowledge(word.id, "li")
    assert next(alert for alert in seen.alerts.shown(0) if alert.id == word.id).acknowledged_by == "chen"
    records.append("CA1", ("moved", {"state": {"step": "gone"}}), ("call_ended", {"status": "completed"}))
    seen.look()
    assert ("rate", "0%") in [(alert.what, alert.detail) for alert in seen.alerts.shown(0)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I will call my lawyers!", ["lawyer"]), ("the lawyer's office", ["lawyer"]), ("lawyerly", []), ("律师", ["律师"]),
        ("绿叶", []), ("我 要 打 幺 二 三 零 零", ["12300"]), ("打12300", ["12300"]), ("我的 lawyer 会找你", ["lawyer"]),
    ],
)  # fmt: skip
def test_words_are_found_by_sound_in_mandarin_and_in_any_ending_in_english(text: str, found: list[str]) -> None:
    assert Words({"zh": ["律师", "12300"], "en": ["lawyer"]}).within(text) == found


def test_a_long_queue_raises_once_a_half_hour_for_its_skill() -> None:
    found = folded(*asked("A", 10, skill="billing"), *asked("B", 11, skill="billing"), *asked("C", 12, skill="network"))
    agents = [{"state": "busy", "skills": ["billing", "network"]}]
    settings = WallboardSettings(longest_queue=1)
    assert [one.key for one in due(found, agents, settings, 20)] == ["queue billing 0"]
    assert list(due(found, agents, WallboardSettings(longest_queue=2), 20)) == []


# -- the agents' day ---------------------------------------------------------------------


def test_the_agents_day_of_the_records(board: tuple[Board, Records, Clock]) -> None:
    seen, records, clock = board
    begin, end = seen.day()
    roster = Roster(records)

    def enters(state: str, at: float, reason: str = "") -> None:
        clock.now = begin + at
        roster.keep(Duty("wang", state=state, since=clock.now, reason=reason))

    enters("offline", -30 * HOUR)
    enters("available", 9 * HOUR)
    enters("ringing", 9 * HOUR + 100)
    records.append("CA1", ("call_started", {"from": "", "to": "10086"}), ("queued", {"queue": "billing", "position": None}))
    records.append("CA1", ("agent_missed", {"agent": "wang"}))
    enters("busy", 9 * HOUR + 110)
    records.append("CA1", ("agent_answered", {"agent": "wang", "waited_s": 10.0}))
    enters("wrap_up", 9 * HOUR + 410)
    records.append("CA1", ("call_ended", {"status": "completed"}))
    enters("break", 9 * HOUR + 440, "meal")
    records.append("CA1", ("wrapped_up", {"agent": "wang", "talked_s": 240.0, "held_s": 60.0, "wrapped_s": 30.0}))
    enters("break", 10 * HOUR, "training")
    enters("offline", 11 * HOUR)
    wang, li = agents_day(records, ["wang", "li"], begin, end)
    assert (wang.staffed_s, wang.talk_s, wang.hold_s, wang.seconds["wrap_up"]) == (440, 240, 60, 30)
    assert (wang.occupancy, len(wang.talks), wang.aht_s, wang.missed) == (330 / 440, 1, 330, 1)
    assert [(one.state, one.reason, one.length) for one in wang.spans[-3:]] == [
        ("break", "meal", 3160), ("break", "training", HOUR), ("offline", "", 13 * HOUR),
    ]  # fmt: skip
    assert sum(one.length for one in wang.spans) == DAY
    assert (li.staffed_s, li.occupancy, li.aht_s) == (0, None, None)
    assert agents_day(records, [], begin - DAY, begin) == []
