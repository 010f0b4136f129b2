"""While the caller waits, or finds the line closed: call-back, voicemail, back to the menu. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ivr.state import State
from ivr.steps import Say

if TYPE_CHECKING:
    from ivr.menu import Menu
    from ivr.script import MenuSection


def keys(state: State, menu: MenuSection, *, deaf: bool) -> dict[str, str]:
    """What keys choose in the queue; a message is kept as it was heard, so whoever is not understood leaves none."""
    if state.step != "queue":
        return {}
    return {"1": "callback", **({} if deaf else {"2": "voicemail"}), menu.back_key: "back"}


def offers(state: State, menu: MenuSection, *, deaf: bool) -> tuple[Say, ...]:
    """What tells a waiting caller of the ways out of the queue."""
    return tuple(Say("queue_" + name) for name in keys(state, menu, deaf=deaf).values())


def keyed(menu: Menu, state: State, digits: str) -> State:
    """A key, or the words for it, in the queue; any other key changes nothing."""
    match keys(state, menu.script.menu, deaf=menu.keypad.deaf(state)).get(digits):
        case "callback":
            return _call_back(menu, state)
        case "voicemail":
            return menu.ask(state, "voicemail")
        case "back":
            return menu.ask(replace(state, option="", intent="complain"), "problem")
    return state


def closed(menu: Menu, state: State, *says: Say) -> State:
    """Outside the hours: a call-back at the opening is offered instead of a human."""
    if "callback_offer" in state.checked:  # offered before, and no yes came of it
        return menu.end(state, *says, Say("goodbye"))
    state = replace(state, checked=(*state.checked, "callback_offer"))
    return menu.confirm(state, "callback_offer", "", *says, Say("closed", (("opens", state.opens),)))


def answered(menu: Menu, state: State, yes: bool) -> State:
    """Yes or no to a call-back, or to the number it goes to."""
    if state.about == "callback_offer":
        return _call_back(menu, state) if yes else menu.end(state, Say("goodbye"))
    if yes:
        return replace(state, turn=state.turn + 1, step="promise", saying=())
    return menu.ask(state, "callback")


def promised(menu: Menu, state: State) -> State:
    """The call-back is noted."""
    return menu.end(state, Say("callback_noted", (("number", state.offered),)), Say("goodbye"))


def spoken_message(menu: Menu, state: State) -> State:
    """A message was left; with a complaint not yet filed it is filed."""
    if state.intent == "complain" and not state.filed:
        return menu.file(replace(state, told=True), "end")
    return menu.end(state, Say("voicemail_kept"), Say("goodbye"))


def _call_back(menu: Menu, state: State) -> State:
    return menu.confirm(state, "callback", state.own) if state.own else menu.ask(state, "callback")
