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
from ivr.terms import INTAKE, YES

# A complaint number is a date and a serial of at least four digits.
NUMBER_DIGITS = 12

# Shorter than this and without any fact, it is a hello or a cough and no account of anything.
TOLD_CHARACTERS = 6
TOLD_WORDS = 4

FIELDS = {**INTAKE, "number": "complaint_number", "holder": "phone"}
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
    key: str = ""
    given: str = ""


JOINED = 12
"""Readings of each half of a number said in two pieces that are tried together."""

PHONE_DIGITS = 11

PIECE_DIGITS = 3
"""Fewer digits than this are no piece of a number."""

ASKS = {"language": "problem", "category": "problem", "voicemail": "problem", "holder": "phone", "callback": "phone"}
"""What an answer to these questions is heard as; whoever speaks before being asked tells what happened."""


CORRECTED = {"own": "phone", "callback": "phone", "phone": "phone"}
"""What is heard instead of yes or no; a bare figure is no other amount, it wants its unit."""


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
    about: str = "",
    key: str = "",
) -> Understood:
    """What an utterance says: form values, wish, menu option, language. ``index`` is its number in the call.

    ``about``: what yes or no is asked about; ``key``: the key that the words stand for, as far as is known.
    """
    said = Heard(
        text=utterance.text,
        ask=CORRECTED.get(about, "") if step == "confirm" else ASKS.get(step, step),
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
    given = ""
    if step == "callback" or (step == "confirm" and about == "callback"):
        # Where to call back says nothing about the complaint.
        given = next((value.value for value in values if value.field == "phone"), "")
        values = tuple(value for value in values if value.field != "phone")
    option = script.menu.said(utterance.text, lang)
    return Understood(
        values=() if key and step == "confirm" else values,
        key=key,
        given=given,
        intent=found.intent,
        option=option.name if option else None,
        language=_language(script, utterance.text),
        told=bool(values) or _long(utterance.text, lang),
        close=tuple(name for name in found.close if name in script.menu.categories),
    )


def keyed(menu: Menu, state: State, digits: str, form: Form, on: datetime.date) -> tuple[Value, ...]:
    """The values that keys fill in this state; sure, because keys are not misheard."""
    source = Source(utterance=0, raw=digits, span=None, start=0.0, end=0.0, how="keyed")
    if state.step == "confirm":
        return confirmed(state, digits, form)
    meaning = menu.keypad.meaning(state, digits)
    if meaning is not None:
        name, value = meaning
        if name in LISTS:
            return (Value(name, list(dict.fromkeys([*(form.get(name) or []), value])), "confirmed", source),)
        return (Value(name, value, "confirmed", source),)
    name = FIELDS.get(state.step)
    if name == "id_number":
        digits = digits.replace("*", "X")
    if name is None or menu.script.questions[state.step].digits is None:
        return ()
    ask = ASKS.get(state.step, state.step)
    found = extract(Heard(text="", ask=ask, lang=state.lang, digits=(digits,), keyed=True), on)
    return tuple(
        # An ID number is long enough to be mistyped: it is read back like one that was heard.
        Value(name, digits, "heard" if name == "id_number" else "confirmed", source)
        for value in found.values
        if value.field == name and value.value == digits  # keys mean what they are, not what they resemble
    )


def confirmed(state: State, key: str, form: Form) -> tuple[Value, ...]:
    """What yes confirms: the value that was read back, as long as it is still the form's; nothing for no."""
    if key != YES:
        return ()
    if state.about == "own":
        source = Source(utterance=0, raw=state.offered, span=None, start=0.0, end=0.0, how="hint")
        return (Value("phone", state.offered, "confirmed", source),)
    value = form.values.get(state.about)
    if value is None or str(value.value) != state.offered:
        return ()
    return (replace(value, state="confirmed"),)


def repeated(state: State, values: tuple[Value, ...]) -> bool:
    """True when the value read back was said once more: that is a yes."""
    field = "phone" if state.about == "own" else state.about
    return any(value.field == field and str(value.value) == state.offered for value in values)


def keyed_number(state: State, digits: str, on: datetime.date) -> str:
    """The number to be called back that was keyed at its question; '' for none."""
    if state.step != "callback":
        return ""
    found = extract(Heard(text="", ask="phone", lang=state.lang, digits=(digits,), keyed=True), on).values
    return digits if any(value.field == "phone" and value.value == digits for value in found) else ""


def joined(before: tuple[str, ...], utterance: Utterance) -> Utterance:
    """The utterance with what it makes of a number together with the piece said before it."""
    together = sorted(
        ((first, second) for first in range(len(before[:JOINED])) for second in range(len(utterance.digits[:JOINED]))),
        key=sum,
    )
    whole = tuple(before[first] + utterance.digits[second] for first, second in together)
    return replace(utterance, digits=(*utterance.digits, *whole))


def unfinished(step: str, understood: Understood, utterance: Utterance) -> bool:
    """True when the utterance was the beginning of a number, and nothing else."""
    if step not in ("phone", "number", "holder", "callback") or understood.key or understood.given:
        return False
    if understood.values or understood.intent not in (None, "complain") or not utterance.digits:
        return False
    return PIECE_DIGITS <= len(utterance.digits[0]) < (NUMBER_DIGITS if step == "number" else PHONE_DIGITS)


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
        key=understood.key,
        given=understood.given,
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
