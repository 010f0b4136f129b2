"""In Chromium on a small screen: a caller files with a picture, follows the complaint up and takes it higher; the desk sees it at once."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ivr.rest import CarrierRest
from tests import files
from tests.lines import line_in
from tests.signed_in import enter, user_of

pytestmark = pytest.mark.browser

STORY = "上个月多扣了我五十块钱,我没有开通过什么视频会员"


class Inbox:
    """The caller's text messages, at the local carrier."""

    def __init__(self, carrier: CarrierRest) -> None:
        self._carrier = carrier
        self._read = 0

    def next(self) -> str:
        """The next message that came."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            messages = self._carrier.messages()
            if len(messages) > self._read:
                self._read += 1
                return messages[-self._read].body
            time.sleep(0.05)  # the carrier has no way to call
        raise AssertionError("no text message came")


def test_a_caller_files_follows_up_and_escalates_and_the_desk_sees_it(browser: Browser, tmp_path: Path) -> None:
    with line_in(tmp_path) as line:
        inbox = Inbox(CarrierRest(line.carrier_url, line.account_sid, line.auth_token, line.number))
        user_of(line.database_url)
        desk = browser.new_context(locale="zh-CN").new_page()
        enter(desk, line.url)
        expect(desk.locator("#badge")).to_have_attribute("data-state", "live")
        phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True)
        page = phone.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" and "422" not in said.text else None)

        page.goto(f"{line.url}/complain")
        page.locator("[name=what]").fill(STORY)
        page.locator("[name=phone]").fill("138 0013 8000")
        expect(page.locator("#said-category b")).not_to_be_empty()
        expect(page.locator("#saved")).not_to_be_empty()
        page.locator("#evidence").set_input_files(
            [{"name": "账单.jpg", "mimeType": "image/jpeg", "buffer": files.photo()},
             {"name": "evil.jpg", "mimeType": "image/jpeg", "buffer": files.HTML}]
        )
        expect(page.locator("#files .file-name")).to_have_text("账单.jpg")
        expect(page.locator("#evidence-refused")).to_contain_text("evil.jpg")
        page.reload()
        expect(page.locator("[name=what]")).to_have_value(STORY)
        expect(page.locator("#files .file-name")).to_have_text("账单.jpg")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("button[value=send]").click()

        page.wait_for_url("**/complain/confirm")
        code = re.search(r"\d{6}", inbox.next())[0]
        page.locator("[name=code]").fill(f"{(int(code) + 1) % 10**6:06}")
        page.locator("button[value=file]").click()
        page.locator(".told").wait_for()
        page.locator("[name=code]").fill(code)
        page.locator("button[value=file]").click()
        page.wait_for_url("**/complain/done")
        number = page.locator("#number").inner_text()
        assert number in inbox.next()
        expect(desk.locator("#cases")).to_contain_text(number)
        assert desk.locator("#calls .card").count() == 0, "what was written is no call in progress"
        desk.locator("#cases button", has_text=number).click()
        expect(desk.locator("#lines")).to_contain_text("视频会员")
        expect(desk.locator("#fields")).to_contain_text("138****8000")

        # Another day, another browser: with number and phone in hand.
        page = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
        page.goto(f"{line.url}/status")
        page.locator("[name=number]").fill(number)
        page.locator("[name=tail]").fill("8000")
        page.locator("main button").click()
        page.wait_for_url("**/status/code")
        page.locator("[name=code]").fill(re.search(r"\d{6}", inbox.next())[0])
        page.locator("main button").click()
        page.wait_for_url("**/status/case")
        expect(page.locator("#files .file-name")).to_have_text("账单.jpg")
        page.locator("button[value=escalate]").click()
        expect(page.locator("#state")).to_contain_text("省公司")
        assert "省公司" in inbox.next()
        page.locator("#evidence").set_input_files({"name": "录音.wav", "mimeType": "audio/wav", "buffer": files.sound("WAV")})
        page.locator("button[value=add]").click()
        expect(page.locator("#files .file-name")).to_have_text(["账单.jpg", "录音.wav"])
        assert errors == []
        assert number not in page.url
