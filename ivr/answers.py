"""From what was said or keyed to form values and an event for the menu machine. Pure."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace

from agent_assist.extract import extract
from agent_assist.form import LISTS, Form, Heard, Source, Value
from audio.session import Utterance
from ivr import steps
from ivr.menu import Menu, State
from ivr.script import Script
from ivr.terms import INTAKE

# A complaint number is a date and a serial of at least four digits.
NUMBER_DIGITS = 12

# Shorter than this and without any fact, it is a hello or a cough and no account of anything.
TOLD_CHARACTERS = 6
TOLD_WORDS = 4

FIELDS = {**INTAKE, "number": "complaint_number"}
"""Question → the form field that answers it."""


@dataclass(frozen=True)
class Understood:
    """What an utterance or keys came to."""

    values: tuple[Value, ...]
    intent: str | None = None
    option: str | None = None
    language: str | None = None
    told: bool = False
    close: tuple[str, ...] = ()


def label(state: State) -> str:
    """What an utterance that answers the present question is labelled with."""
    return f"{state.step}#{state.turn}"


def asked(ask: str) -> tuple[str, int | None]:
    """Question and turn of a label; no turn for a bare question."""
    step, _, turn = ask.partition("#")
    return step, int(turn) if turn.isdecimal() else None


def heard(
    script: Script,
    utterance: Utterance,
    *,
    step: str,
    lang: str,
    on: datetime.date,
    index: int,
    hints: tuple[str, ...] = (),
) -> Understood:
    """What an utterance says: form values, wish, menu option, language. ``index`` is its number in the call."""
    said = Heard(
        text=utterance.text,
        # Whoever speaks before being asked, or to the question of the category, tells what happened.
        ask="problem" if step in ("language", "category") else step,
        lang=lang,
        digits=utterance.digits,
        start=utterance.start,
        end=utterance.end,
        utterance=index,
        words=utterance.words,
        hints=hints,
    )
    found = extract(said, on)
    values = tuple(found.values)
    if _beside(script, step, values):
        known = {value.field for value in values}
        others = extract(replace(said, ask="", digits=()), on).values
        values += tuple(value for value in others if value.field not in known)
    option = script.menu.said(utterance.text, lang)
    return Understood(
        values=values,
        intent=found.intent,
        option=option.name if option else None,
        language=_language(script, utterance.text),
        told=bool(values) or _long(utterance.text, lang),
        close=tuple(name for name in found.close if name in script.menu.categories),
    )


def keyed(menu: Menu, state: State, digits: str, form: Form, on: datetime.date) -> tuple[Value, ...]:
    """The values that keys fill in this state; sure, because keys are not misheard."""
    source = Source(utterance=0, raw=digits, span=None, start=0.0, end=0.0, how="keyed")
    meaning = menu.meaning(state, digits)
    if meaning is not None:
        name, value = meaning
        if name in LISTS:
            return (Value(name, list(dict.fromkeys([*(form.get(name) or []), value])), "confirmed", source),)
        return (Value(name, value, "confirmed", source),)
    name = FIELDS.get(state.step)
    if name is None or menu.script.questions[state.step].digits is None:
        return ()
    found = extract(Heard(text="", ask=state.step, lang=state.lang, digits=(digits,), keyed=True), on)
    return tuple(
        Value(name, digits, "confirmed", source)
        for value in found.values
        if value.field == name and value.value == digits  # keys mean what they are, not what they resemble
    )


def candidates(utterance: Utterance) -> tuple[str, ...]:
    """Readings of an utterance that could be a complaint number, best first."""
    return tuple(digits for digits in utterance.digits if len(digits) >= NUMBER_DIGITS)


def event(understood: Understood, filled: tuple[str, ...], facts: steps.Facts, *, current: bool) -> steps.Heard:
    """The event that the menu machine is told."""
    return steps.Heard(
        filled=filled,
        facts=facts,
        intent=understood.intent,
        option=understood.option,
        language=understood.language,
        told=understood.told,
        close=understood.close,
        current=current,
    )


def _beside(script: Script, step: str, values: tuple[Value, ...]) -> bool:
    """True when words did not answer the question they were said to: they may answer another.

    Not where a number was asked for: misheard digits make chance words.
    """
    question = script.questions.get(step)
    if step not in INTAKE or question is None or question.digits is not None:
        return False
    return INTAKE[step] not in {value.field for value in values}


def _language(script: Script, text: str) -> str | None:
    spoken = re.sub(r"\W+", "", text.lower())
    for lang in ("zh", "en"):
        if any(word in spoken for word in script.languages.of(lang).words):
            return lang
    return None


def _long(text: str, lang: str) -> bool:
    if lang == "zh":
        return len(re.sub(r"\W+", "", text)) >= TOLD_CHARACTERS
    return len(text.split()) >= TOLD_WORDS
