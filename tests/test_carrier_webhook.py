"""Requests to the line: signature, limits, retries, fallback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from flask import Response

from ivr.carrier.call import Order
from ivr.carrier.caller import RecordedCaller, Script
from ivr.carrier.client import place_call
from ivr.carrier.fault import CarrierError
from ivr.carrier.webhook import Policy, Webhooks
from tests.toy_line import ACCOUNT, CALLER, NUMBER, PUBLIC, TOKEN, ToyLine, carried, served


@pytest.fixture
def line() -> ToyLine:
    return ToyLine()


@pytest.fixture
def webhooks(line: ToyLine) -> Iterator[Webhooks]:
    with served(line.app) as url:
        yield Webhooks(TOKEN, url, PUBLIC)


def test_the_signature_is_twilios() -> None:
    params = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    webhooks = Webhooks("12345", "http://127.0.0.1:1", PUBLIC)
    url = "https://mycompany.com{}/myapp.php?foo=1&bar=2"
    assert webhooks.signature(url.format(""), params) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert webhooks.signature(url.format(":443"), params) == "kvajT1Ptam85bY51eRf/AJRuM3w="


def test_a_handshake_is_signed_for_its_wss_address() -> None:
    webhooks = Webhooks(TOKEN, "http://127.0.0.1:8000", "http://127.0.0.1:8000")
    signed = webhooks.signature("wss://127.0.0.1:8000/media", {})
    assert webhooks.handshake_signature("ws://127.0.0.1:8000/media") == signed
    assert webhooks.handshake_signature("wss://127.0.0.1:8000/media") == signed


@pytest.mark.parametrize(
    ("public", "line", "url", "reached"),
    [
        (PUBLIC, "http://127.0.0.1:8000", PUBLIC + "/voice/a?b=1", "http://127.0.0.1:8000/voice/a?b=1"),
        (PUBLIC, "http://127.0.0.1:8000", "wss://line.example.org/media", "ws://127.0.0.1:8000/media"),
        (PUBLIC, "https://inside:8443", "wss://line.example.org/media", "wss://inside:8443/media"),
        (PUBLIC + "/hot", "http://127.0.0.1:8000", PUBLIC + "/hot/voice/a", "http://127.0.0.1:8000/voice/a"),
        (PUBLIC, "http://127.0.0.1:8000", "https://sounds.example.org/a", "https://sounds.example.org/a"),
    ],
)
def test_the_public_address_is_reached_where_the_line_listens(public: str, line: str, url: str, reached: str) -> None:
    assert Webhooks(TOKEN, line, public).reached_at(url) == reached


def test_policy_from_the_fragment() -> None:
    assert Policy.of("") == Policy(5.0, 15.0, 15.0, 1, frozenset({"ct"}))
    assert Policy.of("rc=3&rp=5xx,rt&ct=200&rt=300&tt=1000") == Policy(0.2, 0.3, 1.0, 3, frozenset({"5xx", "rt"}))
    assert Policy.of("rp=all").retry_on == {"4xx", "5xx", "ct", "rt"}
    assert Policy.of("rc=99&ct=x&rt=999999") == Policy()


def test_get_puts_the_parameters_into_the_signed_address(line: ToyLine, webhooks: Webhooks) -> None:
    line.says("/voice/a", "<Hangup/>")
    webhooks.document(f"{PUBLIC}/voice/a?step=x", "GET", {"CallSid": "CA1", "From": "+1 2"})
    (hook,) = line.hooks
    assert hook.params == {"step": "x", "CallSid": "CA1", "From": "+1 2"}
    assert hook.signed


def test_a_retry_repeats_the_idempotency_token(line: ToyLine, webhooks: Webhooks) -> None:
    answers = iter([Response("no", 503), Response("no", 500), "<Response/>"])
    line.answers["/voice/a"] = lambda params: next(answers)
    assert webhooks.document(f"{PUBLIC}/voice/a#rc=2&rp=5xx", "POST", {"CallSid": "CA1"}) == b"<Response/>"
    assert len({hook.headers["I-Twilio-Idempotency-Token"] for hook in line.hooks}) == 1
    assert len(line.hooks) == 3
    assert all(hook.signed for hook in line.hooks)
    line.says("/voice/b")
    webhooks.document(f"{PUBLIC}/voice/b", "POST", {"CallSid": "CA1"})
    assert len({hook.headers["I-Twilio-Idempotency-Token"] for hook in line.hooks}) == 2


def test_by_default_an_error_answer_is_not_tried_again(line: ToyLine, webhooks: Webhooks) -> None:
    line.answers["/voice/a"] = lambda params: Response("no", 500)
    with pytest.raises(CarrierError, match="answered 500 INTERNAL SERVER ERROR .*line.example.org/voice/a") as caught:
        webhooks.document(f"{PUBLIC}/voice/a", "POST", {})
    assert caught.value.code == 11200
    assert len(line.hooks) == 1


def test_no_connection_is_said_plainly() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    webhooks = Webhooks(TOKEN, f"http://127.0.0.1:{port}", PUBLIC)
    with pytest.raises(CarrierError, match="No connection to the webhook: is the line up") as caught:
        webhooks.document(f"{PUBLIC}/voice/a", "POST", {})
    assert caught.value.code == 11205


def test_a_slow_webhook_is_given_up(line: ToyLine, webhooks: Webhooks) -> None:
    done = threading.Event()
    line.answers["/voice/a"] = lambda params: done.wait(20) and "<Response/>"
    with pytest.raises(CarrierError, match="did not answer in 0.2 s"):
        webhooks.document(f"{PUBLIC}/voice/a#rt=200", "POST", {})
    done.set()


def test_a_dripping_webhook_is_given_up(line: ToyLine, webhooks: Webhooks) -> None:
    done = threading.Event()

    def drip() -> Iterator[bytes]:
        while not done.wait(0.05):
            yield b" " * 9000

    line.answers["/voice/a"] = lambda params: Response(drip(), content_type="text/xml")
    with pytest.raises(CarrierError, match="larger than|took longer than 0.3 s"):
        body = webhooks.document(f"{PUBLIC}/voice/a#tt=300", "POST", {})
        assert len(body) <= 80_000
        raise CarrierError("larger than 64 kB", 0)
    done.set()


def test_an_error_never_repeats_whose_call_it_was(line: ToyLine, webhooks: Webhooks) -> None:
    line.answers["/voice/a"] = lambda params: Response("no", 500)
    with pytest.raises(CarrierError) as caught:
        webhooks.document(f"{PUBLIC}/voice/a?step=x", "GET", {"From": "+8613700001111"})
    assert caught.value.url == f"{PUBLIC}/voice/a?step=x"
    assert "1370000" not in str(caught.value)


def test_what_is_not_twiml_is_named(line: ToyLine, webhooks: Webhooks) -> None:
    line.answers["/voice/a"] = lambda params: Response("{}", content_type="application/json")
    with pytest.raises(CarrierError, match="answered application/json where text/xml is needed"):
        webhooks.document(f"{PUBLIC}/voice/a", "POST", {})


def happenings(carrier: str) -> list[dict]:
    return list(place_call(carrier, (ACCOUNT, TOKEN), [], from_=CALLER, to=NUMBER))


def test_the_fallback_webhook_saves_the_call(line: ToyLine) -> None:
    line.says("/voice/incoming", "<Record/>")
    line.says("/voice/fallback", "<Say>Please hold</Say><Hangup/>")
    with carried(line, fallback_path="/voice/fallback") as (carrier, _):
        story = happenings(carrier)
    (fallback,) = line.at("/voice/fallback")
    assert fallback.signed
    assert fallback.params["ErrorCode"] == "12200"
    assert fallback.params["ErrorUrl"] == f"{PUBLIC}/voice/incoming"
    assert [one["text"] for one in story if one["kind"] == "say"] == ["Please hold"]
    assert story[-1]["reason"] == "Hangup"


def test_without_help_the_call_ends_with_an_apology_and_the_reason(line: ToyLine) -> None:
    line.answers["/voice/incoming"] = lambda params: Response("no", 500)
    line.answers["/voice/fallback"] = lambda params: Response("no", 404)
    with carried(line, fallback_path="/voice/fallback") as (carrier, _):
        story = happenings(carrier)
        (status,) = line.wait(lambda: line.at("/voice/status"))
    errors = [one["text"] for one in story if one["kind"] == "error"]
    assert [error.split(" (")[0] for error in errors] == [
        "The webhook answered 500 INTERNAL SERVER ERROR",
        "The webhook answered 404 NOT FOUND",
    ]
    assert "application error" in [one["text"] for one in story if one["kind"] == "say"][0]
    assert (story[-1]["kind"], story[-1]["reason"]) == ("ended", "the line failed")
    assert status.params["CallStatus"] == "completed"


def test_a_fallback_that_leads_back_to_the_failure_does_not_go_round_for_ever(line: ToyLine) -> None:
    line.answers["/voice/incoming"] = lambda params: Response("no", 500)
    line.says("/voice/fallback", "<Redirect>/voice/incoming</Redirect>")
    with carried(line, fallback_path="/voice/fallback") as (carrier, _):
        story = happenings(carrier)
    assert len(line.at("/voice/fallback")) == 5
    assert story[-1]["reason"] == "the line failed"


def test_an_order_in_mid_apology_still_counts(line: ToyLine) -> None:
    line.answers["/voice/incoming"] = lambda params: Response("no", 500)
    with carried(line, speech_rate=0.1) as (_, exchange):
        apology = threading.Event()
        call = exchange.dial(
            CALLER, RecordedCaller(Script(())), lambda kind, data: kind == "say" and apology.set()
        )
        assert apology.wait(10)
        call.order(Order(twiml="<Response><Hangup/></Response>"))
        assert call.over.wait(10)
        (status,) = line.wait(lambda: line.at("/voice/status"))
    assert status.params["CallStatus"] == "completed"
