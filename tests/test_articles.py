"""Articles: read with their faults named, harmless whatever they hold, found by sound on either database."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_assist.articles import ArticleError, appeal_until, nodes, read, tokens
from hotline.knowledge import Knowledge
from hotline.records import Records

OURS = Path(__file__).parent.parent / "knowledge"


@pytest.fixture
def shelf(database_url: str) -> Iterator[Knowledge]:
    records = Records(database_url)
    shelf = Knowledge(records, OURS)
    assert shelf.refresh() == []
    yield shelf
    records.close()


@pytest.mark.parametrize(
    ("query", "lang", "category", "first"),
    [
        ("我在国外漫游扣了好多钱", "zh", "", "roaming"),
        ("曾 值 业务 怎么 推定", "zh", "", "value-added-cancel"),  # as a recogniser mishears 增值业务退订
        ("", "zh", "slow_network", "slow-network"),
        ("我要去工信部申诉", "zh", "billing_anomaly", "appeal"),
        ("charged for roaming abroad", "en", "", "roaming"),
        ("", "en", "service_quality", "service-quality"),
    ],
)
def test_what_is_said_finds_its_article(shelf: Knowledge, query: str, lang: str, category: str, first: str) -> None:
    found = shelf.search(query, lang, category=category)
    assert first in [article.name for article in found[:2]]
    assert {article.lang for article in found} == {lang}


def test_nothing_said_and_no_category_finds_nothing(shelf: Knowledge) -> None:
    assert shelf.search("", "zh") == [] and shelf.search("zzzz qqqq", "en") == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=200) | st.sampled_from(['"', "a OR", "NEAR(", "*", "a:b", "' OR 1=1 --", "话费 AND", "\x00", "^"]))
def test_no_query_is_a_fault(shelf: Knowledge, query: str) -> None:
    shelf.search(query, "zh", category="slow_network")
    assert all(token.isascii() and token.isalnum() for token in tokens(query))


def test_a_changed_folder_is_read_anew_and_a_broken_file_is_named(database_url: str, tmp_path: Path) -> None:
    records = Records(database_url)
    shelf = Knowledge(records, tmp_path)
    good = '+++\ntitle = "铃声"\ncategories = ["wrong_charge"]\n+++\n彩铃怎么退'
    (tmp_path / "ringtone.zh.md").write_text(good, encoding="utf-8")
    assert shelf.refresh() == []
    assert [article.title for article in shelf.search("彩铃", "zh")] == ["铃声"]
    (tmp_path / "broken.zh.md").write_text("no front matter", encoding="utf-8")
    (fault,) = shelf.refresh()
    assert "broken.zh.md:1" in fault and "+++" in fault
    (tmp_path / "ringtone.zh.md").unlink()
    assert shelf.search("彩铃", "zh") == []
    records.close()


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("Plan.zh.md", "", "named like"),
        ("plan.zh.md", "+++\ntitle = \n+++\nx", "TOML"),
        ("plan.zh.md", '+++\ntitle = "x"\ncolour = "red"\n+++\nx', "plan.zh.md:3: colour"),
        ("plan.zh.md", '+++\ntitle = "x"\ncategories = ["taxes"]\n+++\nx', "no category 'taxes'"),
        ("plan.zh.md", '+++\ntitle = "x"\n[[rule]]\ncategories = []\nappeal_months = 0\n+++\nx', "rule"),
        ("plan.zh.md", '+++\ntitle = "x"\n+++\n \n', "nothing"),
    ],
)
def test_a_fault_in_an_article_says_where(tmp_path: Path, name: str, text: str, why: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ArticleError, match=why):
        read(tmp_path / name)


def test_a_hostile_article_is_text() -> None:
    hostile = "<script>alert(1)</script>\n\n[click](javascript:alert(1)) ![x](http://evil/x.png)\n\n<img onerror=a src=b>"
    found = nodes(hostile)

    def tags(one: object) -> set[str]:
        return set() if isinstance(one, str) else {one[0]}.union(*(tags(child) for child in one[1:]))  # type: ignore[index]

    assert set().union(*(tags(one) for one in found)) <= {"p", "span"}
    assert "http://evil" not in str(found), "links and pictures are their words"


@pytest.mark.parametrize(
    ("occurred", "months", "on", "until"),
    [
        ("2026-6-23", 5, (2026, 11, 23), (2026, 11, 23)),
        ("2026-1-31", 5, (2026, 3, 1), (2026, 6, 30)),  # no 31 June
        ("2024-2-29", 24, (2024, 3, 1), (2026, 2, 28)),
        ("2026-9-30", 5, (2026, 11, 1), (2027, 2, 28)),
        ("last_month", 5, (2026, 1, 10), (2026, 5, 31)),  # the end of December counts
        ("this_month", 5, (2026, 11, 23), (2027, 4, 23)),  # not later than today
    ],
)
def test_until_when_somebody_may_appeal(occurred: str, months: int, on: tuple, until: tuple) -> None:
    assert appeal_until(occurred, months, datetime.date(*on)) == datetime.date(*until)
