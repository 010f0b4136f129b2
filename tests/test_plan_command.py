"""``plan``: records to roster at the command line, the same choices as on the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.commands.plan import plan
from tests.planning_records import write_records


def asked(*args: object):
    return CliRunner().invoke(plan, [str(one) for one in args], catch_exceptions=False)


def test_records_to_need_and_the_folder_kept(tmp_path: Path) -> None:
    write_records(tmp_path / "calls.csv")
    (tmp_path / "choices.json").write_text(json.dumps({"need": {"service_level": 70, "shrinkage": 0}, "forecast": {"interval": 3600}}))
    answer = asked(tmp_path / "calls.csv", "--until", "need", "--choices", tmp_path / "choices.json", "--output", tmp_path / "plan", "--json")
    assert answer.exit_code == 0, answer.output
    made = json.loads(answer.stdout)
    assert set(made["results"]) == {"history", "forecast", "calibration", "need"}
    assert made["results"]["need"]["weeks"][0]["interval"] == 3600
    assert made["results"]["need"]["weeks"][0]["pools"][0]["promises"]["话费"] == {"service_level": 0.7}
    assert (tmp_path / "plan" / "out" / "need.csv").is_file() and (tmp_path / "calls.csv").is_file()
    assert asked(tmp_path / "calls.csv", "--output", tmp_path / "plan").exit_code == 2  # nothing is written over


@pytest.mark.parametrize(
    ("text", "said"),
    [("a,b\n1,2\n", "what its columns mean is not sure"), ("来电时间,等待时长,通话时长\n2026-11-02 09:00:00,1,0\n", "was answered"), ("", "the file is empty")],
)
def test_what_cannot_be_planned_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "c.csv").write_text(text)
    answer = asked(tmp_path / "c.csv", "--until", "calibration")
    assert answer.exit_code == 2 and said in answer.output


def test_wrong_choices_are_refused_before_the_work(tmp_path: Path) -> None:
    write_records(tmp_path / "calls.csv", weeks=1)
    for text, said in (('{"need": {"within": -1}}', "within"), ('{"luck": {}}', "steps are"), ("no", "JSON")):
        (tmp_path / "c.json").write_text(text)
        answer = asked(tmp_path / "calls.csv", "--choices", tmp_path / "c.json")
        assert answer.exit_code == 2 and said in answer.output
    assert asked().exit_code == 2
