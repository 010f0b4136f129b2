"""Laws that hold in every run, whatever the model: tried on models that hypothesis invents."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from simulation import record as r
from simulation.engine import simulate
from simulation.load import from_dict
from simulation.metrics import COLUMN, COUNTS
from simulation.results import rows
from simulation.tally import tally
from tests.sim_models import models

ANY = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def counted(model, replication=0):
    record = simulate(model, replication)
    counts = tally(model, record, model.grid.edges, 0.0).counts
    return record, {row: dict(zip(COUNTS, line, strict=True)) for row, line in zip(rows(model), counts, strict=True)}


@ANY
@given(models())
def test_no_call_is_lost_or_counted_twice(written):
    model = from_dict(written)
    record, counts = counted(model)
    for row, c in counts.items():
        if row.group is None:
            assert c["offered"] == c["answered"] + c["abandoned"] + c["blocked"] + c["in_progress"], row
            assert c["blocked"] == sum(c[k] for k in ("no_line", "no_place", "closed", "cut_off", "messages")), row
            assert c["within"] <= c["answered"] and c["delayed"] <= c["accepted"] <= c["offered"]
        assert c["busy_time"] <= c["staffed_time"] * (1 + 1e-9) + 1e-3 or row.type is not None, row
    whole = counts[rows(model)[0]]
    assert whole["arrived"] == whole["fresh"] + whole["redials"]
    # What dialled was settled in the menu, is still in it, or was offered; transfers are offers of their own.
    assert whole["arrived"] + whole["transfers"] == whole["contained"] + whole["ivr_left"] + whole["in_menu"] + whole["offered"]
    for name in ("offered", "answered", "busy_time", "queue_time", "cost"):
        over_time = sum(c[name] for row, c in counts.items() if row.scope == "interval")
        assert over_time == pytest.approx(whole[name], abs=1e-3)
    for name in ("offered", "answered", "abandoned", "queue_time"):
        assert sum(c[name] for row, c in counts.items() if row.scope == "type") == pytest.approx(whole[name], abs=1e-3)


@ANY
@given(models())
def test_littles_law(written):
    """Time-average queue × time = sum of the waits on the line, counted from two sides: by clock and by caller."""
    model = from_dict(written)
    record, counts = counted(model)
    whole = counts[rows(model)[0]]
    # By caller, straight from the rows.
    off = np.where(np.isnan(record.promised), np.where(np.isnan(record.start), record.gone, record.start), record.promised)
    off = np.where(np.isnan(off), record.finished, off)
    on_line = ~np.isnan(record.at) & (record.kind != r.RING) & (record.outcome != r.NO_PLACE) & (record.at <= record.finished)
    assert whole["queue_time"] == pytest.approx(np.maximum(off - record.at, 0)[on_line].sum(), abs=1e-3, rel=1e-9)
    # By clock, as an observer who steps through all changes of the queue's length.
    moments = np.concatenate([record.at[on_line], off[on_line]])
    steps = np.concatenate([np.ones(on_line.sum()), -np.ones(on_line.sum())])
    order = np.lexsort((-steps, moments))
    length = np.cumsum(steps[order])
    if len(moments):
        assert length.min() >= 0
        area = float((length[:-1] * np.diff(moments[order])).sum())
        assert whole["queue_time"] == pytest.approx(area, abs=1e-3, rel=1e-9)
        waits = length[:-1][np.diff(moments[order]) > 0]
        assert whole["max_queue"] == (waits.max() if len(waits) else 0)


@ANY
@given(models())
def test_nobody_is_served_by_more_agents_than_there_are_or_without_the_skill(written):
    model = from_dict(written)
    record, _ = counted(model)
    for g, group in enumerate(model.groups):
        mine = (record.group == g) & ~np.isnan(record.start)
        assert set(record.type[mine]) <= set(group.types)
        moments = np.concatenate([record.start[mine], record.end[mine]])
        steps = np.concatenate([np.ones(mine.sum()), -np.ones(mine.sum())])
        order = np.lexsort((steps, moments))
        busy = np.cumsum(steps[order])
        times, levels = record.staff[g]
        there = np.where(np.searchsorted(times, moments[order], side="right") > 0, levels[np.searchsorted(times, moments[order], side="right") - 1], 0) if len(times) else 0
        # At a moment of change the level after it counts, so look only where nothing else happens.
        alone = np.append(np.diff(moments[order]) > 1e-9, True) & ~np.isin(moments[order], times)
        assert (busy[alone] <= np.broadcast_to(there, busy.shape)[alone]).all()
    answered = ~np.isnan(record.start)
    assert (record.start[answered] >= record.at[answered]).all()
    waited = record.start[answered] - record.at[answered]
    assert (waited >= 0).all()


@ANY
@given(models(watched=False))
def test_the_lean_engine_and_the_watched_one_agree_call_by_call(written):
    model = from_dict(written)
    lean, watched = simulate(model, 1), simulate(model, 1, watched=True)
    a = tally(model, lean, model.grid.edges, 0.0)
    b = tally(model, watched, model.grid.edges, 0.0)
    differing = [COUNTS[j] for j in np.unique(np.argwhere(~np.isclose(a.counts, b.counts, rtol=1e-9, atol=1e-4))[:, 1])]
    assert not differing
    assert (a.waits == b.waits).all()


@ANY
@given(models())
def test_the_same_seed_gives_the_same_record(written):
    model = from_dict(written)
    one, two = simulate(model, 3), simulate(model, 3)
    for name, value in vars(one).items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, getattr(two, name), equal_nan=value.dtype.kind == "f"), name
    assert one.finished == two.finished


def test_counts_have_a_column_each():
    assert len(COLUMN) == len(COUNTS)
