"""Patience by how many wait already: in the engine, and found again from the records."""

from __future__ import annotations

import numpy as np
import pytest

from simulation import crowding
from simulation.calibration import calibrate
from simulation.engine import simulate
from simulation.history import ABANDONED, ANSWERED, Builder, Call, History
from simulation.load import from_dict
from simulation.problem import ModelError
from simulation.validation import kind_parts

DAY_0 = 11_000
TEN_S = {"dist": "deterministic", "value": "10 s"}


def model(patience: object, behind: list[dict], days: int = 1) -> dict:
    return {
        "name": "crowd", "time": {"length": "10 h", "after_close": "serve"},
        "types": {"sales": {"rate": "3 / min", "talk": {"dist": "exponential", "mean": "200 s"}, "patience": patience, "patience_behind": behind}},
        "groups": {"all": {"skills": ["sales"], "agents": 8}}, "targets": {"answer_within": "20 s"}, "run": {"replications": days, "seed": 7},
    }  # fmt: skip


def history(days: int, patience: object, behind: list[dict]) -> History:
    """The calls of so many days of such a line."""
    made, builder = from_dict(model(patience, behind, days)), Builder()
    for day in range(days):
        r = simulate(made, day)
        zero = (DAY_0 + day) * 86400.0 + 8 * 3600
        for at, start, end, gone in zip(r.at, r.start, r.end, r.gone):
            if np.isnan(start):
                builder.add(Call(zero + at, ABANDONED, "sales", wait=gone - at, queued=True))
            else:
                builder.add(Call(zero + at, ANSWERED, "sales", wait=start - at, talk=end - start, agent="A", queued=start > at))
    return builder.history()


def test_who_finds_others_waiting_has_the_patience_of_the_crowd():
    made = from_dict(model({"dist": "deterministic", "value": "5 min"}, [{"waiting": 2, "patience": TEN_S}]))
    r = simulate(made, 0)
    gone = ~np.isnan(r.gone)
    until = np.where(gone, r.gone, r.start)
    found = np.array([((r.at < t) & (until > t)).sum() for t in r.at])
    waited = (r.gone - r.at)[gone]
    assert gone.sum() > 100 and (found[gone] >= 2).sum() > 100
    assert waited[found[gone] >= 2] == pytest.approx(10.0) and (waited[found[gone] < 2] == pytest.approx(300.0))


def test_a_crowd_as_patient_as_everybody_changes_no_distribution():
    same = {"dist": "exponential", "mean": "120 s"}
    plain, crowd = (from_dict(model(same, behind, 12)) for behind in ([], [{"waiting": 1, "patience": same}]))
    share = [np.mean([np.isnan(simulate(made, day).start).mean() for day in range(12)]) for made in (plain, crowd)]
    assert share[0] == pytest.approx(share[1], abs=0.015)


def test_it_is_found_again_from_the_records():
    learned = calibrate(history(25, {"dist": "exponential", "mean": "240 s"}, [{"waiting": 3, "patience": {"dist": "exponential", "mean": "60 s"}}]))
    classes = learned.kinds[0].behind
    assert classes[0][0] == 0 and all(fit.mean == pytest.approx(240 if low < 3 else 60, rel=0.25) for low, fit in classes if low != 2)
    parts = kind_parts(learned, learned.kinds[0])
    assert [one["waiting"] for one in parts["patience_behind"]] == [low for low, _ in classes[1:]]
    from_dict(model(parts["patience"], parts["patience_behind"]))


def test_a_surge_is_learned_by_itself():
    builder, chance = Builder(), np.random.default_rng(5)
    for day in range(15):
        for hour, calls in ((9, 40), (10, 500 if day == 14 else 40)):
            zero = (DAY_0 + day) * 86400.0 + hour * 3600
            for at in np.sort(chance.uniform(0, 3600, calls)):
                patience, wait = chance.exponential(20 if calls > 40 else 400), chance.exponential(60)
                builder.add(Call(zero + at, ABANDONED, "sales", wait=patience, queued=True) if patience < wait
                            else Call(zero + at, ANSWERED, "sales", wait=wait, talk=30, agent="A", queued=True))
    told = builder.history()
    assert crowding.surging(told).sum() == 500
    assert crowding.of_surges(told).mean == pytest.approx(20, rel=0.25)
    assert calibrate(told).kinds[0].behind[0][1].mean > 200


@pytest.mark.parametrize(
    ("patience", "behind", "told"),
    [
        (TEN_S, [{"waiting": 5, "patience": TEN_S}, {"waiting": 5, "patience": TEN_S}], "from few waiting to many"),
        ("unlimited", [{"waiting": 5, "patience": TEN_S}], "unlimited patience"),
        (TEN_S, [{"waiting": 0, "patience": TEN_S}], "waiting"),
    ],
)
def test_what_cannot_be_is_refused(patience: object, behind: list[dict], told: str):
    with pytest.raises(ModelError) as refused:
        from_dict(model(patience, behind))
    assert any(told in str(problem) for problem in refused.value.problems)
