"""Recorded callers of a manifest heard as live calls are, several at once, and held against what they said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import soundfile

from agent_assist import evaluation
from agent_assist.extract import warm
from audio.decoder import Pool
from audio.session import Utterance
from audio.wav import AudioError
from hotline import intake
from hotline.manifest import Caller, Fault
from ivr.script import Script


@dataclass
class Trial:
    """What a trial has come to; a trial that was stopped holds whoever was heard to the end."""

    callers: list[evaluation.Caller] = field(default_factory=list)
    """In the manifest's order."""
    faults: list[Fault] = field(default_factory=list)
    """Callers whose recordings could not be used."""
    audio_s: float = 0.0
    """Seconds of recording that were heard."""
    decoder_s: float = 0.0
    """Seconds of work that hearing them took, on all cores together."""
    wall_s: float = 0.0
    stopped: bool = False


@dataclass
class _Spent:
    """Seconds, an entry for each recording or caller: threads add to a list without a lock."""

    audio: list[float] = field(default_factory=list)
    filling: list[float] = field(default_factory=list)


def run(
    script: Script, callers: Sequence[Caller], on: date, *, workers: int = 1, progress: Callable[[], None] = lambda: None
) -> Trial:
    """Hear these callers; their models are loaded. ``on``: the day of calls that tell none.

    ``progress`` is called after each recording, on any thread. A KeyboardInterrupt ends the trial with what
    was heard until then.
    """
    trial, stop, spent = Trial(), threading.Event(), _Spent()
    for lang in {caller.lang for caller in callers}:
        warm(lang)
    began, work = time.perf_counter(), time.process_time()
    # Threads, as in the line: the recognisers leave Python's lock, and a model is in memory once.
    with Pool(workers) as pool, ThreadPoolExecutor(workers, thread_name_prefix="caller") as threads:
        futures = {threads.submit(_hear, script, caller, on, pool, stop, spent, progress): caller for caller in callers}
        with _stoppable(trial, stop, futures):
            for _ in as_completed(futures):
                pass
    trial.wall_s = time.perf_counter() - began
    # Also of callers who were not heard to the end: they were work and sound as well.
    trial.decoder_s = time.process_time() - work - sum(spent.filling)
    trial.audio_s = sum(spent.audio)
    for future, caller in futures.items():  # in the manifest's order
        if future.cancelled():
            continue
        try:
            heard = future.result()
        except AudioError as error:
            trial.faults.append(Fault(caller.line, str(error)))
            continue
        if heard is not None:
            trial.callers.append(heard)
    return trial


@contextmanager
def _stoppable(trial: Trial, stop: threading.Event, futures: dict[Future, Caller]) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        trial.stopped = True
        stop.set()
        for future in futures:
            future.cancel()


def _hear(
    script: Script, caller: Caller, on: date, pool: Pool, stop: threading.Event, spent: _Spent, progress: Callable[[], None]
) -> evaluation.Caller | None:
    """One caller; None when the trial was stopped before the end."""
    utterances: list[Utterance] = []
    turns: list[evaluation.Turn] = []
    for answer in caller.answers:
        if stop.is_set():
            return None
        heard = intake.hear(script, answer.wav, answer.ask, pool, caller.lang)
        spent.audio.append(soundfile.info(answer.wav).duration)
        turns.append(
            evaluation.Turn(
                ask=answer.ask,
                said=answer.said,
                heard=tuple(one.text for one in heard),
                first=len(utterances) + 1,
                dictated=intake.expect(script, answer.ask).dictation,
                readings=tuple(digits for one in heard for digits in one.digits[:3]),
            )
        )
        utterances += heard
        progress()
    began = time.thread_time()
    day = caller.on or on
    form = intake.fill(script, utterances, caller.lang, day).form
    judgements = evaluation.judge(caller.expected, form, day, caller.lang)
    spent.filling.append(time.thread_time() - began)
    return evaluation.Caller(caller.id, caller.line, caller.lang, caller.voice, judgements, tuple(turns))
