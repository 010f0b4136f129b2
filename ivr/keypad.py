"""What keys and words mean in each state, and what is said to ask for them. Pure."""

from __future__ import annotations

from ivr import followup, waiting
from ivr.script import Choice, Label, Option, Script
from ivr.state import State
from ivr.steps import Say
from ivr.terms import INTAKE, LANGS, NO, READ_BACK, YES

Chosen = Choice | Option | str
"""What a key stands for: an answer, a menu option, or a category's name."""


class Keypad:
    """The keys of one script. ``hears``: languages that the recogniser understands."""

    def __init__(self, script: Script, hears: tuple[str, ...]) -> None:
        self.script = script
        self._hears = hears

    def deaf(self, state: State) -> bool:
        """True when nothing that this caller says is understood: keys do the work."""
        return state.lang not in self._hears

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
        if state.step == "confirm":
            everywhere |= {YES: "yes", NO: "no"}
        everywhere |= followup.keys(state) | waiting.keys(state, menu, deaf=self.deaf(state))
        if digits in everywhere:
            return everywhere[digits]
        chosen = self.choices(state).get(digits)
        if isinstance(chosen, Choice):
            return chosen.value or "none"
        return chosen.name if isinstance(chosen, Option) else chosen

    def phrases(self, state: State) -> dict[str, str]:
        """What may be said instead of a key in this state: words → key."""
        menu, lang = self.script.menu, state.lang
        found: dict[str, str] = {}

        def add(name: str, key: str) -> None:
            found.update(dict.fromkeys(menu.words[name].of(lang), key))

        for key, chosen in self.choices(state).items():
            if isinstance(chosen, Option):
                found.update(dict.fromkeys((*chosen.words.of(lang), chosen.label.of(lang)), key))
            elif isinstance(chosen, str) or not chosen.value:  # other answers may be several at once
                found[self.label(chosen).of(lang)] = key
        if state.step == "language":
            for one in LANGS:
                language = self.script.languages.of(one)
                found.update(dict.fromkeys(language.words, language.key))
        if state.step == "confirm":
            add("yes", YES)
            add("no", NO)
        for key, name in (followup.keys(state) | waiting.keys(state, menu, deaf=self.deaf(state))).items():
            if name in menu.words:
                add(name, key)
        if state.step in self.script.questions:
            add("repeat", menu.repeat_key)
            add("back", menu.back_key)
        if state.step != "queue":
            add("agent", menu.agent_key)
        return found

    def limited(self, state: State) -> tuple[str, ...]:
        """What the limited recogniser listens for; () where an answer is open and dictation hears the rest as well."""
        closed = state.step in ("language", "category", "confirm", "higher", "queue")
        return tuple(self.phrases(state)) if closed or (state.step == "problem" and not state.option) else ()

    def spoken(self, state: State, choice: str, text: str) -> str:
        """The key that an utterance stands for: what the limited recogniser heard, else words that say hardly more."""
        phrases = self.phrases(state)
        return phrases.get(choice, "") or self.script.menu.named(text, phrases, state.lang)

    def refused(self, state: State, digits: str) -> str:
        """The form field whose value is wrong when this key is pressed here; '' for none."""
        return state.about if state.step == "confirm" and digits == NO and state.about in READ_BACK else ""

    def prompts(self, state: State, repeat: str = "") -> tuple[Say, ...]:
        """What asks the question of this state; ``repeat``: ``_silent`` or ``_missed`` when it was asked before."""
        if state.step == "language":
            return tuple(Say("language", lang=lang) for lang in LANGS)
        if state.step == "problem" and state.option:
            return (Say("story" + repeat),)
        if state.step == "confirm":
            says = [Say(f"confirm_{state.about}", self._offered(state))]
            return (*says, Say("confirm" + repeat)) if repeat or self.deaf(state) else tuple(says)
        if state.step in ("number", "higher"):
            return followup.prompts(self.script, state, repeat)
        says = [Say(state.step + repeat)]
        menu = self.script.menu
        keys = self.choices(state)
        # Intake questions are open first; their keys are the help for who says nothing or is not understood.
        if keys and (state.step not in INTAKE or repeat or self.deaf(state)):
            if state.step in ("problem", *INTAKE):
                says.append(Say("menu_keys"))
            for key, chosen in keys.items():
                says.append(Say("option", (("label", self.label(chosen).of(state.lang)), ("key", key))))
            if state.step in ("problem", "category"):
                says.append(Say("agent_option", (("key", menu.agent_key),)))
        return tuple(says)

    @staticmethod
    def _offered(state: State) -> tuple[tuple[str, str], ...]:
        if state.about == "id_number":
            return (("number", state.offered[-4:]),)  # never read out in full
        if state.about == "amount":
            return (("amount", state.offered),)
        return (("number", state.offered),) if state.offered else ()

    def label(self, chosen: Chosen) -> Label:
        """The name of what can be chosen."""
        return self.script.menu.categories[chosen] if isinstance(chosen, str) else chosen.label
