"""Deadlines in the operator's days: across leap days, year ends, clock changes and holidays; each warning and breach once."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import select

from agent_assist.articles import Rule, months_after
from complaints.clocks import Clocks, ClockSettings
from complaints.clockwork import Clockwork
from hotline.database import migrate
from hotline.records import Records
from hotline.tables import ClockMarkRow
from tests.ledgers import ledger_of

ANY_DAY = st.dates(date(2000, 1, 1), date(2090, 1, 1))
WORKING = Clocks(15, ClockSettings(working_days=True))


@pytest.mark.parametrize(
    ("received", "due"),
    [("2026-11-23", "2026-12-08"), ("2028-02-20", "2028-03-06"), ("2027-02-20", "2027-03-07"), ("2026-12-20", "2027-01-04")],
)
def test_fifteen_days_across_leap_days_and_years(received: str, due: str) -> None:
    assert Clocks(15).due(date.fromisoformat(received)).isoformat() == due


def test_working_days_skip_holidays_and_count_worked_weekends() -> None:
    # 2026: the National Day week is off until 7 October, Saturday 10 October is worked for it.
    assert WORKING.works(date(2026, 10, 10)) and not WORKING.works(date(2026, 10, 2)) and not WORKING.works(date(2026, 10, 11))
    assert Clocks(3, ClockSettings(working_days=True)).due(date(2026, 9, 30)) == date(2026, 10, 10)


@given(ANY_DAY)
def test_working_days_are_so_many_and_never_fewer_than_calendar_days(received: date) -> None:
    due = WORKING.due(received)
    assert sum(WORKING.works(received + timedelta(n)) for n in range(1, (due - received).days + 1)) == 15
    assert WORKING.works(due) and due >= Clocks(15).due(received)


@given(ANY_DAY, st.integers(1, 36))
def test_months_after_keep_the_day_or_take_the_months_last(day: date, months: int) -> None:
    found = months_after(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(1)).day == 1)


def test_an_appeal_over_fees_ends_after_five_months_others_after_two_years() -> None:
    clocks = Clocks(15, rules=(Rule(categories=["wrong_charge"], appeal_months=5),))
    filed = date(2026, 9, 30)
    assert clocks.appeal_until({"fields": {"category": {"value": "wrong_charge"}}}, filed) == date(2027, 2, 28)
    assert clocks.appeal_until({"fields": {"category": {"value": "network"}}}, filed) == date(2028, 9, 30)
    form = {"fields": {"category": {"value": "wrong_charge"}, "occurred": {"value": "2026-08-31"}}}
    assert clocks.appeal_until(form, filed) == date(2027, 1, 31)


@pytest.mark.parametrize("given_", [{"warn_days": (0,)}, {"holidays": "XX"}, {"close_answered_days": 0}])
def test_settings_that_cannot_be_are_refused(given_: dict) -> None:
    with pytest.raises(ValidationError):
        ClockSettings(**given_)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC"])
@given(at=st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1)))
def test_a_clock_change_moves_no_deadline(zone: str, at: datetime) -> None:
    moment = at.replace(tzinfo=UTC)
    local = moment.astimezone(ZoneInfo(zone)).date()
    assert Clocks(15).due(local) == local + timedelta(15)


class Office:
    """Records, a clock that a test sets, and what was alerted."""

    def __init__(self, url: str) -> None:
        self.now = datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("America/New_York"))  # a clock change lies ahead
        self.alerts: list[tuple[str, str]] = []
        self.closed: list[str] = []
        self.records = Records(url, zone="America/New_York", now=lambda: self.now.timestamp())
        self.ledger = ledger_of(self.records, lambda: self.now)

    def clockwork(self) -> Clockwork:
        return Clockwork(self.records, self.ledger, now=lambda: self.now, alert=lambda *what: self.alerts.append(what), settled=self.closed.append)

    def struck(self, call: str) -> list[tuple[str, int]]:
        return [(e.data["what"], e.data["days"]) for e in self.records.events(call) if e.kind == "clock_struck"]


@pytest.fixture
def office(database_url: str):
    migrate(database_url)
    found = Office(database_url)
    yield found
    found.records.close()


def test_warnings_breach_and_each_of_them_once(office: Office) -> None:
    number = office.records.file_complaint("CA1", {})
    clocks = office.clockwork()
    for day in range(20):
        office.now = datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("America/New_York")) + timedelta(days=day)
        clocks.look()
        clocks.look()
    assert office.struck("CA1") == [("warning", 5), ("warning", 1), ("breach", 0)]
    assert office.alerts == [(number, "2026-03-16")]


def test_after_having_been_down_what_was_missed_is_done_once(office: Office) -> None:
    office.records.file_complaint("CA1", {})
    office.records.file_complaint("CA2", {})
    office.now += timedelta(days=14)
    office.clockwork().look()
    assert office.struck("CA1") == [("warning", 1)]  # the first warning says nothing any more
    office.now += timedelta(days=60)
    office.clockwork().look()
    assert office.struck("CA2") == [("warning", 1), ("breach", 0)]


def test_however_many_look_each_thing_is_done_by_one(office: Office) -> None:
    for number in range(8):
        office.records.file_complaint(f"CA{number}", {})
    office.now += timedelta(days=30)
    start, both = threading.Barrier(4), [office.clockwork() for _ in range(4)]

    def look(one: Clockwork) -> None:
        start.wait()
        one.look()

    threads = [threading.Thread(target=look, args=(one,)) for one in both]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert [office.struck(f"CA{n}") for n in range(8)] == [[("breach", 0)]] * 8
    assert len(office.alerts) == len(set(office.alerts)) == 8
    with office.records.reading() as connection:
        assert len(connection.execute(select(ClockMarkRow.__table__)).all()) == 8


def test_what_is_settled_is_closed_by_the_clock(office: Office) -> None:
    accepted, silent, answered = (office.records.file_complaint(f"CA{n}", {}) for n in range(3))
    for number in (accepted, silent, answered):
        office.ledger.act(number, "answer", by="wang")
    office.ledger.act(accepted, "accept", by="caller")
    office.clockwork().look()
    assert [office.records.complaint(n).state for n in (accepted, silent)] == ["closed", "answered"]
    office.now += timedelta(days=31)
    office.clockwork().look()
    assert {office.records.complaint(n).state for n in (silent, answered)} == {"closed"}
    assert sorted(office.closed) == sorted([accepted, silent, answered])


def test_who_was_closed_and_not_asked_before_the_process_died_is_asked_when_it_starts_again(office: Office) -> None:
    old, fresh = (office.records.file_complaint(f"CA{n}", {}) for n in range(2))
    for number, days in ((old, 3), (fresh, 0)):
        for action in ("answer", "close"):
            office.ledger.act(number, action, by="wang")
        office.now += timedelta(days=days)
    office.clockwork().catch_up()
    assert office.closed == [fresh]


def test_an_answer_after_the_regulator_gave_it_back_does_not_make_the_first_one_timely(office: Office) -> None:
    from hotline.tables import ComplaintRow

    number = office.records.file_complaint("CA1", {})
    office.now += timedelta(days=16)
    for action in ("refer", "return", "answer"):
        office.ledger.act(number, action, by="wang")
    with office.records.reading() as connection:
        assert connection.scalar(select(ComplaintRow.in_time).where(ComplaintRow.number == number)) is False


def test_an_answer_in_time_is_kept_as_such_and_a_late_one_too(office: Office) -> None:
    from hotline.tables import ComplaintRow

    early, late = (office.records.file_complaint(f"CA{n}", {}) for n in range(2))
    office.now += timedelta(days=15)
    office.ledger.act(early, "answer", by="wang")
    office.now += timedelta(days=1)
    office.ledger.act(late, "answer", by="wang")
    with office.records.reading() as connection:
        found = dict(connection.execute(select(ComplaintRow.number, ComplaintRow.in_time)).all())
    assert found == {early: True, late: False}
