"""The menu machine: (state, event) → (state, what to say and do). Pure: no clock, no telephone.

A state says by itself what is to be said and done in it (``Menu.steps``), so a
repeated request gets the same answer and a call that lost its process goes on
from its last stored state. ``turn`` grows with every new thing the caller hears.
"""

from __future__ import annotations

from dataclasses import replace

from ivr import followup, waiting
from ivr.keypad import Keypad
from ivr.script import Option, Script
from ivr.state import State
from ivr.steps import (
    Close,
    Closed,
    Enqueue,
    Event,
    Failed,
    Facts,
    File,
    Filed,
    Hangup,
    Heard,
    HungUp,
    Key,
    Listen,
    LookedUp,
    LookUp,
    Promise,
    Promised,
    Quiet,
    Escalate,
    Escalated,
    Redirect,
    Say,
    Silence,
    Started,
    Step,
)
from ivr.terms import INTAKE, LANGS, NO, READ_BACK, YES

WAIT_S = 2
"""Seconds of one silent wait while the caller is still talking."""


MOST_REFUSED = 2
"""A value that was wrong twice when it was read back is left to a human."""

UNANSWERED = {"own": 1, **dict.fromkeys(READ_BACK, 2)}
"""Silences after which a value that was read back is let be: who says nothing has not said that it is wrong."""

MOST_CLOSE = 3
"""Most categories read out for a short choice; of more the caller forgets the first (FACTS.md)."""


class Menu:
    """The machine for one script. ``hears``: languages that the recogniser understands."""

    def __init__(self, script: Script, hears: tuple[str, ...] = LANGS) -> None:
        self.script = script
        self.keypad = Keypad(script, hears)

    # -- what a state says -----------------------------------------------------

    def steps(self, state: State) -> tuple[Step, ...]:
        """What to say and do in this state; the same however often it is asked."""
        if state.step == "file":
            return (File(),)
        if state.step == "lookup":
            return (LookUp(state.number),)
        if state.step == "escalating":
            return (Escalate(state.number),)
        if state.step == "close":
            return (Close(state.number, state.closing),)
        if state.step == "promise":
            return (Promise(state.offered),)
        if state.step == "queue":
            return (*state.saying, Enqueue(state.skill, state.turn, state.priority))
        if state.step in ("end", "gone"):
            return (*state.saying, Hangup())
        question = self.script.questions[state.step]
        whole = tuple(say for say in state.saying if say.whole)
        says = tuple(say for say in state.saying if not say.whole)
        if state.waits:
            whole, says = (), ()
        silence_s = WAIT_S if state.waits else question.silence_s
        listen = Listen(state.step, state.turn, says, silence_s, question.digits)
        return (*whole, listen, Redirect(state.step, state.turn))

    # -- what an event changes ---------------------------------------------------

    def move(self, state: State, event: Event) -> tuple[State, tuple[Step, ...]]:
        """The state after an event and what to say and do in it."""
        new = self._move(state, event)
        return new, self.steps(new)

    def _move(self, state: State, event: Event) -> State:
        match event:
            case Started():
                lang = self.script.languages.default
                begun = replace(State(), lang=lang, own=event.own, opens=event.opens)
                notices = tuple(Say("notice", lang=one, whole=True) for one in LANGS)
                return self.ask(begun, "language", *notices)
            case HungUp():
                return replace(state, turn=state.turn + 1, step="gone", saying=())
            case Failed():
                return state if state.step == "gone" else self.queue(state, Say("sorry"))
            case Filed():
                return self._filed(state, event) if state.step == "file" else state
            case LookedUp():
                return followup.looked_up(self, state, event) if state.step == "lookup" else state
            case Escalated():
                return followup.escalated(self, state, event) if state.step == "escalating" else state
            case Closed():
                return followup.closed(self, state, event) if state.step == "close" else state
            case Promised():
                return waiting.promised(self, state) if state.step == "promise" else state
            case Key():
                return self._key(self._aware(state, event.facts), event)
            case Heard():
                return self._heard(self._aware(state, event.facts), event)
            case Silence():
                return self._silence(state, event)
            case Quiet():
                return replace(state, waits=0)
        raise TypeError(f"no such event: {event!r}")

    def _key(self, state: State, event: Key) -> State:
        menu, digits = self.script.menu, event.digits
        if state.step == "queue":
            return waiting.keyed(self, state, digits)
        if state.step not in self.script.questions:
            return state
        if digits == menu.agent_key:
            return self.human(state)
        if digits == menu.repeat_key:
            return replace(self.ask(state, state.step), silent=state.silent, missed=state.missed)
        if digits == menu.back_key:
            return self._back(state)
        if state.step == "language":
            for lang in LANGS:
                if digits == self.script.languages.of(lang).key:
                    return self.ask(replace(state, lang=lang), "problem")
            return self.missed(state)
        if state.step == "confirm":
            return self._answered(state, digits) if digits in (YES, NO) else self.missed(state)
        if state.step in followup.STEPS:
            return followup.keyed(self, state, digits, event.filled)
        if state.step == "callback":
            return self.confirm(state, "callback", event.given) if event.given else self.missed(state)
        if state.step == "voicemail":
            return waiting.spoken_message(self, state) if digits == "" else self.missed(state)
        chosen = self.keypad.choices(state).get(digits)
        if isinstance(chosen, Option):
            return self._pick(state, chosen)
        if chosen is not None or (state.step in INTAKE and INTAKE[state.step] in event.filled):
            return self.onward(self._settle(state))
        return self.missed(state)

    def _heard(self, state: State, event: Heard) -> State:
        menu = self.script.menu
        told = state.told or (event.told and state.step in ("language", "problem"))
        state = replace(state, told=told)
        if event.told and state.step in ("language", "problem"):
            state = replace(state, close=event.close[:MOST_CLOSE])
        if event.intent == "agent" and event.current and state.step in self.script.questions:
            return self.human(state)
        if not event.current or (state.step not in self.script.questions and state.step != "queue"):
            return state
        everywhere = (menu.agent_key, menu.repeat_key, menu.back_key)
        if event.key and (state.step not in ("language", "problem") or event.key in everywhere):
            return self._key(state, Key(event.key, event.filled, event.facts, event.given))
        if state.step == "queue":
            return state
        if state.step == "language":
            if event.language:
                return self.ask(replace(state, lang=event.language), "problem")
            if not (event.told or event.intent or event.option):
                return state  # a cough or a hello: the time-out decides
            return self._problem(replace(state, trail=("language",), step="problem"), event)
        if state.step == "problem":
            return self._problem(state, event)
        if state.step == "confirm":
            # A new value instead of yes or no is read back in its turn.
            if self._corrected(state, event):
                return self.onward(state)
            # Whoever goes on telling instead has not said that it is wrong.
            return self._unanswered(state) if event.filled and state.about in UNANSWERED else self.missed(state)
        if state.step in followup.STEPS:
            return followup.heard(self, state, event)
        if state.step == "callback":
            return self.confirm(state, "callback", event.given) if event.given else self.missed(state)
        if state.step == "voicemail":
            return waiting.spoken_message(self, state)
        if state.step == "category":
            option = self.script.menu.option(event.option or "")
            if state.category is None and option is not None and not state.option and option.categories:
                return self._pick(state, option)
            return self.onward(self._settle(state)) if state.category else self.missed(state)
        if INTAKE[state.step] in state.known or self.script.questions[state.step].digits is None:
            return self.onward(self._settle(state))  # what was said stands in the transcript
        return self.missed(state)

    def _problem(self, state: State, event: Heard) -> State:
        if event.intent in ("status", "escalate"):
            return followup.begin(self, replace(state, intent=event.intent))
        option = self.script.menu.option(event.option or "")
        if option is not None and not state.option:
            return self._pick(state, option)
        return self.onward(self._settle(state)) if state.told else self.missed(state)

    def _silence(self, state: State, event: Silence) -> State:
        if state.step not in self.script.questions:
            return state
        if event.speaking and state.waits * WAIT_S < self.script.menu.longest_answer_s:
            return replace(state, waits=state.waits + 1)
        if state.step == "problem" and state.told:
            return self.onward(self._settle(state))
        if state.step == "confirm" and state.about in UNANSWERED and state.silent + 1 >= UNANSWERED[state.about]:
            return self._unanswered(state)
        if state.silent + 1 >= self.script.questions[state.step].tries:
            return self._give_up(state)
        return self._again(state, "_silent", silent=state.silent + 1, missed=state.missed)

    # -- parts -------------------------------------------------------------------

    @staticmethod
    def _aware(state: State, facts: Facts) -> State:
        return replace(
            state,
            known=tuple(facts.known),
            category=facts.category,
            unsure=facts.unsure,
            number=facts.number if facts.number and not state.filed else state.number,
        )

    def ask(self, state: State, step: str, *lead: Say) -> State:
        """Ask this question, after ``lead``."""
        trail = state.trail
        if state.step in self.script.questions and state.step not in (step, "confirm"):
            trail = (*trail, state.step)
        turn = state.turn + 1
        fresh = replace(state, turn=turn, since=turn, step=step, trail=trail, silent=0, missed=0, waits=0)
        return replace(fresh, saying=(*lead, *self.keypad.prompts(fresh)))

    def confirm(self, state: State, about: str, offered: str = "", *lead: Say) -> State:
        """Ask for yes or no about this; yes counts for this value only."""
        return self.ask(replace(state, about=about, offered=offered), "confirm", *lead)

    def _answered(self, state: State, key: str) -> State:
        about, yes = state.about, key == YES
        if about in ("callback", "callback_offer"):
            return waiting.answered(self, state, yes)
        if about == "withdraw":
            return followup.withdrawing(self, state, yes)
        state = replace(state, checked=tuple(dict.fromkeys((*state.checked, about))))
        if yes:
            field = "phone" if about == "own" else about
            unsure = tuple(one for one in state.unsure if one[0] != field)
            return self.onward(replace(state, unsure=unsure, refused=0))
        if about == "own":
            return self.ask(state, "phone")
        if about == "id_consent":
            return self.onward(replace(state, settled=(*state.settled, "id_number")))
        if state.refused + 1 > MOST_REFUSED or about not in self.script.questions:
            return self.human(state, Say("no_answer"))
        state = replace(
            state,
            refused=state.refused + 1,
            known=tuple(name for name in state.known if name != about),
            unsure=tuple(one for one in state.unsure if one[0] != about),
            settled=tuple(name for name in state.settled if name != about),
        )
        return replace(self._again(self.ask(state, about), "_missed", silent=0, missed=0), since=state.turn + 1)

    def _unanswered(self, state: State) -> State:
        """Nothing was said to a value read back: it stays as heard, and the agent sees that."""
        if state.about == "own":
            return self.ask(replace(state, checked=(*state.checked, "own")), "phone")
        return self.onward(replace(state, checked=(*state.checked, f"{state.about}:{state.offered}")))

    @staticmethod
    def _corrected(state: State, event: Heard) -> bool:
        about = "phone" if state.about == "own" else state.about
        return about in READ_BACK and about in event.filled

    def _again(self, state: State, repeat: str, *, silent: int, missed: int) -> State:
        fresh = replace(state, turn=state.turn + 1, silent=silent, missed=missed, waits=0)
        return replace(fresh, saying=self.keypad.prompts(fresh, repeat))

    @staticmethod
    def _settle(state: State) -> State:
        return replace(state, settled=tuple(dict.fromkeys((*state.settled, state.step))))

    def missed(self, state: State) -> State:
        """The answer did not help: ask again, or let a human ask."""
        if state.missed + 1 >= self.script.questions[state.step].tries:
            return self._give_up(state)
        return self._again(state, "_missed", silent=state.silent, missed=state.missed + 1)

    def _give_up(self, state: State) -> State:
        if state.step == "language":
            return self.ask(state, "problem")
        if state.step == "category" and state.close:
            return self.ask(replace(state, close=()), "category")  # none of those: the whole list
        if state.step == "higher" and state.silent:
            return self.end(state, Say("goodbye"))  # the status was told, and nothing more is wanted
        if state.step in INTAKE and self.script.questions[state.step].digits is None:
            return self.onward(self._settle(state))  # not needed to take the complaint on
        return self.human(state, Say("no_answer"))

    def _back(self, state: State) -> State:
        if state.step == "problem" and state.option:
            return self.ask(replace(state, option=""), "problem")
        if not state.trail:
            return self.ask(state, state.step)
        step = state.trail[-1]
        settled = tuple(name for name in state.settled if name not in (step, state.step))
        before = replace(state, settled=settled, option="" if step == "problem" else state.option)
        return replace(self.ask(before, step), trail=state.trail[:-1])

    def _pick(self, state: State, option: Option) -> State:
        state = replace(state, option=option.name, close=())
        if option.intent != "complain":
            return followup.begin(self, replace(state, intent=option.intent))
        if state.step == "category":
            if len(option.categories) > 1 and state.category is None:
                return self.ask(state, "category")
            return self.onward(self._settle(state))
        state = replace(state, intent="complain")
        if self.keypad.deaf(state):
            return self.onward(self._settle(state))
        return self.ask(state, "problem")

    def onward(self, state: State) -> State:
        """The next thing that lacks, or filing."""
        if state.category is None and "category" not in state.settled:
            return self.ask(state, "category")
        # The number that they call from was heard: nothing is surer.
        checked = (state.own, *state.checked)
        unsure = [one for one in state.unsure if one[1] not in checked and ":".join(one) not in checked]
        for field, value in unsure:
            if field != "amount":
                return self.confirm(state, field, value)
        for step in self.script.asks(state.category):
            skipped = self.keypad.deaf(state) and not self.script.questions[step].keyed
            if step in state.settled or INTAKE[step] in state.known or skipped:
                continue
            if step == "phone" and state.own and "own" not in state.checked:
                return self.confirm(state, "own", state.own)
            if step == "id_number" and "id_consent" not in state.checked:
                return self.confirm(state, "id_consent")
            return self.ask(state, step)
        for field, value in unsure:  # said in the story, which is not to be interrupted for it
            return self.confirm(state, field, value)
        # A story that could not be understood in this language is told to a human, after filing.
        return self.file(state, "queue" if self.keypad.deaf(state) else "")

    def file(self, state: State, then: str) -> State:
        """File the complaint, then ``queue``, ``end`` or (empty) tell what happens next."""
        return replace(state, turn=state.turn + 1, step="file", then=then, saying=())

    def _filed(self, state: State, event: Filed) -> State:
        number = (("number", event.number),)
        says = [Say("filed", number), Say("filed_again", number)]
        if event.sms:
            says.append(Say("sms_said"))
        state = replace(state, filed=True, number=event.number)
        if state.then == "queue":
            return self.queue(state, *says, Say("to_agent"))
        if state.then == "end":
            return self.end(state, *says, Say("goodbye"))
        days = (("days", str(self.script.menu.answer_days)),)
        return self.end(state, *says, Say("answer_in", days), Say("goodbye"))

    def human(self, state: State, *lead: Say) -> State:
        """To a human; what has been told is filed before."""
        begun = state.told or state.category is not None or "phone" in state.known
        if state.intent == "complain" and begun and not state.filed:
            return self.file(state, "queue")
        if state.intent == "complain" and not state.filed:
            state = replace(state, intent="agent")
        return self.queue(state, *(lead or (Say("to_agent"),)))

    def skill(self, state: State) -> str:
        """Who can help this caller."""
        if state.intent in ("status", "escalate"):
            return self.script.ladder_skill(state.level)
        return self.script.skill(state.option, state.category)

    def queue(self, state: State, *says: Say) -> State:
        """To a human; while the line is closed, the offer of a call-back at its opening."""
        if state.opens:
            return waiting.closed(self, state, *(say for say in says if say.prompt not in ("to_agent", "no_answer")))
        named = self.script.menu.categories.get(state.category or "")
        priority = named.priority if named else 0
        return replace(
            state, turn=state.turn + 1, step="queue", skill=self.skill(state), priority=priority, saying=says, waits=0
        )

    def end(self, state: State, *says: Say) -> State:
        """Say this and hang up."""
        return replace(state, turn=state.turn + 1, step="end", saying=says, waits=0)
