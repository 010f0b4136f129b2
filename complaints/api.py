"""``/api/v1``: the same reception for other programs (app, social media, counter), by key.

Routes and document come from one table (``complaints.operations``); errors are ``application/problem+json`` in
the language of the request.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, Flask, Response, render_template, request
from flask_babel import gettext
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from agent_assist.live import number as masked
from complaints import operations as shapes
from complaints.evidence import Evidence, Piece
from complaints.filing import Filing
from complaints.keys import Key, Keys
from complaints.life import NotNow
from complaints.limits import EvidenceSettings
from complaints.operations import Operation
from complaints.reception import Case, Reception
from complaints.refusal import Refused
from hotline.repeats import Repeats

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
JSON_BYTES = 64 * 1024


class Told(Exception):
    """A refusal: HTTP status, a word for the sentence (``api.<word>``), and the fields that do not fit."""

    def __init__(self, status: int, word: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(word)
        self.status, self.word, self.fields = status, word, dict(fields or {})


@dataclass(frozen=True)
class Asked:
    """A request that was read: who asks, about which complaint, with what; ``source`` names it once and for all."""

    key: Key
    case: Case | None
    body: Any
    query: Any
    source: str


MAY = frozenset({"accept", "add", "escalate", "refer", "withdraw"})
"""What programs can do for a caller; what the regulator decides is recorded by agents."""


def api_blueprint(
    reception: Reception, keys: Keys, evidence: Evidence, repeats: Repeats, *, model: type[Filing],
    limits: EvidenceSettings, today: Callable[[], date], server: str,
) -> Blueprint:
    """The API; ``server`` is its public address, ``today`` the operator's day."""
    api = Blueprint("api", __name__, url_prefix=PREFIX, template_folder="templates")
    table = shapes.operations(model)
    limiter = MovingWindowRateLimiter(MemoryStorage())
    doing = _Doing(reception, evidence)

    @api.url_value_preprocessor
    def widen(endpoint: str | None, values: dict[str, Any] | None) -> None:
        upload = endpoint == "api.add_evidence"
        request.max_content_length = JSON_BYTES + (int(limits.file_mb * 1e6) if upload else 0)

    @api.get("/openapi.json")
    def openapi() -> dict[str, Any]:
        return shapes.document(model, today(), server + PREFIX)

    @api.get("", strict_slashes=False)
    def page() -> str:
        return render_template("api.html", operations=table, prefix=PREFIX, server=server)

    def key_of() -> Key:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        key = keys.check(text.strip()) if kind.lower() == "bearer" else None
        if key is None:  # counted nowhere: nobody guesses 256 bits
            raise Told(401, "key")
        if not limiter.hit(RateLimitItemPerMinute(key.per_minute), "key", key.id):
            raise Told(429, "busy")
        return key

    def serve(operation: Operation, number: str = "") -> Response:
        key = key_of()
        if operation.scope not in key.scopes and not (operation.scope == "read" and "read_all" in key.scopes):
            raise Told(403, "scope")
        case = None
        if operation.of_one:
            case = reception.case(number) if shapes.known(number) else None
            if case is None or not _mine(key)(case.source):
                raise Told(404, "unknown")
        query = _query(operation.query)
        if operation.upload:
            return once(operation, Asked(key, case, _upload(), query, ""), b"", "")
        if operation.body is None:
            return answer(operation, doing(operation, Asked(key, case, None, query, "")))
        raw = _json_bytes()
        given = request.headers.get("Idempotency-Key")
        if given is not None and not re.fullmatch(shapes.KEY, given):
            raise Told(422, "unfit", {"Idempotency-Key": gettext("api.header")})
        body = _read(operation.body, raw, today())
        token = hashlib.sha256(f"{key.id} {given or secrets.token_hex(16)}".encode()).hexdigest()[:32]
        return once(operation, Asked(key, case, body, query, f"{key.channel}-{key.id}-{token}"), raw, token if given else "")

    def once(operation: Operation, asked: Asked, raw: bytes, token: str) -> Response:
        """Do it, or answer as before when this key did it already; another body under the key is refused."""
        if not token:
            return done(operation, asked)
        print_ = hashlib.sha256(f"{operation.name} {request.path} ".encode() + raw).hexdigest()
        kept = f"api {asked.key.id} {token}"
        for _ in range(2):
            before = repeats.answer(kept)
            if before:
                found = json.loads(before)
                if found["print"] != print_:
                    raise Told(422, "other_body", {"Idempotency-Key": gettext("api.other_body")})
                return Response(found["body"], found["status"], found["headers"], content_type=found["type"])
            if repeats.claim(kept + " now"):
                break
        else:
            raise Told(409, "doing")
        try:
            given = done(operation, asked)
            headers = {name: given.headers[name] for name in ("ETag", "Location") if name in given.headers}
            text = {"print": print_, "status": given.status_code, "body": given.get_data(as_text=True), "headers": headers, "type": given.content_type}
            repeats.keep(kept, json.dumps(text))
        finally:
            repeats.release(kept + " now")
        return given

    def done(operation: Operation, asked: Asked) -> Response:
        wanted = request.headers.get("If-Match")
        if wanted is not None and asked.case is not None and 412 in operation.refused:
            if not re.fullmatch(shapes.MATCH, wanted):
                raise Told(422, "unfit", {"If-Match": gettext("api.header")})
            if wanted != _tag(doing.shown(asked.case)):
                raise Told(412, "changed")
        return answer(operation, doing(operation, asked))

    def answer(operation: Operation, given: BaseModel) -> Response:
        response = Response(given.model_dump_json(), operation.status, content_type="application/json")
        if isinstance(given, shapes.Complaint):
            response.headers["ETag"] = tag = _tag(given)
            if operation.method == "GET" and request.headers.get("If-None-Match") in (tag, "*"):
                return Response(status=304, headers={"ETag": tag})
            if operation.status == 201:
                response.headers["Location"] = f"{server}{PREFIX}/complaints/{given.number}"
        return response

    for operation in table:
        rule = re.sub(r"\{(\w+)\}", r"<\1>", operation.path)
        api.add_url_rule(
            rule, operation.name, _view(serve, operation), methods=[operation.method], provide_automatic_options=False
        )

    @api.errorhandler(Told)
    def told(refusal: Told) -> Response:
        return _problem(refusal.status, refusal.word, gettext(f"api.{refusal.word}"), refusal.fields)

    @api.errorhandler(NotNow)
    def not_now(refusal: NotNow) -> Response:
        return _problem(409, "not_now", gettext(f"not.{refusal.why}"))

    @api.errorhandler(Refused)
    def refused(refusal: Refused) -> Response:
        status = {"busy": 429, "full": 429, "unscanned": 429, "too_large": 413}.get(refusal.reason, 422)
        return _problem(status, "evidence", gettext(f"evidence.{refusal.reason}"))

    def other(error: HTTPException) -> Response:
        word = "large" if error.code == 413 else "unread"
        return _problem(413 if error.code == 413 else 400, word, gettext(f"api.{word}"))

    # By number: what the application registers by number comes before what a blueprint registers by class.
    for status in (400, 404, 408, 411, 413, 415):
        api.register_error_handler(status, other)

    @api.record_once
    def outside(state: Any) -> None:
        app: Flask = state.app

        @app.errorhandler(MethodNotAllowed)
        def method(error: MethodNotAllowed) -> Any:
            if not request.path.startswith(PREFIX + "/"):
                return error
            problem = _problem(405, "method", gettext("api.method"))
            problem.headers["Allow"] = ", ".join(error.valid_methods or ())
            return problem

    return api


class _Doing:
    """What each operation does, by its name."""

    def __init__(self, reception: Reception, evidence: Evidence) -> None:
        self._reception = reception
        self._evidence = evidence

    def __call__(self, operation: Operation, asked: Asked) -> BaseModel:
        return getattr(self, f"_{operation.name}")(asked)

    def shown(self, case: Case) -> shapes.Complaint:
        """A complaint as the API shows it."""
        fields = case.form.get("fields", {})
        phone, category = (fields.get(name, {}).get("value") for name in ("phone", "category"))
        return shapes.Complaint(
            number=case.number, state=case.state, level=case.level, filed_at=datetime.fromtimestamp(int(case.filed_at), UTC), due=case.due, appeal_until=case.appeal_until,
            category=category, phone=masked(str(phone)) if phone else None, may=sorted(case.may & MAY),  # type: ignore[arg-type]
            steps=[shapes.StepTaken(at=step.at, what=step.what, words=dict(step.words)) for step in case.steps],
            evidence=[_piece(piece) for piece in self._evidence.of(case.number)],
        )

    def _again(self, number: str) -> shapes.Complaint:
        case = self._reception.case(number)
        assert case is not None
        return self.shown(case)

    def _file(self, asked: Asked) -> shapes.Complaint:
        return self._again(self._reception.file(asked.body, source=asked.source))

    def _get(self, asked: Asked) -> shapes.Complaint:
        assert asked.case is not None
        return self.shown(asked.case)

    def _add_evidence(self, asked: Asked) -> shapes.Evidence:
        assert asked.case is not None
        upload = asked.body
        return _piece(
            self._reception.add(asked.case.number, upload.stream, upload.filename or "", channel=asked.key.channel, by=asked.key.name)
        )

    def _add_note(self, asked: Asked) -> shapes.NoteKept:
        assert asked.case is not None
        note = self._reception.note(asked.case.number, asked.body.text, by=asked.key.name)
        return shapes.NoteKept(id=note.id, at=note.at, text=note.text)

    def _act(self, asked: Asked, action: str) -> shapes.Complaint:
        assert asked.case is not None
        number = asked.case.number
        self._reception.act(number, action, source=asked.source, why=asked.body.why or "", by=asked.key.name)
        return self._again(number)

    def _escalate(self, asked: Asked) -> shapes.Complaint:
        return self._act(asked, "escalate")

    def _refer(self, asked: Asked) -> shapes.Complaint:
        return self._act(asked, "refer")

    def _accept(self, asked: Asked) -> shapes.Complaint:
        return self._act(asked, "accept")

    def _withdraw(self, asked: Asked) -> shapes.Complaint:
        return self._act(asked, "withdraw")

    def _changes(self, asked: Asked) -> shapes.Changes:
        found = self._reception.changes(asked.query.after, asked.query.limit, _mine(asked.key))
        listed = [shapes.Change(id=one.id, at=one.at, number=one.number, what=one.what) for one in found.changes]
        return shapes.Changes(changes=listed, next=found.next, more=found.more)


def _view(serve: Callable[..., Response], operation: Operation) -> Callable[..., Response]:
    return lambda **values: serve(operation, **values)


def _mine(key: Key) -> Callable[[str], bool]:
    """Whether this key may see a complaint, by its source."""
    return lambda source: "read_all" in key.scopes or source.startswith(f"{key.channel}-{key.id}-")


def _piece(piece: Piece) -> shapes.Evidence:
    return shapes.Evidence(
        id=piece.id, name=piece.name, kind=piece.kind, size=piece.size, sha256=piece.sha256,  # type: ignore[arg-type]
        added_at=datetime.fromtimestamp(int(piece.at), UTC),
    )


def _tag(given: BaseModel) -> str:
    return f'"{hashlib.sha256(given.model_dump_json().encode()).hexdigest()[:32]}"'


def _query(model: type[BaseModel] | None) -> Any:
    if model is None:
        return None
    lists = request.args.to_dict(flat=False)
    wrong = [name for name, values in lists.items() if len(values) > 1 or not re.fullmatch(r"-?[0-9]{1,25}", values[0])]
    if wrong:
        raise Told(422, "unfit", {wrong[0][:64]: gettext("api.whole_number")})
    try:
        return model.model_validate({name: int(values[0]) for name, values in lists.items()})
    except ValidationError as error:
        raise Told(422, "unfit", {str(one["loc"][0])[:64]: gettext("api.whole_number") for one in error.errors()}) from None


def _json_bytes() -> bytes:
    if request.mimetype != "application/json":
        raise Told(415, "json")
    return request.get_data(cache=False)


def _read(model: type[BaseModel], raw: bytes, today: date) -> BaseModel:
    try:
        return model.model_validate_json(raw, context={"today": today})
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
    if any(one["type"] == "json_invalid" for one in found):
        raise Told(400, "json")
    fields = {}
    for one in found:
        name = str(one["loc"][0])[:64] if one["loc"] else "body"
        if one["type"] == "extra_forbidden":
            fields[name] = gettext("api.extra")
        elif name in Filing.model_fields:
            fields[name] = gettext(f"wrong.{name}")
        else:
            fields[name] = gettext("api.shape")
    raise Told(422, "unfit", fields)


def _upload() -> Any:
    if request.mimetype != "multipart/form-data":
        raise Told(415, "multipart")
    uploads = request.files.getlist("file")
    if len(uploads) != 1 or len(request.files) != 1 or request.form:
        raise Told(422, "unfit", {"file": gettext("api.one_file")})
    return uploads[0]


def _problem(status: int, word: str, detail: str, fields: Mapping[str, str] | None = None) -> Response:
    shown = [shapes.Wrong(field=name.encode("utf-8", "replace").decode(), message=message) for name, message in (fields or {}).items()]
    title = shapes.WORDS.get(status, "Not allowed")
    body = shapes.Problem(type=f"{PREFIX}#{word}", title=title, status=status, detail=detail, fields=shown)
    response = Response(body.model_dump_json(), status, content_type=shapes.PROBLEM)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 429:
        response.headers["Retry-After"] = "60"
    return response
