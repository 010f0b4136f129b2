"""What lies beside a call on the desk: articles, the rule with its deadline, the caller's earlier complaints."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Blueprint, abort, request

from agent_assist import live
from agent_assist.amendments import held_value
from agent_assist.articles import Article, Rule, appeal_until, limit_of, nodes
from agent_assist.live import LogEvent

NEWEST = 6
"""Utterances of a call that are searched with."""
LONGEST_QUERY = 200


class Shelf(Protocol):
    """The articles (``hotline.knowledge.Knowledge``)."""

    rules: list[Rule]

    def search(self, query: str, lang: str, *, category: str = ..., limit: int = ...) -> list[Article]: ...
    def article(self, name: str, lang: str) -> Article | None: ...


class Records(Protocol):
    """What is needed of the records (``hotline.records.Records``)."""

    def events(self, call_id: str) -> Sequence[LogEvent]: ...
    def complaints_of(self, *numbers: str, limit: int = ...) -> Sequence[Any]: ...
    def complaint_of_call(self, call_id: str) -> Any: ...


@dataclass(frozen=True)
class Subject:
    """What a call is about, as far as is known: form values, numbers of the caller, the newest words."""

    category: str
    occurred: str
    numbers: tuple[str, ...]
    words: str
    lang: str


def subject(events: Sequence[LogEvent]) -> Subject:
    """What the events of a call tell of its subject."""

    def value(field: str) -> str:
        held = held_value(events, field)
        return str(held["value"]) if held and held["value"] is not None else ""

    caller = next((event.data["from"] for event in events if event.kind == "call_started"), "")
    said = [event.data["text"] for event in events if event.kind == "utterance"]
    lang = next((event.data["lang"] for event in reversed(events) if event.kind == "prompt"), "zh")
    numbers = tuple(one for one in (caller.removeprefix("+86"), value("phone")) if one)
    return Subject(value("category"), value("occurred"), numbers, " ".join(said[-NEWEST:]), lang)


def beside_blueprint(
    records: Records,
    shelf: Shelf,
    *,
    today: Callable[[], datetime.date],
    lang: Callable[[], str],
) -> Blueprint:
    """``/desk/calls/<id>/beside``, ``/desk/articles`` and one article; ``lang`` is the agent's language."""
    blueprint = Blueprint("beside", __name__, url_prefix="/desk")

    @blueprint.get("/calls/<call_id>/beside")
    def beside(call_id: str) -> dict[str, Any]:
        events = records.events(call_id)
        if not events:
            abort(404)
        about = subject(events)
        found = shelf.search(about.words, lang(), category=about.category, limit=4)
        own = records.complaint_of_call(call_id)
        earlier = [case for case in records.complaints_of(*about.numbers, limit=6) if case.call_id != call_id]
        return {
            "articles": [_listed(one) for one in found],
            "rule": _rule(shelf.rules, about, today()),
            "due": own.due_on if own is not None else None,
            "earlier": [_case(case) for case in earlier[:5]],
        }

    @blueprint.get("/articles")
    def search() -> dict[str, Any]:
        query = request.args.get("q", "")[:LONGEST_QUERY]
        return {"articles": [_listed(one) for one in shelf.search(query, lang(), limit=8)]}

    @blueprint.get("/articles/<name>")
    def article(name: str) -> dict[str, Any]:
        found = shelf.article(name, lang())
        if found is None:
            abort(404)
        return {"name": found.name, "title": found.title, "lang": found.lang, "nodes": nodes(found.text)}

    return blueprint


def _listed(article: Article) -> dict[str, Any]:
    return {"name": article.name, "title": article.title}


def _rule(rules: Sequence[Rule], about: Subject, on: datetime.date) -> dict[str, Any] | None:
    months = limit_of(rules, about.category)
    if months is None:
        return None
    until = appeal_until(about.occurred, months, on) if about.occurred else None
    return {"months": months, "until": until.isoformat() if until else None, "late": until is not None and until < on}


def _case(case: Any) -> dict[str, Any]:
    category = case.form.get("fields", {}).get("category", {}).get("value")
    return {
        "call": case.call_id,
        "number": case.number,
        "state": case.state,
        "category": live.value("category", category),
        "at": case.filed_at or case.created_at,
        "due": case.due_on,
    }
