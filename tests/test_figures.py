"""Figures about complaints as the database counts them: against hand-counted ones and against counting one by one in Python."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, text

from complaints.counting import quarterly, report
from complaints.figures import BINS, Filter, Summary, mondays, quantile, reached, week_of
from complaints.life import STATES
from complaints.regulator import COLUMNS, Quarter, cells
from hotline.database import migrate
from hotline.records import Records
from hotline.tables import ComplaintRow

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 23)


def at(day: str, hour: int = 10) -> float:
    return datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=ZONE).timestamp()


@dataclass(frozen=True)
class Case:
    number: str
    category: str
    channel: str
    region: str
    state: str
    level: int
    filed_at: float
    answered_at: float | None = None
    in_time: bool | None = None
    due_on: str | None = None
    referred_at: float | None = None
    asked_at: float | None = None
    satisfaction: int | None = None
    joined_to: str | None = None

    @property
    def day(self) -> date:
        return datetime.fromtimestamp(self.filed_at, ZONE).date()


CASES = [
    Case("1", "wrong_charge", "phone", "33", "closed", 0, at("2026-11-02"), at("2026-11-05"), True, None, None, at("2026-11-06"), 5),
    Case("2", "wrong_charge", "web", "33", "answered", 1, at("2026-11-02"), at("2026-11-22"), False, None, None, at("2026-11-22"), None),
    Case("3", "network", "web", "", "filed", 0, at("2026-11-03"), None, None, "2026-11-18"),
    Case("4", "network", "phone", "11", "regulator", 2, at("2026-11-20"), at("2026-11-21"), True, None, at("2026-11-22"), at("2026-11-22"), 2),
    Case("5", "network", "phone", "11", "filed", 0, at("2026-11-22", 23), None, None, "2026-12-07"),
    Case("6", "network", "phone", "11", "withdrawn", 0, at("2026-10-31", 23)),
    Case("7", "network", "web", "", "filed", 0, at("2026-11-03"), None, None, "2026-11-18", joined_to="3"),
]


def put(records: Records, cases: Iterable[Case]) -> None:
    with records.writing() as connection:
        connection.execute(
            insert(ComplaintRow.__table__),
            [{**asdict(case), "call_id": f"web-{n}", "form": {}, "created_at": case.filed_at} for n, case in enumerate(cases)],
        )


@pytest.fixture(scope="module")
def november(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path_factory.mktemp('figures') / 'hotline.db'}"
    migrate(url)
    records = Records(url)
    put(records, CASES)
    yield records
    records.close()


def test_figures_counted_by_hand(november: Records) -> None:
    found = report(november, Filter(date(2026, 11, 1), TODAY), TODAY, ZONE)
    whole = found.all
    assert (whole.received, whole.answered, whole.in_time, whole.owed) == (5, 3, 2, 4)  # 1, 2, 4 answered; 3 overdue
    assert (whole.escalated, whole.regulator, whole.withdrawn) == (2, 1, 0)
    assert whole.share_in_time == 0.5 and whole.escalation_rate == 0.4
    assert whole.median_days == 3.0 and whole.p90_days == 20.0
    assert (whole.asked, whole.replied, whole.satisfaction) == (3, 2, 3.5)
    assert {name: one.received for name, one in found.by["week"].items()} == {"2026-W44": 0, "2026-W45": 3, "2026-W46": 0, "2026-W47": 2, "2026-W48": 0}
    assert list(found.by["category"]) == ["network", "wrong_charge"]
    assert found.replies == [0, 1, 0, 0, 1] and sum(found.days_to_answer) == 3
    assert found.ladder == [(1, 2), (2, 1)]  # who stands on the second level went through the first


def test_a_day_belongs_to_the_operators_zone(november: Records) -> None:
    the_22nd = Filter(date(2026, 11, 22), date(2026, 11, 22))
    assert report(november, the_22nd, TODAY, ZONE).all.received == 1
    assert report(november, the_22nd, TODAY, ZoneInfo("Pacific/Auckland")).all.received == 0


def test_a_quarter_has_a_line_for_each_category_and_region_and_adds_up(november: Records) -> None:
    lines = quarterly(november, Quarter(2026, 4), TODAY, ZONE)
    assert [(one.category, one.region, one.figures.received) for one in lines[:-1]] == [("network", "", 1), ("network", "11", 3), ("wrong_charge", "33", 2)]
    assert lines[-1].total and lines[-1].figures.received == 6 and lines[-1].figures.median_days == 3.0
    for name in COLUMNS[:-1]:
        assert sum(getattr(one.figures, name) for one in lines[:-1]) == getattr(lines[-1].figures, name)
    shown = cells(lines, ["category", "region", *COLUMNS], {"11": "北京"}, "total")
    assert shown[2][:3] == ["network", "北京", 3] and shown[-1][0] == "total" and len({len(line) for line in shown}) == 1


def year_of_cases(chance: random.Random, n: int) -> list[Case]:
    def case(number: int) -> Case:
        filed = at("2026-01-01") + chance.random() * 365 * 86_400
        answered = chance.choice((None, filed + chance.choice((0.2, 1.0, 4.5, 15.0, 40.0)) * 86_400))
        return Case(
            str(number), chance.choice(("a", "b", "")), chance.choice(("phone", "web")), chance.choice(("33", "11", "")),
            chance.choice(STATES[1:]), chance.choice((0, 0, 1, 2)), filed, answered, chance.choice((True, False)) if answered else chance.choice((None, None, False)),
            chance.choice((None, "2026-06-01", "2027-01-01")), chance.choice((None, None, filed)), asked := chance.choice((None, filed)),
            chance.choice((None, 1, 4, 5)) if asked else None, chance.choice((*[None] * 9, "1")),
        )  # fmt: skip

    return [case(number) for number in range(n)]


def one_by_one(cases: list[Case], today: date) -> Summary:
    days = sorted((case.answered_at - case.filed_at) / 86_400 for case in cases if case.answered_at is not None)
    count = lambda rule: sum(map(bool, map(rule, cases)))  # noqa: E731
    return Summary(
        received=len(cases), answered=len(days), in_time=count(lambda c: c.in_time),
        owed=count(lambda c: c.in_time is not None or c.due_on and c.due_on < today.isoformat()),
        escalated=count(lambda c: c.level), regulator=count(lambda c: c.referred_at), withdrawn=count(lambda c: c.state == "withdrawn"),
        closed=count(lambda c: c.state == "closed"), asked=count(lambda c: c.asked_at), replied=count(lambda c: c.satisfaction),
        points=sum(c.satisfaction or 0 for c in cases), median_days=quantile(days, 0.5), p90_days=quantile(days, 0.9),
    )  # fmt: skip


def test_the_database_counts_as_one_would_by_hand(database_url: str) -> None:
    chance = random.Random(8)
    cases = year_of_cases(chance, 400)
    records = Records(database_url)
    put(records, cases)
    for _ in range(12):
        first = date(2026, 1, 1) + timedelta(chance.randrange(360))
        wanted = Filter(first, first + timedelta(chance.randrange(200)), *(chance.choice(("", "", one)) for one in ("a", "web", "33", "closed")))
        today = date(2026, chance.randrange(1, 13), 15)
        chosen = [
            case for case in cases
            if not case.joined_to and wanted.first <= case.day <= wanted.last
            and all(not asked or asked == got for asked, got in ((wanted.category, case.category), (wanted.channel, case.channel), (wanted.region, case.region), (wanted.state, case.state)))
        ]  # fmt: skip
        found = report(records, wanted, today, ZONE)
        same = pytest.approx
        assert asdict(found.all) == same(asdict(one_by_one(chosen, today)), nan_ok=True)
        for side, key in (("category", lambda c: c.category), ("region", lambda c: c.region), ("level", lambda c: str(c.level)), ("week", lambda c: week_of(c.day))):
            for value, summary in found.by[side].items():
                assert asdict(summary) == same(asdict(one_by_one([case for case in chosen if key(case) == value], today))), (side, value)
            assert sum(one.received for one in found.by[side].values()) == len(chosen)
        assert found.replies == [sum(case.satisfaction == mark for case in chosen) for mark in range(1, 6)]
        assert sum(found.days_to_answer) == found.all.answered and len(found.days_to_answer) == len(BINS) + 1
    records.close()


def test_a_report_reads_the_index_alone(database_url: str) -> None:
    """The stories in ``form`` are most of a complaint's bytes: on SQLite none is touched; PostgreSQL has the same index."""
    records = Records(database_url)
    put(records, CASES)
    with records.reading() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.execute(text(
                "EXPLAIN QUERY PLAN SELECT category, count(*) FROM complaints WHERE filed_at >= 1 AND filed_at < 2 AND coalesce(joined_to, '') = '' GROUP BY category"
            )).all()  # fmt: skip
            assert any("COVERING INDEX ix_complaints_counted" in row[-1] for row in plan), plan
        else:
            assert connection.execute(text("SELECT 1 FROM pg_indexes WHERE indexname = 'ix_complaints_counted'")).scalar() == 1
    records.close()


def test_iso_weeks_across_the_year() -> None:
    assert week_of(date(2027, 1, 1)) == "2026-W53" and week_of(date(2027, 1, 4)) == "2027-W01"
    assert mondays(date(2026, 12, 30), date(2027, 1, 5)) == [date(2026, 12, 28), date(2027, 1, 4)]


@given(st.dictionaries(st.integers(0, 4), st.integers(0, 50)))
def test_no_level_is_reached_by_more_than_the_one_below(standing: dict[int, int]) -> None:
    ladder = [n for _, n in reached(standing)]
    assert ladder == sorted(ladder, reverse=True) and sum(ladder) == sum(level * n for level, n in standing.items())


def test_quarters() -> None:
    assert (Quarter.read("2026q4").first, Quarter(2026, 4).last) == (date(2026, 10, 1), date(2026, 12, 31))
    assert str(Quarter.of(date(2026, 1, 1)).before) == "2025Q4"
    for wrong in ("2026", "2026Q5", "Q1"):
        with pytest.raises(ValueError):
            Quarter.read(wrong)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20), st.sampled_from((0.5, 0.9)))
def test_quantiles_lie_between_the_values(values: list[float], share: float) -> None:
    values.sort()
    found = quantile(values, share)
    assert values[0] <= found <= values[-1]
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
