"""A line of which everything is known, simulated; its parts are found again from the records alone."""

import numpy as np
import pytest

from simulation import model_file, on_duty, patience_fit, validation
from simulation.calibration import calibrate
from simulation.engine import simulate
from tests.call_records import DAY_0, erlang_a


@pytest.fixture(scope="module")
def line():
    return erlang_a(days=10, agents=8, per_minute=2.6, talk=200, patience=150)


def test_agents_on_duty_are_found_from_who_answers_and_who_waits(line):
    duty = on_duty.infer(line)
    edges = (DAY_0 + np.arange(10)[:, None]) * 86400.0 + np.array([8.5, 17.5]) * 3600
    found = [duty.agents(day)[0] for day in edges]
    assert np.mean(found) == pytest.approx(8, rel=0.02)
    assert min(found) > 7.5 and max(found) < 8.2


def test_an_agent_who_pauses_while_others_wait_is_off_duty():
    from simulation import history as h
    from simulation.history import Builder, Call

    builder = Builder()
    day = DAY_0 * 86400.0
    for start in (0, 3000):  # the agent of whom we speak: two calls with a pause between
        builder.add(Call(day + start, h.ANSWERED, "a", wait=0, talk=300, agent="A"))
    for start in range(0, 3600, 600):  # another one, always talking; somebody always waits
        builder.add(Call(day + start - 590, h.ANSWERED, "a", wait=590, talk=600, agent="B", queued=True))
    duty = on_duty.infer(builder.history())
    assert duty.agents(day + np.array([400.0, 2900.0]))[0] == pytest.approx(1, abs=0.01)
    assert duty.agents(day + np.array([10.0, 290.0]))[0] == pytest.approx(2, abs=0.01)


def test_handling_time_and_patience_are_found(line):
    found = calibrate(line)
    (kind,) = found.kinds
    assert kind.handling.mean == pytest.approx(200, abs=4 * kind.handling.error)
    assert {f.kind: f for f in kind.patience}["exponential"].mean == pytest.approx(150, rel=0.1)
    assert kind.patience[0].kind in ("exponential", "weibull", "kaplan_meier")
    assert found.busyness_cv < 0.1 and found.redials is None


def test_days_not_learned_from_come_out_as_they_were(line):
    days = line.days()
    found = validation.validate(calibrate(line.of_days(days[:5])), line.of_days(days[5:]), replications=4)
    assert abs(found.whole.abandonment_points) < 2
    assert abs(found.whole.asa_ratio) < 0.15
    assert found.whole.actual.offered == found.whole.simulated.offered
    assert len(found.days) == 5 and found.to_dict()["months"]


def test_one_agent_fewer_would_be_seen(line, monkeypatch):
    """The comparison can fail: with an agent left out of the inference the simulated line is much worse."""
    right = on_duty.infer
    monkeypatch.setattr(on_duty, "infer", lambda history: (lambda d: on_duty.Duty(d.agent[d.agent > 0], d.start[d.agent > 0], d.end[d.agent > 0]))(right(history)))
    days = line.days()
    found = validation.validate(calibrate(line.of_days(days[:5])), line.of_days(days[5:]), replications=2)
    assert found.whole.abandonment_points > 3


def test_the_model_file_runs(line, tmp_path):
    found = calibrate(line)
    week = model_file.week(found, line, replications=2)
    path = tmp_path / "line.toml"
    model_file.write(week, model_file.notes(found, line), path)
    from simulation.load import load

    model = load(path)
    record = simulate(model, 0)
    assert len(record.at) == pytest.approx(2.6 * 600 * len(week["time"]["days"]), rel=0.1)
    assert "INFERRED" in path.read_text()


def test_callers_who_give_up_and_call_again_are_redials():
    from dataclasses import replace

    from simulation.history import ABANDONED

    line = erlang_a(days=1, agents=3, per_minute=1.5, talk=200, patience=100)
    caller = np.arange(len(line))
    lost = np.flatnonzero(line.outcome == ABANDONED)
    # Every second of those who gave up is the caller of a call some calls later.
    for i in lost[::2]:
        if i + 12 < len(line):
            caller[i + 12] = caller[i]
    found = calibrate(replace(line, caller=caller))
    assert found.redials.share == pytest.approx(0.45, abs=0.1)
    assert 200 < found.redials.median_delay < 1200


def test_nothing_to_learn_from_is_said():
    from simulation.history import Builder

    with pytest.raises(ValueError, match="no call in the history was answered"):
        calibrate(Builder().history())


def test_a_line_on_which_nobody_gave_up_is_calibrated_and_says_what_is_assumed():
    line = erlang_a(days=1, agents=400, per_minute=1, talk=60, patience=100)
    found = calibrate(line)
    assert found.kinds[0].patience[0].mean == patience_fit.ASSUMED
    assert any("ASSUMED exponential, mean 300 s" in note for note in model_file.notes(found, line))
