"""Patience from waits censored by the answer."""

import numpy as np
import pytest

from simulation import patience_fit
from simulation.distribution import Exponential
from simulation.patience_fit import kaplan_meier


def test_the_example_of_kaplan_and_meier():
    # Kaplan & Meier 1958: 0.8, 1.0+, 2.7+, 3.1, 5.4, 7.0+, 9.2, 12.1+
    wait = [0.8, 1.0, 2.7, 3.1, 5.4, 7.0, 9.2, 12.1]
    gave_up = [True, False, False, True, True, False, True, False]
    curve = kaplan_meier(wait, gave_up)
    assert curve.seconds.tolist() == [0.8, 3.1, 5.4, 9.2]
    assert curve.share == pytest.approx([0.875, 0.7, 0.525, 0.2625])
    assert curve.at(0.5) == 1 and curve.at(6) == pytest.approx(0.525)


def test_who_is_answered_in_the_same_second_was_still_there():
    curve = kaplan_meier([5.0, 5.0], [True, False])
    assert curve.share.tolist() == [0.5]


@pytest.mark.parametrize(
    ("kind", "draw"),
    [
        ("exponential", lambda g, n: g.exponential(120, n)),
        ("lognormal", lambda g, n: g.lognormal(np.log(90), 1.2, n)),
        ("weibull", lambda g, n: 150 * g.weibull(2.0, n)),
    ],
)
def test_the_right_form_foretells_best_and_its_mean_is_found(kind, draw):
    g = np.random.default_rng(3)
    patience, offered_wait = draw(g, 6000), g.exponential(150, 6000)
    found = patience_fit.fit(np.minimum(patience, offered_wait), patience <= offered_wait)
    parametric = [f for f in found.fits if f.kind != "kaplan_meier"]
    right = found.chosen(kind)
    # A form that contains the right one (exponential is a Weibull) may tie with it.
    assert parametric[0].held_out - right.held_out < 0.001
    assert right.mean == pytest.approx(patience.mean(), rel=0.12)
    # Leaving the censoring out would find a mean of the waits, far below.
    assert right.mean > 1.5 * np.minimum(patience, offered_wait).mean()


def test_callers_who_leave_at_once_are_a_share_at_zero():
    g = np.random.default_rng(4)
    patience = np.where(g.random(5000) < 0.2, 1.0, g.exponential(200, 5000) + 4)
    offered_wait = g.exponential(100, 5000) + 4
    found = patience_fit.fit(np.minimum(patience, offered_wait), patience <= offered_wait)
    assert found.chosen("exponential").distribution["at_zero"] == pytest.approx(0.2, abs=0.02)


def test_the_model_file_draws_the_curve_that_was_found():
    g = np.random.default_rng(5)
    patience, offered_wait = g.exponential(120, 8000), g.exponential(300, 8000)
    found = patience_fit.fit(np.minimum(patience, offered_wait), patience <= offered_wait)
    from pydantic import TypeAdapter

    from simulation.distribution import Distribution

    drawn = TypeAdapter(Distribution).validate_python(found.chosen("kaplan_meier").distribution).sample(np.random.default_rng(1), 20_000)
    truth = Exponential(dist="exponential", mean="120 s").sample(np.random.default_rng(2), 20_000)
    for t in (15, 60, 120, 300):
        assert (drawn > t).mean() == pytest.approx((truth > t).mean(), abs=0.025)


def test_where_nobody_gave_up_patience_is_assumed_and_longer_than_any_wait_seen():
    found = patience_fit.fit([30.0, 40.0, 50.0], [False] * 3)
    assert np.isnan(found.chosen().held_out) and found.chosen().mean == 120 and found.survival.at(45) == 1
    nobody_waited = patience_fit.fit([], [])
    assert nobody_waited.chosen().mean == patience_fit.ASSUMED and nobody_waited.survival.n == 0
