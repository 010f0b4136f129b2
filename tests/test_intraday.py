"""The day's reforecast against values counted by hand, and what must hold of any day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.intraday import MEMORY_S, by_type, past_at, reforecast


def test_a_day_counted_by_hand() -> None:
    # Prior: gamma with shape 1/0.1² = 100. One interval over: 60 calls of 50 expected, with the weight of its age, one interval.
    found = reforecast(np.array([50.0, 100.0]), np.array([60.0, 0.0]), np.array([1.0, 0.0]), day_cv=0.1, interval=3600.0)
    g = np.exp(-3600 / MEMORY_S)
    trust = g * 50 / (g * g * 50)
    factor = (100 + trust * g * 60) / (100 + trust * g * 50)
    assert factor == pytest.approx(160 / 150), "an old interval alone counts whole: there is no newer one to prefer"
    assert found.factor == pytest.approx(factor)
    assert found.ratio == pytest.approx(1.2)
    assert found.rest.mean == pytest.approx(100 * factor) and found.day.mean == pytest.approx(60 + 100 * factor)
    assert (found.so_far, found.so_far_expected, found.morning.mean) == (60, 50, 150)


def test_an_interval_that_is_not_over_counts_by_what_is_over_of_it() -> None:
    past = past_at(np.array([0.0, 3600.0, 7200.0]), 3600.0, 5400.0)
    assert past.tolist() == [1.0, 0.5, 0.0]
    found = reforecast(np.full(3, 100.0), np.array([100.0, 50.0, 0.0]), past, day_cv=0.2, interval=3600.0)
    assert found.factor == pytest.approx(1.0)
    assert found.mean.tolist() == pytest.approx([100, 100, 100]) and found.rest.mean == pytest.approx(150)


def test_before_the_first_call_the_morning_s_forecast_stands_and_after_the_last_what_came() -> None:
    expected = np.array([10.0, 20.0])
    early = reforecast(expected, np.zeros(2), np.zeros(2), day_cv=0.2)
    assert early.ratio is None and early.factor == 1 and (early.day.low, early.day.high) == (early.morning.low, early.morning.high)
    late = reforecast(expected, np.array([7.0, 9.0]), np.ones(2), day_cv=0.2)
    assert (late.rest.mean, late.rest.low, late.rest.high, late.day.mean) == (0, 0, 0, 16)
    assert late.low.tolist() == late.high.tolist() == [7, 9]


def test_a_noisy_line_is_believed_less_and_its_band_is_wider() -> None:
    expected, calls, past = np.full(8, 100.0), np.array([150.0] * 4 + [0.0] * 4), np.array([1.0] * 4 + [0.0] * 4)
    calm, noisy = (reforecast(expected, calls, past, day_cv=0.1, interval_cv=cv) for cv in (0.1, 0.5))
    assert 1 < noisy.factor < calm.factor < 1.5
    width = lambda r: (r.rest.high - r.rest.low) / r.rest.mean  # noqa: E731
    assert width(noisy) > width(calm)


DAYS = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0, 500), min_size=n, max_size=n), st.lists(st.integers(0, 800), min_size=n, max_size=n), st.integers(0, n * 1800),
        st.floats(0, 1), st.floats(0, 1),
    )
)  # fmt: skip


@given(DAYS, st.data())
def test_any_day_lies_between_forecast_and_what_came_and_more_calls_never_lower_the_rest(day, data) -> None:
    expected, calls, now, day_cv, interval_cv = day
    n = len(expected)
    past = past_at(np.arange(n) * 1800.0, 1800.0, now)
    how = {"day_cv": day_cv, "interval_cv": interval_cv}
    found = reforecast(np.array(expected), np.array(calls), past, **how)
    if found.ratio is None:
        assert found.factor == 1
    else:
        assert min(1, found.ratio) - 1e-9 <= found.factor <= max(1, found.ratio) + 1e-9
        seen = [c / (e * p) for c, e, p in zip(calls, expected, past) if e * p > 1e-6]
        if all(e * p > 1e-6 for e, p in zip(expected, past) if p > 0):
            assert min(seen) * (1 - 1e-9) <= found.ratio <= max(seen) * (1 + 1e-9)
    assert found.rest.low <= found.rest.mean + 1 and found.rest.high >= found.rest.mean - 1
    assert (found.low <= found.mean + 1).all() and (found.high >= found.mean - 1).all()
    more = list(calls)
    more[data.draw(st.integers(0, n - 1))] += data.draw(st.integers(1, 100))
    assert reforecast(np.array(expected), np.array(more), past, **how).rest.mean >= found.rest.mean - 1e-9


def test_types_that_tell_nothing_follow_the_line_and_an_outage_stays_with_its_own() -> None:
    past = np.array([1.0, 1.0, 0.0])
    expected = {"network": np.full(3, 100.0), "billing": np.full(3, 100.0), "rare": np.full(3, 0.1)}
    calls = {"network": np.array([200.0, 200.0, 0.0]), "billing": np.array([100.0, 100.0, 0.0])}
    factors = by_type(expected, calls, past, day_cv=0.2)
    whole = reforecast(sum(expected.values()), sum(calls.values()), np.array(past), day_cv=0.2)
    assert factors["billing"] < factors["rare"] < factors["network"]
    assert sum(factors[name] * expected[name][2] for name in expected) == pytest.approx(whole.rest.mean)


@pytest.mark.parametrize(("expected", "calls"), [([1.0, 2.0], [1.0]), ([1.0, -2.0], [1.0, 1.0]), ([1.0, 2.0], [1.0, float("nan")])])
def test_what_is_no_day_is_refused(expected, calls) -> None:
    with pytest.raises(ValueError, match="calls"):
        reforecast(np.array(expected), np.array(calls), np.zeros(2), day_cv=0.1)
