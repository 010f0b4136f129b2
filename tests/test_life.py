"""The life of a complaint: from any history only allowed changes, and the log replayed is the row."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import create_engine, text

from complaints.life import BY_AGENT, FROM, OVER, STATES, TO, WORKED_ON, Days, Life, NotNow, after, may, refusal
from hotline import records as migrations_place
from hotline.database import migrate
from hotline.language import rooms
from hotline.records import Records
from tests.ledgers import ledger_of

TODAY = date(2026, 11, 23)
DAYS = Days(TODAY, TODAY + timedelta(3), TODAY + timedelta(100))
LATE = Days(TODAY, TODAY - timedelta(1), TODAY + timedelta(100))
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("state", "action", "days", "why"),
    [
        ("filed", "accept", DAYS, "unanswered"),
        ("filed", "close", DAYS, "unanswered"),
        ("filed", "refer", DAYS, "not_due"),
        ("filed", "refer", LATE, None),
        ("filed", "escalate", LATE, "late"),
        ("answered", "escalate", LATE, None),
        ("answered", "refer", DAYS, None),
        ("answered", "answer", DAYS, "answered"),
        ("in_progress", "take_up", DAYS, "taken_up"),
        ("withdrawn", "answer", DAYS, "closed"),
        ("closed", "withdraw", DAYS, "closed"),
        ("closed", "refer", DAYS, None),
        ("closed", "refer", Days(TODAY, None, TODAY - timedelta(1)), "appeal_over"),
        ("regulator", "escalate", DAYS, "regulator"),
        ("regulator", "close", DAYS, None),
        ("draft", "answer", DAYS, "closed"),
        ("regulator", "uphold", DAYS, None),
        ("regulator", "return", LATE, None),
        ("answered", "reject", DAYS, "not_referred"),
        ("closed", "return", DAYS, "closed"),
    ],
)
def test_what_is_refused_and_why(state: str, action: str, days: Days, why: str | None) -> None:
    assert refusal(Life(state, 0, TODAY), action, days, ladder=2) == why


def test_the_ladder_ends_and_each_answer_begins_the_clock_anew() -> None:
    first = after(Life("filed", 0, TODAY - timedelta(10)), "escalate", DAYS, ladder=2)
    assert first == Life("escalated", 1, TODAY - timedelta(10))  # the answer that is owed keeps its day
    second = after(Life("answered", 1, TODAY - timedelta(10)), "escalate", DAYS, ladder=2)
    assert second == Life("escalated", 2, TODAY)
    assert refusal(second, "escalate", DAYS, ladder=2) == "top"


def test_what_the_regulator_returns_has_a_day_again_and_what_it_decided_is_decided() -> None:
    there = Life("regulator", 1, TODAY - timedelta(30))
    day = TODAY + timedelta(7)
    back = after(there, "return", DAYS, 2, day)
    assert back == Life("in_progress", 1, TODAY, day)
    assert after(there, "return", DAYS, 2) == Life("in_progress", 1, TODAY), "without a day the usual time runs from today"
    assert after(back, "escalate", DAYS, 2) == Life("escalated", 2, TODAY, day), "its day stays until it is answered"
    answered = after(back, "answer", DAYS, 2)
    assert answered.due is None and refusal(answered, "refer", DAYS, 2) is None, "a new answer can be appealed against"
    for wrong in (TODAY - timedelta(1), TODAY + timedelta(400)):
        with pytest.raises(NotNow, match="day"):
            after(there, "return", DAYS, 2, wrong)
    with pytest.raises(NotNow, match="day"):
        after(there, "uphold", DAYS, 2, day)
    for decision in ("uphold", "reject"):
        decided = after(there, decision, DAYS, 2)
        assert decided.state == "closed" and may(decided, DAYS, 2) == frozenset()
        assert refusal(decided, "refer", DAYS, 2) == "decided"


def test_every_refusal_has_words_in_both_languages_and_every_state_a_name() -> None:
    words = {key for room in rooms().values() for key in room}
    reasons = {
        refusal(Life(state, level, TODAY, decided=decided), action, days, 1)
        for state in STATES for action in FROM for days in (DAYS, LATE) for level in (0, 1) for decided in (False, True)
    } | {"day"}  # fmt: skip
    assert {f"not.{why}" for why in reasons if why} <= words
    assert {f"state.{state}" for state in STATES if state != "draft"} <= words
    assert {f"case.{state}" for state in STATES} <= words


class AnyHistory(RuleBasedStateMachine):
    """People and days do what they like; the ledger lets only the possible happen."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        url = f"sqlite:///{Path(self.folder.name) / 'h.db'}"
        migrate(url)
        self.now = datetime(2026, 2, 20, 9, tzinfo=ZONE)
        self.records = Records(url, now=lambda: self.now.timestamp())
        self.ledger = ledger_of(self.records, lambda: self.now)
        self.number = self.records.file_complaint("CA1", {"fields": {"category": {"value": "wrong_charge"}}})
        self.requests = 0

    def teardown(self) -> None:
        self.records.close()
        self.folder.cleanup()

    @initialize(done=st.sampled_from([(), ("answer",), ("answer", "refer"), ("answer", "refer")]))
    def it_begins_anywhere(self, done: tuple[str, ...]) -> None:
        for action in done:
            self.act(action, "wang", False)

    @rule(days=st.integers(0, 20))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days, hours=7)

    @rule(action=st.sampled_from(BY_AGENT), by=st.sampled_from(("caller", "wang", "clock")), twice=st.booleans())
    def somebody_acts(self, action: str, by: str, twice: bool) -> None:
        self.act(action, by, twice)

    @precondition(lambda self: "refer" in self.ledger.standing(self.records.complaint(self.number))[2])
    @rule()
    def it_goes_to_the_regulator(self) -> None:
        self.act("refer", "caller", False)

    @precondition(lambda self: self.records.complaint(self.number).state == "regulator")
    @rule(decision=st.sampled_from(("uphold", "reject")))
    def the_regulator_decides(self, decision: str) -> None:
        with pytest.raises(NotNow, match="day"):
            self.ledger.act(self.number, decision, by="wang", due=self.now.date())
        self.act(decision, "wang", True)

    @precondition(lambda self: self.records.complaint(self.number).state == "regulator")
    @rule(days=st.integers(0, 366) | st.sampled_from((-1, 367)))
    def the_regulator_returns_it_with_a_day(self, days: int) -> None:
        due = self.now.date() + timedelta(days)
        if not 0 <= days <= 366:
            with pytest.raises(NotNow, match="day"):
                self.ledger.act(self.number, "return", by="wang", due=due)
            return
        self.act("return", "wang", True, due)
        assert self.records.complaint(self.number).due_on == due.isoformat()

    def act(self, action: str, by: str, twice: bool, due: date | None = None) -> None:
        found = self.records.complaint(self.number)
        life, days, can = self.ledger.standing(found)
        self.requests += 1
        try:
            after_ = self.ledger.act(self.number, action, by=by, during=f"r{self.requests}", due=due)
        except NotNow as refused:
            assert action not in can
            assert refused.why
            assert self.records.complaint(self.number) == found
            return
        assert action in can and found.state in FROM[action]
        assert after_.state == TO[action]
        assert after_.level == found.level + (action == "escalate")
        if twice:
            assert self.ledger.act(self.number, action, by=by, during=f"r{self.requests}", due=due) == after_

    @precondition(lambda self: self.records.complaint(self.number).state in OVER)
    @rule()
    def what_is_over_stays_over_but_for_an_appeal(self) -> None:
        found = self.records.complaint(self.number)
        assert self.ledger.standing(found)[2] <= {"refer"}

    @invariant()
    def the_log_replayed_is_the_row(self) -> None:
        found = self.records.complaint(self.number)
        changes = self.ledger.changes(found)
        life = self.ledger.life(found, changes)
        assert (life.state, life.level) == (found.state, found.level)
        assert (found.due_on is not None) == (found.state in WORKED_ON)
        if found.due_on:
            assert found.due_on == (life.due or self.ledger.clocks.due(life.received)).isoformat()
        for before, now in zip([None, *changes], changes):
            assert now.data["from"] == (before.data["state"] if before else "filed")
        assert (found.closed_at is not None) == (found.state in OVER)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


def test_who_when_why_and_what_the_caller_is_told_stand_in_the_event(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'h.db'}"
    migrate(url)
    records = Records(url)
    ledger = ledger_of(records, lambda: datetime.now(ZONE))
    number = records.file_complaint("web-1", {})
    ledger.act(number, "answer", by="wang", why="查过账单 13800138000", words={"zh": "多收的50元已退。"})
    (event,) = ledger.changes(records.complaint(number))
    assert event.call_id == "web-1"
    assert event.data == {
        "number": number, "action": "answer", "from": "filed", "state": "answered", "level": 0, "by": "wang", "why": "查过账单 138****8000",
        "words": {"zh": "多收的50元已退。"}, "during": "",
    }  # fmt: skip
    assert may(Life("answered"), DAYS, 2) >= {"accept", "escalate", "refer", "withdraw", "close"}
    records.close()


def test_what_was_there_before_is_taken_over(database_url: str) -> None:
    """A raised complaint and a withdrawn one, as they stood before there was one kind of event for every change."""
    engine = create_engine(database_url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations_place.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0011")
        form = '{"fields": {"category": {"value": "wrong_charge"}, "location": {"value": "浙江省杭州市"}}}'
        for number, call, state, level in (("202611010001", "web-1", "raised", 1), ("202611010002", "CA2", "withdrawn", 0)):
            connection.execute(
                text("INSERT INTO complaints (number, call_id, state, form, created_at, filed_at, level, changed_at) VALUES (:n, :c, :s, :f, 1, 1793500000, :l, 1793600000)"),
                {"n": number, "c": call, "s": state, "l": level, "f": form},
            )
        for seq, (kind, data) in enumerate([("complaint_raised", '{"number": "202611010001", "level": 1}'), ("complaint_withdrawn", '{"number": "202611010002"}')], 1):
            connection.execute(text("INSERT INTO events (call_id, seq, at, kind, data) VALUES ('CA9', :q, 1793600000, :k, :d)"), {"q": seq, "k": kind, "d": data})
        command.upgrade(config, "head")
    engine.dispose()
    records = Records(database_url)
    ledger = ledger_of(records, lambda: datetime(2026, 11, 10, tzinfo=ZONE))
    first, second = records.complaint("202611010001"), records.complaint("202611010002")
    assert (first.state, first.level, ledger.life(first, ledger.changes(first)).state) == ("escalated", 1, "escalated")
    assert ledger.standing(second)[0].state == "withdrawn" and second.closed_at == 1793600000
    assert [event.kind for event in records.events("CA9")] == ["followed_up", "followed_up"]
    records.close()
