"""Decoder throughput as a ratio to bare vosk, and what hearing costs in each state of a call.

Both sides hear the same telephone audio in the same run, in turn, with the same
number of threads of the same priority and with blocks of the same length. Ours does more (μ-law, voice activity, utterances, partials)
and decodes less (silence).
"""

from __future__ import annotations

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import vosk

from audio import g711, models, wav
from audio.decoder import Pool, yield_to_others
from audio.session import BLOCK, Expect, Session
from audio.voice import FRAME

SPEECH = Path(__file__).parent.parent / "tests" / "data" / "speech"
THREADS = 2
ROUNDS = 3
STATES = {
    "story (dictation)": Expect("problem", pause=1.2),
    "number (dictation and digits)": Expect("phone", digits=True, pause=1.2),
    "number (digits alone)": Expect("phone", dictation=False, digits=True, pause=1.2),
}


def main() -> None:
    """Print the figures."""
    recordings = [wav.read(path) for path in sorted(SPEECH.glob("*.wav"))]
    # A caller is silent while prompts are heard: as much silence as speech is little.
    streams = [np.concatenate([samples, np.zeros(len(samples), np.int16)]) for samples in recordings]
    models.load("zh")
    with Pool(THREADS) as pool:
        _hear(pool, recordings[:1], Expect())
        _throughput(pool, "speech alone", recordings)
        _throughput(pool, "speech and as much silence", streams)
        _states(pool, recordings)


def _throughput(pool: Pool, name: str, recordings: list[np.ndarray]) -> None:
    audio_s = sum(map(len, recordings)) / wav.RATE
    pairs = [(_bare(recordings), _hear(pool, recordings, Expect(pause=1.2))) for _ in range(ROUNDS)]
    ratios = [bare / ours for bare, ours in pairs]
    bare, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(
        f"throughput, {name}: {statistics.median(ratios):.2f} × bare vosk "
        f"(of {ROUNDS} pairs: {min(ratios):.2f} to {max(ratios):.2f}); "
        f"ours {audio_s / ours:.1f}, vosk {audio_s / bare:.1f} s of audio a second on {THREADS} threads"
    )


def _states(pool: Pool, recordings: list[np.ndarray]) -> None:
    audio_s = sum(map(len, recordings)) / wav.RATE
    for name, expect in STATES.items():
        work = min(_cpu(lambda expect=expect: _hear(pool, recordings, expect)) for _ in range(3)) / audio_s
        print(f"state {name}: {work:.3f} s of work a second of recording, {1 / work:.0f} callers at once on a core")
    silence = [np.zeros(60 * wav.RATE, np.int16)]
    work = _cpu(lambda: _hear(pool, silence, Expect())) / 60
    print(f"state silence: {work:.4f} s of work a second")


def _cpu(work) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _hear(pool: Pool, recordings: list[np.ndarray], expect: Expect) -> float:
    """Seconds that our whole path takes for all recordings at once."""
    codes = [g711.encode(samples) for samples in recordings]
    began = time.perf_counter()
    sessions = []
    for code in codes:
        session = Session(pool, "zh", on_partial=lambda _: None, on_utterance=lambda _: None)
        session.expect(expect)
        for at in range(0, len(code), FRAME):
            session.feed(g711.decode(code[at : at + FRAME]))
        sessions.append(session)
    for session in sessions:
        session.close(wait=True)
    return time.perf_counter() - began


def _bare(recordings: list[np.ndarray]) -> float:
    """Seconds that vosk alone takes, one recogniser a recording, partials asked for as a live line does."""
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS, initializer=yield_to_others) as threads:
        list(threads.map(_recognise, recordings))
    return time.perf_counter() - began


def _recognise(sound: np.ndarray) -> str:
    recogniser = vosk.KaldiRecognizer(models.load("zh"), wav.RATE)
    recogniser.SetWords(True)
    for at in range(0, len(sound), BLOCK):
        if not recogniser.AcceptWaveform(sound[at : at + BLOCK].tobytes()):
            recogniser.PartialResult()
    return json.loads(recogniser.FinalResult())["text"]
