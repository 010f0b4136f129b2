"""Who can be called: phones that said which number is theirs."""

from __future__ import annotations

import threading
from typing import Protocol

from ivr.carrier.call import Party


class Phone(Party, Protocol):
    """A party that can be called. It takes a call with ``Call.accept``."""

    @property
    def busy(self) -> bool:
        """True while it has a call."""

    def texted(self, body: str) -> None:
        """A text message came while no call was on."""


class Phones:
    """Phones by number; the one that came last answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._phones: dict[str, Phone] = {}

    def add(self, number: str, phone: Phone) -> None:
        """This phone is now at this number."""
        with self._lock:
            self._phones[_key(number)] = phone

    def remove(self, number: str, phone: Phone) -> None:
        """It is there no longer."""
        with self._lock:
            if self._phones.get(_key(number)) is phone:
                del self._phones[_key(number)]

    def at(self, number: str) -> Phone | None:
        """The phone at this number."""
        with self._lock:
            return self._phones.get(_key(number))


def _key(number: str) -> str:
    """The same for a number with the country's code and without: 010… and +8610… are one phone."""
    return number.removeprefix("+86").removeprefix("0")
