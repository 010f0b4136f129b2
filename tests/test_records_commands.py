"""``history``, ``calibrate``, ``validate`` and ``forecast`` from the shell."""

import csv
import json
from datetime import datetime, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from hotline.commands.calibrate import calibrate, history, validate
from hotline.commands.forecast import forecast
from simulation import history as h
from simulation.load import load
from tests.call_records import erlang_a

MAP = """
name = "a switch"
country = "CN"
[columns]
offered = "queued"
wait = "waited"
talk = "talked"
outcome = "how"
agent = "agent"
type = "skill"
[outcomes]
answered = ["yes"]
abandoned = ["no"]
"""


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """(csv, mapping) of six weeks in two months: 24 January 2000 on."""
    folder = tmp_path_factory.mktemp("records")
    line = erlang_a(days=14, agents=4, per_minute=1.2, talk=200, patience=150, hours=6)
    path, mapping = folder / "calls.csv", folder / "map.toml"
    mapping.write_text(MAP)
    start = datetime(1970, 1, 1) + timedelta(seconds=float(np.floor(line.offered[0] / 86400) * 86400))
    shift = datetime(2000, 1, 24) - start
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["queued", "waited", "talked", "how", "agent", "skill"])
        for copy in range(3):
            for i in range(len(line)):
                at = datetime(1970, 1, 1) + timedelta(seconds=float(line.offered[i]), days=14 * copy) + shift
                answered = line.outcome[i] == h.ANSWERED
                out.writerow([at.isoformat(timespec="seconds"), f"{line.wait[i]:.1f}", f"{line.talk[i]:.1f}" if answered else "",
                              "yes" if answered else "no", line.agents[line.agent[i]] if answered else "", "sales"])  # fmt: skip
    return path, mapping


def run(command, *args):
    return CliRunner().invoke(command, [str(a) for a in args], catch_exceptions=False)


def test_from_records_to_a_model_that_runs(records, tmp_path):
    path, mapping = records
    told = json.loads(run(history, path, "--map", mapping, "--json").stdout)
    assert told["refused"] == 0 and told["days"] == ["2000-01-24", "2000-03-05"]
    model, page = tmp_path / "line.toml", tmp_path / "c.html"
    answer = run(calibrate, path, "--map", mapping, "--days", "2000-02", "--model", model, "--report", page, "--json")
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["kinds"][0]["name"] == "sales"
    assert load(model).groups[0].present.max() == 4
    assert "Kaplan–Meier" in page.read_text()


def test_the_honest_test_from_the_shell(records, tmp_path):
    path, mapping = records
    page = tmp_path / "v.html"
    told = json.loads(run(validate, path, "--map", mapping, "--test", "2000-02-21..2000-03-05", "--replications", 2, "--report", page, "--json").stdout)
    whole = told["tests"][0]["whole"]
    assert abs(whole["abandonment_points"]) < 2.5 and abs(whole["asa_ratio"]) < 0.2
    assert "推断" in page.read_text()
    assert "2000-02" in run(validate, path, "--map", mapping, "--test", "2000-02-28", "--replications", 2).stdout


def test_a_forecast_from_the_shell(records, tmp_path):
    path, mapping = records
    page = tmp_path / "f.html"
    told = json.loads(run(forecast, path, "--map", mapping, "--horizon", 5, "--report", page, "--json").stdout)
    assert [d["day"] for d in told["days"]][0] == "2000-03-06" and told["backtest"]["methods"]
    assert len(told["days"][0]["calls"]) == len(told["intervals"]) == 48
    assert "回测" in page.read_text()


@pytest.mark.parametrize(
    ("command", "args", "words"),
    [
        (history, [], "give call-record files"),
        (history, ["nowhere.csv"], "cannot be read"),
        (history, ["CALLS", "--map", "nowhere.toml"], "no such file"),
        (history, ["CALLS"], "has no column"),
        (history, ["CALLS", "--map", "MAP", "--days", "1980-13"], 'write a month "1999-06"'),
        (history, ["CALLS", "--map", "MAP", "--days", "1980-01"], "no call to work with"),
        (validate, ["CALLS", "--map", "MAP", "--test", "2010-01"], "both are needed"),
        (forecast, ["CALLS", "--map", "MAP", "--type", "x"], "there are sales"),
        (forecast, ["CALLS", "--map", "MAP", "--country", "XX"], "two letters"),
        (forecast, ["CALLS", "--map", "MAP", "--interval", "7 min"], "does not divide the day"),
        (calibrate, ["CALLS", "--map", "MAP", "--model", "/nowhere/x.toml"], "no folder"),
    ],
)
def test_refusals(records, command, args, words):
    path, mapping = records
    answer = run(command, *(str({"CALLS": path, "MAP": mapping}.get(a, a)) for a in args))
    assert answer.exit_code == 2 and words in answer.output
