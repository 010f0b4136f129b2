"""An agent's working day in Chromium, with the real local carrier: ring, hold, consult, transfer, wrap-up, keys."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from hotline.desk_rooms import open_desk
from tests.signed_in import account, closed, enter
from tests.test_accessibility import AXE, problems
from tests.test_two_parties import CALLER, PATIENCE_S, QUICK, Person, Staffed, line  # noqa: F401 (a fixture)

pytestmark = pytest.mark.browser

SOON = 1000 * PATIENCE_S
"""Milliseconds in which the carrier and the line have done what was asked, also on a machine with much to do."""

UNHURRIED = QUICK.model_copy(update={"queue": QUICK.queue.model_copy(update={"ring_s": 20, "wrap_up_s": 300})})


@pytest.fixture
def script():
    return UNHURRIED


@pytest.fixture
def desk(line: Staffed) -> Iterator[Staffed]:  # noqa: F811
    users, csrf = closed(line.app, line.records, csrf=True)
    for signed in ("voice", "legs"):
        csrf.exempt(line.app.blueprints[signed])
    for name in ("wang", "li"):
        account(users, name)
    open_desk(
        line.app, UNHURRIED, line.records, line.hub, line.floor, users, zone="Asia/Shanghai",
        amend=lambda call, kind, data: line.records.append(call, (kind, data)), settle=lambda *_: None,
    )  # fmt: skip
    yield line


def shot(page: Page, name: str) -> None:
    """A picture to be looked at, where ``SHOTS`` names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def accessible(page: Page) -> None:
    """axe has nothing serious to say, where it is installed."""
    if AXE.exists():
        assert problems(page) == []


def test_a_call_through_the_agents_hands(desk: Staffed, page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    enter(page, desk.address)
    expect(page.locator("#agent-state")).to_have_text("离线", timeout=SOON)
    page.keyboard.press("a")
    expect(page.locator("#agent-state")).to_have_text("空闲", timeout=SOON)
    caller, wang, li = Person(500, ("problem", "0")), Person(1000, answers_phone=False), Person(1500)
    desk.exchange.phones.add("8001", wang)
    desk.exchange.phones.add("8002", li)
    call = desk.exchange.dial(CALLER, caller)
    ring = page.locator("#ring")
    expect(ring).to_contain_text("来电", timeout=SOON)
    expect(ring).to_contain_text("综合组", timeout=SOON)
    desk.records.append(
        call.sid,
        ("field_heard", {"field": "category", "value": "wrong_charge", "state": "confirmed", "source": None}),
        ("field_heard", {"field": "amount", "value": 50, "state": "heard", "source": None}),
        ("description", {"text": "上个月多扣了五十块钱"}),
    )
    expect(page.locator("#queues-sum")).to_contain_text("等候 1", timeout=SOON)
    shot(page, "ring")
    wang.picks_up()
    expect(page.locator("#work-call")).to_contain_text("通话中", timeout=SOON)
    expect(ring).to_be_hidden(timeout=SOON)
    page.keyboard.press("h")
    expect(page.locator("#work-call")).to_contain_text("保持中", timeout=SOON)
    expect(page.locator("#summary .now")).to_have_text("保持中", timeout=SOON)
    assert caller.hears_music()
    desk.floor.set_state("li", "available")
    page.keyboard.press("c")
    consult = page.locator("#consult")
    expect(consult).to_be_visible(timeout=SOON)
    page.locator("#consult-to").select_option("li")
    shot(page, "consult")
    consult.get_by_role("button", name="咨询").click()
    expect(page.locator("#work-call")).to_contain_text("正在咨询 li", timeout=SOON)
    shot(page, "consulting")
    page.reload()
    expect(page.locator("#work-call")).to_contain_text("正在咨询 li", timeout=SOON)
    page.keyboard.press("j")
    expect(page.locator("#work-call")).to_contain_text("三方通话中", timeout=SOON)
    assert caller.hears(wang, li)

    def late(route: Route) -> None:
        answer = route.fetch()
        expect(page.locator("#work-call")).to_contain_text("保持中", timeout=SOON)
        page.keyboard.press("h")  # the screen shows the hold before its answer is here: this means "retrieve"
        route.fulfill(response=answer)

    page.route("**/me/hold", late)
    with page.expect_response("**/me/retrieve", timeout=SOON):
        page.keyboard.press("h")
    expect(page.locator("#work-call")).to_contain_text("通话中", timeout=SOON)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible(timeout=SOON)
    accessible(page)
    shot(page, "keys")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden(timeout=SOON)
    page.keyboard.press("q")
    expect(page.locator("#queues-list tr")).to_have_count(len(UNHURRIED.menu.skills))
    accessible(page)
    shot(page, "queues")
    page.keyboard.press("q")
    page.locator("body").click(position={"x": 5, "y": 400})
    page.keyboard.press("Shift+H")
    wrap = page.locator("#wrap")
    expect(wrap).to_be_visible(timeout=SOON)
    assert caller.call.over.wait(PATIENCE_S)
    expect(page.locator("#wrap-summary")).to_have_value("收费错误：上个月多扣了五十块钱；金额：¥50。", timeout=SOON)
    wrap.get_by_role("radio", name="已解决").check()
    page.locator("#wrap-summary").fill("已核实，退费五十元。")
    expect(page.locator("#wrap-state")).to_have_text("草稿已保留", timeout=SOON)
    accessible(page)
    shot(page, "wrap")
    page.reload()
    expect(page.locator("#wrap-summary")).to_have_value("已核实，退费五十元。", timeout=SOON)
    expect(wrap.locator("input:checked")).to_have_value("resolved", timeout=SOON)
    page.locator("#wrap-summary").press("Control+Enter")
    expect(page.locator("#agent-state")).to_have_text("空闲", timeout=SOON)
    expect(wrap).to_be_hidden(timeout=SOON)
    assert desk.wait(call.sid, "disposition")["summary"] == "已核实，退费五十元。"
    page.keyboard.press("p")
    page.get_by_role("button", name="培训").click()
    expect(page.locator("#agent-state")).to_have_text("小休：培训", timeout=SOON)
    page.get_by_role("button", name="English").click()
    expect(page.locator("#agent-state")).to_have_text("Break: Training", timeout=SOON)
    for width, height in ((683, 384), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"
        shot(page, f"small-{width}")


def test_a_transfer_brings_the_form_and_the_note(desk: Staffed, page: Page) -> None:
    caller, wang, li = Person(500, ("problem", "0")), Person(1000), Person(1500)
    desk.exchange.phones.add("8001", wang)
    desk.exchange.phones.add("8002", li)
    enter(page, desk.address)
    desk.floor.set_state("wang", "available")
    call = desk.exchange.dial(CALLER, caller)
    expect(page.locator("#work-call")).to_contain_text("通话中", timeout=SOON)
    other = page.context.browser.new_context(locale="zh-CN").new_page()
    enter(other, desk.address, "li")
    desk.floor.set_state("li", "available")
    page.keyboard.press("t")
    page.locator("#transfer-to").select_option("network")
    page.locator("#transfer-note").fill("测速已做，请查基站；回电 13800138000")
    shot(page, "transfer")
    page.locator("#transfer").get_by_role("button", name="转接").click()
    expect(page.locator("#agent-state")).to_have_text("整理", timeout=SOON)
    expect(other.locator("#work-call")).to_contain_text("通话中", timeout=SOON)
    expect(other.locator("#summary .passed")).to_contain_text("转接自 wang：测速已做", timeout=SOON)
    assert "13800138000" not in other.content()
    shot(other, "passed")
    assert caller.hears(li)
    caller.call.hang_up("the caller hung up")
    expect(other.locator("#agent-state")).to_have_text("整理", timeout=SOON)
    desk.wait(call.sid, "call_ended")
    other.context.close()
