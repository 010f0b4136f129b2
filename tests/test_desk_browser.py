"""The desk in a real Chromium, on a real server: it fills while events come, and survives what a day brings."""

from __future__ import annotations

import datetime
import json
import multiprocessing
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from flask import Blueprint, Flask, request
from flask_babel import gettext
from playwright.sync_api import Locator, Page, expect

from agent_assist.amendments import amendments_blueprint
from agent_assist.beside import beside_blueprint
from agent_assist.desk import desk_blueprint
from hotline.database import migrate
from hotline.hub import Hub
from hotline.knowledge import Knowledge
from hotline.language import chosen
from hotline.records import Records
from hotline.server import free_port, serve
from hotline.signin import signed_in
from tests.phone import SCRIPT
from tests.signed_in import account, closed, enter

ROOT = Path(__file__).resolve().parent.parent
CALLER = "+8613800138000"


def build(url: str) -> Flask:
    """The desk with two extra doors by which a test makes things happen inside the server."""
    hub = Hub()
    records = Records(url, grew=hub.grew)
    app = Flask(__name__, static_folder=None)
    users, csrf = closed(app, records, csrf=True)
    account(users)
    app.register_blueprint(desk_blueprint(records, hub, hints=SCRIPT.hints(), who=signed_in))
    shelf = Knowledge(records, ROOT / "knowledge")
    shelf.refresh()
    app.register_blueprint(
        beside_blueprint(
            records, shelf, today=lambda: datetime.date(2026, 11, 23), lang=chosen,
        )
    )  # fmt: skip
    app.register_blueprint(
        amendments_blueprint(
            records,
            amend=lambda call, kind, data: records.append(call, (kind, data)),
            who=signed_in,
            today=lambda: datetime.date(2026, 11, 23),
            words=gettext,
        )
    )
    doors = Blueprint("voice", __name__)  # passed as the carrier's are: not by signing in

    @doors.post("/test/append/<call_id>")
    def append(call_id: str) -> dict:
        return {"ids": [event.id for event in records.append(call_id, *map(tuple, request.json))]}

    @doors.post("/test/partial/<call_id>")
    def partial(call_id: str) -> dict:
        hub.partial(call_id, request.json)
        return {}

    @doors.post("/test/file/<call_id>")
    def file(call_id: str) -> dict:
        return {"number": records.file_complaint(call_id, request.json)}

    @doors.post("/test/draft/<call_id>")
    def draft(call_id: str) -> dict:
        records.save_draft(call_id, request.json)
        return {}

    app.register_blueprint(doors)
    csrf.exempt(doors)
    return app


def run(port: int, url: str) -> None:
    """The server, until it is killed."""
    os.setpgrp()  # what ends the server's group does not end the tests
    serve(lambda: build(url), "127.0.0.1", port, threads=32)


FORKS = multiprocessing.get_context("forkserver")
"""A process that has imported everything once: each test's server is forked from it within milliseconds."""
FORKS.set_forkserver_preload([__name__])


class Line:
    """The server as its own process, with a way to stop it and start it again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'hotline.db'}"
        migrate(self.url)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: BaseProcess | None = None

    def start(self) -> None:
        self.process = FORKS.Process(target=run, args=(self.port, self.url))
        self.process.start()
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{self.address}/sign-in", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                assert self.process.is_alive(), "the server ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.1)

    def kill(self) -> None:
        if self.process:
            # gunicorn's worker ends itself when its master is gone; the test does not wait for that.
            for child in _children(self.process.pid):
                os.kill(child, signal.SIGKILL)
            self.process.kill()
            self.process.join()
            self.process = None

    def post(self, path: str, body: object) -> dict:
        data = json.dumps(body).encode()
        asked = urllib.request.Request(
            self.address + path, data, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)

    def happens(self, call_id: str, *events: tuple[str, dict]) -> list[int]:
        return self.post(f"/test/append/{call_id}", events)["ids"]

    def partial(self, call_id: str, text: str, end: float = 1.0) -> None:
        self.post(f"/test/partial/{call_id}", {"text": text, "who": "caller", "end": end})


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path)
    line.start()
    yield line
    line.kill()


# -- in the browser ----------------------------------------------------------

pytestmark = pytest.mark.browser

A, B = "CA" + "a" * 32, "CA" + "b" * 32
STORY = "你好 我要 投诉 上个月 我 的 话费 多 扣 了 五十 块钱"
SHOWN = "你好我要投诉上个月我的话费多扣了五十块钱"


def started(caller: str = CALLER) -> tuple[str, dict]:
    return "call_started", {"from": caller, "to": "10086"}


def said(text: str, start: float = 0, end: float = 1, ask: str = "problem") -> tuple[str, dict]:
    return "utterance", {"text": text, "start": start, "end": end, "ask": ask}


def filled(field: str, value: object, state: str = "heard", source: dict | None = None) -> tuple[str, dict]:
    return "field_heard", {"field": field, "value": value, "state": state, "source": source}


def source(utterance: int, raw: str, text: str) -> dict:
    at = text.index(raw)
    return {"utterance": utterance, "raw": raw, "span": [at, at + len(raw)], "start": 0, "end": 1, "how": "text"}


def opened(page: Page, line: Line) -> None:
    enter(page, line.address)
    expect(page.locator("#badge")).to_have_attribute("data-state", "live")


def watching(page: Page, call_id: str) -> AbstractContextManager:
    """Until the desk listens to the unfinished words of this call."""
    return page.expect_response(lambda answer: f"partials={call_id}" in answer.url)


def lines(page: Page) -> list[str]:
    return page.locator("#lines .words").all_text_contents()


def field(page: Page, name: str) -> Locator:
    return page.locator(f".field[data-field={name}]")


def screen(page: Page) -> dict[str, list[str]]:
    """What the screen says, without the running times."""
    return {
        "calls": page.locator("#calls .tel").all_text_contents(),
        "lines": lines(page),
        "fields": page.locator("#fields .field-main").all_inner_texts(),
        "outcome": page.locator("#outcome").all_inner_texts(),
    }


def test_the_form_fills_while_the_caller_speaks(line: Line, page: Page) -> None:
    opened(page, line)
    expect(page.locator("#no-calls")).to_be_visible()
    with watching(page, A):
        line.happens(A, started(), ("prompt", {"text": "请说出了什么问题。", "lang": "zh", "step": "problem"}))
    card = page.locator(f"#calls [data-call={A}]")
    expect(card.locator(".tel")).to_have_text("138****8000")
    expect(card.locator(".card-step")).to_contain_text("问经过")
    expect(page.locator("#lines .turn.line .words")).to_have_text("请说出了什么问题。")

    line.partial(A, "你好 我要 投诉")
    partial = page.locator("#partials .turn.caller .words")
    expect(partial).to_have_text("你好我要投诉 …")
    line.happens(A, said(STORY, 0, 9))
    expect(partial).to_have_count(0)
    expect(page.locator("#lines .turn.caller .words")).to_have_text(SHOWN)

    expect(field(page, "category").locator(".state")).to_contain_text("未提供")
    line.happens(A, filled("category", "billing_anomaly", source=source(1, "话费 多 扣", STORY)), filled("amount", 50))
    expect(field(page, "category").locator(".value")).to_have_text("话费异常")
    expect(field(page, "category").locator(".state")).to_have_text("○听到")
    expect(field(page, "amount").locator(".value")).to_have_text("¥50")
    line.happens(A, filled("category", "wrong_charge", "confirmed"), filled("evidence", ["sms", "bill"]))
    expect(field(page, "category").locator(".value")).to_have_text("收费错误")
    expect(field(page, "category").locator(".state")).to_have_text("✓已确认")
    expect(field(page, "evidence").locator(".value")).to_have_text("短信、账单")

    number = line.post(f"/test/file/{A}", {"intent": "complain", "fields": {}})["number"]
    expect(page.locator("#outcome .number")).to_have_text(number)
    expect(page.locator("#cases .case-title")).to_have_text([number])


def test_the_agent_sees_what_happened_and_what_to_ask_next(line: Line, page: Page) -> None:
    opened(page, line)
    line.happens(A, started(), ("prompt", {"text": "请说出了什么问题。", "lang": "zh", "step": "problem"}))
    expect(page.locator("#next-words")).to_have_text(SCRIPT.prompts.zh["category"])
    line.happens(A, filled("category", "service_outage"), ("description", {"text": "家里断网了。"}))
    expect(page.locator("#description")).to_have_text("家里断网了。")
    expect(page.locator("#next-words")).to_have_text(SCRIPT.prompts.zh["location"])
    line.happens(A, filled("location", "上海浦东"), filled("occurred", "yesterday"), filled("phone", CALLER))
    expect(page.locator("#next-words")).to_have_text(SCRIPT.prompts.zh["resolution"])
    line.happens(A, filled("resolution", ["repair"]))
    expect(page.locator("#next")).to_be_hidden()


def test_a_restart_of_the_server_loses_and_doubles_nothing(line: Line, page: Page) -> None:
    opened(page, line)
    line.happens(A, started(), *(said(f"第{n}句") for n in range(3)))
    expect(page.locator("#lines .turn")).to_have_count(3)
    line.kill()
    expect(page.locator("#badge")).to_have_attribute("data-state", "reconnecting")
    # What is in the log when the server comes back, whoever wrote it.
    records = Records(line.url)
    records.append(A, *(said(f"第{n}句") for n in range(3, 6)), filled("amount", 50))
    records.append(B, started("+8613912345678"), said("另一个电话"))
    records.close()
    line.start()
    expect(page.locator("#badge")).to_have_attribute("data-state", "live", timeout=15_000)
    line.happens(A, said("第6句"))
    expect(page.locator("#lines .turn")).to_have_count(7)
    assert lines(page) == [f"第{n}句" for n in range(7)]
    expect(field(page, "amount").locator(".value")).to_have_text("¥50")
    expect(page.locator("#calls .tel")).to_have_text(["138****8000", "139****5678"])
    seen = screen(page)
    page.reload()
    expect(page.locator("#lines .turn")).to_have_count(7)
    assert screen(page) == seen


def test_lost_network_is_shown_and_made_good(line: Line, page: Page) -> None:
    opened(page, line)
    line.happens(A, started(), said("断网之前"))
    expect(page.locator("#lines .turn")).to_have_count(1)
    page.context.set_offline(True)
    expect(page.locator("#badge")).to_have_attribute("data-state", "reconnecting")
    line.happens(A, said("断网之中"))
    page.context.set_offline(False)
    expect(page.locator("#badge")).to_have_attribute("data-state", "live", timeout=15_000)
    expect(page.locator("#lines .turn")).to_have_count(2)
    assert lines(page) == ["断网之前", "断网之中"]


def test_a_reload_in_mid_call_shows_the_same(line: Line, page: Page) -> None:
    opened(page, line)
    line.happens(
        A, started(), said(STORY, 0, 9), ("intent", {"intent": "complain"}),
        filled("category", "billing_anomaly", source=source(1, "话费 多 扣", STORY)),
        filled("phone", "13800138000", "confirmed"),
        ("field_edited", {"field": "name", "value": "王小明", "state": "edited", "source": None}),
    )  # fmt: skip
    expect(field(page, "name").locator(".state")).to_have_text("✎已修改")
    seen = screen(page)
    page.reload()
    expect(field(page, "name").locator(".state")).to_have_text("✎已修改")
    assert screen(page) == seen


def test_hostile_words_are_shown_as_words(line: Line, page: Page) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>&amp;"
    opened(page, line)
    with watching(page, A):
        line.happens(A, started(hostile))
    line.happens(
        A, said(hostile), ("prompt", {"text": hostile, "lang": hostile, "step": hostile}),
        filled("name", hostile, source=source(1, "<script>", hostile)), filled("category", hostile),
        ("menu_choice", {"step": "x", "key": hostile, "heard": hostile, "choice": hostile}),
        ("queued", {"queue": hostile, "position": 1}), ("intent", {"intent": hostile}), ("error", {"what": hostile}),
    )  # fmt: skip
    line.partial(A, hostile, end=2)
    line.post(f"/test/draft/{B}", {"intent": hostile, "fields": {"category": {"value": hostile}}})
    expect(page.locator("#partials .words")).to_have_text(hostile + " …")
    expect(field(page, "name").locator(".value")).to_have_text(hostile)
    expect(page.locator("#lines .turn.caller .words")).to_have_text(hostile)
    expect(page.locator("#cases .case-about")).to_contain_text("<img")
    assert page.locator("img, main script").count() == 0
    assert "owned" not in page.title()


def test_a_click_on_a_field_marks_the_words_it_came_from(line: Line, page: Page) -> None:
    opened(page, line)
    line.happens(
        A, started(), said(STORY, 0, 9), filled("amount", 50, source=source(1, "五十 块钱", STORY)),
        filled("occurred", "last_month", source=source(1, "上个月", STORY)),
        said("一三八 玲玲", 12, 15, "phone"),
        filled("phone", "13800138000", "confirmed",
               {"utterance": 2, "raw": "13800138000", "span": None, "start": 12, "end": 15, "how": "digits"}),
        filled("name", "王小明"),
    )  # fmt: skip
    expect(page.locator("#lines mark")).to_have_text(["上个月", "五十块钱"])
    field(page, "amount").locator(".field-main").click()
    expect(page.locator("#lines mark.chosen")).to_have_text(["五十块钱"])
    expect(field(page, "amount").locator(".field-main")).to_have_attribute("aria-pressed", "true")
    field(page, "phone").locator(".field-main").press("Space")
    expect(page.locator("#lines mark.chosen")).to_have_count(0)
    expect(page.locator("#lines .is-source .words")).to_have_text(["*****"])
    page.keyboard.press("Escape")
    expect(page.locator("#lines .is-source")).to_have_count(0)
    page.locator("#lines mark", has_text="上个月").click()
    expect(field(page, "occurred").locator(".field-main")).to_have_attribute("aria-pressed", "true")


def test_an_agent_edits_confirms_and_rejects_by_keyboard_and_later_speech_changes_nothing(
    line: Line, page: Page
) -> None:
    line.happens(A, started(), said(STORY), filled("amount", 50), filled("category", "wrong_charge"), filled("phone", "13800138000"))
    opened(page, line)
    field(page, "amount").locator(".field-main").focus()
    page.keyboard.press("e")
    page.keyboard.insert_text("没有")
    page.keyboard.press("Enter")
    expect(field(page, "amount").get_by_role("alert")).to_contain_text("金额")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("60")
    page.keyboard.press("Enter")
    expect(field(page, "amount").locator(".value")).to_have_text("¥60")
    expect(field(page, "amount")).to_have_attribute("data-state", "edited")
    line.happens(A, said("不对是七十块"), filled("amount", 70))
    expect(field(page, "amount").locator(".also")).to_contain_text("¥70")
    expect(field(page, "amount").locator(".value")).to_have_text("¥60")
    field(page, "category").locator(".field-main").focus()
    page.keyboard.press("Enter")
    expect(field(page, "category")).to_have_attribute("data-state", "confirmed")
    field(page, "phone").locator(".field-main").focus()
    page.keyboard.press("x")
    expect(field(page, "phone")).to_have_attribute("data-state", "missing")
    field(page, "phone").locator(".field-main").focus()
    page.keyboard.press("e")
    page.keyboard.insert_text("15812340099")
    page.keyboard.press("Enter")
    expect(field(page, "phone").locator(".value")).to_have_text("158****0099")
    assert "15812340099" not in page.content()
    page.reload()
    expect(field(page, "amount").locator(".value")).to_have_text("¥60")
    expect(field(page, "amount").locator(".also")).to_contain_text("¥70")


def test_a_hidden_number_is_nowhere_in_the_page_until_it_is_asked_for(line: Line, page: Page) -> None:
    opened(page, line)
    line.happens(A, started(), said("一三八 零零 一三八 零零零", 1, 5, "phone"), filled("phone", "13800138000", "confirmed"))
    expect(field(page, "phone").locator(".value")).to_have_text("138****8000")
    for number in ("13800138000", "一三八零零一三八零零零"):
        assert number not in page.content()
    field(page, "phone").get_by_role("button", name="显示").click()
    page.keyboard.insert_text("给客户回电")
    page.keyboard.press("Enter")
    expect(field(page, "phone").locator(".value")).to_have_text("13800138000")
    records = Records(line.url)
    looks = [event.data for event in records.events(A) if event.kind == "field_revealed"]
    assert looks == [{"field": "phone", "who": "wang", "why": "给客户回电"}]
    records.close()
    field(page, "phone").get_by_role("button", name="隐藏").click()
    expect(field(page, "phone").locator(".value")).to_have_text("138****8000")
    assert "13800138000" not in page.content()


def test_an_ended_call_stays_until_dismissed_and_its_draft_can_be_found(line: Line, page: Page) -> None:
    opened(page, line)
    line.happens(A, started(), said("喂"))
    line.post(f"/test/draft/{A}", {"intent": "complain", "fields": {"category": {"value": "slow_network"}}})
    line.happens(A, ("call_ended", {"status": "completed", "reason": "hung up"}))
    card = page.locator(f"#calls [data-call={A}]")
    expect(card.locator(".card-state")).to_have_text("已结束")
    expect(page.locator("#outcome")).to_contain_text("草稿")
    page.reload()
    expect(card.locator(".card-state")).to_have_text("已结束")
    card.locator(".dismiss").click()
    expect(card).to_have_count(0)
    expect(page.locator("#no-call")).to_be_visible()
    page.reload()
    expect(page.locator("#cases .case-about")).to_have_text("网络速度慢")
    expect(card).to_have_count(0)
    page.locator("#cases button").click()
    expect(page.locator("#lines .words")).to_have_text("喂")


def test_a_new_call_does_not_push_away_the_one_that_was_chosen(line: Line, page: Page) -> None:
    line.happens(A, started(), said("第一个"))
    opened(page, line)
    line.happens(B, started("+8613912345678"), said("第二个"))
    expect(page.locator("#calls .card")).to_have_count(2)
    assert lines(page) == ["第一个"]
    page.locator(f"#calls [data-call={A}] .card-main").focus()
    page.keyboard.press("ArrowDown")
    with watching(page, B):
        page.keyboard.press("Enter")
    expect(page.locator("#lines .words")).to_have_text(["第二个"])
    # Only the chosen call's unfinished words are sent to this desk.
    line.partial(A, "甲", end=2)
    line.partial(B, "乙", end=2)
    expect(page.locator("#partials .words")).to_have_text(["乙 …"])


def test_the_rule_the_articles_and_earlier_complaints_lie_beside_the_call(line: Line, page: Page) -> None:
    line.happens(B, started(), filled("category", "slow_network"))
    number = line.post(f"/test/file/{B}", {"fields": {"phone": {"value": "13800138000"}, "category": {"value": "slow_network"}}})["number"]
    line.happens(A, started(), said("我没有订过的业务扣了我的话费"), filled("category", "wrong_charge"), filled("occurred", "2026-5"))
    opened(page, line)
    page.locator(f"[data-call={A}] .card-main").click()
    expect(page.locator("#rule")).to_contain_text("5个月")
    expect(page.locator("#rule")).to_contain_text("2026-10-31")
    expect(page.locator("#rule")).to_have_attribute("data-late", "true")
    expect(page.locator("#earlier")).to_contain_text(number)
    expect(page.locator("#articles li").first).to_contain_text("扣费")
    page.keyboard.press("/")
    page.keyboard.insert_text("漫游")
    page.keyboard.press("Enter")
    page.locator("#articles button", has_text="漫游").click()
    expect(page.locator("#article")).to_contain_text("境外流量话单")
    page.keyboard.press("Escape")
    expect(page.locator("#article")).to_be_hidden()
    page.locator("#earlier button").click()
    expect(page.locator("#outcome")).to_contain_text(number)


def test_both_languages(line: Line, page: Page) -> None:
    line.happens(
        A, started(), filled("category", "billing_anomaly"), filled("occurred", "last_wed"), filled("amount", 1250.5)
    )
    opened(page, line)
    expect(field(page, "occurred").locator(".value")).to_have_text("上周三")
    page.get_by_role("button", name="English").click()
    expect(field(page, "category").locator(".value")).to_have_text("Billing anomaly")
    expect(field(page, "category").locator(".label")).to_have_text("Category")
    expect(field(page, "occurred").locator(".value")).to_have_text("Last Wednesday")
    expect(field(page, "amount").locator(".value")).to_have_text("¥1,250.50")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(field(page, "category").locator(".value")).to_have_text("Billing anomaly")


@pytest.mark.parametrize("size", [(1366, 768), (683, 384), (390, 844), (320, 640)])
def test_nothing_is_cut_off_sideways(line: Line, page: Page, size: tuple[int, int]) -> None:
    line.happens(A, started(), said(STORY * 4), filled("category", "misleading_tariff", "confirmed"), filled("phone", "13800138000"))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, line)
    expect(page.locator("#lines .turn")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for place in ("#badge", ".field[data-field=category] .value", ".field[data-field=phone] .reveal"):
        box = page.locator(place).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= size[0]
