"""Manifests: what is read from them, and what is said of a line that cannot be used."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.manifest import ManifestError, read

CALLER = {
    "id": "d01", "lang": "zh", "voice": "anna", "on": "2026-11-23",
    "expected": {"phone": "13800138000"}, "turns": [{"ask": "phone", "wav": "a.wav", "text": "一三八"}],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.wav").touch()
    return tmp_path


def written(folder: Path, *lines: object, name: str = "manifest.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return path


def test_a_caller_is_read_with_recordings_beside_the_manifest(folder: Path) -> None:
    ([caller], faults) = read(written(folder, CALLER))
    assert (caller.id, caller.lang, caller.voice, caller.on, caller.line) == ("d01", "zh", "anna", date(2026, 11, 23), 1)
    assert (caller.answers[0].ask, caller.answers[0].wav, caller.answers[0].said) == ("phone", folder / "a.wav", "一三八")
    assert (caller.expected, faults) == ({"phone": "13800138000"}, [])


def test_a_language_that_is_given_is_everybodys(folder: Path) -> None:
    callers, _ = read(written(folder, CALLER, {**CALLER, "lang": "xx"}), "en")
    assert [caller.lang for caller in callers] == ["en", "en"]


def test_a_text_may_hold_what_ends_lines_elsewhere(folder: Path) -> None:
    turn = {"ask": "phone", "wav": "a.wav", "text": "一\u2028二"}
    path = folder / "manifest.jsonl"
    path.write_text(json.dumps({**CALLER, "turns": [turn]}, ensure_ascii=False), "utf-8")
    assert read(path)[0][0].answers[0].said == "一\u2028二"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("[" * 100_000, "not"),
        ({**CALLER, "lang": None}, "lang: None"),
        ({**CALLER, "on": "23.11.2026"}, "on: no date"),
        ({**CALLER, "expected": []}, "expected: not an object"),
        ({**CALLER, "expected": {"telephone": "1"}}, "no field is called 'telephone'; there are category, phone"),
        ({**CALLER, "turns": []}, "turns: missing"),
        ({**CALLER, "turns": [{"ask": "phone"}]}, "turns[0].wav: missing"),
        ({**CALLER, "turns": [{"wav": "a.wav", "ask": "colour"}]}, "turns[0].ask: no question is called 'colour'"),
        ({**CALLER, "turns": [{"wav": "a.wav", "text": 1}]}, "turns[0].text: not a text"),
        ({**CALLER, "turns": [{"wav": "b.wav"}]}, "b.wav: there is no such file"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_and_the_others_stand(folder: Path, line: object, words: str) -> None:
    callers, [fault] = read(written(folder, CALLER, "", line, {**CALLER, "id": "d02"}))
    assert [caller.id for caller in callers] == ["d01", "d02"]
    assert fault.line == 3
    assert words in fault.what


def test_a_table_of_single_recordings(folder: Path) -> None:
    rows = ["wav\tlang\tkind\ttext", "a.wav\tzh\tphone_number\t一三八零零一三八零零零", "a.wav\tzh\tphone_number\t九八七九零九零二",
            "a.wav\ten\tsentence\tHello there", "a.wav\tzh\tsong\tla", "a.wav"]  # fmt: skip
    callers, [fault, short_row] = read(written(folder, *rows, name="manifest.tsv"))
    number, short, sentence = callers
    assert (number.answers[0].ask, number.expected) == ("phone", {"phone": "13800138000"})
    assert short.expected == {}  # eight digits are no phone number: the form must stay empty
    assert (sentence.answers[0].ask, set(sentence.expected.values())) == ("problem", {"?"})
    assert (fault.line, "'song'" in fault.what) == (5, True)
    assert short_row.line == 6


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "there is no such manifest"), (b"\xff\xfe", "UTF-8"), (b"\n\n", "there is no caller in it")],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, content: bytes | None, words: str) -> None:
    path = folder / "manifest.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ManifestError, match=words):
        read(path)


def test_a_table_without_its_columns_is_refused(folder: Path) -> None:
    with pytest.raises(ManifestError, match="names no column kind, text"):
        read(written(folder, "wav\tlang", "a.wav\tzh", name="manifest.tsv"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from(["jsonl", "tsv"]))
def test_any_file_is_read_or_refused(folder: Path, content: bytes, ending: str) -> None:
    path = folder / f"any.{ending}"
    path.write_bytes(content)
    try:
        callers, faults = read(path)
    except ManifestError:
        return
    assert callers or faults
