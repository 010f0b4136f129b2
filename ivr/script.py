"""The script of a call: languages, menu, questions and prompts of ``hotline.toml``, checked.

Only what can be said and asked is here; what follows what is decided in ``ivr.menu``.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent_assist.form import FIELDS, LISTS, Form

LANGS = ("zh", "en")
"""Languages of the line; every prompt exists in each."""

Lang = Literal["zh", "en"]

LINE_STEPS = ("language", "problem", "category", "number", "higher")
"""Questions that the line itself asks, whatever the intake needs."""

INTAKE = {
    "phone": "phone",
    "evidence": "evidence",
    "resolution": "resolution",
    "occurred": "occurred",
    "location": "location",
    "amount": "amount",
    "name": "name",
}
"""Intake questions that can be put in the script, and the form field that each fills."""

QUESTIONS = (*LINE_STEPS, *INTAKE)
"""Everything that can be asked; the names are the ``step`` of a webhook and the ``ask`` of an utterance."""

SAY_LIMIT = 3000
"""Twilio cuts a longer text in one ``<Say>``."""

ARGUMENT_ROOM = 100
"""Characters kept free in a prompt for each thing filled into it (a number read out, a date)."""

# What the machine says besides the questions; each name must have a text in both languages.
LINE_PROMPTS = {
    "notice": (),
    "story": (),
    "story_silent": (),
    "story_missed": (),
    "option": ("label", "key"),
    "agent_option": ("key",),
    "menu_keys": (),
    "number_unknown": (),
    "status": ("number", "state", "due"),
    "state_filed": (),
    "state_other": (),
    "raised": ("number",),
    "filed": ("number",),
    "filed_again": ("number",),
    "sms_said": (),
    "answer_in": ("days",),
    "goodbye": (),
    "to_agent": (),
    "no_answer": (),
    "sorry": (),
    "queue_position": ("position",),
    "queue_wait": (),
    "sms_filed": ("number", "due"),
}

_REPEATS = ("", "_silent", "_missed")


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
    skills: tuple[Annotated[str, Field(pattern=r"^[\w-]{1,64}$")], ...] = Field(min_length=1)
    default_skill: str
    escalation_skill: str
    answer_days: int = Field(default=15, ge=1, le=90, description="days in which a complaint is answered")
    longest_answer_s: int = Field(default=60, ge=5, le=600, description="longest speech that is waited for")
    asks: tuple[str, ...] = Field(min_length=1, description="questions when the category says nothing else")
    categories: dict[str, Category]
    options: tuple[Option, ...] = Field(min_length=1)

    def option(self, name: str) -> Option | None:
        """The option with this name."""
        return next((option for option in self.options if option.name == name), None)

    def said(self, text: str, lang: str) -> Option | None:
        """The option that an utterance names and does hardly more than name."""
        spoken = _bare(text)
        for option in self.options:
            for word in option.words.of(lang):
                rest = spoken.replace(_bare(word), "", 1)
                if len(rest) < len(spoken) and len(rest) <= (4 if lang == "zh" else 12):
                    return option
        return None


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

    def skill(self, option: str, category: str | None) -> str:
        """Who handles this: by the category if it is known, else by the option, else the default."""
        for one in self.menu.options:
            if category and category in one.categories:
                return one.skill
        picked = self.menu.option(option)
        return picked.skill if picked else self.menu.default_skill


def faults(script: Script) -> list[str]:
    """What in the script does not fit together: each fault with key, value and remedy."""
    return [*_menu_faults(script), *_question_faults(script), *_prompt_faults(script)]


def _menu_faults(script: Script) -> Iterator[str]:
    menu, languages = script.menu, script.languages
    if languages.zh.key == languages.en.key:
        yield f"languages.en.key: {languages.en.key!r} also chooses zh; give each language its own key"
    keys = [(f"menu.options.{option.name}", option.key) for option in menu.options]
    keys += [("menu.agent_key", menu.agent_key), ("menu.repeat_key", menu.repeat_key), ("menu.back_key", menu.back_key)]
    yield from _double("menu", keys)
    names = Counter(option.name for option in menu.options)
    for name in (name for name, count in names.items() if count > 1):
        yield f"menu.options: two are called {name!r}; rename one"
    for place, skill in [
        ("menu.default_skill", menu.default_skill),
        ("menu.escalation_skill", menu.escalation_skill),
        *((f"menu.options.{option.name}.skill", option.skill) for option in menu.options),
    ]:
        if skill not in menu.skills:
            yield f"{place}: no skill is called {skill!r}; add it to menu.skills or use one of {', '.join(menu.skills)}"
    for option in menu.options:
        if option.intent == "complain" and not option.categories:
            yield f"menu.options.{option.name}.categories: empty; name a category or give it an intent"
        for category in option.categories:
            if category not in menu.categories:
                yield (
                    f"menu.options.{option.name}.categories: no category is called {category!r}; "
                    f"add menu.categories.{category} or use one of {', '.join(menu.categories)}"
                )
    reached = {category for option in menu.options for category in option.categories}
    for category in menu.categories:
        if category not in reached:
            yield f"menu.categories.{category}: no option leads to it; add it to an option or remove it"


def _question_faults(script: Script) -> Iterator[str]:
    for step in LINE_STEPS:
        if step not in script.questions:
            yield f"questions.{step}: missing; add [questions.{step}]"
    orders = {"menu.asks": script.menu.asks}
    orders |= {f"menu.categories.{name}.asks": one.asks for name, one in script.menu.categories.items()}
    for place, order in orders.items():
        for name in order:
            if name not in INTAKE:
                yield f"{place}: {name!r} is no intake question; there are {', '.join(INTAKE)}"
            elif name not in script.questions:
                yield f"{place}: {name!r} has no [questions.{name}]; add it or leave it out"
        for name in (name for name, count in Counter(order).items() if count > 1):
            yield f"{place}: {name!r} stands twice; once is enough"
    for name in script.questions:
        if name in INTAKE and not any(name in order for order in orders.values()):
            yield f"questions.{name}: nothing asks it; add it to menu.asks or to a category's asks, or remove it"
    reserved = [("menu.agent_key", script.menu.agent_key), ("menu.repeat_key", script.menu.repeat_key)]
    reserved.append(("menu.back_key", script.menu.back_key))
    for name, question in script.questions.items():
        place = f"questions.{name}"
        if name not in QUESTIONS:
            yield f"{place}: no such question; there are {', '.join(QUESTIONS)}"
            continue
        keys = [(f"{place}.choices[{number}]", choice.key) for number, choice in enumerate(question.choices)]
        if keys:
            yield from _double(place, [*keys, *reserved])
        if question.choices and question.digits is not None:
            yield f"{place}: choices and digits exclude each other; remove one"
        if question.choices and name not in INTAKE:
            yield f"{place}.choices: only intake questions have choices; remove them"
        if not question.listen and not question.keyed:
            yield f"{place}.listen: empty, and no key answers it; add dictation, digits or choices"


def _prompt_faults(script: Script) -> Iterator[str]:
    needed = dict(LINE_PROMPTS)
    for name in script.questions:
        needed.update({name + repeat: () for repeat in _REPEATS if name != "language" or not repeat})
    for lang in LANGS:
        texts = script.prompts.of(lang)
        for name, arguments in needed.items():
            if name not in texts:
                yield f"prompts.{lang}.{name}: missing; write it in this language too"
                continue
            text = texts[name]
            try:
                used = [part for _, part, _, _ in string.Formatter().parse(text) if part is not None]
            except ValueError as error:
                yield f"prompts.{lang}.{name}: {error}; write braces only as {{name}}"
                continue
            for part in used:
                if part not in arguments:
                    known = ", ".join("{" + one + "}" for one in arguments) or "nothing"
                    yield f"prompts.{lang}.{name}: {{{part}}} is not known here; it can hold {known}"
            for part in arguments:
                if part not in used and name not in ("answer_in", "sms_filed", "raised"):
                    yield f"prompts.{lang}.{name}: {{{part}}} is missing; put it where it is to be said"
            if len(text) + ARGUMENT_ROOM * len(used) > SAY_LIMIT:
                yield (
                    f"prompts.{lang}.{name}: {len(text)} characters; the carrier says at most {SAY_LIMIT} at once, "
                    f"{ARGUMENT_ROOM} of them kept for each thing filled in: shorten it"
                )
        for name in texts:
            if name not in needed and not name.startswith("state_"):
                yield f"prompts.{lang}.{name}: nothing says it; remove it or correct its name"


def _double(place: str, keys: Iterable[tuple[str, str]]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for owner, key in keys:
        if key in owners:
            yield f"{owner}: key {key!r} is already used by {owners[key]}; in {place} each key can mean one thing"
        owners.setdefault(key, owner)


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


assert set(INTAKE.values()) <= set(FIELDS) and set(LISTS) <= set(FIELDS)
