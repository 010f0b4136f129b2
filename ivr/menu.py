"""The menu machine: (state, event) → (state, what to say and do). Pure: no clock, no telephone.

A state says by itself what is to be said and done in it (``Menu.steps``), so a
repeated request gets the same answer and a call that lost its process goes on
from its last stored state. ``turn`` grows with every new thing the caller hears.
"""

from __future__ import annotations

from dataclasses import replace

from ivr.script import Choice, Label, Option, Script
from ivr.state import State
from ivr.steps import (
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
    Quiet,
    Redirect,
    Say,
    Silence,
    Started,
    Step,
)
from ivr.terms import INTAKE, LANGS

WAIT_S = 2
"""Seconds of one silent wait while the caller is still talking."""


MOST_CLOSE = 3
"""Most categories read out for a short choice; of more the caller forgets the first (FACTS.md)."""


Chosen = Choice | Option | str
"""What a key stands for: an answer, a menu option, or a category's name."""


class Menu:
    """The machine for one script. ``hears``: languages that the recogniser understands."""

    def __init__(self, script: Script, hears: tuple[str, ...] = LANGS) -> None:
        self.script = script
        self._hears = hears

    # -- what a state says -----------------------------------------------------

    def steps(self, state: State) -> tuple[Step, ...]:
        """What to say and do in this state; the same however often it is asked."""
        if state.step == "file":
            return (File(),)
        if state.step == "lookup":
            return (LookUp(state.number),)
        if state.step == "queue":
            return (*state.saying, Enqueue(state.skill, state.turn))
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

    def choices(self, state: State) -> dict[str, Chosen]:
        """What each key of the present question stands for (digit strings and 0, 9, # apart)."""
        menu = self.script.menu
        if state.step == "problem" and not state.option:
            return {option.key: option for option in menu.options}
        if state.step == "category":
            picked = menu.option(state.option)
            if state.close:
                return {str(place): name for place, name in enumerate(state.close, start=1)}
            if picked is not None:
                return {str(place): name for place, name in enumerate(picked.categories, start=1)}
            return {option.key: option for option in menu.options if option.categories}
        if state.step in INTAKE:
            return {choice.key: choice for choice in self.script.questions[state.step].choices}
        return {}

    def meaning(self, state: State, digits: str) -> tuple[str, str] | None:
        """The form field and value that a key fills in this state, None when it fills nothing."""
        chosen = self.choices(state).get(digits)
        if isinstance(chosen, Choice):
            return (INTAKE[state.step], chosen.value) if chosen.value else None
        if isinstance(chosen, Option):
            return ("category", chosen.categories[0]) if len(chosen.categories) == 1 else None
        return ("category", chosen) if chosen else None

    def choice(self, state: State, digits: str) -> str | None:
        """What a key chooses, as it is logged; None for keys that give a number."""
        menu = self.script.menu
        everywhere = {menu.agent_key: "agent", menu.repeat_key: "repeat", menu.back_key: "back"}
        if state.step == "language":
            everywhere |= {self.script.languages.of(lang).key: lang for lang in LANGS}
        if state.step == "higher":
            everywhere["1"] = "escalate"
        if digits in everywhere:
            return everywhere[digits]
        chosen = self.choices(state).get(digits)
        if isinstance(chosen, Choice):
            return chosen.value or "none"
        return chosen.name if isinstance(chosen, Option) else chosen

    # -- what an event changes ---------------------------------------------------

    def move(self, state: State, event: Event) -> tuple[State, tuple[Step, ...]]:
        """The state after an event and what to say and do in it."""
        new = self._move(state, event)
        return new, self.steps(new)

    def _move(self, state: State, event: Event) -> State:
        match event:
            case Started():
                lang = self.script.languages.default
                notices = tuple(Say("notice", lang=one, whole=True) for one in LANGS)
                return self._ask(replace(State(), lang=lang), "language", *notices)
            case HungUp():
                return replace(state, turn=state.turn + 1, step="gone", saying=())
            case Failed():
                return state if state.step == "gone" else self._queue(state, Say("sorry"))
            case Filed():
                return self._filed(state, event) if state.step == "file" else state
            case LookedUp():
                return self._looked_up(state, event) if state.step == "lookup" else state
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
        if state.step not in self.script.questions:
            return state
        if digits == menu.agent_key:
            return self._human(state)
        if digits == menu.repeat_key:
            return replace(self._ask(state, state.step), silent=state.silent, missed=state.missed)
        if digits == menu.back_key:
            return self._back(state)
        if state.step == "language":
            for lang in LANGS:
                if digits == self.script.languages.of(lang).key:
                    return self._ask(replace(state, lang=lang), "problem")
            return self._missed(state)
        if state.step == "number":
            return self._numbered(state, event.filled)
        if state.step == "higher":
            return self._raise(state) if digits == "1" else self._missed(state)
        chosen = self.choices(state).get(digits)
        if isinstance(chosen, Option):
            return self._pick(state, chosen)
        if chosen is not None or (state.step in INTAKE and INTAKE[state.step] in event.filled):
            return self._onward(self._settle(state))
        return self._missed(state)

    def _heard(self, state: State, event: Heard) -> State:
        told = state.told or (event.told and state.step in ("language", "problem"))
        state = replace(state, told=told)
        if event.told and state.step in ("language", "problem"):
            state = replace(state, close=event.close[:MOST_CLOSE])
        if event.intent == "agent" and event.current and state.step not in ("queue", "gone", "file", "lookup"):
            return self._human(state)
        if not event.current or state.step not in self.script.questions:
            return state
        if state.step == "language":
            if event.language:
                return self._ask(replace(state, lang=event.language), "problem")
            if not (event.told or event.intent or event.option):
                return state  # a cough or a hello: the time-out decides
            return self._problem(replace(state, trail=("language",), step="problem"), event)
        if state.step == "problem":
            return self._problem(state, event)
        if state.step == "number":
            return self._numbered(state, event.filled)
        if state.step == "higher":
            return self._raise(state) if event.intent == "escalate" else self._goodbye(state)
        if state.step == "category":
            option = self.script.menu.option(event.option or "")
            if state.category is None and option is not None and not state.option and option.categories:
                return self._pick(state, option)
            return self._onward(self._settle(state)) if state.category else self._missed(state)
        if INTAKE[state.step] in state.known or self.script.questions[state.step].digits is None:
            return self._onward(self._settle(state))  # what was said stands in the transcript
        return self._missed(state)

    def _problem(self, state: State, event: Heard) -> State:
        if event.intent in ("status", "escalate"):
            return self._follow_up(replace(state, intent=event.intent))
        option = self.script.menu.option(event.option or "")
        if option is not None and not state.option:
            return self._pick(state, option)
        return self._onward(self._settle(state)) if state.told else self._missed(state)

    def _silence(self, state: State, event: Silence) -> State:
        if state.step not in self.script.questions:
            return state
        if event.speaking and state.waits * WAIT_S < self.script.menu.longest_answer_s:
            return replace(state, waits=state.waits + 1)
        if state.step == "problem" and state.told:
            return self._onward(self._settle(state))
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
            number=facts.number if facts.number and not state.filed else state.number,
        )

    def _ask(self, state: State, step: str, *lead: Say) -> State:
        trail = state.trail
        if state.step in self.script.questions and state.step != step:
            trail = (*trail, state.step)
        turn = state.turn + 1
        fresh = replace(state, turn=turn, since=turn, step=step, trail=trail, silent=0, missed=0, waits=0)
        return replace(fresh, saying=(*lead, *self._prompts(fresh)))

    def _again(self, state: State, repeat: str, *, silent: int, missed: int) -> State:
        fresh = replace(state, turn=state.turn + 1, silent=silent, missed=missed, waits=0)
        return replace(fresh, saying=self._prompts(fresh, repeat))

    def _prompts(self, state: State, repeat: str = "") -> tuple[Say, ...]:
        if state.step == "language":
            return tuple(Say("language", lang=lang) for lang in LANGS)
        if state.step == "problem" and state.option:
            return (Say("story" + repeat),)
        says = [Say(state.step + repeat)]
        menu = self.script.menu
        keys = self.choices(state)
        # Intake questions are open first; their keys are the help for who says nothing or is not understood.
        if keys and (state.step not in INTAKE or repeat or self._deaf(state)):
            if state.step in ("problem", *INTAKE):
                says.append(Say("menu_keys"))
            for key, chosen in keys.items():
                says.append(Say("option", (("label", self._label(chosen).of(state.lang)), ("key", key))))
            if state.step in ("problem", "category"):
                says.append(Say("agent_option", (("key", menu.agent_key),)))
        return tuple(says)

    def _label(self, chosen: Chosen) -> Label:
        return self.script.menu.categories[chosen] if isinstance(chosen, str) else chosen.label

    def _deaf(self, state: State) -> bool:
        return state.lang not in self._hears

    @staticmethod
    def _settle(state: State) -> State:
        return replace(state, settled=tuple(dict.fromkeys((*state.settled, state.step))))

    def _missed(self, state: State) -> State:
        if state.missed + 1 >= self.script.questions[state.step].tries:
            return self._give_up(state)
        return self._again(state, "_missed", silent=state.silent, missed=state.missed + 1)

    def _give_up(self, state: State) -> State:
        if state.step == "language":
            return self._ask(state, "problem")
        if state.step == "category" and state.close:
            return self._ask(replace(state, close=()), "category")  # none of those: the whole list
        if state.step in ("problem", "number"):
            return self._human(state, Say("no_answer"))
        if state.step == "higher":
            return self._goodbye(state)
        return self._onward(self._settle(state))

    def _back(self, state: State) -> State:
        if state.step == "problem" and state.option:
            return self._ask(replace(state, option=""), "problem")
        if not state.trail:
            return self._ask(state, state.step)
        step = state.trail[-1]
        settled = tuple(name for name in state.settled if name not in (step, state.step))
        before = replace(state, settled=settled, option="" if step == "problem" else state.option)
        return replace(self._ask(before, step), trail=state.trail[:-1])

    def _pick(self, state: State, option: Option) -> State:
        state = replace(state, option=option.name, close=())
        if option.intent != "complain":
            return self._follow_up(replace(state, intent=option.intent))
        if state.step == "category":
            if len(option.categories) > 1 and state.category is None:
                return self._ask(state, "category")
            return self._onward(self._settle(state))
        state = replace(state, intent="complain")
        if self._deaf(state):
            return self._onward(self._settle(state))
        return self._ask(state, "problem")

    def _onward(self, state: State) -> State:
        if state.category is None and "category" not in state.settled:
            return self._ask(state, "category")
        for step in self.script.asks(state.category):
            skipped = self._deaf(state) and not self.script.questions[step].keyed
            if step not in state.settled and INTAKE[step] not in state.known and not skipped:
                return self._ask(state, step)
        # A story that could not be understood in this language is told to a human, after filing.
        return self._file(state, "queue" if self._deaf(state) else "")

    def _file(self, state: State, then: str) -> State:
        return replace(state, turn=state.turn + 1, step="file", then=then, saying=())

    def _filed(self, state: State, event: Filed) -> State:
        number = (("number", event.number),)
        says = [Say("filed", number), Say("filed_again", number)]
        if event.sms:
            says.append(Say("sms_said"))
        state = replace(state, filed=True, number=event.number)
        if state.then == "queue":
            return self._queue(state, *says, Say("to_agent"))
        days = (("days", str(self.script.menu.answer_days)),)
        return self._end(state, *says, Say("answer_in", days), Say("goodbye"))

    def _human(self, state: State, *lead: Say) -> State:
        begun = state.told or state.category is not None or "phone" in state.known
        if state.intent == "complain" and begun and not state.filed:
            return self._file(state, "queue")
        if state.intent == "complain" and not state.filed:
            state = replace(state, intent="agent")
        return self._queue(state, *(lead or (Say("to_agent"),)))

    def _queue(self, state: State, *says: Say) -> State:
        if state.intent in ("status", "escalate"):
            skill = self.script.menu.escalation_skill
        else:
            skill = self.script.skill(state.option, state.category)
        return replace(state, turn=state.turn + 1, step="queue", skill=skill, saying=says, waits=0)

    def _end(self, state: State, *says: Say) -> State:
        return replace(state, turn=state.turn + 1, step="end", saying=says, waits=0)

    def _goodbye(self, state: State) -> State:
        return self._end(state, Say("goodbye"))

    def _follow_up(self, state: State) -> State:
        return self._lookup(state) if "complaint_number" in state.known else self._ask(state, "number")

    def _numbered(self, state: State, filled: tuple[str, ...]) -> State:
        return self._lookup(state) if "complaint_number" in filled else self._missed(state)

    @staticmethod
    def _lookup(state: State) -> State:
        return replace(state, turn=state.turn + 1, step="lookup", saying=())

    def _looked_up(self, state: State, event: LookedUp) -> State:
        if not event.found:
            missed = state.missed + 1
            if missed >= self.script.questions["number"].tries:
                return self._human(state, Say("no_answer"))
            return replace(self._ask(state, "number", Say("number_unknown")), missed=missed)
        number = (("number", event.number),)
        if state.intent == "escalate":
            return self._queue(replace(state, number=event.number), Say("raised", number), Say("to_agent"))
        args = (*number, ("state", event.state), ("due", event.due))
        return self._ask(replace(state, number=event.number), "higher", Say("status", args))

    def _raise(self, state: State) -> State:
        raised = replace(state, intent="escalate")
        return self._queue(raised, Say("raised", (("number", state.number),)), Say("to_agent"))
