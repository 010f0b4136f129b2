"""The live line's event log as a history."""

import pytest

from hotline import call_records
from hotline.records import Records, migrate
from simulation.history import OUTCOMES


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
