"""Who answers and how the queue is run: ``[queue]``, ``[[agents]]``, ``[[breaks]]`` and ``[[outcomes]]`` of ``hotline.toml``, checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from ivr.script import Script


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QueueSection(_Section):
    """``[queue]``: times of ringing, wrap-up and call-backs."""

    ring_s: int = Field(default=20, ge=5, le=120, description="how long a phone is rung")
    wrap_up_s: int = Field(default=30, ge=0, le=3600, description="after a call, before the next one")
    wrap_up_until_saved: bool = Field(default=False, description="a wrap-up ends by saving alone, however long it takes")
    aht_s: int = Field(
        default=300, ge=10, le=7200, description="average handling time that is assumed until enough calls were handled"
    )
    callback_attempts: int = Field(default=3, ge=1, le=10, description="how often a customer is called back at most")
    callback_again_s: int = Field(default=600, ge=10, le=86_400, description="from one attempt to the next")


class AgentSection(_Section):
    """One of ``[[agents]]``: a name (also in addresses of the desk), the number of a phone, skills."""

    name: str = Field(pattern=r"^[\w-]{1,32}$", description="letters, digits, _ and -")
    number: str = Field(pattern=r"^(\+?[0-9]{3,15}|client:[\w.-]{1,100})$", description="what the carrier rings")
    skills: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)


class Named(_Section):
    """One of ``[[breaks]]`` (why an agent is away), and what ``Outcome`` has with it."""

    name: str = Field(pattern=r"^[a-z_]{1,32}$", description="small letters and _; kept in the records")
    zh: str = Field(min_length=1, max_length=40)
    en: str = Field(min_length=1, max_length=40)


class Outcome(Named):
    """One of ``[[outcomes]]``: what a call came to, and what that does with its complaint ('': nothing)."""

    does: Literal["", "take_up", "answer", "escalate", "close"] = ""


def staff_faults(script: Script) -> Iterator[str]:
    """What does not fit between the agents and the menu: place, fault, remedy."""
    skills = script.menu.skills
    for what in ("name", "number"):
        counts = Counter(getattr(agent, what) for agent in script.agents)
        for value in (value for value, count in counts.items() if count > 1):
            yield f"agents.{what}: two agents have {value!r}; give each {what} to one agent"
    for what in ("breaks", "outcomes"):
        counts = Counter(one.name for one in getattr(script, what))
        for name in (name for name, count in counts.items() if count > 1):
            yield f"{what}.name: two are called {name!r}; rename one"
    for place, agent in enumerate(script.agents):
        for skill in agent.skills:
            if skill not in skills:
                yield (
                    f"agents[{place}].skills: no skill is called {skill!r}; "
                    f"add it to menu.skills or use one of {', '.join(skills)}"
                )
    had = {skill for agent in script.agents for skill in agent.skills}
    for skill in skills if script.agents else ():
        if skill not in had:
            yield f"agents: nobody has the skill {skill!r}; its callers would wait for ever: give it to an agent"
