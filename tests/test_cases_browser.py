"""In Chromium: a caller files with a picture on a small screen; the agent sees it at once, answers; the caller escalates; the agent sees that."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hotline.records import Records
from ivr.rest import CarrierRest
from tests import files
from tests.lines import line_in
from tests.signed_in import enter, user_of
from tests.test_cases_search import form
from tests.test_complain_browser import STORY, Inbox

pytestmark = pytest.mark.browser


def follow(browser: Browser, url: str, number: str, inbox: Inbox) -> Page:
    """The caller's status page, opened with number and phone in hand."""
    page = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
    page.goto(f"{url}/status")
    page.locator("[name=number]").fill(number)
    page.locator("[name=tail]").fill("8000")
    page.locator("main button").click()
    page.wait_for_url("**/status/code")
    page.locator("[name=code]").fill(re.search(r"\d{6}", inbox.next())[0])
    page.locator("main button").click()
    page.wait_for_url("**/status/case")
    return page


def test_filed_seen_answered_escalated_and_seen_again(browser: Browser, tmp_path: Path) -> None:
    with line_in(tmp_path) as line:
        inbox = Inbox(CarrierRest(line.carrier_url, line.account_sid, line.auth_token, line.number))
        user_of(line.database_url)
        errors: list[str] = []
        agent = browser.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN").new_page()
        agent.on("pageerror", lambda error: errors.append(str(error)))
        agent.on("console", lambda said: errors.append(said.text) if said.type == "error" and "409" not in said.text else None)
        enter(agent, line.url, to="/cases")
        expect(agent.locator("#badge")).to_have_attribute("data-state", "live")
        expect(agent.locator("#none")).to_be_visible()

        # The caller files on a phone.
        caller = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True).new_page()
        caller.goto(f"{line.url}/complain")
        caller.locator("[name=what]").fill(STORY)
        caller.locator("[name=phone]").fill("138 0013 8000")
        caller.locator("#evidence").set_input_files({"name": "账单.jpg", "mimeType": "image/jpeg", "buffer": files.photo()})
        expect(caller.locator("#files .file-name")).to_have_text("账单.jpg")
        caller.locator("button[value=send]").click()
        caller.wait_for_url("**/complain/confirm")
        caller.locator("[name=code]").fill(re.search(r"\d{6}", inbox.next())[0])
        caller.locator("button[value=file]").click()
        caller.wait_for_url("**/complain/done")
        number = caller.locator("#number").inner_text()
        inbox.next()

        # The agent's list has it without a reload; search by words, by keys alone; the list is kept.
        row = agent.locator(f"#rows tr[data-number='{number}']")
        expect(row).to_contain_text("138****8000")
        expect(row).to_contain_text("网站")
        agent.keyboard.press("/")
        agent.keyboard.type("网速")
        agent.keyboard.press("Enter")
        expect(row).to_have_count(0)
        agent.locator("[name=q]").fill("视频会员")
        agent.keyboard.press("Enter")
        expect(row).to_have_count(1)
        agent.locator("#keep summary").click()
        agent.locator("#keep [name=name]").fill("会员扣费")
        agent.keyboard.press("Enter")
        expect(agent.locator("#lists")).to_contain_text("会员扣费")
        with agent.expect_download() as taken:
            agent.locator("#take summary").click()
            agent.locator("#take button[value=csv]").click()
        assert number in Path(taken.value.path()).read_text(encoding="utf-8")
        agent.locator("#take summary").click()

        row.locator("a").click()
        agent.wait_for_url(f"**/cases/{number}")
        expect(agent.locator("#timeline")).to_contain_text("短信")
        agent.locator("#files button").click()
        expect(agent.locator("#look-at img")).not_to_have_js_property("naturalWidth", 0)
        agent.locator("#look-close").click()
        agent.locator("[data-action=take_up]").click()
        expect(agent.locator("#state")).to_have_text("处理中")
        agent.keyboard.press("a")
        agent.locator("#answer select").select_option(label="退费 · 普通话")
        expect(agent.locator("#answer textarea")).to_have_value(re.compile(f"{number}.*50元"))
        agent.locator("#answer button").click()
        expect(agent.locator("#state")).to_have_text("已答复")
        expect(agent.locator("#answer")).to_be_hidden()
        assert "3个工作日" in inbox.next()

        desk = agent.context.new_page()
        desk.goto(f"{line.url}/cases")
        desk.locator("#lists .chip").first.click()
        expect(desk.locator("#rows tr")).to_have_count(1)
        expect(desk.locator("#find [name=mine]")).to_have_value("yes")
        expect(desk.locator("#lists .chip").first).to_have_attribute("aria-pressed", "true")
        desk.close()

        # The caller reads the answer and takes it higher; the agent's open page shows that by itself.
        page = follow(browser, line.url, number, inbox)
        expect(page.locator("main")).to_contain_text("50元将在3个工作日内退回")
        page.locator("button[value=escalate]").click()
        expect(page.locator("#state")).to_contain_text("省公司")
        expect(agent.locator("#state")).to_have_text("已升级")
        expect(agent.locator("#ladder [aria-current=step]")).to_contain_text("省公司")
        expect(agent.locator("#timeline [data-kind=changed]")).to_have_count(3)
        inbox.next()

        # It goes to the regulator, which gives it back with a day.
        agent.locator("#answer textarea").fill("已按您的要求核对，差额已退。")
        agent.locator("#answer button").click()
        expect(agent.locator("#state")).to_have_text("已答复")
        agent.locator("[data-action=refer]").click()
        expect(agent.locator("#sure [name=due]")).to_be_hidden()
        agent.locator("#sure-yes").click()
        expect(agent.locator("#state")).to_have_text("在申诉中心")
        agent.locator("[data-action=return]").click()
        day = (date.today() + timedelta(9)).isoformat()
        agent.locator("#sure [name=due]").fill(day)
        agent.locator("#sure [name=words]").fill("申诉受理中心要求我们重新核对。")
        agent.locator("#sure-yes").click()
        expect(agent.locator("#state")).to_have_text("处理中")
        expect(agent.locator("#timeline [data-kind=changed]").last).to_contain_text(day)
        expect(agent.locator("#timeline [data-kind=changed]").last).to_contain_text("重新核对")
        expect(agent.locator("#timeline [data-kind=asked]")).to_be_hidden()
        agent.locator("#quiet").check()
        expect(agent.locator("#timeline [data-kind=asked]")).to_contain_text("客户查询了进度")
        page.reload()
        expect(page.locator("#steps")).to_contain_text("重新核对")

        # The same trouble by another channel is offered for joining.
        records = Records(line.database_url)
        again = records.file_complaint("app-2", form(STORY, amount=50))
        records.close()
        agent.goto(f"{line.url}/cases/{again}")
        agent.locator("#alike button").click()
        agent.locator("#sure-yes").click()
        expect(agent.locator("#joined a")).to_have_text(number)
        assert errors == []
