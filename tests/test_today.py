"""Today: at the command line from a file of calls, and on the page from a real line's events."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from playwright.sync_api import Page, expect

from hotline.__main__ import main
from hotline.advise import Adviser
from hotline.alerts import WallboardSettings
from hotline.board import Board
from hotline.database import migrate
from hotline.plotly_js import plotly_blueprint
from hotline.records import Records
from hotline.signin import signed_in
from hotline.today import LiveDay
from hotline.today_pages import Today, today_blueprint
from hotline.users import Users
from planner.day import planned_day
from planner.pages import planner_blueprint
from planner.plans import Plans
from planner.steps import Place, Work
from simulation import guess
from tests.house import serving
from tests.planning_records import write_records
from tests.signed_in import account, client_of, closed, enter
from tests.test_accessibility import AXE, problems

MONDAY = date(2026, 11, 2)
TUESDAY_11 = datetime(2026, 11, 3, 3, 0, tzinfo=UTC).timestamp()  # 11:00 in Shanghai
OPENS = 9 * 3600


@pytest.fixture(scope="module")
def plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of the week, done up to its need, from five weeks of records of a line open 9:00–13:00."""
    folder = tmp_path_factory.mktemp("plan")
    (folder / "in").mkdir()
    write_records(folder / "in" / "calls.csv", first=MONDAY - timedelta(35))
    mapping = guess.of_file(folder / "in" / "calls.csv").mapping
    choices = {"history": {"files": ["calls.csv"], "mapping": mapping}, "need": {"service_level": 80}, "forecast": {"first": MONDAY.isoformat()}}
    work = Work(folder, choices, Place("Asia/Shanghai"), lambda done, of, words: None)
    for step in ("history", "forecast", "calibration", "need"):
        work.do(step)
    return folder


def command(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["today", *words])
    return done.exit_code, done.output


def calls_of_a_tuesday(path: Path, factor: int, until: int = 24) -> None:
    """Every planned-like call of 9:00–13:00 on Tuesday, so many times as usual, up to an hour."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["流水号", "来电时间", "技能组", "座席", "主叫号码", "等待时长", "通话时长", "结果"])
        for number in range(40 * factor):
            at = OPENS + number * 4 * 3600 / (40 * factor)
            if at < until * 3600:
                out.writerow([number, f"2026/11/03 {int(at // 3600):02d}:{int(at % 3600 // 60):02d}:{int(at % 60):02d}", "话费", "甲", "", 10, 200, "接通"])


def test_a_day_with_twice_the_calls_at_the_command_line(plan_folder: Path, tmp_path: Path) -> None:
    told = {}
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        'name = "m"\n[columns]\noffered = "来电时间"\ntype = "技能组"\nagent = "座席"\ncaller = "主叫号码"\nwait = "等待时长"\ntalk = "通话时长"\noutcome = "结果"\n'
        '[format]\nmoment = "%Y/%m/%d %H:%M:%S"\n[outcomes]\nanswered = ["接通"]\nabandoned = ["放弃"]\n', "utf-8",
    )  # fmt: skip
    for factor in (1, 2):
        path = tmp_path / f"{factor}.csv"
        calls_of_a_tuesday(path, factor)
        code, output = command(
            str(plan_folder), "--calls", str(path), "--map", str(mapping), "--now", "11:00", "--agents", "2", "--on-break", "1",
            "--replications", "6", "--json", "--report", str(tmp_path / "today.html"),
        )  # fmt: skip
        assert code == 0, output
        told[factor] = json.loads(output[output.index("{") : output.rindex("}") + 1])
    usual, twice = told[1], told[2]
    assert (usual["so_far"], twice["so_far"]) == (20, 40), "what came before 11:00"
    assert usual["service_so_far"]["offered"] == 20 and twice["service_so_far"]["answered"] == 40
    assert 1 < twice["factor"] <= twice["ratio"] and twice["rest"]["mean"] > 1.2 * usual["rest"]["mean"]
    assert twice["rest"]["low"] < twice["rest"]["mean"] < twice["rest"]["high"]
    assert twice["date"] == "2026-11-03" and twice["weekday"] == "tue" and twice["line"]["agents"] == {"agents": 2}
    actions = twice["advice"]["actions"]
    assert {"none"} < {a["kind"] for a in actions} and all(a["figures"]["service_level"]["mean"] is not None for a in actions)
    assert "再预测" in (tmp_path / "today.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere", "--calls", "{csv}", "--now", "11:00"], "no model file"),
        (["{plan}", "--calls", "{csv}", "--now", "25:00"], "--now"),
        (["{plan}", "--calls", "{csv}", "--now", "11:00", "--day", "2026-11-04"], "no call on it"),
        (["{plan}", "--calls", "{csv}", "--now", "11:00", "--agents", "x=3"], "there is no group"),
        (["{plan}", "--calls", "{csv}", "--now", "11:00", "--on-break", "many"], "no number"),
        (["{plan}", "--day", "2026-11-04"], "--calls"),
    ],
)
def test_what_cannot_be_done_is_refused(plan_folder: Path, tmp_path: Path, words: list[str], told: str) -> None:
    path = tmp_path / "calls.csv"
    mapping = tmp_path / "map.toml"
    mapping.write_text('name = "m"\n[columns]\noffered = "at"\nwait = "wait"\ntalk = "talk"\n[format]\nmoment = "iso"\n', "utf-8")
    path.write_text("at,wait,talk\n2026-11-03T09:30:00,5,100\n2026-11-03T10:30:00,5,100\n", "utf-8")
    given = [word.format(csv=path, plan=plan_folder) for word in words] + (["--map", str(mapping)] if "--calls" in words else [])
    code, output = command(*given)
    assert code == 2 and told in output, output


def test_a_day_that_the_plan_does_not_cover_is_named(plan_folder: Path) -> None:
    with pytest.raises(ValueError, match="2026-11-02 to 2026-11-08"):
        planned_day(plan_folder, date(2026, 11, 10))
    with pytest.raises(ValueError, match="closed"):
        planned_day(plan_folder, date(2026, 11, 8))
    planned = planned_day(plan_folder, date(2026, 11, 3))
    assert planned.aim.service_level == 0.8 and planned.weekday == "tue" and planned.interval_cv is not None and not planned.roster


# -- the page ----------------------------------------------------------------------


class Clock:
    now = TUESDAY_11

    def __call__(self) -> float:
        return self.now


@dataclass
class Room:
    app: Flask
    records: Records
    board: Board
    today: Today
    plans: Plans
    clock: Clock
    address: str = ""


@pytest.fixture(scope="module")
def room(plan_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """The line's records with the morning of a busy Tuesday, its board, and the planner's pages."""
    folder, clock = tmp_path_factory.mktemp("room"), Clock()
    url = f"sqlite:///{folder / 'line.db'}"
    migrate(url)
    records = Records(url, now=clock)
    states = [("wang", "available"), ("li", "busy"), ("zhao", "break")]
    agents = [{"name": name, "state": state, "since": TUESDAY_11 - 60, "skills": ["话费", "网络"], "wish": ""} for name, state in states]
    board = Board(records, WallboardSettings(), zone="Asia/Shanghai", agents=lambda: agents, now=clock)
    for number in range(40):  # twice the usual calls of two hours
        clock.now = TUESDAY_11 - 7200 + number * 180
        call = f"CA{number}"
        records.append(call, ("call_started", {"from": "+8613800138000", "to": "10086"}), ("queued", {"queue": "话费", "position": None}))
        if number < 38:
            clock.now += 10
            records.append(call, ("agent_answered", {"agent": "wang", "waited_s": 10.0}))
            clock.now += 120
            records.append(call, ("wrapped_up", {"agent": "wang", "talked_s": 110.0, "wrapped_s": 10.0}), ("call_ended", {"status": "completed"}))
    clock.now = TUESDAY_11
    app = Flask("today", static_folder=None)
    users, _ = closed(app, records)
    account(users, "chen", "supervisor")
    plans = Plans(records, folder / "plans", now=clock)
    plan = plans.begin("本周", "chen")
    shutil.copytree(plan_folder, plans.folder(plan.id), dirs_exist_ok=True)
    plans.begin("空计划", "chen")
    today = Today(LiveDay(board.requests, board.agents, "Asia/Shanghai", clock), plans, short_s=5)
    app.register_blueprint(plotly_blueprint())
    app.register_blueprint(planner_blueprint(plans, None, who=signed_in, saved=dict, zone="Asia/Shanghai", promised={}))
    app.register_blueprint(today_blueprint(today, Adviser(), who=signed_in))
    with serving(app) as address:
        yield Room(app, records, board, today, plans, clock, address)
    records.close()


def test_the_page_and_the_wallboard_tell_the_same_of_today(room: Room) -> None:
    client = client_of(room.app, Users(room.records), "chen", "supervisor")
    state, board = client.get("/planner/today/data").json, room.board.state()["today"]
    assert state["so_far"] == board["offered"] == 40 and state["waiting"] == board["waiting"] == 2
    for name, shown in (("service_level", "service_level"), ("abandonment", "abandonment"), ("asa_s", "asa_s"), ("within", "quick")):
        assert state["service"][name] == board[shown], name
    assert state["agents"] == {"agents": 2} and state["on_break"] == {"agents": 1}
    assert client.get("/planner/today/data?plan=none").status_code == 404
    assert room.today.ahead() is None, "a plan that is not shared is not on the wallboard"
    shared = room.plans.seen_by("chen")
    for plan in shared:
        room.plans.change(plan.id, shared=True)
    room.today._ahead = (-1e9, None)
    ahead = room.today.ahead()
    assert ahead is not None and ahead["so_far"] == 40 and ahead["day"]["mean"] == state["day"]["mean"]


@pytest.mark.browser
def test_a_supervisor_sees_what_to_do_now(room: Room, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    enter(page, room.address, "chen", "/planner/today")
    expect(page.locator("[data-figure=so_far] strong")).to_have_text("40")
    expect(page.locator("#chart .main-svg").first).to_be_visible()
    expect(page.locator("#actions tr").first).to_be_visible(timeout=90_000)
    expect(page.locator("#actions tr[data-action=none]")).to_be_visible()
    assert "13800138000" not in page.content()
    room.clock.now += 120
    room.records.append("CB1", ("call_started", {"from": "", "to": "10086"}), ("queued", {"queue": "网络", "position": None}))
    room.clock.now += 5
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # somebody looks again
    expect(page.locator("[data-figure=so_far] strong")).to_have_text("41")
    if AXE.exists():
        assert problems(page) == []
    assert complaints == []
