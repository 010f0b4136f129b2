"""``/complain``: the web form of the callers. No account; a code by SMS confirms the phone; nothing needs a script.

Every post keeps the draft first and answers with a redirect, so a reload neither loses nor repeats anything.
The address never says who is asking: the draft is named by a cookie, the number by the visit that filing opens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, session, url_for
from flask_babel import get_locale, gettext

from agent_assist.live import number as masked
from complaints.codes import FILE, FOLLOW, CodeError, Codes
from complaints.drafts import KEPT_S, Draft, Drafts, DraftsFull, tidy
from complaints.evidence import DRAFT, Evidence
from complaints.filing import Filing, suggest
from complaints.limits import EvidenceSettings
from complaints.reading import Unfit, read
from complaints.reception import Reception
from complaints.refusal import Refused

COOKIE = "complaint-draft"
TRAP = "website"
"""A field that people do not see; what fills it is no person."""
FORM_BYTES = 64 * 1024


@dataclass(frozen=True)
class Choices:
    """What can be chosen: value → words by language; the first are offered first."""

    categories: Mapping[str, Mapping[str, str]]
    resolutions: Mapping[str, Mapping[str, str]]


def complain_blueprint(
    reception: Reception,
    drafts: Drafts,
    codes: Codes,
    evidence: Evidence,
    *,
    model: type[Filing],
    choices: Choices,
    limits: EvidenceSettings,
    today: Callable[[], date],
    secure: bool = False,
) -> Blueprint:
    """The form; ``today`` is the operator's day, ``secure`` says that the line is reached by https."""
    complain = Blueprint(
        "complain", __name__, url_prefix="/complain",
        template_folder="templates", static_folder="static", static_url_path="/static",
    )
    largest = int(min(limits.complaint_mb, 5 * limits.file_mb) * 1e6) + FORM_BYTES

    @complain.url_value_preprocessor
    def widen(endpoint: str | None, values: dict[str, Any] | None) -> None:
        # Before anything reads the form, the check for forged posts included.
        if request.method == "POST" and endpoint in ("complain.keep", "complain.attach"):
            request.max_content_length = largest

    @complain.after_request
    def remember(response: Response) -> Response:
        if token := g.pop("draft_token", None):
            response.set_cookie(
                COOKIE, token, max_age=KEPT_S, path="/complain", httponly=True, samesite="Lax", secure=secure
            )
        return response

    def current() -> tuple[str, Draft]:
        """This browser's draft, begun where there is none."""
        token = request.cookies.get(COOKIE, "")
        found = drafts.draft(token) if token else None
        if found is None:
            try:
                token, found = drafts.begin()
            except DraftsFull:
                abort(429)
            g.draft_token = token
        return token, found

    def page(draft: Draft, data: Mapping[str, Any], wrong: Sequence[str] = (), status: int = 200) -> tuple[str, int]:
        lang = str(get_locale())
        said = suggest(data.get("what", ""), lang, today())
        return (
            render_template(
                "complain.html", data=data, wrong=wrong, files=evidence.of(draft.name), choices=choices, said=said,
                today=today().isoformat(), trap=TRAP, file_mb=limits.file_mb, most=limits.files,
            ),
            status,
        )

    @complain.get("", strict_slashes=False)
    def form() -> tuple[str, int]:
        token = request.cookies.get(COOKIE, "")
        draft = (drafts.draft(token) if token else None) or Draft("", {})
        return page(draft, draft.data)

    @complain.post("", strict_slashes=False)
    def keep() -> Response | tuple[str, int]:
        token, draft = current()
        typed = request.form.to_dict() | {"resolution": request.form.getlist("resolution")}
        drafts.save(token, typed)
        for upload in request.files.getlist("evidence"):
            if upload.filename:
                _add(evidence, draft, upload)
        do = request.form.get("do", "send")
        if do.startswith("remove-") and do[7:].isdecimal() and len(do) < 20:
            evidence.remove(draft.name, int(do[7:]))
        if do != "send":
            return redirect(url_for("complain.form") + ("#files" if do != "save" else ""), 303)
        if request.form.get(TRAP):
            return redirect(url_for("complain.form"), 303)
        return send(draft, tidy(typed))

    def send(draft: Draft, data: Mapping[str, Any]) -> Response | tuple[str, int]:
        lang = str(get_locale())
        try:
            filing = read(model, data, lang, today())
        except Unfit as unfit:
            return page(draft, data, unfit.fields, 422)
        try:
            asked = codes.to_file(draft.name, filing.phone, request.remote_addr or "", reception.code_to(filing.phone, lang))
        except CodeError as error:
            if error.reason == "too_soon" and session.get("code") and session.get("code_for") == draft.name:
                return redirect(url_for("complain.confirm"), 303)
            flash(gettext(f"code.{error.reason}"))
            return page(draft, data, (), 429)
        reception.texts.go()
        session["code"], session["code_for"] = asked.token, draft.name
        return redirect(url_for("complain.confirm"), 303)

    @complain.post("/draft")
    def save() -> dict[str, Any]:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            abort(400)
        token, _ = current()
        drafts.save(token, body)
        what = body.get("what")
        return {"said": suggest(what[:4000], str(get_locale()), today()) if isinstance(what, str) else {}}

    @complain.post("/evidence")
    def attach() -> tuple[dict[str, Any], int]:
        token, draft = current()
        upload = request.files.get("evidence")
        if upload is None:
            abort(400)
        try:
            piece = evidence.add(draft.name, upload.stream, upload.filename or "", channel="web")
        except Refused as refused:
            return {"error": gettext(f"evidence.{refused.reason}")}, 422
        return {"id": piece.id, "name": piece.name, "size": piece.size, "kind": piece.kind}, 201

    @complain.get("/confirm")
    def confirm() -> str | Response:
        found = confirming()
        if found is None:
            return redirect(url_for("complain.form"))
        _, draft, filing = found
        return render_template(
            "confirm.html", filing=filing, phone=masked(filing.phone), files=evidence.of(draft.name), choices=choices
        )

    @complain.post("/confirm")
    def file() -> Response:
        found = confirming()
        if found is None:
            # Sent twice: what the first has filed is shown.
            return redirect(url_for("complain.done" if session.get("visit") else "complain.form"), 303)
        token, draft, filing = found
        if request.form.get("do") == "again":
            try:
                asked = codes.to_file(draft.name, filing.phone, request.remote_addr or "", reception.code_to(filing.phone, filing.lang))
            except CodeError as error:
                flash(gettext(f"code.{error.reason}"))
            else:
                reception.texts.go()
                session["code"], session["code_for"] = asked.token, draft.name
                flash(gettext("code.sent_again"))
            return redirect(url_for("complain.confirm"), 303)
        try:
            # For this phone: one that was changed after the code was sent needs a code of its own.
            codes.answer(session.get("code", ""), FILE, request.form.get("code", "")[:40], filing.phone)
        except CodeError as error:
            flash(gettext(f"code.{error.reason}"))
            return redirect(url_for("complain.confirm"), 303)
        number = reception.file(filing, source=f"web-{draft.name.removeprefix(DRAFT)}", evidence_of=draft.name)
        drafts.end(token)
        session.pop("code", None)
        session["visit"] = codes.admit(number)
        return redirect(url_for("complain.done"), 303)

    def confirming() -> tuple[str, Draft, Filing] | None:
        token = request.cookies.get(COOKIE, "")
        draft = drafts.draft(token) if token else None
        if draft is None or session.get("code_for") != draft.name:
            return None
        try:
            return token, draft, read(model, draft.data, str(get_locale()), today())
        except Unfit:
            return None

    @complain.get("/done")
    def done() -> str | Response:
        number = codes.opened(session.get("visit", ""), FOLLOW)
        case = reception.case(number) if number else None
        if case is None:
            return redirect(url_for("complain.form"))
        return render_template("filed.html", case=case)

    return complain


def _add(evidence: Evidence, draft: Draft, upload: Any) -> None:
    try:
        evidence.add(draft.name, upload.stream, upload.filename, channel="web")
    except Refused as refused:
        flash(gettext(f"evidence.{refused.reason}"))
