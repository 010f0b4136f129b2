"""The agents' pages of complaints put together: lists, the page of one, tasks, templates, and the index of words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask
from flask_babel import gettext
from flask_login import current_user

from complaints.answers import Answers
from complaints.case_page import case_blueprint
from complaints.cases import Offered, cases_blueprint
from complaints.evidence import Evidence
from complaints.find import Finder
from complaints.life import STATES
from complaints.reception import Reception
from complaints.saved_lists import SavedLists
from complaints.tasks import Tasks
from complaints.words import Words
from hotline.access import SUPERVISORS
from hotline.hub import Hub
from hotline.language import chosen
from hotline.records import WRITTEN, Records
from hotline.retention import Retention
from hotline.settings import Settings
from hotline.signin import session_check, signed_in
from hotline.users import Users
from ivr.terms import LANGS


def open_cases(
    app: Flask, settings: Settings, records: Records, reception: Reception, evidence: Evidence, hub: Hub, users: Users, retention: Retention,
    now: Callable[[], datetime],
) -> None:
    """Register ``/cases``; ``now`` is in the operator's zone."""
    script = settings.script
    words = Words(records)
    departments = {one.name: {"zh": one.zh, "en": one.en} for one in settings.cases.departments}
    offered = Offered(
        states=STATES[1:],
        categories={name: {lang: label.of(lang) for lang in LANGS} for name, label in script.menu.categories.items()},
        channels=("phone", *WRITTEN),
        departments=departments,
        ladder=reception.rungs,
        reasons=settings.privacy.reasons,
    )
    soon = max(settings.clocks.warn_days, default=1)

    def exported(who: str, why: str, complaints: int) -> None:
        retention.note(who, "phones", why, {"complaints": complaints})

    app.register_blueprint(
        cases_blueprint(
            records, Finder(records, words), SavedLists(records), hub, offered=offered, soon_days=soon, now=now, who=signed_in,
            words=gettext, lang=chosen, may_reveal=lambda: current_user.role in SUPERVISORS, exported=exported,
            open_session=lambda: session_check(users),
        )
    )
    app.register_blueprint(
        case_blueprint(
            records, reception, evidence, Tasks(records, departments), Answers(settings.cases.answers), offered=offered,
            limits=settings.evidence, soon_days=soon, now=now, who=signed_in, words=gettext, lang=chosen,
        )
    )
    words.watch(hub)
