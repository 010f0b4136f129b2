"""The summary of a call that is proposed to its agent: the form in sentences, without anybody's number. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agent_assist.form import Form
from agent_assist.privacy import mask

TOLD = ("amount", "occurred", "location", "evidence", "resolution")
"""Fields that follow what happened, in this order; who called stands on the form and not here."""

_DAYS = {"mon": "一", "tue": "二", "wed": "三", "thu": "四", "fri": "五", "sat": "六", "sun": "日"}
_UNITS = {"days": "天", "weeks": "周", "months": "个月"}
_ENGLISH_DAYS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
    "sun": "Sunday",
}  # fmt: skip


def propose(form: Form, lang: str, words: Callable[[str], str], category: str = "") -> str:
    """One paragraph in ``lang`` (zh, en): category, what happened, what else is known, what is wanted.

    ``words`` says a key (``field.amount``, ``value.refund``) in that language and gives an unknown key back;
    ``category`` is the category's name. '' for an empty form. Numbers of persons are masked.
    """
    zh = lang == "zh"
    happened = " ".join((form.description or "").split()).rstrip("。.;；,，")
    first = ("：" if zh else ": ").join(part for part in (category, happened) if part)
    parts = [first] if first else []
    for name in TOLD:
        value = form.get(name)
        if value in (None, "", []):
            continue
        parts.append(f"{words(f'field.{name}')}{'：' if zh else ': '}{_said(name, value, zh, words)}")
    if not parts:
        return ""
    return mask(("；" if zh else "; ").join(parts) + ("。" if zh else "."))


def _said(name: str, value: Any, zh: bool, words: Callable[[str], str]) -> str:
    if isinstance(value, list | tuple):
        return ("、" if zh else ", ").join(_said(name, one, zh, words) for one in value)
    if name == "amount":
        return f"¥{value:g}" if isinstance(value, int | float) else f"¥{value}"
    if isinstance(value, dict):
        return " ".join(_said(name, one, zh, words) for one in value.values() if one)
    known = words(f"value.{value}")
    if known != f"value.{value}":
        return known
    return _moment(str(value), zh) if name == "occurred" else str(value)


def _moment(name: str, zh: bool) -> str:
    """A time as the form names it (``last_wed``, ``3_days_ago``, ``10-3``) as a person says it."""
    if day := re.fullmatch(r"(last|this)_(mon|tue|wed|thu|fri|sat|sun)", name):
        if zh:
            return ("上周" if day[1] == "last" else "本周") + _DAYS[day[2]]
        return f"{day[1]} {_ENGLISH_DAYS[day[2]]}"
    if ago := re.fullmatch(r"(\d+)_(days|weeks|months)_ago", name):
        return f"{ago[1]}{_UNITS[ago[2]]}前" if zh else f"{ago[1]} {ago[2]} ago"
    if (date := re.fullmatch(r"(?:(\d{4})-)?(\d{1,2})(?:-(\d{1,2}))?", name)) and zh:
        year = f"{date[1]}年" if date[1] else ""
        return f"{year}{int(date[2])}月" + (f"{int(date[3])}日" if date[3] else "")
    return name
