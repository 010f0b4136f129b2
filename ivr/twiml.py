"""Steps → TwiML, with the ``twilio`` library. No document ends without a next verb."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ivr import wording
from ivr.script import Script
from ivr.state import State
from ivr.steps import Enqueue, Hangup, Listen, Redirect, Say, Step

ANNOUNCED_EVERY = 3
"""Rounds of the music on hold from one announcement to the next."""

DOCUMENT_LIMIT = 64 * 1024
"""Twilio takes no larger document, in bytes."""


def queue_name(skill: str, priority: int) -> str:
    """The carrier's queue for callers of this skill and priority; it connects whoever came first."""
    return f"{skill}.{priority}" if priority else skill


@dataclass(frozen=True)
class Urls:
    """Addresses of our webhooks under the configured public URL."""

    base: str

    def answer(self, step: str, turn: int) -> str:
        """What the caller pressed, or nothing, at this question."""
        return f"{self.base}/voice/answer?step={step}&turn={turn}"

    def next(self, turn: int) -> str:
        """Where an interrupted call goes on."""
        return f"{self.base}/voice/next?turn={turn}"

    @property
    def wait(self) -> str:
        """What is heard in the queue."""
        return f"{self.base}/voice/wait"

    @property
    def left(self) -> str:
        """Where a call goes that has left the queue."""
        return f"{self.base}/voice/left"

    def held(self, round_: int) -> str:
        """What a caller on hold hears next; every so many rounds the announcement."""
        return f"{self.base}/voice/held?round={round_}"

    @property
    def music(self) -> str:
        """What is played on hold."""
        return f"{self.base}/voice/music"

    @property
    def stream(self) -> str:
        """Where the carrier reports on the audio stream."""
        return f"{self.base}/voice/stream"

    @property
    def media(self) -> str:
        """The socket that takes the audio."""
        return "ws" + self.base.removeprefix("http") + "/media"


def fork(response: VoiceResponse, urls: Urls, token: str) -> None:
    """Open the audio stream of this call's own party; the call goes on."""
    stream = response.start().stream(
        url=urls.media, track="inbound_track", status_callback=urls.stream, status_callback_method="POST"
    )
    stream.parameter(name="token", value=token)


def into_room(response: VoiceResponse, call: str, action: str) -> None:
    """Into the conference in which agents and the caller of this call talk; ``action`` follows it."""
    dial = Dial(action=action, method="POST")
    # Nobody's leaving ends it: who stays is told by the line what follows.
    dial.conference(call, beep=False, start_conference_on_enter=True, end_conference_on_exit=False, wait_url="")
    response.append(dial)


@dataclass(frozen=True)
class Voice:
    """Writes TwiML for one script at one address."""

    script: Script
    urls: Urls

    def document(self, steps: Iterable[Step], lang: str, token: str | None = None) -> str:
        """The document for these steps; with a ``token`` it opens the audio stream first."""
        response = self._begun(token)
        for step in steps:
            match step:
                case Say():
                    self._say(response, step, lang)
                case Listen():
                    self._listen(response, step, lang)
                case Redirect():
                    response.redirect(self.urls.answer(step.step, step.turn), method="POST")
                case Enqueue():
                    response.enqueue(
                        queue_name(step.skill, step.priority),
                        wait_url=self.urls.wait,
                        wait_url_method="POST",
                        action=self.urls.left,
                        method="POST",
                    )
                    # Only a queue that cannot take the caller lets the document go on.
                    response.redirect(self.urls.left, method="POST")
                case Hangup():
                    response.hangup()
                case _:
                    raise TypeError(f"{type(step).__name__} is done by the flow, not said")
        return str(response)

    def waiting(self, says: Iterable[Say], state: State, pause_s: int) -> str:
        """The document heard in the queue: prompts and quiet, with keys that lead out, and again."""
        response = VoiceResponse()
        listen = Listen("queue", state.turn, tuple(says), pause_s, None)
        self._listen(response, listen, state.lang)
        response.redirect(self.urls.wait, method="POST")
        return str(response)

    def on_hold(self, lang: str, round_: int, token: str | None) -> str:
        """For a caller on hold: the announcement now and then, music, and what follows is asked again."""
        response = self._begun(token)
        if round_ % ANNOUNCED_EVERY == 0:
            self._say(response, Say("hold"), lang)
        response.play(self.urls.music)
        response.redirect(self.urls.held(round_ + 1), method="POST")
        return str(response)

    def in_room(self, call: str, token: str | None) -> str:
        """For a caller who talks with agents in the room."""
        response = self._begun(token)
        into_room(response, call, self.urls.held(0))
        return str(response)

    def leave(self) -> str:
        """Out of the queue; the call goes on at the address that its Enqueue named."""
        response = VoiceResponse()
        response.leave()
        return str(response)

    def hold(self, says: Iterable[Say], lang: str, pause_s: int, then: str) -> str:
        """Prompts, quiet, and on to ``then``: where the carrier's queue cannot take the caller."""
        response = VoiceResponse()
        for say in says:
            self._say(response, say, lang)
        response.pause(length=pause_s)
        response.redirect(then, method="POST")
        return str(response)

    def said(self, steps: Iterable[Step], lang: str) -> str:
        """What the caller hears of these steps, as one text."""
        says: list[Say] = []
        for step in steps:
            says += [step] if isinstance(step, Say) else step.says if isinstance(step, Listen) else []
        return " ".join(wording.text(self.script, say, lang) for say in says)

    def _begun(self, token: str | None) -> VoiceResponse:
        """A document; with a token it opens the audio stream."""
        response = VoiceResponse()
        if token is not None:
            fork(response, self.urls, token)
        return response

    def _say(self, verb: VoiceResponse | Gather, say: Say, lang: str) -> None:
        language = self.script.languages.of(say.lang or lang)
        verb.say(wording.text(self.script, say, lang), language=language.say, voice=language.voice or None)

    def _listen(self, response: VoiceResponse, listen: Listen, lang: str) -> None:
        keys = {"num_digits": 1, "finish_on_key": ""}
        if listen.digits is not None:
            keys = {"num_digits": listen.digits or None, "finish_on_key": "#"}
        gather = response.gather(
            input="dtmf",
            action=self.urls.answer(listen.step, listen.turn),
            method="POST",
            timeout=listen.silence_s,
            **keys,
        )
        for say in listen.says:
            self._say(gather, say, lang)
