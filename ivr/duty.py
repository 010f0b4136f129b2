"""What is kept of an agent at work, of a call-back and of a caller in agents' hands, so that they outlive a restart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ivr.contact import Contact


@dataclass
class Duty:
    """An agent at work. Times are Unix seconds."""

    name: str
    state: str = "offline"
    since: float = 0.0
    """When the present state began."""
    wish: str = ""
    """State that the agent asked for during a call; it follows the wrap-up."""
    offer: str = ""
    """Token of the call by which the agent is rung, in the addresses of its webhooks; '' when there is none."""
    leg: str = ""
    """SID of that call, once known."""
    queue: str = ""
    """The carrier's queue that it is for; '' while the agent is kept for a customer who is called back, or helps;
    ``room`` when a colleague's call was taken over."""
    call: str = ""
    """SID of the caller who is meant, or whom the agent talks or talked to."""
    joined_at: float | None = None
    """When caller and agent were connected."""
    talked_s: float = 0.0
    over_at: float = 0.0
    """Length of the conversation that is being wrapped up, and when it was over."""
    held_s: float = 0.0
    """Length of the holds in it."""
    helps: str = ""
    """Name of the agent who asks this one for help in their call; '' in a call of one's own."""
    reason: str = ""
    """Why the agent is on a break: one of ``[[breaks]]``, ``missed`` (did not answer), or '' where none was given."""


@dataclass
class Callback:
    """A promised call-back. ``since``: the place in the order that the customer had, Unix seconds.

    ``state``: waiting, ringing, answered, done, left (hung up while waiting again), not_reached.
    """

    id: int
    call: str
    """SID of the call in which it was promised."""
    number: str
    skill: str
    priority: int
    since: float
    lang: str
    complaint: str = ""
    attempts: int = 0
    state: str = "waiting"
    not_before: float = 0.0
    token: str = ""
    """Names the webhooks of the present attempt."""
    leg: str = ""
    """SID of the present attempt's call, once known."""
    rung_at: float = 0.0

    @property
    def open(self) -> bool:
        """False once nothing more will come of it."""
        return self.state in ("waiting", "ringing", "answered")


class Roster(Protocol):
    """Where they are kept (``hotline.roster.Roster``)."""

    def duties(self) -> list[Duty]: ...
    def keep(self, duty: Duty) -> None: ...
    def open_callbacks(self) -> list[Callback]: ...
    def new_callback(self, callback: Callback) -> Callback: ...
    def keep_callback(self, callback: Callback) -> None: ...
    def reopen_callback(self, callback: Callback) -> Callback: ...
    def contacts(self) -> list[Contact]: ...
    def keep_contact(self, contact: Contact) -> None: ...
    def forget_contact(self, call: str) -> None: ...
    def handling_times(self, most: int) -> list[float]: ...
