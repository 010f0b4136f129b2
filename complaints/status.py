"""``/status``: a caller follows a complaint up, with its number and a code sent to the phone on it.

Whether a number exists is never told: what fits no complaint is answered in the same words and the same time,
and leads to a code that nobody gets. Neither number nor phone stands in an address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale, gettext

from complaints.codes import FOLLOW, CodeError, Codes
from complaints.evidence import Evidence
from complaints.filing import phone_of
from complaints.limits import EvidenceSettings
from complaints.life import NotNow
from complaints.reception import Reception
from complaints.refusal import Refused

FORM_BYTES = 64 * 1024
ACTIONS = ("accept", "escalate", "refer", "withdraw")
LONGEST_WHY = 400


def status_blueprint(
    reception: Reception, codes: Codes, evidence: Evidence, *, limits: EvidenceSettings,
    ladder: Sequence[Mapping[str, str]],
    appeal: Mapping[str, str],
) -> Blueprint:
    """The status page; ``ladder`` names the levels of escalation by language, ``appeal`` what is above them."""
    status = Blueprint("status", __name__, url_prefix="/status", template_folder="templates")
    largest = int(min(limits.complaint_mb, 5 * limits.file_mb) * 1e6) + FORM_BYTES

    @status.url_value_preprocessor
    def widen(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if request.method == "POST" and endpoint == "status.act":
            request.max_content_length = largest

    @status.get("", strict_slashes=False)
    def form() -> str:
        return render_template("follow.html", number="")

    @status.post("", strict_slashes=False)
    def ask() -> Response | tuple[str, int]:
        number = phone_of(request.form.get("number", "")[:64])
        tail = phone_of(request.form.get("tail", "")[:64])
        if not re.fullmatch(r"\d{12,14}", number) or not re.fullmatch(r"\d{4,11}", tail):
            flash(gettext("status.form_wrong"))
            return render_template("follow.html", number=number), 422
        phone = reception.phone_of(number)
        fits = phone is not None and phone.endswith(tail)
        try:
            asked = codes.to_follow(number, phone if fits else None, request.remote_addr or "", reception.code_to(phone, str(get_locale())))
        except CodeError as error:
            flash(gettext(f"status.{error.reason}"))
            return render_template("follow.html", number=number), 429
        reception.texts.go()
        session["follow"] = asked.token
        return redirect(url_for("status.code"), 303)

    @status.get("/code")
    def code() -> str | Response:
        return render_template("code.html") if session.get("follow") else redirect(url_for("status.form"))

    @status.post("/code")
    def enter() -> Response:
        token = session.get("follow", "")
        try:
            number = codes.answer(token, FOLLOW, request.form.get("code", "")[:40])
        except CodeError as error:
            flash(gettext(f"code.{error.reason}"))
            return redirect(url_for("status.code" if error.reason == "wrong" else "status.form"), 303)
        reception.looked_at(number)
        session.pop("follow", None)
        session["visit"] = token
        return redirect(url_for("status.case"), 303)

    def opened() -> str:
        number = codes.opened(session.get("visit", ""), FOLLOW)
        if number is None:
            flash(gettext("status.over"))
            abort(redirect(url_for("status.form"), 303))
        return number

    @status.get("/case")
    def case() -> str:
        asked = opened()
        number = reception.leading(asked)
        return render_template(
            "case.html", asked=asked, case=reception.case(number), files=evidence.of(number), limits=limits, ladder=ladder, appeal=appeal
        )

    @status.post("/case")
    def act() -> Response:
        number, do = reception.leading(opened()), request.form.get("do", "")
        if do == "leave":
            codes.close(session.pop("visit", ""))
            return redirect(url_for("status.form"), 303)
        if do == "add":
            for upload in request.files.getlist("evidence"):
                if upload.filename:
                    add(number, upload)
        elif do in ACTIONS:
            if do == "withdraw" and request.form.get("sure") != "yes":
                flash(gettext("status.sure"))
                return redirect(url_for("status.case"), 303)
            try:
                reception.act(
                    number, do, source=f"web-{request.form.get('once', '')[:40]}-{number}", lang=str(get_locale()),
                    why=request.form.get("why", "")[:LONGEST_WHY],
                )
                flash(gettext(f"status.done.{do}"))
            except NotNow as refused:
                flash(gettext(f"not.{refused.why}"))
        else:
            abort(400)
        return redirect(url_for("status.case"), 303)

    def add(number: str, upload: Any) -> None:
        try:
            reception.add(number, upload.stream, upload.filename, channel="web")
            flash(gettext("status.done.add"))
        except NotNow as refused:
            flash(gettext(f"not.{refused.why}"))
        except Refused as refused:
            flash(gettext(f"evidence.{refused.reason}"))

    return status
