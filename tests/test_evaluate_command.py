"""``evaluate`` on real recordings, and on manifests with faults."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from audio import models
from hotline import manifest as manifests
from hotline import settings, trial
from hotline.commands.evaluate import evaluate
from tests.lines import SPEECH

ON = "2026-11-23"
EVIDENCE = {"ask": "evidence", "wav": str(SPEECH / "d07-3-evidence.wav"), "text": "我有扣费的短信和账单截图。"}
D03 = {
    "id": "d03", "lang": "zh", "voice": "zf_xiaobei",
    "expected": {"category": "service_outage", "phone": "15088667721", "occurred": "yesterday", "resolution": "repair"},
    "turns": [
        {"ask": "problem", "wav": str(SPEECH / "d03-1-problem.wav"), "text": "我家里从昨天晚上开始就没有信号,电话打不出去。"},
        {"ask": "phone", "wav": str(SPEECH / "d03-2-phone.wav"), "text": "号码是一五零八八六六七七二一。"},
        {"ask": "resolution", "wav": str(SPEECH / "d03-3-resolution.wav"), "text": "尽快派人来修,给我恢复服务。"},
    ],
}  # fmt: skip
D07 = {"id": "d07", "lang": "zh", "voice": "zm_yunyang", "expected": {"evidence": "sms+bill"}, "turns": [EVIDENCE]}
# What is expected here nobody says, so that each kind of miss occurs.
MISSED = {"id": "d07-missed", "lang": "zh", "voice": "zm_yunyang", "expected": {"evidence": "contract", "phone": "13800138000"}, "turns": [EVIDENCE]}


def written(folder: Path, *callers: object) -> Path:
    path = folder / "manifest.jsonl"
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in callers]
    path.write_text("\n".join(lines), "utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(evaluate, [*map(str, arguments), "--on", ON], catch_exceptions=False)


def test_callers_who_are_heard_right_are_counted_so(tmp_path: Path) -> None:
    answer = run(written(tmp_path, D03, D07), "--json", "--workers", 2)
    result = json.loads(answer.stdout)
    assert (answer.exit_code, result["misses"], result["callers"]) == (0, [], 2)
    fields = result["score"]["fields"]
    assert {name: fields[name]["right"] for name in fields} == {"category": 1, "phone": 1, "occurred": 1, "evidence": 1, "resolution": 1}
    assert result["score"]["values"]["evidence"]["sms"]["right"] == 1
    assert set(result["voices"]) == {"zf_xiaobei", "zm_yunyang"}


def test_transcript_and_time_are_measured(tmp_path: Path) -> None:
    result = json.loads(run(written(tmp_path, D03), "--json").stdout)
    transcript, clock = result["score"]["transcript"]["zh"], result["time"]
    assert transcript["of"] == 47  # characters said, without marks
    assert 0 <= transcript["rate"] < 0.5
    assert clock["audio_s"] == pytest.approx(sum(soundfile.info(turn["wav"]).duration for turn in D03["turns"]), abs=0.01)
    assert 0 < clock["decoder_s_per_s"] < 5


def test_misses_are_told_with_what_was_expected_got_asked_and_heard(tmp_path: Path) -> None:
    answer = run(written(tmp_path, MISSED), "--json")
    missing, wrong = json.loads(answer.stdout)["misses"]
    assert (missing["field"], missing["kind"], missing["expected"], missing["got"]) == ("phone", "missing", "13800138000", None)
    assert (wrong["field"], wrong["kind"], wrong["expected"]) == ("evidence", "wrong", ["contract"])
    assert set(wrong["got"]) == {"sms", "bill"}
    assert (wrong["ask"], wrong["said"]) == ("evidence", "我有扣费的短信和账单截图。")
    assert "账单" in wrong["heard"].replace(" ", "")
    assert answer.exit_code == 0  # a measurement that was made has succeeded, whatever it shows


def test_the_table_names_fields_voices_and_misses_but_no_value(tmp_path: Path) -> None:
    answer = run(written(tmp_path, D03, MISSED), "--by", "voice")
    for words in ("号码 phone", "95 %", "zm_yunyang (1)", "d07-missed phone missing", "transcript zh", "s of work per second"):
        assert words in answer.stdout
    assert "13800138000" not in answer.output
    assert "15088667721" not in answer.output


def test_lines_with_faults_are_named_and_lose_nobody_else(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "music.wav", np.zeros((44100, 2), np.int16), 44100)
    stereo = {**D07, "turns": [{"ask": "evidence", "wav": "music.wav"}]}
    gone = {**D07, "turns": [{"ask": "evidence", "wav": "gone.wav"}]}
    path = written(tmp_path, "{", D07, {**D07, "expected": {"telephone": "13800138000"}}, gone, stereo)
    answer = run(path, "--json")
    result = json.loads(answer.stdout)
    assert (answer.exit_code, result["score"]["fields"]["evidence"]["right"]) == (1, 1)
    assert [fault["line"] for fault in result["faults"]] == [1, 3, 4, 5]
    for words in (f"{path}:1: not JSON", f"{path}:3: no field is called 'telephone'; there are category", f"{path}:4: ", "gone.wav",
                  f"{path}:5: ", "2 channels", "4 lines were left out"):  # fmt: skip
        assert words in answer.stderr
    assert "13800138000" not in answer.stderr


def test_a_missing_manifest_is_one_clear_message() -> None:
    answer = run("/nowhere/manifest.jsonl")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == "Error: /nowhere/manifest.jsonl: there is no such manifest; check the name\n"


def test_without_a_model_nothing_is_measured(tmp_path: Path) -> None:
    place = {**os.environ, "HOME": str(tmp_path), "VOSK_MODEL_PATH": ""}
    command = [sys.executable, "-m", "hotline", "evaluate", str(written(tmp_path, D07))]
    answer = subprocess.run(command, env=place, capture_output=True, text=True, timeout=120)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "make model" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_page_is_refused_before_anything_is_heard(tmp_path: Path) -> None:
    answer = run(written(tmp_path, D07), "--page", tmp_path / "no" / "page.html")
    assert (answer.exit_code, "make it first" in answer.stderr) == (1, True)


def test_too_little_right_fails_where_a_share_is_demanded(tmp_path: Path) -> None:
    path = written(tmp_path, MISSED)
    assert run(path, "--fail-under", "evidence=0").exit_code == 0
    answer = run(path, "--fail-under", "evidence=0.9", "--fail-under", "name=0.5")
    assert answer.exit_code == 1
    assert "evidence: 0.0 % right, less than the 90 %" in answer.stderr
    assert "name: nobody said one" in answer.stderr


@pytest.mark.parametrize("bar", ["phone", "phone=2", "telephone=0.9"])
def test_a_share_that_is_none_is_refused(tmp_path: Path, bar: str) -> None:
    assert run(written(tmp_path, D07), "--fail-under", bar).exit_code == 2


def test_an_interrupt_keeps_what_was_heard_until_then(tmp_path: Path) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    callers, _ = manifests.read(written(tmp_path, D07, *[{**D07, "id": f"d{n}"} for n in range(10, 20)]))
    models.load("zh")
    recordings = []

    def interrupt() -> None:
        recordings.append(1)
        if len(recordings) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    found = trial.run(settings.load().script, callers, date(2026, 11, 23), progress=interrupt)
    assert found.stopped
    assert 1 <= len(found.callers) < 11
    assert [caller.line for caller in found.callers] == sorted(caller.line for caller in found.callers)
