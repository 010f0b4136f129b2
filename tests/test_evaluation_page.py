"""The page of an evaluation in a real browser without network: its sound plays, its filters work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from agent_assist import evaluation, evaluation_page
from agent_assist.evaluation import Caller, Judgement, Turn
from agent_assist.form import Source
from hotline.commands.evaluate import evaluate
from hotline.terminal_evaluation import LABELS
from tests.test_evaluate_command import D03, D07, EVIDENCE, MISSED

INVENTED = {"id": "d07-nothing", "lang": "zh", "voice": "another", "expected": {}, "turns": [EVIDENCE]}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two callers who are heard right and two whom the manifest is wrong about."""
    folder = tmp_path_factory.mktemp("page")
    manifest, page = folder / "manifest.jsonl", folder / "out.html"
    manifest.write_text("\n".join(map(json.dumps, [D03, MISSED, INVENTED, D07])), "utf-8")
    answer = CliRunner().invoke(evaluate, [str(manifest), "--on", "2026-11-23", "--page", str(page)])
    assert answer.exit_code == 0
    assert f"wrote {page}" in answer.stderr
    return page


@pytest.fixture
def opened(browser: Browser, written: Path) -> Iterator[Page]:
    """The page, in a browser that reaches nothing else; fails on any error in its console."""
    troubles: list[str] = []
    context = browser.new_context(offline=True, viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(("file:", "data:")) else troubles.append(request.url))
    page.goto(written.as_uri())
    yield page
    context.close()
    assert troubles == []


def shown(page: Page) -> list[str]:
    """Caller, field and kind of what is to be seen."""
    rows = page.locator("tr[data-kind]:visible")
    return rows.evaluate_all(
        "rows => rows.map(row => [row.closest('article').querySelector('h3').firstChild.textContent.trim(), row.dataset.field, row.dataset.kind].join(' '))"
    )


MISSES = ["d07-missed phone missing", "d07-missed evidence wrong", "d07-nothing evidence invented"]


@pytest.mark.browser
def test_it_opens_with_the_misses_and_says_that_nothing_is_masked(opened: Page) -> None:
    assert shown(opened) == MISSES
    expect(opened.get_by_role("note")).to_contain_text("Nothing is masked")
    expect(opened.locator("#count")).to_have_text("3 项 shown · 2 位 callers")
    miss = opened.locator("tr[data-kind=wrong]")
    expect(miss).to_contain_text("contract")
    expect(opened.locator("article", has=miss).locator(".said")).to_have_text(EVIDENCE["text"])


@pytest.mark.browser
def test_the_summary_counts_every_field(opened: Page) -> None:
    row = opened.locator("#summary tr", has_text="号码 phone").locator("td")
    assert row.all_inner_texts()[:5] == ["2", "1", "0", "1", "0"]
    assert "50.0 % [9–91]" in row.all_inner_texts()


@pytest.mark.browser
def test_filters_by_kind_field_and_voice(opened: Page) -> None:
    opened.get_by_label("缺失 missing").uncheck()
    assert shown(opened) == MISSES[1:]
    opened.get_by_label("错误 wrong").uncheck()
    assert shown(opened) == MISSES[2:]
    opened.get_by_label("正确 right").check()
    opened.get_by_label("臆造 invented").uncheck()
    opened.get_by_label("字段 field").select_option("evidence")
    assert shown(opened) == ["d07 evidence right"]
    opened.get_by_label("字段 field").select_option("")
    opened.get_by_label("声音 voice").select_option("zf_xiaobei")
    assert {row.split()[0] for row in shown(opened)} == {"d03"}
    expect(opened.locator("article:visible")).to_have_count(1)


@pytest.mark.browser
def test_the_sound_of_a_miss_plays(opened: Page) -> None:
    audio = opened.locator("article:visible audio").first
    audio.evaluate("audio => { audio.muted = true; return audio.play(); }")
    opened.wait_for_function("audio => audio.currentTime > 0.1 && audio.error === null", arg=audio.element_handle())
    assert audio.evaluate("audio => audio.duration") > 3


@pytest.mark.browser
def test_one_recording_plays_at_a_time(opened: Page) -> None:
    first, second = (opened.locator("audio").nth(place) for place in (0, 1))
    for audio in (first, second):
        audio.evaluate("audio => { audio.muted = true; return audio.play(); }")
    opened.wait_for_function("audio => audio.paused", arg=first.element_handle())
    assert not second.evaluate("audio => audio.paused")


@pytest.mark.browser
def test_it_fits_a_narrow_screen(opened: Page) -> None:
    opened.set_viewport_size({"width": 420, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 420


def page_of(*callers: Caller, limit: int = evaluation_page.SOUND_LIMIT) -> str:
    score = evaluation.score(callers).to_dict()
    result = {"manifest": "m.jsonl", "on": "2026-11-23", "callers": len(callers), "of": len(callers), "stopped": False,
              "faults": [], "score": score, "voices": {}}  # fmt: skip
    return evaluation_page.html(result, callers, LABELS, [], lambda line, place: b"RIFF", limit)


def heard(identity: str, line: int, *judgements: Judgement, text: str = "我叫王小明") -> Caller:
    return Caller(identity, line, "zh", "v", judgements, (Turn("problem", None, (text,)),))


def test_the_words_of_a_value_are_marked() -> None:
    source = Source(1, "王小明", (2, 5), 0.0, 1.0, "text")
    html = page_of(heard("d01", 1, Judgement("name", "wrong", "王小民", "王小明", source)))
    assert '我叫<mark class="wrong" title="姓名 name">王小明</mark>' in html


def test_what_was_heard_is_text_and_no_markup() -> None:
    html = page_of(heard("<b>d01</b>", 1, Judgement("name", "missing", "<script>", None), text="<img src=x>"))
    assert "<b>d01" not in html
    assert "<img" not in html
    assert html.count("<script>") == 1


def test_callers_with_misses_come_first_and_have_their_sound_where_not_all_fits() -> None:
    fine, missed = heard("fine", 1, Judgement("name", "right", "a", "a")), heard("missed", 2, Judgement("name", "missing", "a", None))
    html = page_of(fine, missed, limit=8)
    assert html.index("missed <span") < html.index("fine <span")
    assert html.count("<audio") == 1
    assert html.index("<audio") < html.index("fine <span")
    assert "some recordings are left out" in html
