"""Distributions and streams: right on average, and the same calls in every scenario."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from simulation.calls import CONTAINED, IVR_LEFT, TO_AGENT, Streams
from simulation.distribution import Distribution
from simulation.formula import evaluate
from simulation.load import from_dict
from tests.sim_models import exponential, single

READ = TypeAdapter(Distribution)

# (as written, mean in seconds, the same distribution by SciPy or None)
KINDS = [
    (exponential("2 min"), 120, stats.expon(scale=120)),
    ({"dist": "deterministic", "value": "90 s"}, 90, None),
    ({"dist": "uniform", "low": "1 min", "high": "3 min"}, 120, stats.uniform(60, 120)),
    ({"dist": "triangular", "low": "30 s", "mode": "1 min", "high": "5 min"}, 130, stats.triang(30 / 270, 30, 270)),
    ({"dist": "lognormal", "mean": "4 min", "cv": 1.5}, 240, stats.lognorm(np.sqrt(np.log1p(2.25)), scale=240 / np.sqrt(3.25))),
    ({"dist": "lognormal", "mean": "4 min", "sd": "6 min"}, 240, stats.lognorm(np.sqrt(np.log1p(2.25)), scale=240 / np.sqrt(3.25))),
    ({"dist": "lognormal", "median": "2 min", "sigma": 0.7}, 120 * np.exp(0.245), stats.lognorm(0.7, scale=120)),
    ({"dist": "gamma", "mean": "2 min", "cv": 0.5}, 120, stats.gamma(4, scale=30)),
    ({"dist": "erlang", "mean": "2 min", "phases": 4}, 120, stats.gamma(4, scale=30)),
    ({"dist": "weibull", "shape": 2.0, "scale": "3 min"}, 180 * np.sqrt(np.pi) / 2, stats.weibull_min(2, scale=180)),
    ({"dist": "weibull", "shape": 0.8, "mean": "3 min"}, 180, None),
    ({"dist": "hyperexponential", "weights": [0.1, 0.9], "means": ["5 min", "30 s"]}, 57, None),
    ({"dist": "phase_type", "start": [1.0, 0.0], "means": ["30 s", "30 s"], "then": [[0.0, 1.0], [0.0, 0.0]]}, 60, stats.gamma(2, scale=30)),
    ({"dist": "empirical", "values": ["1 min", "2 min", "9 min"], "weights": [1, 2, 1]}, 210, None),
    ({"dist": "mixture", "weights": [0.25, 0.75], "parts": [exponential("4 min"), {"dist": "deterministic", "value": "1 min"}]}, 105, None),
    ({**exponential("2 min"), "at_zero": 0.25}, 90, None),
]


@pytest.mark.parametrize(("written", "mean", "same"), KINDS, ids=[f"{i}-{k[0]['dist']}" for i, k in enumerate(KINDS)])
def test_distributions(written, mean, same):
    distribution = READ.validate_python(written)
    assert distribution.mean_seconds == pytest.approx(mean)
    values = distribution.sample(np.random.default_rng(1), 40_000)
    assert values.min() >= 0
    assert abs(values.mean() - mean) <= 4 * values.std() / 200 + 1e-9
    if same is not None:
        assert stats.kstest(values, same.cdf).pvalue > 1e-4
    if written.get("at_zero"):
        assert (values == 0).mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("written", [k[0] for k in KINDS])
def test_a_longer_sample_begins_like_a_shorter_one(written):
    distribution = READ.validate_python(written)
    short = distribution.sample(np.random.default_rng(5), 700)
    long = distribution.sample(np.random.default_rng(5), 3000)
    assert np.array_equal(short, long[:700])


@pytest.mark.parametrize("written", [
    {"dist": "uniform", "low": "2 min", "high": "1 min"}, {"dist": "gamma", "mean": "1 min"}, {"dist": "weibull", "shape": 1.0},
    {"dist": "hyperexponential", "weights": [0.5, 0.6], "means": ["1 s", "2 s"]}, {"dist": "mixture", "weights": [], "parts": []},
    {"dist": "phase_type", "start": [1.0], "means": ["1 s"], "then": [[1.0]]}, {"dist": "empirical", "values": []},
])
def test_impossible_distributions_are_refused(written):
    with pytest.raises(ValidationError):
        READ.validate_python(written)


def written_scenario(**more) -> dict:
    return single(types__calls__ivr={"duration": exponential("30 s"), "contained": 0.2, "hang_up": 0.1}, types__calls__wrap_up=exponential("20 s"), **more)


def same_calls(a, b) -> None:
    n = min(len(a.at), len(b.at))
    assert n > 100
    for name in ("type", "index", "dial", "at", "path", "talk", "wrap", "patience"):
        assert np.array_equal(getattr(a, name)[:n], getattr(b, name)[:n]), name


def test_the_same_calls_whatever_else_changes():
    base = Streams(from_dict(written_scenario()), 4).calls()
    for other in (written_scenario(agents=3), written_scenario(types__calls__priority=2), written_scenario(line__places=0), written_scenario(length="400 min")):
        model = from_dict(other)
        changed = Streams(model, 4).calls()
        # A longer run orders calls by the end of the menu, so compare each call by its number.
        order_a, order_b = np.argsort(base.index), np.argsort(changed.index)
        n = min(len(order_a), len(order_b))
        for name in ("dial", "at", "path", "talk", "wrap", "patience"):
            assert np.array_equal(getattr(base, name)[order_a][:n], getattr(changed, name)[order_b][:n]), name


def test_another_type_does_not_shift_the_streams():
    base = single()
    more = single()
    more["types"] = {"other": {**more["types"]["calls"]}, **more["types"]}
    more["groups"]["agents"]["skills"] = ["other", "calls"]
    more["routing"] = {"call_choice": "longest_wait"}
    one, two = Streams(from_dict(base), 0).calls(), Streams(from_dict(more), 0).calls()
    mine = two.type == 1
    assert np.array_equal(one.at, two.at[mine])
    assert np.array_equal(one.talk, two.talk[mine])


def test_replications_and_seeds_differ():
    model = from_dict(single())
    a, b = Streams(model, 0).calls(), Streams(model, 1).calls()
    assert not np.isin(a.talk, b.talk).any()
    assert not np.isin(a.talk, Streams(model.with_(seed=8), 0).calls().talk).any()


def test_more_load_brings_the_same_calls_earlier():
    model = from_dict(single())
    a, b = Streams(model, 0).calls(), Streams(model.with_load(1.2), 0).calls()
    n = len(a.at)
    assert len(b.at) > n
    assert b.at[:n] == pytest.approx(a.at / 1.2)
    assert np.array_equal(a.talk, b.talk[:n])


def test_arrivals_follow_the_rates_of_intervals_and_days():
    written = single(replications=1)
    written["time"] = {"opens": "08:00", "closes": "10:00", "days": ["mon", "tue"], "interval": "1 h", "after_close": "serve"}
    written["types"]["calls"] = {"calls": {"mon": [1000, 3000], "tue": [0, 500]}, "talk": exponential("1 min"), "patience": "unlimited", "scale": 2.0}
    model = from_dict(written)
    counts = np.mean([np.histogram(Streams(model, r).calls().at / 3600, [8, 9, 10, 32, 33, 34])[0] for r in range(20)], axis=0)
    assert counts == pytest.approx([2000, 6000, 0, 0, 1000], abs=4 * 80 / np.sqrt(20))


def test_busyness_is_shared_by_types_and_differs_by_day():
    written = single(busyness__cv=0.3)
    written["time"] = {"opens": "08:00", "closes": "10:00", "days": ["mon", "tue"], "interval": "1 h", "after_close": "serve"}
    written["types"] = {n: {"calls": [5000, 5000], "talk": exponential("1 s"), "patience": "unlimited"} for n in ("a", "b")}
    written["groups"] = {"g": {"skills": ["a", "b"], "agents": 1}}
    written["routing"] = {"call_choice": "listed"}
    model = from_dict(written)
    factors = []
    for r in range(60):
        calls = Streams(model, r).calls()
        days = [[((calls.type == k) & (calls.at // 86400 == d)).sum() / 10_000 for d in (0, 1)] for k in (0, 1)]
        assert days[0] == pytest.approx(days[1], rel=0.08)
        factors.append(days[0])
    factors = np.asarray(factors)
    assert factors.mean() == pytest.approx(1, abs=4 * 0.3 / np.sqrt(120))
    assert factors.std() == pytest.approx(0.3, abs=0.09)
    assert abs(np.corrcoef(factors.T)[0, 1]) < 0.5


def test_given_moments_and_gaps():
    written = single()
    written["types"]["calls"].pop("rate")
    given = {**written, "types": {"calls": {**written["types"]["calls"], "times": ["10 s", "1 min", "30 s"]}}}
    assert Streams(from_dict(given), 0).calls().at.tolist() == [10, 30, 60]
    gaps = {**written, "types": {"calls": {**written["types"]["calls"], "gaps": {"dist": "deterministic", "value": "1 min"}}}}
    assert Streams(from_dict(gaps), 0).calls().at == pytest.approx(60.0 * np.arange(1, 200))


def test_the_menu_contains_and_loses_its_shares():
    calls = Streams(from_dict(written_scenario(length="2000 min")), 0).calls()
    shares = [(calls.path == p).mean() for p in (TO_AGENT, CONTAINED, IVR_LEFT)]
    assert shares == pytest.approx([0.7, 0.2, 0.1], abs=4 * 0.5 / np.sqrt(len(calls.at)))
    stay = calls.at - calls.dial
    assert stay[calls.path == IVR_LEFT].mean() == pytest.approx(15, rel=0.2)
    assert stay[calls.path == TO_AGENT].mean() == pytest.approx(30, rel=0.1)


def test_formulas():
    t = np.linspace(0, 2, 5)
    assert evaluate("100 + 20*sin(pi*t) - max(t, 1)**2/2", t) == pytest.approx(100 + 20 * np.sin(np.pi * t) - np.maximum(t, 1) ** 2 / 2)
    for bad in ("t.real", "open('x')", "(lambda: 1)()", "a + 1", "1 if t else 2", "'x'", "[1]", "2 +"):
        with pytest.raises(ValueError, match="formula"):
            evaluate(bad, t)
