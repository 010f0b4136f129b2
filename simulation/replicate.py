"""Replications: one after the other, on all cores, or on a cluster; until a number or a precision is reached.

    result = run(model, workers=2, progress=print)
    result = run(model, cluster="dask://scheduler:8786")

Replication r of a seed is the same wherever it runs, replications are folded in their order, and where
a precision decides, the looks at it are planned from the data alone. So results do not depend on the
number of workers (only a wall-clock budget makes them depend on the machine).
"""

from __future__ import annotations

import contextlib
import math
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import joblib
import numpy as np

from simulation.accumulate import Moments
from simulation.engine import simulate
from simulation.results import Result, Stop, rows
from simulation.run_model import RunModel
from simulation.tally import Tally, tally
from simulation.warm_up import mser

CHUNK_SECONDS = 0.25
"""Least work handed to a worker at a time: below about 0.2 s, handing over costs more than it brings."""
CONNECT_SECONDS = 10
"""Longest wait for a cluster's scheduler."""
EVENTLESS = 100
"""Replications before a value that never varied is believed."""
FIRST_LOOK = 10
"""Replications before the precision is looked at for the first time."""


class ClusterError(Exception):
    """The cluster cannot be used; the text says what to do."""


@dataclass(frozen=True)
class Progress:
    """How far a simulation is."""

    done: int
    """Replications done."""
    expected: int
    """Replications expected in all (an estimate where a precision decides)."""
    elapsed: float
    """Seconds since the start."""
    left: float | None
    """Seconds to go, None while unknown."""


class Runner:
    """Computes replications in chunks: in this process, on all cores (loky) or on a cluster."""

    def __init__(self, workers: int = 1, cluster: str | None = None):
        self.workers, self.cluster = workers, cluster
        self.seconds_each: float | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[Runner]:
        """Connect to the workers; disconnect at the end."""
        with contextlib.ExitStack() as stack:
            if self.cluster is not None:
                self.workers = stack.enter_context(_cluster(self.cluster))
            elif self.workers > 1:
                stack.enter_context(joblib.parallel_config(backend="loky", inner_max_num_threads=1))
            self.pool = stack.enter_context(joblib.Parallel(n_jobs=self.workers, return_as="generator")) if self.cluster or self.workers > 1 else None
            yield self

    def compute(self, work: Callable, replications: range) -> Iterator:
        """work([r, …]) → list for each replication, in order; yields one by one."""
        at = replications.start
        if self.seconds_each is None and at < replications.stop:
            began = time.perf_counter()
            yield from work([at])
            self.seconds_each = max(time.perf_counter() - began, 1e-6)
            at += 1
        while at < replications.stop:
            left = replications.stop - at
            if self.pool is None:
                yield from work([at])
                at += 1
                continue
            each = max(1, math.ceil(CHUNK_SECONDS / self.seconds_each))
            each = min(each, math.ceil(left / self.workers))
            chunks = [list(range(i, min(i + each, replications.stop))) for i in range(at, replications.stop, each)]
            results = self.pool(joblib.delayed(work)(c) for c in chunks)
            try:
                for chunk in results:
                    yield from chunk
            finally:
                with warnings.catch_warnings():
                    # Stopped early: joblib warns of the chunks that are dropped, which is what stopping means.
                    warnings.simplefilter("ignore", UserWarning)
                    results.close()
            at = replications.stop


class _Observe:
    """The work of a chunk: simulate and count. A class, so that it travels to other processes."""

    def __init__(self, model: RunModel, edges: np.ndarray, warm_up: float):
        self.model, self.edges, self.warm_up = model, edges, warm_up

    def __call__(self, replications: list[int]) -> list[Tally]:
        return [tally(self.model, simulate(self.model, r), self.edges, self.warm_up) for r in replications]


def run(
    model: RunModel, *, workers: int = 1, cluster: str | None = None, progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Simulate a model as its `[run]` says and return its results.

    workers: processes on this machine. cluster: "dask://host:port" or "ray://host:port" instead.
    progress: called after each replication; may raise to stop the simulation.
    Raises ClusterError when the cluster cannot be used, ValueError for fewer than one worker.
    """
    began = time.perf_counter()
    with Runner(_checked(workers), cluster).open() as runner:
        warm_up = mser(model) if model.warm_up is None else model.warm_up
        moments = Moments()
        if model.batches is not None:
            for observation in _batches(model, warm_up):
                moments.add(observation)
            stop = Stop("replications", None, None, None, True)
            return Result(model, moments, stop, warm_up, time.perf_counter() - began, in_batches=True)
        work = _Observe(model, model.grid.edges, warm_up)
        stop = fold(model, runner, work, moments, progress, began)
    return Result(model, moments, stop, warm_up, time.perf_counter() - began)


def fold(model: RunModel, runner: Runner, work: Callable, moments, progress, began: float) -> Stop:
    """Fold what `work` gives for each replication into `moments` (`add`, `estimates`) until the model's number or precision is reached."""
    wanted = model.precision
    done, look = 0, model.replications or min(FIRST_LOOK, wanted.max_replications)
    expected = look
    reached = None
    while True:
        with contextlib.closing(runner.compute(work, range(done, look))) as observations:
            for observed in observations:
                moments.add(observed)
                done += 1
                elapsed = time.perf_counter() - began
                if progress is not None:
                    progress(Progress(done, max(expected, done), elapsed, elapsed / done * max(expected - done, 0)))
                if wanted is not None and wanted.budget is not None and elapsed > wanted.budget and done < look:
                    reached = half_width(moments, wanted.metric, model.confidence)
                    met = done >= FIRST_LOOK and reached is not None and reached <= wanted.half_width
                    return Stop("budget", wanted.metric, wanted.half_width, reached, met)
        if wanted is None:
            return Stop("replications", None, None, None, True)
        reached = half_width(moments, wanted.metric, model.confidence)
        # Nothing at all seen yet (no call blocked in 10 days) is no proof that nothing happens.
        believable = reached is not None and (reached > 0 or done >= EVENTLESS)
        if believable and reached <= wanted.half_width:
            return Stop("precision", wanted.metric, wanted.half_width, reached, True)
        if done >= wanted.max_replications:
            return Stop("max_replications", wanted.metric, wanted.half_width, reached, False)
        # Error falls with the square root of the number: aim a little beyond, but never more than
        # double at a time, and look seldom, because each look is a chance to stop too early by luck.
        need = wanted.max_replications if reached is None else math.ceil(1.05 * done * (reached / wanted.half_width) ** 2)
        expected = min(max(need, done + 2), wanted.max_replications)
        look = min(max(expected, math.ceil(done * 1.1)), done * 2, wanted.max_replications)


def half_width(moments: Moments, metric: str, confidence: float) -> float | None:
    """Half of the confidence interval of the whole run; None while there is none."""
    _, half = moments.estimates(metric, confidence, rows=slice(0, 1))
    return None if math.isnan(half[0]) else float(half[0])


def _batches(model: RunModel, warm_up: float) -> list[Tally]:
    """One long run cut into batches, each an observation of the whole, the types and the groups."""
    start = max(warm_up, model.grid.spans[0][0])
    edges = np.linspace(start, model.grid.close, model.batches + 1)
    whole = tally(model, simulate(model, 0), edges, start)
    place = {row: i for i, row in enumerate(rows(model, model.batches))}
    out = []
    for i in range(model.batches):
        mine = [j for row, j in place.items() if row.interval == i]
        waits = np.zeros((1 + len(model.types), whole.waits.shape[1]), np.int32)
        waits[0] = whole.waits[1 + len(model.types) + i]
        out.append(Tally(whole.counts[mine], waits))
    return out


def _checked(workers: int) -> int:
    if workers < 1:
        raise ValueError("workers must be at least 1")
    return workers


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[int]:
    """Use a cluster for joblib; gives its number of workers."""
    kind, _, host = address.partition("://")
    if kind == "dask" and host:
        try:
            from distributed import Client
        except ImportError:
            raise ClusterError("dask:// needs the package dask[distributed]; install it here and on the workers") from None
        try:
            client = Client(f"tcp://{host}", timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError):
            raise ClusterError(f"no Dask scheduler answers at {host}; check address and port") from None
        with client:
            threads = sum(client.nthreads().values())
            if not threads:
                raise ClusterError(f"the Dask cluster at {host} has no workers; start some")
            with joblib.parallel_config(backend="dask", client=client):
                yield threads
    elif kind == "ray" and host:
        try:
            import ray
            from ray.util.joblib import register_ray
        except ImportError:
            raise ClusterError("ray:// needs the package ray; install it here and on the cluster") from None
        register_ray()
        try:
            ray.init(address=address)
        except (ConnectionError, ValueError):
            raise ClusterError(f"no Ray cluster answers at {host}; check address and port") from None
        try:
            with joblib.parallel_config(backend="ray"):
                yield max(1, int(ray.cluster_resources().get("CPU", 1)))
        finally:
            ray.shutdown()
    else:
        raise ClusterError(f"{address!r} is no cluster address; write dask://host:port or ray://host:port")
