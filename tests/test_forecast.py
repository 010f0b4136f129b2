"""Forecasts on generated demand of which the truth is known."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.demand import HOLIDAY, CalendarError, Demand, calendar
from simulation.forecast import forecast, interval_of
from simulation.seasonal import METHODS, Known

WEEK = np.array([1000, 950, 900, 950, 1100, 0, 300.0])
PROFILE = np.concatenate([np.zeros(8), np.hanning(10), np.zeros(6)])


def generated(weeks, seed=0, drift=0.01, cv=0.1, week=WEEK):
    g = np.random.default_rng(seed)
    n = weeks * 7
    level = np.exp(np.cumsum(g.normal(0, drift, n)))
    truth = (week[np.arange(n) % 7] * level)[:, None] * PROFILE / PROFILE.sum()
    return Demand(date(2026, 1, 5), 3600.0, g.poisson(truth * g.gamma(cv**-2, cv**2, (n, 1)))), truth


@pytest.mark.parametrize("seed", range(3))
def test_better_than_the_same_day_of_last_week_in_every_month(seed):
    demand, _ = generated(30, seed)
    tested = forecast(demand, calendar(None), horizon=7).backtest
    assert tested.chosen == "combination"
    for month, (naive, combined) in tested.months.items():
        if month != "2026-02":  # its first days only
            assert combined.wape_interval < naive.wape_interval, month
    naive, combined = tested.methods
    assert combined.wape_interval < 0.85 * naive.wape_interval


def test_where_last_week_says_it_all_it_is_chosen():
    # Every week is the one before but for a jump that stays: averages come after it.
    g = np.random.default_rng(1)
    counts = np.zeros((70, 24))
    for w in range(10):
        base = g.integers(5, 200, (7, 24))
        counts[w * 7:w * 7 + 7] = base if w % 2 == 0 else counts[w * 7 - 7:w * 7]
    found = forecast(Demand(date(2026, 1, 5), 3600.0, counts), calendar(None), horizon=7)
    scores = {s.method: s.wape_interval for s in found.backtest.methods}
    assert found.method == min(scores, key=scores.get)


def test_the_prediction_interval_holds_what_it_promises():
    demand, _ = generated(40, 5)
    known = Demand(demand.first, demand.interval, demand.counts[:-28])
    found = forecast(known, calendar(None), horizon=28, level=0.9)
    actual = demand.counts[-28:]
    busy = found.mean >= 1
    inside = ((actual >= found.low) & (actual <= found.high))[busy].mean()
    assert 0.82 < inside <= 0.99
    assert found.backtest.coverage == pytest.approx(0.9, abs=0.05)


def test_a_closed_weekday_stays_closed():
    found = forecast(generated(8)[0], calendar(None), horizon=7)
    saturday = next(d for d in found.days if d.weekday == "sat")
    assert saturday.mean == saturday.high == 0


def test_feasts_are_learned_and_do_not_spoil_what_is_usual():
    demand, truth = generated(20, 2, drift=0.0, cv=0.02)
    counts = demand.counts.copy()
    feasts = [demand.days[i] for i in (30, 58, 100, 135)]  # Wednesdays, Tuesdays: a tenth of the usual
    for feast in feasts:
        counts[demand.days.index(feast)] = np.round(counts[demand.days.index(feast)] * 0.1)
    coming = demand.days[-1] + timedelta(2)
    found = forecast(Demand(demand.first, demand.interval, counts), calendar(None, [*feasts, coming]), horizon=7)
    by_day = {d.day: d for d in found.days}
    usual = WEEK[coming.weekday()]
    assert by_day[coming].special == "special day" and by_day[coming].mean < 0.35 * usual
    after = coming + timedelta(1)
    assert by_day[after].mean == pytest.approx(WEEK[after.weekday()], rel=0.06)


def test_an_incident_leaves_the_forecast_as_it_was():
    demand, _ = generated(12, 3, drift=0.0, cv=0.02)
    before = forecast(demand, calendar(None), horizon=7)
    counts = demand.counts.copy()
    counts[-6, 12] += 3000  # an outage on the last Tuesday at noon
    after = forecast(Demand(demand.first, demand.interval, counts), calendar(None), horizon=7)
    naive = METHODS["seasonal_naive"](Known(counts, demand.weekday, np.zeros(len(counts), int)), np.array([1]), np.array([0]))
    assert naive.sum() > 3 * WEEK[1]
    assert after.mean[1].sum() == pytest.approx(before.mean[1].sum(), rel=0.12)
    assert after.mean[1][12] < 1.5 * before.mean[1][12]


def test_real_calendars():
    israel, china = calendar("il"), calendar("CN")
    assert israel.kind(date(1999, 4, 1)) == HOLIDAY and "Pesach" in israel.name(date(1999, 4, 1))
    assert israel.name(date(1999, 3, 31)).startswith("before")
    assert china.kind(date(2026, 10, 1)) == HOLIDAY
    with pytest.raises(CalendarError, match="two letters"):
        calendar("XX")


def test_little_history_is_said():
    demand, _ = generated(2)
    found = forecast(demand, calendar(None), horizon=7)
    assert found.backtest is None and "too few" in found.notes[0]
    assert found.mean.sum() == pytest.approx(WEEK.sum(), rel=0.25)
    with pytest.raises(ValueError, match="at least 7"):
        forecast(Demand(demand.first, 3600.0, demand.counts[:5]), calendar(None))
    with pytest.raises(ValueError, match="1 to 366"):
        forecast(demand, calendar(None), horizon=0)


def test_interval_of_a_poisson_count():
    low, high = interval_of(np.array([100.0, 0.0]), 0.0, 0.95)
    assert low.tolist() == [81, 0] and high.tolist() == [120, 0]


@settings(max_examples=40, deadline=None)
@given(st.integers(7, 40).flatmap(lambda n: st.lists(st.sampled_from([0, 0, 1, 3, 50, 100_000]), min_size=n * 2, max_size=n * 2)))
def test_any_counts_give_finite_forecasts(counts):
    table = np.array(counts, float).reshape(-1, 2)
    found = forecast(Demand(date(2026, 1, 1), 43200.0, table), calendar("CN"), horizon=8)
    for values in (found.mean, found.low, found.high):
        assert np.isfinite(values).all() and (values >= 0).all()
    found.to_dict()
