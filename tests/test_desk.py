"""The desk's server side: what it streams, that nothing is missed or doubled, that numbers stay hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from agent_assist.desk import desk_blueprint
from hotline.database import migrate
from hotline.hub import Hub, Listener
from hotline.records import Records
from hotline.signin import session_check, signed_in
from tests.signed_in import client_of, closed
from tests.test_desk_live import IDS, PHONES, hidden, spoken, texts

CALLER = "+8613800138000"
STARTED = ("call_started", {"from": CALLER, "to": "10086"})
ENDED = ("call_ended", {"status": "completed"})


class CountedHub(Hub):
    """A hub that knows how many listen."""

    listeners = 0

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        self.listeners += 1
        try:
            with super().listening() as listener:
                yield listener
        finally:
            self.listeners -= 1


@pytest.fixture
def hub() -> CountedHub:
    return CountedHub()


@pytest.fixture
def records(tmp_path: Path, hub: Hub) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    records = Records(url, grew=hub.grew)
    yield records
    records.close()


@pytest.fixture
def client(records: Records, hub: Hub) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    users, _ = closed(app, records)
    # A short beat, so that a test knows when the stream has nothing more to say.
    desk = desk_blueprint(
        records, hub, heartbeat=0.02, who=signed_in, open_session=lambda: session_check(users)
    )
    app.register_blueprint(desk)
    return client_of(app, users)


class Stream:
    """An open event stream, read block by block."""

    def __init__(self, client: FlaskClient, after: int | str = 0, **headers: str) -> None:
        query = f"?after={after}" if after != "" else ""
        self.response = client.get(f"/desk/events{query}", headers=headers, buffered=False)
        assert self.response.status_code == 200
        assert self.response.mimetype == "text/event-stream"
        self.blocks = self.response.iter_encoded()
        assert next(self.blocks) == b"retry: 1000\n\n"

    def until_quiet(self) -> list[dict]:
        """All that comes before the next heartbeat: dicts with id (None without), event, data."""
        found = []
        for block in self.blocks:
            if block.startswith(b": heartbeat\n"):
                return found
            found.append(self.parsed(block))
        return found

    @staticmethod
    def parsed(block: bytes) -> dict:
        assert block.endswith(b"\n\n")
        lines = dict(line.split(": ", 1) for line in block.decode().strip().split("\n"))
        number = int(lines["id"]) if "id" in lines else None
        return {"id": number, "event": lines.get("event", "message"), "data": json.loads(lines["data"])}

    def close(self) -> None:
        self.response.close()


def read(client: FlaskClient, after: int | str = 0, **headers: str) -> list[dict]:
    stream = Stream(client, after, **headers)
    try:
        return stream.until_quiet()
    finally:
        stream.close()


def said(text: str, start: float = 0, end: float = 1, **more: object) -> tuple[str, dict]:
    return "utterance", {"text": text, "start": start, "end": end, **more}


def filled(field: str, value: object, state: str = "heard", source: dict | None = None) -> tuple[str, dict]:
    return "field_heard", {"field": field, "value": value, "state": state, "source": source}


def source(utterance: int, raw: str, span: list[int] | None, start: float, end: float, how: str = "text") -> dict:
    return {"utterance": utterance, "raw": raw, "span": span, "start": start, "end": end, "how": how}


def test_every_event_carries_its_row_id(client: FlaskClient, records: Records) -> None:
    rows = records.append("CA1", STARTED, said("你好"), ("intent", {"intent": "complain"}))
    events = read(client)
    assert [event["id"] for event in events] == [row.id for row in rows]
    assert [event["data"]["kind"] for event in events] == ["call_started", "utterance", "intent"]
    assert all(event["data"]["call"] == "CA1" for event in events)


@pytest.mark.parametrize("cut", range(6))
def test_a_browser_that_comes_back_misses_and_doubles_nothing(
    client: FlaskClient, records: Records, cut: int
) -> None:
    rows = records.append("CA1", STARTED, *(said(f"第{n}句") for n in range(4)))
    first = [event["id"] for event in read(client)][:cut]
    rows += records.append("CA1", said("重连以后"), ENDED)
    last = first[-1] if first else 0
    second = [event["id"] for event in read(client, after="", **{"Last-Event-ID": str(last)})]
    assert first + second == [row.id for row in rows]


def test_last_event_id_wins_over_the_address(client: FlaskClient, records: Records) -> None:
    rows = records.append("CA1", STARTED, said("一"), said("二"))
    events = read(client, after=0, **{"Last-Event-ID": str(rows[1].id)})
    assert [event["id"] for event in events] == [rows[2].id]


@pytest.mark.parametrize("bad", ["x", "-1", "1.5", "９", "1" * 30])
def test_an_id_that_is_none_is_refused(client: FlaskClient, bad: str) -> None:
    assert client.get("/desk/events", query_string={"after": bad}).status_code == 400


def test_an_id_of_another_database_makes_the_page_begin_anew(client: FlaskClient, records: Records) -> None:
    records.append("CA1", STARTED)
    assert [event["event"] for event in read(client, after=1000)] == ["reset"]


def test_an_open_stream_tells_what_happens_next(client: FlaskClient, records: Records) -> None:
    stream = Stream(client)
    assert stream.until_quiet() == []
    (row,) = records.append("CA1", STARTED)
    (event,) = stream.until_quiet()
    assert event["id"] == row.id
    stream.close()


def test_more_than_one_batch_comes_whole(client: FlaskClient, records: Records) -> None:
    rows = records.append("CA1", STARTED, *(said(str(n)) for n in range(1200)))
    assert [event["id"] for event in read(client)] == [row.id for row in rows]


def test_words_being_spoken_come_without_an_id_and_are_not_kept(
    client: FlaskClient, records: Records, hub: Hub
) -> None:
    stream = Stream(client)
    stream.until_quiet()
    hub.partial("CA1", {"text": "上个月 我 的", "end": 1.5})
    hub.partial("CA2", {"text": "別的", "end": 1.5})
    found = stream.until_quiet()
    assert {event["id"] for event in found} == {None}
    assert found[0] == {
        "id": None,
        "event": "partial",
        "data": {"call": "CA1", "text": "上个月我的", "who": "caller", "end": 1.5},
    }
    stream.close()
    assert records.last_id() == 0
    assert read(client) == []


def test_a_listener_reads_the_log_before_words_that_came_after_its_growth(hub: Hub) -> None:
    first, second = ("CA1", {"text": "一", "end": 1}), ("CA1", {"text": "下一", "end": 2})
    with hub.listening() as listener:
        hub.partial(*first)
        hub.grew()
        hub.partial(*second)
        assert listener.wait(0) == [first]  # then the log, with the final sentence
        assert listener.wait(0) == [second]


def test_a_desk_may_ask_for_the_spoken_words_of_one_call(client: FlaskClient, hub: Hub) -> None:
    stream = Stream(client, after="0&partials=CA2")
    stream.until_quiet()
    hub.partial("CA1", {"text": "一句", "end": 1})
    hub.partial("CA2", {"text": "另一句", "end": 1})
    assert [event["data"]["call"] for event in stream.until_quiet()] == ["CA2"]
    stream.close()


def test_the_stream_ends_when_the_browser_goes(client: FlaskClient, hub: CountedHub) -> None:
    stream = Stream(client)
    stream.until_quiet()
    assert hub.listeners == 1
    stream.close()
    assert hub.listeners == 0


def test_what_is_no_business_of_a_screen_is_not_sent(client: FlaskClient, records: Records) -> None:
    records.append(
        "CA1",
        ("moved", {"state": {"phone": "13800138000"}}),
        ("stream_started", {"stream": "MZ1"}),
        ("field_revealed", {"field": "phone", "who": "wang", "why": "回电"}),
    )
    assert read(client) == []


# -- the state at loading ----------------------------------------------------


def test_state_and_stream_meet_without_a_gap_or_a_double(client: FlaskClient, records: Records) -> None:
    rows = records.append("CA1", STARTED, said("前"))
    state = client.get("/desk/calls").json
    rows += records.append("CA1", said("后"))
    before = [event["id"] for call in state["calls"] for event in call["events"]]
    after = [event["id"] for event in read(client, after=state["after"])]
    assert before + after == [row.id for row in rows]


def test_the_state_is_what_the_stream_would_have_told(client: FlaskClient, records: Records) -> None:
    text = "话费 多 扣 了"
    records.append("CA1", STARTED, said(text), filled("category", "billing_anomaly", source=source(1, text, [0, 8], 0, 1)))
    (call,) = client.get("/desk/calls").json["calls"]
    assert call["events"] == [event["data"] for event in read(client)]
    assert client.get("/desk/calls/CA1").json["events"] == call["events"]


def test_an_ended_call_is_not_in_progress_but_can_be_opened(client: FlaskClient, records: Records) -> None:
    records.append("CA1", STARTED, ENDED)
    assert client.get("/desk/calls").json["calls"] == []
    assert [event["kind"] for event in client.get("/desk/calls/CA1").json["events"]] == ["call_started", "call_ended"]
    assert client.get("/desk/calls/CA2").status_code == 404


def test_drafts_and_filed_complaints_can_be_found(client: FlaskClient, records: Records) -> None:
    form = {"intent": "complain", "fields": {"phone": {"value": "13800138000"}, "category": {"value": "slow_network"}}}
    records.append("CA1", STARTED)
    records.save_draft("CA1", form)
    numbers = [records.file_complaint(f"CB{n}", form) for n in range(3)]
    found = client.get("/desk/complaints").json
    (draft,) = found["drafts"]
    assert (draft["call"], draft["number"], draft["phone"]) == ("CA1", None, "138****8000")
    assert draft["category"] == "slow_network"
    assert [case["number"] for case in found["filed"]] == numbers[::-1]
    assert client.get("/desk/calls/CA1").status_code == 200


def test_a_source_is_a_span_of_the_text_that_is_shown(client: FlaskClient, records: Records) -> None:
    first, second = "我 要 投诉", "多 扣 了 五十 块钱 上个月"
    start = second.index("五十")
    rows = records.append(
        "CA1", STARTED, said(first, 0, 2), said(second, 3, 6),
        filled("amount", 50, source=source(2, "五十 块钱", [start, start + 5], 4, 5)),
    )  # fmt: skip
    events = read(client)
    told = events[3]["data"]["data"]["source"]
    shown = events[2]["data"]["data"]["text"]
    assert shown == "多扣了五十块钱上个月"
    assert told["utterance"] == rows[2].id
    assert shown[slice(*told["span"])] == "五十块钱"
    # A desk that joins later is told the same.
    assert read(client, after=rows[2].id)[0] == events[3]


def test_a_number_heard_by_the_digit_recogniser_points_to_its_utterance(
    client: FlaskClient, records: Records
) -> None:
    rows = records.append(
        "CA1", STARTED, said("你好", 0, 1), said("一三八 玲玲", 3, 6, ask="phone"), said("对", 8, 9),
        filled("phone", "13800138000", source=source(2, "13800138000", None, 3, 6, "digits")),
    )  # fmt: skip
    told = read(client)[-1]["data"]["data"]["source"]
    assert (told["utterance"], told["span"], told["how"]) == (rows[2].id, None, "digits")
    assert "raw" not in told


def test_a_keyed_value_points_to_no_words(client: FlaskClient, records: Records) -> None:
    keyed = source(0, "13800138000", None, 0, 0, "keyed")
    records.append("CA1", STARTED, said("你好"), filled("phone", "13800138000", source=keyed))
    assert read(client)[-1]["data"]["data"]["source"]["utterance"] is None


# -- hidden values -----------------------------------------------------------


def test_a_look_at_a_hidden_value_is_on_record(client: FlaskClient, records: Records) -> None:
    records.append("CA1", STARTED, filled("phone", "13911112222"), filled("phone", "13800138000", "confirmed"))
    answer = client.post("/desk/calls/CA1/reveal", json={"field": "phone", "why": "回电"})
    assert answer.json == {"field": "phone", "value": "13800138000"}
    assert answer.headers["Cache-Control"] == "no-store"
    last = records.events("CA1")[-1]
    assert (last.kind, last.data) == ("field_revealed", {"field": "phone", "who": "wang", "why": "回电"})
    answer = client.post("/desk/calls/CA1/reveal", json={"field": "caller", "why": "回电"})
    assert answer.json["value"] == CALLER


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"field": "phone", "why": "回电"}, 200),
        ({"field": "phone"}, 400),
        ({"field": "phone", "why": " "}, 400),
        ({"field": "name"}, 400),
        ({"field": ["phone"]}, 400),
        (["phone"], 400),
        ({}, 400),
        ({"field": "id_number", "why": "回电"}, 404),
    ],
)
def test_what_can_be_looked_at(client: FlaskClient, records: Records, body: object, status: int) -> None:
    records.append("CA1", STARTED, filled("phone", "13800138000"))
    before = records.last_id()
    answer = client.post("/desk/calls/CA1/reveal", json=body)
    assert answer.status_code == status
    assert ("13800138000" in answer.text) == (status == 200)
    assert (records.last_id() > before) == (status == 200)


def test_a_form_post_reveals_nothing(client: FlaskClient, records: Records) -> None:
    records.append("CA1", STARTED, filled("phone", "13800138000"))
    answer = client.post("/desk/calls/CA1/reveal", data={"field": "phone"})
    assert answer.status_code == 400


@settings(
    max_examples=25,
    deadline=None,
    # The database only grows from example to example, as it does in life.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), number=st.one_of(PHONES, IDS), ask=st.sampled_from(["phone", "problem", "", "number"]))
def test_phone_and_id_numbers_never_leave_the_server(
    client: FlaskClient, records: Records, hub: Hub, data: st.DataObject, number: str, ask: str
) -> None:
    assume(number[:4] != number[-4:])
    field = "phone" if len(number) == 11 else "id_number"
    words = data.draw(spoken(number))
    text = "我的是 " + "".join(words) + " 谢谢"
    start = records.last_id()
    call_id = f"CA{start}"
    stream = Stream(client, after=start)
    for count in range(1, len(words) + 1):
        hub.partial(call_id, {"text": "我的是 " + "".join(words[:count]), "end": count, "ask": ask})
    half = len(words) // 2
    heard = source(1, "".join(words), [4, 4 + len("".join(words))], 0, 1) | {"score": 1, "alternatives": [number]}
    form = {"intent": "complain", "fields": {name: {"value": number} for name in ("phone", "id_number", "category")}}
    records.append(
        call_id,
        ("call_started", {"from": number, "to": "10086"}),
        ("prompt", {"text": text, "lang": "zh", "step": "phone"}),
        ("menu_choice", {"step": "phone", "key": number, "heard": text, "choice": number}),
        said(text, ask=ask, digits=[number], words=[{"text": word, "start": 0, "end": 1} for word in words]),
        said("".join(words[:half]), 1, 2, ask="phone"),
        said("".join(words[half:]), 2, 3, ask="phone"),
        filled(field, number, "confirmed", heard),
        filled("name", text),
        filled("occurred", number),
        filled("complaint_number", number),
        filled("evidence", [text]),
        filled("amount", int(number.rstrip("X"))),
        ("error", {"what": text}),
        ("call_ended", {"status": "completed", "reason": text}),
    )
    if data.draw(st.booleans()):
        records.file_complaint(call_id, form)
    else:
        records.save_draft(call_id, form)
    sent = stream.until_quiet() + read(client, after=start)
    stream.close()
    answers = [client.get(path).json for path in ("/desk/calls", f"/desk/calls/{call_id}", "/desk/complaints")]
    kinds = {event["data"].get("kind", event["event"]) for event in sent}
    assert {"partial", "utterance", "field_heard", "call_ended"} <= kinds
    for one in texts([sent, answers]):
        assert hidden(one, number), one
    assert number not in client.get("/desk").text


def test_the_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    answer = client.get("/desk")
    assert answer.status_code == client.get("/desk/").status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert loaded and all(re.match(r"/(desk/)?static/", address) for address in loaded)
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*(src=|application/json))", answer.text)
    for address in loaded:
        with client.get(address) as part:
            assert part.status_code == 200
