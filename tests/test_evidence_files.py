"""Evidence: honest files of every kind are kept without metadata, a thousand hostile ones leave nothing."""

from __future__ import annotations

import io
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import delete

from complaints.evidence import Evidence, shown_name
from complaints.filekind import inspect
from complaints.limits import EvidenceSettings
from complaints.refusal import REASONS, Refused
from hotline.database import migrate
from hotline.records import Records
from hotline.tables import EvidenceRow
from tests import files

NUMBER = "202611230001"


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    records = Records(url)
    yield records
    records.close()


def store(records: Records, folder: Path, **settings: object) -> Evidence:
    return Evidence(records, folder / "evidence", EvidenceSettings(keep_free_mb=0, **settings))


def add(evidence: Evidence, data: bytes, owner: str = NUMBER, name: str = "a.bin") -> object:
    return evidence.add(owner, io.BytesIO(data), name, channel="web")


def left(folder: Path) -> list[Path]:
    return [path for path in (folder / "evidence").rglob("*") if path.is_file()]


HONEST = {
    "jpeg": files.photo, "png": lambda: files.picture("PNG"), "webp": lambda: files.picture("WEBP"), "pdf": files.pdf,
    "wav": lambda: files.sound("WAV"), "mp3": lambda: files.sound("MP3"), "ogg": lambda: files.sound("OGG"), "m4a": files.m4a,
    "text": lambda: "10086:您已订购<视频会员>,每月 20 元。<3 if x < 5\n".encode(),
}


@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_file_of_each_kind_is_known_by_its_content(kind: str) -> None:
    kept = inspect(HONEST[kind]())
    assert kept.kind == kind
    assert inspect(kept.data) == kept, "what was kept would be kept again as it is"


def test_heic_is_kept_as_jpeg() -> None:
    kept = inspect(files.picture("HEIF"))
    assert kept.kind == "jpeg" and Image.open(io.BytesIO(kept.data)).size == (64, 48)


def test_a_photo_loses_position_and_device_and_keeps_its_pixels_and_how_it_is_turned() -> None:
    kept = inspect(files.photo()).data
    before, after = Image.open(io.BytesIO(files.photo())), Image.open(io.BytesIO(kept))
    assert before.tobytes() == after.tobytes()
    assert dict(after.getexif()) == {0x0112: 6}
    assert b"Secret" not in kept and b"home" not in kept


def test_what_phones_write_behind_a_photo_is_cut_off() -> None:
    plain = inspect(files.photo())
    for behind in (files.picture("JPEG"), files.m4a(b"vide"), bytes(12) + b"Image_UTC_Data1700000000SEFHxxxxSEFT"):
        assert inspect(files.photo() + behind) == plain


def test_a_text_in_an_old_chinese_encoding_is_kept_as_utf_8() -> None:
    assert inspect("上个月多扣了五十块钱".encode("gbk")).data.decode() == "上个月多扣了五十块钱"


def test_a_thousand_hostile_files_are_refused_and_leave_nothing(records: Records, tmp_path: Path) -> None:
    evidence = store(records, tmp_path)
    taken, count = [], 0
    try:
        for count, (name, data) in enumerate(files.hostile(), start=1):
            try:
                add(evidence, data, name=name)
                taken.append((count, name, data[:40]))
            except Refused as refused:
                assert refused.reason in REASONS
    finally:
        evidence.close()
    assert taken == []
    assert count >= 1000
    assert left(tmp_path) == [] and evidence.of(NUMBER) == []


def test_a_file_is_kept_once_under_its_hash_and_readable_by_nobody_else(records: Records, tmp_path: Path) -> None:
    evidence = store(records, tmp_path)
    first = add(evidence, files.photo(), name="C:\\Users\\me\\发票\u202egpj.exe")
    again = add(evidence, files.photo())
    other = add(evidence, files.photo(), owner="202611230002")
    evidence.close()
    assert first == again and other.id != first.id and other.sha256 == first.sha256
    assert first.name == "发票gpj.jpg"
    (path,) = left(tmp_path)
    assert path == evidence.path(first) and path.name == first.sha256
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Image.open(io.BytesIO(evidence.preview(first))).size == (60, 80), "the preview is turned upright"


def test_the_limits_hold_for_file_complaint_and_disk(records: Records, tmp_path: Path) -> None:
    evidence = store(records, tmp_path, file_mb=0.01, complaint_mb=0.02, files=3, disk_mb=0.03)

    def refusal(data: bytes, owner: str = NUMBER) -> str:
        with pytest.raises(Refused) as refused:
            add(evidence, data, owner)
        return refused.value.reason

    letters = [(str(n) * 9000).encode() for n in range(9)]
    assert refusal(b"x" * 10_001) == "too_large"
    add(evidence, letters[0])
    add(evidence, letters[1])
    assert refusal(letters[2]) == "too_much"
    add(evidence, b"short")
    assert refusal(b"shorter") == "too_many"
    add(evidence, letters[3], "202611230002")
    assert refusal(letters[4], "202611230003") == "full"
    add(evidence, letters[0], "202611230003")  # there already: takes no room
    evidence.close()
    assert sum(path.stat().st_size for path in left(tmp_path)) <= 30_000


def test_drafts_become_the_complaint_s_or_are_swept_away(records: Records, tmp_path: Path) -> None:
    clock = [1000.0]
    evidence = Evidence(records, tmp_path / "evidence", EvidenceSettings(keep_free_mb=0, draft_hours=1), now=lambda: clock[0])
    for owner in ("draft:a", "draft:b"):
        add(evidence, files.picture("PNG"), owner)
    add(evidence, b"only in b", "draft:b")
    evidence.hand_over("draft:a", NUMBER)
    clock[0] += 3601
    assert evidence.sweep() == 2
    evidence.close()
    assert [piece.kind for piece in evidence.of(NUMBER)] == ["png"] and evidence.of("draft:b") == []
    assert len(left(tmp_path)) == 1


def test_the_files_of_who_was_erased_are_swept_away(records: Records, tmp_path: Path) -> None:
    evidence = store(records, tmp_path)
    add(evidence, b"kept", NUMBER)
    add(evidence, b"erased", "202611230002")
    with records.writing() as connection:  # as ``hotline.retention`` does
        connection.execute(delete(EvidenceRow).where(EvidenceRow.owner == "202611230002"))
    assert evidence.sweep() == 1
    evidence.close()
    assert [path.read_bytes() for path in left(tmp_path)] == [b"kept"]


@pytest.mark.parametrize(("code", "reason"), [(0, None), (1, "infected"), (3, "unscanned")])
def test_the_virus_scanner_has_a_say(records: Records, tmp_path: Path, code: int, reason: str | None) -> None:
    evidence = store(records, tmp_path, scanner=f"{sys.executable} -S -c 'import sys; sys.exit({code})'")
    try:
        add(evidence, b"a text")
        said = None
    except Refused as refused:
        said = refused.reason
    evidence.close()
    assert said == reason
    assert len(left(tmp_path)) == (0 if reason else 1)


def test_a_scanner_that_is_not_there_refuses(records: Records, tmp_path: Path) -> None:
    evidence = store(records, tmp_path, scanner="/no/such/scanner")
    with pytest.raises(Refused, match="unscanned"):
        add(evidence, b"a text")
    evidence.close()


@pytest.mark.parametrize(
    ("given", "shown"),
    [("../../etc/passwd", "passwd.txt"), ("a\x00b\r\n.html", "ab.txt"), ("", "evidence.txt"), (".htaccess", "htaccess.txt"),
     ("x" * 500, "x" * 76 + ".txt"), ("账单 十一月.txt", "账单 十一月.txt"), ("\ud800.txt", "?.txt")],
)
def test_a_name_is_only_text(given: str, shown: str) -> None:
    assert shown_name(given, "text") == shown
