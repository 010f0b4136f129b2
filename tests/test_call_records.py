"""The live line's event log as a history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import call_records
from hotline.database import migrate
from hotline.measures import KINDS, Requests, summary
from hotline.records import Event, Records
from simulation.history import OUTCOMES
from simulation.service import of_history


@pytest.fixture
def log(tmp_path):
    """(append, history): a real log whose clock is set by the test."""
    url = f"sqlite:///{tmp_path / 'log.db'}"
    migrate(url)
    clock = [0.0]
    records = Records(url, now=lambda: clock[0])

    def append(at, call, *events):
        clock[0] = 1_774_000_000.0 + at
        records.append(call, *events)

    yield append, lambda: call_records.history(records.after(0), "Asia/Shanghai")
    records.close()


def begin(caller="+8613800138000"):
    return "call_started", {"from": caller, "to": "+8610086"}


END = ("call_ended", {"status": "completed"})


def queued(queue="billing"):
    return "queued", {"queue": queue}


def answered(waited):
    return "agent_answered", {"agent": "wang", "waited_s": waited}


def test_answered_abandoned_and_settled_in_the_menu(log):
    append, history = log
    append(0, "c1", begin())
    append(40, "c1", queued())
    append(55, "c1", answered(15.0))
    append(355, "c1", ("wrapped_up", {"agent": "wang", "talked_s": 270.0, "wrapped_s": 30.0}), END)
    append(400, "c2", begin("+8613900139000"))
    append(420, "c2", queued("plans"))
    append(480, "c2", END)
    append(500, "c3", begin())
    append(560, "c3", ("complaint_filed", {"number": "202603200001"}), END)
    append(600, "c4", begin())
    append(605, "c4", END)
    append(700, "c5", begin())
    table, report = history()
    assert [OUTCOMES[o] for o in table.outcome] == ["answered", "abandoned", "contained", "left_menu"]
    assert (table.wait[0], table.talk[0], table.wrap[0], table.menu[0]) == (15, 270, 30, 40)
    assert table.wait[1] == 60 and table.types[table.type[1]] == "plans" and table.agents == ("wang",)
    assert table.caller[0] == table.caller[2] != table.caller[1]
    assert report.left_out == 1, "a call that is not over is no record yet"


def test_the_hour_is_the_line_s_own(log):
    append, history = log
    append(0, "c1", begin(), queued(), END)
    table, _ = history()
    assert (table.offered[0] % 86400) // 3600 == ((1_774_000_000 + 8 * 3600) % 86400) // 3600


def test_a_call_back_is_answered_with_its_whole_wait(log):
    append, history = log
    append(0, "c1", begin(), queued())
    append(60, "c1", ("callback_promised", {"number": "+8613800138000", "skill": "billing", "since": 1_774_000_000.0}), END)
    assert len(history()[0]) == 0, "still open"
    append(600, "b1", begin(), ("called_back", {"of": "c1", "attempt": 1}))
    append(610, "b1", answered(610.0))
    append(910, "b1", ("wrapped_up", {"agent": "wang", "talked_s": 290.0, "wrapped_s": 10.0}), END)
    append(911, "c1", ("callback_closed", {"how": "done"}))
    table, _ = history()
    assert [OUTCOMES[o] for o in table.outcome] == ["answered"] and table.wait[0] == 610 and table.talk[0] == 290


WAYS = ("answered", "gone", "promised", "kept", "broken", "message", "menu", "lost_agent", "transferred", "menu_only")


@given(st.lists(st.tuples(st.sampled_from(WAYS), st.integers(0, 30), st.integers(1, 900)), min_size=1, max_size=25))
def test_the_wallboard_and_the_planner_count_the_same(calls):
    """Whatever becomes of the calls: offered, service level, abandonment with and without short ones, ASA."""
    events = []

    def put(at, call, kind, **data):
        events.append((at, call, kind, data))

    for number, (way, wait, talk) in enumerate(calls):
        at, c = 1_774_000_000.0 + 2000 * number, f"c{number}"
        put(at, c, "call_started", **{"from": "", "to": "10086"})
        if way != "menu_only":
            put(at + 10, c, "queued", queue="billing", position=None)
        asked, left = at + 10, at + 10 + wait
        if way in ("answered", "lost_agent", "transferred"):
            put(left, c, "agent_answered", agent="wang", waited_s=round(float(wait), 1))
            if way == "lost_agent":
                put(left + 1, c, "queued", queue="billing", position=None)
                put(left + 9, c, "agent_answered", agent="li", waited_s=0.0)
            if way == "transferred":
                put(left + talk, c, "transferred", agent="wang", skill="network")
                put(left + talk, c, "wrapped_up", agent="wang", talked_s=float(talk), wrapped_s=5.0)
                put(left + talk + 4, c, "agent_answered", agent="li", waited_s=4.0)
        elif way in ("promised", "kept", "broken"):
            put(left, c, "callback_promised", number="", skill="billing", since=asked)
        elif way == "message":
            put(left, c, "voicemail_left", seconds=3.0)
        elif way == "menu":
            put(left, c, "moved", state={"step": "problem"})
        put(left + talk + 5, c, "call_ended", status="completed")
        if way == "kept":
            put(left + 950, f"b{number}", "call_started", **{"from": "", "to": "10086"})
            put(left + 950, f"b{number}", "called_back", of=c, attempt=1)
            put(left + 960, f"b{number}", "queued", queue="billing", position=None)
            put(left + 970, f"b{number}", "agent_answered", agent="wang", waited_s=970.0 + wait)
            put(left + 990, f"b{number}", "call_ended", status="completed")
        if way in ("kept", "broken"):
            put(left + 991, c, "callback_closed", how="done" if way == "kept" else "not_reached")
    events.sort(key=lambda e: e[0])
    board = Requests()
    for at, call, kind, data in events:
        if kind in KINDS:
            board.take(call, at, kind, data)
    log = [Event(id=i, call_id=call, seq=i, at=at, kind=kind, data=data) for i, (at, call, kind, data) in enumerate(events, 1)]
    table, _ = call_records.history(log, "Asia/Shanghai")
    # A promise that is still open is no call of the past yet; everything else is.
    shown = summary([one for one in board.all() if not (one.outcome == "diverted" and board.promises.get(one.call))], within_s=15, short_s=5)
    told = of_history(table, within_s=15, short_s=5)
    for name in ("offered", "answered", "abandoned", "short", "service_level", "service_level_without_short", "abandonment", "asa_s"):
        assert getattr(told, name) == pytest.approx(shown[name]), name
    assert told.within == shown["quick"]
