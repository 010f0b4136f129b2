"""``python -m hotline erlang``: figures, JSON and refusals."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from hotline.commands.erlang import commands, erlang
from simulation.erlang import ErlangA, ErlangC, erlang_b
from simulation.general_patience import GeneralPatience
from simulation.patience import AtZero, Lognormal

LINE = ["--calls", "360", "--aht", "240"]


def run(*args):
    return CliRunner().invoke(erlang, [*args], catch_exceptions=False)


def result(*args):
    answer = run(*args, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_erlang_c():
    got = result("c", *LINE, "--agents", "28", "--target-seconds", "20")
    line = ErlangC(360, 240, 28)
    assert got["service_level"] == pytest.approx(line.service_level(20))
    assert got["asa"] == pytest.approx(line.asa)
    assert got["mean_wait_abandoned"] is None
    assert got["wait_percentiles"]["admitted"]["p90"] == pytest.approx(line.wait_quantile(0.9))


def test_units_may_be_written():
    plain = result("a", *LINE, "--agents", "24", "--patience", "120")
    units = result("a", "--calls", "6 / min", "--aht", "4 min", "--agents", "24", "--patience", "2 min", "--within", "20 s")
    assert plain["service_level"] == pytest.approx(units["service_level"])
    assert plain["abandonment"] == pytest.approx(ErlangA(360, 240, 24, patience=120).abandonment)


@pytest.mark.parametrize(
    "patience",
    [
        "exponential mean=120", "lognormal mean=120 cv=1.5", "gamma mean=120 cv=0.5", "weibull shape=2 scale=180",
        "hyperexponential shares=0.5,0.5 means=30,210", "uniform low=0 high=240", "uniform high=240",
        "deterministic value=120", "empirical values=20,45,90,300", "empirical values=20", "120",
    ],
)  # fmt: skip
def test_every_kind_of_patience(patience):
    got = result("patience", *LINE, "--agents", "24", "--patience", patience)
    assert 0 < got["abandonment"] < 0.2
    got = result("agents", *LINE, "--abandonment", "3%", "--patience", patience)
    assert got["abandonment"] <= 0.03 < got["nearby"][1]["abandonment"]


def test_leaving_at_once():
    got = result("patience", *LINE, "--agents", "24", "--patience", "lognormal mean=120 cv=1.5", "--leave-at-once", "10%")
    line = GeneralPatience(360, 240, 24, patience=AtZero(0.1, Lognormal(120, 1.5)))
    assert got["abandonment"] == pytest.approx(line.abandonment)
    assert got["service_levels"] == pytest.approx(line.service_levels(20))


def test_blocked_calls():
    assert result("b", *LINE, "--agents", "24")["blocking"] == pytest.approx(erlang_b(24, 24))
    some = result("mmck", *LINE, "--agents", "24", "--places", "6")
    assert 0 < some["blocking"] < 0.1
    fewer = result("mmck", *LINE, "--agents", "24", "--places", "6", "--patience", "60")
    assert 0 < fewer["blocking"] < some["blocking"]
    assert fewer["abandonment"] > 0


def test_agents():
    got = result("agents", *LINE, "--service-level", "0.8", "--within", "20", "--shrinkage", "30%")
    assert (got["agents"], got["rostered"]) == (29, 42)
    assert got["service_level"] >= 0.8
    assert [row["agents"] for row in got["nearby"]] == [27, 28, 29, 30, 31]
    assert got["nearby"][1]["missed"] == ["service_level"]
    assert result("agents", *LINE, "--service-level", "80%", "--within", "20")["agents"] == 29
    at_edge = result("agents", *LINE, "--asa", "600")
    assert (at_edge["agents"], at_edge["nearby"][1]["missed"]) == (25, ["unstable"])
    assert result("agents", "--calls", "0", "--aht", "240", "--asa", "5")["agents"] == 1


def test_square_root():
    assert result("square-root", *LINE, "--delay-probability", "0.2")["agents"] == 30
    assert result("square-root", *LINE, "--beta", "1")["agents"] == 29
    assert result("square-root", *LINE, "--delay-probability", "0.2", "--patience", "60")["agents"] < 30


@pytest.mark.parametrize(
    "args",
    [
        ("b", *LINE, "--agents", "24"),
        ("c", *LINE, "--agents", "28"),
        ("a", *LINE, "--agents", "24", "--patience", "120"),
        ("agents", *LINE, "--service-level", "80%", "--shrinkage", "0.3"),
        ("square-root", *LINE, "--beta", "1"),
    ],
)
def test_tables_for_people(args):
    answer = run(*args)
    assert answer.exit_code == 0
    assert "offered load" in answer.output
    if args[0] == "agents":
        assert "29 agents, 42 on the roster" in answer.output
    elif args[0] != "square-root":
        assert "answered within 20 s ÷ offered" in answer.output


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("c", *LINE, "--agents", "24"), "24 erlangs are offered: the queue would grow without end"),
        (("c", *LINE, "--agents", "0"), "agents is 0"),
        (("c", "--calls", "-3", "--aht", "240", "--agents", "3"), "-3 is below 0"),
        (("c", "--calls", "nan", "--aht", "240", "--agents", "3"), "nan is no number"),
        (("c", "--calls", "many", "--aht", "240", "--agents", "3"), "write a rate as"),
        (("c", "--calls", "360", "--aht", "4 fortnights", "--agents", "3"), "write a time as a number and a unit"),
        (("c", "--calls", "360", "--aht", "0", "--agents", "3"), "aht is 0"),
        (("a", *LINE, "--agents", "24", "--patience", "lognorm mean=1"), "no distribution is called 'lognorm'"),
        (("a", *LINE, "--agents", "24", "--patience", "lognormal mean=1"), "lognormal takes mean, cv"),
        (("a", *LINE, "--agents", "24", "--patience", "gamma mean=1 cv=1 shape=2"), "not shape"),
        (("a", *LINE, "--agents", "24", "--patience", "gamma mean=1,2 cv=1"), "give one number"),
        (("a", *LINE, "--agents", "24", "--patience", "gamma mean= cv=1"), "is not NAME=NUMBER"),
        (("a", *LINE, "--agents", "24", "--patience", ""), "it is empty"),
        (("mmck", *LINE, "--agents", "24", "--places", "-1"), "places is -1"),
        (("agents", *LINE), "no target is given"),
        (("agents", *LINE, "--service-level", "80"), "80 is more than 1; a share is written 0.8 or 80%"),
        (("agents", *LINE, "--service-level", "100%"), "service_level is 1"),
        (("agents", *LINE, "--asa", "5", "--patience", "gamma mean=1 cv=1", "--places", "3"), "do not go together"),
        (("square-root", *LINE), "give either"),
    ],
)
def test_refusals(args, words):
    answer = run(*args)
    assert answer.exit_code == 2
    assert words in answer.stderr
    assert not answer.stdout


def test_as_a_process():
    command = [sys.executable, "-m", "hotline", "erlang", "c", *LINE, "--agents", "24"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: agents is 24, but 24 erlangs are offered")
    done = subprocess.run([*command[:-1], "28", "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["occupancy"] == pytest.approx(24 / 28)
    assert commands == [erlang]
