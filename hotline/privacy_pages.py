"""The supervisor's page for personal data: looks at hidden values, what was deleted, one person's export and erasure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from hotline.retention import Retention, SubjectError


def privacy_blueprint(retention: Retention, *, who: Callable[[], str], zone: str) -> Blueprint:
    """``/privacy``. Numbers come by POST, so that none is in an address."""
    pages = Blueprint("privacy", __name__, url_prefix="/privacy", template_folder="templates")

    def shown(status: int = 200, **more: Any) -> tuple[str, int]:
        at = ZoneInfo(zone)
        reveals = [{**one, "at": datetime.fromtimestamp(one["at"], at)} for one in retention.reveals()]
        entries = [{**one, "at": datetime.fromtimestamp(one["at"], at)} for one in retention.entries()]
        return render_template("privacy.html", reveals=reveals, entries=entries, **more), status

    @pages.get("", strict_slashes=False)
    def page() -> tuple[str, int]:
        return shown()

    @pages.get("/reveals.csv")
    def reveals() -> Response:
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(["at", "who", "field", "why", "call"])
        for one in retention.reveals(most=100_000):
            # A leading sign would make a table program calculate what somebody typed.
            why = "'" + one.get("why", "") if one.get("why", "")[:1] in "=+-@" and one.get("why") else one.get("why", "")
            writer.writerow([datetime.fromtimestamp(one["at"], ZoneInfo(zone)).isoformat(), one["who"], one["field"], why, one["call"]])
        headers = {"Content-Disposition": "attachment; filename=reveals.csv"}
        return Response("\ufeff" + file.getvalue(), mimetype="text/csv", headers=headers)

    @pages.post("/export")
    def export() -> Response | tuple[str, int]:
        try:
            found = retention.export(request.form.get("number", ""), who())
        except SubjectError as error:
            return shown(422, refusal=str(error))
        body = json.dumps(found, ensure_ascii=False, indent=1, default=str)
        headers = {"Content-Disposition": "attachment; filename=subject.json"}
        return Response(body, mimetype="application/json", headers=headers)

    @pages.post("/erase")
    def erase() -> tuple[str, int]:
        why = request.form.get("why", "").strip()
        if not why:
            return shown(422, refusal=gettext("privacy.why_needed"))
        try:
            report = retention.erase(request.form.get("number", ""), who(), why, force=request.form.get("force") == "yes")
        except SubjectError as error:
            return shown(422, refusal=str(error))
        return shown(done=report)

    return pages
