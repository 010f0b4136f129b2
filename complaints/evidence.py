"""The evidence: files that callers and agents add to a complaint, kept under their hash outside any web root.

A file is taken in steps that each may refuse it: streamed to a draft with a cap, opened in the jail
(``complaints.jail``), scanned when a scanner is set, counted against the limits, and only then put in
its place. What is refused leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shlex
import shutil
import subprocess
import tempfile
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, delete, func, insert, select, update

from complaints import pictures
from complaints.filekind import KINDS, PICTURES, Limits
from complaints.jail import Jail
from complaints.limits import EvidenceSettings
from complaints.refusal import Refused
from hotline.records import Records
from hotline.tables import EvidenceRow

log = logging.getLogger(__name__)

DRAFT = "draft:"
"""Owners that begin so are no complaints yet; what nobody files is swept away."""
LONGEST_NAME = 80
_PIECE = 1 << 16
_SCAN_S = 60
_SWEEP_S = 3600.0
_TURNS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Piece:
    """A file of a complaint: whose, its hash (SHA-256), kind, bytes, shown name; ``at`` is Unix time in seconds."""

    id: int
    owner: str
    sha256: str
    kind: str
    size: int
    name: str
    at: float
    by: str
    channel: str


class Evidence:
    """The files and their list. ``folder`` is on a disk of our own; nothing in it is served by path."""

    def __init__(
        self,
        records: Records,
        folder: Path,
        settings: EvidenceSettings = EvidenceSettings(),
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._records = records
        self._folder = folder
        self._incoming = folder / "incoming"
        self._settings = settings
        self._now = now
        self._swept = 0.0
        self._jail = Jail(Limits(int(settings.megapixels * 1e6), settings.sound_minutes * 60))
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)

    def close(self) -> None:
        """End the process that opens the files."""
        self._jail.close()

    def add(self, owner: str, stream: BinaryIO, name: str, *, channel: str, by: str = "") -> Piece:
        """Take a file for ``owner`` (a complaint number, or ``draft:…``). Raises ``Refused``.

        The same file twice for one owner is there once.
        """
        if owner.startswith(DRAFT) and self._now() > self._swept + _SWEEP_S:
            self.sweep()
        self._room(owner, 0)
        with tempfile.TemporaryDirectory(dir=self._incoming) as place:
            raw, plain = Path(place, "raw"), Path(place, "plain")
            self._receive(stream, raw)
            kind = self._jail.inspect(raw, plain)
            self._scan(plain)
            size = plain.stat().st_size
            if size > self._settings.file_mb * 1e6:
                raise Refused("too_large")
            with plain.open("rb") as kept:
                os.fsync(kept.fileno())
                digest = hashlib.file_digest(kept, "sha256").hexdigest()
            values = {
                "owner": owner, "sha256": digest, "kind": kind, "size": size, "name": shown_name(name, kind),
                "at": self._now(), "by": by, "channel": channel,
            }
            with self._records.writing() as connection:
                same = select(EvidenceRow).where(EvidenceRow.owner == owner, EvidenceRow.sha256 == digest)
                if (row := connection.execute(same).first()) is not None:
                    return _piece(row)
                self._room(owner, size, connection, digest)
                self._put(plain, digest)
                row_id = connection.scalar(insert(EvidenceRow).values(**values).returning(EvidenceRow.id))
        return Piece(id=row_id, **values)

    def of(self, owner: str) -> list[Piece]:
        """The files of a complaint or draft, oldest first."""
        query = select(EvidenceRow).where(EvidenceRow.owner == owner).order_by(EvidenceRow.id)
        with self._records.reading() as connection:
            return [_piece(row) for row in connection.execute(query)]

    def piece(self, piece_id: int) -> Piece | None:
        """One file of the list, or None."""
        with self._records.reading() as connection:
            row = connection.execute(select(EvidenceRow).where(EvidenceRow.id == piece_id)).first()
        return None if row is None else _piece(row)

    def path(self, piece: Piece) -> Path:
        """Where its bytes lie."""
        return self._folder / piece.sha256[:2] / piece.sha256

    def preview(self, piece: Piece) -> bytes | None:
        """A JPEG made anew from a picture's pixels, safe to show in a page; None for other kinds."""
        return pictures.preview(self.path(piece).read_bytes()) if piece.kind in PICTURES else None

    def hand_over(self, owner: str, number: str, connection: Connection | None = None) -> None:
        """What was added to a draft (or to a complaint that is joined) belongs to the complaint ``number`` now."""
        if connection is None:
            with self._records.writing() as own:
                return self.hand_over(owner, number, own)
        there = select(EvidenceRow.sha256).where(EvidenceRow.owner == number)
        connection.execute(delete(EvidenceRow).where(EvidenceRow.owner == owner, EvidenceRow.sha256.in_(there)))
        connection.execute(update(EvidenceRow).where(EvidenceRow.owner == owner).values(owner=number))
        return None

    def remove(self, draft: str, piece_id: int) -> None:
        """Take a file out of a draft; what belongs to a complaint stays."""
        if not draft.startswith(DRAFT):
            raise ValueError("only drafts lose files")
        self._drop(EvidenceRow.id == piece_id, EvidenceRow.owner == draft)

    def sweep(self) -> int:
        """Remove files of drafts that nobody filed in time, and what belongs to nobody: half received, or erased; how many."""
        self._swept = self._now()
        before = self._swept - self._settings.draft_hours * 3600
        for place in self._incoming.iterdir():
            if place.stat().st_mtime < self._now() - 3600:
                shutil.rmtree(place, ignore_errors=True)
        return self._drop(EvidenceRow.owner.startswith(DRAFT), EvidenceRow.at < before) + self._orphans()

    def _orphans(self) -> int:
        """Remove files that stand in no list any more (a caller's data were erased); how many."""
        with self._records.writing() as connection:  # nobody adds one while we look
            used = set(connection.scalars(select(EvidenceRow.sha256).distinct()))
            gone = [path for path in self._folder.glob("[0-9a-f][0-9a-f]/*") if path.name not in used]
            for path in gone:
                path.unlink(missing_ok=True)
        return len(gone)

    # -- inside ------------------------------------------------------------------

    def _receive(self, stream: BinaryIO, raw: Path) -> None:
        left = int(self._settings.file_mb * 1e6)
        with raw.open("wb") as out:
            while piece := stream.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise Refused("too_large")
                out.write(piece)

    def _scan(self, plain: Path) -> None:
        if not self._settings.scanner:
            return
        try:
            found = subprocess.run(
                [*shlex.split(self._settings.scanner), str(plain)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_SCAN_S, check=False,
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("the virus scanner did not answer: %s", type(error).__name__)
            raise Refused("unscanned") from None
        if found == 1:
            raise Refused("infected")
        if found:
            log.error("the virus scanner ended with exit code %d", found)
            raise Refused("unscanned")

    def _room(self, owner: str, size: int, connection: Connection | None = None, digest: str = "") -> None:
        """Raise ``Refused`` when the limits leave no room; first by a glance, then for certain within the transaction."""
        if connection is None:
            with self._records.reading() as own:
                return self._room(owner, size, own)
        known = self._settings
        own = select(func.count(), func.coalesce(func.sum(EvidenceRow.size), 0)).where(EvidenceRow.owner == owner)
        count, total = connection.execute(own).one()
        if count >= known.files:
            raise Refused("too_many")
        if total + size > known.complaint_mb * 1e6:
            raise Refused("too_much")
        if shutil.disk_usage(self._folder).free - size < known.keep_free_mb * 1e6:
            raise Refused("full")
        if digest and (self._folder / digest[:2] / digest).exists():
            return None
        everything = select(func.coalesce(func.sum(EvidenceRow.size), 0))
        if connection.scalar(everything) + size > known.disk_mb * 1e6:
            raise Refused("full")
        drafts = everything.where(EvidenceRow.owner.startswith(DRAFT))
        if owner.startswith(DRAFT) and connection.scalar(drafts) + size > known.drafts_mb * 1e6:
            raise Refused("full")
        return None

    def _put(self, plain: Path, digest: str) -> None:
        place = self._folder / digest[:2]
        place.mkdir(mode=0o700, exist_ok=True)
        plain.chmod(0o600)
        plain.rename(place / digest)

    def _drop(self, *conditions: object) -> int:
        with self._records.writing() as connection:
            gone = connection.execute(
                delete(EvidenceRow).where(*conditions).returning(EvidenceRow.sha256)  # type: ignore[arg-type]
            ).scalars().all()
            used = set(connection.scalars(select(EvidenceRow.sha256).where(EvidenceRow.sha256.in_(gone))))
            # Within the transaction: nobody can add the same file between the look and the removal.
            for digest in set(gone) - used:
                (self._folder / digest[:2] / digest).unlink(missing_ok=True)
        return len(gone)


def shown_name(name: str, kind: str) -> str:
    """A file's name as text to show: no path, no control or turning characters, its true ending."""
    plain = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    plain = plain.replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in plain if unicodedata.category(char)[0] != "C" and char not in _TURNS)
    plain = " ".join(plain.split()).strip(". ")
    ending = KINDS[kind][1]
    stem = plain.rpartition(".")[0] if "." in plain else plain
    return (stem.strip(". ")[: LONGEST_NAME - len(ending)] or "evidence") + ending


def _piece(row: object) -> Piece:
    return Piece(
        row.id, row.owner, row.sha256, row.kind, row.size, row.name, row.at, row.by, row.channel  # type: ignore[attr-defined]
    )
