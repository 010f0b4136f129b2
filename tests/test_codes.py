"""Codes by SMS: right ones open what they were asked for, wrong ones tell nothing, and nobody is flooded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from complaints.codes import FILE, FOLLOW, CodeError, Codes
from complaints.limits import WebSettings
from hotline.database import migrate
from hotline.records import Records

PHONE, OTHER, HERE = "13800138000", "13900139000", "203.0.113.9"
NUMBER = "202611230001"


class Watch:
    """A clock that a test turns."""

    at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    records = Records(url)
    yield records
    records.close()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def codes(records: Records, watch: Watch) -> Codes:
    return Codes(records, b"secret", WebSettings(), now=watch)


def refused(call: object, *args: object) -> str:
    with pytest.raises(CodeError) as error:
        call(*args)  # type: ignore[operator]
    return error.value.reason


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_right_code_opens_its_draft_once_and_for_a_while(codes: Codes, watch: Watch) -> None:
    asked = codes.to_file("draft:a", PHONE, HERE)
    assert len(asked.code) == 6 and asked.send
    assert codes.opened(asked.token, FILE) is None
    assert codes.answer(asked.token, FILE, f" {asked.code[:3]} {asked.code[3:]} ") == "draft:a"
    assert codes.opened(asked.token, FILE) == "draft:a"
    assert refused(codes.answer, asked.token, FILE, asked.code) == "over"
    watch.at += 31 * 60
    assert codes.opened(asked.token, FILE) is None


def test_five_wrong_tries_or_ten_minutes_end_a_code(codes: Codes, watch: Watch) -> None:
    asked = codes.to_file("draft:a", PHONE, HERE)
    said = [refused(codes.answer, asked.token, FILE, other_than(asked.code)) for _ in range(5)]
    assert said == ["wrong"] * 4 + ["over"]
    assert refused(codes.answer, asked.token, FILE, asked.code) == "over"
    watch.at += 61
    again = codes.to_file("draft:a", PHONE, HERE)
    watch.at += 601
    assert refused(codes.answer, again.token, FILE, again.code) == "over"


def test_a_code_opens_nothing_else(codes: Codes) -> None:
    asked = codes.to_file("draft:a", PHONE, HERE)
    other = codes.to_file("draft:b", OTHER, HERE)
    assert refused(codes.answer, asked.token, FOLLOW, asked.code) == "over"
    if asked.code != other.code:
        assert refused(codes.answer, asked.token, FILE, other.code) == "wrong"
    assert refused(codes.answer, "made up", FILE, asked.code) == "over"


def test_a_code_counts_for_the_phone_that_it_was_sent_to(codes: Codes) -> None:
    asked = codes.to_file("draft:a", PHONE, HERE)
    with pytest.raises(CodeError, match="over"):
        codes.answer(asked.token, FILE, asked.code, OTHER)
    assert codes.answer(asked.token, FILE, asked.code, PHONE) == "draft:a"


def test_one_phone_and_one_address_get_only_so_many(codes: Codes, watch: Watch) -> None:
    codes.to_file("draft:a", PHONE, HERE)
    assert refused(codes.to_file, "draft:a", PHONE, "198.51.100.1") == "too_soon"
    for place in range(5):
        watch.at += 61
        codes.to_file("draft:a", PHONE, f"198.51.100.{place}")
    watch.at += 61
    assert refused(codes.to_file, "draft:a", PHONE, HERE) == "too_often"
    for phone in range(19):
        codes.to_file("draft:a", f"1380013{phone:04}", HERE)
    assert refused(codes.to_file, "draft:a", OTHER, HERE) == "too_often"


def test_what_fits_no_complaint_is_answered_like_what_does(records: Records, codes: Codes) -> None:
    real, decoy = codes.to_follow(NUMBER, PHONE, HERE), codes.to_follow("202611230009", None, "198.51.100.1")
    assert real.send and not decoy.send and len(real.token) == len(decoy.token)
    assert [refused(codes.answer, decoy.token, FOLLOW, decoy.code) for _ in range(5)] == ["wrong"] * 4 + ["over"]


@pytest.mark.parametrize("phone", [PHONE, None], ids=["fits", "fits nothing"])
def test_six_fruitless_asks_a_day_from_one_address_are_all(codes: Codes, watch: Watch, phone: str | None) -> None:
    for n in range(6):
        codes.to_follow(f"20261123000{n}", phone, HERE)
    assert refused(codes.to_follow, NUMBER, phone, HERE) == "too_often"
    watch.at += 86_401
    codes.to_follow(NUMBER, phone, HERE)


def test_six_fruitless_asks_for_one_number_are_all_and_a_right_code_forgives_its_own(codes: Codes) -> None:
    for n in range(5):
        codes.to_follow(NUMBER, None, f"198.51.100.{n}")
    asked = codes.to_follow(NUMBER, PHONE, HERE)
    assert refused(codes.to_follow, NUMBER, PHONE, HERE) == "too_often"
    assert codes.answer(asked.token, FOLLOW, asked.code) == NUMBER
    codes.to_follow(NUMBER, PHONE, HERE)


def test_a_phone_gets_no_more_than_its_codes_and_the_asker_does_not_notice(codes: Codes, watch: Watch) -> None:
    sent = [codes.to_follow(f"2026112300{n:02}", PHONE, f"198.51.100.{n}").send for n in range(8)]
    assert sent == [True] * 6 + [False] * 2


def test_neither_code_nor_phone_nor_address_stands_in_the_database(records: Records, codes: Codes) -> None:
    asked = codes.to_file("draft:a", PHONE, HERE)
    with records.reading() as connection:
        kept = str(connection.execute(text("SELECT * FROM codes")).all())
    for secret in (asked.code, asked.token, PHONE, HERE):
        assert f"'{secret}'" not in kept


def test_a_visit_can_be_ended(codes: Codes) -> None:
    token = codes.admit(NUMBER)
    assert codes.opened(token, FOLLOW) == NUMBER
    codes.close(token)
    assert codes.opened(token, FOLLOW) is None
