"""Documents and texts as evidence: whether a PDF is only a PDF, and a text only a text. Pure."""

from __future__ import annotations

import io
import logging
import re
import unicodedata
import zipfile
import zlib

from complaints.refusal import FOREIGN, Refused

DEEPEST = 60
"""Brackets within brackets of a PDF; beyond, readers run out of stack."""
UNFOLDED = 200 << 20
"""Bytes that all streams of a PDF may unfold to."""
PAGES = 1000

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_OBJECTS = re.compile(rb"/ObjStm\b")
_BRACKETS = re.compile(rb"<<|>>|\[|\]")
_HASHED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|Filespec|RichMedia|XFA|GoTo[RE]|SubmitForm|ImportData|Rendition|Movie|Sound|3D)"
    rb"(?![A-Za-z0-9])"
)
_PIECE = 1 << 16

_MARKUP = re.compile(r"<\s*[a-z!?/%]|javascript:|data:text|\{\{|\{%|<%", re.IGNORECASE)
_SCRIPT = re.compile(
    r"\A\s*#!|\bfunction\s*\w*\s*\(|=>\s*[{(]|\b(?:document|window|process|location)\s*\.\s*\w|\b(?:eval|alert|require|fetch|exec|system)\s*\("
    r"|^\s*(?:var|let|const)\s+\w+\s*=|^\s*import\s+[\w{*]|^\s*(?:from\s+\w+\s+import|def\s+\w+\s*\(|@echo\s+off|Set-|Invoke-)",
    re.IGNORECASE | re.MULTILINE,
)
_MAY = frozenset("\t\n\r\f")


def pdf(data: bytes) -> bytes:
    """The PDF as it is. Raises ``Refused``."""
    end = data.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in data[-2048:]:
        raise Refused("broken" if end < 0 or b"startxref" not in data else "two_in_one")
    if data[end + 5 :].strip(b"\x00\r\n\t "):
        raise Refused("two_in_one")
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise Refused("two_in_one")
    outside = _STREAM.sub(b"stream\nendstream", data)
    if FOREIGN.search(outside, 5):
        raise Refused("two_in_one")
    _shallow(outside)
    inside = b"\n".join(_unfolded(data))
    _shallow(inside)
    for text in (outside, inside):
        if _ACTIVE.search(_HASHED.sub(lambda found: bytes([int(found[1], 16)]), text)):
            raise Refused("active")
    _read(data)
    return data


def text(data: bytes) -> bytes:
    """The text as UTF-8, whatever it was written in. Raises ``Refused``."""
    plain = _decoded(data)
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in _MAY for char in plain):
        raise Refused("unknown_type")
    if not plain.strip():
        raise Refused("empty")
    if _MARKUP.search(plain) or _SCRIPT.search(plain) or FOREIGN.search(data):
        raise Refused("markup")
    return plain.encode()


def _decoded(data: bytes) -> str:
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    marked = next((kind for mark, kind in marks.items() if data.startswith(mark)), None)
    for kind in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            return data.decode(kind).lstrip("\ufeff")
        except UnicodeDecodeError:
            continue
    raise Refused("unknown_type")


def _shallow(data: bytes) -> None:
    depth = 0
    for found in _BRACKETS.finditer(data):
        depth = depth + 1 if found[0] in (b"<<", b"[") else max(0, depth - 1)
        if depth > DEEPEST:
            raise Refused("broken")


def _unfolded(data: bytes) -> list[bytes]:
    """What the object streams hold; every compressed stream is measured on the way, never kept whole."""
    left, found = UNFOLDED, []
    for stream in _STREAM.finditer(data):
        head = data[max(0, stream.start() - 512) : stream.start()]
        wanted = bool(_OBJECTS.search(head[head.rfind(b"obj") :] if b"obj" in head else head))
        kept: list[bytes] = []
        for piece in _inflated(stream[1]):
            left -= len(piece)
            if left < 0:
                raise Refused("too_large")
            if wanted:
                kept.append(piece)
        found.append(b"".join(kept))
    return found


def _inflated(raw: bytes):
    """A stream's bytes in pieces, through one or two layers of deflate; nothing for other filters."""
    outer, inner = zlib.decompressobj(), None
    try:
        for piece in _pieces(outer, raw):
            if inner is None:
                inner = zlib.decompressobj() if piece[:1] == b"\x78" else False
            yield piece
            if inner:
                try:
                    yield from _pieces(inner, piece)
                except zlib.error:
                    inner = False
    except zlib.error:
        return


def _pieces(engine, raw: bytes):
    while raw and not engine.eof:
        piece = engine.decompress(raw, _PIECE)
        raw = engine.unconsumed_tail
        if piece:
            yield piece
        elif not raw:
            return


def _read(data: bytes) -> None:
    from pypdf import PdfReader  # loaded where a PDF comes

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise Refused("locked")
    pages = len(reader.pages)
    if not 0 < pages <= PAGES:
        raise Refused("broken" if pages == 0 else "too_large")
    reader.pages[0].mediabox  # noqa: B018 - read, so that a page tree that leads nowhere is noticed
