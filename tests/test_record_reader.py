"""Call records of any kind → a history and a report; any bytes → a report."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import history as h
from simulation import mapping
from simulation.problem import ModelError
from simulation.record_reader import read

BANK = mapping.load(Path(mapping.__file__).parent / "examples" / "bank1999.toml")
HEAD = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver"


def line(id=1, *, caller="77", priority="2", type="PS", date="990105", dial="9:00:00", exit="9:00:06", menu="6", q=("9:00:06", "9:00:36", "30"),
         outcome="AGENT", service=("9:00:36", "9:02:36", "120"), server="YIFAT"):  # fmt: skip
    return "\t".join(["AA0101", str(id), caller, priority, type, date, dial, exit, menu, *q, outcome, *service, server])


NO_QUEUE, NO_SERVICE = ("0:00:00", "0:00:00", "0"), ("0:00:00", "0:00:00", "0")


def bank(tmp_path, *lines):
    path = tmp_path / "calls.txt"
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    return read([path], BANK)


def test_a_call_that_queued_and_was_answered(tmp_path):
    table, report = bank(tmp_path, line())
    assert (report.read, report.refused) == (1, 0)
    assert (table.wait[0], table.talk[0], table.menu[0], h.OUTCOMES[table.outcome[0]]) == (30, 120, 6, "answered")
    assert table.offered[0] % 86400 == 9 * 3600 + 6 and table.days()[0].isoformat() == "1999-01-05"
    assert table.priorities[table.priority[0]] == "high" and table.head_starts[table.priority[0]] == 90
    assert table.agents[table.agent[0]] == "YIFAT"


def test_hanging_up_in_the_menu_is_no_abandonment(tmp_path):
    table, _ = bank(tmp_path, line(1, q=NO_QUEUE, outcome="HANG", service=NO_SERVICE, server="NO_SERVER"),
                    line(2, outcome="HANG", service=NO_SERVICE, server="NO_SERVER"))  # fmt: skip
    assert sorted(h.OUTCOMES[o] for o in table.outcome) == ["abandoned", "left_menu"]
    assert table.agents == ()


def test_phantoms_are_left_out_and_mangled_names_mended(tmp_path):
    table, report = bank(tmp_path, line(1, outcome="PHANTOM"), line(2, server="ANO_SERVERT"), line(3, server="ANAT"))
    assert report.left_out == 1 and table.agents == ("ANAT",)


def test_who_calls_is_not_kept(tmp_path):
    table, _ = bank(tmp_path, line(1, caller="9664491"), line(2, caller="9664491"), line(3, caller="0"))
    assert sorted(table.caller.tolist()) == [-1, 0, 0]
    assert "9664491" not in repr(table)


def test_refused_lines_are_named_with_their_reason(tmp_path):
    table, report = bank(tmp_path, line(1), "short\tline", line(3, date="991399"), line(4, q=("9:00:06", "9:00:36", "-5")), line(5, outcome="LOST"), line(6))
    assert len(table) == 2
    assert [(r.line, r.reason.split(":")[0]) for r in report.refusals] == [
        (3, "has 2 fields where the first line has 17"), (4, "the date '991399' is not written as %y%m%d"), (5, "the wait is negative"),
        (6, "the outcome 'LOST' is not in [outcomes] of the mapping"),
    ]  # fmt: skip


def test_odd_things_are_told(tmp_path):
    _, report = bank(
        tmp_path, line(1), line(1), line(2, service=("9:00:36", "9:00:39", "3")), line(3, date="990109"),
        line(4, date="990107", dial="23:59:58", exit="0:00:04", q=("0:00:04", "0:00:09", "5"), service=("0:00:09", "0:01:09", "60")),
        line(5, date="990106", dial="9:00:00", exit="8:59:00", menu="-60", q=NO_QUEUE),
    )  # fmt: skip
    assert report.odd["duplicate"].count == 1
    assert report.odd["artefact"].count == 1
    assert report.odd["overlap"].count == 1
    assert report.odd["past_midnight"].count == 1
    assert report.odd["clock_jump"].count == 1
    assert report.odd["empty_day"].examples == ["1999-01-07"]


def test_compressed_files_and_one_that_breaks_off(tmp_path):
    whole = gzip.compress("\n".join([HEAD, *(line(i) for i in range(2000))]).encode())
    (tmp_path / "a.gz").write_bytes(whole)
    (tmp_path / "b.gz").write_bytes(whole[: len(whole) // 2])
    assert len(read([tmp_path / "a.gz"], BANK)[0]) == 2000
    _, report = read([tmp_path / "b.gz"], BANK)
    assert "breaks off" in report.refusals[-1].reason


CSV = mapping.Mapping.model_validate({
    "name": "a switch", "columns": {"offered": "Queued", "answered": "Answered", "ended": "Ended", "agent": "Agent", "type": "Skill"},
})  # fmt: skip


def test_a_plain_csv_with_moments_only(tmp_path):
    path = tmp_path / "switch.csv"
    path.write_text(
        "\ufeffQueued;Answered;Ended;Agent;Skill\n2026-03-02T09:00:00;2026-03-02T09:00:10;2026-03-02T09:05:10;Li;账单\n"
        "2026-03-02T23:59:50;;2026-03-03T00:00:20;;账单\n", "utf-8",
    )  # fmt: skip
    table, report = read([path], CSV)
    assert table.wait.tolist() == [10, 30] and table.talk[0] == 300
    assert [h.OUTCOMES[o] for o in table.outcome] == ["answered", "abandoned"] and table.types == ("账单",)
    assert report.refused == 0


def test_a_talk_of_no_length_is_no_answer(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("at,wait,talk\n2026-03-02T09:00:00,0:00:05,0:01:00\n2026-03-02T09:01:00,0:00:30,0:00:00\n", "utf-8")
    columns = mapping.Mapping.model_validate({"name": "m", "columns": {"dialled": "at", "wait": "wait", "talk": "talk"}, "format": {"moment": "iso", "length": "clock"}})
    table, _ = read([path], columns)
    assert [h.OUTCOMES[o] for o in table.outcome] == ["answered", "abandoned"]


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Queued,Agent\n1,2\n")
    _, report = read([path], CSV)
    assert "'Answered'" in report.refusals[0].reason and "mend [columns]" in report.refusals[0].reason


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(st.binary(max_size=60), max_size=8).map(lambda rows: HEAD.encode() + b"\n" + b"\n".join(rows)),
        st.lists(st.lists(st.sampled_from(["", "0", "-1", "9:00:06", "24:99:00", "990105", "nan", "1e999", "AGENT", "HANG", '"', "٣", "x"]), min_size=15, max_size=18), max_size=5)
        .map(lambda rows: "\n".join([HEAD, *("\t".join(r) for r in rows)]).encode()),
        st.binary(max_size=100).map(lambda b: gzip.compress(b)[:-3]),
    )
)  # fmt: skip
def test_any_bytes_give_a_report(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls"
        path.write_bytes(content)
        for how in (BANK, CSV):
            table, report = read([path], how)
            assert len(table) == report.read
            report.to_dict()


def test_a_mapping_says_what_is_wrong_with_it(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text('name = "x"\n[columns]\nofered = "a"\n')
    with pytest.raises(ModelError, match="did you mean 'offered'"):
        mapping.load(path)
    path.write_text('name = "x"\n[columns]\ndialled = "a"\n')
    with pytest.raises(ModelError, match="whether a call was answered"):
        mapping.load(path)
