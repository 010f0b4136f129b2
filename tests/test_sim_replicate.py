"""Replications: the same result whoever computes them, and an honest stop."""

from __future__ import annotations

import numpy as np
import pytest
from distributed import Client, LocalCluster

from simulation.load import from_dict
from simulation.metrics import METRICS
from simulation.replicate import ClusterError, Progress, run
from tests.sim_models import exponential, single


def identical(a, b) -> None:
    assert a.replications == b.replications
    assert a.to_dict() | {"elapsed_s": 0} == b.to_dict() | {"elapsed_s": 0}


def wanted(**precision) -> dict:
    return single(length="100 min", run={"seed": 3, "precision": {"metric": "service_level", "max_replications": 300, **precision}})


def test_one_worker_or_two():
    model = from_dict(single(replications=13))
    identical(run(model), run(model, workers=2))


def test_precision_with_one_worker_or_two():
    model = from_dict(wanted(half_width=0.012))
    one, two = run(model), run(model, workers=2)
    identical(one, two)
    assert one.stop.reason == "precision" and one.stop.met
    assert one.get("service_level").half_width == pytest.approx(one.stop.reached)
    assert one.stop.reached <= 0.012
    assert 10 <= one.replications < 300


def test_a_dask_cluster_gives_the_identical_result():
    model = from_dict(single(replications=9, types__calls__redial={"after_abandon": 0.5, "delay": exponential("3 min")}))
    here = run(model)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.wait_for_workers(2, timeout=60)
        there = run(model, cluster=cluster.scheduler_address.replace("tcp://", "dask://"))
    identical(here, there)


@pytest.mark.parametrize(("address", "words"), [
    ("ray://127.0.0.1:1", "ray"), ("slurm://x", "dask://host:port"), ("dask", "dask://host:port"),
])
def test_a_cluster_that_cannot_be_used_says_so(address, words):
    with pytest.raises(ClusterError, match=words):
        run(from_dict(single(replications=2)), cluster=address)


def test_a_dask_scheduler_that_does_not_answer_says_so(monkeypatch):
    monkeypatch.setattr("simulation.replicate.CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError, match="no Dask scheduler answers"):
        run(from_dict(single(replications=2)), cluster="dask://127.0.0.1:1")


def test_a_value_that_never_varied_is_not_believed_at_once():
    result = run(from_dict(single(length="2 min", run={"precision": {"metric": "blocked", "half_width": 0.01, "max_replications": 500}})))
    assert result.replications >= 100 and result.stop.met


def test_a_share_of_calls_that_was_never_seen_is_not_certain():
    result = run(from_dict(single(length="2 min", run={"replications": 20})))
    blocking, calls = result.get("blocking"), 20 * result.value("offered")
    assert blocking.mean == 0 and 2 / calls < blocking.high < 6 / calls


def test_the_end_of_max_replications_says_what_was_reached():
    result = run(from_dict(wanted(half_width=0.0001, max_replications=12)))
    assert result.replications == 12
    assert result.stop.reason == "max_replications" and not result.stop.met
    assert result.stop.asked == 0.0001 < result.stop.reached


def test_the_end_of_the_budget_says_what_was_reached():
    seen: list[Progress] = []
    result = run(from_dict(wanted(half_width=0.0001, max_replications=100_000, budget="300 ms")), progress=seen.append)
    assert result.stop.reason == "budget" and not result.stop.met
    assert result.replications == seen[-1].done < 100_000
    assert result.stop.reached is not None


def test_progress_tells_how_far_and_how_long():
    seen: list[Progress] = []
    run(from_dict(single(replications=7)), progress=seen.append)
    assert [p.done for p in seen] == list(range(1, 8))
    assert all(p.expected == 7 and p.left >= 0 for p in seen)
    assert seen[-1].left == 0


def test_progress_may_stop_the_simulation():
    class Enough(Exception):
        pass

    def stop(p: Progress) -> None:
        if p.done == 3:
            raise Enough

    with pytest.raises(Enough):
        run(from_dict(single(replications=100)), progress=stop)


def test_no_workers_is_an_error():
    with pytest.raises(ValueError, match="at least 1"):
        run(from_dict(single()), workers=0)


def test_intervals_cover_the_truth_as_often_as_they_say():
    """90 % intervals of 60 separate simulations: the share that holds the exact value (Erlang B, 0.4)."""
    model = from_dict(single(agents=2, rate="1 / min", talk="2 min", patience="unlimited", length="300 min", replications=10, time__warm_up="30 min",
                             run__confidence=0.9, types__calls__places=0))
    held = [e.low <= 0.4 <= e.high for e in (run(model.with_(seed=s)).get("blocking", interval=0) for s in range(60))]
    assert 0.78 <= np.mean(held) <= 0.99


def test_batches_of_one_long_run():
    model = from_dict(single(agents=2, rate="1 / min", talk="2 min", patience="unlimited", length="6000 min", time__warm_up="100 min", time__after_close="stop",
                             types__calls__places=0, run={"replications": 1, "batches": 20, "seed": 5}))
    result = run(model)
    e = result.get("blocking")
    assert result.in_batches and result.replications == 20
    assert abs(e.mean - 0.4) < 2 * e.half_width and e.half_width < 0.05
    assert result.intervals == []


def test_one_replication_has_no_interval():
    e = run(from_dict(single(replications=1))).get("service_level")
    assert e.mean is not None and e.half_width is None


def test_warm_up_by_mser_finds_the_empty_start():
    model = from_dict(single(agents=225, rate="50 / min", talk="4 min", patience="unlimited", length="400 min", time__warm_up="mser", replications=3))
    result = run(model)
    assert 4 * 60 < result.warm_up < 100 * 60
    e = result.get("busy_agents", interval=0)
    assert abs(e.mean - 200) < 2 * e.half_width + 1
    assert e.mean > run(model.with_(warm_up=0.0)).value("busy_agents", interval=0)


def test_what_happens_before_the_warm_up_counts_nowhere():
    written = single(replications=2, time__warm_up="50 min", patience="unlimited")
    warm, whole = run(from_dict(written)), run(from_dict({**written, "time": {**written["time"], "warm_up": "0 s"}}))
    assert warm.value("offered") == pytest.approx(0.75 * whole.value("offered"), rel=0.1)
    assert warm.value("staffed_hours", interval=0) == pytest.approx(10 * 150 / 60)


def test_every_metric_is_given_somewhere():
    result = run(from_dict(single(replications=3)))
    named = {m for row in result.rows for m in result.metrics(row)}
    assert set(METRICS) <= named
