"""Kept no longer than allowed, and gone when its owner wants it: down to the bytes of the database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from audio.recording import Recordings
from complaints.texts import Texts
from hotline.events import PAYLOADS, checked
from hotline.personal import KINDS, blanked
from hotline.records import Records
from hotline.repeats import Repeats
from hotline.retention import Retention, SubjectError
from hotline.settings import PrivacySettings
from ivr.call import restored
from ivr.state import State
from tests.house import house_in
from tests.signed_in import client_of

DAY = 86_400.0
NUMBER, NAME, STORY = "13812345678", "欧阳青青", "我家楼下的基站坏了半个月"


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def kept(database_url: str, tmp_path: Path) -> Iterator[tuple[Retention, Records, Recordings, Clock]]:
    clock = Clock()
    records = Records(database_url, now=clock)
    recordings = Recordings(tmp_path / "recordings")
    yield Retention(records, recordings, PrivacySettings(), key=b"k", now=clock), records, recordings, clock
    records.close()


def call(
    records: Records, recordings: Recordings, name: str, number: str = NUMBER, who: str = NAME, story: str = STORY
) -> str:
    """A whole call, filed; its complaint number."""
    state = State(turn=3, step="confirm", own=number, offered=number).to_json()
    records.append(
        name,
        ("call_started", {"from": f"+86{number}", "to": "10086"}), ("stream_started", {"stream": "MZ"}),
        ("prompt", {"text": f"是{number}吗", "lang": "zh", "step": "confirm"}), ("moved", {"state": state}),
        ("utterance", {"text": story, "start": 0.0, "end": 2.0, "digits": [number]}),
        ("field_heard", {"field": "phone", "value": number, "state": "heard", "source": {"raw": number}}),
        ("field_heard", {"field": "name", "value": who, "state": "heard", "source": None}),
        ("field_heard", {"field": "category", "value": "service_outage", "state": "heard", "source": None}),
        ("description", {"text": story}),
        ("queued", {"queue": "network", "position": 1}),
        ("agent_answered", {"agent": "li", "waited_s": 4.0}),
    )  # fmt: skip
    fields = {
        "phone": {"value": number, "state": "heard", "source": None}, "name": {"value": who, "state": "heard", "source": None},
        "category": {"value": "service_outage", "state": "heard", "source": None},
    }  # fmt: skip
    filed = records.file_complaint(name, {"intent": "complain", "fields": fields, "description": story})
    records.append(name, ("call_ended", {"status": "completed"}))
    Repeats(records).keep(f"token {name}", f"<Say>{number}</Say>")
    recordings.begin(name, 1).write(np.zeros(800, np.int16))
    recordings.end(name, 1)
    return filed


def waiting(records: Records, clock: Clock, number: str, call: str = "", until: float | None = None) -> None:
    """A text message that was not sent."""
    texts = Texts(records, send=lambda *_: None, background=None, now=clock)  # type: ignore[arg-type]
    with records.writing() as connection:
        texts.put(connection, number, "sms_answered", "zh", {"answer": STORY}, log_of=call, until=until)


def everything(records: Records, folder: Path) -> str:
    """All that a database file or a dump of the tables holds."""
    with records.reading() as connection:
        if connection.dialect.name == "postgresql":
            names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
            return "".join(str(connection.execute(text(f'SELECT t::text FROM "{name}" t')).scalars().all()) for name in names)
    found = b"".join(path.read_bytes() for path in folder.glob("hotline.db*"))
    return found.decode("utf-8", "replace")


def holds(everything: str, word: str) -> bool:
    """Written out or as JSON writes it, however often it was escaped."""
    plain = everything.replace("\\", "")
    return word in plain or json.dumps(word)[1:-1].replace("\\", "") in plain


def test_after_an_erasure_no_byte_of_it_is_left(
    kept: tuple[Retention, Records, Recordings, Clock], tmp_path: Path
) -> None:
    retention, records, recordings, clock = kept
    filed = call(records, recordings, "CA1")
    call(records, recordings, "CA2", "13900001111", "司马白", "别的事情")
    waiting(records, clock, f"+86{NUMBER}")
    waiting(records, clock, "13700000000", "CA1")
    assert all(holds(everything(records, tmp_path), word) for word in (NUMBER, NAME, STORY))
    with pytest.raises(SubjectError, match=filed):
        retention.erase(NUMBER, "chen", "the caller asked")
    report = retention.erase(f"+86 {NUMBER}", "chen", "the caller asked", force=True)
    assert report["calls"] == report["complaints"] == 1 and report["recording_bytes"] == 800 and report["events"] > 5 and report["texts"] == 2
    after = everything(records, tmp_path)
    assert not [word for word in (NUMBER, NAME, STORY) if holds(after, word)]
    assert holds(after, "司马白"), "nobody else's"
    assert [event.kind for event in records.events("CA1")].count("agent_answered") == 1, "the rows stay for planning"
    assert records.complaint(filed).form["fields"]["category"]["value"] == "service_outage"
    assert recordings.streams("CA1") == [] and recordings.streams("CA2") == [1]
    (entry,) = retention.entries()
    assert (entry["what"], entry["who"], entry["shown"]) == ("erase", "chen", "138****5678") and len(entry["subject"]) == 64
    with pytest.raises(SubjectError, match="nothing is kept"):
        retention.erase(NUMBER, "chen", "again")


def test_what_is_over_its_time_goes_and_what_is_not_stays(
    kept: tuple[Retention, Records, Recordings, Clock], tmp_path: Path
) -> None:
    retention, records, recordings, clock = kept
    old = call(records, recordings, "CA1")
    records.append("CA9", ("call_started", {"from": f"+86{NUMBER}", "to": "10086"}))
    records.save_draft("CA9", {"fields": {"name": {"value": NAME}}})
    os.utime(tmp_path / "recordings" / "CA1" / "1.ulaw", (clock.now, clock.now))
    clock.now += 31 * DAY
    new = call(records, recordings, "CA2")
    os.utime(tmp_path / "recordings" / "CA2" / "1.ulaw", (clock.now, clock.now))
    assert retention.run(dry=True)["recordings"] == 1 and recordings.streams("CA1") == [1]
    waiting(records, clock, NUMBER, until=clock.now - 1)
    waiting(records, clock, NUMBER)
    report = retention.run()
    assert report["texts"] == 1, "what can still be sent stays"
    assert (report["recordings"], report["drafts"], report["events"], report["complaints"]) == (1, 1, 0, 0)
    assert recordings.streams("CA1") == [] and recordings.streams("CA2") == [1]
    clock.now += 160 * DAY
    assert retention.run()["events"] > 5
    assert STORY not in str([event.data for event in records.events("CA1")])
    assert STORY in str([event.data for event in records.events("CA2")])
    assert f"+86{NUMBER}" in str(records.events("CA9")[0].data), "a call that goes on is left alone"
    assert records.complaint(old).form["fields"]["name"]["value"] == NAME
    clock.now += 1000 * DAY
    retention.run()
    assert records.complaint(old).form["fields"]["name"]["value"] is None
    assert records.complaint(new).form["fields"]["name"]["value"] is None
    assert retention.run() | {"recordings": 0, "recording_bytes": 0} == dict.fromkeys(report, 0), "a second run finds nothing"


def test_a_blanked_event_has_its_shape_and_a_call_can_be_restored_from_it(
    kept: tuple[Retention, Records, Recordings, Clock],
) -> None:
    _, records, recordings, _ = kept
    call(records, recordings, "CA1")
    for event in records.events("CA1"):
        checked(event.kind, blanked(event.kind, event.data))
    assert KINDS <= set(PAYLOADS)
    for event in (events := records.events("CA1")):
        event.data.update(blanked(event.kind, event.data))
    assert restored("CA1", events).ended


def test_an_export_holds_everything_and_is_on_record(kept: tuple[Retention, Records, Recordings, Clock]) -> None:
    retention, records, recordings, _ = kept
    filed = call(records, recordings, "CA1")
    call(records, recordings, "CA2", "13900001111")
    found = retention.export(NUMBER, "chen")
    assert list(found["calls"]) == ["CA1"] and found["recordings"] == {"CA1": [1]}
    assert [one["number"] for one in found["complaints"]] == [filed]
    assert STORY in json.dumps(found, ensure_ascii=False, default=str)
    assert retention.entries()[0]["what"] == "export"
    for bad in ("", "138", "everything", "1' OR 1=1"):
        with pytest.raises(SubjectError):
            retention.export(bad, "chen")


def test_the_page_takes_numbers_by_post_and_only_from_supervisors(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.app.config["WTF_CSRF_ENABLED"] = False
        recordings = Recordings(tmp_path / "recordings")
        call(house.records, recordings, "CA1")
        chen = client_of(house.app, house.users, "chen", "supervisor")
        assert NAME in chen.post("/privacy/export", data={"number": NUMBER}).text
        assert chen.post("/privacy/erase", data={"number": NUMBER, "why": ""}).status_code == 422
        assert chen.post("/privacy/erase", data={"number": NUMBER, "why": "asked"}).status_code == 422, "still open"
        done = chen.post("/privacy/erase", data={"number": NUMBER, "why": "asked", "force": "yes"})
        assert done.status_code == 200 and NUMBER not in done.text and "138****5678" in done.text
        assert client_of(house.app, house.users, "wang", "agent").get("/privacy").status_code == 403
