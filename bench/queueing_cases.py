"""Every exact and published queueing case against the engine.

`python -m bench.queueing_cases [ID …]` runs them all (minutes) and prints a table; the tests run a fast part.
A case becomes an ordinary model (a dict as a model file holds it), runs with a fixed seed, and each number
is compared in standard errors. With some hundred numbers some lie beyond 3 standard errors by luck, so
the level of a single two-sided 3-sigma test (0.27 %) is kept for the family by Holm's correction.
"""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import norm
from scipy.stats import t as student

from simulation.load import from_dict
from simulation.replicate import run
from simulation.results import Estimate, Result

DATA = Path(__file__).parent.parent / "tests" / "data" / "queueing"
LEVEL = 2 * norm.sf(3)


@dataclass(frozen=True)
class Check:
    """One number: expected, simulated, and how far apart in standard errors."""

    case: str
    metric: str
    expected: float
    simulated: float
    error: float
    """Standard error of the difference."""
    freedom: float

    @property
    def sigmas(self) -> float:
        if self.error == 0:
            return 0.0 if math.isclose(self.expected, self.simulated, rel_tol=1e-6, abs_tol=1e-9) else math.inf
        return (self.simulated - self.expected) / self.error

    @property
    def p_value(self) -> float:
        return 2 * float(student.sf(abs(self.sigmas), self.freedom))


def exact_cases() -> list[dict]:
    """The exact cases that a simulation can show (all but pure formulas)."""
    cases = json.loads((DATA / "exact_cases.json").read_text())["cases"]
    return [c for c in cases if c["model"] != "square-root staffing"]


def failures(checks: list[Check]) -> list[Check]:
    """Those that Holm's procedure rejects at the family level of one 3-sigma test."""
    ordered = sorted(checks, key=lambda c: c.p_value)
    out = []
    for i, check in enumerate(ordered):
        if check.p_value > LEVEL / (len(ordered) - i):
            break
        out.append(check)
    return out


def minutes(x: float) -> str:
    return f"{float(x)!r} min"


def exponential(mean: float) -> dict:
    return {"dist": "exponential", "mean": minutes(mean)}


def patience(p: dict) -> dict:
    match p["kind"]:
        case "deterministic":
            return {"dist": "deterministic", "value": minutes(p["value"])}
        case "uniform":
            return {"dist": "uniform", "low": minutes(p.get("low", 0.0)), "high": minutes(p["high"])}
        case "hyperexp2":
            return hyperexponential(p)
        case "lognormal":
            return {"dist": "lognormal", "mean": minutes(p["mean"]), "cv": float(p["cv"])}
        case "weibull":
            return {"dist": "weibull", "shape": float(p["shape"]), "scale": minutes(p["scale"])}
        case "gamma" | "erlang":
            return {"dist": "gamma", "mean": minutes(p["mean"]), "shape": float(p.get("shape", p.get("k", 1)))}
        case "exponential":
            return exponential(p["mean"])
        case other:
            raise ValueError(f"patience {other}")


def hyperexponential(p: dict) -> dict:
    return {"dist": "hyperexponential", "weights": [float(p["p1"]), 1 - float(p["p1"])], "means": [minutes(1 / p["rate1"]), minutes(1 / p["rate2"])]}


def service(p: dict) -> dict:
    mean = p.get("mean_service", p.get("mean", p.get("service_time")))
    kind = p.get("service", "deterministic" if "service_time" in p else "exponential")
    if kind == "hyperexp2":
        return hyperexponential(p)
    if kind.startswith("erlang"):
        return {"dist": "erlang", "mean": minutes(mean), "phases": int(kind.removeprefix("erlang"))}
    if kind == "deterministic":
        return {"dist": "deterministic", "value": minutes(mean)}
    if kind in ("lognormal", "gamma"):
        return {"dist": kind, "mean": minutes(mean), "cv": math.sqrt(p["scv"])}
    if kind == "exponential":
        return exponential(mean)
    raise ValueError(f"service {kind}")


def steady(name: str, p: dict, types: dict, groups: dict, *, relax: float, effort: float, **more) -> dict:
    """Unbroken runs: a warm-up of many relaxation times, then enough calls; all in minutes."""
    rate = sum(float(t["rate"].split("/")[0]) for t in types.values() if "rate" in t) or float(p.get("lam", 1))
    # What is left of the empty start after 7 relaxation times is a thousandth of what it was.
    warm = 7 * relax
    measured = max(8 * relax, effort / rate)
    return {
        "name": name,
        "time": {"length": minutes(warm + measured), "warm_up": minutes(warm), "after_close": "serve"},
        "types": types, "groups": groups, "targets": {"answer_within": minutes(p.get("awt", 1 / 3))},
        # Heavy traffic needs long runs; fewer of them keep the bench within minutes.
        "run": {"replications": 40 if rate * (warm + measured) < 150_000 else 20, "seed": 20261}, **more,
    }


def rate(x: float) -> str:
    return f"{float(x)!r} / min"


def build(case: dict, effort: float = 20_000) -> tuple[dict, dict]:
    """(model, how to read each expected number from its results) of an exact case."""
    p, kind, name = case["params"], case["model"], case["id"]
    whole = {"interval": 0}

    def metric(m: str, scale: float = 1.0, **row):
        return lambda r: _scaled(r.get(m, **{**whole, **row}), scale)

    common = {
        "occupancy": metric("occupancy", group="g") if kind != "N_design" else None, "p_wait": metric("delay_probability"),
        "mean_wait": metric("asa", 1 / 60), "mean_wait_if_wait": metric("wait_of_delayed", 1 / 60), "mean_queue": metric("queue_length"),
        "service_level": metric("service_level"), "p90_wait": metric("wait_p90", 1 / 60), "mean_sojourn": metric("sojourn", 1 / 60),
        "mean_busy": metric("busy_agents"), "p_block": metric("blocking"), "mean_wait_accepted": metric("asa", 1 / 60),
        "p_wait_accepted": metric("delay_probability"), "mean_in_system": metric("in_system"),
        "service_level_accepted": metric("service_level_of_accepted"), "p_abandon": metric("abandonment"),
        "mean_wait_all": metric("wait_all", 1 / 60), "mean_wait_served": metric("asa", 1 / 60), "mean_wait_abandoned": metric("wait_abandoned", 1 / 60),
        "p_abandon_given_wait": metric("abandonment_of_delayed"), "served_within_T_over_offered": metric("service_level"),
        "served_within_T_over_served": metric("service_level_of_answered"), "abandoned_within_T_over_offered": metric("abandoned_within"),
        "served_within_T_over_offered_minus_abandoned_within_T": metric("service_level_without_abandons_within"),
        "mean_wait_overall": metric("asa", 1 / 60), "mean_orbit": metric("in_orbit"),
        "p_wait_any_attempt": metric("delay_probability"), "p_abandon_per_attempt": metric("abandonment"),
        "lost_for_good_per_fresh_call": metric("lost_per_caller"),
    }
    if "sd_wait" in case["expected"]:
        square = case["expected"]["sd_wait"] ** 2 + case["expected"]["mean_wait"] ** 2
        common["sd_wait"] = (square, metric("wait_square", 1 / 3600))

    def one(talk: dict, patient: dict | None, c: int, **type_keys) -> tuple[dict, dict]:
        types = {"calls": {"rate": rate(p["lam"]), "talk": talk, "patience": patient or "unlimited", **type_keys}}
        return types, {"g": {"skills": ["calls"], "agents": int(c)}}

    mean = p.get("mean_service", p.get("mean", p.get("service_time", 1.0)))
    c = int(p.get("c", 1))

    def relaxation(load: float, servers: int, scv: float = 1.0) -> float:
        return mean + mean * max(1.0, (1 + scv) / 2) / servers / (1 - math.sqrt(min(load, 0.999))) ** 2

    match kind:
        case "MMc" | "MG1" | "MDc" | "MPHc":
            scv = {"MPHc": 4.6}.get(kind, p.get("scv", 1.0))
            types, groups = one(service(p), None, c)
            return steady(name, p, types, groups, relax=relaxation(p["lam"] * mean / c, c, scv), effort=effort), common
        case "DM1":
            types, groups = one(service({**p, "service": "exponential"}), None, 1)
            types["calls"] = {k: v for k, v in types["calls"].items() if k != "rate"} | {"gaps": {"dist": "deterministic", "value": minutes(1 / p["lam"])}}
            return steady(name, p, types, groups, relax=relaxation(p["lam"] * mean, 1), effort=effort), common
        case "staffing":
            c = int(case["expected"]["min_agents"])
            types, groups = one(exponential(mean), None, c)
            common["service_level_at_min"] = metric("service_level")
            return steady(name, p, types, groups, relax=relaxation(p["lam"] * mean / c, c), effort=effort), {"service_level_at_min": metric("service_level")}
        case "MGcc":
            types, groups = one(exponential(mean), None, c, places=0)
            return steady(name, p, types, groups, relax=2 * mean, effort=effort), common
        case "MMcK":
            types, groups = one(exponential(mean), None, c, places=int(p["K"]) - c)
            relax = min(relaxation(min(p["lam"] * mean / c, 0.95), c), mean * p["K"])
            return steady(name, p, types, groups, relax=relax, effort=effort), common
        case "MMcM" | "MMcG":
            patient = exponential(p["mean_patience"]) if kind == "MMcM" else patience(p["patience"])
            typical = p.get("mean_patience", 5.0)
            types, groups = one(exponential(mean), patient, c)
            relax = max(mean, min(typical, relaxation(min(p["lam"] * mean / c, 0.999), c)))
            if p["lam"] * mean / c > 1.5 and c > 5:
                # Free agents are so rare that a short run hardly ever sees one, and its error cannot be trusted.
                effort *= 10
            return steady(name, p, types, groups, relax=relax, effort=effort), common
        case "MMc_prio":
            lams = p["lams"]
            types = {f"class{i + 1}": {"rate": rate(x), "talk": exponential(mean), "patience": "unlimited", "priority": len(lams) - i, "skill": "s"} for i, x in enumerate(lams)}
            for i in range(len(lams)):
                common[f"mean_wait_class{i + 1}"] = metric("asa", 1 / 60, type=f"class{i + 1}")
            return steady(name, p, types, {"g": {"skills": ["s"], "agents": c}}, relax=relaxation(sum(lams) * mean / c, c), effort=effort,
                          routing={"call_choice": "longest_wait"}), common
        case "N_design":
            types = {f"t{i}": {"rate": rate(p[f"lam{i}"]), "talk": exponential(mean), "patience": exponential(p["mean_patience"])} for i in (1, 2)}
            groups = {"A": {"skills": ["t1"], "agents": int(p["c_A"])}, "B": {"skills": ["t2", "t1"], "agents": int(p["c_B"])}}
            reads = {"occupancy_A": metric("occupancy", group="A"), "occupancy_B": metric("occupancy", group="B")}
            for i in (1, 2):
                for theirs, ours, scale in (("p_wait", "delay_probability", 1), ("p_abandon", "abandonment", 1), ("mean_queue", "queue_length", 1), ("mean_wait_all", "wait_all", 1 / 60)):
                    reads[f"{theirs}_type{i}"] = metric(ours, scale, type=f"t{i}")
            return steady(name, p, types, groups, relax=5 * mean, effort=effort, routing={"call_choice": "listed", "agent_choice": "listed"}), reads
        case "IVR_trunks":
            types = {"calls": {"rate": rate(p["lam"]), "talk": exponential(mean), "patience": "unlimited",
                               "ivr": {"duration": exponential(p["mean_ivr"]), "contained": 1 - float(p["p_to_agent"])}}}
            reads = {"p_block": metric("blocking_at_door"), "mean_queue": metric("queue_length"), "mean_wait_agents": metric("asa", 1 / 60),
                     "p_wait_agents": metric("delay_probability"), "occupancy_agents": metric("occupancy", group="g"), "mean_in_ivr": metric("in_menu")}
            return steady(name, p, types, {"g": {"skills": ["calls"], "agents": int(p["S"])}}, relax=5 * mean, effort=effort, line={"trunks": int(p["trunks"])}), reads
        case "MMc_retrial" | "MMcM_redial":
            redial = {"delay": exponential(p["mean_redial"]), "after_abandon": float(p["p_redial"]), "after_blocked": float(p["p_redial"])}
            patient = exponential(p["mean_patience"]) if "mean_patience" in p else None
            types, groups = one(exponential(mean), patient, c, redial=redial, **({} if patient else {"places": 0}))
            common["attempts_rate"] = lambda r: _scaled(r.get("arrived", interval=0), 60 / (r.model.grid.close - r.warm_up))
            return steady(name, p, types, groups, relax=4 * p["mean_redial"] / (1 - min(p["lam"] * mean / c, 0.7)), effort=effort), common
        case "Mt/M/c+M transient":
            return _transient(case)
        case "Mt/M/inf":
            return _infinite(case)
        case other:
            raise ValueError(f"no model for {other}")


def _transient(case: dict) -> tuple[dict, dict]:
    p = case["params"]
    marks = sorted({float(k.split("_at_")[1]) for k in case["expected"] if "_at_" in k} | {float(p["horizon"])})
    step = math.gcd(*(round(m * 1000) for m in marks)) / 1000
    lam = rate(p["lam"]) if isinstance(p["lam"], (int, float)) else {"formula": p["lam"], "t": "min", "per": "min"}
    model = {
        "name": case["id"], "time": {"length": minutes(p["horizon"]), "interval": minutes(step), "after_close": "stop"},
        "types": {"calls": {"rate": lam, "talk": exponential(p["mean_service"]), "patience": exponential(p["mean_patience"])}},
        "groups": {"g": {"skills": ["calls"], "agents": int(p["c"])}},
        "targets": {"answer_within": "20 s"}, "run": {"replications": 1000, "seed": 20261},
    }
    reads = {
        "arrivals": lambda r: r.get("offered"), "p_wait": lambda r: r.get("delay_probability"), "occupancy": lambda r: r.get("occupancy"),
        "abandoned": lambda r: r.get("abandoned"), "p_abandon_before_close": lambda r: r.get("abandonment"),
        "mean_wait_littles": lambda r: _scaled(r.get("queue_length"), p["horizon"] / case["expected"]["arrivals"]),
    }
    for mark in marks:
        at = round(mark / step) - 1
        text = f"{mark:g}"
        reads[f"EN_at_{text}"] = lambda r, at=at: r.get("in_system_at_end", interval=at)
        reads[f"pwait_at_{text}"] = lambda r, at=at: r.get("all_busy_at_end", interval=at)
    return model, reads


def _infinite(case: dict) -> tuple[dict, dict]:
    # Eight whole periods are "the infinite past"; the ninth is read at its quarters and at the peak.
    p = case["params"]
    step = math.pi / 4
    model = {
        "name": case["id"], "time": {"length": minutes(72 * step), "interval": minutes(step), "after_close": "stop"},
        "types": {"calls": {"rate": {"formula": p["lam"], "t": "min", "per": "min"}, "talk": exponential(p["mean_service"]), "patience": "unlimited"}},
        "groups": {"g": {"skills": ["calls"], "agents": 1000}},
        "targets": {"answer_within": "20 s"}, "run": {"replications": 1000, "seed": 20261},
    }
    at = {"m_at_0": 63, "m_at_quarter": 65, "peak_mean": 66}
    return model, {name: (lambda r, i=i: r.get("in_system_at_end", interval=i)) for name, i in at.items()}


def check_staffing(case: dict, rule: str, replications: int = 300, cycles: int = 2) -> list[Check]:
    """A case of `time_varying_staffing.json` under one of its rules: delay probability of each period.

    At a shift end a call in progress returns to the head of the queue; the cycles before the last one are the past.
    """
    p, told = case["params"], case["results"][rule]
    staff = told["staff"]
    model = {
        "name": case["id"], "time": {"length": minutes(p["cycle"] * cycles), "interval": minutes(p["period"]), "after_close": "stop"},
        "types": {"calls": {"rate": {"formula": p["lam"], "t": "min", "per": "min"}, "talk": exponential(p["mean_service"]), "patience": "unlimited"}},
        "groups": {"g": {"skills": ["calls"], "agents": staff * cycles, "at_shift_end": "return"}},
        "targets": {"answer_within": "20 s"}, "run": {"replications": replications, "seed": 20261},
    }
    first = len(staff) * (cycles - 1)
    expected = {f"period {i}": value for i, value in enumerate(told["p_wait_by_period"])}
    reads = {f"period {i}": (lambda r, i=i: r.get("delay_probability", interval=first + i)) for i in range(len(staff))}
    return compare(f"{case['id']} {rule}", expected, reads, run(from_dict(model)))


def staffing_cases() -> list[tuple[dict, str]]:
    """Every case of time-varying staffing with each of its rules."""
    cases = json.loads((DATA / "time_varying_staffing.json").read_text())["cases"]
    return [(case, rule) for case in cases for rule in case["results"]]


def _scaled(e: Estimate, by: float) -> Estimate:
    return Estimate(*(None if v is None else v * by for v in (e.mean, e.low, e.high)), e.replications)


def standard_error(e: Estimate, confidence: float) -> float:
    return e.half_width / student.ppf(0.5 + confidence / 2, e.replications - 1)


def check_case(case: dict, effort: float = 20_000, replications: int | None = None) -> list[Check]:
    """Simulate a case and compare each of its numbers that the model shows."""
    written, reads = build(case, effort)
    if replications:
        written["run"]["replications"] = replications
    result = run(from_dict(written))
    return compare(case["id"], case["expected"], reads, result)


def compare(name: str, expected: dict, reads: dict, result: Result) -> list[Check]:
    out = []
    for metric, value in expected.items():
        read = reads.get(metric)
        if read is None:
            continue
        if isinstance(read, tuple):
            value, read = read
        e = read(result)
        if metric == "p90_wait" and value == 0:
            out.append(Check(name, metric, value, e.mean, 0.0, e.replications - 1))
            continue
        # Interval ends were cut at 0 and 1; the standard error comes from the uncut side.
        half = max(e.high - e.mean, e.mean - e.low)
        error = half / student.ppf(0.5 + result.confidence / 2, e.replications - 1)
        out.append(Check(name, metric, value, e.mean, error, e.replications - 1))
    return out


def main(only: list[str]) -> int:
    """Run all cases; 0 when Holm's procedure rejects nothing."""
    from bench.published_cases import published

    checks: list[Check] = []
    for case in exact_cases():
        if only and case["id"] not in only:
            continue
        began = time.perf_counter()
        found = check_case(case)
        checks += found
        worst = max(found, key=lambda c: abs(c.sigmas))
        print(f"{case['id']:28} {len(found):2} numbers, worst {worst.sigmas:+5.1f} SE ({worst.metric}), {time.perf_counter() - began:5.1f} s", flush=True)
    for case, rule in staffing_cases():
        if only and case["id"] not in only:
            continue
        # So many, because the delays of a quiet period come in rare clusters: few runs see one at all.
        found = check_staffing(case, rule, replications=1500)
        checks += found
        worst = max(found, key=lambda c: abs(c.sigmas))
        print(f"{found[0].case:28} {len(found):2} numbers, worst {worst.sigmas:+5.1f} SE ({worst.metric})", flush=True)
    for name, found in published(only):
        checks += found
        worst = max(found, key=lambda c: abs(c.sigmas))
        print(f"{name:28} {len(found):2} numbers, worst {worst.sigmas:+5.1f} SE ({worst.metric})", flush=True)
    bad = failures(checks)
    print(f"{len(checks)} numbers; {sum(abs(c.sigmas) > 3 for c in checks)} beyond 3 SE singly, {len(bad)} after Holm's correction")
    for c in bad:
        print(f"  {c.case} {c.metric}: expected {c.expected:.6g}, simulated {c.simulated:.6g} ± {c.error:.2g} (SE), {c.sigmas:+.1f}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
