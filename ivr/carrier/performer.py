"""Performs the line's documents on one call: what is said, collected, asked of the line next."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ivr.carrier import document, sound, speech
from ivr.carrier.call import Call, Dequeued, HungUp, Interrupted, Order
from ivr.carrier.conferences import ConferenceFull
from ivr.carrier.document import DialConference, DialQueue, Document, Enqueue, Gather, Pause, Play, Prompt, Say, StartStream, Verb
from ivr.carrier.fault import CarrierError
from ivr.carrier.forks import fork
from ivr.carrier.queues import Member, Queue, QueueFull

if TYPE_CHECKING:
    from ivr.carrier.exchange import Exchange

log = logging.getLogger(__name__)

SORRY = Say("We are sorry, an application error has occurred. Goodbye.")
"""What Twilio says when the line fails and no fallback helps."""
MOST_FALLBACKS = 5
"""In one call: a fallback that leads back to what failed would go round for ever."""
SHORTEST_WAIT_S = 1.0
"""A waiting document shorter than this is not asked for again at once."""
TONE_S = 0.25
VOICE_LAG_S = 5.0
"""A browser's voice may take this much longer than thrice the estimate before it is no longer waited for."""

Extra = Callable[[], dict[str, str]]


def nothing() -> dict[str, str]:
    """No parameters besides those of every webhook."""
    return {}


class _Over(Exception):
    """A document ended the call; status and reason."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _Left(Exception):
    """A document took the call out of its queue."""


class Performer:
    """One call's own thread. ``run`` returns when the call is over."""

    def __init__(self, exchange: Exchange, call: Call, order: Order) -> None:
        self._exchange = exchange
        self._call = call
        self._order = order
        self._said = 0
        self._fallbacks = 0
        rate = exchange.settings.phone_speech_rate if call.party.human else exchange.settings.speech_rate
        self._rate = rate

    def run(self) -> tuple[str, str]:
        """Perform until the call is over; returns its last status and why it ended, in words."""
        try:
            self._through()
            return "completed", "the document ran out"
        except HungUp as hung_up:
            return "completed", str(hung_up)
        except _Over as over:
            return over.status, over.reason

    def _through(self) -> None:
        """Documents one after the other; REST's orders and the line's failures come between them."""
        start = partial(self._ordered, self._order)
        while True:
            try:
                next_: Document | None = start()
                while next_ is not None:
                    next_ = self._perform(next_, document.EVERYWHERE, nothing)
                return
            except Interrupted as interrupted:
                start = partial(self._ordered, interrupted.order)
            except CarrierError as error:
                start = partial(self._failed, error)

    def _ordered(self, order: Order) -> Document:
        if order.twiml:
            return document.parse(order.twiml, "inline TwiML")
        self._call.tell("redirect", url=order.url)
        return self._fetch(order.url, order.method)

    def _failed(self, error: CarrierError) -> Document:
        """What the fallback webhook answers to this error; without one, the call ends with an apology."""
        call, url = self._call, self._exchange.settings.fallback_url
        log.warning("call %s: %s", call.sid, error)
        call.tell("error", text=str(error), code=error.code)
        self._fallbacks += 1
        if url is not None and error.url != url and self._fallbacks <= MOST_FALLBACKS:
            return self._fetch(url, "POST", ErrorCode=str(error.code), ErrorUrl=error.url)
        call.answer()
        self._prompt(SORRY, lambda: False)
        raise _Over("completed", "the line failed")

    def _fetch(
        self, url: str, method: str, allowed: Collection[type] = document.EVERYWHERE, **params: str
    ) -> Document:
        body = self._exchange.webhooks.document(url, method, {**self._call.params(), **params})
        self._call.check()
        return document.parse(body, url, allowed)

    # -- verbs -------------------------------------------------------------------------

    def _perform(self, document_: Document, allowed: Collection[type], extra: Extra) -> Document | None:
        """Perform one document; the one to go on with, or None when it ran out."""
        call = self._call
        if not call.answered and document_.verbs and isinstance(reject := document_.verbs[0], document.Reject):
            raise _Over("busy" if reject.reason == "busy" else "no-answer", f"Reject ({reject.reason})")
        call.answer()
        for verb in document_.verbs:
            call.check()
            next_ = self._do(verb, allowed, extra)
            if next_ is not None:
                return next_
        return None

    def _do(self, verb: Verb, allowed: Collection[type], extra: Extra) -> Document | None:
        match verb:
            case Say() | Play() | Pause():
                self._prompt(verb, lambda: False)
            case Gather():
                return self._gather(verb, allowed, extra)
            case document.Redirect():
                self._call.tell("redirect", url=verb.url)
                return self._fetch(verb.url, verb.method, allowed, **extra())
            case StartStream():
                fork(self._exchange, self._call, verb)
            case document.StopStream():
                for stream in self._call.streams:
                    if stream.name == verb.name:
                        stream.close()
            case Enqueue():
                return self._enqueue(verb)
            case DialQueue():
                return self._dial(verb)
            case DialConference():
                return self._confer(verb)
            case document.Leave():
                raise _Left
            case document.Hangup() | document.Reject():
                raise _Over("completed", type(verb).__name__)
        return None

    def _prompt(self, prompt: Prompt, cut: Callable[[], bool], pause_rate: float = 1.0) -> bool:
        """Say, play or pause; True when ``cut`` came true before the end."""
        call = self._call
        if isinstance(prompt, Pause):
            call.tell("pause", seconds=prompt.length_s)
            return call.wait(prompt.length_s / pause_rate, cut)
        law = b""
        if isinstance(prompt, Play) and prompt.url:
            law = self._recording(prompt.url)
        rounds = 0
        while prompt.loop == 0 or rounds < prompt.loop:
            rounds += 1
            ended = False
            try:
                if isinstance(prompt, Say):
                    ended = not self._say(prompt, cut)
                else:
                    call.tell("play", url=prompt.url, digits=prompt.digits)
                    call.play(law)
                    seconds = len(law) / sound.RATE or len(prompt.digits) * TONE_S
                    ended = not call.wait(seconds / self._rate, cut)
            finally:
                call.play(b"")
                if not ended:
                    call.tell("quiet")
            if not ended:
                return True
        return False

    def _say(self, say: Say, cut: Callable[[], bool]) -> bool:
        call = self._call
        self._said += 1
        number = self._said
        call.tell("say", text=say.text, lang=say.lang, number=number)
        seconds = speech.seconds(say)
        if call.party.spoken(number) is None:
            return call.wait(seconds / self._rate, cut)
        call.wait(3 * seconds + VOICE_LAG_S, lambda: cut() or call.party.spoken(number) is not False)
        return cut()

    def _recording(self, url: str) -> bytes:
        try:
            return sound.read(self._exchange.webhooks.sound(url))
        except sound.SoundError as error:
            raise CarrierError(f"<Play>: {error}", 12300, url) from None

    def _gather(self, gather: Gather, allowed: Collection[type], extra: Extra) -> Document | None:
        call = self._call
        step = parse_qs(urlsplit(gather.action).query).get("step", [""])[0]
        call.forget_keys()
        call.tell("gather", step=step, question=gather.action)
        if not any(self._prompt(prompt, call.pressed, self._rate) for prompt in gather.prompts):
            call.tell("listening", step=step, question=gather.action)
        digits = finished = ""
        while (key := call.key(gather.timeout_s)) is not None:
            if key == gather.finish_on_key:
                finished = key
                break
            digits += key
            if len(digits) == gather.num_digits:
                break
        if not digits and not gather.action_on_empty:
            call.tell("no_input", step=step)
            return None
        call.tell("digits", step=step, count=len(digits))
        return self._fetch(
            gather.action, gather.method, allowed, **extra(), Digits=digits, FinishedOnKey=finished, msg="Gather End"
        )

    # -- queues ------------------------------------------------------------------------

    def _enqueue(self, verb: Enqueue) -> Document | None:
        queue = self._exchange.queues.named(verb.name)
        try:
            member = queue.join(self._call)
        except QueueFull:
            return self._after_queue(verb, "queue-full", None)
        self._call.tell("queue", queue=verb.name)
        try:
            result = self._waiting(verb, queue, member)
        except BaseException as ended:
            result = "hangup"
            if isinstance(ended, Interrupted):
                result = "redirected-from-bridged" if member.connected else "redirected"
            elif member.connected:
                result = "bridged"
            elif isinstance(ended, CarrierError):
                result = "error"
            if verb.action:
                params = {**self._call.params(), **self._queue_result(result, member)}
                if result == "hangup":
                    params["CallStatus"] = "completed"
                self._exchange.post_aside(self._call, verb.action, verb.method, params)
            raise
        finally:
            queue.leave(member)
            self._call.queue_taken = False
            self._call.tell("left_queue", queue=verb.name)
        return self._after_queue(verb, result, member)

    def _after_queue(self, verb: Enqueue, result: str, member: Member | None) -> Document | None:
        if not verb.action:
            return None
        return self._fetch(verb.action, verb.method, **self._queue_result(result, member))

    def _queue_result(self, result: str, member: Member | None) -> dict[str, str]:
        if member is None:
            return {"QueueResult": result}
        return {"QueueResult": result, "QueueSid": member.queue.sid, "QueueTime": str(member.waited)}

    def _waiting(self, verb: Enqueue, queue: Queue, member: Member) -> str:
        """Hear the waiting document, again and again, until taken out; how that came."""
        call = self._call
        while True:
            try:
                self._hear_waiting(verb, queue, member)
            except _Left:
                return "leave"
            except Dequeued:
                call.queue_taken = False
                if self._connected(queue, member):
                    return "bridged"

    def _hear_waiting(self, verb: Enqueue, queue: Queue, member: Member) -> None:
        call = self._call
        while True:
            if not verb.wait_url:
                call.wait(math.inf)
            again_at = time.monotonic() + SHORTEST_WAIT_S

            def extra() -> dict[str, str]:
                return queue.params(member)

            next_: Document | None = self._fetch(verb.wait_url, verb.wait_method, document.WAITING, **extra())
            while next_ is not None:
                next_ = self._perform(next_, document.WAITING, extra)
            call.wait(again_at - time.monotonic())

    def _connected(self, queue: Queue, member: Member) -> bool:
        """Play what the taker wants played, join the two, wait for the end; False: the taker is gone."""
        how, taker = member.how, member.taken_by
        if how is None or taker is None:
            return False
        if how.url:
            params = {"QueueSid": queue.sid, "QueueTime": str(member.waited), "DequeingCallSid": taker.sid}
            next_: Document | None = self._fetch(how.url, how.url_method, document.BEFORE_JOINING, **params)
            while next_ is not None:
                next_ = self._perform(next_, document.BEFORE_JOINING, lambda: params)
        if queue.connect(member) is None:
            return False
        self._joined(lambda: False)
        return True

    def _dial(self, verb: DialQueue) -> Document | None:
        call, queue = self._call, self._exchange.queues.named(verb.name)
        call.tell("dial", queue=verb.name)
        status, talked, peer = "no-answer", 0.0, ""
        until = time.monotonic() + verb.timeout_s
        queue.watch(call)
        try:
            while (left := until - time.monotonic()) > 0:
                member = queue.take(call, verb)
                if member is None:
                    call.wait(left, lambda: not queue.empty())
                    continue
                try:
                    call.wait(math.inf, lambda: member.connected or member.gone)
                except BaseException:
                    queue.give_back(member)
                    if member.connected:
                        part(call)
                    raise
                if member.connected:
                    started = time.monotonic()
                    self._joined(lambda: verb.hangup_on_star and call.pressed() and call.key(0) == "*")
                    status, talked, peer = "completed", time.monotonic() - started, member.call.sid
                    break
        finally:
            queue.unwatch(call)
        if not verb.action:
            return None
        return self._fetch(
            verb.action,
            verb.method,
            DialCallStatus=status,
            DialBridged="true" if peer else "false",
            QueueSid=queue.sid,
            **({"DialCallSid": peer, "DialCallDuration": str(round(talked))} if peer else {}),
        )

    def _confer(self, verb: DialConference) -> Document | None:
        """Take part until the conference ends, or ``*`` is pressed where that is allowed."""
        call, status = self._call, "busy"
        call.tell("dial", conference=verb.name)
        try:
            conference = self._exchange.conferences.enter(call, verb)
        except ConferenceFull:
            pass
        else:
            status = "answered"
            call.tell("joined")
            try:
                while not conference.over:
                    call.wait(math.inf, lambda: conference.over or call.pressed())
                    if verb.hangup_on_star and call.pressed() and call.key(0) == "*":
                        break
                    call.forget_keys()
            finally:
                self._exchange.conferences.leave(call, conference, ends=verb.ends)
                call.tell("parted")
        if not verb.action:
            return None
        bridged = "true" if status == "answered" else "false"
        return self._fetch(verb.action, verb.method, DialCallStatus=status, DialBridged=bridged)

    def _joined(self, cut: Callable[[], bool]) -> None:
        call = self._call
        call.tell("joined")
        try:
            while call.peer is not None:
                call.wait(math.inf, lambda: call.peer is None or call.pressed())
                if cut():
                    break
                call.forget_keys()
        finally:
            part(call)
            call.tell("parted")


def part(call: Call) -> None:
    """End the connection between this leg and the other; both go on with their documents."""
    peer, call.peer = call.peer, None
    if peer is not None and peer.peer is call:
        peer.peer = None
        peer.poke()
