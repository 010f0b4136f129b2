"""From answers to the form the way that a live call goes, for recordings and texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from agent_assist.description import describe
from agent_assist.form import Form
from audio.decoder import Pool
from audio.hear import hear_file
from audio.session import Expect, Utterance
from ivr import answers
from ivr.call import told
from ivr.script import Question, Script


@dataclass(frozen=True)
class Intake:
    """The form that utterances came to, and the utterances; a source's ``utterance`` counts them from 1."""

    form: Form
    utterances: tuple[Utterance, ...]


def expect(script: Script, question: str) -> Expect:
    """What is listened for when this is asked; a question that this line does not ask is heard as any other."""
    return script.questions.get(question, Question()).expect(question)


def hear(script: Script, path: str | Path, question: str, pool: Pool, lang: str) -> list[Utterance]:
    """The utterances in a recording. Raises ``audio.wav.AudioError`` for one that cannot be used."""
    return hear_file(path, expect(script, question), pool, lang)


def fill(script: Script, utterances: Iterable[Utterance], lang: str, on: date) -> Intake:
    """The form after these utterances, in their order. ``on``: the day of the call."""
    form, taken = Form(), tuple(utterances)
    for index, utterance in enumerate(taken, start=1):
        understood = answers.heard(script, utterance, step=utterance.ask, lang=lang, on=on, index=index)
        form, _ = form.take(understood.values)
        # Who asked after an old complaint does not begin a new one by giving its number.
        if understood.intent and form.intent == "complain":
            form = replace(form, intent=understood.intent)
    story = [told(asdict(utterance)) for utterance in taken]
    return Intake(replace(form, description=describe(story, form, lang)), taken)
