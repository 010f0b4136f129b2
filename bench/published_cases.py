"""Call centres whose authors printed their results (ContactCenters, SSJ, Herzog, …), as model files.

Theirs are simulated too, so a comparison carries both errors: the difference is judged by the root of
the sum of both squared standard errors (theirs from the printed 95 % interval, plus what printing rounds
away). Formula values without an interval carry their rounding only.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator

from scipy.stats import t as student

from simulation.load import from_dict
from simulation.replicate import run
from simulation.results import Estimate, Result

from bench.queueing_cases import DATA, Check, exponential, minutes, rate


def published_cases() -> dict[str, dict]:
    """The printed results by id."""
    return {c["id"]: c for c in json.loads((DATA / "published_cases.json").read_text())["cases"]}


def published(only: list[str] = (), replications: int = 1000) -> Iterator[tuple[str, list[Check]]]:
    """Published cases (all, or those named): (id, checks)."""
    for name in BUILD:
        if only and name not in only:
            continue
        yield name, check_published(name, replications)


def check_published(name: str, replications: int = 1000) -> list[Check]:
    """Simulate one published case and compare what its authors print."""
    case = published_cases()[name]
    model, reads = BUILD[name](case["params"])
    model["run"] = {"replications": replications, "seed": 1999}
    result = run(from_dict(model))
    printed = case["metrics"]
    out = []
    for metric, read in reads.items():
        value, error, freedom = _printed(printed, metric)
        e = read(result)
        ours = _error(e, result)
        total = math.hypot(ours, error)
        out.append(Check(name, metric, value, e.mean, total, min(freedom, e.replications - 1)))
    return out


def _error(e: Estimate, result: Result) -> float:
    half = max(e.high - e.mean, e.mean - e.low)
    return half / student.ppf(0.5 + result.confidence / 2, e.replications - 1)


def _printed(metrics: dict, path: str) -> tuple[float, float, float]:
    """(value, standard error with rounding, degrees of freedom) of a printed number."""
    node = metrics
    for part in path.split("/"):
        node = node[int(part)] if isinstance(node, list) else node[part]
    if isinstance(node, list):
        # (mean, standard error) of the long run; kept as printed.
        return node[0], math.hypot(node[1], 5e-7), math.inf
    if isinstance(node, dict):
        value = node["value"]
        if "ci95" in node:
            low, high = node["ci95"]
            return value, math.hypot((high - low) / 2 / 1.962, _rounding(value)), 999
        if "sd_between_reps" in node:
            return value, node["sd_between_reps"] / math.sqrt(10_000), 999
        return value, _rounding(value), math.inf
    return float(node), _rounding(node), math.inf


def _rounding(value: float) -> float:
    """Standard deviation of what is lost by printing so many places."""
    places = len(repr(float(value)).partition(".")[2])
    return 10.0**-places / math.sqrt(12)


def _scaled(read: Callable[[Result], Estimate], by: float) -> Callable[[Result], Estimate]:
    def scaled(r: Result) -> Estimate:
        e = read(r)
        return Estimate(e.mean * by, e.low * by, e.high * by, e.replications)
    return scaled


def _get(metric: str, by: float = 1.0, **row) -> Callable[[Result], Estimate]:
    return _scaled(lambda r: r.get(metric, **row), by)


def _count(name: str, by: float = 1.0, **row) -> Callable[[Result], Estimate]:
    return _scaled(lambda r: r.count(name, **row), by)


def _mmc(p: dict, **keys) -> dict:
    return {
        "name": "ContactCenters MMC", "time": {"length": "480 min", "after_close": "serve"},
        "types": {"calls": {"rate": rate(p["lam_per_min"]), "talk": exponential(p["mean_service_min"]), "patience": "unlimited", **keys}},
        "groups": {"g": {"skills": ["calls"], "agents": p["c"]}}, "targets": {"answer_within": f"{p['awt_s']} s"},
    }


def _mmc_plain(p: dict):
    return _mmc(p), {"served_within_awt": _get("answered_within"), "service_level": _get("service_level"),
                     "asa_min": _get("asa", 1 / 60), "occupancy": _get("occupancy", interval=0)}


def _mmc_blocked(p: dict):
    # Their first service level leaves blocked calls out, the second counts them as offered.
    return _mmc(p, places=p["queue_capacity"]), {
        "blocked_per_day": _get("blocked"), "served_within_awt": _get("answered_within"), "service_level": _get("service_level_of_accepted"),
        "asa_min": _get("asa", 1 / 60), "occupancy": _get("occupancy", interval=0), "service_level_with_blocked": _get("service_level"),
    }


def _telethon(p: dict):
    hours = 20.0
    model = {
        "name": "Telethon", "time": {"opens": "06:00", "closes": "10:00", "days": ["mon", "tue", "wed", "thu", "fri"], "interval": "4 h", "after_close": "disconnect"},
        "types": {"donors": {"rate": f"{p['lam_per_hour']} / h", "talk": exponential(p["mean_service_min"]), "patience": exponential(p["mean_patience_min"]),
                             "message_after": minutes(p["leave_message_after_min"])}},
        "groups": {"volunteers": {"skills": ["donors"], "agents": p["c"]}}, "line": {"trunks": p["trunks"]},
        "targets": {"answer_within": minutes(p["awt_min"])},
    }
    arrivals = p["lam_per_hour"] * hours
    return model, {
        "arrivals": _get("offered"), "served": _get("answered"), "blocked": _get("no_line"), "abandoned": _get("abandoned"), "messages": _get("messages"),
        "disconnected": _get("cut_off"), "in_target": _get("answered_within"), "asa_min": _get("asa", 1 / 60),
        "service_level_pct_of_arrivals": _get("answered_within", 100 / arrivals), "occupancy_pct": _get("busy_hours", 100 / (p["c"] * hours)),
    }


def _msk(p: dict):
    mean_talk, mean_patience = 1 / p["service_rate_per_period"][0], 1 / p["abandon_rate_per_period"][0]
    talk = [1 / r / mean_talk for r in p["service_rate_per_period"][:3]]
    patient = [1 / r / mean_patience for r in p["abandon_rate_per_period"][:3]]
    model = {
        "name": "SimpleMSK", "time": {"opens": "08:00", "closes": "14:00", "days": ["mon"], "interval": minutes(p["period_min"]), "after_close": "stay"},
        "busyness": {"shape": 28.7},
        "types": {
            f"type{k}": {"rate": [rate(x) for x in p["lam_per_min"][k]], "talk": exponential(mean_talk), "talk_by_interval": talk,
                         "patience": exponential(mean_patience), "patience_by_interval": patient,
                         "groups": [f"group{g}" for g in p["type_to_group"][k]]}
            for k in range(p["types"])
        },
        "groups": {f"group{g}": {"skills": [f"type{k}" for k in p["group_to_type"][g]], "agents": p["agents"][g], "at_shift_end": "finish"} for g in range(p["groups"])},
        "routing": {"call_choice": "longest_wait", "agent_choice": "listed"}, "targets": {"answer_within": f"{p['awt_s']} s"},
    }
    reads = {"served": _get("answered"), "abandoned": _get("abandoned"), "service_level": _get("service_level_without_short_abandons"), "occupancy_group0": _get("occupancy", group="group0")}
    # Good calls by type and period are printed without an interval; as many replications as ours, so our error stands for theirs.
    for k in range(p["types"]):
        for period in range(p["periods"]):
            reads[f"good_sl_type{k}_by_period/{period}"] = _doubled(_get("answered_within", interval=period, type=f"type{k}"))
    return model, reads


def _doubled(read: Callable[[Result], Estimate]) -> Callable[[Result], Estimate]:
    def widened(r: Result) -> Estimate:
        e = read(r)
        by = math.sqrt(1 + r.replications / 1000)
        return Estimate(e.mean, e.mean - (e.mean - e.low) * by, e.mean + (e.high - e.mean) * by, e.replications)
    return widened


def _ssj(p: dict):
    expected = sum(p["lam_per_hour"])
    model = {
        "name": "SSJ CallCenter", "time": {"opens": "08:00", "closes": "21:00", "days": ["mon"], "interval": "1 h", "after_close": "serve"},
        "busyness": {"shape": 400.0},
        "types": {"calls": {"rate": [f"{x} / h" for x in p["lam_per_hour"]], "talk": {"dist": "exponential", "mean": "100 s"},
                            "patience": {"dist": "exponential", "mean": "1000 s", "at_zero": 0.1}}},
        "groups": {"agents": {"skills": ["calls"], "agents": p["agents"], "at_shift_end": "finish"}}, "targets": {"answer_within": f"{p['awt_s']} s"},
    }

    def good(r: Result) -> Estimate:
        # Their "good service" counts everyone whose wait was short, the ones who hung up early included.
        a, b = r.count("within"), r.count("abandoned_within")
        return Estimate((a.mean + b.mean) / expected, (a.low + b.low) / expected, (a.high + b.high) / expected, a.replications)

    return model, {
        "published/arrivals": _get("offered"), "published/mean_wait_s": _count("wait_decided", 1 / expected), "published/good_service": good, "published/lost": _get("abandoned", 1 / expected),
        "tight/mean_wait_s": _count("wait_decided", 1 / expected), "tight/good_service": good, "tight/lost": _get("abandoned", 1 / expected),
    }


def _steady(p: dict, lam_per_min: float, mean: float, c: int, awt_s: float, patient: float | None) -> dict:
    return {
        "name": "steady", "time": {"length": "2200 min", "warm_up": "200 min", "after_close": "serve"},
        "types": {"calls": {"rate": rate(lam_per_min), "talk": exponential(mean), "patience": exponential(patient) if patient else "unlimited"}},
        "groups": {"g": {"skills": ["calls"], "agents": c}}, "targets": {"answer_within": f"{awt_s} s"},
    }


def _pyworkforce(p: dict):
    model = _steady(p, p["transactions"] / p["interval_min"], p["aht_min"], p["c"], p["awt_s"], p["patience_min"])
    return model, {"p_wait": _get("delay_probability", interval=0), "p_abandon": _get("abandonment", interval=0), "occupancy": _get("occupancy", interval=0),
                   "asa_min": _get("wait_all", 1 / 60, interval=0)}


def _call_center_tools(p: dict):
    model = _steady(p, p["calls_per_hour"] / 60, p["aht_s"] / 60, 40, p["awt_s"], None)
    return model, {"p_wait": _get("delay_probability", interval=0), "service_level": _get("service_level", interval=0), "asa_s": _get("asa", interval=0), "occupancy": _get("occupancy", interval=0)}


def _mitan(p: dict):
    model = _steady(p, p["calls_per_30min"] / 30, p["aht_min"], p["c"], p["awt_s"], None)
    return model, {"p_wait": _get("delay_probability", interval=0), "service_level": _get("service_level", interval=0), "asa_s": _get("asa", interval=0), "occupancy": _get("occupancy", interval=0)}


def _herzog(p: dict):
    model = _steady(p, p["calls_per_30min"] / 30, p["aht_s"] / 60, p["agents"], 20, p["mean_patience_s"] / 60)
    return model, {"abandonment": _get("abandonment", interval=0)}


def _mandelbaum_zeltyn(p: dict):
    model = _steady(p, p["lam_per_min"], p["mean_service_min"], p["c"], 20, p["mean_patience_min"])
    return model, {"erlang_A/p_abandon": _get("abandonment", interval=0), "erlang_A/mean_wait_s": _get("wait_all", interval=0),
                   "erlang_A/mean_queue": _get("queue_length", interval=0), "erlang_A/occupancy": _get("occupancy", interval=0)}


BUILD: dict[str, Callable] = {
    "CC_MMC": _mmc_plain, "CC_MMCBlocked": _mmc_blocked, "CC_Telethon": _telethon, "CC_SimpleMSK": _msk, "SSJ_CallCenter_a400": _ssj,
    "PYWF_ErlangA": _pyworkforce, "CCT_1000": _call_center_tools, "HERZOG_smallErlang": _herzog, "MZ_ErlangA_example": _mandelbaum_zeltyn, "MITAN_360": _mitan,
}
