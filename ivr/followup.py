"""Earlier complaints: their progress, taking them higher, withdrawing them, accepting the answer. Pure.

A complaint is told about only to who knows its number and calls from, or names, the phone number on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ivr.state import State
from ivr.steps import Closed, Heard, LookedUp, Escalated, Say

if TYPE_CHECKING:
    from ivr.menu import Menu
    from ivr.script import Script

STEPS = ("number", "holder", "higher")

WRONG_AT_MOST = 3
"""Tries that name no complaint of the caller's own, before a human takes over."""

OWED = ("filed", "in_progress", "escalated")
"""States in which an answer is still to come, by a day that is told."""

OPEN = (*OWED, "answered")
"""States in which a complaint can still be taken higher or withdrawn."""


def keys(state: State) -> dict[str, str]:
    """What keys choose once the progress was told."""
    if state.step != "higher":
        return {}
    found = {"1": "higher"}
    if state.status in OPEN:
        found["2"] = "withdraw"
    if state.status == "answered":
        found["3"] = "accept"
    return found


def prompts(script: Script, state: State, repeat: str) -> tuple[Say, ...]:
    """What asks for the number, or for what is to be done with the complaint."""
    if state.step == "number":
        return (Say("number" + repeat),)
    options = tuple(Say("higher_" + name) for name in keys(state).values())
    agent = Say("agent_option", (("key", script.menu.agent_key),))
    return (*options, agent) if repeat else (*options, agent, Say("higher"))


def begin(menu: Menu, state: State) -> State:
    """Follow an earlier complaint up; its number may have been said already."""
    return _look_up(state) if "complaint_number" in state.known else menu.ask(state, "number")


def keyed(menu: Menu, state: State, digits: str, filled: tuple[str, ...]) -> State:
    """Keys at one of these questions."""
    if state.step == "higher":
        return _chosen(menu, state, keys(state).get(digits, ""))
    return _look_up(state) if _answers(state, filled) else menu.missed(state)


def heard(menu: Menu, state: State, event: Heard) -> State:
    """Words at one of these questions."""
    if state.step == "higher":
        return _chosen(menu, state, "higher" if event.intent == "escalate" else "")
    return _look_up(state) if _answers(state, event.filled) else menu.missed(state)


def looked_up(menu: Menu, state: State, event: LookedUp) -> State:
    """What the records say of the number."""
    if event.locked:
        return menu.human(state, Say("no_answer"))
    number = (("number", event.number),)
    if not event.found or (not event.mine and "holder" in state.settled):
        state = replace(state, wrong=state.wrong + 1)
        if state.wrong >= WRONG_AT_MOST:
            return menu.human(state, Say("no_answer"))
        if event.found:
            return menu.ask(state, "holder", Say("holder_wrong"))
        return menu.ask(state, "number", Say("number_unknown", number))
    state = replace(state, number=event.number, status=event.state)
    if not event.mine:
        return menu.ask(state, "holder")
    if state.intent == "escalate" and event.state in OPEN:
        return _raise(state)
    args = (*number, ("state", event.state))
    told = Say("status", (*args, ("due", event.due))) if event.state in OWED else Say("status_closed", args)
    last = (Say("status_changed", (("changed", event.changed),)),) if event.changed else ()
    return menu.ask(state, "higher", told, *last)


def escalated(menu: Menu, state: State, event: Escalated) -> State:
    """The complaint is with the next level, or nobody is left above: the regulator's entrances."""
    number = (("number", event.number),)
    sms = (Say("sms_told"),) if event.sms else ()
    if event.level:
        level = (("level", str(event.level)),)
        state = replace(state, level=event.level, intent="escalate")
        return menu.queue(state, Say("escalated", (*number, *level)), *sms, Say("to_agent"))
    return menu.end(state, Say("regulator"), Say("regulator_needs"), *sms, Say("goodbye"))


def closed(menu: Menu, state: State, event: Closed) -> State:
    """The complaint is closed as its caller wished."""
    sms = (Say("sms_told"),) if event.sms else ()
    return menu.end(state, Say(state.closing, (("number", event.number),)), *sms, Say("goodbye"))


def withdrawing(menu: Menu, state: State, yes: bool) -> State:
    """Whether the complaint is really to be withdrawn."""
    return _close(state, "withdrawn") if yes else menu.ask(state, "higher")


def _answers(state: State, filled: tuple[str, ...]) -> bool:
    return {"number": "complaint_number", "holder": "phone"}[state.step] in filled


def _chosen(menu: Menu, state: State, choice: str) -> State:
    match choice:
        case "higher":
            return _raise(replace(state, intent="escalate"))
        case "withdraw":
            return menu.confirm(state, "withdraw", state.number)
        case "accept":
            return _close(state, "accepted")
    return menu.missed(state)


def _look_up(state: State) -> State:
    settled = tuple(dict.fromkeys((*state.settled, state.step)))
    return replace(state, turn=state.turn + 1, step="lookup", settled=settled, saying=())


def _raise(state: State) -> State:
    return replace(state, turn=state.turn + 1, step="escalating", saying=())


def _close(state: State, how: str) -> State:
    return replace(state, turn=state.turn + 1, step="close", closing=how, saying=())
