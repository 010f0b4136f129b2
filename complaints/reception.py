"""The reception: what every written channel does with complaints, in one place.

Web form, status page, API and import file, ask, add, take higher and withdraw here; texts go out as from the phone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from sqlalchemy import Connection

from agent_assist.form import Form
from agent_assist.privacy import mask
from complaints.codes import Asked, Tell
from complaints.evidence import Evidence, Piece
from complaints.filing import Filing, form_of, sentences
from complaints.joining import Candidate, Facts, candidates
from complaints.ledger import Ledger, usual_words
from complaints.life import BY_CALLER, DECISIONS, OPEN, Action, NotNow
from complaints.texts import Texts
from hotline.records import Complaint, Event, Records, channel_of

TEXTS: Mapping[str, str] = {
    "escalate": "sms_escalated", "withdraw": "sms_withdrawn", "accept": "sms_accepted", "refer": "sms_regulator", "answer": "sms_answered",
    **dict.fromkeys(DECISIONS, "sms_decided"),
}  # fmt: skip
"""What its caller is told by text message, by action; nothing of other changes."""


@dataclass(frozen=True)
class Step:
    """Something that was done with a complaint: when, the state that it came to, and what its caller is told, by language."""

    at: datetime
    what: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class Note:
    """Words that were added to a complaint."""

    id: int
    at: datetime
    text: str


@dataclass(frozen=True)
class Change:
    """Something that happened to a complaint; ``id`` grows with time."""

    id: int
    at: datetime
    number: str
    what: str


@dataclass(frozen=True)
class Changes:
    """Changes, the id to go on from, and whether there are more."""

    changes: tuple[Change, ...]
    next: int
    more: bool


@dataclass(frozen=True)
class Case:
    """A complaint as its caller may see it; ``due`` is None while no answer is owed, ``may`` what can be done now."""

    number: str
    state: str
    level: int
    filed_at: float
    due: date | None
    steps: tuple[Step, ...]
    may: frozenset[str]
    form: Mapping[str, Any]
    source: str
    appeal_until: date
    joined_to: str | None = None


class Reception:
    """Filing and following up for every channel.

    ``rungs``: the levels above the first, by language; ``texts``: the messages that callers get; ``now`` gives the time in the
    operator's zone.
    """

    def __init__(
        self, records: Records, evidence: Evidence, ledger: Ledger, *, rungs: Sequence[Mapping[str, str]],
        texts: Texts, now: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._evidence = evidence
        self.ledger = ledger
        self.rungs = rungs
        self.texts = texts
        self._now = now
        self.settled: Callable[[str], object] = lambda number: None
        """Told of each complaint that somebody closes."""

    def today(self) -> date:
        """The operator's day."""
        return self._now().date()

    def file(self, filing: Filing, *, source: str, evidence_of: str = "") -> str:
        """File a complaint, once for each ``source``, and return its number.

        What was added to the draft ``evidence_of`` belongs to it from now on.
        """
        form = form_of(filing, self.today())
        begun = bool(self._records.events(source))
        if not begun:
            self._records.append(source, *_told(filing, form))

        def tell(connection: Connection, found: Complaint) -> None:
            values = {"number": found.number or "", "due": found.due_on or ""}
            self.texts.put(connection, filing.phone, "sms_filed", filing.lang, values, log_of=source)

        number = self._records.file_complaint(source, form.to_json(), tell)
        if evidence_of:
            self._evidence.hand_over(evidence_of, number)
        if not begun:
            self._records.append(source, ("call_ended", {"status": "written"}))
        self.texts.go()
        return number

    def case(self, number: str) -> Case | None:
        """The complaint with this number as its caller may see it."""
        found = self._records.complaint(number)
        return None if found is None else self._case(found)

    def phone_of(self, number: str) -> str | None:
        """The phone number on the complaint, or the one it was made from; None for an unknown complaint."""
        found = self._records.complaint(number)
        if found is None:
            return None
        field = found.form.get("fields", {}).get("phone") or {}
        started = [event.data["from"] for event in self._records.events(found.call_id) if event.kind == "call_started"]
        phones = [str(one).removeprefix("+86") for one in (field.get("value"), *started) if one]
        return phones[0] if phones else None

    def code_to(self, phone: str | None, lang: str) -> Tell:
        """Writes the message with a code, in the code's transaction; nobody gets one that is not to be sent, and it takes as long."""

        def tell(connection: Connection, asked: Asked) -> None:
            self.texts.put(connection, phone if asked.send else None, "sms_code", lang, {"code": asked.code}, until=asked.until)

        return tell

    def add(self, number: str, stream: BinaryIO, name: str, *, channel: str, by: str = "caller") -> Piece:
        """Add a file to a complaint. Raises ``complaints.refusal.Refused``, ``NotNow`` once it is closed."""
        case = self._open(number)
        piece = self._evidence.add(number, stream, name, channel=channel, by=by)
        self._records.append(case.source, ("evidence_added", {"number": number, "evidence": piece.id}))
        return piece

    def act(
        self, number: str, action: Action, *, source: str = "", lang: str = "", why: str = "", by: str = "caller",
        words: Mapping[str, str] | None = None, due: date | None = None,
    ) -> Complaint:
        """Change a complaint (``complaints.life``), once for each ``source``; its caller is told.

        ``words``: what the caller is told instead of the usual words, by language; an answer of an agent needs them.
        ``due``: the day by which the regulator wants a returned complaint answered; the usual days where it is left out.
        ``lang`` of the text message: the caller's own where it is left out. Raises ``NotNow``, ``KeyError``.
        """
        if words is not None and not any(text.strip() for text in words.values()):
            raise NotNow("no_words")
        phone, changed = self.phone_of(number), False

        def tell(connection: Connection, after: Complaint, told: Mapping[str, str]) -> None:
            nonlocal changed
            changed, values = True, {"number": number}
            said = lang or lang_of(after.form)
            if action == "escalate":
                values |= {"level": str(after.level), "due": after.due_on or ""}
            if action == "answer" or action in DECISIONS:
                values["answer" if action == "answer" else "decision"] = told.get(said) or next(iter(told.values()), "")
            if action in TEXTS:
                self.texts.put(connection, phone, TEXTS[action], said, values, log_of=after.call_id)

        after = self.ledger.act(number, action, by=by, during=source, why=why, words=words, due=due, tell=tell)
        self.texts.go()
        if changed and after.state == "closed":
            self.settled(number)
        return after

    def looked_at(self, number: str) -> None:
        """Write down that the caller looked at the complaint on its page; called once a visit."""
        found = self._records.leading(number)
        if found is not None:
            self._records.append(found.call_id, ("status_told", {"number": found.number, "channel": "web"}))

    def note(self, number: str, text: str, *, by: str) -> Note:
        """Add words to a complaint; numbers of persons are hidden in them. Raises ``NotNow`` once it is closed."""
        case = self._open(number)
        plain = mask(text.strip())
        # With the complaint's own events, so that whoever erases those erases this.
        (kept,) = self._records.append(case.source, ("note_added", {"number": number, "text": plain, "by": by}))
        return Note(kept.id, self._moment(kept.at), plain)

    def leading(self, number: str) -> str:
        """The number under which the matter of this complaint goes on: its own, or that of the one it was joined into."""
        found = self._records.leading(number)
        return found.number or number if found else number

    def takes_more(self, found: Complaint) -> bool:
        """Can something still be added to it?"""
        return found.state in OPEN and not found.joined_to

    def join(self, number: str, into: str, *, by: str) -> None:
        """Join a complaint into an open one of the same caller about the same trouble, as people decided.

        Its evidence goes along, its clock stops, and whoever asks for it is led to the other. Raises ``NotNow``, ``KeyError``.
        """

        def decide(found: Complaint, _: Sequence[Event]) -> tuple[dict[str, Any], dict[str, Any]] | None:
            other = self._records.complaint(into)  # nobody else writes meanwhile, so two cannot be joined into each other
            if found.joined_to == into:
                return None
            if other is None or other.number == number or other.joined_to or other.state not in OPEN:
                raise NotNow("join_open")
            if found.joined_to:
                raise NotNow("joined")
            if found.state not in OPEN:
                raise NotNow("closed")
            if not self._facts(found).phones & self._facts(other).phones:
                raise NotNow("join_caller")  # the caller of the one will be shown the other
            words = {lang: text.format(number=into) for lang, text in usual_words("join").items()}
            data = {
                "action": "join", "from": found.state, "state": "closed", "level": found.level, "by": by, "why": "", "words": words,
                "during": "",
            }  # fmt: skip
            return data, {"state": "closed", "joined_to": into, "due_on": None, "closed_at": self._now().timestamp()}

        before = self._records.complaint(number)
        self._records.change_complaint(number, decide)
        other = self._records.complaint(into)
        if before is not None and other is not None and before.joined_to is None:
            self._evidence.hand_over(number, into)
            self._records.append(other.call_id, ("complaint_joined", {"number": into, "other": number, "by": by}))

    def changes(self, after: int, limit: int, mine: Callable[[str], bool]) -> Changes:
        """What happened to complaints after the event ``after``; ``mine`` tells by its source whether one may be seen."""
        rows = self._records.about_complaints(after, limit)
        sources = self._records.sources({row.data["number"] for row in rows})
        seen = tuple(
            Change(row.id, self._moment(row.at), row.data["number"], row.data.get("state") or row.kind.removeprefix("complaint_"))
            for row in rows
            if mine(sources.get(row.data["number"], ""))
        )
        return Changes(seen, rows[-1].id if rows else after, len(rows) == limit)

    def alike(self, number: str) -> list[Candidate]:
        """Complaints that may be the same trouble as this one, by whatever channel; people decide whether to join them."""
        found = self._records.complaint(number)
        if found is None:
            return []
        own = self._facts(found)
        others = self._records.complaints_of(*own.phones, *(f"+86{phone}" for phone in own.phones), limit=50)
        return candidates(own, [self._facts(other) for other in others if other.number and other.state != "withdrawn"])

    # -- inside ------------------------------------------------------------------

    def _open(self, number: str) -> Case:
        case = self.case(number)
        if case is not None and case.joined_to:
            raise NotNow("joined")
        if case is None or case.state not in OPEN:
            raise NotNow("closed")
        return case

    def _case(self, found: Complaint) -> Case:
        filed = found.filed_at or found.created_at
        _, days, can = self.ledger.standing(found)
        may = {action for action in can if action in BY_CALLER}
        if found.state in OPEN and not found.joined_to:
            may.add("add")
        steps = [Step(self._moment(filed), "filed", {})]
        steps += [Step(self._moment(event.at), event.data["state"], event.data["words"]) for event in self.ledger.changes(found)]
        return Case(
            found.number or "", found.state, found.level, filed, days.due, tuple(steps), frozenset(may), found.form, found.call_id,
            days.appeal_until, found.joined_to,
        )

    def _facts(self, found: Complaint) -> Facts:
        also = [event.data["from"] for event in self._records.events(found.call_id) if event.kind == "call_started"]
        filed = self._moment(found.filed_at or found.created_at).date()
        return Facts.of(found.number or "", channel_of(found.call_id), filed, found.form, also)

    def _moment(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._now().tzinfo)


def _told(filing: Filing, form: Form) -> list[tuple[str, dict[str, Any]]]:
    """What was written as the log has what was said: so the desk shows it like a call, each value with its words."""
    said = [("utterance", {"text": one.strip("\n"), "start": 0.0, "end": 0.0, "ask": "problem"}) for one in sentences(filing.what)]
    fields = [("field_heard", {"field": name, **value.to_json()}) for name, value in form.values.items()]
    return [("intent", {"intent": "complain"}), *said, *fields, ("description", {"text": form.description})]



def lang_of(form: Mapping[str, Any]) -> str:
    """The language in which somebody complained, by the words that were kept: Chinese characters are Mandarin."""
    told = str(form.get("description") or "")
    return "en" if told.strip() and not any("\u4e00" <= char <= "\u9fff" for char in told) else "zh"
