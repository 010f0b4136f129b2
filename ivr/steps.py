"""What the menu machine is told (events) and what it answers (steps)."""

from __future__ import annotations

from dataclasses import dataclass

# -- events ------------------------------------------------------------------


@dataclass(frozen=True)
class Facts:
    """What the form knows after an event."""

    known: tuple[str, ...] = ()
    """Names of the fields that have a value."""
    category: str | None = None
    number: str | None = None
    """The complaint number that the caller gave."""
    unsure: tuple[tuple[str, str], ...] = ()
    """Fields to be read back, with the value that was heard and nobody has confirmed."""


@dataclass(frozen=True)
class Started:
    """The call came in."""

    own: str = ""
    """The number that the caller calls from, when it can be called back; '' when it is withheld."""
    opens: str = ""
    """When the line is closed: the moment of its opening, ISO; '' while it is open."""


@dataclass(frozen=True)
class Key:
    """The caller pressed keys."""

    digits: str
    filled: tuple[str, ...] = ()
    """Fields that the keys filled."""
    facts: Facts = Facts()
    given: str = ""
    """A number to be called back that was keyed."""


@dataclass(frozen=True)
class Heard:
    """An utterance was understood as far as it could be."""

    filled: tuple[str, ...] = ()
    """Fields that this utterance filled or changed."""
    facts: Facts = Facts()
    intent: str | None = None
    """complain, status, escalate, agent; None when the words do not say."""
    option: str | None = None
    """Menu option that was named in so many words."""
    language: str | None = None
    """Language that was asked for."""
    told: bool = False
    """True when enough was said to be an account of something."""
    close: tuple[str, ...] = ()
    """Categories between which the words do not decide, likeliest first."""
    key: str = ""
    """The key that the words stand for: a spoken choice."""
    given: str = ""
    """A number to be called back that was said."""
    current: bool = True
    """False when it was said before the present question was asked: it fills, and moves nothing."""


@dataclass(frozen=True)
class Silence:
    """The time for an answer is over without keys."""

    speaking: bool = False
    """True when the caller is talking or what was said is still being recognised."""


@dataclass(frozen=True)
class Quiet:
    """The caller has finished talking, and the present question has not been asked yet."""


@dataclass(frozen=True)
class Filed:
    """The complaint has its number."""

    number: str
    sms: bool = False
    """True when the number is also sent as a text message."""


@dataclass(frozen=True)
class LookedUp:
    """The records were asked for a complaint number."""

    number: str
    found: bool
    state: str = ""
    due: str = ""
    """Day by which it is to be answered, YYYY-MM-DD."""
    mine: bool = True
    """True when the caller calls from, or has given, the phone number that stands on it."""
    changed: str = ""
    """Day of the last action on it, YYYY-MM-DD."""
    locked: bool = False
    """True when this caller has guessed too often: a human looks after it."""


@dataclass(frozen=True)
class Escalated:
    """The complaint went to the next level; ``level`` is its place on the ladder from 1, 0 past the last."""

    number: str
    level: int
    sms: bool = False


@dataclass(frozen=True)
class Closed:
    """The complaint was withdrawn, or its answer accepted."""

    number: str
    sms: bool = False


@dataclass(frozen=True)
class Promised:
    """The call-back is noted."""


@dataclass(frozen=True)
class Failed:
    """Our own code failed."""


@dataclass(frozen=True)
class HungUp:
    """The call is over."""


Event = Started | Key | Heard | Silence | Quiet | Filed | LookedUp | Escalated | Closed | Promised | Failed | HungUp

# -- steps -------------------------------------------------------------------


@dataclass(frozen=True)
class Say:
    """Say a prompt of the script."""

    prompt: str
    args: tuple[tuple[str, str], ...] = ()
    """What is filled in: ``number`` is read digit by digit, ``due`` is a day YYYY-MM-DD."""
    lang: str = ""
    """Language when it is not the call's own."""
    whole: bool = False
    """True for what must be heard to its end: neither keys nor words interrupt it."""


@dataclass(frozen=True)
class Listen:
    """Say prompts that may be interrupted and wait for keys or words."""

    step: str
    turn: int
    says: tuple[Say, ...]
    silence_s: int
    digits: int | None
    """Keys that make an answer: None one key at once, 0 any number ended by #."""


@dataclass(frozen=True)
class Redirect:
    """Go on as if nothing had been pressed; a Gather without input falls through to it."""

    step: str
    turn: int


@dataclass(frozen=True)
class File:
    """File the complaint; answered by ``Filed``."""


@dataclass(frozen=True)
class LookUp:
    """Look a complaint up; answered by ``LookedUp``."""

    number: str


@dataclass(frozen=True)
class Escalate:
    """Take a complaint to the next level; answered by ``Escalated``."""

    number: str


@dataclass(frozen=True)
class Close:
    """Close a complaint as its caller wishes (``withdrawn`` or ``accepted``); answered by ``Closed``."""

    number: str
    how: str


@dataclass(frozen=True)
class Promise:
    """Note a call-back to this number; answered by ``Promised``."""

    number: str


@dataclass(frozen=True)
class Enqueue:
    """Let the caller wait for an agent with this skill."""

    skill: str
    turn: int
    priority: int = 0


@dataclass(frozen=True)
class Hangup:
    """End the call."""


Step = Say | Listen | Redirect | File | LookUp | Escalate | Close | Promise | Enqueue | Hangup
