"""The browser phone, in Chromium and by its socket alone, against a line written for the test."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from ivr.carrier import sound
from ivr.carrier.call import Order
from ivr.carrier.exchange import Callback
from tests.toy_line import CALLER, NUMBER, PUBLIC, ToyLine, carried

STREAM = '<Start><Stream url="wss://line.example.org/media"/></Start>'


@pytest.fixture
def line() -> ToyLine:
    return ToyLine()


@pytest.fixture
def place(line: ToyLine) -> Iterator[SimpleNamespace]:
    with carried(line, phone_speech_rate=100) as (url, exchange):
        yield SimpleNamespace(url=url, exchange=exchange, socket=url.replace("http", "ws") + "/phone/socket")


@pytest.fixture
def carrier(place: SimpleNamespace) -> str:
    return place.url


@pytest.fixture
def telephone(place: SimpleNamespace) -> Iterator[ClientConnection]:
    """A page's socket without the page."""
    # Werkzeug leaves the connection of an ended socket open; do not wait for it.
    with connect(place.socket, close_timeout=0.5, ping_interval=0.5, ping_timeout=0.5) as socket:
        send(socket, "number", number=CALLER)
        yield socket


def send(socket: ClientConnection, kind: str, **data: object) -> None:
    socket.send(json.dumps({"kind": kind, **data}))


def until(socket: ClientConnection, kind: str) -> dict:
    while True:
        message = socket.recv(timeout=20)
        if isinstance(message, str) and json.loads(message)["kind"] == kind:
            return json.loads(message)


def heard(line: ToyLine) -> Iterator[bytes]:
    return (base64.b64decode(one["media"]["payload"]) for one in line.sockets[0].of("media"))


def louder_than_silence(line: ToyLine) -> bool:
    return any(np.abs(sound.decode(frame).astype(int)).max() > 300 for frame in heard(line))


@pytest.mark.browser

def test_dial_hear_press_and_be_heard(line: ToyLine, carrier: str, page: Page) -> None:
    line.says(
        "/voice/incoming",
        STREAM,
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
    line.wait(lambda: louder_than_silence(line))
    expect(page.locator("body")).to_have_attribute("data-state", "talking")
    page.get_by_role("button", name=re.compile("挂断")).click()
    expect(page.locator("body")).to_have_attribute("data-state", "idle")
    line.wait(lambda: line.at("/voice/status"))
    assert line.at("/voice/status")[0].params["CallStatus"] == "completed"
    assert hosts == {carrier.removeprefix("http://")}
    assert problems == []


@pytest.mark.browser
def test_without_a_microphone_the_keypad_still_works(line: ToyLine, carrier: str, page: Page) -> None:
    line.says("/voice/incoming", STREAM, '<Gather action="/voice/answer" numDigits="2" timeout="30"/>')
    line.says("/voice/answer", '<Pause length="30"/>')
    page.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))")
    page.goto(f"{carrier}/phone")
    page.get_by_role("button", name="拨打").click()
    expect(page.locator("#microphone")).to_contain_text("use the keypad")
    expect(page.locator("body")).to_have_attribute("data-state", "talking")
    page.get_by_role("button", name="star").click()
    page.get_by_role("button", name="0").click()
    assert line.wait(lambda: line.at("/voice/answer"))[0].params["Digits"] == "*0"


@pytest.mark.browser
def test_the_line_calls_the_phone(line: ToyLine, place: SimpleNamespace, page: Page) -> None:
    page.goto(f"{place.url}/phone?number=client:agent")
    expect(page.locator("body")).to_have_attribute("data-number", "client:agent")
    events = ("initiated", "ringing", "answered", "completed")
    call = place.exchange.ring(
        NUMBER,
        "client:agent",
        Order(twiml="<Response><Say>A caller waits</Say></Response>"),
        Callback(f"{PUBLIC}/voice/status", "POST", events),
        30,
    )
    page.get_by_role("button", name="接听").click()
    expect(page.locator("#log")).to_contain_text("A caller waits")
    assert call.over.wait(10)
    told = line.wait(lambda: len(line.at("/voice/status")) == 4 and line.at("/voice/status"))
    assert [hook.params["CallStatus"] for hook in told] == ["initiated", "ringing", "in-progress", "completed"]
    expect(page.locator("body")).to_have_attribute("data-state", "idle")


def test_the_microphone_reaches_the_stream(line: ToyLine, telephone: ClientConnection) -> None:
    line.says("/voice/incoming", STREAM, '<Pause length="30"/>')
    send(telephone, "dial")
    until(telephone, "stream")
    samples = (8000 * np.sin(np.arange(3000) / 3)).astype("<i2")
    for start in range(0, len(samples), 1000):  # blocks of another length than frames
        telephone.send(samples[start : start + 1000].tobytes())
    law = sound.encode(samples)[: 18 * sound.FRAME]
    line.wait(lambda: line.sockets and law in b"".join(heard(line)))


def test_a_page_with_a_voice_is_waited_for(line: ToyLine, telephone: ClientConnection) -> None:
    line.says("/voice/incoming", "<Say>One</Say><Say>Two</Say>")
    send(telephone, "voice", has=True)
    send(telephone, "dial")
    assert until(telephone, "say")["text"] == "One"
    with pytest.raises(TimeoutError):  # at a speech rate of 100 the estimate would be over long since
        telephone.recv(timeout=0.3)
    send(telephone, "spoken", number=1)
    assert until(telephone, "say")["text"] == "Two"
    send(telephone, "spoken", number=2)
    assert until(telephone, "ended")["reason"] == "the document ran out"


def test_a_closed_page_hangs_up(line: ToyLine, place: SimpleNamespace) -> None:
    line.says("/voice/incoming", '<Pause length="60"/>')
    with connect(place.socket) as socket:
        send(socket, "number", number=CALLER)
        send(socket, "dial")
        until(socket, "pause")
    (status,) = line.wait(lambda: line.at("/voice/status"))
    assert status.params["CallStatus"] == "completed"


def test_garbage_from_a_page_is_refused_and_the_phone_lives(line: ToyLine, telephone: ClientConnection) -> None:
    line.says("/voice/incoming", '<Pause length="60"/>')
    for text in ("", "null", "[]", "{", '{"kind": []}', '{"kind": "number", "number": {}}', '{"kind": "unknown"}'):
        telephone.send(text)
    telephone.send(b"x")
    send(telephone, "dial")
    until(telephone, "pause")
    send(telephone, "key", key="AB")
    assert "keys" in until(telephone, "error")["text"]
    send(telephone, "dial")
    assert "in use" in until(telephone, "error")["text"]
    send(telephone, "hang_up")
    assert until(telephone, "ended")["status"] == "completed"
    telephone.send(b"x" * 70_000)
    with pytest.raises(ConnectionClosed):
        until(telephone, "never")


def test_another_sites_page_cannot_dial(place: SimpleNamespace) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        connect(place.socket, origin="https://elsewhere.example.org")
