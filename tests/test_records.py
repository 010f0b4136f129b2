"""The records keep what they are given, in order, once, on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import ValidationError
from sqlalchemy import create_engine
from sqlalchemy.exc import StatementError

from hotline.database import migrate
from hotline.records import Records
from hotline.repeats import Repeats
from hotline.tables import Base

NOON_IN_SHANGHAI = 1795406400.0  # 2026-11-23 12:00 +08:00


@pytest.fixture
def records(database_url: str) -> Iterator[Records]:
    records = Records(database_url, now=lambda: NOON_IN_SHANGHAI)
    yield records
    records.close()


def started(caller: str = "+8613800138000") -> tuple[str, dict]:
    return "call_started", {"from": caller, "to": "10086"}


def test_events_of_a_call_are_numbered_from_one_in_order(records: Records) -> None:
    records.append("CA1", started(), ("intent", {"intent": "complain"}))
    records.append("CA2", started())
    records.append("CA1", ("call_ended", {"status": "completed"}))
    assert [(e.seq, e.kind) for e in records.events("CA1")] == [(1, "call_started"), (2, "intent"), (3, "call_ended")]


def test_a_reader_that_remembers_its_last_id_misses_nothing_while_many_write(records: Records) -> None:
    calls = [f"CA{n}" for n in range(8)]

    def write(call_id: str) -> None:
        for _ in range(15):
            records.append(call_id, ("intent", {"intent": "complain"}), ("draft_saved", {}))

    seen: list[int] = []
    with ThreadPoolExecutor(len(calls)) as pool:
        writers = [pool.submit(write, call_id) for call_id in calls]
        while not all(writer.done() for writer in writers) or records.last_id() > (seen[-1] if seen else 0):
            seen += [event.id for event in records.after(seen[-1] if seen else 0)]
        for writer in writers:
            writer.result()
    assert len(seen) == len(set(seen)) == len(calls) * 15 * 2


def test_a_batch_with_one_bad_event_is_refused_whole(records: Records) -> None:
    with pytest.raises(ValidationError):
        records.append("CA1", started(), ("intent", {"nonsense": 1}))
    with pytest.raises(KeyError):
        records.append("CA1", started(), ("nonsense", {}))
    assert records.events("CA1") == []


def test_complaint_number_is_the_day_in_the_operators_zone_and_a_serial(records: Records) -> None:
    assert records.file_complaint("CA1", {}) == "202611230001"
    assert records.file_complaint("CA2", {}) == "202611230002"


def test_a_new_day_begins_at_midnight_of_the_operator_and_starts_a_new_serial(database_url: str) -> None:
    clock = [1795449599.0]  # 2026-11-23 23:59:59 +08:00, still afternoon in UTC
    records = Records(database_url, now=lambda: clock[0])
    first = records.file_complaint("CA1", {})
    clock[0] += 1
    second = records.file_complaint("CA2", {})
    records.close()
    assert (first, second) == ("202611230001", "202611240001")


def test_numbers_are_unique_when_filed_at_once(records: Records) -> None:
    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda n: records.file_complaint(f"CA{n}", {}), range(80)))
    assert sorted(numbers) == [f"20261123{n:04d}" for n in range(1, 81)]


def test_serials_grow_past_four_digits(database_url: str) -> None:
    records = Records(database_url, now=lambda: NOON_IN_SHANGHAI)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO complaint_serials VALUES ('20261123', 9999)")
    engine.dispose()
    number = records.file_complaint("CA1", {})
    records.close()
    assert number == "2026112310000"


def test_filing_the_same_call_again_gives_the_same_number(records: Records) -> None:
    assert records.file_complaint("CA1", {"intent": "complain"}) == records.file_complaint("CA1", {})
    assert [e.kind for e in records.events("CA1")] == ["complaint_filed"]


def test_a_draft_can_be_found_and_becomes_the_filed_complaint(records: Records) -> None:
    records.save_draft("CA1", {"intent": "complain"})
    assert [draft.call_id for draft in records.newest("draft")] == ["CA1"]
    number = records.file_complaint("CA1", {"intent": "complain", "fields": {}})
    assert records.newest("draft") == []
    assert records.complaint(number).form == {"intent": "complain", "fields": {}}


def test_the_newest_filed_complaints_come_first(records: Records) -> None:
    numbers = [records.file_complaint(f"CA{n}", {}) for n in range(3)]
    assert [complaint.number for complaint in records.newest("filed", 2)] == numbers[:0:-1]


def test_a_draft_never_overwrites_a_filed_complaint(records: Records) -> None:
    number = records.file_complaint("CA1", {"kept": True})
    records.save_draft("CA1", {"kept": False})
    assert records.complaint(number).form == {"kept": True}
    assert records.complaint(number).state == "filed"


def test_calls_in_progress_are_those_without_an_end(records: Records) -> None:
    records.append("CA1", started())
    records.append("CA2", started())
    records.append("CA1", ("call_ended", {"status": "completed"}))
    assert records.calls_in_progress() == ["CA2"]


def test_the_first_reply_to_a_token_stays(records: Records) -> None:
    repeats = Repeats(records)
    assert repeats.answer("t") is None
    repeats.keep("t", "<Response/>")
    repeats.keep("t", "other")
    assert repeats.answer("t") == "<Response/>"


def test_listeners_are_told_after_the_commit(database_url: str) -> None:
    seen = []
    records = Records(database_url, grew=lambda: seen.append(records.last_id()))
    records.append("CA1", started())
    records.close()
    assert seen == [1]


def test_a_database_error_does_not_tell_the_callers_number(records: Records) -> None:
    with pytest.raises((StatementError, TypeError)) as caught:
        records.file_complaint("CA1", {"phone": "13800138000", "unserialisable": object()})
    assert "13800138000" not in str(caught.value)


def test_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    migrate(database_url)  # a second time changes nothing
    engine = create_engine(database_url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert not [d for d in differences if not re.search("sqlite_sequence|articles|complaint_words", str(d))]
