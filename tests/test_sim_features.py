"""What a call may meet, each on a small scene whose outcome can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simulation import record as r
from simulation.engine import simulate
from simulation.load import from_dict
from simulation.replicate import run
from tests.sim_models import single


def fixed(value: str) -> dict:
    return {"dist": "deterministic", "value": value}


def scene(times: dict[str, list[int]], groups: dict | None = None, length="60 min", after_close="serve", **types) -> dict:
    """Calls at given seconds, talk of 100 s unless said otherwise, one agent unless said otherwise."""
    made = {}
    for name, moments in times.items():
        made[name] = {"times": [f"{t} s" for t in moments], "talk": fixed("100 s"), "patience": "unlimited", **types.get(name, {})}
    return {
        "name": "scene", "time": {"length": length, "after_close": after_close}, "types": made,
        "groups": groups or {"g": {"skills": list(times), "agents": 1}},
        "routing": {"call_choice": "longest_wait", "agent_choice": "listed"},
        "targets": {"answer_within": "20 s"}, "run": {"replications": 1},
    }


def starts(written: dict, **more) -> dict[str, list[float]]:
    """Moment of answer of the calls of each type, in the order of arrival; nan for the others."""
    model = from_dict({**written, **more})
    rec = simulate(model, 0)
    return {t.name: rec.start[(rec.type == k) & (rec.kind <= r.REDIALLED)].tolist() for k, t in enumerate(model.types)}


def test_first_come_first_served():
    assert starts(scene({"a": [0, 10, 20]})) == {"a": [0, 100, 200]}


def test_priority_goes_first_but_interrupts_nobody():
    assert starts(scene({"a": [0, 10], "b": [50]}, b={"priority": 1})) == {"a": [0, 200], "b": [100]}


def test_head_start_counts_as_waited():
    assert starts(scene({"a": [0, 10], "b": [50]}, b={"head_start": "45 s"})) == {"a": [0, 200], "b": [100]}
    assert starts(scene({"a": [0, 10], "b": [50]}, b={"head_start": "35 s"})) == {"a": [0, 100], "b": [200]}


def test_listed_order_against_longest_wait():
    written = scene({"a": [0, 10], "b": [50]})
    written["groups"]["g"]["skills"] = ["b", "a"]
    assert starts(written)["a"] == [0, 100]
    written["routing"]["call_choice"] = "listed"
    assert starts(written)["b"] == [100]


def test_agent_choice():
    groups = {"x": {"skills": ["a", "b"], "agents": 1}, "y": {"skills": ["a", "b"], "agents": 1}}
    # a answers at x (0–100) and y; at 250 both are free, y for longer.
    written = scene({"a": [0, 60, 70], "b": [330]}, groups, a={"talk": fixed("100 s")})
    model = from_dict(written)
    rec = simulate(model, 0)
    assert rec.group[np.argsort(rec.at)].tolist() == [0, 1, 0, 0]
    model = from_dict({**written, "routing": {"call_choice": "listed", "agent_choice": "longest_idle"}})
    rec = simulate(model, 0)
    assert rec.group[np.argsort(rec.at)].tolist() == [0, 1, 0, 1]


def test_a_slower_group_takes_longer():
    rec = simulate(from_dict(scene({"a": [0, 10]}, {"g": {"skills": ["a"], "agents": 1, "handling": {"a": 1.5}}}, a={"wrap_up": fixed("20 s")})), 0)
    assert rec.start.tolist() == [0, 180]
    assert (rec.talked - rec.start).tolist() == [150, 150]
    assert (rec.end - rec.start).tolist() == [180, 180]


def test_patience_message_and_places():
    rec = simulate(from_dict(scene({"a": [0, 10, 20, 30]}, a={"patience": fixed("40 s"), "places": 2})), 0)
    assert rec.outcome.tolist() == [0, r.ABANDONED, r.ABANDONED, r.NO_PLACE]
    assert rec.gone.tolist()[1:3] == [50, 60]
    rec = simulate(from_dict(scene({"a": [0, 10]}, a={"patience": fixed("40 s"), "message_after": "30 s"})), 0)
    assert rec.outcome.tolist() == [0, r.MESSAGE]
    assert rec.gone[1] == 40


def test_trunks_are_held_from_dialling_to_the_end_of_the_talk():
    written = scene({"a": [0, 10, 105, 135]}, a={"ivr": {"duration": fixed("30 s")}, "wrap_up": fixed("50 s")})
    rec = simulate(from_dict({**written, "line": {"trunks": 1}}), 0)
    # The first is in the menu until 30 and talks until 130, so the line is free at 135, its agent at 180.
    assert rec.outcome.tolist() == [0, r.NO_LINE, r.NO_LINE, 0]
    assert rec.start[3] == 180


def test_redial_is_a_new_attempt_of_the_same_call():
    redial = {"after_blocked": 1.0, "delay": fixed("45 s"), "attempts": 2}
    model = from_dict(scene({"a": [0, 10]}, a={"places": 0, "redial": redial}))
    rec = simulate(model, 0)
    assert rec.kind.tolist() == [0, 0, r.REDIALLED, r.REDIALLED]
    assert rec.dial.tolist() == [0, 10, 55, 100]
    assert rec.outcome.tolist() == [0, r.NO_PLACE, r.NO_PLACE, 0]
    result = run(model)
    assert [result.value(m) for m in ("arrived", "fresh", "redials", "offered", "answered", "blocked", "lost")] == [4, 2, 2, 4, 2, 2, 0]
    assert result.value("in_orbit", interval=0) * 3600 == pytest.approx(90)


def test_a_redial_after_closing_finds_the_line_closed():
    rec = simulate(from_dict(scene({"a": [0, 10]}, a={"places": 0, "redial": {"after_blocked": 1.0, "delay": fixed("1 h")}})), 0)
    assert rec.outcome.tolist() == [0, r.NO_PLACE, r.CLOSED]


def test_call_back_keeps_the_place():
    back = {"after": "20 s", "accept": 1.0, "reached": 1.0}
    rec = simulate(from_dict(scene({"a": [0, 10, 60]}, a={"patience": fixed("70 s"), "call_back": back})), 0)
    # The second would have given up at 80; promised at 30, called at 100. The third is promised at 80.
    assert rec.start.tolist() == [0, 100, 200]
    assert rec.promised.tolist()[1:] == [30, 80]


def test_call_backs_that_reach_nobody_are_tried_again_and_then_lost():
    back = {"after": "20 s", "accept": 1.0, "reached": 0.0, "ring": "15 s", "tries": 2, "retry_after": "60 s"}
    model = from_dict(scene({"a": [0, 10, 500]}, a={"call_back": back}))
    rec = simulate(model, 0)
    assert rec.outcome.tolist()[:3] == [0, r.CALL_BACK_LOST, 0]
    rings = rec.kind == r.RING
    assert rec.start[rings].tolist() == [100, 175]
    assert rec.start[2] == 500
    result = run(model)
    assert [result.value(m) for m in ("call_backs", "call_backs_done", "call_backs_lost", "abandoned")] == [1, 0, 1, 1]
    assert result.value("busy_hours", group="g") * 3600 == pytest.approx(2 * 100 + 2 * 15)


def test_transfer_joins_the_other_queue():
    written = scene({"a": [0], "b": [10]}, {"g": {"skills": ["a"], "agents": 1}, "h": {"skills": ["b"], "agents": 1}}, a={"transfers": [{"to": "b", "probability": 1.0}]})
    rec = simulate(from_dict(written), 0)
    moved = rec.kind == r.TRANSFERRED
    assert rec.at[moved].tolist() == [100]
    assert rec.start[moved].tolist() == [110]
    assert rec.type[moved].tolist() == [1]


def test_overflow_to_another_group_after_a_wait():
    groups = {"g": {"skills": ["a"], "agents": 1}, "h": {"skills": ["a"], "agents": 1}}
    written = scene({"a": [0, 10]}, groups, a={"groups": ["g", {"group": "h", "after": "30 s"}]})
    rec = simulate(from_dict(written), 0)
    assert rec.start.tolist() == [0, 40]
    assert rec.group.tolist() == [0, 1]


def day(agents, at_shift_end: str, times: list[int], **more) -> dict:
    return {
        "name": "day", "time": {"opens": "09:00", "closes": "10:00", "days": ["mon"], "interval": "30 min", "after_close": "serve"},
        "types": {"a": {"times": [f"{t} s" for t in times], "talk": fixed("10 min"), "patience": "unlimited", **more}},
        "groups": {"g": {"skills": ["a"], "agents": agents, "at_shift_end": at_shift_end}},
        "targets": {"answer_within": "20 s"}, "run": {"replications": 1},
    }


NINE = 9 * 3600


def test_a_call_at_shift_end_is_finished_or_returned():
    # Two agents until 09:30, then one; both are busy from 1500 s to 2100 s.
    rec = simulate(from_dict(day([2, 1], "finish", [1500, 1510, 1520])), 0)
    assert (rec.start - NINE).tolist() == [1500, 1510, 2110]
    rec = simulate(from_dict(day([2, 1], "return", [1500, 1510, 1520])), 0)
    # The newer one is cut at 1800 with 310 s to go and is served before the third.
    assert rec.returned.tolist() == [False, True, False, False]
    back = rec.kind == r.RETURNED
    assert rec.start[back] - NINE == pytest.approx([2100])
    assert rec.end[back] - NINE == pytest.approx([2410])
    assert rec.start[2] - NINE == pytest.approx(2410)


def test_after_closing():
    late = [3000, 3500]
    def ended(how):
        written = day(1, "finish", late)
        written["time"]["after_close"] = how
        return simulate(from_dict(written), 0)
    assert (ended("serve").start - NINE).tolist() == [3000, 3600]
    assert ended("serve").finished - NINE == 4200
    assert ended("disconnect").outcome.tolist() == [0, r.CUT_OFF]
    stopped = ended("stop")
    assert stopped.finished - NINE == 3600
    assert np.isnan(stopped.start[1]) and stopped.outcome[1] == r.UNDECIDED
    result = run(from_dict({**day(1, "finish", late), "time": {**day(1, "finish", late)["time"], "after_close": "stop"}}))
    assert [result.value(m) for m in ("offered", "answered", "in_progress")] == [2, 1, 1]


def test_shifts_breaks_and_pay():
    written = day(1, "finish", [0])
    written["groups"]["g"] = {
        "skills": ["a"], "at_shift_end": "finish", "cost_per_hour": 30,
        "shifts": [{"start": "09:00", "end": "10:00", "agents": 2, "breaks": [{"start": "09:15", "length": "15 min"}]}, {"start": "09:30", "end": "09:45", "agents": 1, "days": ["tue"]}],
    }
    written["costs"] = {"currency": "CNY"}
    result = run(from_dict(written))
    assert result.value("staffed_hours", group="g") == pytest.approx(1.5)
    assert result.value("paid_hours", group="g") == pytest.approx(2.0)
    assert result.value("agent_cost") == pytest.approx(60)
    assert [e.mean for _, e in result.series("staffed_hours")] == pytest.approx([0.5, 1.0, 0.0])


def test_who_comes_early_or_stays_late_is_paid():
    written = day(1, "finish", [0])
    written["groups"]["g"] = {"skills": ["a"], "at_shift_end": "finish", "shifts": [{"start": "08:30", "end": "11:00", "agents": 2}]}
    result = run(from_dict(written))
    assert result.value("paid_hours") == pytest.approx(5.0)
    assert result.value("overtime_hours") == 0


def test_shrinkage_is_exact_on_average():
    written = day(7, "finish", [])
    written["groups"]["g"]["shrinkage"] = 0.3
    written["run"] = {"replications": 400}
    result = run(from_dict(written))
    e = result.get("staffed_hours")
    assert abs(e.mean - 4.9) < 4 * e.half_width
    assert result.value("paid_hours") == pytest.approx(7)


def test_opening_hours_by_weekday():
    written = day(1, "finish", [0])
    written["time"] = {"hours": {"mon": ["09:00", "10:00"], "sat": ["12:00", "12:30"]}, "days": ["mon", "sat"], "interval": "30 min", "after_close": "serve"}
    rec = simulate(from_dict(written), 0)
    assert (rec.at / 3600).tolist() == [9, 36]
    assert not np.isnan(rec.start).any()


def test_around_the_clock_days_do_not_close():
    written = day(1, "finish", [])
    written["time"] = {"opens": "00:00", "closes": "24:00", "days": ["mon", "tue"], "interval": "12 h", "after_close": "disconnect"}
    written["types"]["a"]["times"] = ["86000 s", "86100 s"]
    model = from_dict(written)
    assert model.grid.spans == ((0.0, 172800.0),)
    rec = simulate(model, 0)
    assert (rec.outcome[:2] == 0).all()


def test_factors_by_interval():
    written = day([1, 1], "finish", [0, 2000], talk_by_interval=[0.5, 2.0])
    rec = simulate(from_dict(written), 0)
    assert (rec.talked - rec.start).tolist() == [300, 1200]


def test_more_agents_less_load_more_patience():
    """Monotone, on common random numbers: each step is a comparison of the same calls."""
    base = from_dict(single(agents=8, length="600 min", replications=6))
    more = [run(base.with_agents("agents", k)) for k in (0, 1, 3)]
    waits = [x.value("asa") for x in more]
    assert waits == sorted(waits, reverse=True)
    levels = [x.value("service_level") for x in more]
    assert levels == sorted(levels)
    loads = [run(base.with_load(f)) for f in (0.8, 1.0, 1.2)]
    assert [x.value("abandonment") for x in loads] == sorted(x.value("abandonment") for x in loads)
    assert [x.value("occupancy") for x in loads] == sorted(x.value("occupancy") for x in loads)
    patient = [run(from_dict(single(agents=9, patience=p, length="600 min", replications=6))) for p in ("20 s", "2 min", "20 min", "unlimited")]
    assert [x.value("abandonment") for x in patient] == sorted((x.value("abandonment") for x in patient), reverse=True)
    assert [x.value("wait_all") for x in patient] == sorted(x.value("wait_all") for x in patient)


def test_erlang_a_becomes_erlang_c_as_patience_grows():
    endless = run(from_dict(single(agents=10, patience="unlimited", length="1000 min")))
    patient = run(from_dict(single(agents=10, patience="1000 h", length="1000 min")))
    assert patient.value("asa") == pytest.approx(endless.value("asa"), rel=0.01)
    assert patient.value("abandonment") < 1e-3


def test_exponential_rates_of_a_pure_loss_line():
    result = run(from_dict(single(agents=2, rate="1 / min", talk="2 min", patience="unlimited", length="3000 min", types__calls__places=0)))
    e = result.get("blocking")
    # Erlang B with 2 erlangs on 2 agents: 0.4.
    assert abs(e.mean - 0.4) < 2 * e.half_width
