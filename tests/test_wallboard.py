"""The wallboard in the browser: what happens on the line is on it at once; an alert is seen by a supervisor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.house import House, house_in, serving
from tests.signed_in import account, client_of, enter

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    with house_in(tmp_path_factory.mktemp("house")) as house:
        account(house.users, "chen", "supervisor")
        with serving(house.app) as address:
            yield house, address


def test_a_call_and_an_alert_reach_the_wallboard(house: tuple[House, str], page: Page) -> None:
    built, address = house
    enter(page, address, "chen", "/wallboard")
    rate = page.locator("[data-figure=connection_rate] .figure-value")
    expect(rate).to_have_text("—")
    built.records.append("CA1", ("call_started", {"from": "+8613800138000", "to": "10086"}))
    built.records.append("CA1", ("queued", {"queue": "billing", "position": None}))
    expect(page.locator("[data-figure=waiting] .figure-value")).to_have_text("1")
    expect(page.locator("#skills th")).to_have_text("话费组")
    built.records.append("CA1", ("agent_answered", {"agent": "wang", "waited_s": 1.0}))
    expect(rate).to_have_text("100 %")
    page.get_by_role("button", name="15秒接通率").focus()
    expect(page.locator("#means-connection_rate")).to_be_visible()
    built.records.append("CA1", ("utterance", {"text": "我要请律师", "start": 0, "end": 1}))
    alert = page.locator(".alert", has_text="律师")
    alert.get_by_role("button", name="知道了").click()
    expect(alert).to_contain_text("chen")
    alert.get_by_role("link", name="看对话").click()
    expect(page.locator("#lines .caller .words")).to_have_text("我要请律师")
    assert "13800138000" not in page.content()


def test_the_agents_day_as_a_table_and_as_csv(house: tuple[House, str]) -> None:
    built, _ = house
    client = client_of(built.app, built.users, "chen", "supervisor")
    assert client.post("/desk/agents/wang/state", json={"state": "available"}).status_code in (200, 400)
    shown = client.get("/wallboard/agents")
    assert shown.status_code == 200 and "wang" in shown.text
    table = client.get("/wallboard/agents?format=csv")
    assert table.mimetype == "text/csv" and "wang" in table.text
    assert client.get("/wallboard/agents?day=yesterday").status_code == 400
