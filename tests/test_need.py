"""The need per interval of a model: pools, exact and simulated, and ``python -m hotline staff``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.commands.staff import staff as command
from simulation.load import from_dict
from simulation.need import Wish, staff
from simulation.pools import part, pools, why_not_exact
from simulation.problem import ModelError
from simulation.replicate import run
from simulation.simulated_need import with_agents
from tests.sim_models import exponential

CYCLE = """
name = "SIPP1"
[time]
length = "480 min"
interval = "30 min"
after_close = "stop"
[types.calls]
rate = { formula = "1.6*(1+0.5*sin(2*pi*t/480))", t = "min", per = "min" }
talk = { dist = "exponential", mean = "5 min" }
patience = "unlimited"
[groups.agents]
skills = ["calls"]
agents = 20
shrinkage = 0.25
[targets]
answer_within = "20 s"
delay_probability = 0.2
[run]
replications = 30
"""


def two_skills(**more) -> dict:
    """Billing and network callers, a group for each and one for both; network asks nobody else when `apart`."""
    return {
        "name": "skills", "time": {"opens": "08:00", "closes": "09:00", "days": ["mon"], "interval": "30 min", "after_close": "serve"},
        "types": {
            "billing": {"calls": [30, 60], "talk": {"dist": "lognormal", "mean": "4 min", "cv": 0.8}, "patience": exponential("3 min")},
            "network": {"calls": [20, 40], "talk": exponential("5 min"), "patience": exponential("3 min")},
        },
        "groups": {
            "billing": {"skills": ["billing"], "agents": 8, "cost_per_hour": 60}, "network": {"skills": ["network"], "agents": 8, "cost_per_hour": 60},
            "both": {"skills": ["billing", "network"], "agents": 4, "cost_per_hour": 65},
        },
        "routing": {"call_choice": "longest_wait", "agent_choice": "listed"},
        "targets": {"answer_within": "20 s", "service_level": 0.8, "types": {"network": {"abandonment": 0.03}}}, "run": {"replications": 40, "seed": 3}, **more,
    }  # fmt: skip


def test_pools_are_what_shares_agents():
    model = from_dict(two_skills())
    assert [(p.types, p.groups) for p in pools(model)] == [((0, 1), (0, 1, 2))]
    data = two_skills()
    data["groups"]["both"]["skills"] = ["billing"]
    apart = from_dict(data)
    assert [(p.types, p.groups) for p in pools(apart)] == [((0,), (0, 2)), ((1,), (1,))]
    network = part(apart, pools(apart)[1])
    assert [t.name for t in network.types] == ["network"]
    assert network.groups[0].types == (0,)
    assert why_not_exact(network) == ""
    assert "share calls" in why_not_exact(part(apart, pools(apart)[0]))
    # The pool by itself has the calls that it has within the whole.
    whole, alone = run(apart.with_(replications=3)), run(network.with_(replications=3))
    assert alone.value("offered", type="network") == whole.value("offered", type="network")
    assert alone.value("asa", type="network") == whole.value("asa", type="network")


def test_skills_are_staffed_together_and_each_keeps_its_own_promise():
    model = from_dict(two_skills())
    need = staff(model, Wish(replications=40))
    (pool,) = need.pools
    assert (pool.method, pool.why) == ("simulated", "several groups share calls")
    assert not pool.short
    assert pool.promises == {"billing": {"service_level": 0.8}, "network": {"abandonment": 0.03}}
    # On calls that the search has not seen.
    agents = [pool.agents[g.name] + [0] for g in model.groups]
    other = run(with_agents(model, agents).with_(seed=99, replications=80))
    for i in range(2):
        assert other.get("service_level", interval=i, type="billing").high >= 0.8 * 0.97
        assert other.get("abandonment", interval=i, type="network").low <= 0.03 * 1.2
    # Pooling: together they need fewer than each skill by itself.
    data = two_skills()
    del data["groups"]["both"]
    assert need.agent_hours <= staff(from_dict(data), Wish(replications=40)).agent_hours


def test_simulated_need_is_near_the_exact_one():
    data = two_skills()
    del data["types"]["billing"], data["groups"]["billing"], data["groups"]["both"]
    data["targets"] = {"answer_within": "20 s", "delay_probability": 0.25}
    model = from_dict(data)
    exact, simulated = staff(model), staff(model, Wish(simulate=True, replications=100))
    assert (exact.pools[0].method, simulated.pools[0].method) == ("exact", "simulated")
    assert all(abs(a - b) <= 1 for a, b in zip(exact.agents("network"), simulated.agents("network")))
    assert exact.worst <= 1.1


def test_agents_that_cannot_help_are_not_added_without_end():
    data = two_skills(line={"trunks": 6})
    need = staff(from_dict(data), Wish(service_level=0.8, replications=30))
    assert need.pools[0].short
    assert any("agents do not help" in s.why for s in need.pools[0].short)
    assert max(need.agents("billing")) < 40


def test_a_cycle_by_command_line(tmp_path: Path):
    path, page = tmp_path / "cycle.toml", tmp_path / "need.html"
    path.write_text(CYCLE)
    answer = CliRunner().invoke(command, [str(path), "--cyclic", "--json", "--report", str(page)], catch_exceptions=False)
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    (pool,) = found["pools"]
    assert found["agent_hours"] <= 94.5
    assert max(f["value"] for f in pool["figures"]["calls"]["delay_probability"]) <= 0.22
    assert pool["method"] == "exact"
    assert pool["paid"]["agents"][0] == 16  # 12 with a quarter away
    assert "Plotly.react" in page.read_text()
    path.write_text(CYCLE.replace("480 min", "90 min").replace('{ formula = "1.6*(1+0.5*sin(2*pi*t/480))", t = "min", per = "min" }', '["1 / min", "3 / min", "1 / min"]'))
    shown = CliRunner().invoke(command, [str(path), "--most", "12", "--asa", "10 s", "--slack", "0"], catch_exceptions=False)
    assert "达不到目标 target not kept" in shown.stdout
    assert "needs more than the 12 agents allowed" in shown.stdout


@pytest.mark.parametrize(
    ("change", "wish", "words"),
    [
        ({}, Wish(service_level=1.0), "must lie between 0 and 1"),
        ({}, Wish(delay_probability=0.2, cyclic=True), "cannot be"),
        ({"targets": {"answer_within": "20 s"}}, Wish(), "nothing is promised to callers of billing"),
        ({"targets": {"answer_within": "20 s", "types": {"networks": {"asa": "5 s"}}}}, Wish(), "did you mean 'network'"),
    ],
)
def test_refusals(change, wish, words):
    with pytest.raises(ModelError, match=words):
        staff(from_dict(two_skills(**change)), wish)
