"""M/M/n+M as a ciw user writes it: one node, reneging, the records read at the end."""

from __future__ import annotations

import time

import ciw


def run(
    calls: int = 100_000, agents: int = 50, load: float = 48.0, patience: float = 2.0, seed: int = 1
) -> tuple[int, float, dict[str, float]]:
    """(calls, seconds of CPU time, summary) of `calls` arrivals; `load` calls a minute of mean 1 minute, mean `patience` minutes."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=load)],
        service_distributions=[ciw.dists.Exponential(rate=1.0)],
        reneging_time_distributions=[ciw.dists.Exponential(rate=1 / patience)],
        number_of_servers=[agents],
    )
    ciw.seed(seed)
    began = time.process_time()
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(calls, method="Finish")
    records = simulation.get_all_records()
    took = time.process_time() - began
    answered = [record.waiting_time for record in records if record.record_type == "service"]
    gone = sum(record.record_type == "renege" for record in records)
    finished = len(answered) + gone
    return finished, took, {
        "abandonment": gone / finished,
        "asa": 60 * sum(answered) / len(answered),
        "service_level": sum(wait <= 1 / 3 for wait in answered) / finished,
    }
