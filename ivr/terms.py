"""The words that script and machine share: languages, questions and the form fields that they fill."""

from __future__ import annotations

from typing import Literal

from agent_assist.form import FIELDS, LISTS

LANGS = ("zh", "en")
"""Languages of the line; every prompt exists in each."""

Lang = Literal["zh", "en"]

LINE_STEPS = ("language", "problem", "category", "confirm", "number", "holder", "higher", "callback", "voicemail")
"""Questions that the line itself asks, whatever the intake needs."""

INTAKE = {
    "phone": "phone",
    "evidence": "evidence",
    "resolution": "resolution",
    "occurred": "occurred",
    "location": "location",
    "amount": "amount",
    "name": "name",
    "id_number": "id_number",
}
"""Intake questions that can be put in the script, and the form field that each fills."""

READ_BACK = ("phone", "id_number", "amount")
"""Fields that are read back when they were only heard; a complaint number is confirmed by being on file."""

YES, NO = "1", "2"
"""The keys for yes and no."""

ASKED_ABOUT = (*READ_BACK, "own", "id_consent", "withdraw", "callback", "callback_offer")
"""What a yes or no may be asked about: a value, the number that the caller calls from, a wish."""

QUESTIONS = (*LINE_STEPS, *INTAKE)
"""Everything that can be asked; the names are the ``step`` of a webhook and the ``ask`` of an utterance."""

assert set(INTAKE.values()) <= set(FIELDS) and set(LISTS) <= set(FIELDS)
