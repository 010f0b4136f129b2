"""Every page of the house under axe (npm's axe-core): no serious problem, in both languages, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from hotline.access import ACCESS, OPEN
from tests.conftest import lacking
from tests.house import House, house_in, serving
from tests.signed_in import account, enter

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent.parent / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"
# Not pages: data, downloads, streams that never end, ways to somewhere else.
NO_PAGES = {"home", "phone", "outbox", "desk.events", "wallboard.events", "cases.events"}
EVENTS = [
    ("call_started", {"from": "+8613800138000", "to": "10086"}),
    ("utterance", {"text": "上个月我的话费多扣了五十块钱", "start": 0, "end": 3, "ask": "problem"}),
    ("field_heard", {"field": "category", "value": "billing_anomaly", "state": "heard"}),
    ("field_heard", {"field": "phone", "value": "13800138000", "state": "confirmed"}),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    if not AXE.exists():
        lacking("axe-core (npm)")
    with house_in(tmp_path_factory.mktemp("house")) as house:
        account(house.users, "chen", "supervisor")
        house.records.append("CA1", *EVENTS)
        number = house.records.file_complaint("CA1", {"fields": {"phone": {"value": "13800138000"}}, "description": "多扣了五十块钱"})
        house.records.append("CA1", ("note_added", {"number": number, "text": "回电", "by": "chen"}))
        house.records.file_complaint("web-1", {"fields": {"phone": {"value": "13800138000"}}, "description": "多扣了五十块钱"})
        with serving(house.app) as address:
            yield house, address


def pages(app: Flask) -> list[str]:
    """Paths of all pages that need no value in their address."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint not in NO_PAGES:
            if rule.endpoint in ACCESS or rule.endpoint in OPEN:
                found.append(rule.rule)
    return sorted(found)


def problems(page: Page) -> list[str]:
    """What axe calls serious or critical, each with its first place."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0].get('failureSummary', '')[:200]}"
        for one in result["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("lang", "scheme"), [("zh-CN", "light"), ("en", "dark")])
def test_axe_finds_nothing_serious_on_any_page(
    house: tuple[House, str], browser: Browser, lang: str, scheme: str
) -> None:
    built, address = house
    built.users.set_lang("chen", lang[:2])
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale=lang, color_scheme=scheme)
    page = context.new_page()
    try:
        page.goto(f"{address}/sign-in")
        found = {"/sign-in": problems(page)}
        enter(page, address, "chen")
        page.locator("#lines .turn").first.wait_for()
        for path in pages(built.app):
            answer = context.request.get(address + path)
            if "text/html" in answer.headers.get("content-type", "") and answer.ok:
                page.goto(address + path)
                page.wait_for_load_state("load")
                found[path] = problems(page)
        case = f"/cases/{built.records.newest('filed', 1)[0].number}"
        page.goto(address + case)
        page.locator("#timeline li").first.wait_for()
        found[case] = problems(page)
        assert "/desk" in found and "/cases" in found
        assert {path: told for path, told in found.items() if told} == {}
    finally:
        context.close()
