"""Recordings heard as a live call is: telephone frames into a session, only faster."""

from __future__ import annotations

from pathlib import Path

from audio import g711, wav
from audio.decoder import Pool
from audio.session import Expect, Session, Utterance
from audio.voice import FRAME


def hear_file(path: str | Path, expect: Expect, pool: Pool, lang: str) -> list[Utterance]:
    """The utterances in the recording at ``path``; times are seconds since its beginning.

    Raises ``audio.wav.AudioError`` for a file that is no usable recording.
    """
    codes = g711.encode(wav.read(path))
    heard: list[Utterance] = []
    session = Session(pool, lang, on_partial=lambda _: None, on_utterance=heard.append)
    session.expect(expect)
    for at in range(0, len(codes), FRAME):
        session.feed(g711.decode(codes[at : at + FRAME]))
    session.close(wait=True, seconds=None)  # fed faster than it is heard: minutes may be waiting
    return heard
