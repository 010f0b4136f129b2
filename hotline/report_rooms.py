"""Figures about complaints and the question after they are closed, tied to the line."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import get_locale, gettext
from flask_wtf.csrf import CSRFProtect
from pypinyin import lazy_pinyin

from agent_assist.place import register
from complaints.reception import Reception
from complaints.reports import reports_blueprint
from complaints.satisfaction import Satisfaction
from hotline.records import Records
from hotline.repeats import Repeats
from hotline.settings import Settings
from hotline.texting import texting_blueprint
from ivr import wording
from ivr.script import Script
from ivr.signature import Signatures
from ivr.steps import Say


def open_reports(
    app: Flask, csrf: CSRFProtect, settings: Settings, records: Records, reception: Reception, signatures: Signatures
) -> Satisfaction:
    """``/reports`` and ``/sms``."""
    script, zone = settings.script, ZoneInfo(settings.line.timezone)
    satisfaction = Satisfaction(records, reception, now=time.time)
    texts = texting_blueprint(
        signatures, Repeats(records), take=satisfaction.replied, words=lambda prompt, lang: wording.text(script, Say(prompt), lang, spoken=False)
    )
    csrf.exempt(texts)
    app.register_blueprint(texts)
    app.register_blueprint(
        reports_blueprint(records, zone=zone, today=lambda: datetime.now(zone).date(), categories=lambda: categories(script, str(get_locale()), gettext), regions=lambda: regions(str(get_locale())))
    )
    return satisfaction


def categories(script: Script, lang: str, words: Callable[[str], str]) -> dict[str, str]:
    """Category → what the form calls it, else what the menu says."""
    return {name: (said if (said := words(f"value.{name}")) != f"value.{name}" else label.of(lang)) for name, label in script.menu.categories.items()}


def regions(lang: str) -> dict[str, str]:
    """Region code → name of the province."""
    provinces = [place for place in register() if place.level == 1]
    return {place.code[:2]: place.short if lang == "zh" else "".join(lazy_pinyin(place.short)).capitalize() for place in provinces}
