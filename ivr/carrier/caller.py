"""The recorded caller: answers the line's questions with recordings and keys, like a person would.

It speaks only when a prompt is over and the line listens, after a moment's thought.
It gives every answer once; asked the same thing again, it says the same again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ivr.carrier.call import Call, Listener
from ivr.carrier.sound import FRAME, FRAME_S, RATE, SILENCE

THOUGHT_S = 0.3
"""Between the end of a question and the answer; never hurried, as the line's recogniser needs the silence too."""
KEY_S = 0.2
"""From one key to the next."""
PATIENCE_S = 120.0
"""A caller who has said everything and hears nothing new for so long (a queue's music, the same words) hangs up."""
REPEATS = 2
"""So often it says the same again."""
KEYS_ONLY = {"language", "confirm", "queue"}
"""Questions that an unnamed recording does not answer: it belongs to the first question of substance."""

Piece = bytes | Callable[[], None]


@dataclass(frozen=True)
class Answer:
    """One thing to say: keys, or a recording (μ-law). ``step`` names its question; '' is any question.

    ``label`` is how it is called in what is told about the call.
    """

    step: str
    label: str
    keys: str = ""
    law: bytes = b""


@dataclass(frozen=True)
class Script:
    """What a recorded caller does.

    ``hang_up_after``: hang up when so many answers have been given; with ``hang_up_in_s``,
    so many seconds (of recording) into the next one. ``patience_s``: how long to
    hold on silently once everything is said.
    """

    answers: tuple[Answer, ...]
    hang_up_after: int | None = None
    hang_up_in_s: float | None = None
    patience_s: float = PATIENCE_S


class RecordedCaller:
    """A party that follows a script. ``rate`` hurries keys, never recordings."""

    human = False

    def __init__(self, script: Script, rate: float = 1.0) -> None:
        self._script = script
        self._left = list(script.answers)
        self._rate = rate
        self._given = 0
        self._lock = threading.RLock()
        self._pieces: deque[Piece] = deque()
        self._asked: tuple[str, str] | None = None  # step and question (the Gather's action)
        self._answered = ""  # the question answered last; it may go on listening while we speak
        self._said: dict[str, Answer] = {}  # the last recording for each step
        self._repeated: dict[str, int] = {}
        self._heard: set[str] = set()
        self._joined = False
        self._idle = 0
        self.call: Call | None = None
        self.listener: Listener | None = None

    def texted(self, body: str) -> None:
        """A text message is told to whoever listens."""
        if self.listener is not None:
            self.listener("sms", {"body": body})

    def attach(self, call: Call) -> None:
        """Learn which call this is; one that rings is taken at once."""
        self.call = call
        if self.listener is not None:
            call.listen(self.listener)
            self.listener("rung", {"call_sid": call.sid})
        if call.direction != "inbound":
            call.accept()

    @property
    def busy(self) -> bool:
        """True once it has its call: a script is for one."""
        return self.call is not None

    def spoken(self, number: int) -> None:
        """Nobody listens: the carrier's estimate of a prompt's length holds."""
        return None

    def hear(self, frame: bytes) -> None:
        """A recorded caller has no ears."""

    def told(self, kind: str, data: dict[str, Any]) -> None:
        """Notice when the line listens, and when it no longer does."""
        with self._lock:
            if kind == "listening":
                if data["question"] != self._answered:
                    self._asked = data["step"], data["question"]
            elif kind in ("gather", "no_input", "digits", "redirect", "say", "ended"):
                self._asked = None
            if kind in ("joined", "parted"):
                self._joined = kind == "joined"
            elif kind == "say" and data["text"] not in self._heard:
                self._heard.add(data["text"])
                self._idle = 0

    def frame(self) -> bytes:
        """The next 20 ms of the answer being given; silence otherwise."""
        with self._lock:
            if not self._pieces and self._asked is not None:
                self._reply(*self._asked)
            while self._pieces:
                piece = self._pieces.popleft()
                if isinstance(piece, bytes):
                    return piece
                piece()
            self._wait()
            return SILENCE

    def _reply(self, step: str, question: str) -> None:
        last = self._script.hang_up_after
        if last is not None and self._given >= last and self._script.hang_up_in_s is None:
            self._asked = None
            self._hang_up()
            return
        answer = self._choose(step)
        if answer is None:
            return
        self._asked, self._answered = None, question
        if answer in self._left:
            self._left.remove(answer)
        else:
            self._repeated[step] = self._repeated.get(step, 0) + 1
        if answer.law:
            self._said[step] = answer
        self._pieces.extend([SILENCE] * round(THOUGHT_S / FRAME_S))
        pieces = self._pressed(answer) if answer.keys else self._spoken(answer)
        if last is not None and self._given >= last:
            # The first piece tells what is said and takes no time.
            self._pieces.extend(pieces[: 1 + round(self._script.hang_up_in_s / FRAME_S)])
            self._pieces.append(self._hang_up)
            return
        self._pieces.extend(pieces)
        self._pieces.append(self._gave)

    def _choose(self, step: str) -> Answer | None:
        for answer in self._left:
            if answer.step and answer.step == step:
                return answer
        if step and step in self._said:
            return self._said[step] if self._repeated.get(step, 0) < REPEATS else None
        for answer in self._left:
            if not answer.step:
                return answer if answer.keys or step not in KEYS_ONLY else None
        return None

    def _pressed(self, answer: Answer) -> list[Piece]:
        gap = [SILENCE] * max(1, round(KEY_S / self._rate / FRAME_S))
        pieces: list[Piece] = [lambda: self.call.tell("key", keys=answer.keys, name=answer.label)]
        for key in answer.keys:
            pieces += [lambda key=key: self.call.press(key), *gap]
        return pieces

    def _spoken(self, answer: Answer) -> list[Piece]:
        seconds = round(len(answer.law) / RATE, 2)
        frames = [answer.law[start : start + FRAME] for start in range(0, len(answer.law), FRAME)]
        return [lambda: self.call.tell("play_answer", name=answer.label, seconds=seconds), *frames]

    def _gave(self) -> None:
        self._given += 1
        self._idle = 0
        if self._given == self._script.hang_up_after and self._script.hang_up_in_s is None:
            self._hang_up()

    def _wait(self) -> None:
        self._idle = 0 if self._joined else self._idle + 1
        # Who still has something to say waits to be asked, but not for ever.
        patience = max(self._script.patience_s, PATIENCE_S) if self._left else self._script.patience_s
        if self._idle * FRAME_S > patience:
            self._idle = 0
            self.call.hang_up("the caller ran out of patience")

    def _hang_up(self) -> None:
        self._pieces.clear()
        self._left.clear()
        self.call.hang_up("the caller hung up")
