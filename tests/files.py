"""Files for tests: one honest one of each kind, and a thousand that mean harm. All made in memory."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np
import soundfile
from PIL import Image
from pypdf import PdfWriter

HTML = b"<html><script>alert(document.cookie)</script></html>"


@cache
def picture(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture as JPEG, PNG, WEBP or HEIF."""
    image = Image.fromarray(np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))
    out = io.BytesIO()
    if kind == "HEIF":
        from pillow_heif import from_pillow

        from_pillow(image).save(out, quality=60)
    else:
        image.save(out, kind)
    return out.getvalue()


@cache
def photo() -> bytes:
    """A JPEG as a phone makes it: turned, with a position, a thumbnail's text and a comment."""
    image = Image.new("RGB", (80, 60), "navy")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Secret Phone Works"
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 20.0)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"taken at home")
    return out.getvalue()


@cache
def sound(kind: str, seconds: float = 0.6) -> bytes:
    """A sound as WAV, MP3 or OGG."""
    wave = (np.sin(np.arange(int(16000 * seconds)) / 9) * 9000).astype(np.int16)
    out = io.BytesIO()
    soundfile.write(out, wave, 16000, format=kind)
    return out.getvalue()


def box(name: bytes, *bodies: bytes) -> bytes:
    """A box of an ISO media file."""
    body = b"".join(bodies)
    return struct.pack(">I4s", len(body) + 8, name) + body


def m4a(handler: bytes = b"soun", seconds: int = 3, notes: bytes = b"") -> bytes:
    """The frame of an M4A sound."""
    header = box(b"mvhd", bytes(12) + struct.pack(">II", 1000, seconds * 1000) + bytes(80))
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(13))))
    return box(b"ftyp", b"M4A \x00\x00\x00\x00isom") + box(b"moov", header, track, box(b"udta", notes)) + box(b"mdat", bytes(500))


@cache
def pdf() -> bytes:
    """A PDF of one page."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def archive(name: str = "x.html", content: bytes = HTML) -> bytes:
    """A ZIP archive with one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(name, content)
    return out.getvalue()


def png_chunk(name: bytes, body: bytes) -> bytes:
    """A chunk with its right check."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def huge_png(width: int, height: int) -> bytes:
    """A few bytes that would unfold to gigabytes of pixels."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(100_000))) + png_chunk(b"IEND", b"")


def huge_jpeg(width: int, height: int) -> bytes:
    """A JPEG whose header promises more pixels than there are."""
    data = bytearray(picture("JPEG"))
    at = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, height, width)
    return bytes(data)


def pdf_stream(body: bytes, head: bytes = b"/Filter /FlateDecode") -> bytes:
    """A PDF with one more stream in it."""
    return pdf().replace(b"startxref", b"9 0 obj\n<< " + head + b" /Length %d >>\nstream\n" % len(body) + body + b"\nendstream\nendobj\nstartxref")


@cache
def bomb(megabytes: int) -> bytes:
    """Deflated nothing."""
    engine = zlib.compressobj(9)
    return b"".join(engine.compress(bytes(1 << 20)) for _ in range(megabytes)) + engine.flush()


def hostile() -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of a thousand files, none of which may be taken."""
    random_bytes = random.Random(8)
    pictures = [picture(kind) for kind in ("JPEG", "PNG", "WEBP")]
    others = [pdf(), sound("WAV"), sound("MP3"), sound("OGG"), m4a()]
    honest = pictures + others
    behind = [archive(), HTML, b"<?php system($_GET['c']); ?>" * 3, b"MZ" + bytes(200), b"\x7fELF" + bytes(200), pdf(), b"#!/bin/sh\nid\n" * 9]
    for start in honest:  # something behind, and something before
        for end in behind:
            for some in (b"", b"\n", bytes(40)):
                if not (start.startswith(b"%PDF") and end.startswith(b"%PDF")):
                    yield "bill.jpg", start + some + end
            yield "x/../../etc/cron.d/a.png", end + start
    for start in honest:  # archives with the files in them, under their names
        yield "photo.jpg", archive("photo.jpg", start)
        yield "photo.jpg", archive("../../" * 9 + "photo.jpg", start) + start
    zeros = bytes(3_000_000)
    for name in ("a.zip", "a.jpg", "bill.pdf"):
        yield name, archive("zeros", zeros)
    for width, height in ((65535, 65535), (50_000, 30_000), (2**31 - 1, 2**31 - 1), (20_000, 20_000)):
        yield "huge.png", huge_png(width, height)
        yield "huge.jpg", huge_jpeg(min(width, 65535), min(height, 65535))
    # A note within a picture that is a page.
    for text in (HTML, b"<?php phpinfo(); ?>", archive(), b"<svg onload=alert(1)>", pdf()):
        comment = b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text
        yield "c.jpg", b"\xff\xd8" + comment + picture("JPEG")[2:]
        yield "c.png", picture("PNG").replace(picture("PNG")[8:33], picture("PNG")[8:33] + png_chunk(b"tEXt", b"Comment\0" + text), 1)
        riff = picture("WEBP") + b"XMP " + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
        yield "c.webp", riff[:4] + struct.pack("<I", len(riff) - 8) + riff[8:]
        yield "c.mp3", b"ID3\x03\x00\x00" + bytes([0, 0, len(text) >> 7, len(text) & 127]) + text + sound("MP3")
        yield "c.m4a", m4a(notes=text)
    yield "c.jpg", b"\xff\xd8\xff\xe0\x2f\x2aJFIF\0" + bytes(0x2F2A - 7) + picture("JPEG")[20:] + b"*/=alert(1)"
    yield "film.m4a", m4a(b"vide")
    yield "long.m4a", m4a(seconds=9 * 3600)
    # Documents that do something, are too deep, or unfold without end.
    yield "a.pdf", pdf().replace(b"/Type /Catalog", b"/Type /Catalog /OpenAction << /S /JavaScript /JS (app.alert(1)) >>", 1)
    for word in (b"/JavaScript", b"/J#61vaScript", b"/#4aS", b"/Launch", b"/EmbeddedFile", b"/XFA", b"/RichMedia", b"/GoToE"):
        yield "a.pdf", pdf().replace(b"/Type /Catalog", b"/Type /Catalog /A << /S " + word + b" >>", 1)
        yield "a.pdf", pdf_stream(zlib.compress(b"1 0 << /S " + word + b" /X (x) >>"), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    yield "deep.pdf", pdf().replace(b"/Type /Catalog", b"/Type /Catalog /D " + b"[" * 50_000 + b"]" * 50_000, 1)
    yield "bomb.pdf", pdf_stream(bomb(210))
    yield "bomb.pdf", pdf_stream(zlib.compress(bomb(210)), b"/Filter [/FlateDecode /FlateDecode]")
    # Texts that a browser or a shell would run.
    scripts = (
        "<html><body onload=x()>", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "<?xml version='1.0'?><a/>",
        "function go(){ return 1 }", "#!/bin/sh\nrm -rf /", "<!DOCTYPE html>", "javascript:alert(1)", "eval(atob('YQ=='))",
        "<?php system('id') ?>", "document.cookie", "var x = 1;", "fetch('//evil')", "{{ config }}", "<% x %>", "import os\nos.system('x')",
        "@echo off\r\ndel *", "<img src=x onerror=alert(1)>", "window.location='//x'", "const a = 1", "(() => { go() })()",
    )
    for text in scripts:
        for before in ("", "投诉\n", "\ufeff", "  \n\n"):
            if text.startswith("#!") and before.strip("\ufeff"):
                continue
            for kind in ("utf-8", "gb18030", "utf-16"):
                yield "story.txt", (before + text).encode(kind)
    # Other kinds under names that would be taken.
    magics = (b"GIF89a", b"BM", b"II*\0", b"\0\0\1\0", b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\7",
              b"\x1f\x8b\x08", b"OTTO", b"fLaC", b"\x1aE\xdf\xa3", b"SQLite format 3\0", b"\xd0\xcf\x11\xe0", b"{\\rtf1 \0", b"8BPS", b"FWS")
    for magic in magics:
        for name in ("photo.jpg", "..\\..\\bill.png", "\u202egpj.exe"):
            yield name, magic + random_bytes.randbytes(200)
    # Honest ones, cut off or with their inside overwritten. (A cut in a sound may leave a sound: not here.)
    for start in pictures + [pdf(), m4a()]:
        for _ in range(40):
            yield "cut", start[: random_bytes.randrange(3, len(start) - 20)]
        for _ in range(20):
            yield "head", start[:12] + random_bytes.randbytes(len(start) - 12)
    for _ in range(120):
        yield "noise", random_bytes.randbytes(random_bytes.randrange(20, 3000))
    yield "empty", b""
