"""A whole call on real parts: carrier, signed webhooks, audio stream, Vosk, form, database, browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hotline.placing import place
from hotline.records import Event, Records
from hotline.running import RunningLine
from tests.lines import SPEECH, KillableLine, line_in
from tests.signed_in import enter, session_at, user_of

CALLER = "+8613700001111"
OUTAGE_PARTS = {"problem": "1-problem", "phone": "2-phone", "resolution": "3-resolution"}
OUTAGE = [f"{step}={SPEECH}/d03-{part}.wav" for step, part in OUTAGE_PARTS.items()]
READ_BACK = ["confirm=2", "confirm=1", "confirm=1"]  # not the number that calls; what was heard is right
OUTAGE += READ_BACK
WRONG_CHARGE = [str(SPEECH / name) for name in ("d07-1-problem.wav", "d07-2-phone.wav", "d07-3-evidence.wav")] + READ_BACK


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLine]:
    with line_in(tmp_path_factory.mktemp("line")) as line:
        yield line


@pytest.fixture
def records(line: RunningLine) -> Iterator[Records]:
    records = Records(line.database_url)
    yield records
    records.close()


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def awaited(records: Records, kind: str, seconds: float = 60.0) -> Event:
    """The first event of this kind, waited for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for event in records.after(0, 100_000):
            if event.kind == kind:
                return event
        threading.Event().wait(0.05)  # another process writes the log; its growth can only be asked for
    raise AssertionError(f"no {kind} within {seconds} s")


@pytest.fixture(scope="module")
def results(line: RunningLine) -> tuple[dict, dict]:
    """What two callers at once were told: one charged wrongly, one without network."""
    with ThreadPoolExecutor(2) as pool:
        charged, cut_off = pool.map(lambda script: place(line, script, CALLER, quiet=True), [WRONG_CHARGE, OUTAGE])
    return charged, cut_off


def test_a_recorded_caller_gets_a_complaint_number_and_the_form_holds_what_was_said(results: tuple[dict, dict], records: Records) -> None:
    result, _ = results
    fields = {name: field["value"] for name, field in result["fields"].items()}
    assert result["state"] == "filed"
    assert fields["phone"] == "15812340099"
    assert fields["category"] == "wrong_charge"
    assert fields["amount"] == 120
    assert set(fields["evidence"]) == {"sms", "bill"}
    complaint = records.complaint(result["complaint_number"])
    assert complaint.form["fields"]["phone"]["value"] == "15812340099"
    assert kinds(records.events(result["call"]))[-1] == "call_ended"


def test_the_number_is_read_out_and_sent_by_sms(line: RunningLine, results: tuple[dict, dict], records: Records) -> None:
    _, result = results
    digits = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
    spoken = "".join(digits[digit] for digit in result["complaint_number"])
    said = "".join(event.data["text"] for event in records.events(result["call"]) if event.kind == "prompt")
    assert spoken in "".join(character for character in said if character in digits.values())
    user_of(line.database_url)
    assert result["complaint_number"] in session_at(line.url).get(f"{line.url}/outbox", timeout=5).text


def test_two_callers_at_once_are_kept_apart(results: tuple[dict, dict]) -> None:
    first, second = results
    assert first["fields"]["phone"]["value"] == "15812340099"
    assert second["fields"]["phone"]["value"] == "15088667721"
    assert first["complaint_number"] != second["complaint_number"]


def test_hanging_up_in_the_middle_leaves_a_draft_that_can_be_found(line: RunningLine, records: Records) -> None:
    result = place(line, OUTAGE, CALLER, quiet=True, hang_up_after=1)
    assert (result["state"], result["complaint_number"]) == ("draft", None)
    assert result["fields"]["category"]["value"] == "service_outage"
    assert result["call"] in [draft.call_id for draft in records.newest("draft")]
    user_of(line.database_url)
    listed = session_at(line.url).get(f"{line.url}/desk/complaints", timeout=5).json()["drafts"]
    assert result["call"] in [draft["call"] for draft in listed]


@pytest.mark.browser
def test_the_desk_shows_the_form_filling_while_the_recording_plays(
    line: RunningLine, records: Records, page: Page
) -> None:
    user_of(line.database_url)
    enter(page, line.url)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(place, line, WRONG_CHARGE, CALLER, quiet=True)
        expect(page.get_by_text("¥120").first).to_be_visible(timeout=60_000)
        assert not call.done()
        expect(page.get_by_text("158****0099").first).to_be_visible(timeout=60_000)
        assert not call.done()
        result = call.result()
    expect(page.get_by_text(result["complaint_number"]).first).to_be_visible()
    assert "15812340099" not in page.content()


def test_kill_9_in_mid_call_loses_no_final_utterance_and_no_field(tmp_path: Path) -> None:
    house = KillableLine(tmp_path)
    try:
        line = house.start()
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(place, line, WRONG_CHARGE, CALLER, quiet=True)
            records = Records(line.database_url)
            field = awaited(records, "field_heard")
            house.kill()
            left = records.events(field.call_id)
            assert "utterance" in kinds(left)
            assert records.calls_in_progress() == [field.call_id]
            house.start()
            result = call.result()
        kept = records.events(field.call_id)
        records.close()
    finally:
        house.close()
    assert kept[: len(left)] == left
    heard = {event.data["field"]: event.data["value"] for event in left if event.kind == "field_heard"}
    assert result["state"] in ("draft", "filed")
    assert {name: result["fields"][name]["value"] for name in heard} == heard
