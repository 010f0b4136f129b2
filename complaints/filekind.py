"""What a file is, by its content alone: one of the kinds that are taken as evidence, or nothing. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from complaints import papers, pictures, sounds
from complaints.refusal import Refused

KINDS = {
    "jpeg": ("image/jpeg", ".jpg"),
    "png": ("image/png", ".png"),
    "webp": ("image/webp", ".webp"),
    "pdf": ("application/pdf", ".pdf"),
    "wav": ("audio/wav", ".wav"),
    "mp3": ("audio/mpeg", ".mp3"),
    "ogg": ("audio/ogg", ".ogg"),
    "m4a": ("audio/mp4", ".m4a"),
    "text": ("text/plain; charset=utf-8", ".txt"),
}
"""Kind → (media type, ending); HEIC is kept as jpeg."""

PICTURES = frozenset({"jpeg", "png", "webp"})
SOUNDS = frozenset({"wav", "mp3", "ogg", "m4a"})

_HEIC = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc", b"hevx")
_M4A = (b"M4A ", b"M4B ", b"mp42", b"mp41", b"isom", b"iso2", b"3gp4", b"3gp5", b"3gp6", b"dash")


@dataclass(frozen=True)
class Limits:
    """What one file may be at most: pixels of a picture, seconds of a sound."""

    pixels: int = 64_000_000
    seconds: float = 2 * 3600.0


@dataclass(frozen=True)
class Kept:
    """What is kept of a file: its kind and its bytes, without metadata."""

    kind: str
    data: bytes


def inspect(data: bytes, limits: Limits = Limits()) -> Kept:
    """The file as it is kept. Raises ``Refused``; no name is looked at, and nothing is written."""
    if not data:
        raise Refused("empty")
    kind = _begins(data)
    try:
        match kind:
            case "jpeg":
                return Kept(kind, pictures.jpeg(data, limits.pixels))
            case "png":
                return Kept(kind, pictures.png(data, limits.pixels))
            case "webp":
                return Kept(kind, pictures.webp(data, limits.pixels))
            case "heic":
                sounds.boxes(data)
                return Kept("jpeg", pictures.jpeg(pictures.heic(data, limits.pixels), limits.pixels))
            case "pdf":
                return Kept(kind, papers.pdf(data))
            case "wav":
                return Kept(kind, sounds.wav(data, limits.seconds))
            case "mp3":
                return Kept(kind, sounds.mp3(data, limits.seconds))
            case "ogg":
                return Kept(kind, sounds.ogg(data, limits.seconds))
            case "m4a":
                return Kept(kind, sounds.m4a(data, limits.seconds))
        return Kept("text", papers.text(data))
    except (Refused, MemoryError):
        raise
    except Exception:  # whatever a parser stumbles over: it is not a file of this kind
        raise Refused("broken") from None


def _begins(data: bytes) -> str:
    """The kind that the first bytes promise; '' when they promise none, which leaves text."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(data[8:12], "")
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data[4:8] == b"ftyp":
        return "heic" if data[8:12] in _HEIC else "m4a" if data[8:12] in _M4A else ""
    if data.startswith(b"OggS"):
        return "ogg"
    if data.startswith(b"ID3") or (len(data) > 4 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2):
        return "mp3"
    return ""
