"""``[queue]`` and ``[[agents]]``: what does not fit together is named with its remedy."""

from __future__ import annotations

import pytest

from ivr.script import Script
from tests.phone import SCRIPT, sections
from tests.test_script import broken, drop, put


def test_the_projects_agents_cover_every_skill() -> None:
    assert {skill for agent in SCRIPT.agents for skill in agent.skills} == set(SCRIPT.menu.skills)
    assert [agent.number for agent in SCRIPT.agents] == ["8001", "8002", "8003"]


def test_a_line_without_agents_is_whole() -> None:
    script = Script(**{**sections(), "agents": []})
    assert script.agents == () and script.queue.ring_s == 20


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (put("agents", 1, "name", value="wang"), "agents.name: two agents have 'wang'; give each name to one agent"),
        (put("agents", 1, "number", value="8001"), "agents.number: two agents have '8001'"),
        (put("agents", 1, "skills", value=["magic"]), "agents[1].skills: no skill is called 'magic'; add it"),
        (drop("agents", 2), "agents: nobody has the skill 'escalation'; its callers would wait for ever"),
        (put("agents", 0, "number", value="eight"), "agents.0.number"),
        (put("agents", 0, "name", value="a/b"), "agents.0.name"),
        (put("queue", "ring_s", value=0), "queue.ring_s"),
        (put("queue", "rings", value=3), "queue.rings"),
    ],
)
def test_faults(change, told: str) -> None:
    assert told in broken(change)
