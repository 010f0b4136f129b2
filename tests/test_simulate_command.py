"""``python -m hotline simulate`` and ``compare``: output, files, refusals."""

import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import CliRunner

from hotline.commands.simulate import commands, compare, simulate
from simulation.load import load
from simulation.replicate import run as replicate

MODEL = """
name = "A morning"
[time]
opens = "08:00"
closes = "10:00"
days = ["mon"]
interval = "30 min"
after_close = "serve"
[types.billing]
calls = [20, 30, 30, 20]
talk = { dist = "exponential", mean = "3 min" }
patience = { dist = "exponential", mean = "2 min" }
[groups.agents]
skills = ["billing"]
agents = 4
[targets]
answer_within = "15 s"
[run]
replications = 10
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.toml"
    path.write_text(MODEL)
    return path


@pytest.fixture
def richer(tmp_path: Path) -> Path:
    path = tmp_path / "richer.toml"
    path.write_text(MODEL.replace("agents = 4", "agents = 5").replace("A morning", "One more"))
    return path


def run(command, *args):
    return CliRunner().invoke(command, [str(arg) for arg in args], catch_exceptions=False)


def numbers(command, *args):
    answer = run(command, *args, "--json")
    assert answer.exit_code == 0, answer.stderr
    return json.loads(answer.stdout)


def test_json_is_what_the_engine_says(model):
    found = numbers(simulate, model)
    expected = replicate(load(model)).to_dict()
    assert {**found, "elapsed_s": 0} == {**json.loads(json.dumps(expected)), "elapsed_s": 0}


def test_table_names_figures_error_and_replications(model):
    answer = run(simulate, model)
    assert answer.exit_code == 0
    for words in ("A morning", "10 replications", "服务水平 service level", "answered within 15 s ÷ offered", "±", "mon 08:30"):
        assert words in answer.stdout


def test_seed_replications_and_workers(model):
    assert numbers(simulate, model, "--seed", 5)["seed"] == 5
    one = numbers(simulate, model, "--seed", 5, "--replications", 6)
    two = numbers(simulate, model, "--seed", 5, "--replications", 6, "--workers", 2)
    assert one["replications"] == 6
    assert {**one, "elapsed_s": 0} == {**two, "elapsed_s": 0}
    assert one["whole"]["offered"] != numbers(simulate, model, "--seed", 6, "--replications", 6)["whole"]["offered"]


def test_precision(model):
    found = numbers(simulate, model, "--precision", "service level 3%")
    assert found["stop"]["met"] is True
    assert found["stop"]["reached"] <= 0.03
    assert found["whole"]["service_level"]["half_width"] == pytest.approx(found["stop"]["reached"], rel=1e-9)
    found = numbers(simulate, model, "--precision", "asa 0.2 min")
    assert found["stop"]["asked"] == pytest.approx(12)


def test_precision_that_is_not_reached_is_said(model):
    answer = run(simulate, model, "--precision", "service level 0.01%", "--max-replications", 12, "--json")
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["stop"]["met"] is False
    assert "PRECISION NOT REACHED" in answer.stderr
    answer = run(simulate, model, "--precision", "service level 0.01%", "--budget", "1 s", "--max-replications", 10_000_000)
    assert "the time allowed was used up" in answer.stdout


def test_files(model, tmp_path):
    outputs = [tmp_path / name for name in ("out.html", "out.parquet", "out.csv", "out.json")]
    answer = run(simulate, model, "--report", outputs[0], *(part for path in outputs[1:] for part in ("--columns", path)))
    assert answer.exit_code == 0
    assert "Plotly.react" in outputs[0].read_text()
    table = pyarrow.parquet.read_table(outputs[1])
    with outputs[2].open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == table.num_rows > 100
    assert set(table.column_names) == set(rows[0])
    assert json.loads(outputs[3].read_text())["whole"]["offered"]["half_width"] > 0


def test_compare(model, richer, tmp_path):
    outputs = [tmp_path / name for name in ("both.html", "both.parquet", "both.csv", "both.json")]
    files = [part for path in outputs[1:] for part in ("--columns", path)]
    found = numbers(compare, model, richer, "--report", outputs[0], *files)
    change = next(d for d in found["differences"] if (d["scope"], d["metric"]) == ("whole", "service_level"))
    assert 0 < change["low"] < change["mean"] < change["high"]
    assert change["real"] is True
    assert found["a"]["whole"]["offered"] == found["b"]["whole"]["offered"]
    assert "One more − A morning" in outputs[0].read_text()
    table = pyarrow.parquet.read_table(outputs[1])
    assert table.num_rows == len(found["differences"]) == outputs[2].read_text().count("\n") - 1
    row = next(r for r in table.to_pylist() if (r["scope"], r["metric"]) == ("whole", "service_level"))
    assert row["b"] - row["a"] == pytest.approx(row["difference"])
    assert json.loads(outputs[3].read_text()) == {**found}
    answer = run(compare, model, richer)
    assert "One more − A morning" in answer.stdout
    assert "pp" in answer.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MODEL.replace('"30 min"', "30"), ["time.interval = 30", 'write a time with its unit']),
        (MODEL.replace("agents = 4", "agents = -1"), ["groups.agents.agents = -1"]),
        (MODEL.replace("calls = [20, 30, 30, 20]", "calls = [20, 30]"), ["types.billing.calls"]),
        (MODEL.replace("patience", "patiense"), ["patiense", "did you mean 'patience'"]),
        (MODEL.replace('skills = ["billing"]', 'skills = ["biling"]'), ["biling"]),
        (MODEL + "[", ["is not valid TOML"]),
        ("", ["name: is missing"]),
    ],
)
def test_a_bad_model_is_a_message(tmp_path, text, words):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    for command, args in ((simulate, (path,)), (compare, (path, path))):
        answer = run(command, *args, "--json")
        assert answer.exit_code == 2
        assert not answer.stdout
        assert "Traceback" not in answer.stderr
        assert f"{path} cannot be run:" in answer.stderr
        for word in words:
            assert word in answer.stderr


def test_a_missing_or_odd_file_is_a_message(tmp_path):
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for path, words in (
        (tmp_path / "none.toml", "no such file"),
        (tmp_path, "cannot be read"),
        (tmp_path / "binary.toml", "not UTF-8"),
    ):
        answer = run(simulate, path)
        assert answer.exit_code == 2
        assert words in answer.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--precision", "servis level 1%"), "did you mean service_level"),
        (("--precision", "service level"), "write a metric and its half-width"),
        (("--precision", "service level 1 s"), "is given in share"),
        (("--precision", "service level 80"), "write 0.5% or 0.005"),
        (("--precision", "asa 0"), "must be above 0"),
        (("--precision", "asa 1 s", "--replications", "5"), "exclude each other"),
        (("--budget", "10"), "belong to --precision"),
        (("--replications", "0"), "0 is not in the range"),
        (("--workers", "0"), "0 is not in the range"),
        (("--columns", "out.xlsx"), "use .parquet, .csv or .json"),
        (("--report", "no/such/folder/out.html"), "there is no folder no/such/folder"),
        (("--cluster", "spark://x"), "write dask://host:port or ray://host:port"),
    ],
)
def test_refusals(model, args, words):
    answer = run(simulate, model, *args)
    assert answer.exit_code == 2
    assert words in " ".join(answer.stderr.split())
    assert not answer.stdout


def test_types_may_be_held_against_the_menu(model, tmp_path):
    answer = run(simulate, model, "--menu")
    assert answer.exit_code == 2
    assert "types.billing" in answer.stderr
    known = tmp_path / "known.toml"
    known.write_text(MODEL.replace("types.billing", "types.billing_anomaly").replace('["billing"]', '["billing_anomaly"]'))
    assert run(simulate, known, "--menu").exit_code == 0


def test_progress_with_time_left_beside_clean_json(model, tmp_path):
    # Standard error is a terminal, standard output is not.
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "hotline", "simulate", str(model), "--replications", "60", "--json"]
    shown = b""
    with (tmp_path / "out.json").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=slave, env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    try:
        while part := os.read(master, 65536):
            shown += part
    except OSError:
        pass  # so Linux says that the other end has been closed
    os.close(master)
    process.wait()
    assert process.returncode == 0
    assert json.loads((tmp_path / "out.json").read_text())["replications"] == 60
    assert b"replications" in shown
    assert b"left" in shown


def test_as_a_process(model, tmp_path):
    command = [sys.executable, "-m", "hotline", "simulate"]
    done = subprocess.run([*command, model, "--json"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["replications"] == 10
    model.write_text(MODEL.replace("agents = 4", 'agents = "four"'))
    done = subprocess.run([*command, model], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "groups.agents.agents = 'four'" in done.stderr
    assert "Traceback" not in done.stderr
    assert commands == [simulate, compare]
