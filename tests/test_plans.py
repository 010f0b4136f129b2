"""Plans and their runs: each run is done by one workshop, lost ones again; a step knows when its result is old."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from hotline.database import migrate
from hotline.records import Records
from planner import choices as chosen
from planner.plans import QUIET_S, Plans
from planner.shift_form import plan_file
from planner.steps import Place, StepError, Work, fresh
from simulation import guess
from simulation.shift_plan import plan_from
from tests.planning_records import write_records


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def plans(database_url: str, tmp_path: Path):
    migrate(database_url)
    records = Records(database_url)
    yield Plans(records, tmp_path / "plans", now=Clock())
    records.close()


def test_a_run_is_claimed_once_and_one_at_a_time(plans: Plans):
    plan = plans.begin("p", "lin")
    plans.queue(plan.id, ("history", "forecast"), "lin")
    plans.queue(plan.id, ("history",), "lin")  # asked for already
    first = plans.claim()
    assert first is not None and first.step == "history"
    assert plans.claim() is None
    plans.end(first.id, "done")
    assert plans.claim().step == "forecast"
    assert plans.claim() is None


def test_a_lost_run_is_done_again_but_not_for_ever(plans: Plans):
    plan = plans.begin("p", "lin")
    plans.queue(plan.id, ("history",), "lin")
    for _ in range(3):
        assert plans.claim() is not None
        plans._now.now += QUIET_S + 1
    assert plans.claim() is None
    run = plans.runs(plan.id)["history"]
    assert (run.state, run.error) == ("failed", "lost")


def test_stopping_and_failing_drop_what_was_asked_for_after(plans: Plans):
    plan = plans.begin("p", "lin")
    plans.queue(plan.id, ("history", "forecast"), "lin")
    run = plans.claim()
    plans.cancel(plan.id)
    assert plans.beat(run.id) is True
    plans.end(run.id, "cancelled")
    assert {one.state for one in plans.runs(plan.id).values()} == {"cancelled"}
    plans.queue(plan.id, ("history", "forecast"), "lin")
    plans.end(plans.claim().id, "failed", "why")
    assert plans.claim() is None
    assert plans.runs(plan.id)["history"].error == "why"


def test_own_and_shared_plans_are_seen(plans: Plans):
    mine, other = plans.begin("a", "lin"), plans.begin("b", "mo")
    assert [p.id for p in plans.seen_by("lin")] == [mine.id]
    plans.change(other.id, shared=True)
    assert {p.id for p in plans.seen_by("lin")} == {mine.id, other.id}
    copy = plans.copy(other.id, "mine now", "lin")
    assert (copy.owner, copy.shared) == ("lin", False)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A plan's folder with everything done up to the roster."""
    folder = tmp_path_factory.mktemp("plan")
    (folder / "in").mkdir()
    write_records(folder / "in" / "calls.csv")
    choices = {
        "history": chosen.checked("history", {"files": ["calls.csv"], "mapping": guess.of_file(folder / "in" / "calls.csv").mapping}),
        "shifts": chosen.checked("shifts", {"seconds": 5}),
    }
    for step in chosen.ROSTER:
        Work(folder, choices, Place("Asia/Shanghai"), lambda *_: None).do(step)
    return folder, choices


def test_the_way_from_records_to_a_roster(worked: tuple[Path, dict]):
    folder, choices = worked
    assert all(fresh(step, folder, choices) for step in chosen.ROSTER)
    assert {"roster.csv", "roster.ics", "need.csv", "shifts.toml"} <= {path.name for path in (folder / "out").iterdir()}
    # Callers' numbers are gone with the records.
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"1380013" not in kept and not (folder / "in").exists()


def test_a_changed_choice_makes_what_rests_on_it_old(worked: tuple[Path, dict]):
    folder, choices = worked
    other = {**choices, "need": chosen.checked("need", {"service_level": 90})}
    assert {step: fresh(step, folder, other) for step in chosen.ROSTER} == {
        "history": True, "forecast": True, "calibration": True, "need": False, "shifts": False,
    }  # fmt: skip
    with pytest.raises(StepError, match="need"):
        Work(folder, other, Place("Asia/Shanghai"), lambda *_: None).do("shifts")


def test_what_if_rests_on_the_roster(worked: tuple[Path, dict], tmp_path: Path):
    folder = tmp_path / "copy"
    shutil.copytree(worked[0], folder)
    given = {"scenarios": [{"kind": "volume", "text": "x3"}, {"kind": "aht", "text": "-30s"}], "replications": 5}
    choices = {**worked[1], "whatif": chosen.checked("whatif", given)}
    sheet = Work(folder, choices, Place("Asia/Shanghai"), lambda *_: None).do("whatif")
    figures = [one["figures"] for one in sheet.result["what_if"]["scenarios"]]
    assert figures[0]["abandonment"]["difference"] > 0.05  # three times the calls on the same roster
    assert figures[1]["occupancy"]["difference"] < 0
    wrong = {**worked[1], "whatif": chosen.checked("whatif", {"scenarios": [{"kind": "agents", "text": "nobody:+1"}]})}
    with pytest.raises(StepError, match="nobody"):
        Work(folder, wrong, Place("Asia/Shanghai"), lambda *_: None).do("whatif")


def test_history_that_ends_after_the_first_day_is_refused_with_the_way_out(worked: tuple[Path, dict]):
    folder, choices = worked
    early = {**choices, "forecast": chosen.checked("forecast", {"first": "2026-10-05"})}
    with pytest.raises(StepError, match="begin on 2026-11-01 or later"):
        Work(folder, early, Place("Asia/Shanghai"), lambda *_: None).do("forecast")


@pytest.mark.parametrize(
    ("step", "given"),
    [("need", {"service_level": 100}), ("need", {"within": 0}), ("forecast", {"weeks": 9}), ("forecast", {"special": "tomorrow"}), ("shifts", {"full": -1}), ("whatif", {"scenarios": [{"kind": "luck", "text": "1"}]}), ("history", {"mapping": {"columns": {}}}), ("need", {"unknown": 1})],
)
def test_choices_that_cannot_be_are_refused(step: str, given: dict):
    with pytest.raises(ValidationError):
        chosen.checked(step, given)


@pytest.mark.parametrize(("opens", "closes", "interval"), [("08:00", "20:00", 900), ("00:00", "24:00", 1800), ("09:15", "11:00", 900), ("19:00", "24:00", 3600)])
def test_shifts_from_a_few_numbers_make_a_plan_for_any_opening_hours(opens: str, closes: str, interval: int):
    from datetime import date

    rows = [{"group": "g", "day": "2026-11-09", "start": opens, "end": closes, "agents": 3}]
    data = plan_file(rows, chosen.ShiftChoices(), name="p", first=date(2026, 11, 9), weeks=1, interval=interval, shrinkage=0.1, timezone="Asia/Shanghai", currency="CNY")
    plan = plan_from(data)
    assert plan.agents and plan.shifts
