"""What a caller tells by a written channel (web form, API, import), checked, and the intake form that it becomes. Pure.

One model for all of them, so that what one channel takes, every channel takes.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, create_model, field_validator

from agent_assist.extract import extract
from agent_assist.form import Form, Heard, Value
from agent_assist.privacy import mask

FIRST_YEAR = 2000
LONGEST = 4000
"""Characters of a story."""
MOST_MONEY = 10_000_000
"""CNY; more is a slip of the hand."""

_PLAIN = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_LINE = r"[^\x00-\x1f\x7f\u2028\u2029]"
_SOME = r"[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"


def _mobile() -> str:
    """The number plan's mobiles as a pattern that every language of patterns reads alike."""
    plan = phonenumbers.PhoneMetadata.metadata_for_region("CN").mobile.national_number_pattern
    return f"^(?:{plan.replace(chr(92) + 'd', '[0-9]')})$"


PHONE = _mobile()
Text = Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=f"^{_PLAIN}*{_SOME}{_PLAIN}*$")]
"""Words over several lines; no control characters, and not only space."""


def line(longest: int) -> Any:
    """Words on one line."""
    return Annotated[
        str, Field(min_length=1, max_length=longest, pattern=f"^{_LINE}*{_SOME}{_LINE}*$")
    ]


class Filing(BaseModel):
    """A complaint as its caller writes it; made for a line by ``filing_model``."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    what: Text = Field(description="what happened, in the caller's words")
    phone: str = Field(pattern=PHONE, description="mobile number of the caller; gets the number and each change by SMS")
    category: str | None = Field(default=None, description="without one it is taken from the words, where they say it")
    name: line(60) | None = Field(default=None, description="name of the caller")  # type: ignore[valid-type]
    amount: Annotated[float, Field(ge=0, le=MOST_MONEY, allow_inf_nan=False)] | None = Field(default=None, description="money it is about, CNY")
    occurred: date | None = Field(default=None, description="day on which it happened, not in the future")
    location: line(120) | None = Field(default=None, description="place where it happened")  # type: ignore[valid-type]
    resolution: list[str] = Field(default=[], max_length=7, description="what the caller wants")
    lang: Literal["zh", "en"] = Field(default="zh", description="language of the caller")

    @field_validator("occurred")
    @classmethod
    def _past(cls, day: date | None, info: ValidationInfo) -> date | None:
        today = (info.context or {}).get("today")
        if day is not None and (day.year < FIRST_YEAR or (today and day > today)):
            raise ValueError("not a day of the past")
        return day


def filing_model(categories: Sequence[str], resolutions: Sequence[str]) -> type[Filing]:
    """The model for a line with these categories and wanted outcomes."""
    category = Literal[tuple(categories)]  # type: ignore[valid-type]
    resolution = Literal[tuple(resolutions)]  # type: ignore[valid-type]
    return create_model(
        "Filing",
        __base__=Filing,
        __doc__="A complaint as its caller writes it.",
        category=(category | None, Field(default=None, description=Filing.model_fields["category"].description)),
        resolution=(list[resolution], Field(default=[], max_length=7, description=Filing.model_fields["resolution"].description)),
    )


def days_until(today: date) -> str:
    """A pattern of the ISO days from ``FIRST_YEAR`` to ``today``, for a document that says just what is taken."""
    leap = "|".join(str(year) for year in range(FIRST_YEAR, today.year) if monthrange(year, 2)[1] == 29)
    before = "|".join(str(year) for year in range(FIRST_YEAR, today.year))
    any_day = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
    this = [f"{month:02}-(?:{'|'.join(f'{day:02}' for day in range(1, monthrange(today.year, month)[1] + 1))})" for month in range(1, today.month)]
    this.append(f"{today.month:02}-(?:{'|'.join(f'{day:02}' for day in range(1, today.day + 1))})")
    return f"^(?:(?:{before})-(?:{any_day})|(?:{leap})-02-29|{today.year}-(?:{'|'.join(this)}))$"


def phone_of(text: str) -> str:
    """A phone number as people write it, without what is not part of it: spaces, dashes, +86."""
    plain = "".join(str(int(char)) for char in text if char.isdecimal())
    return re.sub(r"^(?:00)?86(?=1\d{10}$)", "", plain)


def suggest(what: str, lang: str, on: date) -> dict[str, Any]:
    """What the words say by themselves: field → value, as on the phone; ID numbers are left alone."""
    form = _told(what, lang, on)
    return {name: value.value for name, value in form.values.items() if name not in ("id_number", "complaint_number", "phone")}


def form_of(filing: Filing, on: date) -> Form:
    """The intake form: what was written in its field is confirmed, what only the story says is heard.

    Numbers of persons are hidden in the story; an ID number is not taken from it.
    """
    written = {
        "category": filing.category, "phone": filing.phone, "name": filing.name and filing.name.strip(), "amount": filing.amount,
        "occurred": filing.occurred and filing.occurred.isoformat(), "location": filing.location and filing.location.strip(),
        "resolution": list(dict.fromkeys(filing.resolution)),
    }
    heard = _told(filing.what, filing.lang, on)
    # A list that was written is the whole list: what the story says besides adds nothing to it.
    form = Form({name: value for name, value in heard.values.items() if name not in ("id_number", "complaint_number") and not written.get(name)})
    form, _ = form.take(Value(name, value, "confirmed") for name, value in written.items() if value not in (None, "", []))
    return replace(form, description=mask(filing.what.strip()))


def _told(what: str, lang: str, on: date) -> Form:
    form = Form()
    for number, sentence in enumerate(sentences(what), start=1):
        form, _ = form.take(extract(Heard(sentence, "problem", lang, utterance=number), on).values)
    return form


def sentences(what: str) -> list[str]:
    """A long story in pieces, as it would have been told in several breaths."""
    return [piece for piece in re.split(r"(?<=[。！？!?\n])|(?<=\.)\s", what) if piece.strip()][:60]
