"""From the record of a replication to its counts, by interval, type and group. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation import record as r
from simulation.metrics import COLUMN, COUNTS
from simulation.record import Record
from simulation.run_model import RunModel

# Waits are counted in bins that grow by 2 %, so percentiles are right to well within 1 % from
# milliseconds to days and counts of different replications can be added.
LOWEST, GROWTH, STEPS = 1e-3, np.log(1.02), 1050
WAIT_EDGES = np.concatenate([[0.0], LOWEST * np.exp(GROWTH * np.arange(STEPS + 1))])
"""Upper ends of the wait bins, seconds; bin 0 is "no wait"."""
INTERVALS_WITH_WAITS = 200


@dataclass(frozen=True)
class Tally:
    """Counts of one replication."""

    counts: np.ndarray
    """float64 [rows, len(COUNTS)]; rows as `simulation.results.rows` lists them."""
    waits: np.ndarray
    """Answered calls by wait bin: int32 [1 + types + intervals, len(WAIT_EDGES)] (no intervals beyond 200)."""


def tally(model: RunModel, record: Record, edges: np.ndarray, warm_up: float) -> Tally:
    """Count a replication in the intervals between `edges` (seconds, ascending; the last may be inf)."""
    edges = edges.copy()
    edges[-1] = min(edges[-1], max(record.finished, edges[-2]))
    edges = np.maximum(edges, warm_up)
    b, k, g = len(edges) - 1, len(model.types), len(model.groups)
    types = np.zeros((b, k, len(COUNTS)))
    groups = np.zeros((b, g, len(COUNTS)))
    waits = _calls(model, record, edges, warm_up, types, groups)
    _times(model, record, edges, types, groups)
    whole = np.zeros((b, 1, len(COUNTS)))
    whole[:, 0] = types.sum(1)
    for name in ("staffed_time", "paid_time", "over_time", "agent_cost"):
        whole[:, 0, COLUMN[name]] = groups[:, :, COLUMN[name]].sum(1)
    whole[:, 0, COLUMN["busy_time"]] = groups[:, :, COLUMN["busy_time"]].sum(1)
    whole[:, 0, COLUMN["all_busy_at_end"]] = groups[:, :, COLUMN["all_busy_at_end"]].min(1)
    for part in (whole, types, groups):
        part[:, :, COLUMN["duration"]] = np.diff(edges)[:, None]
    whole[:, 0, COLUMN["max_queue"]] = _longest(record, edges, None)
    for i in range(k):
        types[:, i, COLUMN["max_queue"]] = _longest(record, edges, i)
    cost = model.costs
    whole[:, 0, COLUMN["cost"]] = (
        whole[:, 0, COLUMN["agent_cost"]] + whole[:, 0, COLUMN["line_time"]] / 60 * cost.per_line_minute
        + whole[:, 0, COLUMN["answered"]] * cost.per_answered + whole[:, 0, COLUMN["abandoned"]] * cost.per_abandoned
        + whole[:, 0, COLUMN["blocked"]] * cost.per_blocked
    )
    parts = (_total(whole), whole[:, 0], _total(types), _total(groups), types.reshape(b * k, -1), groups.reshape(b * g, -1))
    return Tally(np.concatenate(parts), waits)


def _total(cells: np.ndarray) -> np.ndarray:
    """Rows for the whole run from cells by interval."""
    total = cells.sum(0)
    for name in ("in_system_at_end", "all_busy_at_end"):
        total[:, COLUMN[name]] = cells[-1, :, COLUMN[name]]
    total[:, COLUMN["max_queue"]] = cells[:, :, COLUMN["max_queue"]].max(0)
    return total


def _calls(model: RunModel, rec: Record, edges, warm_up, types, groups) -> np.ndarray:
    """Fill the counts that belong to calls; return the answered calls by wait."""
    b, k = types.shape[:2]
    finished = rec.finished
    offer = np.where(np.isnan(rec.at), rec.dial, rec.at)
    attempt = rec.kind <= r.TRANSFERRED
    settled = (rec.outcome == r.CONTAINED) | (rec.outcome == r.IVR_LEFT)
    dialled = (rec.kind <= r.REDIALLED) & (rec.dial <= finished) & (rec.dial >= warm_up)
    # Still in the menu, or about to redial, when the run ended: not offered yet.
    reached = attempt & ~settled & (rec.dial <= finished) & ~((offer > finished) & (rec.outcome == r.UNDECIDED))
    offered = reached & (offer >= warm_up)
    answered = offered & ~np.isnan(rec.start)
    failed = offered & np.isnan(rec.start)
    outcome = rec.outcome
    abandoned = failed & ((outcome == r.ABANDONED) | (outcome == r.CALL_BACK_LOST))
    refused = failed & ((outcome == r.NO_LINE) | (outcome == r.NO_PLACE) | (outcome == r.CLOSED))
    blocked = failed & np.isin(outcome, r.BLOCKED_CODES)
    waiting = failed & (outcome == r.UNDECIDED)
    left = np.where(answered, rec.start, rec.gone)
    wait = np.where(offered, left - offer, 0.0)
    wait = np.maximum(np.nan_to_num(wait), 0.0)
    t = model.answer_within
    within = answered & (wait <= t)
    short = (outcome == r.ABANDONED) & failed & (wait <= model.short_abandon)
    early = (outcome == r.ABANDONED) & failed & (wait <= t)
    decided = (answered | failed) & ~refused & ~waiting
    redialled = np.zeros(len(rec.type), bool)
    redialled[rec.parent[(rec.kind == r.REDIALLED)]] = True
    delayed = (answered & (wait > 1e-9)) | (failed & ~refused)
    promised = offered & ~np.isnan(rec.promised)

    key_dial = np.clip(np.searchsorted(edges, rec.dial, side="right") - 1, 0, b - 1) * k + rec.type
    key = np.clip(np.searchsorted(edges, offer, side="right") - 1, 0, b - 1) * k + rec.type

    def put(name: str, mask: np.ndarray, values: np.ndarray | None = None, where: np.ndarray = key) -> None:
        weights = None if values is None else values[mask]
        types[:, :, COLUMN[name]] = np.bincount(where[mask], weights, b * k).reshape(b, k)

    put("arrived", dialled, where=key_dial)
    put("fresh", dialled & (rec.kind == r.FIRST), where=key_dial)
    put("redials", dialled & (rec.kind == r.REDIALLED), where=key_dial)
    put("contained", dialled & (outcome == r.CONTAINED) & (rec.left_menu <= finished), where=key_dial)
    put("ivr_left", dialled & (outcome == r.IVR_LEFT) & (rec.left_menu <= finished), where=key_dial)
    put("offered", offered)
    put("answered", answered)
    put("abandoned", abandoned)
    put("blocked", blocked)
    put("in_progress", waiting)
    put("accepted", offered & ~refused)
    put("within", within)
    put("delayed", delayed)
    put("decided", decided)
    put("short_abandons", short)
    put("abandoned_within", early)
    put("lost", (abandoned | blocked) & ~redialled)
    if attempt.size != (rec.kind == r.FIRST).sum() or outcome.max(initial=0) > r.ABANDONED or promised.any():
        # Only models with redials, limits, call-backs … have any of these.
        for name, code in (("no_line", r.NO_LINE), ("no_place", r.NO_PLACE), ("closed", r.CLOSED), ("cut_off", r.CUT_OFF),
                           ("messages", r.MESSAGE), ("call_backs_lost", r.CALL_BACK_LOST)):
            put(name, failed & (outcome == code))
        put("transfers", offered & (rec.kind == r.TRANSFERRED))
        put("call_backs", promised)
        put("call_backs_done", promised & answered)
        put("returned", rec.returned & (offer >= warm_up))
    for name, less in (("offered_less_short", "short_abandons"), ("offered_less_within", "abandoned_within")):
        types[:, :, COLUMN[name]] = types[:, :, COLUMN["offered"]] - types[:, :, COLUMN[less]]
    put("wait_answered", answered, wait)
    put("wait_answered_sq", answered, wait * wait)
    put("wait_abandoned", abandoned, wait)
    put("wait_decided", decided, wait)
    handled = ~np.isnan(rec.start) & (rec.kind != r.RING) & (offer >= warm_up)
    length, talk = rec.end - rec.start, rec.talked - rec.start
    put("handling", handled, length)
    put("talk", handled, talk)
    put("sojourn", answered, wait + length)
    for name in ("wrap_up",):
        types[:, :, COLUMN[name]] = types[:, :, COLUMN["handling"]] - types[:, :, COLUMN["talk"]]

    n_groups = groups.shape[1]
    key_group = (key // k) * n_groups + rec.group
    for name, mask, values in (("answered", answered, None), ("within", within, None), ("wait_answered", answered, wait),
                               ("handling", handled, length), ("talk", handled, talk)):
        weights = None if values is None else values[mask]
        groups[:, :, COLUMN[name]] = np.bincount(key_group[mask], weights, b * n_groups).reshape(b, n_groups)
    groups[:, :, COLUMN["wrap_up"]] = groups[:, :, COLUMN["handling"]] - groups[:, :, COLUMN["talk"]]

    values = wait[answered]
    size = len(WAIT_EDGES)
    with np.errstate(divide="ignore"):
        place = np.where(values > 1e-9, np.ceil(np.log(values / LOWEST) / GROWTH) + 1, 0.0)
    place = np.clip(place, (values > 1e-9).astype(float), size - 1).astype(np.int64)
    by_type = np.bincount(rec.type[answered] * size + place, minlength=k * size).reshape(k, size)
    rows = [by_type.sum(0)[None], by_type]
    if b <= INTERVALS_WITH_WAITS:
        rows.append(np.bincount((key[answered] // k) * size + place, minlength=b * size).reshape(b, size))
    return np.concatenate(rows).astype(np.int32)


def _times(model: RunModel, rec: Record, edges, types, groups) -> None:
    """Fill what is measured by the clock: queues, busy and staffed time, states at interval ends."""
    k, n_groups = types.shape[1], groups.shape[1]
    finished = rec.finished
    queued = ~np.isnan(rec.at) & (rec.at <= finished) & (rec.kind != r.RING) & (rec.outcome != r.NO_PLACE)
    leaves = np.where(np.isnan(rec.promised), np.where(np.isnan(rec.start), rec.gone, rec.start), rec.promised)
    leaves = np.where(np.isnan(leaves), np.inf, leaves)
    waited = queued & (leaves > rec.at)
    served = ~np.isnan(rec.start)
    ends = rec.end
    queue = _occupied(rec.at[waited], leaves[waited], rec.type[waited], k, edges)
    busy = _occupied(rec.start[served], ends[served], rec.type[served], k, edges)
    busy_groups = _occupied(rec.start[served], ends[served], rec.group[served], n_groups, edges)
    types[:, :, COLUMN["queue_time"]] = queue[0]
    types[:, :, COLUMN["busy_time"]] = busy[0]
    types[:, :, COLUMN["system_time"]] = queue[0] + busy[0]
    types[:, :, COLUMN["in_system_at_end"]] = queue[1] + busy[1]
    groups[:, :, COLUMN["busy_time"]] = busy_groups[0]
    menu = (rec.left_menu > rec.dial) & (rec.dial <= finished) & (rec.outcome != r.NO_LINE) & (rec.outcome != r.CLOSED)
    if menu.any():
        types[:, :, COLUMN["menu_time"]], still = _occupied(rec.dial[menu], rec.left_menu[menu], rec.type[menu], k, edges)
        types[-1, :, COLUMN["in_menu"]] = still[-1]
    again = np.flatnonzero(rec.kind == r.REDIALLED)
    if again.size:
        since = rec.gone[rec.parent[again]]
        types[:, :, COLUMN["orbit_time"]] = _occupied(since, rec.dial[again], rec.type[again], k, edges)[0]
    # A line is held from dialling to the end of the talk, or until the caller is gone.
    calls = (rec.kind <= r.RETURNED) & (rec.dial <= finished)
    off = np.where(np.isnan(rec.talked), np.where(np.isnan(rec.gone), rec.left_menu, rec.gone), rec.talked)
    off = np.where(np.isnan(rec.promised), off, rec.promised)
    waiting = calls & np.isnan(rec.talked) & np.isnan(rec.gone) & (rec.outcome == r.UNDECIDED) & np.isnan(rec.promised)
    off = np.where(waiting | np.isnan(off), np.inf, off)
    holds = calls & (off > rec.dial)
    types[:, :, COLUMN["line_time"]] = _occupied(rec.dial[holds], off[holds], rec.type[holds], k, edges)[0]

    for g, group in enumerate(model.groups):
        staffed, at_end = _stepped(*rec.staff[g], edges)
        groups[:, g, COLUMN["staffed_time"]] = staffed
        groups[:, g, COLUMN["all_busy_at_end"]] = busy_groups[1][:, g] >= at_end
        # Beyond the schedule: finishing a call after the shift, and staying for the queue after closing.
        scheduled = rec.scheduled[g]
        over = _stepped(*_higher(scheduled, rec.staff[g]), edges)[0] - _stepped(*scheduled, edges)[0]
        paid = _stepped(group.times, group.paid, edges)[0] + over
        if edges[0] == model.grid.edges[0] and group.times[0] < edges[0]:
            # Who comes before the first opening is paid for it, and no interval is there to hold it.
            paid[0] += _stepped(group.times, group.paid, np.array([group.times[0], edges[0]]))[0][0]
        groups[:, g, COLUMN["over_time"]] = over
        groups[:, g, COLUMN["paid_time"]] = paid
        groups[:, g, COLUMN["agent_cost"]] = paid / 3600 * group.cost_per_hour


def _occupied(starts, ends, of, n: int, edges) -> tuple[np.ndarray, np.ndarray]:
    """(time spent, number there just before the interval's end), each [intervals, n], of what lasts from starts to ends (inf: on)."""
    b = len(edges) - 1

    def until(moments):
        # Sum over moments before each edge of (edge − moment), without a loop over intervals.
        place = np.searchsorted(edges, moments, side="left")
        inside = place <= b
        key, moments = (place * n + of)[inside], moments[inside]
        number = np.cumsum(np.bincount(key, minlength=(b + 2) * n).reshape(b + 2, n)[: b + 1], axis=0)
        total = np.cumsum(np.bincount(key, moments - edges[0], (b + 2) * n).reshape(b + 2, n)[: b + 1], axis=0)
        return number, number * (edges - edges[0])[:, None] - total

    begun, started = until(starts)
    over, ended = until(ends)
    return np.diff(started - ended, axis=0), (begun - over)[1:]


def _stepped(times, levels, edges) -> tuple[np.ndarray, np.ndarray]:
    """(integral over each interval, level just before its end) of a step function that is 0 before `times[0]`."""
    if not len(times):
        return np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    knots = np.append(times, max(times[-1], edges[-1]))
    area = np.concatenate([[0.0], np.cumsum(levels * np.diff(knots))])
    before = np.searchsorted(times, edges[1:], side="left") - 1
    return np.diff(np.interp(edges, knots, area)), np.where(before >= 0, levels[np.maximum(before, 0)], 0.0)


def _higher(one, other) -> tuple[np.ndarray, np.ndarray]:
    """The higher of two step functions."""
    times = np.union1d(one[0], other[0])
    def level(t, v):
        place = np.searchsorted(t, times, side="right") - 1
        return np.where(place >= 0, np.asarray(v, float)[np.maximum(place, 0)], 0.0) if len(t) else np.zeros(len(times))
    return times, np.maximum(level(*one), level(*other))


def _longest(rec: Record, edges, of: int | None) -> np.ndarray:
    """Most callers waiting at a time, by interval; of one type or all."""
    leaves = np.where(np.isnan(rec.promised), np.where(np.isnan(rec.start), rec.gone, rec.start), rec.promised)
    leaves = np.where(np.isnan(leaves), rec.finished, leaves)
    waited = (leaves > rec.at) & (rec.kind != r.RING) & (rec.outcome != r.NO_PLACE)
    if of is not None:
        waited &= rec.type == of
    joins, leaves = np.sort(rec.at[waited]), np.sort(leaves[waited])
    longest = np.zeros(len(edges) - 1)
    # At the start of each interval, and just after each one who joins, the queue may be at its longest.
    at_start = np.searchsorted(joins, edges[:-1], side="right") - np.searchsorted(leaves, edges[:-1], side="right")
    length = np.arange(1, len(joins) + 1) - np.searchsorted(leaves, joins, side="right")
    place = np.searchsorted(edges, joins, side="right") - 1
    inside = (place >= 0) & (place < len(longest))
    np.maximum.at(longest, place[inside], length[inside])
    return np.where(np.diff(edges) > 0, np.maximum(longest, at_start), 0.0)
