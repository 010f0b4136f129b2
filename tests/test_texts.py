"""Text messages outlive the process that wrote them, are sent once, tried again, and given up when their time is over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path

import pytest
from sqlalchemy import func, select

from complaints.texts import FIRST_S, KEPT_S, Texts
from hotline.records import Complaint, Records
from hotline.tables import TextRow
from tests.callers import PHONE, STORY, AtOnce, Pages, pages_in

DAY = 86_400.0


class Dead(Executor):
    """The process dies before its background work."""

    def submit(self, fn, /, *args, **kwargs) -> Future:  # noqa: D102
        return Future()


class Office:
    """Records, a clock, and a carrier that can be away."""

    def __init__(self, url: str) -> None:
        self.clock = [1_795_406_400.0]
        self.records = Records(url, now=lambda: self.clock[0])
        self.sent: list[tuple[str, str, Mapping[str, str]]] = []
        self.away = False
        self.meanwhile = lambda: None

    def process(self, background: Executor | None = None) -> Texts:
        return Texts(self.records, send=self.sms, background=background or AtOnce(), now=lambda: self.clock[0])

    def sms(self, to: str, prompt: str, lang: str, values: Mapping[str, str]) -> str:
        self.meanwhile()
        if self.away:
            raise ConnectionError(f"{to} was not reached")
        self.sent.append((to, prompt, values))
        return f"投诉{values.get('number', '')} 电话{to}"

    def filed(self, texts: Texts, source: str = "web-1") -> str:
        def tell(connection, found: Complaint) -> None:
            texts.put(connection, PHONE, "sms_filed", "zh", {"number": found.number or "", "due": "2026-12-08"}, log_of=source)

        number = self.records.file_complaint(source, {"fields": {"phone": {"value": PHONE}}}, tell)
        texts.go()
        return number

    def waiting(self) -> int:
        with self.records.reading() as connection:
            return connection.scalar(select(func.count()).select_from(TextRow))

    def kinds(self, source: str = "web-1") -> list[str]:
        return [event.kind for event in self.records.events(source)]


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    found = Office(database_url)
    yield found
    found.records.close()


def test_sent_at_once_on_record_and_kept_no_longer(office: Office) -> None:
    texts = office.process()
    number = office.filed(texts)
    assert [(to, values["number"]) for to, _, values in office.sent] == [(PHONE, number)]
    assert office.waiting() == 0 and office.kinds() == ["complaint_filed", "text_sent"]
    assert PHONE not in str([event.data for event in office.records.events("web-1")])
    office.filed(texts)
    office.clock[0] += DAY
    assert texts.look() == 0 and len(office.sent) == 1, "filed twice is told once"


def test_what_a_dead_process_wrote_is_sent_by_another_once(office: Office) -> None:
    for n in range(4):
        office.filed(office.process(Dead()), f"web-{n}")
    assert office.sent == [] and office.process().look() == 0, "it may still be at it"
    office.clock[0] += FIRST_S
    together = threading.Barrier(3)

    def look(texts: Texts) -> None:
        together.wait()
        texts.look()

    threads = [threading.Thread(target=look, args=(office.process(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(values["number"][-1] for _, _, values in office.sent) == ["1", "2", "3", "4"] and office.waiting() == 0


def test_what_was_not_committed_is_not_sent(office: Office) -> None:
    texts = office.process()
    with pytest.raises(RuntimeError), office.records.writing() as connection:
        texts.put(connection, PHONE, "sms_filed", "zh", {})
        raise RuntimeError
    texts.go()
    assert office.sent == [] and office.waiting() == 0


def test_a_refusal_is_tried_again_later_and_later_and_given_up_after_a_day(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.away = True
    texts = office.process()
    began, tries = office.clock[0], []
    office.meanwhile = lambda: tries.append(office.clock[0] - began)
    with caplog.at_level(logging.DEBUG):
        number = office.filed(texts)
        while office.waiting():
            with office.records.reading() as connection:
                office.clock[0] = connection.scalar(select(TextRow.next_at))
            texts.look()
    gaps = [after - before for before, after in zip(tries, tries[1:])]
    assert gaps == sorted(gaps) and gaps[0] == FIRST_S and gaps[-1] == 3600 and len(gaps) > 20 and tries[-1] < KEPT_S
    (event,) = [event for event in office.records.events("web-1") if event.kind == "text_given_up"]
    assert event.data == {"number": number, "prompt": "sms_filed"} and KEPT_S <= event.at - began < KEPT_S + 3605
    assert PHONE not in caplog.text


def test_after_a_while_away_the_carrier_gets_it_once(office: Office) -> None:
    office.away = True
    texts = office.process()
    office.filed(texts)
    office.away = False
    office.clock[0] += FIRST_S
    assert (texts.look(), texts.look(), len(office.sent)) == (1, 0, 1)


def test_what_is_erased_while_it_is_sent_leaves_no_words(office: Office) -> None:
    def erased() -> None:
        with office.records.writing() as connection:
            connection.execute(TextRow.__table__.delete())

    office.meanwhile = erased
    office.filed(office.process())
    assert office.kinds() == ["complaint_filed"]


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path) as found:
        yield found


def test_a_code_that_is_out_of_date_is_not_sent_again(pages: Pages) -> None:
    client = pages.client()
    pages.away = True
    client.post("/complain", data=STORY | {"do": "send"})
    pages.away = False
    pages.clock[0] += 9 * 60
    pages.reception.texts.look()
    assert [prompt for _, prompt, _ in pages.sent] == ["sms_code"]
    pages.away = True
    client.post("/complain/confirm", data={"do": "again"})
    pages.away = False
    pages.clock[0] += 11 * 60
    assert pages.reception.texts.look() == 0 and len(pages.sent) == 1
    with pages.records.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(TextRow)) == 0, "nor kept"


def test_an_answer_reaches_its_caller_though_the_carrier_was_away(pages: Pages) -> None:
    number = pages.filed(pages.client())
    pages.away = True
    pages.reception.act(number, "answer", by="wang", words={"zh": "五十元已退。"})
    pages.away = False
    pages.clock[0] += FIRST_S
    pages.reception.texts.look()
    to, prompt, values = pages.sent[-1]
    assert (to, prompt, values["answer"]) == (PHONE, "sms_answered", "五十元已退。")
