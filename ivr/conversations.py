"""One call's life: what the carrier reports and the recogniser hears, through the menu machine, to TwiML.

Everything that happens is appended to the call event log before it has any
effect outside, so a process that is killed in mid-call loses nothing that was
final: the next webhook rebuilds the call from its events and goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from agent_assist.description import describe
from agent_assist.form import Value
from audio.session import Utterance
from ivr import answers, steps
from ivr.call import Call, form_of, restored, told
from ivr.errands import Errands
from ivr.menu import Menu
from ivr.ports import Also, Carrier, Earlier, Floor, Hub, Logged, Records, Tapes, Texts, Unstaffed
from ivr.progress import Progress
from ivr.state import State
from ivr.steps import Say
from ivr.stream import Listen
from ivr.terms import INTAKE, LINE_STEPS, YES
from ivr.trouble import where
from ivr.twiml import Voice

log = logging.getLogger(__name__)


class Conversations:
    """Each live call, moved by what is heard and keyed; everything is logged before it takes effect.

    ``listen`` opens a recogniser session: (language, on_partial, on_utterance); ``hears`` are the
    languages for which it can. ``now`` gives the time in the line's time zone. ``background`` runs what
    must not keep a webhook or a recogniser waiting: requests to the carrier. ``tapes``: where callers who
    agree are recorded; None: nobody is. ``earlier``: complaints on file, changed as their callers wish.
    ``texts``: the messages that callers get.
    """

    def __init__(
        self,
        voice: Voice,
        records: Records,
        hub: Hub,
        carrier: Carrier,
        listen: Listen,
        *,
        earlier: Earlier,
        texts: Texts,
        now: Callable[[], datetime],
        background: Executor,
        hears: tuple[str, ...] = ("zh",),
        floor: Floor | None = None,
        tapes: Tapes | None = None,
    ) -> None:
        self.voice = voice
        self.menu = Menu(voice.script, hears)
        self._records = records
        self._hub = hub
        self._listen = listen
        self._now = now
        self._errands = Errands(voice, carrier, background)
        self._texts = texts
        self.progress = Progress(voice.script, records, earlier, now)
        self._hears = hears
        self._floor = floor or Unstaffed()
        self._tapes = tapes
        self._calls: dict[str, Call] = {}
        self._lock = threading.Lock()

    # -- one call ----------------------------------------------------------------

    def _known(self, sid: str) -> Call | None:
        with self._lock:
            call = self._calls.get(sid)
        if call is not None:
            return call
        call = restored(sid, self._records.events(sid))
        if call is None or call.ended:
            return call
        with self._lock:
            return self._calls.setdefault(sid, call)

    def _call(self, sid: str, from_: str, to: str) -> Call:
        call = self._known(sid)
        if call is None:
            with self._lock:
                call = self._calls.setdefault(sid, Call(sid, from_, to))
        with call.lock:
            if call.state.turn == 0:
                started = steps.Started(call.own, self._opens())
                self._move(call, started, ("call_started", {"from": from_, "to": to}))
        return call

    def _move(self, call: Call, event: steps.Event, *before: Logged) -> None:
        """Tell the machine, log what came of it, then do what it asks for."""
        self._do(call, self._log(call, event, *before))

    def _log(self, call: Call, event: steps.Event, *before: Logged) -> tuple[steps.Step, ...]:
        """Tell the machine and log what came of it, all or nothing; what is to be done now."""
        state, todo = self.menu.move(call.state, event)
        happened = [*before, *self._changes(call, state, todo)]
        if happened:
            self._records.append(call.sid, *happened)
        call.form = replace(call.form, intent=state.intent)
        if state.since != call.state.since:
            call.piece = ()
        self._become(call, state)
        return todo

    def _become(self, call: Call, state: State) -> None:
        before, call.state = call.state, state
        if state.step == "queue" != before.step:
            self._wait(call)
        elif before.step == "queue" != state.step:
            self._floor.left(call.sid)

    def _wait(self, call: Call) -> None:
        """The call begins to wait in the queue that its state says."""
        call.queued_at, call.position, call.told_at = self._now().timestamp(), None, None
        self._floor.joined(call.sid, call.state.skill, call.state.priority, call.queued_at)

    def _changes(self, call: Call, state: State, todo: tuple[steps.Step, ...]) -> Iterator[Logged]:
        if state.intent != call.form.intent:
            yield "intent", {"intent": state.intent}
        if replace(state, waits=0) != replace(call.state, waits=0):
            yield "moved", {"state": state.to_json()}
        if state.turn != call.state.turn:
            text = self.voice.said(todo, state.lang)
            if text:
                yield "prompt", {"text": text, "lang": state.lang, "step": state.step}
            if state.step == "queue" != call.state.step:
                yield "queued", {"queue": state.skill, "position": None}

    def _do(self, call: Call, todo: tuple[steps.Step, ...]) -> None:
        """What the machine wants done before it can say more; doing it twice does it once."""
        for step in todo:
            match step:
                case steps.File():
                    # From the log and not from memory: an agent may have corrected a field.
                    call.form = form_of(self._records.events(call.sid))
                    tell = self._teller(call, "sms_filed", due=True)
                    number = self._records.file_complaint(call.sid, call.form.to_json(), tell)
                    self._move(call, steps.Filed(number, sms=call.text_to is not None))
                case steps.LookUp(number=number):
                    self._move(call, self.progress.look_up(call, number))
                case steps.Escalate(number=number):
                    tell = self._teller(call, "sms_escalated", due=True, level=True)
                    level = self.progress.take_higher(call, number, tell, lambda connection: self._text(connection, call, "sms_regulator", number=number))
                    self._move(call, steps.Escalated(number, level, sms=call.text_to is not None))
                case steps.Close(number=number, how=how):
                    done = self.progress.close(call, number, how, self._teller(call, f"sms_{how}"))
                    self._move(call, steps.Closed(number, sms=done and call.text_to is not None))
                case steps.Promise(number=number):
                    self._promise(call, number)
                    self._move(call, steps.Promised())
        self._texts.go()

    def _document(self, call: Call, *, first: bool = False) -> str:
        self._do(call, self.menu.steps(call.state))  # left undone by a process that was killed
        # Where nothing more is asked, a call needs no new ear.
        token = None if call.state.step in ("end", "gone") else call.stream_token(self._now(), again=first)
        self._expect(call)
        if not call.state.waits:
            call.rendered = call.state.turn
        todo = self.menu.steps(call.state)
        call.uncut = any(isinstance(step, Say) and step.whole for step in todo)
        return self.voice.document(todo, call.state.lang, token)

    def _expect(self, call: Call) -> None:
        if call.stream is not None and call.answered:
            call.stream.expect("agent")
        elif call.stream is not None:
            call.stream.speak(call.state.lang)
            phrases = self.menu.keypad.limited(call.state)
            call.stream.expect(answers.label(call.state), call.state.step, phrases)

    def _keyed(self, call: Call, digits: str) -> None:
        state, menu = call.state, self.voice.script.menu
        question = self.voice.script.questions.get(state.step)
        if digits == "" and question is not None and question.digits is not None and state.step != "voicemail":
            digits = menu.back_key  # the key that ends a number, with no number before it
        today = self._now().date()
        values = answers.keyed(self.menu, state, digits, call.form, today)
        fields = [*self._fill(call, values), *self._reject(call, self.menu.keypad.refused(state, digits))]
        filled = tuple(value.field for value in values)
        before = [*self._choice(state, digits), *fields]
        given = answers.keyed_number(state, digits, today)
        self._move(call, steps.Key(digits, filled, call.facts, given), *before)
        if digits == menu.back_key and INTAKE.get(call.state.step) in call.form.values:
            # Asked anew because the caller went back: what was confirmed may be said again.
            self._records.append(call.sid, *self._reject(call, INTAKE[call.state.step]))

    def _choice(self, state: State, key: str) -> Iterator[Logged]:
        choice = self.menu.keypad.choice(state, key)
        if choice is not None:
            yield "menu_choice", {"step": state.step, "key": key, "heard": None, "choice": choice}

    def _fill(self, call: Call, values: Iterable[Value]) -> list[Logged]:
        values = list(values)
        also = call.form.contradicts(values)  # on record, though the agent's word stands
        call.form, changed = call.form.take(values)
        return [("field_heard", {"field": value.field, **value.to_json()}) for value in [*changed, *also]]

    def _reject(self, call: Call, field: str) -> list[Logged]:
        form = call.form.without(field)
        changed, call.form = form is not call.form, form
        return [("field_rejected", {"field": field})] if changed else []

    def _heard(self, call: Call, utterance: Utterance) -> None:
        if not (utterance.text.strip() or utterance.digits or utterance.choice):
            return
        with call.lock:
            before = call.utterances
            try:
                self._take(call, utterance)
            except Exception as error:  # whatever it is, the recogniser's thread has other calls to serve
                log.error("call %s: an utterance could not be used: %s", call.sid, where(error))
                self._rescue(call, utterance, kept=call.utterances > before)

    def _rescue(self, call: Call, utterance: Utterance, *, kept: bool) -> None:
        """After a failure of ours: what was said is kept raw, and the caller goes to a human."""
        said = {**asdict(replace(utterance, ask=answers.asked(utterance.ask)[0])), "who": "caller"}
        events = [] if kept else [("utterance", said)]
        if call.answered:  # a human has them already
            self._records.append(call.sid, *events, ("error", {"what": "utterance"}))
            return
        try:
            self._move(call, steps.Failed(), *events, ("error", {"what": "utterance"}))
        except Exception as error:  # the log itself is out of reach; the next webhook will meet it too
            log.error("call %s: it could not be put through to a human: %s", call.sid, where(error))
            return
        if not kept:
            call.told.append(told(said))
        self._errands.interrupt(call, call.state.turn)

    def _take(self, call: Call, utterance: Utterance) -> None:
        state = call.state
        moving = call.rendered < state.turn  # an earlier part of this answer moved the call on already
        step, turn = answers.asked(utterance.ask)
        index = call.utterances + 1
        said = ("utterance", {**asdict(replace(utterance, ask=step)), "who": "caller"})
        present = state.answers(step, turn) and not call.answered
        key = self.menu.keypad.spoken(state, utterance.choice, utterance.text) if present else ""
        whole = answers.joined(call.piece, utterance) if present and call.piece else utterance
        understood = answers.heard(
            self.voice.script, whole, step=step, lang=state.lang, on=self._now().date(), index=index,
            hints=self._hints(call, step, whole), about=state.about, key=key,
        )
        if present and not key and step == "confirm" and answers.repeated(state, understood.values):
            key, understood = YES, replace(understood, key=YES)
        form, values = call.form, understood.values
        if key and step == "confirm":
            values = answers.confirmed(state, key, form)
        fields = [*self._fill(call, values), *self._reject(call, self.menu.keypad.refused(state, key))]
        heard = told(said[1])
        text = describe([*call.told, heard], call.form, state.lang)
        if text != call.form.description:
            fields.append(("description", {"text": text}))
            call.form = replace(call.form, description=text)
        filled = tuple(value.field for value in values)
        event = answers.event(understood, filled, call.facts, current=present)
        if present and answers.unfinished(step, understood, utterance) and not call.piece:
            # The beginning of a number: the rest is waited for, and no failure to answer.
            event, call.piece = replace(event, current=False), utterance.digits
        else:
            call.piece = ()
        if event.current and turn not in (None, state.turn):
            # Begun before the question was repeated: it may answer it, but it is no second failure.
            if self.menu.move(state, event)[0].missed > state.missed:
                event = replace(event, current=False)
        if step == "voicemail" and present:
            fields.append(("voicemail_left", {"utterance": index}))
        wish = understood.intent if understood.intent not in (None, "complain") else understood.option
        choice = []
        if wish and event.current and step in LINE_STEPS:
            choice.append(("menu_choice", {"step": step, "key": None, "heard": utterance.text, "choice": wish}))
        try:
            todo = self._log(call, event, said, *fields, *choice)
        except Exception:
            call.form = form  # nothing of it was stored
            raise
        call.told.append(heard)
        self._do(call, todo)
        if call.ended:
            self._draft(call)
        elif (call.state.turn != state.turn or moving) and not call.answered:
            self._errands.interrupt(call, call.state.turn)

    def _hints(self, call: Call, step: str, utterance: Utterance) -> tuple[str, ...]:
        """Numbers that are known to exist: the caller's own, and complaints among what may have been said."""
        if step == "number" or (step == "confirm" and call.state.about not in ("own", "phone", "callback")):
            return tuple(one for one in answers.candidates(utterance) if self._records.complaint(one) is not None)
        return (call.own,) if call.own else ()

    def _draft(self, call: Call) -> None:
        if call.state.filed or call.state.intent == "status" or call.substance in ((0, 0), call.drafted):
            return
        self._records.save_draft(call.sid, form_of(self._records.events(call.sid)).to_json())
        call.drafted = call.substance

    def _opens(self) -> str:
        """When the line opens, ISO; '' while it is open."""
        now = self._now()
        opens = self.voice.script.hours.opens(now)
        return "" if opens is None or opens <= now else opens.isoformat(timespec="minutes")

    def _text(self, connection: Any, call: Call, prompt: str, **args: str) -> None:
        """Write a text message with what it tells of; without a number that it reaches, none."""
        if call.text_to is not None:
            self._texts.put(connection, call.text_to, prompt, call.state.lang, args, log_of=call.sid)

    def _teller(self, call: Call, prompt: str, *, due: bool = False, level: bool = False) -> Also:
        """Writes the message about a complaint that is filed or changed, in the transaction that does so."""

        def tell(connection: Any, found: Any) -> None:
            args = {"number": found.number} | ({"level": str(found.level)} if level else {}) | ({"due": found.due_on or ""} if due else {})
            self._text(connection, call, prompt, **args)

        return tell

    def _promise(self, call: Call, number: str) -> None:
        state = call.state
        since, skill = call.queued_at or self._now().timestamp(), self.menu.skill(state)
        promised = {"number": number, "skill": skill, "since": since, "not_before": state.opens}
        self._records.append(call.sid, ("callback_promised", promised))
        category = self.voice.script.menu.categories.get(state.category or "")
        not_before = datetime.fromisoformat(state.opens).timestamp() if state.opens else 0.0
        complaint = state.number if state.filed or state.intent != "complain" else ""
        self._floor.call_back(
            call.sid, number, skill, category.priority if category else 0, since, state.lang, complaint, not_before
        )
