"""Twilio's REST API as the carrier serves it, with the real ``twilio`` client."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from ivr.carrier.caller import RecordedCaller, Script
from tests.toy_line import ACCOUNT, CALLER, NUMBER, PUBLIC, TOKEN, ToyLine, carried


class _ToCarrier(TwilioHttpClient):
    def __init__(self, url: str) -> None:
        super().__init__(pool_connections=False)
        self._url = url

    def request(self, method: str, url: str, *args, **kwargs):
        return super().request(method, url.replace("https://api.twilio.com", self._url), *args, **kwargs)


@pytest.fixture
def line() -> ToyLine:
    return ToyLine()


@pytest.fixture
def carrier(line: ToyLine) -> Iterator[SimpleNamespace]:
    with carried(line) as (url, exchange):

        def client(account: str = ACCOUNT, token: str = TOKEN) -> Client:
            return Client(account, token, http_client=_ToCarrier(url))

        yield SimpleNamespace(url=url, exchange=exchange, client=client)


def waiting_call(line: ToyLine, carrier: SimpleNamespace):
    line.says("/voice/incoming", '<Pause length="60"/>')
    call = carrier.exchange.dial(CALLER, RecordedCaller(Script(())))
    assert call.wait(10, lambda: call.answered)
    return call


def refusal(action) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        action()
    return caught.value.status, caught.value.code


def test_a_call_can_be_looked_up(line: ToyLine, carrier: SimpleNamespace) -> None:
    call = waiting_call(line, carrier)
    found = carrier.client().calls(call.sid).fetch()
    assert (found.sid, found.account_sid, found.status) == (call.sid, ACCOUNT, "in-progress")
    assert (found.to, found._from, found.direction) == (NUMBER, CALLER, "inbound")
    assert found.start_time is not None
    assert found.end_time is None


def test_url_interrupts_what_is_playing(line: ToyLine, carrier: SimpleNamespace) -> None:
    call = waiting_call(line, carrier)
    line.says("/voice/next", "<Say>Now this</Say><Hangup/>")
    carrier.client().calls(call.sid).update(url=f"{PUBLIC}/voice/next?turn=3", method="POST")
    (hook,) = line.wait(lambda: line.at("/voice/next"))
    assert hook.signed
    assert hook.params["CallSid"] == call.sid
    assert hook.params["CallStatus"] == "in-progress"
    assert call.over.wait(10)
    assert carrier.client().calls(call.sid).fetch().status == "completed"


def test_twiml_interrupts_a_gather(line: ToyLine, carrier: SimpleNamespace) -> None:
    line.says("/voice/incoming", '<Gather timeout="60"/>')
    heard = []
    call = carrier.exchange.dial(
        CALLER, RecordedCaller(Script(())), lambda kind, data: heard.append((kind, data.get("text")))
    )
    assert call.wait(10, lambda: call.answered)
    carrier.client().calls(call.sid).update(twiml="<Response><Say>Inline</Say></Response>")
    assert call.over.wait(10)
    assert ("say", "Inline") in heard


def test_a_stream_is_opened_in_mid_call(line: ToyLine, carrier: SimpleNamespace) -> None:
    call = waiting_call(line, carrier)
    streams = carrier.client().calls(call.sid).streams
    opened = streams.create(
        url="wss://line.example.org/media", name="ear", track="inbound_track", status_callback=f"{PUBLIC}/voice/stream",
        parameter1_name="token", parameter1_value="t-1",
    )  # fmt: skip
    assert (opened.call_sid, opened.name, opened.status) == (call.sid, "ear", "in-progress")
    (start,) = line.wait(lambda: line.sockets and line.sockets[0].of("start"))
    assert (start["start"]["callSid"], start["streamSid"]) == (call.sid, opened.sid)
    assert start["start"]["customParameters"] == {"token": "t-1"} and start["start"]["tracks"] == ["inbound"]
    line.wait(lambda: len(line.sockets[0].of("media")) > 5)
    assert call.live, "what is heard goes on"
    assert line.wait(lambda: line.at("/voice/stream"))[0].params["StreamEvent"] == "stream-started"
    for wrong in ({"url": "https://line.example.org/media"}, {"url": "wss://line.example.org/media?x=1"}, {"url": "wss://line.example.org/media", "name": "ear"}):
        assert refusal(lambda: streams.create(**wrong))[0] == 400
    assert refusal(lambda: streams.create(url="wss://line.example.org/media", track="sideways")) == (400, 20001)
    carrier.client().calls(call.sid).update(status="completed")
    line.wait(lambda: line.sockets[0].of("stop"))
    assert refusal(lambda: streams.create(url="wss://line.example.org/media")) == (400, 21220)


def test_status_completed_hangs_up(line: ToyLine, carrier: SimpleNamespace) -> None:
    call = waiting_call(line, carrier)
    carrier.client().calls(call.sid).update(status="completed")
    assert call.over.wait(10)
    (status,) = line.wait(lambda: line.at("/voice/status"))
    assert status.params["CallStatus"] == "completed"
    update = carrier.client().calls(call.sid).update
    assert refusal(lambda: update(status="completed")) == (400, 21220)


def test_refusals_are_twilios(line: ToyLine, carrier: SimpleNamespace) -> None:
    unknown = "CA" + "f" * 32
    assert refusal(lambda: carrier.client().calls(unknown).fetch()) == (404, 20404)
    assert refusal(lambda: carrier.client().calls(unknown).update(status="completed")) == (404, 20404)
    assert refusal(lambda: carrier.client(token="wrong").calls(unknown).fetch()) == (401, 20003)
    assert refusal(lambda: carrier.client(account="AC" + "1" * 32).calls(unknown).fetch()) == (401, 20003)
    send = carrier.client().messages.create
    assert refusal(lambda: send(to=CALLER, from_=NUMBER, body="")) == (400, 21602)
    assert refusal(lambda: send(to="nobody", from_=NUMBER, body="x")) == (400, 21211)
    assert refusal(lambda: send(to=CALLER, from_=NUMBER, body="x" * 1601)) == (400, 21617)
    call = waiting_call(line, carrier)
    update = carrier.client().calls(call.sid).update
    assert refusal(lambda: update(twiml="<Response>" + " " * 4000 + "</Response>")) == (400, 20001)
    assert refusal(lambda: update(url="not an address")) == (400, 21205)
    assert call.live


def test_a_message_lands_in_the_outbox_and_reaches_its_caller(line: ToyLine, carrier: SimpleNamespace) -> None:
    heard = []
    line.says("/voice/incoming", '<Pause length="60"/>')
    call = carrier.exchange.dial(CALLER, RecordedCaller(Script(())), lambda kind, data: heard.append((kind, data)))
    sent = carrier.client().messages.create(to=CALLER, from_=NUMBER, body="投诉编号 202611230001 <b>")
    assert sent.sid.startswith("SM")
    assert sent.status == "queued"
    assert ("sms", {"to": CALLER, "body": "投诉编号 202611230001 <b>"}) in heard
    call.hang_up("enough")

    (listed,) = carrier.client().messages.list(limit=5)
    assert (listed.sid, listed.to, listed.body) == (sent.sid, CALLER, "投诉编号 202611230001 <b>")
    assert requests.get(f"{carrier.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", timeout=5).status_code == 401


def test_the_line_calls_nobody(line: ToyLine, carrier: SimpleNamespace) -> None:
    call = carrier.client().calls.create(
        to="+8613900000000",
        from_=NUMBER,
        twiml="<Response/>",
        status_callback=f"{PUBLIC}/voice/status",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    assert call.status == "queued"
    initiated, failed = line.wait(lambda: len(line.hooks) == 2 and line.hooks)
    assert [hook.params["CallStatus"] for hook in (initiated, failed)] == ["initiated", "failed"]
    assert [hook.params["SequenceNumber"] for hook in (initiated, failed)] == ["0", "1"]
    assert failed.params["Direction"] == "outbound-api"
