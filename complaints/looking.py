"""Evidence for agents: listed, looked at as a picture made anew, or taken as a file; each look is on record.

The file itself is never shown in a page: it comes as a download that a browser may neither guess the kind of nor run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

from flask import Blueprint, Response, abort

from complaints.evidence import Evidence, Piece
from complaints.filekind import KINDS, PICTURES


class Log(Protocol):
    """Where looks are written down (``hotline.records.Records``)."""

    def append(self, call_id: str, *events: tuple[str, dict[str, Any]]) -> Any: ...


def looking_blueprint(evidence: Evidence, log: Log, *, who: Callable[[], str]) -> Blueprint:
    """``/evidence``: ``who`` names the user who looks."""
    looking = Blueprint("evidence", __name__, url_prefix="/evidence")

    def seen(piece_id: int) -> Piece:
        piece = evidence.piece(piece_id) if piece_id < 2**63 else None
        if piece is None or not piece.owner.isdecimal():
            abort(404)  # a draft is nobody's business but its caller's
        # Written down before it is shown: a look that is not on record does not happen.
        log.append(f"evidence-{piece.id}", ("evidence_seen", {"number": piece.owner, "evidence": piece.id, "who": who()}))
        return piece

    @looking.get("/of/<number>")
    def listed(number: str) -> dict[str, Any]:
        found = evidence.of(number) if number.isdecimal() and len(number) <= 32 else []
        shown = [
            {"id": one.id, "name": one.name, "kind": one.kind, "size": one.size, "at": one.at, "channel": one.channel,
             "by": one.by, "picture": one.kind in PICTURES}
            for one in found
        ]
        return {"files": shown}

    @looking.get("/<int:piece_id>")
    def file(piece_id: int) -> Response:
        piece = seen(piece_id)
        answer = Response(evidence.path(piece).read_bytes(), content_type=KINDS[piece.kind][0])
        answer.headers["Content-Disposition"] = f"attachment; filename=\"evidence{KINDS[piece.kind][1]}\"; filename*=UTF-8''{quote(piece.name)}"
        answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    @looking.get("/<int:piece_id>/preview.jpg")
    def preview(piece_id: int) -> Response:
        piece = seen(piece_id)
        picture = evidence.preview(piece)
        if picture is None:
            abort(404)
        return Response(picture, content_type="image/jpeg")

    return looking
