"""The API as a table: each operation with its shapes, from which both the routes and the OpenAPI document are made. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from complaints.filing import LONGEST, Filing, Text, days_until
from complaints.scopes import SCOPES

VERSION = "1.0.0"
NUMBER = r"^20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{4,6}$"
KEY = r"^[A-Za-z0-9_.:-]{1,64}$"
MATCH = r'^"[0-9a-f]{32}"$'
PROBLEM = "application/problem+json"
BIGGEST = 2**63 - 1


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Evidence(_Shape):
    """A file of a complaint."""

    id: int
    name: str = Field(description="shown name; the ending is that of its content")
    kind: Literal["jpeg", "png", "webp", "pdf", "wav", "mp3", "ogg", "m4a", "text"]
    size: int = Field(description="bytes, as kept")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the bytes as kept, without metadata")
    added_at: datetime


class StepTaken(_Shape):
    """Something that was done with a complaint."""

    at: datetime
    what: str = Field(description="the state that it came to: filed, in_progress, answered, accepted, escalated, regulator, closed or withdrawn")
    words: dict[str, str] = Field(description="what the caller is told of it, by language (zh, en)")


class Complaint(_Shape):
    """A complaint as its caller may see it."""

    number: str = Field(pattern=NUMBER)
    state: Literal["filed", "in_progress", "answered", "accepted", "escalated", "regulator", "closed", "withdrawn"]
    level: int = Field(ge=0, description="rung on the escalation ladder, 0 where it began")
    filed_at: datetime
    due: date | None = Field(description="day by which it is answered; null while no answer is owed")
    appeal_until: date = Field(description="last day of an appeal to the regulator: 5 months after what happened for fees, else 2 years")
    category: str | None
    phone: str | None = Field(description="the caller's number with its middle hidden")
    may: list[Literal["accept", "add", "escalate", "refer", "withdraw"]] = Field(description="what can be done with it now")
    steps: list[StepTaken]
    evidence: list[Evidence]


class Reason(_Shape):
    """Why a caller wants this."""

    why: Text | None = Field(default=None, description="in the caller's words")


class Note(_Shape):
    """Words that are added to a complaint."""

    text: Text = Field(description="at most %d characters" % LONGEST)


class NoteKept(_Shape):
    """A note as it was kept: numbers of persons are hidden in it."""

    id: int
    at: datetime
    text: str


class Change(_Shape):
    """Something that happened to a complaint."""

    id: int
    at: datetime
    number: str = Field(pattern=NUMBER)
    what: str


class Changes(_Shape):
    """Changes in the order in which they happened; ask again with ``after`` set to ``next``."""

    changes: list[Change]
    next: int
    more: bool


class Since(BaseModel):
    """Where to begin and how many at most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Annotated[int, Field(ge=0, le=BIGGEST)] = Field(default=0, description="id of the last change that is known")
    limit: Annotated[int, Field(ge=1, le=500)] = Field(default=100, description="changes at most")


class Wrong(_Shape):
    """A field that does not fit."""

    field: str
    message: str


class Problem(_Shape):
    """Why something was not done (RFC 9457), in words."""

    type: str
    title: str
    status: int
    detail: str
    fields: list[Wrong] = []


@dataclass(frozen=True)
class Operation:
    """One thing that another program may do: address, scope, shapes; ``refused`` are its other answers."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    scope: str
    says: tuple[str, str]
    answer: type[BaseModel]
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    upload: bool = False
    refused: tuple[int, ...] = ()

    @property
    def of_one(self) -> bool:
        """It is about one complaint."""
        return "{number}" in self.path


def operations(filing: type[Filing]) -> tuple[Operation, ...]:
    """All operations of a line whose complaints have this shape."""
    one = "/complaints/{number}"
    return (
        Operation("file", "POST", "/complaints", "file", ("提交投诉", "File a complaint"), Complaint, 201, body=filing, refused=(409,)),
        Operation("get", "GET", one, "read", ("查询投诉", "See a complaint"), Complaint, refused=(304, 404)),
        Operation("add_evidence", "POST", one + "/evidence", "add", ("补充证据", "Add a file"), Evidence, 201, upload=True, refused=(404, 409)),
        Operation("add_note", "POST", one + "/notes", "add", ("补充说明", "Add words"), NoteKept, 201, body=Note, refused=(404, 409)),
        Operation("escalate", "POST", one + "/escalation", "escalate", ("交给上一级", "Take it to the next level"), Complaint, body=Reason, refused=(404, 409, 412)),
        Operation("refer", "POST", one + "/referral", "escalate", ("转申诉受理中心", "Take it to the regulator"), Complaint, body=Reason, refused=(404, 409, 412)),
        Operation("accept", "POST", one + "/acceptance", "escalate", ("接受答复", "Accept the answer"), Complaint, body=Reason, refused=(404, 409, 412)),
        Operation("withdraw", "POST", one + "/withdrawal", "withdraw", ("撤销投诉", "Withdraw it"), Complaint, body=Reason, refused=(404, 409, 412)),
        Operation("changes", "GET", "/changes", "read", ("列出变化", "What happened since"), Changes, query=Since),
    )


WORDS = {
    304: "Nothing has changed", 400: "The request cannot be read", 401: "A key is needed", 403: "This key may not do this",
    404: "There is no such complaint for this key", 409: "This cannot be done now", 412: "The complaint has changed",
    413: "Too large", 415: "Another content type is needed", 422: "Something does not fit", 429: "Too many requests",
}
"""What each refusal says, in the document."""


def refusals(operation: Operation) -> tuple[int, ...]:
    """Every status besides the good one that this operation may answer with."""
    found = {400, 401, 403, 422, 429, *operation.refused}
    if operation.method == "POST":
        found |= {413, 415}
    return tuple(sorted(found))


def document(filing: type[Filing], today: date, server: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    table = operations(filing)
    sent = [(one.body, "validation") for one in table if one.body]
    got = [(shape, "serialization") for one in table for shape in (one.answer, Problem)]
    names, schema = models_json_schema([*sent, *got], ref_template="#/components/schemas/{model}")
    schemas = schema["$defs"]
    for option in schemas["Filing"]["properties"]["occurred"]["anyOf"]:
        if option.get("format") == "date":
            option["pattern"] = days_until(today)
    paths: dict[str, dict[str, Any]] = {}
    for one in table:
        paths.setdefault(one.path, {})[one.method.lower()] = _described(one, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hotline", "version": VERSION,
            "description": "Complaints filed and followed up by other programs. Keys are made with: python -m hotline key add NAME --channel app",
        },
        "servers": [{"url": server}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "; ".join(f"{name}: {does}" for name, does in SCOPES.items())}},
        },
    }


def _described(one: Operation, names: Any) -> dict[str, Any]:
    good: dict[str, Any] = {"description": one.says[1], "content": {"application/json": {"schema": names[(one.answer, "serialization")]}}}
    if one.answer is Complaint:
        good["headers"] = {"ETag": {"description": "for If-Match and If-None-Match", "schema": {"type": "string", "pattern": MATCH}}}
        good["links"] = {
            other: {"operationId": other, "parameters": {"number": "$response.body#/number"}}
            for other in ("get", "add_note", "escalate", "withdraw") if other != one.name
        }
    refused = {
        str(status): {"description": WORDS[status], "content": {PROBLEM: {"schema": names[(Problem, "serialization")]}}}
        for status in refusals(one)
    }
    for bare in ("304",):
        if bare in refused:
            refused[bare] = {"description": WORDS[int(bare)]}
    told: dict[str, Any] = {
        "operationId": one.name, "summary": one.says[1], "x-scope": one.scope, "parameters": list(_parameters(one)),
        "responses": {str(one.status): good, **refused},
    }
    if one.body:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": names[(one.body, "validation")]}}}
    if one.upload:
        shape = {"type": "object", "required": ["file"], "additionalProperties": False,
                 "properties": {"file": {"type": "string", "format": "binary", "description": "picture, PDF, sound or text; known by its content"}}}
        told["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": shape}}}
    return told


def _parameters(one: Operation) -> Iterator[dict[str, Any]]:
    if one.of_one:
        yield {"name": "number", "in": "path", "required": True, "schema": {"type": "string", "pattern": NUMBER}}
    if one.query:
        for name, schema in one.query.model_json_schema()["properties"].items():
            yield {"name": name, "in": "query", "description": schema.pop("description"), "schema": schema}
    if one.body:
        yield {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "pattern": KEY},
               "description": "the same key with the same body gets the same answer for a day"}
    if 412 in one.refused:
        yield {"name": "If-Match", "in": "header", "schema": {"type": "string", "pattern": MATCH},
               "description": "only if the complaint is still as it was seen"}


def known(number: str) -> bool:
    """Could this be a complaint's number?"""
    return re.fullmatch(NUMBER, number) is not None
