"""Complaints are found by number, phone, words, state, deadline and the rest, page by page, each from an index, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import text

from complaints.find import AfterError, Finder, execute, statement
from complaints.search import Query, indexed
from complaints.words import Words
from hotline.records import Records
from tests.ledgers import ledger_of

TODAY = date(2026, 11, 23)
NOON = 1_795_406_400.0  # 12:00 in Shanghai on that day
DAY = 86_400.0


def form(story: str, phone: str = "13800138000", category: str = "billing_anomaly", **more: Any) -> dict[str, Any]:
    fields = {"phone": phone, "category": category, **more}
    return {
        "intent": "complain", "description": story,
        "fields": {name: {"value": value, "state": "confirmed", "source": None} for name, value in fields.items()},
    }  # fmt: skip


class Book:
    """Records with some complaints, and a finder on them."""

    def __init__(self, url: str) -> None:
        self.records = Records(url, now=lambda: NOON)
        self.finder = Finder(self.records, Words(self.records))

    def file(self, source: str, story: str = "话费不对", days_ago: float = 0, **more: Any) -> str:
        return self.records.file_all([(source, form(story, **more), NOON - days_ago * DAY)])[0]

    def found(self, **query: str) -> list[str]:
        return [one.number for one in self.finder.page(Query(**query), TODAY).rows]  # type: ignore[arg-type]


@pytest.fixture
def book(database_url: str) -> Iterator[Book]:
    book = Book(database_url)
    yield book
    book.records.close()


def test_each_way_to_ask_finds_what_it_says(book: Book) -> None:
    web = book.file("web-1", "上个月多扣了我五十块钱", days_ago=20, name="欧阳青青")
    app = book.file("app-2", "晚上网速特别慢", phone="13911112222", category="slow_network", days_ago=2)
    call = book.file("CA3", "They changed my plan", phone="01088886666", category="plan_change")
    book.records.append(
        "CA3", ("call_started", {"from": "+8613677778888", "to": "10086"}),
        ("utterance", {"text": "my telephone exchange is broken, 我的基站坏了", "start": 0, "end": 3}),
        ("note_added", {"number": call, "text": "营业厅也去过", "by": "wang"}),
    )  # fmt: skip
    book.records.assign(app, "network", "wang")
    assert book.found() == [call, app, web], "the newest first"
    assert book.found(q=web) == [web] and book.found(q=web[:8]) == [web]
    assert book.found(q="139 1111-2222") == [app] and book.found(q="+8613911112222") == [app]
    assert book.found(q="五十块钱") == [web] == book.found(q="欧阳青青")
    assert book.found(q="花费") == [] and book.found(q="多叩了") == [web], "as it sounds, for what a recogniser wrote"
    assert book.found(q="基站") == [call] == book.found(q="营业厅"), "what was said and what was noted later"
    assert book.found(q="plans") == [call] and book.found(q="慢") == [app]
    assert book.found(q="扣 慢") == [], "all words are wanted"
    assert book.found(state="open") == [call, app, web] and book.found(state="closed") == []
    assert book.found(due="overdue") == [web] and book.found(due="14") == [app], "the deadline is fifteen days after receipt"
    assert book.found(due="any") == [web, app, call], "the soonest deadline first"
    assert book.found(category="slow_network") == [app] == book.found(channel="app") == book.found(department="network")
    assert book.found(q="网速", channel="web") == []
    assert book.found(q="!") == []


def test_mine_is_what_i_took_up_or_answered_last_and_is_not_over(book: Book) -> None:
    ledger = ledger_of(book.records, lambda: datetime.fromtimestamp(NOON, UTC))

    def mine(who: str, **more: str) -> list[str]:
        query = Query(mine="yes", **more)  # type: ignore[arg-type]
        found = [one.number for one in book.finder.page(query, TODAY, me=who).rows]
        assert book.finder.count(query, TODAY, who) == len(found) == len(list(book.finder.all(query, TODAY, 9, who)))
        return found

    older, newer = book.file("web-1", days_ago=2), book.file("web-2", days_ago=1)
    book.file("web-3")
    assert mine("wang") == []
    for number in (older, newer):
        ledger.act(number, "take_up", by="wang")
    assert mine("wang") == [newer, older] and mine("li") == []
    ledger.act(newer, "answer", by="li")
    assert mine("li") == [newer] and mine("wang") == [older], "the last one counts"
    ledger.act(newer, "escalate", by="caller")
    assert mine("li") == [newer] and mine("li", state="escalated") == [newer] and mine("li", state="answered") == []
    ledger.act(older, "withdraw", by="caller")
    assert mine("wang") == [] == mine("wang", state="withdrawn")


def test_what_is_changed_or_gone_is_found_accordingly(book: Book) -> None:
    number = book.file("web-1", "彩铃没有订过")
    assert book.found(q="彩铃") == [number]
    book.records.file_complaint("web-1", form("其实是流量包"))
    book.records.append("web-1", ("description", {"text": "其实是流量包"}))
    assert book.found(q="流量包") == [number] and book.found(q="彩铃") == []


def test_pages_hold_each_complaint_once_while_new_ones_come(book: Book) -> None:
    stories = ("扣费", "断网")
    numbers = [book.file(f"web-{at}", stories[at % 2], days_ago=(at * 7) % 10) for at in range(30)]
    for query in (Query(), Query(q="扣费"), Query(due="any"), Query(q=numbers[0][:8]), Query(q="13800138000"), Query(state="open", due="any")):
        seen: list[str] = []
        after, pages = "", 0
        while True:
            page = book.finder.page(query, TODAY, after, 4)
            seen += [one.number for one in page.rows]
            if not page.next:
                break
            after, pages = page.next, pages + 1
            book.file(f"app-{query.q}-{query.due}-{pages}", "扣费")  # arrives while somebody reads
        before = [one for one in seen if one in numbers]
        assert len(seen) == len(set(seen))
        assert set(before) == {one for at, one in enumerate(numbers) if query.q != "扣费" or at % 2 == 0} & (
            {one for one in numbers if one.startswith(query.q)} if query.number else set(numbers)
        )


def test_counting_stops_and_exports_go_on(book: Book) -> None:
    for at in range(7):
        book.file(f"web-{at}")
    assert book.finder.count(Query(), TODAY) == 7 == len(list(book.finder.all(Query(), TODAY, 100)))
    assert len(list(book.finder.all(Query(), TODAY, 5))) == 5


def test_a_made_up_place_is_refused(book: Book) -> None:
    for after in ("x", "1/2/3", "1.5.5/3", "'/1", "1/99999999999999999999"):
        with pytest.raises(AfterError):
            book.finder.page(Query(), TODAY, after)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=st.text(max_size=60) | st.sampled_from(['"', "a OR", "NEAR(", "*", "a:b", "' OR 1=1 --", "扣 AND", "\x00", "^", "&", "!a", "扣*"]))
def test_no_box_is_a_fault(book: Book, q: str) -> None:
    book.finder.page(Query(q=q), TODAY)


@pytest.mark.parametrize("wrong", [{"state": "raised"}, {"due": "61"}, {"due": "-1"}, {"order": "1"}, {"q": "x" * 101}])
def test_what_cannot_be_asked_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Query.model_validate(wrong)


def test_numbers_of_persons_are_not_in_the_index() -> None:
    said = indexed({"description": "请打 13812345678"}, ["一三八一二三四五六七八", "my number is 13812345678"])
    assert "1381" not in said and "12345" not in said and "siwu" not in said, "only what screens show of it"


LISTS = [
    {}, {"state": "open"}, {"state": "answered"}, {"state": "in_progress"}, {"due": "any"}, {"due": "overdue"}, {"due": "7"}, {"category": "slow_network"},
    {"channel": "app"}, {"department": "network"}, {"q": "202611230007"}, {"q": "20261101"}, {"q": "13800000007"}, {"q": "扣了五十"}, {"q": "慢"}, {"mine": "yes"}, {"mine": "yes", "state": "answered"}, {"mine": "yes", "due": "any"}, {"mine": "yes", "q": "扣了五十"},
    {"q": "扣了五十", "state": "answered"}, {"category": "slow_network", "state": "answered"}, {"due": "overdue", "category": "slow_network"},
]  # fmt: skip
MANY = 20_000


def many(records: Records) -> None:
    """A book of complaints as large as a planner needs to take an index seriously; made in the database, in a second."""
    given = {"form": json.dumps({"fields": {}, "description": "x"}), "now": NOON, "many": MANY}
    with records.writing() as connection:
        pg = connection.dialect.name == "postgresql"
        series = "SELECT generate_series(1, :many) AS n" if pg else "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :many) SELECT n FROM s"
        cast = "CAST(:form AS json)" if pg else ":form"
        pick = "substr('filed       answered    in_progress closed      closed      closed      ', (n % 6) * 12 + 1, 12)"
        connection.execute(
            text(
                "INSERT INTO complaints (number, call_id, state, form, created_at, filed_at, level, phone, caller, channel, category, region, department, worked_by, due_on) "
                f"SELECT CAST(20261101 + n % 23 AS varchar) || substr(CAST(10000 + n AS varchar), 2, 4) || CAST(n / 10000 AS varchar), 'm-' || CAST(n AS varchar), trim({pick}), {cast}, "
                ":now - n * 60, :now - n * 60, 0, '138' || substr(CAST(100000000 + n AS varchar), 2, 8), NULL, "
                "CASE n % 5 WHEN 0 THEN 'app' ELSE 'phone' END, CASE n % 7 WHEN 0 THEN 'slow_network' ELSE 'billing_anomaly' END, '', "
                "CASE n % 50 WHEN 0 THEN 'network' ELSE '' END, CASE n % 6 WHEN 0 THEN '' ELSE 'agent' || CAST(n % 40 AS varchar) END, "
                "CASE WHEN n % 6 IN (0, 2) THEN '2026-' || (CASE n % 2 WHEN 0 THEN '11' ELSE '12' END) || '-' || substr(CAST(110 + n % 20 AS varchar), 2, 2) END "
                f"FROM ({series}) AS made"
            ),
            given,
        )
        connection.execute(
            text(
                f"INSERT INTO complaint_words ({'id' if pg else 'rowid'}, tokens) SELECT id, CASE id % 40 WHEN 0 THEN 'koule lewu wushi man' ELSE 'wangluo' END FROM complaints"
            )
        )
    with records.reading() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def test_every_list_and_search_uses_an_index(book: Book) -> None:
    many(book.records)
    for asked in LISTS:
        query = Query(**asked)
        first = book.finder.page(query, TODAY, "", 20, "agent7")
        for after in {"", first.next}:
            with book.records.reading() as connection:
                sql, values = statement(query, TODAY, after, 51, "agent7")
                if connection.dialect.name == "postgresql":
                    plan = [row[0] for row in execute(connection, f"EXPLAIN {sql}", values)]
                    assert not any("Seq Scan" in line for line in plan), (asked, plan)
                else:
                    plan = [row[3] for row in execute(connection, f"EXPLAIN QUERY PLAN {sql}", values)]
                    assert not any(line.startswith(("SCAN c", "SCAN complaints")) and "USING INDEX" not in line for line in plan), (asked, plan)
