"""The written channels, tied together: evidence, codes, web form, status page, API."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from complaints.api import api_blueprint
from complaints.codes import Codes
from complaints.complain import Choices, complain_blueprint
from complaints.drafts import Drafts
from complaints.evidence import Evidence
from complaints.filing import filing_model
from complaints.keys import Keys
from complaints.ledger import Ledger
from complaints.looking import looking_blueprint
from complaints.reception import Reception
from complaints.status import status_blueprint
from complaints.texts import Texts
from hotline.records import Records
from hotline.repeats import Repeats
from hotline.settings import Settings
from hotline.signin import signed_in
from ivr import wording
from ivr.callbacks import abroad
from ivr.rest import CarrierRest
from ivr.script import Script
from ivr.steps import Say
from ivr.terms import LANGS

BUSY = "240 per minute"
"""Requests to the callers' pages from one address."""


def open_channels(
    app: Flask, csrf: CSRFProtect, settings: Settings, records: Records, ledger: Ledger, texts: Texts, now: Callable[[], datetime],
) -> tuple[Reception, Evidence]:
    """Register the callers' pages and the API; the application is guarded already."""
    script = settings.script
    evidence = Evidence(records, settings.var / "evidence", settings.evidence)
    # A key of its own: what signs cookies is not what hides codes.
    secret = hashlib.sha256(b"codes\0" + app.secret_key).digest()  # type: ignore[operator]
    codes = Codes(records, secret, settings.web, wrong_tries=script.menu.wrong_tries_a_day)
    choices = choices_of(script)

    reception = Reception(
        records, evidence, ledger, rungs=[{lang: rung.of(lang) for lang in LANGS} for rung in script.escalation], texts=texts, now=now,
    )
    model = filing_model(list(choices.categories), list(choices.resolutions))
    app.register_blueprint(
        complain_blueprint(
            reception, Drafts(records), codes, evidence,
            model=model, choices=choices, limits=settings.evidence, today=reception.today, secure=settings.public_url.startswith("https:"),
        )
    )
    app.register_blueprint(
        status_blueprint(
            reception, codes, evidence, limits=settings.evidence,
            ladder=[{lang: rung.of(lang) for lang in LANGS} for rung in script.escalation],
            appeal={lang: script.prompts.of(lang)["regulator"] for lang in LANGS},
        )
    )
    api = api_blueprint(
        reception, Keys(records), evidence, Repeats(records), model=model, limits=settings.evidence, today=reception.today, server=settings.public_url
    )
    csrf.exempt(api)
    app.register_blueprint(api)
    app.register_blueprint(looking_blueprint(evidence, records, who=signed_in))
    for limiter in app.extensions["limiter"]:
        for name in ("complain", "status"):
            limiter.limit(BUSY)(app.blueprints[name])
    evidence.sweep()  # and from then on hourly, as files come
    return reception, evidence


def sender(script: Script, carrier: CarrierRest) -> Callable[[str, str, str, Mapping[str, str]], str]:
    """Puts a prompt (name, language, values) into a text message to a number, and returns the text."""

    def send(to: str, prompt: str, lang: str, values: Mapping[str, str]) -> str:
        text = wording.text(script, Say(prompt, tuple(values.items())), lang, spoken=False)
        carrier.sms(abroad(to), text)
        return text

    return send


def choices_of(script: Script) -> Choices:
    """The categories and wanted outcomes of this line."""
    wishes = script.questions["resolution"].choices
    return Choices(
        {name: {lang: label.of(lang) for lang in LANGS} for name, label in script.menu.categories.items()},
        {one.value: {lang: one.label.of(lang) for lang in LANGS} for one in wishes if one.value},
    )


def said_of(choices: Choices) -> dict[str, dict[str, str]]:
    """For category and resolution: how people call a value, in small letters → the value."""
    return {
        name: {said.casefold(): value for value, words in offered.items() for said in (value, *words.values())}
        for name, offered in (("category", choices.categories), ("resolution", choices.resolutions))
    }
