"""What can happen in a call: the kinds of rows in the call event log and the shape of each.

Every payload is checked when it is appended, so that whoever reads the log
(desk, recovery, calibration) can rely on its shape. Times inside a payload are
seconds since the call's audio stream began; the row itself carries the clock time.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer


class Payload(BaseModel):
    """Base of all payloads: unknown keys are an error of ours, not a thing to ignore."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class CallStarted(Payload):
    """A call came in."""

    from_: str = Field(alias="from")
    to: str


class Prompt(Payload):
    """What the caller is told."""

    text: str
    lang: str
    step: str


class MenuChoice(Payload):
    """The caller chose, by key or by word."""

    step: str
    key: str | None = None
    heard: str | None = None
    choice: str


class Moved(Payload):
    """State of the menu machine after a step; recovery starts from the newest one."""

    state: dict[str, Any]


class StreamStarted(Payload):
    """The carrier opened the audio stream."""

    stream: str


class Utterance(Payload):
    """A final piece of speech as it was recognised; never changed afterwards."""

    text: str
    words: list[dict[str, Any]] = []
    start: float
    end: float
    digits: list[str] = []
    choice: str = ""
    ask: str = ""
    who: Literal["caller", "agent"] = "caller"


class FieldValue(Payload):
    """A form field got a value: ``agent_assist.form.Value`` as a dict."""

    field: str
    value: Any
    state: Literal["heard", "confirmed", "edited"]
    source: dict[str, Any] | None = None
    who: str = ""
    """The agent who confirmed or wrote it; '' when it was the caller."""


class FieldRejected(Payload):
    """The caller, or the agent ``who``, says that the value is wrong; it is asked for again."""

    field: str
    who: str = ""


class Description(Payload):
    """What happened, in the caller's own words; numbers of persons are masked."""

    text: str


class Intent(Payload):
    """What the caller wants of the line: complain, status, escalate or agent."""

    intent: str


class ComplaintFiled(Payload):
    """The complaint got its number."""

    number: str


class Numbered(Payload):
    """Something happened to the complaint with this number."""

    number: str


class ComplaintChanged(Numbered):
    """The complaint went from one state to another (``complaints.life``): who did what when, and why.

    ``words`` is what its caller is told, by language; ``during`` the call or request in which it happened; ``by`` is
    caller, clock, an agent's name or the name of a program's key. It stands with the complaint's own events.
    """

    action: str
    from_: str = Field(alias="from")
    state: str
    level: int
    by: str
    why: str = ""
    words: dict[str, str] = {}
    during: str = ""
    due: str | None = None
    """ISO day by which the regulator wants a returned complaint answered; it stands in no other change."""

    @model_serializer(mode="wrap")
    def _without_due(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name != "due" or value is not None}


class FollowedUp(Numbered):
    """In this call something was done with an earlier complaint; the change stands with the complaint's events."""

    action: str


class StatusTold(Numbered):
    """The caller was told how the complaint stands: once a call (``during``), or once a look that a code confirmed."""

    channel: Literal["phone", "web"]
    by: str = "caller"
    during: str = ""


class ClockStruck(Numbered):
    """A deadline of the complaint came near (``warning``, so many days before) or passed (``breach``)."""

    what: Literal["warning", "breach"]
    due: str
    days: int = 0


class NoteAdded(Numbered):
    """Words were added to a complaint by a written channel (``by``: caller or a program's name); numbers are masked."""

    text: str
    by: str


class ComplaintJoined(Numbered):
    """Another complaint was joined into this one."""

    other: str
    by: str


class ComplaintAssigned(Numbered):
    """The complaint was given to a department ('': to none)."""

    department: str
    by: str


class TaskAdded(Numbered):
    """A department was asked to do something about the complaint (``complaints.tasks``) by a day; numbers are masked."""

    task: int
    department: str
    text: str
    due: str
    by: str


class TaskDone(Numbered):
    """A task is done."""

    task: int
    by: str


class TextSent(Payload):
    """A text message went to the caller, about the complaint or from the call; numbers are masked."""

    number: str = ""
    text: str


class TextGivenUp(Payload):
    """A text message could not be sent for a day: which one (the prompt's name)."""

    number: str = ""
    prompt: str


class EvidenceAdded(Numbered):
    """A file was added to a complaint (``complaints.evidence.Piece.id``)."""

    evidence: int


class EvidenceSeen(EvidenceAdded):
    """Somebody looked at a file of a complaint."""

    who: str


class CallbackPromised(Payload):
    """The line will call back; it keeps the place in the queue that the caller had (``since``, Unix seconds).

    ``not_before``: ISO time of the opening when the line was closed, else ''.
    """

    number: str
    skill: str
    since: float
    not_before: str = ""
    agent: str = ""
    """The agent who promised it; '' where the line did."""


class VoicemailLeft(Payload):
    """The caller left a message: the utterance of this number in the call."""

    utterance: int


class DraftSaved(Payload):
    """The call ended before filing; what was heard is kept as a draft complaint."""


class Queued(Payload):
    """The caller waits for an agent with this skill."""

    queue: str
    position: int | None = None
    estimate_s: float | None = None


class AgentEvent(Payload):
    """Something that an agent (by name) did or did not do for the caller of this call."""

    agent: str


class AgentAnswered(AgentEvent):
    """Caller and agent are connected: after this wait, and what was estimated when it began (None: unknown)."""

    waited_s: float
    estimate_s: float | None = None


class WrappedUp(AgentEvent):
    """The agent is done with this call: length of the conversation, of the holds in it and of the work after it.

    Handling time is their sum.
    """

    talked_s: float
    held_s: float = 0.0
    wrapped_s: float = 0.0


class Transferred(AgentEvent):
    """The agent passed the caller on to a skill; ``note`` is for whoever takes the call next, numbers masked."""

    skill: str
    note: str = ""


class Returned(AgentEvent):
    """The agent was lost while the caller was on hold: the caller waits for this skill again, before everybody else."""

    skill: str


class Consulted(AgentEvent):
    """A colleague was asked for help, and what came of it.

    ``missed``: did not answer; ``joined``: all three talk; ``returned``: was sent away; ``left``: hung up;
    ``took_over``: has the call from now on.
    """

    partner: str
    how: Literal["asked", "missed", "joined", "returned", "left", "took_over"]


class Disposition(AgentEvent):
    """What the call came to, as its agent wrote in the wrap-up; numbers masked. ``due``: next deadline, ISO date or ''."""

    outcome: str
    summary: str = ""
    due: str = ""


class CalledBack(Payload):
    """The line calls a customer back, as was promised in the call ``of``."""

    of: str
    complaint: str = ""
    attempt: int


class CallbackClosed(Payload):
    """Nothing more will come of the call-back promised in this call."""

    how: Literal["done", "left", "not_reached"]


class FieldRevealed(Payload):
    """Somebody looked at a masked value, and why."""

    field: str
    who: str
    why: str = ""


class RecordingPlayed(Payload):
    """Somebody listened to the recording of a line (its event id)."""

    who: str
    line: int


class RecordingRefused(Payload):
    """The caller does not agree to being recorded; what was recorded is deleted."""


class CallEnded(Payload):
    """The call is over; ``status`` is the carrier's word for how."""

    status: str
    reason: str = ""


class Error(Payload):
    """Something failed on our side; never holds personal data."""

    what: str


PAYLOADS: dict[str, type[Payload]] = {
    "call_started": CallStarted,
    "prompt": Prompt,
    "menu_choice": MenuChoice,
    "moved": Moved,
    "stream_started": StreamStarted,
    "utterance": Utterance,
    "field_heard": FieldValue,
    "field_confirmed": FieldValue,
    "field_edited": FieldValue,
    "field_rejected": FieldRejected,
    "field_revealed": FieldRevealed,
    "description": Description,
    "intent": Intent,
    "complaint_filed": ComplaintFiled,
    "complaint_changed": ComplaintChanged,
    "followed_up": FollowedUp,
    "status_told": StatusTold,
    "clock_struck": ClockStruck,
    "note_added": NoteAdded,
    "complaint_joined": ComplaintJoined,
    "complaint_assigned": ComplaintAssigned,
    "task_added": TaskAdded,
    "task_done": TaskDone,
    "text_sent": TextSent,
    "text_given_up": TextGivenUp,
    "evidence_added": EvidenceAdded,
    "evidence_seen": EvidenceSeen,
    "lookup_failed": Numbered,
    "appeal_told": Numbered,
    "callback_promised": CallbackPromised,
    "voicemail_left": VoicemailLeft,
    "draft_saved": DraftSaved,
    "queued": Queued,
    "agent_rung": AgentEvent,
    "agent_missed": AgentEvent,
    "agent_answered": AgentAnswered,
    "held": AgentEvent,
    "retrieved": AgentEvent,
    "transferred": Transferred,
    "returned": Returned,
    "consulted": Consulted,
    "wrapped_up": WrappedUp,
    "disposition": Disposition,
    "called_back": CalledBack,
    "callback_closed": CallbackClosed,
    "recording_played": RecordingPlayed,
    "recording_refused": RecordingRefused,
    "call_ended": CallEnded,
    "error": Error,
}


def checked(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """``data`` as it is stored for an event of this kind.

    Raises ``KeyError`` for an unknown kind and pydantic's ``ValidationError`` for a wrong shape.
    """
    return PAYLOADS[kind].model_validate(data).model_dump(by_alias=True)
