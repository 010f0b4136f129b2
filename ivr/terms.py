"""The words that script and machine share: languages, questions and the form fields that they fill."""

from __future__ import annotations

from typing import Literal

from agent_assist.form import FIELDS, LISTS

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

assert set(INTAKE.values()) <= set(FIELDS) and set(LISTS) <= set(FIELDS)
