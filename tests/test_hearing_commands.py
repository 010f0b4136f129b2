"""``hear`` and ``fill`` give the form as JSON; what they cannot do they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.__main__ import main
from tests.lines import SPEECH

FIELDS = ["category", "phone", "name", "id_number", "amount", "occurred", "location", "evidence", "resolution"]


def hotline(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_hear_fills_the_form_from_recordings() -> None:
    steps = {"problem": "d07-1-problem", "phone": "d07-2-phone", "evidence": "d07-3-evidence"}
    result = hotline("hear", "--lang", "zh", *(f"{step}={SPEECH}/{name}.wav" for step, name in steps.items()))
    form = json.loads(result.stdout)
    assert [form["fields"][name]["value"] for name in ("category", "phone", "amount")] == [
        "wrong_charge",
        "15812340099",
        120,
    ]
    assert set(form["fields"]["evidence"]["value"]) == {"sms", "bill"}
    assert [line["ask"] for line in form["transcript"]] == list(steps)


@pytest.mark.parametrize("text", ["", " \t\n", "　", "problem="])
def test_fill_refuses_to_make_a_form_of_nothing(text: str) -> None:
    result = hotline("fill", text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: no text") and result.stderr.count("\n") == 1


def test_fill_fills_the_form_from_text_with_each_value_from_its_words() -> None:
    result = hotline("fill", "--lang", "zh", "--json", "problem=上个月我的话费多扣了五十块钱", "phone=一三八零零一三八零零零")
    form = json.loads(result.stdout)
    assert form["intent"] == "complain"
    assert form["fields"]["phone"]["value"] == "13800138000"
    source = form["fields"]["amount"]["source"]
    start, end = source["span"]
    assert "上个月我的话费多扣了五十块钱"[start:end] == source["raw"]
    assert "五十" in source["raw"]


def test_every_field_is_there_and_says_that_it_is_missing() -> None:
    form = json.loads(hotline("fill", "--lang", "en", "problem=hello").stdout)
    assert [*form["fields"]] == [*FIELDS, "complaint_number"]
    assert {field["state"] for field in form["fields"].values()} == {"missing"}


def test_who_asks_after_a_complaint_is_understood_so() -> None:
    form = json.loads(hotline("fill", "problem=我想查一下我的投诉处理到哪一步了", "number=二零二六一一二二零零零一").stdout)
    assert form["intent"] == "status"
    assert form["fields"]["complaint_number"]["value"] == "202611220001"


def test_a_missing_recording_is_named() -> None:
    result = hotline("hear", "problem=/nowhere/a.wav")
    assert result.exit_code != 0
    assert "/nowhere/a.wav" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_model_nothing_is_claimed_to_have_been_heard(tmp_path: Path) -> None:
    # A process of its own: this one has the model loaded.
    result = subprocess.run(
        [sys.executable, "-m", "hotline", "hear", f"problem={SPEECH}/d07-1-problem.wav"],
        env={**os.environ, "HOME": str(tmp_path), "VOSK_MODEL_PATH": ""}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert result.returncode != 0
    assert result.stdout == ""
    assert "vosk-model-small-cn-0.22" in result.stderr
