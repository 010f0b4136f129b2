"""Scenarios, paired differences, marginal values, ``python -m hotline whatif``."""

import json
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from click.testing import CliRunner

from hotline.commands.whatif import whatif as command
from simulation.load import from_dict
from simulation.paired import compare
from simulation.problem import ModelError
from simulation.scenarios import scenario, together
from simulation.what_if import marginal, what_if
from tests.sim_models import exponential


def two() -> dict:
    return {
        "name": "two", "time": {"opens": "08:00", "closes": "10:00", "days": ["mon", "tue"], "interval": "30 min", "after_close": "serve"},
        "types": {
            "billing": {"calls": [30, 60, 60, 30], "talk": exponential("4 min"), "patience": exponential("3 min"),
                        "ivr": {"duration": exponential("20 s"), "contained": 0.1, "hang_up": 0.1}, "call_back": {"after": "60 s", "accept": 0.5}},
            "network": {"calls": [20, 30, 40, 20], "talk": exponential("5 min"), "patience": exponential("3 min")},
        },
        "groups": {"billing": {"skills": ["billing"], "agents": 7, "cost_per_hour": 60}, "nets": {"skills": ["network"], "agents": 6, "cost_per_hour": 60}},
        "targets": {"answer_within": "20 s"}, "run": {"replications": 10, "seed": 3}, "costs": {"currency": "CNY"},
    }  # fmt: skip


@pytest.fixture(scope="module")
def model():
    return from_dict(two())


def expected(model, k: int) -> np.ndarray:
    a = model.types[k].arrivals
    edges = np.minimum(model.grid.edges, model.grid.close)
    return np.diff(np.interp(edges, a.at, a.cumulative))[model.grid.opened]


def test_what_each_scenario_changes(model):
    assert expected(scenario(model, "volume", "+10%").model, 0) == pytest.approx(expected(model, 0) * 1.1)
    double = scenario(model, "volume", "billing:x2").model
    assert expected(double, 0) == pytest.approx(expected(model, 0) * 2)
    assert expected(double, 1) == pytest.approx(expected(model, 1))
    # A group stands for the types that it serves; half of the second half hour is tripled, on both days.
    surge = scenario(model, "surge", "nets:08:45-09:30:x3").model
    assert expected(surge, 1) == pytest.approx([20, 60, 120, 20] * 2)
    assert expected(surge, 0) == pytest.approx(expected(model, 0))
    assert scenario(model, "aht", "billing:-24s").model.types[0].talk_factor == pytest.approx(np.full(10, 0.9))
    assert scenario(model, "containment", "billing:+5%").model.types[0].ivr.contained == pytest.approx(0.15)
    assert scenario(model, "call-backs", "off").model.types[0].call_back is None
    assert scenario(model, "call-backs", "on").model.types[1].call_back == model.types[0].call_back
    group = scenario(model, "agents", "nets:09:00-09:30:-2").model.groups[1]
    moments = np.array([8.9, 9.0, 9.4, 9.5, 33.1, 33.6]) * 3600
    assert group.present[np.searchsorted(group.times, moments, side="right") - 1].tolist() == [6, 4, 4, 6, 4, 6]
    trained = scenario(model, "train", "nets:billing").model
    assert trained.types[0].groups == ((0, 0.0), (1, 0.0))
    assert trained.groups[1].types == (1, 0)
    both = together(model, [("volume", "+10%"), ("aht", "-15s")])
    assert expected(both.model, 0) == pytest.approx(expected(model, 0) * 1.1)
    assert both.model.types[1].talk_factor is not None


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("volume", "10", 'write the change as "+10%"'), ("volume", "biling:+10%", "did you mean 'billing'"), ("volume", "-110%", "takes away more than there is"),
        ("surge", "network:10-11:x3", "from-to and factor"), ("surge", "network:11:00-12:00:x3", "outside the opening hours"),
        ("surge", "network:09:00-08:30:x3", "swap the times"), ("aht", "15s", "with sign and unit"), ("aht", "-5min", "takes more than the mean talk"),
        ("containment", "+5%", "network has no menu"), ("containment", "billing:+85%", "do not hang up"), ("call-backs", "maybe", '"on" or "off"'),
        ("agents", "nets:two", "write group and change"), ("agents", "net:+1", "did you mean 'nets'"), ("train", "nets:network", "takes these calls already"),
        ("wages", "+5%", "unknown kind of scenario"),
    ],
)  # fmt: skip
def test_refusals(model, kind, text, words):
    with pytest.raises(ModelError) as error:
        scenario(model, kind, text)
    assert words in str(error.value)


def test_same_numbers_as_comparing_two(model):
    more = scenario(model, "volume", "+10%")
    found = what_if(model, [scenario(model, "aht", "-15s"), more])
    alone = compare(model, more.model)
    for metric in ("service_level", "abandonment", "cost"):
        one, two = found.comparisons[1].difference(metric), alone.difference(metric)
        assert (one.mean, one.low, one.high) == pytest.approx((two.mean, two.low, two.high), rel=1e-9)
    assert found.comparisons[0].difference("service_level").low > 0 > found.comparisons[1].difference("service_level").high
    nothing = what_if(model, [scenario(model, "agents", "nets:+0")]).comparisons[0].difference("service_level")
    assert (nothing.mean, nothing.low, nothing.high) == pytest.approx((0, 0, 0), abs=1e-8)


def test_one_more_agent_never_hurts_and_costs_its_hour(model):
    worth = marginal(model, ["nets"])
    assert [r.label for r in worth.rows] == [f"{d} {t}" for d in ("mon", "tue") for t in ("08:00", "08:30", "09:00", "09:30")]
    for row in worth.rows:
        assert row.figures["service_level"].mean >= 0
        assert row.figures["abandonment"].mean <= 0
    # An hour costs 60; where the agent ends earlier because of the queue at closing, a little less.
    assert worth.rows[0].figures["cost"].mean == pytest.approx(60, rel=0.02)
    busiest, quietest = worth.rows[2].figures["answered"].mean, worth.rows[0].figures["answered"].mean
    assert busiest > quietest
    with pytest.raises(ModelError, match="no group"):
        marginal(model, ["net"])


MODEL = """
name = "A morning"
[time]
opens = "08:00"
closes = "09:00"
days = ["mon"]
interval = "30 min"
after_close = "serve"
[types.billing]
calls = [20, 30]
talk = { dist = "exponential", mean = "3 min" }
patience = { dist = "exponential", mean = "2 min" }
[groups.agents]
skills = ["billing"]
agents = 3
[targets]
answer_within = "15 s"
[run]
replications = 10
"""


def test_command_line(tmp_path: Path):
    path, page = tmp_path / "m.toml", tmp_path / "out.html"
    path.write_text(MODEL)
    args = [str(path), "--volume", "+10%", "--aht", "-15s", "--together", "--marginal", "agents", "--report", str(page)]
    answer = CliRunner().invoke(command, [*args, "--json"], catch_exceptions=False)
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert [s["scenario"] for s in found["what_if"]["scenarios"]] == ["volume +10%", "aht -15s", "volume +10% + aht -15s"]
    assert found["what_if"]["scenarios"][1]["figures"]["service_level"]["difference"] > 0
    assert len(found["marginal"]["rows"]) == 2
    assert "Plotly.react" in page.read_text()
    shown = CliRunner().invoke(command, args[:-2], catch_exceptions=False)
    assert "volume +10%" in shown.stdout
    assert "for each agent-hour added" in shown.stdout
    for bad, words in ((["--volume", "ten"], "write the change"), ([], "say what changes"), (["--marginal", "x"], "no group")):
        refused = CliRunner().invoke(command, [str(path), *bad])
        assert refused.exit_code == 2
        assert words in refused.stderr


def test_agent_assist_is_taken_from_the_lines_own_log(tmp_path, monkeypatch):
    from hotline.database import migrate
    from hotline.prefilled import prefilled
    from hotline.records import Records

    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    migrate(url)
    records = Records(url)
    heard = lambda name: ("field_heard", {"field": name, "value": "x", "state": "heard"})  # noqa: E731
    answered = ("agent_answered", {"agent": "wang", "waited_s": 1.0})
    records.append("CA1", heard("category"), heard("phone"), heard("amount"), answered, heard("evidence"), ("field_rejected", {"field": "amount", "who": "wang"}))
    records.append("CA2", answered)
    records.append("CA3", heard("category"))  # no agent: saves nobody anything
    assert prefilled(records.after(0)).fields == 1.0  # category and phone of one call, nothing of the other
    records.close()
    path = tmp_path / "m.toml"
    path.write_text(tomli_w.dumps(two()))
    answer = CliRunner().invoke(command, [str(path), "--assist", "12 s", "--json"], catch_exceptions=False)
    assert json.loads(answer.stdout)["what_if"]["scenarios"][0]["scenario"] == "aht -12.0s"
    assert "1.00 fields a call" in answer.stderr
