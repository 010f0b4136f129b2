"""What an agent may write into a field: each kind of value checked, refused in the agent's words."""

from __future__ import annotations

import datetime
import re
import unicodedata
from typing import Any

from agent_assist.form import FIELDS, Heard
from agent_assist.line import Line
from agent_assist.numberplan import is_complaint_number, is_id_number, is_phone
from agent_assist.occurred import occurred, resolve

CHOICES: dict[str, tuple[str, ...]] = {
    "category": (
        "billing_anomaly", "wrong_charge", "plan_change", "misleading_tariff", "service_outage", "slow_network",
        "service_quality",
    ),
    "evidence": ("sms", "bill", "screenshot", "call_record", "contract"),
    "resolution": ("refund", "compensation", "restore_plan", "cancel", "repair", "apology", "explanation"),
}
"""Fields whose values are chosen: the first is one of them, the others are several."""

LARGEST_AMOUNT = 10_000_000
LONGEST_TEXT = 80


class EditError(ValueError):
    """The value does not fit the field; ``args[0]`` is the key of the words that say why (``edit.…``)."""


def checked(field: str, given: Any, on: datetime.date) -> Any:
    """The value that ``given`` (as typed or chosen) stands for. ``on``: today. Raises ``EditError``.

    ``KeyError`` for a field that does not exist.
    """
    if field not in FIELDS:
        raise KeyError(field)
    if field == "category":
        return _one_of(field, given)
    if field in CHOICES:
        if not isinstance(given, list) or not given:
            raise EditError("edit.choose")
        return list(dict.fromkeys(_one_of(field, one) for one in given))
    text = _text(given)
    if field == "amount":
        return _amount(text)
    if field == "occurred":
        return _occurred(text, on)
    if field == "phone":
        return _fits(_digits(text), is_phone, "edit.phone")
    if field == "id_number":
        return _fits(_digits(text).upper(), is_id_number, "edit.id_number")
    if field == "complaint_number":
        return _fits(_digits(text), lambda number: is_complaint_number(number, on), "edit.complaint_number")
    return text


def _one_of(field: str, given: Any) -> str:
    if not isinstance(given, str) or given not in CHOICES[field]:
        raise EditError("edit.choose")
    return given


def _text(given: Any) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise EditError("edit.empty")
    text = " ".join(unicodedata.normalize("NFKC", str(given)).split())
    if not text:
        raise EditError("edit.empty")
    # Control and unpaired surrogate characters come from pasting, not from typing.
    if len(text) > LONGEST_TEXT or any(unicodedata.category(char) in ("Cc", "Cs", "Cn", "Co") for char in text):
        raise EditError("edit.text")
    return text


def _digits(text: str) -> str:
    """Without what people write between digits; the country code of a mainland number is left out."""
    plain = re.sub(r"[\s\-().]", "", text)
    return re.sub(r"^(?:\+|00)86(?=\d{5,})", "", plain)


def _fits(value: str, fits: Any, why: str) -> str:
    if not value.isascii() or not fits(value):
        raise EditError(why)
    return value


def _amount(text: str) -> int | float:
    plain = re.sub(r"^(?:[¥￥]|CNY|RMB)\s*|\s*(?:元|块|块钱|圆|yuan|CNY|RMB)$", "", text, flags=re.IGNORECASE)
    if not re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,8}(?:\.\d{1,2})?", plain):
        raise EditError("edit.amount")
    amount = float(plain.replace(",", ""))
    if not 0 < amount <= LARGEST_AMOUNT:
        raise EditError("edit.amount")
    return int(amount) if amount.is_integer() else amount


def _occurred(text: str, on: datetime.date) -> str:
    """A day or a time as the form names it: a date, or words as a caller says them."""
    dated = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?", text)
    if dated:
        year, month, day = (int(part) if part else None for part in dated.groups())
        try:
            when = datetime.date(year or 0, month or 0, day or 1)
        except ValueError:
            raise EditError("edit.occurred") from None
        if not on.year - 10 <= when.year or when > on:
            raise EditError("edit.occurred_future" if when > on else "edit.occurred")
        return f"{when.year}-{when.month}-{when.day}" if day else f"{when.year}-{when.month}"
    named = text.lower().replace(" ", "_")
    if re.fullmatch(r"[a-z0-9_-]+", named) and (span := resolve(named, on)) is not None and span[0] <= on:
        return named
    for lang in ("zh", "en"):
        found = occurred(Line(Heard(text, ask="occurred", lang=lang)), on)
        if found is not None:
            return str(found.value)
    raise EditError("edit.occurred")
