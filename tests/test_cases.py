"""The agents' pages of complaints: story, lists, tasks, answers, joining, export; who may do what."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.articles import ArticleError, read
from agent_assist.privacy import mask
from complaints.answers import BLANK, Answers, sendable, template
from complaints.codes import Codes
from complaints.export import csv_lines, harmless, xlsx
from complaints.limits import WebSettings
from complaints.saved_lists import SavedLists, SaveError
from complaints.search import Query
from complaints.timeline import later_calls, timeline
from hotline.records import Records
from hotline.settings import load
from ivr.call import Call
from ivr.progress import Progress
from tests.house import House, house_in
from tests.signed_in import client_of
from tests.test_cases_search import form

SETTINGS = load({})
OURS = Path(__file__).parent.parent / "answers"


# -- the story, purely --------------------------------------------------------------


def event(event_id: int, kind: str, call: str = "CA1", **data: Any) -> SimpleNamespace:
    return SimpleNamespace(id=event_id, call_id=call, seq=event_id, at=1000.0 + event_id, kind=kind, data=data)


def test_the_story_tells_calls_changes_and_who_did_what_with_numbers_hidden() -> None:
    changed = {"number": "202611230001", "action": "answer", "from": "filed", "state": "answered", "level": 0, "by": "wang", "why": "",
               "words": {"zh": "请打 13812345678"}, "during": "CA2"}  # fmt: skip
    own = [
        event(1, "call_started", **{"from": "+8613800138000", "to": "10086"}),
        event(2, "utterance", text="我的号码是13800138000", who="caller"),
        event(3, "agent_answered", agent="wang", waited_s=3),
        event(4, "complaint_filed", number="202611230001"),
        event(5, "field_edited", field="phone", value="13812345678", who="wang"),
        event(6, "field_heard", field="amount", value=50, who=""),
        event(7, "note_added", number="202611230001", text="回电 13812345678", by="li"),
        event(8, "evidence_added", number="202611230001", evidence=7),
        event(20, "call_ended", status="completed"),
        event(21, "complaint_changed", **changed),
        event(22, "clock_struck", number="202611230001", what="breach", due="2026-12-08", days=0),
        event(23, "field_revealed", field="phone", who="li", why="回电"),
        event(24, "status_told", number="202611230001", channel="phone", by="caller", during="CA3"),
    ]
    other = [event(20, "call_started", "CA2", **{"from": "+8613800138000", "to": "10086"}), event(21, "note_added", "CA2", number="202611239999", text="x", by="li")]
    assert later_calls(own) == ["CA2"]
    told = timeline("CA1", {"CA1": own, "CA2": other}, files={7: {"name": "账单.jpg"}}, number="202611230001")
    assert [(one.kind, one.by) for one in told] == [
        ("call", ""), ("filed", ""), ("edited", "wang"), ("note", "li"), ("evidence", ""), ("call", ""), ("changed", "wang"),
        ("clock", "clock"), ("looked", "li"), ("asked", "caller"),
    ], "each in its time; of another complaint nothing, of the caller's own words nothing twice"
    first = told[0].data
    assert first["agents"] == ["wang"] and first["seconds"] == 19 and first["lines"][0]["text"].endswith("138****8000")
    assert told[4].data["file"] == {"name": "账单.jpg"} and told[7].data["due"] == "2026-12-08"
    assert "12345678" not in str(told) and "13800138000" not in str(told)


def test_days_and_complaint_numbers_stay_readable_beside_hidden_numbers() -> None:
    assert mask("投诉202611230001，最晚2026-12-08，电话13812345678") == "投诉202611230001，最晚2026-12-08，电话138****5678"


# -- files ---------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", " =1", "\u3000=cmd|' /C calc'!A0", "＝1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    (written,) = list(csv.reader(io.StringIO(b"".join(csv_lines(["head"], [[cell]])).decode("utf-8-sig"))))[1]
    assert written.startswith("'")
    sheet = zipfile.ZipFile(io.BytesIO(xlsx(["head"], [[cell]], "x"))).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet


@given(rows=st.lists(st.lists(st.text() | st.none() | st.integers(-10**6, 10**6) | st.floats(-1e6, 1e6) | st.dates(), min_size=2, max_size=2), max_size=5))
def test_any_content_becomes_a_file(rows: list[list[Any]]) -> None:
    read_back = list(csv.reader(io.StringIO(b"".join(csv_lines(["a", "b"], rows)).decode("utf-8-sig"), newline="")))
    assert len(read_back) == len(rows) + 1
    assert all(cell == harmless(cell) or cell[1:].isdecimal() or cell.lstrip("-")[:1].isdecimal() for row in read_back for cell in row)


def test_a_workbook_has_days_as_days_and_any_rows() -> None:
    made = xlsx(["号", "日"], ([f"{at}", date(2026, 11, 23)] for at in range(300)), "投诉[]:*")
    assert b"46349" in zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml"), "the day's number in a spreadsheet"


# -- answers -------------------------------------------------------------------------


def test_our_templates_are_right_in_both_languages() -> None:
    shelf = Answers(OURS)
    found = shelf.of("billing_anomaly")
    assert shelf.faults == [] and {one.lang for one in found} == {"zh", "en"}
    assert found[0].name == "refund", "those of the category come first"
    assert "refund" not in {one.name for one in shelf.of("slow_network")}
    full = found[0].filled({"number": "202611230001", "amount": "50", "agent": "wang"})
    assert "202611230001" in full and "50元" in full and sendable(full)
    assert BLANK in found[0].filled({"number": "202611230001"}) and not sendable(found[0].filled({}))


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001, "请填____", "您好{number}"])
def test_an_answer_with_a_blank_is_not_sent(text: str) -> None:
    assert not sendable(text)


def test_an_unknown_field_is_named_with_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "x.zh.md"
    path.write_text('+++\ntitle = "x"\n+++\n您好{sum}', encoding="utf-8")
    with pytest.raises(ArticleError, match=r"x.zh.md: no field \{sum\}; there are number"):
        template(read(path), path)
    shelf = Answers(tmp_path)
    assert shelf.of("") == [] and "x.zh.md" in shelf.faults[0]


# -- saved lists ---------------------------------------------------------------------


def test_lists_are_own_or_shared_and_hold_no_numbers(database_url: str) -> None:
    records = Records(database_url)
    lists = SavedLists(records)
    lists.save("wang", "超期", Query(due="overdue"), shared=False)
    lists.save("wang", "网络", Query(category="slow_network"), shared=True)
    assert [one.name for one in lists.of("li")] == ["网络"] and [one.name for one in lists.of("wang")] == ["网络", "超期"]
    again = lists.save("wang", " 超期 ", Query(due="overdue", channel="web"), shared=True)
    assert [(one.name, one.query.channel) for one in lists.of("li")] == [("网络", ""), ("超期", "web")], "one of the same name is replaced"
    assert not lists.remove("li", again) and lists.remove("wang", again)
    for name, query in (("", Query()), ("x" * 41, Query()), ("客户", Query(q="13800138000")), ("13800138000", Query())):
        with pytest.raises(SaveError):
            lists.save("wang", name, query, shared=False)
    records.close()


# -- the pages -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("house")) as house:
        house.app.config["WTF_CSRF_ENABLED"] = False
        yield house


@pytest.fixture
def agent(house: House) -> FlaskClient:
    return client_of(house.app, house.users)


def ok(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json


def listed(client: FlaskClient, **query: str) -> list[dict[str, Any]]:
    return ok(client.post("/cases/rows", json={"query": query}))["rows"]


def test_an_agent_takes_up_answers_and_sees_it_all(house: House, agent: FlaskClient) -> None:
    number = house.records.file_complaint("web-a1", form("上个月多扣了五十块钱", phone="13500000001", amount=50))
    base = f"/cases/{number}"
    assert agent.get(base).status_code == 200
    shown = ok(agent.get(f"{base}/data"))
    assert shown["may"] == ["take_up", "answer", "escalate", "withdraw"] and shown["due"]["left"] == 15
    assert ok(agent.post(f"{base}/act", json={"action": "take_up"}))["state"] == "in_progress"
    assert agent.post(f"{base}/act", json={"action": "take_up"}).status_code == 409
    assert agent.post(f"{base}/act", json={"action": "answer", "words": "退您____元"}).json["error"], "a blank is not sent"
    text = next(one["text"] for one in shown["answers"] if one["name"] == "refund" and one["lang"] == "zh")
    assert ok(agent.post(f"{base}/act", json={"action": "answer", "words": text, "lang": "zh"}))["state"] == "answered"
    ok(agent.post(f"{base}/note", json={"text": "客户 13812345678 来电"}))
    ok(agent.post(f"{base}/department", json={"department": "billing"}))
    due = (date.today() + timedelta(3)).isoformat()
    task = ok(agent.post(f"{base}/tasks", json={"department": "billing", "text": "核对账单", "due": due}))
    assert number in agent.get("/cases/tasks?department=billing").text and number not in agent.get("/cases/tasks?department=network").text
    assert ok(agent.post(f"/cases/tasks/{task['id']}/done", json={}))["done_by"] == "wang"
    for wrong in ({"department": "x"}, {"text": " "}, {"due": "2020-01-01"}, {"due": "soon"}):
        asked = {"department": "billing", "text": "核对", "due": due} | wrong
        assert agent.post(f"{base}/tasks", json=asked).status_code == 409
    shown = ok(agent.get(f"{base}/data"))
    assert shown["department"] == "billing" and shown["due"] is None and "13812345678" not in str(shown)
    kinds = [one["kind"] for one in shown["timeline"]]
    assert {"filed", "changed", "note", "assigned", "task", "task_done"} <= set(kinds)
    assert [one["number"] for one in listed(agent, q="核对账单")] == [number], "a task's words find it"
    assert [one["number"] for one in listed(agent, department="billing")] == [number]
    assert number in [one["number"] for one in listed(agent, mine="yes")]
    assert listed(client_of(house.app, house.users, "chen", "supervisor"), mine="yes") == [], "everybody's own"


def test_an_agent_records_what_the_regulator_decided_and_what_the_caller_is_told(house: House, agent: FlaskClient) -> None:
    number = house.records.file_complaint("web-g1", form("上个月多扣了五十块钱", phone="13500000009"))
    base = f"/cases/{number}"
    for action in ("answer", "refer"):
        ok(agent.post(f"{base}/act", json={"action": action, "words": "查过了，没有多扣。"}))
    shown = ok(agent.get(f"{base}/data"))
    assert shown["may"] == ["uphold", "return", "reject", "withdraw", "close"] and shown["due"] is None
    for due in ("2020-01-01", "soon"):
        assert "一年以内" in agent.post(f"{base}/act", json={"action": "return", "due": due}).json["error"]
    day = (date.today() + timedelta(10)).isoformat()
    told = {"action": "return", "due": day, "why": "申诉中心来函", "words": "申诉受理中心要求我们重新核对账单。"}
    assert ok(agent.post(f"{base}/act", json=told))["state"] == "in_progress"
    shown = ok(agent.get(f"{base}/data"))
    assert shown["due"]["on"] == day and shown["state"] == "in_progress"
    last = shown["timeline"][-2] if shown["timeline"][-1]["kind"] == "text" else shown["timeline"][-1]
    assert last["by"] == "wang" and last["data"]["due"] == day and last["data"]["words"] == {"zh": "申诉受理中心要求我们重新核对账单。"}
    for action in ("answer", "refer", "uphold"):
        ok(agent.post(f"{base}/act", json={"action": action, "words": "退您五十元。"}))
    assert ok(agent.get(f"{base}/data"))["may"] == []
    assert "已经作出决定" in agent.post(f"{base}/act", json={"action": "refer"}).json["error"]


def test_joined_complaints_lead_to_the_one_that_goes_on(house: House, agent: FlaskClient) -> None:
    phone = "13500000002"
    old = house.records.file_complaint("web-b1", form("宽带断了三天", phone=phone, category="service_outage", location="望京"))
    new = house.records.file_complaint("app-b2", form("宽带断了三天没人修", phone=phone, category="service_outage", location="望京"))
    stranger = house.records.file_complaint("web-b3", form("宽带断了三天", phone="13500000003", category="service_outage"))
    offered = ok(agent.get(f"/cases/{new}/data"))["alike"]
    assert [one["number"] for one in offered] == [old] and "phone" in offered[0]["reasons"]
    assert agent.post(f"/cases/{new}/join", json={"into": stranger}).status_code == 409, "another caller's"
    assert agent.post(f"/cases/{new}/join", json={"into": new}).status_code == 409
    ok(agent.post(f"/cases/{new}/join", json={"into": old}))
    ok(agent.post(f"/cases/{new}/join", json={"into": old}))
    assert agent.post(f"/cases/{old}/join", json={"into": new}).status_code == 409, "not in a circle"
    gone, kept = ok(agent.get(f"/cases/{new}/data")), ok(agent.get(f"/cases/{old}/data"))
    assert gone["joined_to"] == old and gone["may"] == [] and not gone["open"] and gone["due"] is None
    assert kept["joined"] == [new] and [one["kind"] for one in kept["timeline"]].count("joined") == 1
    found = house.records.leading(new)
    assert found is not None and found.number == old, "who asks for the joined number is led to the other"
    assert new not in [one["number"] for one in listed(agent, due="any", q=phone)]

    # On the caller's page, opened with the joined number, and by telephone from the caller's own number.
    secret = hashlib.sha256(b"codes\0" + house.app.secret_key).digest()  # type: ignore[operator]
    caller = house.app.test_client()
    with caller.session_transaction() as session:
        session["visit"] = Codes(house.records, secret, WebSettings(), wrong_tries=6).admit(new)
    page = caller.get("/status/case").text
    assert f'<b id="number">{old}</b>' in page and f"{new} 说的是同一件事" in page
    progress = Progress(SETTINGS.script, house.records, None, lambda: datetime.now(UTC))  # type: ignore[arg-type]
    progress.look_up(Call("CAb9", f"+86{phone}", "10086"), new)
    heard = progress.look_up(Call("CAb9", f"+86{phone}", "10086"), new)
    assert (heard.number, heard.state) == (old, "filed")
    assert progress.look_up(Call("CAb8", "+8613999999999", "10086"), new).number == new, "others are told nothing"
    asked = [one["data"] for one in ok(agent.get(f"/cases/{old}/data"))["timeline"] if one["kind"] == "asked"]
    assert asked == [{"channel": "phone", "during": "CAb9"}], "on record where the matter goes on, once a call"


def test_phone_numbers_leave_only_with_role_and_reason_on_record(house: House, agent: FlaskClient) -> None:
    house.records.file_complaint("web-c1", form("=cmd|calc", phone="13500000004"))
    asked = {"format": "csv", "query": '{"q": "13500000004"}'}
    text = agent.post("/cases/export", data=asked).text
    assert "135****0004" in text and "13500000004" not in text and "'=cmd" in text
    assert agent.post("/cases/export", data=asked | {"phones": "yes", "why": "回电"}).status_code == 403
    chief = client_of(house.app, house.users, "chen", "supervisor")
    assert chief.post("/cases/export", data=asked | {"phones": "yes"}).status_code == 400
    assert "13500000004" in chief.post("/cases/export", data=asked | {"phones": "yes", "why": "逐个回电"}).text
    assert "逐个回电" in chief.get("/privacy").text
    book = chief.post("/cases/export", data=asked | {"format": "xlsx"})
    assert book.data[:2] == b"PK" and b"13500000004" not in zipfile.ZipFile(io.BytesIO(book.data)).read("xl/worksheets/sheet1.xml")


def test_nobody_else_comes_in_and_nonsense_is_refused(house: House, agent: FlaskClient) -> None:
    planner = client_of(house.app, house.users, "zhao", "planner")
    number = house.records.file_complaint("web-d1", form("x"))
    for path in ("/cases", f"/cases/{number}", f"/cases/{number}/data", "/cases/events", "/cases/tasks"):
        assert planner.get(path).status_code == 403
    assert planner.post("/cases/rows", json={}).status_code == 403
    for path in ("/cases/1", "/cases/١٢", f"/cases/{'9' * 40}", "/cases/x/data"):
        assert agent.get(path).status_code == 404
    for body in ({"query": {"x": 1}}, {"query": []}, {"limit": 0}, {"limit": "5"}, {"after": 3}, {"after": "x"}):
        assert agent.post("/cases/rows", json=body).status_code in (200, 400) and (body == {"query": []} or agent.post("/cases/rows", json=body).status_code == 400)
    for body in ({"action": "file"}, {"action": "take_up", "why": "x" * 401}, {"action": None}, []):
        assert agent.post(f"/cases/{number}/act", json=body).status_code == 400
    assert agent.get("/cases/events?after=-1").status_code == 400


def test_what_is_erased_is_not_found_any_more(house: House, agent: FlaskClient) -> None:
    phone = "13500000005"
    number = house.records.file_complaint("web-e1", form("蓝色鲸鱼的彩铃", phone=phone))
    house.records.append("web-e1", ("note_added", {"number": number, "text": "橙色海豚", "by": "wang"}))
    assert [one["number"] for one in listed(agent, q="蓝色鲸鱼")] == [number] == [one["number"] for one in listed(agent, q="橙色海豚")]
    chief = client_of(house.app, house.users, "chen", "supervisor")
    assert chief.post("/privacy/erase", data={"number": phone, "why": "客户要求", "force": "yes"}).status_code == 200
    assert listed(agent, q="蓝色鲸鱼") == [] == listed(agent, q="橙色海豚") and listed(agent, q=phone) == []
    with house.records.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM complaint_words WHERE tokens MATCH 'lanse'").scalar() == 0
