"""What agents do with their callers, and what their desks are shown of the floor. Thread-safe; no numbers leave here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ivr import contact as wishes
from ivr import distribution
from ivr.call import restored
from ivr.contact import NotNow
from ivr.distribution import Entry
from ivr.duty import Callback, Duty
from ivr.floor import Floor
from ivr.legs import whisper_for
from ivr.lineup import BEHIND
from ivr.ports import Records

SIMPLE = {
    "hold": wishes.Hold(),
    "retrieve": wishes.Retrieve(),
    "join": wishes.Join(),
    "hand_over": wishes.HandOver(),
    "hang_up": wishes.HangUp(),
}
"""What an agent can want of the caller without saying more."""


class Work:
    """One floor as its agents use it. ``now`` gives Unix seconds."""

    def __init__(self, floor: Floor, records: Records, *, now: Callable[[], float]) -> None:
        self._floor = floor
        self._records = records
        self._now = now

    # -- what an agent does ----------------------------------------------------------

    def do(self, agent: str, what: str, *, to: str = "", note: str = "") -> None:
        """``hold``, ``retrieve``, ``join``, ``hand_over``, ``hang_up``; ``consult`` and ``transfer`` say whom to.

        A colleague is asked by name, or by a skill, then whoever has been available longest; a caller is passed on to a
        skill with a ``note``. Raises ``KeyError`` for an unknown agent, wish or skill and ``ivr.contact.NotNow`` for what
        cannot be done as things stand.
        """
        floor = self._floor
        with floor.changed:
            duty = floor.crew[agent]
            contact = floor.contacts.of_agent(agent)
            if what not in (*SIMPLE, "consult", "transfer"):
                raise KeyError(what)
            if what == "transfer" and to not in floor.script.menu.skills:
                raise KeyError(to)
            if contact is None or contact.agent != duty.name:
                raise NotNow("no_call")
            if what == "consult":
                event: wishes.Event = wishes.Consult(self._colleague(agent, to))
            elif what == "transfer":
                event = wishes.Transfer(to, note)
            else:
                event = SIMPLE[what]
            floor.contacts.act(contact.call, event)

    def wrapped(self, agent: str, call: str) -> None:
        """The wrap-up of this call is saved: it ends, when it is not over already."""
        floor = self._floor
        with floor.changed:
            duty = floor.crew[agent]
            if duty.state == "wrap_up" and duty.call == call:
                floor.crew.wrapped(duty)
                floor.crew.free(duty)
                floor.ringing.pump()

    def call_back(self, agent: str, call: str) -> None:
        """Promise to call this call's customer; as soon as an agent is free it is done.

        Raises ``KeyError`` for an unknown call, ``NotNow`` while it lasts (``in_call``), when a call-back is promised
        already (``promised``) and when no number is known (``no_number``).
        """
        floor, script = self._floor, self._floor.script
        found = restored(call, self._records.events(call))
        if found is None:
            raise KeyError(call)
        if not found.ended:
            raise NotNow("in_call")
        number = found.own or str(found.form.get("phone") or "")
        if not number:
            raise NotNow("no_number")
        category = script.menu.categories.get(found.form.get("category") or "")
        skill = found.state.skill or script.skill(found.state.option, found.form.get("category"))
        filed = [event.data["number"] for event in self._records.events(call) if event.kind == "complaint_filed"]
        with floor.changed:
            if any(one.call == call for one in floor.callbacks.promised()):
                raise NotNow("promised")
            now = self._now()
            promised = {"number": number, "skill": skill, "since": now, "not_before": "", "agent": agent}
            self._records.append(call, ("callback_promised", promised))
            complaint = filed[-1] if filed else found.state.number
            priority = category.priority if category else 0
            floor.callbacks.add(Callback(0, call, number, skill, priority, now, found.state.lang, complaint), anew=True)
            floor.ringing.pump()

    def _colleague(self, agent: str, to: str) -> str:
        """The agent to be asked: the one named, or the one with this skill who has been available longest."""
        crew = self._floor.crew
        free = [one for one in crew.agents() if one.state == "available" and one.name != agent]
        if to in self._floor.script.menu.skills:
            free = sorted((one for one in free if to in one.skills), key=lambda one: (one.since, one.name))
        else:
            crew[to]  # KeyError: nobody is called so
            free = [one for one in free if one.name == to]
        if not free:
            raise NotNow("nobody")
        return free[0].name

    # -- what a desk is shown -----------------------------------------------------------

    def of(self, agent: str) -> dict[str, Any] | None:
        """This agent's state, who is ringing, and the call in hand; None for somebody who is no agent."""
        floor = self._floor
        with floor.changed:
            try:
                duty = floor.crew[agent]
            except KeyError:
                return None
            contact = floor.contacts.of_agent(agent)
            return {
                "name": duty.name,
                "state": duty.state,
                "since": duty.since,
                "wish": duty.wish,
                "reason": duty.reason,
                "call": duty.call,
                "until": floor.crew.late_at(duty) if duty.state == "wrap_up" else None,
                "wrapping": bool(duty.over_at),
                "ring": self._ring(duty) if duty.state == "ringing" else None,
                "contact": None
                if contact is None
                else {
                    "call": contact.call,
                    "mine": contact.agent == agent,
                    "agent": contact.agent,
                    "place": contact.place,
                    "since": contact.since,
                    "partner": contact.partner,
                    "inside": contact.inside,
                    "talk_s": contact.talk_s,
                    "hold_s": contact.hold_s,
                },
            }

    def queues(self) -> list[dict[str, Any]]:
        """Each skill: who waits, since when the first, what a new caller would wait (None: nobody is on duty), call-backs."""
        floor = self._floor
        with floor.changed:
            now, agents = self._now(), floor.crew.agents()
            waiting = floor.lineup.waiting()
            promised = floor.callbacks.promised()
            unserved = [*floor.lineup.unserved(floor.crew.rung()), *floor.callbacks.entries()]
            found = []
            for skill in floor.script.menu.skills:
                mine = [one for one in waiting if one.entry.skill == skill]
                newest = Entry("", skill, 0, now, order=BEHIND)
                estimate = distribution.estimate(newest, unserved, agents, floor.crew.aht_s())
                found.append(
                    {
                        "skill": skill,
                        "waiting": len(mine),
                        "since": min((one.since for one in mine), default=None),
                        "estimate_s": None if estimate is None else round(estimate),
                        "callbacks": sum(one.skill == skill for one in promised),
                        "available": sum(one.state == "available" and skill in one.skills for one in agents),
                    }
                )
            return found

    def callbacks(self) -> list[dict[str, Any]]:
        """The promised call-backs, the oldest place first."""
        with self._floor.changed:
            return [
                {
                    "call": one.call, "skill": one.skill, "since": one.since, "state": one.state,
                    "attempts": one.attempts, "not_before": one.not_before,
                }
                for one in self._floor.callbacks.promised()
            ]  # fmt: skip

    def _ring(self, duty: Duty) -> dict[str, Any]:
        """Who is ringing: a caller, a colleague who asks for help, or a customer who is called back for this agent."""
        floor = self._floor
        if not duty.call:
            callback = floor.callbacks.of_token(duty.offer)
            call = callback.call if callback else ""
            return {"kind": "callback", "call": call, "since": callback.since if callback else duty.since, "asks": "",
                    "skill": callback.skill if callback else "", "category": None, "number": ""}  # fmt: skip
        whisper = whisper_for(self._records, duty.call, duty.queue)
        waiting = floor.lineup.get(duty.call)
        return {
            "kind": "help" if duty.helps else "caller",
            "call": duty.call,
            "since": waiting.since if waiting and not duty.helps else duty.since,
            "asks": duty.helps,
            "skill": duty.queue.partition(".")[0],
            "category": whisper.category,
            "number": whisper.number,
        }
