"""Sounds as evidence: what is kept of a WAV, MP3, OGG or M4A file, and whether it is one. Pure.

Tags (names, pictures, positions) are taken out; the sound itself is not touched.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

from complaints.pictures import riff
from complaints.refusal import Refused, only

_WAV_KEPT = frozenset({b"fmt ", b"data", b"fact"})
_BLOCK_S = 10

# Kilobits a second by index: MPEG 1 layer III, MPEG 2 and 2.5 layer III.
_RATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}

_M4A_TOP = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"udta"})
_M4A_EMPTIED = frozenset({b"free", b"skip", b"wide", b"uuid", b"meta", b"udta"})


def wav(data: bytes, seconds: float) -> bytes:
    """The WAV sound alone, at most ``seconds`` long. Raises ``Refused``."""
    chunks = riff(data)
    only(b"\n".join(body for name, body in chunks if name not in _WAV_KEPT))
    plain = b"".join(
        name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2) for name, body in chunks if name in _WAV_KEPT
    )
    plain = b"RIFF" + struct.pack("<I", len(plain) + 4) + b"WAVE" + plain
    _heard(plain, "WAV", seconds)
    return plain


def mp3(data: bytes, seconds: float) -> bytes:
    """The frames of an MP3, without tags. Raises ``Refused``."""
    at, end = 0, len(data)
    while data[at : at + 3] == b"ID3":
        if at + 10 > end or max(data[at + 6 : at + 10]) > 127:
            raise Refused("broken")
        size = data[at + 6] << 21 | data[at + 7] << 14 | data[at + 8] << 7 | data[at + 9]
        only(data[at : at + 10 + size])
        at += 10 + size + (10 if data[at + 5] & 0x10 else 0)
    if data[end - 128 : end - 125] == b"TAG":
        only(data[end - 128 :])
        end -= 128
    if data[end - 32 : end - 24] == b"APETAGEX":
        size = struct.unpack_from("<I", data, end - 20)[0] + (32 if data[end - 9] & 0x80 else 0)
        only(data[max(at, end - size) : end])
        end -= size
    while at < end and data[at] == 0:
        at += 1  # padding after a tag
    start, frames = at, 0
    while at + 4 <= end:
        length = _frame(data, at)
        if length == 0 or at + length > end:
            break
        at, frames = at + length, frames + 1
    if frames < 2:
        raise Refused("broken")
    rest = data[at:end]
    only(rest)
    # A recording that was cut ends within a frame, which is left out; anything else is not sound.
    if rest.strip(b"\x00") and (len(rest) < 4 or _frame(data, at) == 0):
        raise Refused("two_in_one")
    plain = data[start:at]
    _heard(plain, "MP3", seconds)
    return plain


def ogg(data: bytes, seconds: float) -> bytes:
    """An OGG sound (Vorbis, Opus) as it is. Raises ``Refused``."""
    at, pages = 0, 0
    while at < len(data):
        if data[at : at + 5] != b"OggS\x00" or at + 27 > len(data):
            raise Refused("two_in_one" if pages else "broken")
        count = data[at + 26]
        sizes = data[at + 27 : at + 27 + count]
        at += 27 + count + sum(sizes)
        if at > len(data):
            raise Refused("broken")
        pages += 1
        if pages <= 3:
            only(data[at - sum(sizes) : at])  # what the comments hold
    _heard(data, "OGG", seconds)
    return data


def m4a(data: bytes, seconds: float) -> bytes:
    """An M4A sound; boxes that are not sound are emptied in place, so that nothing moves. Raises ``Refused``."""
    plain = bytearray(data)
    top = boxes(data)
    if not {b"ftyp", b"moov", b"mdat"} <= set(top) or not set(top) <= _M4A_TOP:
        raise Refused("broken" if set(top) <= _M4A_TOP else "two_in_one")
    tracks, length = [], 0.0
    for box in _boxes(data, 0, len(data)):
        _empty(plain, box)
        if box.name != b"moov":
            continue
        for inner in _boxes(data, box.start, box.end):
            _empty(plain, inner)
            if inner.name == b"mvhd":
                length = _length(data[inner.start : inner.end])
            elif inner.name == b"trak":
                tracks.append(_handler(data, inner))
                for part in _boxes(data, inner.start, inner.end):
                    _empty(plain, part)
    if tracks != [b"soun"]:
        raise Refused("unknown_type" if b"vide" in tracks else "broken")
    if length > seconds:
        raise Refused("too_long")
    if length <= 0:
        raise Refused("broken")
    return bytes(plain)


def boxes(data: bytes) -> list[bytes]:
    """Names of the outermost boxes of an ISO media file. Raises ``Refused`` when they do not fill it."""
    return [box.name for box in _boxes(data, 0, len(data))]


def _heard(data: bytes, kind: str, seconds: float) -> None:
    import soundfile  # with numpy: loaded where a sound comes

    with soundfile.SoundFile(io.BytesIO(data)) as found:
        if found.format not in (kind, "WAVEX" if kind == "WAV" else kind) or found.samplerate < 1 or found.frames < 1:
            raise Refused("broken")
        if found.frames / found.samplerate > seconds:
            raise Refused("too_long")
        while len(found.read(_BLOCK_S * found.samplerate, dtype="int16")):
            pass


def _frame(data: bytes, at: int) -> int:
    """Bytes of the MPEG layer III frame that begins here, 0 when none does."""
    word = int.from_bytes(data[at : at + 4], "big")
    version, rate, hertz = word >> 19 & 3, word >> 12 & 15, word >> 10 & 3
    if word >> 21 != 0x7FF or version == 1 or word >> 17 & 3 != 1 or rate in (0, 15) or hertz == 3:
        return 0
    kilobits = _RATES[3 if version == 3 else 2][rate]
    return (144 if version == 3 else 72) * kilobits * 1000 // _HERTZ[version][hertz] + (word >> 9 & 1)


@dataclass(frozen=True)
class _Box:
    """A box of an ISO media file: its name, where that stands, and its body."""

    name: bytes
    at: int
    start: int
    end: int


def _boxes(data: bytes, start: int, end: int) -> list[_Box]:
    """The boxes that fill ``start`` to ``end``."""
    found: list[_Box] = []
    at = start
    while at < end:
        if at + 8 > end:
            raise Refused("two_in_one" if found else "broken")
        size, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= end:
            (size,), head = struct.unpack_from(">Q", data, at + 8), 16
        if size < head or at + size > end:
            raise Refused("two_in_one" if {b"moov", b"mdat"} <= {one.name for one in found} else "broken")
        found.append(_Box(name, at + 4, at + head, at + size))
        at += size
        if len(found) > 10_000:
            raise Refused("broken")
    return found


def _empty(plain: bytearray, box: _Box) -> None:
    """Make a box of notes one of nothing, of the same length."""
    if box.name in _M4A_EMPTIED:
        only(bytes(plain[box.start : box.end]))
        plain[box.at : box.at + 4] = b"free"
        plain[box.start : box.end] = bytes(box.end - box.start)


def _handler(data: bytes, track: _Box) -> bytes:
    for box in _boxes(data, track.start, track.end):
        if box.name == b"mdia":
            for inner in _boxes(data, box.start, box.end):
                if inner.name == b"hdlr" and inner.end - inner.start >= 12:
                    return data[inner.start + 8 : inner.start + 12]
    return b""


def _length(body: bytes) -> float:
    """Seconds, from a movie header."""
    if len(body) >= 32 and body[0] == 1:
        scale, length = struct.unpack_from(">IQ", body, 20)
    elif len(body) >= 20 and body[0] == 0:
        scale, length = struct.unpack_from(">II", body, 12)
    else:
        raise Refused("broken")
    return length / scale if scale else 0.0
