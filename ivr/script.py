"""The script of a call: languages, menu, questions and prompts of ``hotline.toml``, checked.

Only what can be said and asked is here; what follows what is decided in ``ivr.menu``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent_assist.form import Form
from ivr.faults import faults
from ivr.hours import Hours
from ivr.staff import AgentSection, Named, Outcome, QueueSection
from ivr.terms import INTAKE, LANGS, Lang


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Key = Annotated[str, Field(pattern=r"^[0-9*#]$", description="one key of a telephone")]
Text = Annotated[str, Field(min_length=1)]


class Label(_Section):
    """A short name in both languages."""

    zh: Text
    en: Text

    def of(self, lang: str) -> str:
        """The name in this language."""
        return self.zh if lang == "zh" else self.en


class Category(Label):
    """A category: its name, and what is asked for it, what matters most first (empty: ``[menu] asks``)."""

    asks: tuple[str, ...] = ()
    priority: int = Field(default=0, ge=0, le=9, description="who waits: higher is answered first")


class Rung(Label):
    """One level of the escalation ladder: its name, and the skill that looks after complaints there."""

    skill: str


class Words(_Section):
    """Words that say a choice, in both languages."""

    zh: tuple[Text, ...] = ()
    en: tuple[Text, ...] = ()

    def of(self, lang: str) -> tuple[str, ...]:
        """The words in this language."""
        return self.zh if lang == "zh" else self.en


class Language(_Section):
    """One language: its key, how the carrier calls it and the words that choose it."""

    key: Key
    say: str = Field(pattern=r"^[a-z]{2,3}-[A-Z]{2}$", description="language of <Say>, as zh-CN")
    voice: str = ""
    words: tuple[Text, ...] = ()


class Languages(_Section):
    """``[languages]``; ``default`` is taken when the caller says nothing."""

    default: Lang = "zh"
    zh: Language
    en: Language

    def of(self, lang: str) -> Language:
        """The settings of this language."""
        return self.zh if lang == "zh" else self.en


class Option(_Section):
    """One entry of the menu: an issue (one or more categories) or a wish about an earlier complaint."""

    name: str = Field(pattern=r"^[a-z_]{1,32}$")
    key: Key
    label: Label
    skill: str
    categories: tuple[str, ...] = ()
    intent: Literal["complain", "status", "escalate"] = "complain"
    words: Words = Words()


class MenuSection(_Section):
    """``[menu]``: the menu by issue and what keys mean everywhere."""

    agent_key: Key = "0"
    repeat_key: Key = "9"
    back_key: Key = "#"
    skills: tuple[Annotated[str, Field(pattern=r"^[\w-]{1,60}$")], ...] = Field(min_length=1)
    default_skill: str
    escalation_skill: str
    answer_days: int = Field(default=15, ge=1, le=90, description="days in which a complaint is answered")
    longest_answer_s: int = Field(default=60, ge=5, le=600, description="longest speech that is waited for")
    asks: tuple[str, ...] = Field(min_length=1, description="questions when the category says nothing else")
    categories: dict[str, Category]
    options: tuple[Option, ...] = Field(min_length=1)
    words: dict[str, Words] = Field(description="what may be said instead of a key, by what it chooses")
    wrong_tries_a_day: int = Field(default=6, ge=1, le=100, description="complaint numbers a caller may guess")

    def option(self, name: str) -> Option | None:
        """The option with this name."""
        return next((option for option in self.options if option.name == name), None)

    def said(self, text: str, lang: str) -> Option | None:
        """The option that an utterance names and does hardly more than name."""
        words = {word: option.name for option in self.options for word in option.words.of(lang)}
        return self.option(self.named(text, words, lang))

    @staticmethod
    def named(text: str, phrases: Mapping[str, str], lang: str) -> str:
        """The key of the phrase that an utterance says and hardly more; '' for none, and for two that disagree.

        Longer phrases first: 不对 is not 对, and 不好 is neither yes nor no where only 不 and 好 are known.
        """
        spoken = _bare(text)
        for phrase in sorted(phrases, key=len, reverse=True):
            rest = spoken.replace(_bare(phrase), "", 1)
            if len(rest) < len(spoken) and len(rest) <= (4 if lang == "zh" else 12):
                others = (key for other, key in phrases.items() if _bare(other) in rest)
                return phrases[phrase] if all(key == phrases[phrase] for key in others) else ""
        return ""


class Choice(_Section):
    """One answer that a key gives to a question; an empty value answers "none"."""

    key: Key
    value: str
    label: Label


class Question(_Section):
    """One question: how its answer is heard, how long it is waited for, how often it is asked."""

    listen: tuple[Literal["dictation", "digits"], ...] = ("dictation",)
    pause_s: float = Field(default=0.9, ge=0.3, le=5, description="silence that ends an answer")
    silence_s: int = Field(default=5, ge=1, le=30, description="silence before the prompt is repeated")
    tries: int = Field(default=2, ge=1, le=5, description="how often it is asked at most")
    digits: int | None = Field(
        default=None, ge=0, le=32, description="keys that make an answer; 0: any number, ended by #"
    )
    choices: tuple[Choice, ...] = ()

    @property
    def keyed(self) -> bool:
        """True when keys alone can answer it."""
        return self.digits is not None or bool(self.choices)

    def expect(self, ask: str):
        """What the recogniser may hear as its answer (an ``audio.session.Expect``)."""
        from audio.session import Expect  # the script is read by commands that hear nothing

        return Expect(
            ask=ask, dictation="dictation" in self.listen, digits="digits" in self.listen, pause=self.pause_s
        )


class Prompts(_Section):
    """``[prompts]``: every text in both languages, by name."""

    zh: dict[str, Text]
    en: dict[str, Text]

    def of(self, lang: str) -> dict[str, str]:
        """The texts in this language."""
        return self.zh if lang == "zh" else self.en


class Script(_Section):
    """What the line says and asks. Reading it fails with every fault named at once."""

    languages: Languages
    menu: MenuSection
    questions: dict[str, Question]
    prompts: Prompts
    escalation: tuple[Rung, ...] = ()
    hours: Hours = Hours()
    queue: QueueSection = QueueSection()
    agents: tuple[AgentSection, ...] = ()
    breaks: tuple[Named, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Script:
        found = faults(self)
        if found:
            raise ValueError("\n".join(found))
        return self

    def asks(self, category: str | None) -> tuple[str, ...]:
        """The intake questions for a category, what matters most for it first."""
        named = self.menu.categories.get(category or "")
        return named.asks if named and named.asks else self.menu.asks

    def ladder_skill(self, level: int) -> str:
        """Who handles an earlier complaint at this level; 0 is where it began."""
        return self.escalation[level - 1].skill if 0 < level <= len(self.escalation) else self.menu.escalation_skill

    def lacking(self, form: Form) -> tuple[str, ...]:
        """The questions that this complaint leaves open, in the order in which they are asked."""
        if form.intent == "status" or form.intent == "escalate":
            return () if form.get("complaint_number") else ("number",)
        category = form.get("category")
        first = () if category else ("category",)
        return (*first, *(name for name in self.asks(category) if INTAKE[name] not in form.values))

    def hints(self) -> dict[str, Any]:
        """What an agent may be told to ask: order by category ("" for none), field and words of each question."""
        categories = ("", *self.menu.categories)
        steps = ("category", "number", *INTAKE)
        return {
            "asks": {category: list(self.asks(category)) for category in categories},
            "fields": {**INTAKE, "category": "category", "number": "complaint_number"},
            "words": {lang: {step: self.prompts.of(lang)[step] for step in steps if step in self.questions} for lang in LANGS},
        }

    def choices(self) -> dict[str, Any]:
        """What agents choose from at work, in the order of the file: breaks and outcomes, skills; {} without agents."""
        if not self.agents:
            return {}
        lists = {"breaks": self.breaks, "outcomes": self.outcomes}
        return {what: [one.model_dump() for one in ones] for what, ones in lists.items()} | {"skills": list(self.menu.skills)}

    def skill(self, option: str, category: str | None) -> str:
        """Who handles this: by the category if it is known, else by the option, else the default."""
        for one in self.menu.options:
            if category and category in one.categories:
                return one.skill
        picked = self.menu.option(option)
        return picked.skill if picked else self.menu.default_skill


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())
