"""Pictures as evidence: what is kept of a JPEG, PNG, WebP or HEIC file, and whether it is one. Pure.

Metadata (position, device, thumbnails of an uncropped original, comments) is taken out without touching
the pixels; only how the picture is turned stays. HEIC becomes JPEG, which every screen shows.
"""

from __future__ import annotations

import io
import re
import struct
import zlib

from PIL import Image

from complaints.refusal import Refused, only

Image.MAX_IMAGE_PIXELS = None  # the limit is ours, and checked before anything is decoded

_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_KEPT = _SOF | {0xC4, 0xCC, 0xDB, 0xDC, 0xDD}
_ORIENTATION = 0x0112
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"pHYs"})
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"})
_BLANK = b"\x00\r\n "


def jpeg(data: bytes, pixels: int) -> bytes:
    """The JPEG picture alone, at most ``pixels`` large. Raises ``Refused``."""
    kept, dropped, turned, at = [b"\xff\xd8"], [], 1, 2
    while True:
        if at + 2 > len(data) or data[at] != 0xFF:
            raise Refused("broken")
        while data[at + 1 : at + 2] == b"\xff":
            at += 1
        marker = data[at + 1] if at + 1 < len(data) else 0
        if marker == 0xD9:
            at += 2
            break
        (length,) = struct.unpack_from(">H", data, at + 2) if at + 4 <= len(data) else (0,)
        if marker < 0xC0 or 0xD0 <= marker <= 0xD8 or length < 2 or at + 2 + length > len(data):
            raise Refused("broken")
        segment, body = data[at : at + 2 + length], data[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDA:
            end = _AFTER_SCAN.search(data, at)
            if end is None:
                raise Refused("broken")
            kept.append(segment + data[at : end.start()])
            at = end.start()
        elif marker in _JPEG_KEPT or _plain_header(marker, body):
            kept.append(segment)
        else:
            dropped.append(body)
            if marker == 0xE1 and body.startswith(b"Exif\x00\x00"):
                turned = _turned(body)
    only(b"\n".join(dropped))
    _harmless_tail(data[at:])
    if turned != 1:
        exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + struct.pack("<HHHIHHI", 1, _ORIENTATION, 3, 1, turned, 0, 0)
        kept.insert(1, b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    plain = b"".join(kept) + b"\xff\xd9"
    _seen(plain, "JPEG", pixels)
    return plain


def png(data: bytes, pixels: int) -> bytes:
    """The PNG picture alone. Raises ``Refused``."""
    kept, dropped, at = [data[:8]], [], 8
    while True:
        if at + 12 > len(data):
            raise Refused("broken")
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise Refused("broken")
        (check,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(data[at + 4 : end - 4]) != check:
            raise Refused("broken")
        (kept if name in _PNG_KEPT else dropped).append(data[at:end])
        at = end
        if name == b"IEND":
            break
    only(b"\n".join(dropped))
    if data[at:].strip(_BLANK):
        raise Refused("two_in_one")
    plain = b"".join(kept)
    _seen(plain, "PNG", pixels)
    return plain


def webp(data: bytes, pixels: int) -> bytes:
    """The WebP picture alone. Raises ``Refused``."""
    kept, dropped = [], []
    for name, body in riff(data):
        if name == b"VP8X":
            if len(body) != 10:
                raise Refused("broken")
            body = bytes([body[0] & ~0x2C]) + body[1:]  # no profile, no Exif, no XMP any more
        if name in _WEBP_KEPT:
            kept.append(name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2))
        else:
            dropped.append(body)
    only(b"\n".join(dropped))
    plain = b"".join(kept)
    plain = b"RIFF" + struct.pack("<I", len(plain) + 4) + b"WEBP" + plain
    _seen(plain, "WEBP", pixels)
    return plain


def heic(data: bytes, pixels: int) -> bytes:
    """The picture of a HEIC file as JPEG. Raises ``Refused``."""
    from pillow_heif import open_heif  # the library is loaded where such a picture comes

    found = open_heif(data, convert_hdr_to_8bit=True)
    if found.size[0] * found.size[1] > pixels:
        raise Refused("too_many_pixels")
    out = io.BytesIO()
    found.to_pillow().convert("RGB").save(out, "JPEG", quality=92)
    return out.getvalue()


def preview(data: bytes, edge: int = 1600) -> bytes:
    """A JPEG of the picture, no side longer than ``edge`` pixels, made anew from its pixels."""
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as found:
        found.draft("RGB", (edge, edge))
        turned = found.getexif().get(_ORIENTATION, 1)
        small = found.convert("RGBA") if found.mode in ("P", "LA", "RGBA", "PA") else found.convert("RGB")
    small.thumbnail((edge, edge))
    if small.mode == "RGBA":
        ground = Image.new("RGB", small.size, "white")
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    way = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(turned)
    out = io.BytesIO()
    (small.transpose(way) if way is not None else small).save(out, "JPEG", quality=85)
    return out.getvalue()


def riff(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks (name, body) of a RIFF file. Raises ``Refused`` when they do not fill it."""
    (size,) = struct.unpack_from("<I", data, 4)
    end = 8 + size
    if end > len(data) or data[end:].strip(_BLANK):
        raise Refused("broken" if end > len(data) else "two_in_one")
    found, at = [], 12
    while at < end:
        if at + 8 > end:
            raise Refused("broken")
        name, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > end:
            raise Refused("broken")
        found.append((name, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def _plain_header(marker: int, body: bytes) -> bool:
    """The two application segments that decoding needs, and only when they hold nothing else."""
    if marker == 0xE0 and body.startswith(b"JFIF\x00"):
        if len(body) < 14 or len(body) != 14 + 3 * body[12] * body[13]:
            raise Refused("two_in_one")
        return len(body) == 14
    return marker == 0xEE and body.startswith(b"Adobe") and len(body) == 12


def _turned(body: bytes) -> int:
    exif = Image.Exif()
    try:
        exif.load(body)
        found = exif.get(_ORIENTATION, 1)
    except Exception:  # metadata that cannot be read says nothing; it is dropped in any case
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _harmless_tail(tail: bytes) -> None:
    """What phones write behind a picture (a second picture, a short film, Samsung's notes) is cut off."""
    if not tail.strip(_BLANK):
        return
    only(tail)
    if not (tail.startswith(b"\xff\xd8\xff") or tail[4:8] == b"ftyp" or tail.endswith(b"SEFT")):
        raise Refused("two_in_one")


def _seen(data: bytes, kind: str, pixels: int) -> None:
    with Image.open(io.BytesIO(data), formats=[kind]) as found:
        if found.size[0] * found.size[1] > pixels:
            raise Refused("too_many_pixels")
        # An eighth of the size is enough to read every byte of a JPEG, with a 64th of the memory.
        found.draft("RGB", (max(1, found.size[0] // 8), max(1, found.size[1] // 8)))
        found.load()
