"""From what was typed into a form or a table to a ``Filing``: everything is text there. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from complaints.filing import Filing, phone_of

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_MONEY = re.compile(r"[¥￥]?\s*(\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?)\s*(?:元|块|CNY|RMB|yuan)?", re.IGNORECASE)


class Unfit(Exception):
    """What was typed is no complaint yet; ``fields`` are the names of the fields that are wrong, first ones first."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


def read(model: type[Filing], typed: Mapping[str, Any], lang: str, today: date) -> Filing:
    """The complaint that was typed. Raises ``Unfit``; the sentence for each field is ``wrong.<field>``."""
    values: dict[str, Any] = {"lang": lang}
    wrong: list[str] = []
    for name in ("what", "category", "phone", "name", "amount", "occurred", "location"):
        text = _plain(typed.get(name), name)
        if not text:
            continue
        try:
            values[name] = {"phone": phone_of, "amount": amount_of, "occurred": day_of}.get(name, str)(text)
        except ValueError:
            wrong.append(name)
    values["resolution"] = [one for one in typed.get("resolution") or [] if one]
    try:
        filing = model.model_validate(values, context={"today": today})
    except ValidationError as error:
        wrong += [str(one["loc"][0]) for one in error.errors(include_input=False, include_url=False)]
    if wrong:
        order = list(model.model_fields)
        raise Unfit(tuple(sorted(set(wrong), key=order.index)))
    return filing


def amount_of(text: str) -> float:
    """CNY as people write it: 50, ¥1,200.50, 30元. ``ValueError`` for anything else."""
    found = _MONEY.fullmatch(text)
    if found is None:
        raise ValueError("not an amount")
    return float(found[1].replace(",", ""))


def day_of(text: str) -> date:
    """A day as browsers and people write it: 2026-11-05, 2026/11/5, 2026年11月5日. ``ValueError`` for anything else."""
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError("not a day")
    return date(int(found[1]), int(found[2]), int(found[3]))


def _plain(value: Any, name: str) -> str:
    text = str(value or "").strip().replace("\r\n", "\n")
    # Full-width digits and signs of a Chinese keyboard are meant as the narrow ones.
    wide = name in ("phone", "amount", "occurred")
    return "".join(chr(ord(char) - 0xFEE0) if "！" <= char <= "～" else char for char in text) if wide else text
