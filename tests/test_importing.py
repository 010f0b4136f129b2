"""Complaints from a table: fit lines are filed once, each refused one is told, nothing is half imported."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.filing import filing_model
from complaints.importing import NoTable, Table, table
from hotline.__main__ import main
from hotline.records import Records

MODEL = filing_model(["billing_anomaly", "slow_network"], ["refund", "apology"])
WORDS = {"category": {"网速慢": "slow_network"}, "resolution": {"退款": "refund", "道歉": "apology"}}
TODAY = date(2026, 11, 23)
GOOD = "经过,手机号,类别,金额,发生日期,诉求,外部编号,受理日期\n多扣了五十块钱,138 0013 8000,,50元,2026/11/5,退款、道歉,A-1,2026-11-20\n网很慢,13900139000,网速慢,,,,,\n"


def read(text: str | bytes) -> Table:
    return table(text.encode() if isinstance(text, str) else text, MODEL, today=TODAY, zone="Asia/Shanghai", words=WORDS)


@pytest.mark.parametrize("data", [GOOD.encode(), GOOD.encode("utf-8-sig"), GOOD.encode("gb18030"), GOOD.replace(",", "\t").encode(), GOOD.replace("\n", "\r\n").encode()])
def test_a_table_is_read_in_the_ways_that_people_save_it(data: bytes) -> None:
    found = read(data)
    first, second = found.rows
    assert found.faults == [] and (first.line, second.line) == (2, 3)
    assert first.filing.model_dump(exclude={"name", "location", "category", "lang"}) == {
        "what": "多扣了五十块钱", "phone": "13800138000", "amount": 50.0, "occurred": date(2026, 11, 5), "resolution": ["refund", "apology"]
    }
    assert second.filing.category == "slow_network" and second.received is None and first.received


def test_every_fault_of_every_line_is_told_with_line_and_column() -> None:
    text = 'what,phone,amount,received\n"a\nb",13800138000,1,\nx,123,lots,2026-12-01\ny,13800138000,1\n\n,13900139000,,\n'
    found = read(text)
    assert [(one.line, one.column, one.why) for one in found.faults] == [
        (4, "received", "received"), (4, "phone", "phone"), (4, "amount", "amount"), (5, "", "shape"), (7, "what", "what")
    ]
    assert [row.line for row in found.rows] == [2]


def test_a_line_that_says_the_same_is_left_out_and_a_reference_tells_apart() -> None:
    found = read("what,phone,reference\na,13800138000,\na,13800138000,\na,13800138000,7\nb,13800138000,7\n")
    assert (found.repeated, [row.line for row in found.rows]) == ([(3, 2), (5, 4)], [2, 4])


@pytest.mark.parametrize(
    ("data", "told"),
    [("", "empty"), ("what\na\n", "phone is missing"), ("what,phone,weather\n", "'weather'"), ("what,phone,经过\n", "twice"),
     ('what,phone\n"a,13800138000\n', "line 2"), (b"\xff\xfe\x00\x01", "UTF-8"), ("what,phone\na\x00,1\n", "UTF-8")],
)
def test_what_is_no_table_is_refused_with_the_remedy(data: str | bytes, told: str) -> None:
    with pytest.raises(NoTable, match=told):
        read(data)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='what,phone\n"\t;1380经过\r\x00é', max_size=80) | st.binary(max_size=60))
def test_no_file_does_more_than_be_refused(data: str | bytes) -> None:
    for start in ("", "what,phone\n"):
        try:
            found = read(start.encode() + (data.encode() if isinstance(data, str) else data))
        except NoTable:
            continue
        assert all(row.filing.what.strip() for row in found.rows)


def run(folder: Path, text: str, *options: str) -> tuple[int, str, str]:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["import", str(path), *options], env={"HOTLINE_VAR": str(folder), "DATABASE_URL": ""})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def filed(folder: Path) -> int:
    records = Records(f"sqlite:///{folder / 'hotline.db'}")
    found = len(records.newest("filed"))
    records.close()
    return found


def test_the_command_files_all_or_none_and_never_twice(tmp_path: Path) -> None:
    good = "what,phone,received\n多扣了五十块钱,13800138000,2026-11-02\n没有信号,13900139000,2026-11-03\n"
    bad = good + "x,12,\n"
    code, out, told = run(tmp_path, bad)
    assert code == 2 and "nothing filed" in out and "line 4, phone" in told and filed(tmp_path) == 0
    assert run(tmp_path, good, "--dry-run")[0] == 0 and filed(tmp_path) == 0
    code, out, _ = run(tmp_path, good, "--json")
    report = json.loads(out)
    assert code == 0 and [one["number"][:8] for one in report["filed"]] == ["20261102", "20261103"]
    assert json.loads(run(tmp_path, good, "--json")[1])["known"] == [2, 3] and filed(tmp_path) == 2
    assert run(tmp_path, bad + "y,13700137000,\n", "--skip-refused")[0] == 2 and filed(tmp_path) == 3
    for phone in ("13800138000", "x,12"):
        assert phone not in told


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["import", str(tmp_path / "none.csv")], env={"HOTLINE_VAR": str(tmp_path), "DATABASE_URL": ""})
    assert result.exit_code == 2 and "none.csv" in result.stderr
