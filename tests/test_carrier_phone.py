"""The browser phone, in Chromium, against a line written for the test."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.toy_line import CALLER, ToyLine, carried

pytestmark = pytest.mark.browser


@pytest.fixture
def line() -> ToyLine:
    return ToyLine()


@pytest.fixture
def carrier(line: ToyLine) -> Iterator[str]:
    with carried(line, phone_speech_rate=100) as (url, _):
        yield url


def test_dial_hear_press_and_be_heard(line: ToyLine, carrier: str, page: Page) -> None:
    stream = '<Start><Stream url="wss://line.example.org/media"/></Start>'
    line.says(
        "/voice/incoming",
        stream,
        '<Gather action="/voice/answer?step=language" numDigits="1" timeout="30"><Say language="zh-CN">普通话请按一</Say></Gather>',
    )
    line.says("/voice/answer", '<Say language="en-US">You pressed it</Say><Pause length="30"/>')
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    problems = []
    page.on("console", lambda message: message.type in ("error", "warning") and problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))

    page.goto(f"{carrier}/phone")
    expect(page.locator("body")).to_have_attribute("data-state", "idle")
    expect(page.locator("#keypad button").first).to_be_disabled()
    page.get_by_label("我的号码").fill(CALLER)
    page.get_by_role("button", name="拨打").click()
    expect(page.locator("#log")).to_contain_text("普通话请按一")
    expect(page.locator("#microphone")).to_contain_text("The microphone is on")
    page.keyboard.press("1")
    expect(page.locator("#log")).to_contain_text("You pressed it")
    assert line.at("/voice/incoming")[0].params["From"] == CALLER
    assert line.at("/voice/answer")[0].params["Digits"] == "1"
    # Chromium's fake microphone beeps: something louder than silence must arrive.
    line.wait(lambda: any(set(one["media"]["payload"][:200]) - set("/f") for one in line.sockets[0].of("media")))
    expect(page.locator("body")).to_have_attribute("data-state", "talking")
    page.get_by_role("button", name=re.compile("挂断")).click()
    expect(page.locator("body")).to_have_attribute("data-state", "idle")
    line.wait(lambda: line.at("/voice/status"))
    assert line.at("/voice/status")[0].params["CallStatus"] == "completed"
    assert hosts == {carrier.removeprefix("http://")}
    assert problems == []
