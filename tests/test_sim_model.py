"""Model files: good ones are read, bad ones are refused with key, value and remedy; never a traceback."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulation.load import from_dict, load
from simulation.problem import ModelError
from simulation.quantity import clock, clock_text, per_second, seconds
from simulation.run_model import RunModel
from tests.sim_models import exponential, models, single

EXAMPLES = Path(__file__).parent.parent / "simulation" / "examples"


def day(**more) -> dict:
    """A model with opening hours, two types and two groups."""
    model = {
        "name": "day",
        "time": {"opens": "08:00", "closes": "10:00", "days": ["mon"], "interval": "30 min", "after_close": "serve"},
        "types": {
            "billing": {"calls": [10, 20, 20, 10], "talk": exponential("3 min"), "patience": exponential("2 min")},
            "network": {"rate": "20 / h", "talk": exponential("3 min"), "patience": "unlimited"},
        },
        "groups": {
            "juniors": {"skills": ["billing"], "agents": [1, 2, 2, 1], "at_shift_end": "finish"},
            "seniors": {"skills": ["network", "billing"], "agents": 2},
        },
        "routing": {"call_choice": "longest_wait", "agent_choice": "listed"},
        "targets": {"answer_within": "15 s"}, "run": {"replications": 5},
    }
    return change(model, more)


def change(model: dict, changes: dict) -> dict:
    """A copy with dotted keys set; None takes a key away."""
    model = copy.deepcopy(model)
    for path, value in changes.items():
        node = model
        *tables, key = path.split(".") if "." in path else path.split("__")
        for table in tables:
            node = node.setdefault(table, {})
        if value is None:
            node.pop(key)
        else:
            node[key] = value
    return model


@pytest.mark.parametrize("name", ["simple", "complaint_line"])
def test_the_examples_are_right(name):
    assert isinstance(load(EXAMPLES / f"{name}.toml"), RunModel)


def test_the_example_has_the_seven_categories_of_the_menu():
    model = load(EXAMPLES / "complaint_line.toml")
    assert {t.name for t in model.types} == {
        "billing_anomaly", "plan_change", "service_quality", "service_outage", "wrong_charge", "slow_network", "misleading_tariff",
    }


# (what is wrong, key that the error must name, words of the remedy)
MISTAKES = [
    ({"types.billing.talk.mean": 3}, "types.billing.talk.mean", '"3 min"'),
    ({"types.billing.talk.mean": "3"}, "types.billing.talk.mean", "unit"),
    ({"types.billing.talk.mean": "3 mins"}, "types.billing.talk.mean", "min"),
    ({"types.billing.talk.mean": "-3 min"}, "types.billing.talk.mean", "number and a unit"),
    ({"types.billing.talk.mean": "0 min"}, "types.billing.talk.mean", "above 0"),
    ({"types.billing.talk.mean": True}, "types.billing.talk.mean", "unit"),
    ({"types.billing.talk": "3 min"}, "types.billing.talk", "dist"),
    ({"types.billing.talk": {"dist": "normal", "mean": "3 min"}}, "types.billing.talk", "exponential"),
    ({"types.billing.talk": {"mean": "3 min"}}, "types.billing.talk", "dist"),
    ({"types.billing.talk": {"dist": "lognormal", "mean": "3 min"}}, "types.billing.talk", "cv"),
    ({"types.billing.talk": {"dist": "exponential", "mean": "3 min", "cv": 1.0}}, "types.billing.talk", "unknown key 'cv'"),
    ({"types.billing.talk": None}, "types.billing.talk", "missing"),
    ({"types.billing.patience": None}, "types.billing.patience", "missing"),
    ({"types.billing.patience": "infinite"}, "types.billing.patience", "unlimited"),
    ({"types.billing.patience": {"dist": "exponential", "mean": "3 min", "at_zero": 10}}, "types.billing.patience.at_zero", "at most 1"),
    ({"types.billing.calls": [10, 20, 20]}, "types.billing.calls", "4 numbers"),
    ({"types.billing.calls": [10, 20, 20, -1]}, "types.billing.calls", "at least 0"),
    ({"types.billing.calls": 10}, "types.billing.calls", "list"),
    ({"types.billing.calls": ["10", "20", "20", "10"]}, "types.billing.calls", "number"),
    ({"types.billing.calls": {"tue": [1, 1, 1, 1]}}, "types.billing.calls", "mon"),
    ({"types.billing.calls": None}, "types.billing", "exactly one"),
    ({"types.billing.rate": "3 / min"}, "types.billing", "exactly one"),
    ({"types.network.rate": 20}, "types.network.rate", "/ min"),
    ({"types.network.rate": "20"}, "types.network.rate", "/ min"),
    ({"types.network.rate": {"formula": "20*cos(2*t)", "t": "h", "per": "h"}}, "types.network.rate", "negative"),
    ({"types.network.rate": {"formula": "__import__('os')", "t": "h", "per": "h"}}, "types.network.rate", "formula"),
    ({"types.network.rate": "1e9 / s"}, "types.network", "check number and unit|below"),
    ({"types.network.wrapup": exponential("1 min")}, "types.network", "did you mean 'wrap_up'"),
    ({"types.network.skill": "networks"}, "types.network.skill", "no group has this skill"),
    ({"types.network.groups": ["senior"]}, "types.network.groups", "did you mean 'seniors'"),
    ({"types.network.groups": ["juniors"]}, "types.network.groups", "does not have skill"),
    ({"types.network.transfers": [{"to": "billin", "probability": 0.1}]}, "types.network.transfers", "did you mean 'billing'"),
    ({"types.network.transfers": [{"to": "network", "probability": 1.0}]}, "transfers", "for ever"),
    ({"types.network.ivr": {"duration": exponential("1 min"), "contained": 0.8, "hang_up": 0.3}}, "types.network.ivr", "exceed 1"),
    ({"types.network.redial": {"after_abandon": 1.0, "delay": {"dist": "deterministic", "value": "0 s"}}}, "types.network.redial.delay", "length"),
    ({"types.network.call_back": {"after": "1 min", "accept": 0.5, "tries": 3}}, "types.network.call_back", "retry_after"),
    ({"types.network.priority": 1.5}, "types.network.priority", "whole number"),
    ({"types.network.talk_by_interval": [1, 2]}, "types.network.talk_by_interval", "4 numbers"),
    ({"groups.juniors.agents": [1, 2, 2]}, "groups.juniors.agents", "4 numbers"),
    ({"groups.juniors.agents": 2.5}, "groups.juniors.agents", "whole number"),
    ({"groups.juniors.agents": -1}, "groups.juniors.agents", "at least 0"),
    ({"groups.juniors.agents": "2"}, "groups.juniors.agents", "number"),
    ({"groups.juniors.agents": None}, "groups.juniors", "agents or shifts"),
    ({"groups.juniors.at_shift_end": None}, "groups.juniors", "at_shift_end"),
    ({"groups.juniors.at_shift_end": "stop"}, "groups.juniors.at_shift_end", "finish"),
    ({"groups.juniors.skills": ["biling"]}, "groups.juniors.skills", "did you mean 'billing'"),
    ({"groups.juniors.skills": []}, "groups.juniors.skills", "at least 1"),
    ({"groups.juniors.shrinkage": 30}, "groups.juniors.shrinkage", "below 1"),
    ({"groups.seniors": {"skills": ["network", "billing"], "shifts": [{"start": "09:00", "end": "08:00", "agents": 2}], "at_shift_end": "finish"}}, "groups.seniors.shifts", "before end"),
    ({"groups.seniors": {"skills": ["network", "billing"], "shifts": [{"start": "8:00", "end": "10:00", "agents": 2, "breaks": [{"start": "11:00", "length": "15 min"}]}], "at_shift_end": "finish"}}, "groups.seniors.shifts", "inside the shift"),
    ({"routing.call_choice": None}, "routing.call_choice", "longest_wait"),
    ({"routing.agent_choice": None}, "routing.agent_choice", "longest_idle"),
    ({"routing.agent_choice": "least_busy"}, "routing.agent_choice", "listed"),
    ({"time.closes": "07:00"}, "time", "before closes"),
    ({"time.closes": "25:00"}, "time.closes", "00:00 to 24:00"),
    ({"time.closes": 10}, "time.closes", "08:30"),
    ({"time.interval": "50 min"}, "time.interval", "does not divide"),
    ({"time.interval": None}, "time", "interval"),
    ({"time.days": ["monday"]}, "time.days", "mon"),
    ({"time.days": []}, "time.days", "at least 1"),
    ({"time.after_close": None}, "time.after_close", "missing"),
    ({"time.warm_up": "mser"}, "time.warm_up", "length"),
    ({"time.warm_up": "5 h"}, "time.warm_up", "shorter"),
    ({"time.length": "5 h"}, "time", "opens and closes"),
    ({"targets.answer_within": 15}, "targets.answer_within", '"15 s"'),
    ({"targets": None}, "targets", "missing"),
    ({"run.replications": None}, "run", "replications"),
    ({"run.replications": 0}, "run.replications", "at least 1"),
    ({"run.replications": "many"}, "run.replications", "whole number"),
    ({"run.seed": -1}, "run.seed", "at least 0"),
    ({"run.confidence": 95}, "run.confidence", "below 1"),
    ({"run": {"precision": {"metric": "servicelevel", "half_width": 0.01, "max_replications": 100}}}, "run.precision.metric", "did you mean 'service_level'"),
    ({"run": {"precision": {"metric": "service_level", "half_width": "0.5 %", "max_replications": 100}}}, "run.precision.half_width", "number"),
    ({"busyness": {"shape": 20, "cv": 0.2}}, "busyness", "one of shape or cv"),
    ({"line.trunks": 0}, "line.trunks", "at least 1"),
    ({"line.trunk": 10}, "line", "did you mean 'trunks'"),
    ({"group": {}}, "model", "did you mean 'groups'"),
    ({"types": {}}, "types", "at least 1"),
    ({"types": []}, "types", "table"),
    ({"name": 5}, "name", "text"),
    ({"costs": {"per_abandoned": 3}}, "costs.currency", "missing"),
    ({"costs": {"currency": "CNY", "per_abandoned": -3}}, "costs.per_abandoned", "at least 0"),
]


@pytest.mark.parametrize(("changes", "key", "remedy"), MISTAKES, ids=[f"{i}-{next(iter(m[0]))}" for i, m in enumerate(MISTAKES)])
def test_natural_mistakes_are_named_with_key_and_remedy(changes, key, remedy):
    with pytest.raises(ModelError) as caught:
        from_dict(day(**changes))
    found = [p for p in caught.value.problems if key in p.key]
    assert found, str(caught.value)
    assert any(word in str(p) for p in found for word in remedy.split("|")), str(caught.value)
    assert "Traceback" not in str(caught.value) and "pydantic" not in str(caught.value)
    assert "{" not in str(caught.value).replace("{ key", "").replace("{ dist", ""), str(caught.value)


def test_several_mistakes_are_reported_together():
    with pytest.raises(ModelError) as caught:
        from_dict(day(**{"types.billing.calls": [1], "groups.juniors.agents": [1], "routing.call_choice": None}))
    assert len(caught.value.problems) == 3


def test_a_type_that_is_not_in_the_menu_is_refused():
    from_dict(day(), menu=["billing", "network", "other"])
    with pytest.raises(ModelError, match="billing"):
        from_dict(day(), menu=["biling", "network"])


@pytest.mark.parametrize(("content", "words"), [
    (b"name = \n", "TOML"), (b"\xff\xfe", "UTF-8"), (b"", "missing"), (b"[time]\nopens = 08:00\n", "missing|TOML|quotation"), (b"a = [1, 2", "TOML"),
])
def test_unreadable_files_say_so(tmp_path, content, words):
    path = tmp_path / "model.toml"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load(path)
    assert any(w in str(caught.value) for w in words.split("|"))


def test_a_missing_file_and_a_folder_say_so(tmp_path):
    with pytest.raises(ModelError, match="no such file"):
        load(tmp_path / "nothing.toml")
    with pytest.raises(ModelError, match="cannot be read"):
        load(tmp_path)


def test_a_list_of_moments_from_a_file(tmp_path):
    (tmp_path / "arrivals.txt").write_text("10\n70.5\n65\n")
    written = day(**{"types.billing.calls": None, "types.billing.times_file": "arrivals.txt"})
    model = from_dict(written, folder=tmp_path)
    assert model.types[0].arrivals.at.tolist() == [8 * 3600 + 10, 8 * 3600 + 65, 8 * 3600 + 70.5]
    with pytest.raises(ModelError, match="times_file"):
        from_dict(change(written, {"types.billing.times_file": "absent.txt"}), folder=tmp_path)


# Anything at all in the place of a value, and values of the right kind in the wrong place.
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12),
    st.sampled_from(["3 min", "08:00", "unlimited", "mon", "billing", "4 / min", "1e400 s", "999999999999999999999 d", "-1 s", "serve"]),
)
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=8)


def _paths(node: object, path: tuple = ()) -> list[tuple]:
    found = [path] if path else []
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else []:
        found += _paths(value, (*path, key))
    return found


FUZZ = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(st.data())
def test_any_value_anywhere_is_a_model_or_a_model_error(data):
    model = data.draw(st.sampled_from([day(), single()]))
    model = copy.deepcopy(model)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(_paths(model)))
        node = model
        for key in path[:-1]:
            node = node[key]
        if data.draw(st.booleans()):
            node[path[-1]] = data.draw(ANYTHING)
        else:
            del node[path[-1]]
    try:
        made = from_dict(model)
    except ModelError as e:
        assert e.problems and all(p.key and p.remedy for p in e.problems)
    else:
        assert isinstance(made, RunModel)


@FUZZ
@given(st.dictionaries(st.sampled_from(["name", "time", "types", "groups", "targets", "run", "routing", "line", "x"]), ANYTHING))
def test_any_table_is_a_model_or_a_model_error(data):
    with pytest.raises(ModelError):
        from_dict(data)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(models())
def test_invented_models_are_right(written):
    model = from_dict(written)
    assert model.grid.opened.sum() == 4 * len(written["time"]["days"])
    assert np.all(np.diff(model.grid.edges) > 0)


@given(st.floats(0, 1e6, allow_nan=False))
def test_seconds_of_what_is_written(x):
    assert seconds(f"{x!r} s") == pytest.approx(x)
    assert seconds(f"{x!r} min") == pytest.approx(60 * x)
    assert per_second(f"{x!r} / h") == pytest.approx(x / 3600)


@given(st.integers(0, 86400))
def test_clock_there_and_back(s):
    assert clock(clock_text(s)) == s


def test_units():
    assert seconds("1 h 30 min") == 5400
    assert seconds("500 ms") == 0.5
    assert clock("24:00") == 86400
    for bad in ("", "min", "3", "3 m", "3 min x", "nan s", "1 h -5 min"):
        with pytest.raises(ValueError, match="unit"):
            seconds(bad)
