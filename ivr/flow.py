"""The live calls as the carrier and the audio streams speak of them: webhooks in, TwiML out, streams opened."""

from __future__ import annotations

import hmac
import logging
import math
from dataclasses import replace
from typing import Any

from audio.session import Partial, Utterance
from ivr import steps, waiting
from ivr.call import Call, form_of
from ivr.callbacks import abroad
from ivr.contact import TOP_PRIORITY, Contact
from ivr.conversations import Conversations
from ivr.duty import Callback
from ivr.state import State
from ivr.steps import Say
from ivr.stream import Deaf, Session, Stream

log = logging.getLogger(__name__)

FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""Call statuses after which nothing more comes."""

TELL_POSITION_S = 30
"""Not more often is a waiting caller told the place in the queue."""

WAIT_PAUSE_S = 10


REFUSE_KEY = "*"
"""At the question for the language: no recording, please."""


class Flow(Conversations):
    """All live calls of this process, as the carrier and the audio streams speak of them. Thread-safe;
    each call has its own lock.
    """

    # -- webhooks ----------------------------------------------------------------

    def incoming(self, sid: str, from_: str, to: str) -> str:
        """TwiML for a call that comes in."""
        call = self._call(sid, from_, to)
        with call.lock:
            return self._document(call, first=True)

    def answer(self, sid: str, step: str, turn: int, digits: str | None, *, from_: str = "", to: str = "") -> str:
        """TwiML after a question: keys, or None when the time for an answer is over."""
        call = self._call(sid, from_, to)
        with call.lock:
            if step == "queue":
                return self._answer_in_queue(call, turn, digits or "")
            present = (step, turn) == (call.state.step, call.state.turn)  # else it was answered before
            if digits is not None and step == "language" and REFUSE_KEY in digits:
                self._refuse_recording(call)
                languages = self.voice.script.languages
                digits = digits.replace(REFUSE_KEY, "") or languages.of(languages.default).key
            if digits is not None:
                # Whoever wants a human is heard even when the question was over.
                if present or digits == self.voice.script.menu.agent_key:
                    self._keyed(call, digits)
            elif call.speaking:
                self._move(call, steps.Silence(speaking=True))
            elif call.rendered < call.state.turn:
                self._move(call, steps.Quiet())
            elif present:
                self._move(call, steps.Silence())
            return self._document(call)

    def next(self, sid: str, *, from_: str = "", to: str = "") -> str:
        """TwiML for where the call is now."""
        call = self._call(sid, from_, to)
        with call.lock:
            return self._document(call)

    def wait(self, sid: str, position: int | None, *, from_: str = "", to: str = "") -> str:
        """What a caller in the queue hears next."""
        call = self._call(sid, from_, to)
        with call.lock:
            if call.state.step != "queue":
                return self.voice.leave()  # words have moved it on, or an apology has put it here
            call.rendered = call.state.turn
            if call.answered:  # the agent was lost before the two could talk: the wait goes on
                call.answered, call.position, call.told_at = False, None, None
            self._floor.arrived(sid)
            position = self._floor.position(sid) or position
            says: list[Say] = []
            now = self._now()
            due = call.told_at is None or (now - call.told_at).total_seconds() >= TELL_POSITION_S
            if due and position is not None and position != call.position:
                estimate = self._floor.estimate(sid)
                says.append(Say("queue_position", (("position", str(position)),)))
                if estimate is not None:
                    says.append(Say("queue_estimate", (("minutes", str(max(1, math.ceil(estimate / 60)))),)))
                elif call.position is None:
                    says.append(Say("queue_estimate_unknown"))
                call.position = position
                queued = {"queue": call.state.skill, "position": position, "estimate_s": estimate}
                self._records.append(sid, ("queued", queued))
            if due:
                says.append(Say("queue_wait"))
                says += waiting.offers(call.state, self.voice.script.menu, deaf=self.menu.keypad.deaf(call.state))
                call.told_at = now
            return self.voice.waiting(says, call.state, WAIT_PAUSE_S)

    def left(self, sid: str, result: str, *, from_: str = "", to: str = "") -> str:
        """TwiML for a call that has left the queue."""
        call = self._call(sid, from_, to)
        with call.lock:
            if result == "leave":
                return self._document(call)
            contact = self._floor.contact(sid)
            if result == "bridged" and contact is not None and contact.place in ("hold", "room", "queue"):
                return self._held(call, contact, 0)  # the agent's side ended first
            if result in ("bridged", "hangup") or result.startswith("redirected"):
                return self.voice.document([steps.Hangup()], call.state.lang)
            log.warning("call %s left its queue: %s", sid, result or "no reason given")
            self._floor.away(sid)
            again = self.voice.urls.next(call.state.turn)
            return self.voice.hold([Say("queue_wait")], call.state.lang, WAIT_PAUSE_S, again)

    def held(self, sid: str, round_: int, *, from_: str = "", to: str = "") -> str:
        """What a caller in an agent's hands hears now: music, the room, the queue again, or the end.

        ``round_`` counts how often the music has been played.
        """
        call = self._call(sid, from_, to)
        with call.lock:
            contact = self._floor.contact(sid)
            if contact is None and not call.answered:
                return self._document(call)
            return self._held(call, contact, round_)

    def _held(self, call: Call, contact: Contact | None, round_: int) -> str:
        place = contact.place if contact is not None else "end"
        token = None if place == "end" else call.stream_token(self._now(), again=False)
        if place == "hold":
            return self.voice.on_hold(call.state.lang, round_, token)
        if place in ("room", "talk"):
            return self.voice.in_room(call.sid, token)
        if place == "end":
            return self.voice.document([steps.Hangup()], call.state.lang)
        say = Say("transferred" if contact.priority == TOP_PRIORITY else "returned")
        turn = call.state.turn + 1
        state = replace(
            call.state, turn=turn, since=turn, step="queue", skill=contact.skill, priority=contact.priority, saying=(say,),
        )  # fmt: skip
        again = ("queued", {"queue": state.skill, "position": None})
        self._records.append(call.sid, *self._changes(call, state, self.menu.steps(state)), again)
        call.state, call.answered = state, False
        self._wait(call)
        return self._document(call)

    def answered(self, sid: str) -> str:
        """The caller is about to be connected with an agent; the call's language."""
        call = self._known(sid)
        if call is None:
            return self.voice.script.languages.default
        with call.lock:
            call.answered = True
            self._expect(call)
            return call.state.lang

    def language(self, sid: str) -> str:
        """The language of this call; the line's own for one that is not known."""
        call = self._known(sid) if sid else None
        return call.state.lang if call else self.voice.script.languages.default

    def listen_again(self, sid: str) -> None:
        """Hear a live call again whose stream is gone: with the process that was killed, or with the network.

        Two who talk ask no webhook for a document that could open one, so it is opened from here.
        """
        call = self._known(sid)
        if call is None:
            return
        with call.lock:
            if call.state.turn == 0 or call.state.step in ("end", "gone"):
                return
            token = call.stream_token(self._now(), again=False)
        if token is not None:
            self._errands.fork(call, token)

    def amend(self, sid: str, kind: str, data: dict[str, Any]) -> None:
        """An agent changes a field of this call, which may be over: into the log, the form and what was filed of it."""
        call = self._known(sid)
        if call is None:
            return
        with call.lock:
            self._records.append(sid, (kind, data))
            call.form = form_of(self._records.events(sid))
            case = self._records.complaint_of_call(sid)
            if case is not None and case.number:
                self._records.file_complaint(sid, call.form.to_json())
            elif case is not None or call.ended:
                self._records.save_draft(sid, call.form.to_json())

    def called_back(self, sid: str, callback: Callback, line: str) -> None:
        """The line (of this number) calls a customer back; from now on it is a call like any other."""
        if self._known(sid) is not None:
            return
        with self._lock:
            call = self._calls.setdefault(sid, Call(sid, abroad(callback.number), line))
        with call.lock:
            if call.state.turn:
                return
            state = replace(
                State(), turn=1, since=1, lang=callback.lang, skill=callback.skill, number=callback.complaint,
                filed=bool(callback.complaint),
            )  # fmt: skip
            self._records.append(
                sid,
                ("call_started", {"from": call.from_, "to": line}),
                ("called_back", {"of": callback.call, "complaint": callback.complaint, "attempt": callback.attempts}),
                ("moved", {"state": state.to_json()}),
            )
            call.state = state

    def taken_up(self, sid: str) -> str:
        """TwiML for a customer who was called back and wants to be connected: the queue, before everybody else."""
        call = self._known(sid)
        if call is None or call.ended:
            return self.voice.document([steps.Hangup()], self.voice.script.languages.default)
        with call.lock:
            if call.state.step == "start":
                says = (Say("callback_taken"),)
                state = replace(
                    call.state, turn=call.state.turn + 1, step="queue", priority=TOP_PRIORITY, saying=says
                )
                self._records.append(sid, *self._changes(call, state, self.menu.steps(state)))
                self._become(call, state)
            return self._document(call)

    def status(self, sid: str, status: str) -> None:
        """The carrier's word on the call; a final one closes it and leaves a draft of what was not filed."""
        if status not in FINAL:
            return
        call = self._known(sid)
        if call is None:
            log.warning("status %s for a call that is not known", status)
            return
        with call.lock:
            if call.ended:
                return
            call.ended = True
            stream = call.stream
        if stream is not None:
            stream.close(wait=True)  # without the lock: the last words come through heard()
        with call.lock:
            self._move(call, steps.HungUp())
            self._draft(call)
            self._records.append(sid, ("call_ended", {"status": status}))
        self._floor.ended(sid)
        with self._lock:
            self._calls.pop(sid, None)

    def failed(self, sid: str, what: str, *, from_: str = "", to: str = "") -> str:
        """TwiML after our own code failed: an apology, and on to a human."""
        call = self._call(sid, from_, to)
        with call.lock:
            self._records.append(sid, ("error", {"what": what}))
            self._move(call, steps.Failed())
            return self._document(call)

    def apology(self) -> str:
        """The same when not even the records can be reached."""
        menu = self.voice.script.menu
        says = [Say("sorry", lang=lang) for lang in ("zh", "en")]
        return self.voice.document([*says, steps.Enqueue(menu.default_skill, 0)], self.voice.script.languages.default)

    # -- audio -------------------------------------------------------------------

    def open(self, sid: str, token: str) -> Stream | None:
        """The handler for a call's audio stream; None unless the one-time token is the call's own."""
        with self._lock:
            call = self._calls.get(sid)
        if call is None:
            return None
        with call.lock:
            if call.ended or call.token is None or not hmac.compare_digest(call.token.encode(), token.encode()):
                return None
            call.token = None
            call.stream = Stream(
                self.voice.script,
                self._session,
                call.state.lang,
                on_started=lambda stream, name: self._stream_started(call, name),
                on_partial=lambda partial: self._partial(call, partial),
                on_utterance=lambda utterance: self._heard(call, utterance),
                on_closed=lambda stream, reason: self._stream_closed(call, stream, reason),
                tape=lambda pcm: self._record(call, pcm),
            )
            self._expect(call)
            return call.stream

    def heard(self, sid: str, utterance: Utterance) -> None:
        """A final utterance of the caller."""
        call = self._known(sid)
        if call is not None:
            self._heard(call, utterance)

    def partial(self, sid: str, partial: Partial) -> None:
        """Words still being spoken."""
        call = self._known(sid)
        if call is not None:
            self._partial(call, partial)

    def _answer_in_queue(self, call: Call, turn: int, digits: str) -> str:
        """After a key in the waiting document; one that leads out of the queue makes the caller leave it."""
        if call.state.step == "queue" and turn == call.state.turn and digits:
            self._keyed(call, digits)
        if call.state.step != "queue":
            return self.voice.leave()
        return self.voice.waiting((), call.state, WAIT_PAUSE_S)

    def _partial(self, call: Call, partial: Partial) -> None:
        data = {"text": partial.text, "end": partial.end, "ask": call.state.step, "who": "caller"}
        self._hub.partial(call.sid, data)

    def _stream_started(self, call: Call, name: str) -> None:
        self._records.append(call.sid, ("stream_started", {"stream": name}))
        call.tape += 1
        if self._tapes is not None and not call.unrecorded:
            call.recording = self._tapes.begin(call.sid, call.tape)

    @staticmethod
    def _record(call: Call, pcm: Any) -> None:
        recording = call.recording
        if recording is not None:
            recording.write(pcm)

    def _refuse_recording(self, call: Call) -> None:
        """The caller does not agree: nothing is kept from now on, and nothing of before."""
        if call.unrecorded:
            return
        self._records.append(call.sid, ("recording_refused", {}))
        call.unrecorded, call.recording = True, None
        if self._tapes is not None:
            self._tapes.delete(call.sid)

    def _stream_closed(self, call: Call, stream: Stream, reason: str) -> None:
        stream.close(wait=True)
        with call.lock:
            if call.stream is stream:
                call.stream = None
                if call.recording is not None and self._tapes is not None:
                    call.recording = None
                    self._tapes.end(call.sid, call.tape)
            if not call.ended:
                log.info("call %s: the audio stream ended: %s", call.sid, reason)
                self._draft(call)  # if no status callback ever comes, it is there

    def _session(self, lang: str, on_partial: Any, on_utterance: Any) -> Session:
        return self._listen(lang, on_partial, on_utterance) if lang in self._hears else Deaf()
