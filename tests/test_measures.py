"""The measures against logs counted by hand, and what must be true of any log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.board import Board, WallboardSettings
from hotline.measures import (
    Request,
    Requests,
    agent_day,
    first_call_resolution,
    per_interval,
    repeat_call_rate,
    summary,
)
from hotline.records import Records

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


def folded(*events: tuple) -> list[Request]:
    requests = Requests()
    for event in events:
        requests.take(*event)
    return requests.all()


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
    assert first_call_resolution([], 0) is None and repeat_call_rate([], 0) is None


def test_a_caller_whose_agent_was_lost_goes_on_waiting_as_the_same_request() -> None:
    (one,) = folded(*asked("A", 100), ("A", 130, "queued", {"queue": "billing", "position": 1}), answered("A", 160))
    assert (one.waited, one.outcome) == (60, "answered")


def test_back_to_the_menu_and_again_to_the_queue_is_one_request_that_waits() -> None:
    moved = ("A", 110, "moved", {"state": {"step": "problem"}})
    (one,) = folded(*asked("A", 100), moved)
    assert one.outcome == "diverted"
    (one,) = folded(*asked("A", 100), moved, ("A", 120, "queued", {"queue": "billing", "position": None}))
    assert one.outcome == "waiting"


def test_first_call_resolution_counts_only_calls_whose_day_is_over() -> None:
    def call(name: str, at: float, number: str) -> list[tuple]:
        return [*asked(name, at, number), answered(name, at + 5)]

    found = folded(*call("A", 0, "1"), *call("B", 23 * HOUR, "1"), *call("C", 0, "2"), *call("D", 30 * HOUR, "3"), *call("E", 0, ""))
    now = 50 * HOUR
    # A was followed by B within 24 h; B and C were not; D's day is not over; E has no number.
    assert first_call_resolution(found, now) == 2 / 3


def test_repeat_calls_are_those_of_numbers_that_reached_a_human_four_times_in_seven_days() -> None:
    events = []
    for name, at, number in [("A", 1, "1"), ("B", 2, "1"), ("C", 3, "1"), ("D", 4, "1"), ("E", 5, "2"), ("F", -8, "2")]:
        events += [*asked(name, at * DAY, number), answered(name, at * DAY + 5)]
    assert repeat_call_rate(folded(*events), 6 * DAY) == 4 / 5


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("ABCDE"),
        st.sampled_from(["queued", "agent_answered", "callback_promised", "moved", "call_ended", "wrapped_up"]),
        st.floats(0, 400),
    ),
    max_size=40,
)
DATA = {
    "queued": {"queue": "billing", "position": None}, "agent_answered": {"agent": "wang", "waited_s": 1.0},
    "callback_promised": {"number": "1"}, "moved": {"state": {"step": "problem"}}, "call_ended": {"status": "completed"},
    "wrapped_up": {"agent": "wang", "talked_s": 60.0, "wrapped_s": 5.0},
}  # fmt: skip


@given(EVENTS)
def test_whatever_happens_every_request_is_counted_once(events: list[tuple[str, str, float]]) -> None:
    at, requests = 0.0, Requests()
    for call in "ABCDE":
        requests.take(call, at, "call_started", {"from": call, "to": "10086"})
    for call, kind, later in events:
        at += later
        requests.take(call, at, kind, DATA[kind])
    found = requests.all()
    told = summary(found)
    assert told["answered"] + told["abandoned"] + told["diverted"] + told["waiting"] == told["offered"] == len(found)
    shares = ("service_level", "service_level_without_short", "abandonment")
    assert all(told[name] is None or 0 <= told[name] <= 1 for name in shares)
    assert (told["service_level"] or 0) <= (told["service_level_without_short"] or 1)
    intervals = [summary(one) for one in per_interval(found, 0, 1800, int(at // 1800) + 1)]
    for name in ("offered", "answered", "abandoned", "diverted", "waiting"):
        assert sum(one[name] for one in intervals) == told[name]


def test_an_agents_day() -> None:
    changes = [("break", -100.0), ("available", 600.0), ("busy", 1200.0), ("wrap_up", 1500.0), ("offline", 1560.0)]
    day = agent_day(changes, 0, DAY)
    assert day["seconds"] == {"break": 600, "available": 600, "busy": 300, "wrap_up": 60, "offline": DAY - 1560}
    assert (day["staffed_s"], day["occupancy"]) == (960, 360 / 960)
    assert agent_day([], 0, DAY)["occupancy"] is None
    assert sum(day["seconds"].values()) == DAY


# -- the board, on either database ------------------------------------------------------


class Clock:
    now = 1_763_870_400.0 + 10 * HOUR  # 2025-11-23 12:00 +08:00

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


def test_alerts_are_raised_once_and_seen_by_one(board: tuple[Board, Records, Clock]) -> None:
    seen, records, clock = board
    seen.look()
    said = {"text": "我 要 找 绿 湿 起诉 你们", "start": 0.0, "end": 2.0}
    records.append("CA1", ("call_started", {"from": "", "to": "10086"}), ("utterance", said))
    records.append("CA1", ("queued", {"queue": "billing", "position": None}))
    clock.now += 40
    for _ in range(3):
        seen.look()
    found = [(alert.what, alert.detail) for alert in seen.alerts()]
    assert sorted(found) == [("nobody", "billing"), ("wait", "billing"), ("word", "律师")]
    word = next(alert for alert in seen.alerts() if alert.what == "word")
    assert seen.acknowledge(word.id, "chen") and not seen.acknowledge(word.id, "li")
    assert next(alert for alert in seen.alerts() if alert.id == word.id).acknowledged_by == "chen"
    records.append("CA1", ("call_ended", {"status": "completed"}))
    seen.look()
    assert ("rate", "0%") in [(alert.what, alert.detail) for alert in seen.alerts()]


@pytest.mark.parametrize(
    ("text", "lang", "found"),
    [("I will call my lawyer!", "en", ["lawyer"]), ("lawyers", "en", []), ("律师", "zh", ["律师"]), ("绿叶", "zh", [])],
)
def test_words_are_found_by_sound_in_mandarin_and_whole_in_english(
    board: tuple[Board, Records, Clock], text: str, lang: str, found: list[str]
) -> None:
    assert board[0].words_in(text, lang) == found
