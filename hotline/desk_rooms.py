"""The agent's desk put together: its page and stream, the hand on the form, work with the caller, wrap-up."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import gettext

from agent_assist.agents import agents_blueprint
from agent_assist.amendments import amendments_blueprint
from agent_assist.desk import desk_blueprint
from agent_assist.privacy import mask
from agent_assist.wrapup import wrapup_blueprint
from hotline.drafts import Drafts
from hotline.hub import Hub
from hotline.language import chosen
from hotline.proposals import Proposals
from hotline.records import Records
from hotline.signin import may_speak_for, session_check, signed_in
from hotline.users import Users
from ivr.floor import Floor
from ivr.script import Script
from ivr.work import Work


def open_desk(
    app: Flask,
    script: Script,
    records: Records,
    hub: Hub,
    floor: Floor,
    users: Users,
    *,
    zone: str,
    amend: Callable[[str, str, dict[str, Any]], None],
    settle: Callable[[str, str, str], None],
    reasons: dict[str, list[str]] | None = None,
) -> None:
    """Register the desk's rooms. ``amend(call, kind, data)`` changes a form; deadlines are days in ``zone``;
    ``settle(agent, call, outcome)`` does with the complaint what the outcome of a wrap-up means;
    ``reasons``, by language, are offered to whoever looks at a hidden value.
    """
    place = ZoneInfo(zone)
    work, drafts = Work(floor, records, now=time.time), Drafts(records)
    rooms = [
        desk_blueprint(
            records, hub, hints=script.hints(), choices=script.choices(), reasons=reasons, who=signed_in,
            open_session=lambda: session_check(users),
        ),
        amendments_blueprint(
            records, amend=amend, who=signed_in, today=lambda: datetime.now(place).date(), words=gettext
        ),
        agents_blueprint(
            floor, work, now=time.time, who=signed_in, words=gettext, hide=mask, unsaved=drafts.unsaved,
            may_set=may_speak_for,
        ),
        wrapup_blueprint(
            records, drafts, outcomes=[one.name for one in script.outcomes],
            propose=Proposals(records, script, lang=chosen, words=gettext),
            ended=work.wrapped, settle=settle, who=signed_in, words=gettext,
        ),
    ]  # fmt: skip
    for room in rooms:
        app.register_blueprint(room)
