"""The tables: the append-only event log and, beside it, complaints, agents, call-backs, users and what guards repeats."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Float, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# SQLite counts by itself only in a column of type INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables; constraint names are fixed so that migrations can name them on any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class EventRow(Base):
    """One thing that happened in a call; appended, never changed."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("call_id", "seq"),
        Index("ix_events_kind_at", "kind", "at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    call_id: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[float] = mapped_column(Float)
    kind: Mapped[str] = mapped_column(String(32), index=True)
    data: Mapped[dict] = mapped_column(JSON)


class ComplaintRow(Base):
    """A complaint, filed or still a draft; one a call."""

    __tablename__ = "complaints"
    __table_args__ = (
        Index("ix_complaints_state_due_on", "state", "due_on"),
        Index("ix_complaints_category_filed_at", "category", "filed_at"),
        Index("ix_complaints_filed_at", "filed_at"),
        # One for each list of ``complaints.find``, in the order of its pages.
        *(Index(f"ix_complaints_{column}_filed", column, "filed_at", "id") for column in ("state", "channel", "department", "worked_by")),
        Index("ix_complaints_due_on", "due_on", "id"),
        Index("ix_complaints_joined_to", "joined_to"),
        # All that ``complaints.counting`` counts: a report reads this and not the complaints with their stories.
        Index(
            "ix_complaints_counted", "filed_at", "category", "channel", "region", "state", "level", "answered_at", "in_time", "due_on", "referred_at",
            "asked_at", "satisfaction", "joined_to",
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    number: Mapped[str | None] = mapped_column(String(32), unique=True)
    call_id: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    form: Mapped[dict] = mapped_column(JSON)
    created_at: Mapped[float] = mapped_column(Float)
    filed_at: Mapped[float | None] = mapped_column(Float)
    level: Mapped[int] = mapped_column(Integer, default=0)
    changed_at: Mapped[float | None] = mapped_column(Float)
    phone: Mapped[str | None] = mapped_column(String(32), index=True)
    caller: Mapped[str | None] = mapped_column(String(32), index=True)
    channel: Mapped[str] = mapped_column(String(16), default="phone")
    category: Mapped[str] = mapped_column(String(32), default="")
    region: Mapped[str] = mapped_column(String(8), default="")
    due_on: Mapped[str | None] = mapped_column(String(10))
    answered_at: Mapped[float | None] = mapped_column(Float)
    in_time: Mapped[bool | None] = mapped_column(Boolean)
    closed_at: Mapped[float | None] = mapped_column(Float)
    department: Mapped[str] = mapped_column(String(64), default="")
    worked_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    satisfaction: Mapped[int | None] = mapped_column(Integer)
    joined_to: Mapped[str | None] = mapped_column(String(32))
    referred_at: Mapped[float | None] = mapped_column(Float)
    asked_at: Mapped[float | None] = mapped_column(Float, index=True)


class OptOutRow(Base):
    """A phone number whose holder wants no questions by text message (``complaints.satisfaction``)."""

    __tablename__ = "opt_outs"

    phone: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[float] = mapped_column(Float)


class ClockMarkRow(Base):
    """A deadline's warning or breach that was written down (``complaints.clockwork``): once, however many look."""

    __tablename__ = "clock_marks"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    mark: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[float] = mapped_column(Float)


class SerialRow(Base):
    """The last complaint serial given out on a day (``YYYYMMDD``)."""

    __tablename__ = "complaint_serials"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class ReplyRow(Base):
    """What a webhook answered to a token, for the carrier's retry of the same request."""

    __tablename__ = "webhook_replies"

    token: Mapped[str] = mapped_column(String(128), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Float, index=True)


class AgentRow(Base):
    """An agent at work (``ivr.duty.Duty``); the number of the phone stands in the configuration alone."""

    __tablename__ = "agents"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    since: Mapped[float] = mapped_column(Float)
    wish: Mapped[str] = mapped_column(String(16))
    offer: Mapped[str] = mapped_column(String(32))
    leg: Mapped[str] = mapped_column(String(64))
    queue: Mapped[str] = mapped_column(String(64))
    call: Mapped[str] = mapped_column(String(64))
    joined_at: Mapped[float | None] = mapped_column(Float)
    talked_s: Mapped[float] = mapped_column(Float)
    over_at: Mapped[float] = mapped_column(Float)
    held_s: Mapped[float] = mapped_column(Float, default=0.0)
    helps: Mapped[str] = mapped_column(String(32), default="")
    reason: Mapped[str] = mapped_column(String(32), default="")


class ContactRow(Base):
    """A caller in the hands of agents (``ivr.contact.Contact``)."""

    __tablename__ = "contacts"

    call: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent: Mapped[str] = mapped_column(String(32))
    since: Mapped[float] = mapped_column(Float)
    place: Mapped[str] = mapped_column(String(8))
    partner: Mapped[str] = mapped_column(String(32))
    inside: Mapped[bool] = mapped_column(Boolean)
    talk_s: Mapped[float] = mapped_column(Float)
    hold_s: Mapped[float] = mapped_column(Float)
    began: Mapped[float] = mapped_column(Float)
    skill: Mapped[str] = mapped_column(String(64))
    priority: Mapped[int] = mapped_column(Integer)


class WrapUpRow(Base):
    """What an agent has begun to write about a call in the wrap-up (``hotline.drafts``)."""

    __tablename__ = "wrap_ups"

    call: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent: Mapped[str] = mapped_column(String(32), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(32))
    summary: Mapped[str] = mapped_column(Text)
    due: Mapped[str] = mapped_column(String(10))


class CallbackRow(Base):
    """A promised call-back (``ivr.duty.Callback``); one a call."""

    __tablename__ = "callbacks"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    call: Mapped[str] = mapped_column(String(64), unique=True)
    number: Mapped[str] = mapped_column(String(32))
    skill: Mapped[str] = mapped_column(String(64))
    priority: Mapped[int] = mapped_column(Integer)
    since: Mapped[float] = mapped_column(Float)
    lang: Mapped[str] = mapped_column(String(8))
    complaint: Mapped[str] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16), index=True)
    not_before: Mapped[float] = mapped_column(Float)
    token: Mapped[str] = mapped_column(String(32))
    leg: Mapped[str] = mapped_column(String(64))
    rung_at: Mapped[float] = mapped_column(Float)


class UserRow(Base):
    """Somebody who may sign in (``hotline.users``); ``login`` is the name in small letters."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    login: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(16))
    password: Mapped[str] = mapped_column(String(256))
    lang: Mapped[str] = mapped_column(String(8))
    active: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[float] = mapped_column(Float)


class SessionRow(Base):
    """A session of a user; the token is kept as its hash."""

    __tablename__ = "sessions"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(RowId, index=True)
    created_at: Mapped[float] = mapped_column(Float)
    seen_at: Mapped[float] = mapped_column(Float)


class EvidenceRow(Base):
    """A file of a complaint (``complaints.evidence.Piece``); ``owner`` is the complaint's number or a draft's name."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("owner", "sha256"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    size: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(128))
    at: Mapped[float] = mapped_column(Float)
    by: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))


class CodeRow(Base):
    """A code sent by SMS (``complaints.codes``); token, phone, address and code are hashes."""

    __tablename__ = "codes"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    about: Mapped[str] = mapped_column(String(64), index=True)
    phone: Mapped[str] = mapped_column(String(64), index=True)
    place: Mapped[str] = mapped_column(String(64), index=True)
    code: Mapped[str] = mapped_column(String(64))
    at: Mapped[float] = mapped_column(Float, index=True)
    tries: Mapped[int] = mapped_column(Integer)
    real: Mapped[bool] = mapped_column(Boolean)
    passed_at: Mapped[float | None] = mapped_column(Float)


class TextRow(Base):
    """A text message that waits to be sent (``complaints.texts``); times are Unix seconds."""

    __tablename__ = "texts"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    phone: Mapped[str] = mapped_column(String(32))
    prompt: Mapped[str] = mapped_column(String(40))
    lang: Mapped[str] = mapped_column(String(8))
    args: Mapped[dict] = mapped_column(JSON)
    log_of: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(32))
    until: Mapped[float] = mapped_column(Float)
    next_at: Mapped[float] = mapped_column(Float, index=True)
    tries: Mapped[int] = mapped_column(Integer)


class ApiKeyRow(Base):
    """A key of another program (``complaints.keys.Key``); its secret is kept as a hash."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list] = mapped_column(JSON)
    per_minute: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[float] = mapped_column(Float)
    revoked_at: Mapped[float | None] = mapped_column(Float)
    seen_at: Mapped[float | None] = mapped_column(Float)


class WebDraftRow(Base):
    """What a caller has written into the web form and not filed yet; ``token`` is a hash, kept for a day."""

    __tablename__ = "web_drafts"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[dict] = mapped_column(JSON)
    at: Mapped[float] = mapped_column(Float, index=True)


class AgentStateRow(Base):
    """An agent's state from a moment on, for a break with its reason; appended at each change."""

    __tablename__ = "agent_states"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    agent: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32), default="")
    at: Mapped[float] = mapped_column(Float)

    __table_args__ = (Index("ix_agent_states_agent_at", "agent", "at"),)


class AlertRow(Base):
    """Something a supervisor should look at (``hotline.alerts``); ``key`` keeps it from being raised twice."""

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    what: Mapped[str] = mapped_column(String(16))
    at: Mapped[float] = mapped_column(Float, index=True)
    call_id: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(String(80))
    acknowledged_by: Mapped[str] = mapped_column(String(32))
    acknowledged_at: Mapped[float | None] = mapped_column(Float)


class PrivacyRow(Base):
    """What was done about personal data (``hotline.retention``); ``subject`` is a keyed hash of the number."""

    __tablename__ = "privacy_log"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[float] = mapped_column(Float, index=True)
    who: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    shown: Mapped[str] = mapped_column(String(32))
    why: Mapped[str] = mapped_column(String(200))
    report: Mapped[dict] = mapped_column(JSON)


class PlanRow(Base):
    """A staffing plan and what was chosen in its steps (``planner.plans``)."""

    __tablename__ = "plans"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    owner: Mapped[str] = mapped_column(String(32), index=True)
    shared: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[float] = mapped_column(Float)
    changed_at: Mapped[float] = mapped_column(Float)
    choices: Mapped[dict] = mapped_column(JSON)


class RunRow(Base):
    """A step of a plan being done; ``beat`` is its workshop's last sign of life."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    plan: Mapped[str] = mapped_column(String(16), index=True)
    step: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), index=True)
    done: Mapped[int] = mapped_column(Integer)
    of: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(200))
    error: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(32))
    queued_at: Mapped[float] = mapped_column(Float)
    began_at: Mapped[float | None] = mapped_column(Float)
    ended_at: Mapped[float | None] = mapped_column(Float)
    cancel: Mapped[bool] = mapped_column(Boolean)
    beat: Mapped[float | None] = mapped_column(Float)
    tries: Mapped[int] = mapped_column(Integer)


class IndexedRow(Base):
    """Up to which event the index of complaints' words (``complaints.words``) has the log; one row."""

    __tablename__ = "words_indexed"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    upto: Mapped[int] = mapped_column(BigInteger)


class SavedListRow(Base):
    """A search that somebody keeps under a name (``complaints.saved_lists``)."""

    __tablename__ = "saved_lists"
    __table_args__ = (UniqueConstraint("owner", "name"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(40))
    shared: Mapped[bool] = mapped_column(Boolean)
    query: Mapped[dict] = mapped_column(JSON)
    at: Mapped[float] = mapped_column(Float)


class TaskRow(Base):
    """Something that a department is asked to do about a complaint (``complaints.tasks``); ``due`` is an ISO date."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), index=True)
    department: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    due: Mapped[str] = mapped_column(String(10))
    at: Mapped[float] = mapped_column(Float)
    by: Mapped[str] = mapped_column(String(64))
    done_at: Mapped[float | None] = mapped_column(Float)
    done_by: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (Index("ix_tasks_open", "done_at", "department", "due"),)
