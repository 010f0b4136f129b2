"""Decoder throughput as a ratio to bare vosk, what hearing costs in each state of a call, delay of partials.

Both sides hear the same telephone audio in the same run, in turn, with the same
number of threads of the same priority, blocks of the same length and partials asked
for after each. Ours does more (μ-law, voice activity, utterances) and decodes less
(silence). Vosk is measured twice: with a recogniser for each recording, as its own
examples have it, and with one for each thread that has heard everything before,
which is the best that it can do and what ours comes to after some calls. (Speech
never heard before is dearer for both: see ``audio.recogniser.Recognisers``.)
"""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import vosk

from audio import g711, models, wav
from audio.decoder import Pool, yield_to_others
from audio.session import BLOCK, Expect, Partial, Session
from audio.voice import FRAME

SPEECH = Path(__file__).parent.parent / "tests" / "data" / "speech"
THREADS = os.cpu_count() or 1
ROUNDS = 3
STORY = Expect("problem", pause=1.2)
STATES = {
    "story (dictation)": STORY,
    "number (dictation and digits)": Expect("phone", digits=True, pause=1.2),
    "number (digits alone)": Expect("phone", dictation=False, digits=True, pause=1.2),
}


def main() -> None:
    """Print the figures."""
    recordings = [wav.read(path) for path in sorted(SPEECH.glob("d*.wav"))]
    # A caller is silent while prompts are heard: as much silence as speech is little.
    streams = [np.concatenate([samples, np.zeros(len(samples), np.int16)]) for samples in recordings]
    models.load("zh")
    with Pool(THREADS) as pool:
        warm = threading.local()
        with ThreadPoolExecutor(THREADS, initializer=yield_to_others) as threads:
            for _ in range(2):  # both sides have heard everything once
                list(threads.map(lambda sound: _recognise(sound, warm), recordings))
                _hear(pool, recordings, STORY)
            _throughput(pool, threads, warm, "answers as recorded", recordings)
            _throughput(pool, threads, warm, "and as much silence", streams)
        _states(pool, recordings)
        _many(pool, recordings)
        _delay(pool, recordings)


def _throughput(
    pool: Pool, threads: ThreadPoolExecutor, warm: threading.local, name: str, recordings: list[np.ndarray]
) -> None:
    audio_s = sum(map(len, recordings)) / wav.RATE
    rounds = [
        (_bare(threads, recordings, None), _bare(threads, recordings, warm), _hear(pool, recordings, STORY))
        for _ in range(ROUNDS)
    ]
    rate = audio_s / statistics.median(ours for *_, ours in rounds)
    print(f"throughput, {name}: ours {rate:.1f} s of audio a second")
    for place, side in enumerate(("bare vosk, a recogniser a recording", "bare vosk, warm recognisers")):
        ratios = [times[place] / times[-1] for times in rounds]
        print(
            f"  {statistics.median(ratios):.2f} × {side} ({audio_s / statistics.median(t[place] for t in rounds):.1f}; "
            f"{ROUNDS} rounds: {min(ratios):.2f} to {max(ratios):.2f})"
        )


def _states(pool: Pool, recordings: list[np.ndarray]) -> None:
    audio_s = sum(map(len, recordings)) / wav.RATE
    for name, expect in STATES.items():
        work = min(_cpu(lambda expect=expect: _hear(pool, recordings, expect)) for _ in range(3)) / audio_s
        print(f"state {name}: {work:.3f} s of work a second of recording, {1 / work:.0f} callers at once on a core")
    silence = [np.zeros(60 * wav.RATE, np.int16)]
    work = _cpu(lambda: _hear(pool, silence, Expect())) / 60
    print(f"state silence: {work:.4f} s of work a second")


def _many(pool: Pool, recordings: list[np.ndarray]) -> None:
    """Everybody talks at once, as fast as it goes: what is left of the throughput."""
    audio_s = sum(map(len, recordings)) / wav.RATE
    began = time.perf_counter()
    with ThreadPoolExecutor(len(recordings)) as callers:
        list(callers.map(lambda samples: _stream(pool, g711.encode(samples), STORY), recordings))
    rate = audio_s / (time.perf_counter() - began)
    print(f"{len(recordings)} callers talking at once: {rate:.1f} s of audio a second")


def _delay(pool: Pool, recordings: list[np.ndarray]) -> None:
    """From the end of a word, spoken at its own pace, to the partial that first holds it."""
    delays: list[float] = []
    with ThreadPoolExecutor(len(recordings)) as callers:
        for found in callers.map(lambda samples: _delays(pool, samples), recordings):
            delays += found
    p50, p95 = np.quantile(delays, [0.5, 0.95])
    print(
        f"end of a word to its partial, {len(recordings)} callers at once: "
        f"p50 {p50:.2f} s, p95 {p95:.2f} s ({len(delays)} words)"
    )


def _delays(pool: Pool, samples: np.ndarray) -> list[float]:
    shown: list[float] = []  # when the first partial with so many words came
    ends: list[float] = []

    def partial(heard: Partial) -> None:
        shown.extend([time.monotonic()] * (len(heard.text.split()) - len(shown)))

    session = Session(
        pool, "zh", on_partial=partial, on_utterance=lambda heard: ends.extend(word.end for word in heard.words)
    )
    session.expect(Expect(pause=3.0))
    began = time.monotonic()
    for at in range(0, len(samples), FRAME):
        time.sleep(max(0.0, began + (at + FRAME) / wav.RATE - time.monotonic()))
        session.feed(samples[at : at + FRAME])
    session.close(wait=True)
    return [at - began - end for at, end in zip(shown, ends, strict=False)]


def _cpu(work) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _hear(pool: Pool, recordings: list[np.ndarray], expect: Expect) -> float:
    """Seconds that our whole path takes; as many streams at once as vosk alone has."""
    codes = [g711.encode(samples) for samples in recordings]
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as callers:
        list(callers.map(lambda code: _stream(pool, code, expect), codes))
    return time.perf_counter() - began


def _stream(pool: Pool, code: bytes, expect: Expect) -> None:
    session = Session(pool, "zh", on_partial=lambda _: None, on_utterance=lambda _: None)
    session.expect(expect)
    for at in range(0, len(code), FRAME):
        session.feed(g711.decode(code[at : at + FRAME]))
    session.close(wait=True)


def _bare(threads: ThreadPoolExecutor, recordings: list[np.ndarray], warm: threading.local | None) -> float:
    """Seconds that vosk alone takes."""
    began = time.perf_counter()
    list(threads.map(lambda sound: _recognise(sound, warm), recordings))
    return time.perf_counter() - began


def _recognise(sound: np.ndarray, warm: threading.local | None) -> str:
    recogniser = getattr(warm, "recogniser", None)
    if recogniser is None:
        recogniser = vosk.KaldiRecognizer(models.load("zh"), wav.RATE)
        recogniser.SetWords(True)
        if warm is not None:
            warm.recogniser = recogniser
    for at in range(0, len(sound), BLOCK):
        recogniser.AcceptWaveform(sound[at : at + BLOCK].tobytes())
        recogniser.PartialResult()
    return json.loads(recogniser.FinalResult())["text"]
