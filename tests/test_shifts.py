"""Shifts: rosters against an independent checker, refusals, exports, ``python -m hotline shifts``."""

import copy
import csv
import json
import tomllib
from pathlib import Path

import icalendar
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.commands.shifts import shifts as command
from simulation.load import load
from simulation.need import Wish, staff
from simulation.problem import ModelError
from simulation.shift_plan import load_plan, plan_from
from simulation.shifts import make
from tests.shift_checker import faults

EXAMPLES = Path(__file__).parent.parent / "simulation" / "examples"


def small(**changes) -> dict:
    data = {
        "name": "small", "start": "2026-11-23", "interval": "30 min", "shortage_per_hour": 500.0,
        "patterns": {
            "day": {"starts": {"first": "08:00", "last": "10:00", "every": "1 h"}, "length": "8 h", "breaks": [{"length": "30 min", "earliest": "3 h", "latest": "4 h"}]},
            "late": {"starts": ["14:00"], "length": "8 h", "breaks": [{"length": "30 min", "earliest": "3 h", "latest": "4 h"}]},
        },
        "contracts": {"full": {"patterns": ["day", "late"], "max_hours": "40 h", "max_days": 5, "max_consecutive_days": 5, "min_rest": "11 h", "cost_per_hour": 50.0}},
        "agents": [{"count": 6, "contract": "full", "groups": ["a"]}],
        "need": [{"group": "a", "start": "09:00", "end": "21:00", "agents": 2}],
    }
    data.update(changes)
    return data


def test_a_small_week_is_met_as_cheaply_as_can_be():
    data = small(agents=[{"count": 10, "contract": "full", "groups": ["a"]}])
    made = make(plan_from(data))
    assert faults(data, made.to_dict()) == []
    assert made.short_hours == 0
    # Two agents from 9 to 21 with every break covered: the late ones overlap the early ones from 14:00 on.
    assert len(made.rows()) == 7 * 5
    assert made.gap < 0.001
    burdens = made.fairness()["full"]
    assert burdens["weekend"]["most"] - burdens["weekend"]["least"] <= 1
    assert burdens["late"]["most"] - burdens["late"]["least"] <= 2


def test_a_plan_is_as_good_with_another_number_of_threads_in_the_same_process():
    plan = plan_from(small(agents=[{"count": 10, "contract": "full", "groups": ["a"]}]))
    assert [make(plan, threads=n).gap < 0.001 for n in (1, 2, 1)] == [True, True, True]


def test_what_cannot_be_met_is_listed():
    data = small(agents=[{"count": 2, "contract": "full", "groups": ["a"]}])
    made = make(plan_from(data))
    found = made.to_dict()
    assert faults(data, found) == []
    assert found["unmet"]
    assert found["short_hours"] == pytest.approx(sum(u["short"] * (int(u["end"][:2]) * 60 + int(u["end"][3:]) - int(u["start"][:2]) * 60 - int(u["start"][3:])) / 60 for u in found["unmet"]))


@st.composite
def plans(draw) -> dict:
    """Any small plan of whole rules: patterns past midnight, several groups, contracts, days off, two weeks."""
    def hours(low: int, high: int) -> str:
        return f"{draw(st.integers(low, high))} h"

    patterns = {}
    for name in ("p", "q")[:draw(st.integers(1, 2))]:
        length = draw(st.integers(4, 10))
        breaks = [{"length": "30 min", "earliest": "1 h", "latest": draw(st.sampled_from(["90 min", "2 h"])), "paid": draw(st.booleans())}]
        if length > 6:
            breaks.append({"length": "1 h", "earliest": "3 h", "latest": "4 h 30 min"})
        patterns[name] = {
            "starts": sorted(f"{h:02d}:00" for h in draw(st.sets(st.integers(0, 23), min_size=1, max_size=4))), "length": f"{length} h",
            "breaks": breaks[:draw(st.integers(0, 2))],
            **draw(st.sampled_from([{}, {"days": ["mon", "tue", "wed", "sat", "sun"]}])),
        }
    contract = st.sampled_from(["c", "d"])
    contracts = {
        name: {
            "patterns": draw(st.sampled_from([list(patterns), ["p"]])), "max_hours": hours(12, 48), "max_days": draw(st.integers(2, 7)),
            "max_consecutive_days": draw(st.integers(1, 6)), "min_rest": hours(8, 24), "cost_per_hour": float(draw(st.integers(10, 90))),
            **draw(st.sampled_from([{}, {"min_hours": "8 h"}])),
        }
        for name in ("c", "d")
    }
    off = st.lists(st.sampled_from(["mon", "sun", "2026-11-25", "2027-01-01"]), max_size=2, unique=True)
    agents = [
        {"count": draw(st.integers(1, 4)), "contract": draw(contract), "groups": draw(st.sampled_from([["a"], ["b"], ["a", "b"]])), "off": draw(off)}
        for _ in range(draw(st.integers(1, 3)))
    ] + [{"name": "王芳", "contract": "c", "groups": ["a", "b"]}]
    need = [
        {"group": draw(st.sampled_from("ab")), "day": draw(st.sampled_from(["", "mon", "sat", "2026-11-24"])), "start": f"{h:02d}:30", "end": f"{min(h + draw(st.integers(2, 14)), 24):02d}:00", "agents": draw(st.integers(1, 5))}
        for h in draw(st.lists(st.integers(0, 20), min_size=1, max_size=4))
    ]
    return {"name": "any", "start": "2026-11-23", "weeks": draw(st.integers(1, 2)), "interval": "30 min", "patterns": patterns, "contracts": contracts, "agents": agents, "need": need}  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(plans())
def test_any_roster_keeps_every_rule_or_the_refusal_says_why(data):
    try:
        made = make(plan_from(copy.deepcopy(data)), seconds=3, gap=0.05)
    except ModelError as error:
        assert "can work no week that keeps all rules; loosen" in str(error) or "loosen several" in str(error)
        return
    found = json.loads(json.dumps(made.to_dict()))
    assert faults(data, found) == []
    total = found["cost"] + found["shortage_cost"]
    assert found["bound"] <= total + 1e-6
    assert 0 <= found["gap"] <= 1


def test_the_checker_sees_each_broken_rule():
    made = make(plan_from(small())).to_dict()
    for change, words in (
        (lambda d: d["roster"].append(d["roster"][0]), "works twice"),
        (lambda d: d["roster"][0].update(agent="nobody"), "is nobody"),
        (lambda d: d["roster"][0]["breaks"].clear(), "has 0 breaks"),
        (lambda d: d["roster"].pop(0), "cover"),
        (lambda d: d.update(cost=1.0), "the cost is"),
    ):
        broken = copy.deepcopy(made)
        change(broken)
        assert any(words in fault for fault in faults(small(), broken)), words


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("contracts", "full", "min_hours"), "45 h", "contracts.full.min_hours = 45 h: is above max_hours of 40 h"),
        (("contracts", "full", "patterns"), ["days"], "did you mean 'day'"),
        (("contracts", "full", "max_hours"), "40", "write a time as a number and a unit"),
        (("patterns", "day", "length"), "7 h 50 min", "patterns.day.length = 470 min: is no multiple of the interval of 30 min"),
        (("agents", 0, "groups"), ["b"], "is needed, but no agent is in this group"),
        (("agents", 0, "contract"), "ful", "did you mean 'full'"),
        (("agents", 0, "off"), ["saturday"], "write weekdays"),
        (("need",), "nothing.json", "there is no such file"),
        (("timezone",), "Moon/Base", "is not known"),
        (("shrinkage",), {"x": 0.1}, "shrinkage.x"),
    ],
)
def test_a_bad_plan_is_a_message(path, value, words):
    data = small()
    node = data
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    with pytest.raises(ModelError) as error:
        plan_from(data)
    assert words in str(error.value)


def test_contradictory_rules_say_which():
    data = small()
    data["contracts"]["full"] |= {"min_hours": "37 h", "max_days": 4}
    with pytest.raises(ModelError, match="can work no week that keeps all rules; loosen min_hours of 37 h, or max_days of 4"):
        make(plan_from(data))


def test_need_of_staff_with_shrinkage(tmp_path):
    need = staff(load(EXAMPLES / "simple.toml"), Wish(replications=5))
    (tmp_path / "need.json").write_text(json.dumps(need.to_dict()))
    data = small(agents=[{"count": 30, "contract": "full", "groups": ["agents"]}])
    del data["need"]
    path = tmp_path / "need.json"
    plan = plan_from(data, need=path)
    assert plan.need["agents"][16:24].tolist() == need.agents("agents")
    assert plan.need["agents"][24:].sum() == 0  # no Tuesday in that model
    plan = plan_from({**data, "shrinkage": 0.2}, need=path)
    assert plan.need["agents"][16] == -(-need.agents("agents")[0] * 10 // 8)
    (tmp_path / "need.csv").write_text("group,day,start,end,agents\nagents,mon,08:00,12:00,3\nagents,,12:00,13:00,2\n")
    plan = plan_from(data, need=tmp_path / "need.csv")
    assert (plan.need["agents"][16], plan.need["agents"][24 + 48]) == (3, 2)
    (tmp_path / "bad.csv").write_text("group,day,start,end\nagents,mon,08:00,12:00\n")
    with pytest.raises(ModelError, match="there is no column 'agents'"):
        plan_from(data, need=tmp_path / "bad.csv")


def test_example_by_command_line(tmp_path):
    out = {name: tmp_path / name for name in ("r.csv", "r.ics", "r.html")}
    args = [str(EXAMPLES / "shifts.toml"), "--json", "--seconds", "1", "--gap", "30%", "--csv", str(out["r.csv"]), "--ics", str(out["r.ics"]), "--report", str(out["r.html"])]
    answer = CliRunner().invoke(command, args, catch_exceptions=False)
    assert answer.exit_code == 0
    made = json.loads(answer.stdout)
    assert faults(tomllib.loads((EXAMPLES / "shifts.toml").read_text()), made) == []
    with out["r.csv"].open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(made["roster"])
    events = icalendar.Calendar.from_ical(out["r.ics"].read_bytes()).walk("VEVENT")
    assert len(events) == len(rows) == len({e["uid"] for e in events})
    first = next(r for r in made["roster"] if r["agent"] == "王芳")
    event = next(e for e in events if "王芳" in e["summary"] and e["dtstart"].dt.replace(tzinfo=None).isoformat() == first["start"])
    assert event["dtstart"].dt.utcoffset().total_seconds() == 8 * 3600
    assert "王芳" in out["r.html"].read_text()
    assert load_plan(EXAMPLES / "shifts.toml").name == made["plan"]
