"""The metrics: what each number means and how it comes from the counts of a replication.

A metric is a count per replication, or a ratio of two counts; ratios are ratios of means over
replications (so a quiet interval of one day cannot distort them), with the interval by the delta method.
The definitions of the issue's service figures are those of FACTS.md: offered = calls that asked for a
human, each attempt counted (redials and transfers are offers of their own).
"""

from __future__ import annotations

from dataclasses import dataclass

# Counts and sums of one replication, by interval and type or group. By the moment of being offered
# (dialled, for the first block); the times of the last block by the clock.
COUNTS = (
    "arrived", "fresh", "redials", "contained", "ivr_left", "in_menu",
    "offered", "answered", "abandoned", "blocked", "in_progress", "accepted", "transfers",
    "no_line", "no_place", "closed", "cut_off", "messages",
    "call_backs", "call_backs_done", "call_backs_lost", "returned", "lost",
    "within", "short_abandons", "offered_less_short", "abandoned_within", "offered_less_within", "delayed", "decided",
    "wait_answered", "wait_answered_sq", "wait_abandoned", "wait_decided", "sojourn", "talk", "wrap_up", "handling",
    "queue_time", "busy_time", "staffed_time", "paid_time", "over_time", "menu_time", "orbit_time", "line_time", "system_time", "duration",
    "in_system_at_end", "all_busy_at_end", "max_queue", "agent_cost", "cost",
)
COLUMN = {name: i for i, name in enumerate(COUNTS)}


@dataclass(frozen=True)
class Metric:
    """One number of the results."""

    name: str
    top: str
    """Count in the numerator (or the metric itself, per replication)."""
    under: str | None
    """Count in the denominator, None for a count per replication."""
    unit: str
    """"calls", "share", "s", "callers", "agents", "hours", "money"."""
    scopes: str
    """Where it is given: w whole and intervals, t types, g groups."""
    text: str
    factor: float = 1.0

    @property
    def counts_calls(self) -> bool:
        """True of a share of calls; False of a share of time, and of what is no share."""
        return self.unit == "share" and self.under is not None and not self.under.endswith("_time")


_LIST = (
    Metric("arrived", "arrived", None, "calls", "wt", "attempts to reach the line, redials included"),
    Metric("fresh", "fresh", None, "calls", "wt", "first attempts"),
    Metric("redials", "redials", None, "calls", "wt", "attempts after one that failed"),
    Metric("contained", "contained", None, "calls", "wt", "settled in the menu without an agent"),
    Metric("ivr_left", "ivr_left", None, "calls", "wt", "hung up in the menu"),
    Metric("offered", "offered", None, "calls", "wt", "asked for an agent, each attempt and transfer counted; refused ones included"),
    Metric("answered", "answered", None, "calls", "wtg", "reached an agent (call-backs included)"),
    Metric("abandoned", "abandoned", None, "calls", "wt", "left before the answer by their own choice; call-backs that reached nobody included"),
    Metric("blocked", "blocked", None, "calls", "wt", "turned away by the line: no trunk, no place, closed, cut off at closing, sent to leave a message"),
    Metric("in_progress", "in_progress", None, "calls", "wt", "neither answered nor gone when the run ended"),
    Metric("no_line", "no_line", None, "calls", "wt", "blocked: all trunks in use"),
    Metric("no_place", "no_place", None, "calls", "wt", "blocked: all waiting places taken"),
    Metric("closed", "closed", None, "calls", "wt", "blocked: redialled outside opening hours"),
    Metric("cut_off", "cut_off", None, "calls", "wt", "blocked: still waiting at closing"),
    Metric("messages", "messages", None, "calls", "wt", "blocked: sent to leave a message after message_after"),
    Metric("transfers", "transfers", None, "calls", "wt", "offered by transfer from another call type"),
    Metric("returned", "returned", None, "calls", "wt", "calls returned to the head of the queue at a shift end"),
    Metric("call_backs", "call_backs", None, "calls", "wt", "callers who accepted a call-back"),
    Metric("call_backs_done", "call_backs_done", None, "calls", "wt", "call-backs that reached the caller"),
    Metric("call_backs_lost", "call_backs_lost", None, "calls", "wt", "call-backs that reached nobody in all tries"),
    Metric("answered_within", "within", None, "calls", "wt", "answered within T"),
    Metric("service_level", "within", "offered", "share", "wt", "answered within T ÷ offered"),
    Metric("service_level_without_short_abandons", "within", "offered_less_short", "share", "wt", "answered within T ÷ (offered − abandoned within the short-abandon time)"),
    Metric("service_level_without_abandons_within", "within", "offered_less_within", "share", "wt", "answered within T ÷ (offered − abandoned within T)"),
    Metric("service_level_of_answered", "within", "answered", "share", "wtg", "answered within T ÷ answered"),
    Metric("service_level_of_accepted", "within", "accepted", "share", "wt", "answered within T ÷ (offered − refused for want of a line or place, or closed)"),
    Metric("abandonment", "abandoned", "offered", "share", "wt", "abandoned ÷ offered"),
    Metric("abandonment_of_delayed", "abandoned", "delayed", "share", "wt", "abandoned ÷ those who had to wait"),
    Metric("abandoned_within", "abandoned_within", "offered", "share", "wt", "abandoned within T ÷ offered"),
    Metric("blocking", "blocked", "offered", "share", "wt", "blocked ÷ offered"),
    Metric("blocking_at_door", "no_line", "arrived", "share", "wt", "found no trunk ÷ arrived"),
    Metric("delay_probability", "delayed", "accepted", "share", "wt", "had to wait ÷ offered and not refused"),
    Metric("containment", "contained", "arrived", "share", "wt", "settled in the menu ÷ arrived"),
    Metric("lost", "lost", None, "calls", "wt", "failed attempts that were not followed by a redial"),
    Metric("lost_per_caller", "lost", "fresh", "share", "wt", "lost for good ÷ first attempts"),
    Metric("attempts_per_caller", "arrived", "fresh", "calls", "wt", "attempts ÷ first attempts"),
    Metric("asa", "wait_answered", "answered", "s", "wtg", "mean wait of the answered (from joining the queue to the agent; call-backs included)"),
    Metric("wait_square", "wait_answered_sq", "answered", "s²", "wt", "mean squared wait of the answered (for its standard deviation)"),
    Metric("wait_of_delayed", "wait_decided", "delayed", "s", "wt", "mean wait of those who had to wait"),
    Metric("wait_abandoned", "wait_abandoned", "abandoned", "s", "wt", "mean wait of those who abandoned"),
    Metric("wait_all", "wait_decided", "decided", "s", "wt", "mean wait of all who were accepted and whose wait ended, however"),
    Metric("sojourn", "sojourn", "answered", "s", "wt", "mean wait + handling of the answered"),
    Metric("talk", "talk", "answered", "s", "wtg", "mean talk"),
    Metric("wrap_up", "wrap_up", "answered", "s", "wtg", "mean wrap-up"),
    Metric("aht", "handling", "answered", "s", "wtg", "average handling time: talk + wrap-up"),
    Metric("queue_length", "queue_time", "duration", "callers", "wt", "callers waiting on the line, average over time"),
    Metric("max_queue", "max_queue", None, "callers", "wt", "most callers waiting at a time, mean over replications"),
    Metric("busy_agents", "busy_time", "duration", "agents", "wtg", "agents in talk or wrap-up, average over time"),
    Metric("staffed_agents", "staffed_time", "duration", "agents", "wg", "agents on the phone or finishing a call, average over time"),
    Metric("occupancy", "busy_time", "staffed_time", "share", "wg", "busy ÷ staffed time (who finishes a call after the shift is staffed)"),
    Metric("in_system", "system_time", "duration", "callers", "wt", "waiting or with an agent, average over time"),
    Metric("in_menu", "menu_time", "duration", "callers", "wt", "callers in the menu, average over time"),
    Metric("in_orbit", "orbit_time", "duration", "callers", "wt", "callers about to redial, average over time"),
    Metric("lines", "line_time", "duration", "callers", "wt", "trunks in use, average over time"),
    Metric("in_system_at_end", "in_system_at_end", None, "callers", "wt", "waiting or with an agent at the end of the interval"),
    Metric("all_busy_at_end", "all_busy_at_end", None, "share", "wg", "probability that no agent is free at the end of the interval"),
    Metric("busy_hours", "busy_time", None, "hours", "wtg", "agents' time in talk or wrap-up", 1 / 3600),
    Metric("staffed_hours", "staffed_time", None, "hours", "wg", "agents' time on the phone", 1 / 3600),
    Metric("paid_hours", "paid_time", None, "hours", "wg", "agents' paid time, overtime included", 1 / 3600),
    Metric("overtime_hours", "over_time", None, "hours", "wg", "agents' time beyond the schedule: finishing calls, staying for the queue after closing", 1 / 3600),
    Metric("agent_cost", "agent_cost", None, "money", "wg", "paid time × cost_per_hour"),
    Metric("cost", "cost", None, "money", "w", "agents, lines, and the prices set on answered, abandoned and blocked calls"),
    Metric("cost_per_answered", "cost", "answered", "money", "w", "cost ÷ answered"),
)
METRICS: dict[str, Metric] = {m.name: m for m in _LIST}

QUANTILES = (0.5, 0.8, 0.9, 0.95, 0.99)
QUANTILE_NAMES = tuple(f"wait_p{round(q * 100)}" for q in QUANTILES)
"""Percentiles of the wait of the answered: given for the whole, intervals and types."""
