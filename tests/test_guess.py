"""What columns mean is found from their names and first values; what is not sure is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation import guess
from simulation.mapping import Mapping
from simulation.record_reader import read
from tests.planning_records import write_records


def test_chinese_export_is_understood_and_read(tmp_path: Path):
    calls = write_records(tmp_path / "calls.csv", weeks=1)
    found = guess.of_file(tmp_path / "calls.csv")
    assert found.doubts == []
    assert found.mapping["columns"] == {
        "id": "流水号", "dialled": "来电时间", "type": "技能组", "agent": "座席", "caller": "主叫号码", "wait": "等待时长", "talk": "通话时长", "outcome": "结果",
    }  # fmt: skip
    table, report = read([tmp_path / "calls.csv"], Mapping.model_validate(found.mapping))
    assert (len(table), report.refused) == (calls, 0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_any_usual_encoding(tmp_path: Path, encoding: str):
    (tmp_path / "c.csv").write_text("来电时间;等待时长;通话时长;结果\n2026-03-01 09:00:01;12;60;接通\n2026-03-01 09:10:01;40;0;放弃\n", encoding)
    found = guess.of_file(tmp_path / "c.csv")
    assert found.doubts == []
    table, _ = read([tmp_path / "c.csv"], Mapping.model_validate(found.mapping))
    assert table.wait.tolist() == [12, 40]


def test_the_banks_columns_have_a_ready_mapping(tmp_path: Path):
    heads = "vru+line call_id customer_id priority type date vru_entry vru_exit vru_time q_start q_exit q_time outcome ser_start ser_exit ser_time server"
    row = "AA0101 33116 9664491 2 PS 990101 0:00:31 0:00:36 5 0:00:36 0:03:09 153 HANG 0:00:00 0:00:00 0 NO_SERVER"
    (tmp_path / "b.txt").write_text("\n".join("\t".join(line.split()) for line in (heads, row)))
    found = guess.of_file(tmp_path / "b.txt")
    assert (found.ready, found.doubts) == ("Anonymous Bank 1999", [])


@pytest.mark.parametrize(
    ("moments", "form", "sure"),
    [
        (["13/02/2026 09:00:00", "01/02/2026 10:00:00"], "%d/%m/%Y %H:%M:%S", True),
        (["02/13/2026 09:00:00", "02/01/2026 10:00:00"], "%m/%d/%Y %H:%M:%S", True),
        (["03/02/2026 09:00:00", "01/02/2026 10:00:00"], "%d/%m/%Y %H:%M:%S", False),
        (["2026-02-01T09:00:00+08:00"], "iso", True),
        (["1772330400"], "unix", True),
        (["2026年2月1日 09:00:00"], "%Y年%m月%d日 %H:%M:%S", True),
    ],
)
def test_formats_of_moments(moments: list[str], form: str, sure: bool):
    found = guess.guess(["start", "wait", "talk"], [[m, "1", "2"] for m in moments])
    assert found.mapping["format"]["moment"] == form
    assert any("Day and month" in doubt for doubt in found.doubts) is not sure


def test_an_unknown_outcome_is_asked_about():
    found = guess.guess(["start", "wait", "talk", "result"], [["2026-02-01 09:00:00", "1", "2", "Answered"], ["2026-02-01 09:00:00", "1", "2", "XQ"]])
    assert any("XQ" in doubt for doubt in found.doubts)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_guess_or_a_refusal(content: bytes):
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            found = guess.of_file(file.name)
        except ValueError:
            return
        if not found.doubts:
            Mapping.model_validate(found.mapping)
