"""The line as a web application: every room of the house, tied together."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import requests
from flask import Flask, Response, redirect, render_template, request
from flask_babel import gettext
from flask_login import current_user
from twilio.base.exceptions import TwilioRestException
from werkzeug.middleware.proxy_fix import ProxyFix

from agent_assist.beside import beside_blueprint
from agent_assist.extract import warm
from agent_assist.listening import listening_blueprint
from audio import models
from audio.decoder import Pool
from audio.media import media_blueprint
from audio.recording import Recordings
from audio.session import Session
from complaints.clockwork import Clockwork
from complaints.ledger import Ledger
from complaints.texts import Texts
from hotline.access import HOMES
from hotline.board import Board
from hotline.case_rooms import open_cases
from hotline.channels import open_channels, sender
from hotline.desk_rooms import open_desk
from hotline.earlier import Earlier, settlement
from hotline.hall import furnish
from hotline.hub import Hub
from hotline.knowledge import Knowledge
from hotline.language import chosen
from hotline.planning import open_planner
from hotline.privacy_pages import privacy_blueprint
from hotline.records import Records
from hotline.repeats import Repeats
from hotline.report_rooms import open_reports
from hotline.retention import Retention
from hotline.roster import Roster
from hotline.secret import secret_key
from hotline.settings import Settings
from hotline.signin import guard, session_check, signed_in
from hotline.users import Users
from hotline.wallboard import wallboard_blueprint
from ivr.agent_ear import AgentEar
from ivr.floor import Floor
from ivr.flow import Flow
from ivr.leg_webhooks import leg_blueprint
from ivr.legs import Legs, LegUrls
from ivr.reaper import Reaper
from ivr.rest import CarrierRest
from ivr.signature import Signatures
from ivr.stream import Deaf, Stream
from ivr.terms import LANGS
from ivr.twiml import Urls, Voice
from ivr.webhooks import voice_blueprint

log = logging.getLogger(__name__)

# Requests to the carrier wait on the network, not on us.
CARRIER_THREADS = 16
WEBHOOK_LIMIT = 64 * 1024


class Gate:
    """Who may send audio: a handshake signature must be right if present, a token must be the call's own."""

    def __init__(self, flow: Flow, ear: AgentEar, signatures: Signatures) -> None:
        self._flow = flow
        self._ear = ear
        self._signatures = signatures

    def handshake_ok(self, signature: str | None) -> bool:
        """True unless a signature is there and wrong."""
        return self._signatures.handshake_ok(signature)

    def open(self, call_sid: str, token: str) -> Stream | None:
        """The call's stream, or None for an unknown call and a token that is not its own."""
        return self._flow.open(call_sid, token) or self._ear.open(call_sid, token)


def create_app(settings: Settings, *, local_carrier: bool) -> Flask:
    """The line for these settings; with ``local_carrier`` its pages are linked from here.

    Loads the speech models (``audio.models.ModelError`` when the Mandarin one is not there)
    and starts the decoder threads, so it is made in the process that serves.
    """
    app = Flask("hotline", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = WEBHOOK_LIMIT
    app.secret_key = secret_key(settings.var)
    if settings.web.proxies:
        # Only as many as there are: an entry more could be written by the caller himself.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.web.proxies, x_proto=0)  # type: ignore[method-assign]
    https = settings.public_url.startswith("https:")
    app.config["SESSION_COOKIE_SECURE"] = https
    app.config["SESSION_COOKIE_NAME"] = "__Host-hotline" if https else f"hotline-{settings.port}"
    hub = Hub()
    records = Records(settings.database_url, zone=settings.line.timezone, grew=hub.grew, due=settings.deadlines.due)
    pool = Pool()
    hears = tuple(lang for lang in LANGS if _loaded(lang))
    zone = ZoneInfo(settings.line.timezone)
    signatures = Signatures(settings.public_url, settings.auth_token)
    carrier = CarrierRest(settings.carrier_url, settings.account_sid, settings.auth_token, settings.line.number)
    background = ThreadPoolExecutor(CARRIER_THREADS, thread_name_prefix="carrier")
    urls = Urls(settings.public_url)
    leg_urls = LegUrls(settings.public_url)
    texts = Texts(records, send=sender(settings.script, carrier), background=background, now=time.time)
    floor = Floor(
        settings.script, Roster(records), records, carrier, leg_urls, texts=texts, now=time.time, background=background
    )

    def listen(lang: str, on_partial: Any, on_utterance: Any) -> Session:
        return Session(pool, lang, on_partial=on_partial, on_utterance=on_utterance)

    shelf = Knowledge(records, settings.desk.knowledge)
    shelf.refresh()
    clocks = replace(settings.deadlines, rules=tuple(shelf.rules))
    ledger = Ledger(records, clocks, ladder=len(settings.script.escalation), now=lambda: datetime.now(zone))
    recordings = Recordings(settings.var / "recordings")
    flow = Flow(
        Voice(settings.script, urls),
        records,
        hub,
        carrier,
        listen,
        earlier=Earlier(ledger),
        texts=texts,
        now=lambda: datetime.now(zone),
        background=background,
        hears=hears,
        floor=floor,
        tapes=recordings if settings.privacy.record else None,
    )
    app.register_blueprint(voice_blueprint(flow, signatures, Repeats(records)))
    ear = AgentEar(
        settings.script,
        records,
        hub,
        lambda lang, on_partial, on_utterance: listen(lang, on_partial, on_utterance) if lang in hears else Deaf(),
        caller_of=floor.talking,
        legs_of=floor.legs_with,
        fork=lambda leg, token: carrier.fork(leg, urls.media, token, urls.stream),
        now=time.time,
    )
    app.register_blueprint(leg_blueprint(flow, floor, Legs(settings.script, leg_urls), signatures, Repeats(records), ear))
    app.register_blueprint(media_blueprint(Gate(flow, ear, signatures)))
    script = settings.script
    users = Users(records, idle_s=settings.desk.idle_minutes * 60)
    furnish(app, name=settings.line.name, zone=settings.line.timezone, default=script.languages.default)
    csrf = guard(app, users)
    for signed in ("voice", "legs", "media"):
        csrf.exempt(app.blueprints[signed])
    reception, evidence = open_channels(app, csrf, settings, records, ledger, texts, lambda: datetime.now(zone))
    open_desk(
        app, script, records, hub, floor, users, zone=settings.line.timezone, amend=flow.amend,
        settle=settlement(records, reception, script.outcomes), reasons=settings.privacy.reasons,
    )
    app.register_blueprint(beside_blueprint(records, shelf, today=lambda: datetime.now(zone).date(), lang=chosen))
    app.register_blueprint(listening_blueprint(records, recordings, who=signed_in))
    retention = Retention(records, recordings, settings.privacy, key=secret_key(settings.var))
    app.register_blueprint(privacy_blueprint(retention, who=signed_in, zone=settings.line.timezone))
    open_cases(app, settings, records, reception, evidence, hub, users, retention, lambda: datetime.now(zone))
    retention.watch()
    board = Board(records, settings.wallboard, zone=settings.line.timezone, agents=floor.agents, now=time.time)
    board.watch(hub)
    satisfaction = open_reports(app, csrf, settings, records, reception, signatures)
    reception.settled = satisfaction.ask
    Clockwork(records, ledger, now=lambda: datetime.now(zone), alert=board.breached, settled=satisfaction.ask).start()
    texts.watch()
    today = open_planner(app, settings, records, board)
    app.register_blueprint(
        wallboard_blueprint(
            board, hub, who=signed_in, open_session=lambda: session_check(users),
            ahead=today.ahead, reasons=lambda: {one.name: getattr(one, chosen()) for one in script.breaks},
        )  # fmt: skip
    )

    def goes_on(sid: str) -> None:
        flow.listen_again(sid)
        ear.listen_again(sid, flow.language(sid))

    Reaper(flow, records.calls_in_progress, carrier.status, goes_on).start()
    floor.start()

    @app.get("/health")
    def health() -> dict[str, object]:
        return {"ok": True, "hears": list(hears)}

    @app.get("/")
    def home() -> Response:
        return redirect(HOMES[current_user.role])

    if local_carrier:
        port = settings.carrier_url.rpartition(":")[2]

        @app.get("/phone")
        def phone() -> Response:
            # The page must come from where its socket goes, on whatever name this machine was reached by.
            host = request.host.rpartition(":")[0] or request.host
            return redirect(f"{request.scheme}://{host}:{port}{request.path}")

        @app.get("/outbox")
        def outbox() -> str | tuple[str, int]:
            try:
                messages = carrier.messages()
            except (requests.RequestException, TwilioRestException):
                return render_template("refused.html", text=gettext("outbox_away")), 503
            return render_template("outbox.html", messages=messages)

    return app


def _loaded(lang: str) -> bool:
    """Load the words and the model of a language; Mandarin must be there, others may be absent."""
    warm(lang)
    try:
        models.load(lang)
    except models.ModelError as error:
        if lang == "zh":
            raise
        log.warning("%s is not heard, keys do the work: %s", lang, str(error).splitlines()[0])
        return False
    return True
