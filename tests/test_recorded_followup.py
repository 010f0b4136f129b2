"""Recorded callers who follow a complaint up or want a person: where their calls end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from audio import models
from hotline.placing import place
from hotline.records import Records
from hotline.running import RunningLine
from tests.lines import SPEECH, line_in

OWN = "+8613800138000"
FORM = {"intent": "complain", "fields": {"phone": {"value": "13800138000", "state": "confirmed", "source": None}}}


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLine]:
    with line_in(tmp_path_factory.mktemp("line")) as line:
        yield line


@pytest.fixture
def records(line: RunningLine) -> Iterator[Records]:
    records = Records(line.database_url)
    yield records
    records.close()


def filed(line: RunningLine, day: datetime, count: int) -> str:
    """The number of the last of so many complaints filed on a day."""
    records = Records(line.database_url, now=day.timestamp)
    number = [records.file_complaint(f"CA{day:%Y%m%d}{place:022}", FORM) for place in range(count)][-1]
    records.close()
    return number


def heard(records: Records, call: str) -> str:
    """What the caller was told, as one text."""
    return "".join(event.data["text"] for event in records.events(call) if event.kind == "prompt")


def answers(name: str, *steps: str) -> list[str]:
    """A recorded caller's answers by question."""
    return [f"{step}={SPEECH}/{name}-{number}-{step}.wav" for number, step in enumerate(steps, start=1)]


def test_d08_hears_how_far_the_complaint_is(line: RunningLine, records: Records) -> None:
    assert filed(line, datetime(2026, 11, 22, 4, tzinfo=UTC), 1) == "202611220001"
    result = place(line, answers("d08", "problem", "number"), OWN, quiet=True)
    assert "已经受理" in heard(records, result["call"])
    assert result["complaint_number"] is None, "nothing new is filed"


def test_d12_past_the_deadline_hears_of_the_regulator(line: RunningLine, records: Records) -> None:
    assert filed(line, datetime(2026, 10, 30, 4, tzinfo=UTC), 17) == "202610300017"
    result = place(line, answers("d12", "problem", "number"), OWN, quiet=True)
    told = heard(records, result["call"])
    if datetime.now(UTC) > datetime(2026, 11, 15, tzinfo=UTC):
        assert "12300" in told
    else:
        assert records.complaint("202610300017").level == 1


def test_d13_is_put_through_at_once(line: RunningLine, records: Records) -> None:
    result = place(line, answers("d13", "problem"), OWN, quiet=True, hang_up_after=1)
    kinds = [event.kind for event in records.events(result["call"])]
    assert "queued" in kinds or result["intent"] == "agent"


def test_e06_hears_it_in_english(line: RunningLine, records: Records) -> None:
    try:
        models.find("en")
    except models.ModelError as error:
        pytest.skip(str(error).splitlines()[0])
    filed(line, datetime(2026, 11, 22, 4, tzinfo=UTC), 1)
    result = place(line, ["language=2", *answers("e06", "problem", "number")], OWN, quiet=True)
    assert "accepted and is being handled" in heard(records, result["call"])
