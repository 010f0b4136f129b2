"""Small models for the simulation's tests, as a model file would hold them, and a strategy that invents them."""

from __future__ import annotations

from hypothesis import strategies as st


def exponential(mean: str) -> dict:
    return {"dist": "exponential", "mean": mean}


def single(*, agents=10, rate="4 / min", talk="2 min", patience="1 min", length="200 min", replications=10, **more) -> dict:
    """One type, one group, an unbroken run."""
    model = {
        "name": "single",
        "time": {"length": length, "after_close": "serve"},
        "types": {"calls": {"rate": rate, "talk": exponential(talk), "patience": patience if patience == "unlimited" else exponential(patience)}},
        "groups": {"agents": {"skills": ["calls"], "agents": agents}},
        "targets": {"answer_within": "20 s"},
        "run": {"replications": replications, "seed": 7},
    }
    for path, value in more.items():
        node = model
        *tables, key = path.split("__")
        for table in tables:
            node = node.setdefault(table, {})
        node[key] = value
    return model


TIMES = st.sampled_from(["1 s", "20 s", "45 s", "2 min", "7 min"])


@st.composite
def distributions(draw) -> dict:
    kind = draw(st.sampled_from(["exponential", "deterministic", "uniform", "lognormal", "gamma", "weibull", "hyperexponential", "erlang", "mixture"]))
    mean = draw(TIMES)
    made = {
        "exponential": {"mean": mean}, "deterministic": {"value": mean}, "uniform": {"low": "0 s", "high": mean},
        "lognormal": {"mean": mean, "cv": 1.2}, "gamma": {"mean": mean, "shape": 2.0}, "weibull": {"mean": mean, "shape": 0.8},
        "hyperexponential": {"weights": [0.3, 0.7], "means": [mean, "30 s"]}, "erlang": {"mean": mean, "phases": 3},
        "mixture": {"weights": [0.5, 0.5], "parts": [exponential(mean), {"dist": "deterministic", "value": "10 s"}]},
    }[kind]
    return {"dist": kind, **made}


@st.composite
def models(draw, watched: bool = True) -> dict:
    """Any model of up to three types and groups over one or two short days, with everything that may happen to a call."""
    n_types, n_groups = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    names, groups = [f"t{i}" for i in range(n_types)], [f"g{i}" for i in range(n_groups)]
    maybe = lambda strategy: draw(st.one_of(st.none(), strategy))  # noqa: E731
    after_close = draw(st.sampled_from(["serve", "stay", "disconnect", "stop"]))
    days = ["mon"] if after_close == "stop" else draw(st.sampled_from([["mon"], ["mon", "tue"]]))
    types: dict[str, dict] = {}
    for name in names:
        t = {
            "calls": draw(st.lists(st.integers(0, 40), min_size=4, max_size=4)), "talk": draw(distributions()),
            "patience": draw(st.one_of(st.just("unlimited"), distributions())), "priority": draw(st.integers(0, 1)),
            "wrap_up": maybe(distributions()), "head_start": maybe(TIMES), "message_after": maybe(TIMES),
            "ivr": maybe(st.builds(lambda d, a, b: {"duration": d, "contained": a, "hang_up": b}, distributions(), st.sampled_from([0.0, 0.3]), st.sampled_from([0.0, 0.2]))),
        }
        if after_close == "disconnect" and not watched:
            t["ivr"] = None
        if watched:
            t["places"] = maybe(st.integers(0, 5))
            t["redial"] = maybe(st.builds(lambda d, p, q: {"delay": d, "after_abandon": p, "after_blocked": q}, distributions(), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.7])))
            t["call_back"] = maybe(st.builds(lambda a, p, q, n: {"after": a, "accept": p, "reached": q, "ring": "20 s", "tries": n, "retry_after": "3 min"},
                                             TIMES, st.sampled_from([0.3, 1.0]), st.sampled_from([0.5, 1.0]), st.integers(1, 3)))
            t["transfers"] = maybe(st.just([{"to": names[0], "probability": 0.2}]))
        types[name] = {k: v for k, v in t.items() if v is not None}
    made: dict[str, dict] = {}
    for i, group in enumerate(groups):
        skills = draw(st.lists(st.sampled_from(names), min_size=1, max_size=n_types, unique=True)) if i else names
        made[group] = {
            "skills": skills, "agents": draw(st.lists(st.integers(0, 4), min_size=4, max_size=4)),
            "at_shift_end": draw(st.sampled_from(["finish", "return"] if watched else ["finish"])),
            "shrinkage": draw(st.sampled_from([0.0, 0.25])), "cost_per_hour": 20,
        }
        if draw(st.booleans()):
            made[group]["handling"] = {skills[0]: 1.3}
    line = {}
    if watched:
        line = {k: v for k, v in {"trunks": maybe(st.integers(1, 12)), "places": maybe(st.integers(0, 6))}.items() if v is not None}
    return {
        "name": "invented",
        "time": {"opens": "09:00", "closes": "10:00", "days": days, "interval": "15 min", "after_close": after_close},
        "busyness": {"cv": 0.3}, "types": types, "groups": made, "line": line,
        "routing": {"call_choice": draw(st.sampled_from(["longest_wait", "listed"])), "agent_choice": draw(st.sampled_from(["listed", "longest_idle", "random"]))},
        "targets": {"answer_within": "20 s", "short_abandon": "5 s"}, "costs": {"currency": "CNY", "per_line_minute": 0.1},
        "run": {"replications": 2, "seed": draw(st.integers(0, 1000))},
    }
