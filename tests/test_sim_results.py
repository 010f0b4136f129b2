"""Results: definitions by hand, tables, files; and the paired comparison of two scenarios."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
from scipy import stats

from simulation.engine import simulate
from simulation.load import from_dict
from simulation.paired import compare
from simulation.replicate import run
from simulation.tally import tally
from simulation.warm_up import cut
from tests.sim_models import exponential, single


def two_types(**more) -> dict:
    written = single(replications=8, **more)
    written["time"] = {"opens": "08:00", "closes": "10:00", "days": ["mon"], "interval": "30 min", "after_close": "serve"}
    written["types"] = {
        "billing": {"calls": [60, 80, 90, 70], "talk": exponential("2 min"), "patience": exponential("90 s"), "wrap_up": exponential("20 s")},
        "network": {"calls": [20, 30, 30, 10], "talk": exponential("3 min"), "patience": exponential("3 min")},
    }
    written["groups"] = {"juniors": {"skills": ["billing"], "agents": 4, "cost_per_hour": 50}, "seniors": {"skills": ["network", "billing"], "agents": 3, "cost_per_hour": 80}}
    written["routing"] = {"call_choice": "longest_wait", "agent_choice": "listed"}
    written["costs"] = {"currency": "CNY", "per_abandoned": 2.0}
    written["targets"] = {"answer_within": "15 s", "short_abandon": "5 s"}
    return written


@pytest.fixture(scope="module")
def result():
    return run(from_dict(two_types()))


def test_definitions_against_the_rows(result):
    """Each figure worked out again from the records, plainly."""
    model = result.model
    offered, answered, within, short, waits, gone, handling = 0, 0, 0, 0, [], 0, 0.0
    for r in range(8):
        rec = simulate(model, r)
        got = ~np.isnan(rec.start)
        wait = rec.start[got] - rec.at[got]
        offered += len(rec.at)
        answered += got.sum()
        within += (wait <= 15).sum()
        waits += wait.tolist()
        left = (rec.gone - rec.at)[~got]
        gone += len(left)
        short += (left <= 5).sum()
        handling += (rec.end - rec.start)[got].sum()
    assert result.value("offered") == offered / 8
    assert result.value("service_level") == pytest.approx(within / offered)
    assert result.value("service_level_without_short_abandons") == pytest.approx(within / (offered - short))
    assert result.value("abandonment") == pytest.approx(gone / offered)
    assert result.value("asa") == pytest.approx(np.mean(waits))
    assert result.value("aht") == pytest.approx(handling / answered)
    assert result.value("wrap_up", type="billing") == pytest.approx(20, rel=0.2)
    assert result.value("wrap_up", type="network") == 0
    for q, name in ((0.5, "wait_p50"), (0.9, "wait_p90"), (0.99, "wait_p99")):
        assert result.value(name) == pytest.approx(np.quantile(waits, q), rel=0.03, abs=0.02)
    assert result.value("cost") == pytest.approx(result.value("agent_cost") + 2 * result.value("abandoned"))
    assert result.value("agent_cost") == pytest.approx(50 * result.value("paid_hours", group="juniors") + 80 * result.value("paid_hours", group="seniors"))


def test_the_interval_of_a_mean_is_students(result):
    model = result.model
    counts = [tally(model, simulate(model, r), model.grid.edges, 0.0).counts for r in range(8)]
    offered = np.asarray([c[0, 6] for c in counts])
    e = result.get("offered")
    low, high = stats.t.interval(0.95, 7, offered.mean(), stats.sem(offered))
    assert (e.low, e.high) == pytest.approx((low, high))


def test_the_interval_of_a_ratio_is_about_the_jackknifes(result):
    model = result.model
    within, offered = [], []
    for r in range(8):
        rec = simulate(model, r)
        within.append(((rec.start - rec.at) <= 15).sum())
        offered.append(len(rec.at))
    within, offered = np.asarray(within), np.asarray(offered)
    without = [np.delete(within, i).sum() / np.delete(offered, i).sum() for i in range(8)]
    jackknife = math.sqrt(7 / 8 * ((np.asarray(without) - np.mean(without)) ** 2).sum())
    assert result.get("service_level").half_width == pytest.approx(stats.t.ppf(0.975, 7) * jackknife, rel=0.1)


def test_rows_are_there_and_others_are_refused(result):
    assert [i.label for i in result.intervals] == ["mon 08:00", "mon 08:30", "mon 09:00", "mon 09:30", "mon after close"]
    assert [i.clock for i in result.intervals][:2] == ["08:00", "08:30"]
    assert [i.open for i in result.intervals] == [True] * 4 + [False]
    assert result.value("offered", interval=1, type="billing") + result.value("offered", interval=1, type="network") == pytest.approx(result.value("offered", interval=1))
    assert result.get("service_level", interval=4).mean is None
    assert 0 < result.value("occupancy", interval=2, group="seniors") <= 1
    for bad in ({"metric": "nonsense"}, {"metric": "asa", "type": "nobody"}, {"metric": "occupancy", "type": "billing"}, {"metric": "offered", "interval": 9}, {"metric": "wait_p90", "group": "juniors"}):
        with pytest.raises(KeyError):
            result.get(**bad)


def test_intervals_of_shares_stay_between_0_and_1(result):
    for row in result.rows:
        for name in result.metrics(row):
            e = result.get(name, interval=row.interval, type=row.type, group=row.group)
            if e.mean is not None and e.low is not None and name != "attempts_per_caller":
                assert e.low >= 0 and e.low <= e.mean + 1e-12 and e.high >= e.mean - 1e-12, name


def test_waits_are_a_distribution(result):
    curve = result.wait_distribution()
    assert curve.share[-1] == 1 and (np.diff(curve.share) >= 0).all()
    at = np.searchsorted(curve.seconds, 15)
    assert curve.share[at] == pytest.approx(result.value("service_level_of_answered"), abs=0.01)
    assert result.wait_distribution("network").share[0] > 0


def test_files(result, tmp_path):
    for ending in ("parquet", "csv", "json"):
        result.write(tmp_path / f"r.{ending}")
    parquet = pyarrow.parquet.read_table(tmp_path / "r.parquet")
    assert parquet.num_rows == pyarrow.csv.read_csv(tmp_path / "r.csv").num_rows == result.table().num_rows
    whole = [x for x in parquet.to_pylist() if x["scope"] == "whole" and x["metric"] == "service_level"]
    assert whole[0]["mean"] == result.value("service_level") and whole[0]["replications"] == 8
    data = json.loads((tmp_path / "r.json").read_text())
    assert data["whole"]["asa"]["mean"] == result.value("asa")
    assert data["intervals"][2]["types"]["billing"]["offered"]["mean"] == result.value("offered", interval=2, type="billing")
    assert data["replications"] == 8 and data["confidence"] == 0.95
    with pytest.raises(ValueError, match="json, .csv or .parquet"):
        result.write(tmp_path / "r.xlsx")


def test_memory_does_not_grow_with_replications():
    def size(n: int) -> int:
        moments = run(from_dict(single(length="20 min", replications=n)))._moments
        return sum(v.nbytes for part in (moments, moments.waits) for v in vars(part).values() if isinstance(v, np.ndarray))
    assert size(5) == size(50)


def test_paired_differences_are_those_of_the_replications():
    a = from_dict(two_types())
    b = a.with_agents("juniors", 1)
    comparison = compare(a, b)
    ra, rb = run(a), run(b)
    d = comparison.difference("service_level")
    assert d.mean == pytest.approx(rb.value("service_level") - ra.value("service_level"))
    assert d.real and d.low > 0
    # On the same calls the difference is known better than from independent runs.
    independent = math.hypot(ra.get("service_level").half_width, rb.get("service_level").half_width)
    assert d.half_width < 0.8 * independent
    offered = comparison.difference("offered")
    assert (offered.mean, offered.low, offered.high, offered.real) == (0, 0, 0, False)
    abandoned = []
    for r in range(8):
        x, y = (tally(m, simulate(m, r), m.grid.edges, 0.0).counts[0, 8] for m in (a, b))
        abandoned.append(y - x)
    low, high = stats.t.interval(0.95, 7, np.mean(abandoned), stats.sem(abandoned))
    e = comparison.difference("abandoned")
    assert (e.low, e.high) == pytest.approx((low, high))
    json.dumps(comparison.to_dict())


def test_comparison_of_different_models_keeps_what_is_common():
    a = from_dict(two_types())
    written = two_types()
    del written["types"]["network"]
    written["groups"]["seniors"]["skills"] = ["billing"]
    comparison = compare(a, from_dict(written))
    assert comparison.difference("asa", type="billing").mean is not None
    with pytest.raises(KeyError):
        comparison.difference("asa", type="network")


def test_comparison_with_two_workers_is_identical():
    a = from_dict(two_types())
    one, two = compare(a, a.with_load(1.1)), compare(a, a.with_load(1.1), workers=2)
    assert one.to_dict()["differences"] == two.to_dict()["differences"]


def test_mser_cuts_where_the_rest_is_steady():
    noise = np.random.default_rng(1).normal(0, 1, 400)
    ramp = np.concatenate([np.linspace(-50, 0, 80), np.zeros(320)])
    assert 70 <= cut(noise + ramp) <= 95
    assert cut(noise) < 60
