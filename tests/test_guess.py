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


@pytest.mark.parametrize(
    ("heads", "row", "columns"),
    [
        (  # Five9
            "CALL ID,TIMESTAMP,SKILL,AGENT,ANI,QUEUE WAIT TIME,TALK TIME,AFTER CALL WORK TIME,ABANDONED",
            "1,\"Mon, 02 Mar 2026 09:00:00\",Billing,ann,12025550100,00:00:12,00:03:10,00:00:20,0", {"wait": "QUEUE WAIT TIME", "talk": "TALK TIME", "wrap": "AFTER CALL WORK TIME", "outcome": "ABANDONED"},
        ),
        (  # Amazon Connect
            "ContactId,InitiationTimestamp,Queue_Name,Queue_Duration,Agent_Username,Agent_ConnectedToAgentTimestamp,Agent_AgentInteractionDuration,Agent_AfterContactWorkDuration,DisconnectTimestamp",
            "a-1,2026-03-02T09:00:00Z,Basic,12,ann,2026-03-02T09:00:14Z,190,20,2026-03-02T09:04:00Z",
            {"dialled": "InitiationTimestamp", "wait": "Queue_Duration", "talk": "Agent_AgentInteractionDuration", "wrap": "Agent_AfterContactWorkDuration", "type": "Queue_Name"},
        ),
        ("Start Date/Time;Queue;Agent Name;Time in Queue;Handle Time", "03/22/2026 08:12:02 AM;Billing;A;00:00:09;00:04:10", {"dialled": "Start Date/Time", "wait": "Time in Queue", "talk": "Handle Time"}),
        ("呼入日期,呼入时间,业务类型,接听坐席,等待秒数,通话秒数,是否接通", "2026-03-02,09:00:12,报障,张三,12,190,是", {"date": "呼入日期", "dialled": "呼入时间", "agent": "接听坐席", "wait": "等待秒数", "outcome": "是否接通"}),
        ("D,时间,等待时长,通话时长", "2026-03-02,09:00:12,12,190", {"date": "D", "dialled": "时间"}),
        ("Call Id,Agent,Date,Time,Topic,Answered (Y/N),Speed of answer in seconds,AvgTalkDuration", "ID1,Ann,2026-03-02,9:12:58,Contract,Y,109,00:02:23", {"outcome": "Answered (Y/N)", "wait": "Speed of answer in seconds", "talk": "AvgTalkDuration"}),
    ],
)
def test_exports_of_known_systems(heads: str, row: str, columns: dict[str, str], tmp_path: Path):
    (tmp_path / "c.csv").write_text(f"{heads}\n{row}\n", "utf-8")
    found = guess.of_file(tmp_path / "c.csv")
    assert {name: found.mapping["columns"].get(name) for name in columns} == columns
    assert found.doubts == []


def test_a_yes_to_abandoned_is_no_answer():
    rows = [["2026-02-01 09:00:00", "1", "20", "No"], ["2026-02-01 09:00:00", "9", "0", "Yes"]]
    found = guess.guess(["start", "wait", "talk", "Abandoned"], rows)
    assert (found.doubts, found.mapping["outcomes"]) == ([], {"answered": ["No"], "abandoned": ["Yes"]})


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
