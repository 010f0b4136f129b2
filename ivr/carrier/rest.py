"""Twilio's REST API, as far as the line uses it: look up and update a call, fork its audio, send a message.

Errors have Twilio's form and numbers, so that the ``twilio`` client raises what it
would raise against the real one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from ivr.carrier.call import API_VERSION, Call, Order
from ivr.carrier.credentials import checked
from ivr.carrier.document import LARGEST_INLINE, STREAM_URL, TRACKS, StartStream, stream_fault
from ivr.carrier.exchange import Callback, Exchange
from ivr.carrier.fault import CarrierError
from ivr.carrier.forks import fork
from ivr.carrier.settings import NUMBER, PARTY

LONGEST_MESSAGE = 1600
MOST_PARAMETERS = 99
ADDRESS = re.compile(r"^https?://\S+$")


class Refused(Exception):
    """An error answer: HTTP status, Twilio's number and text."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def rest_blueprint(exchange: Exchange) -> Blueprint:
    """The blueprint for one exchange."""
    blueprint = Blueprint("rest", __name__, url_prefix=f"/{API_VERSION}/Accounts/<account>")

    @blueprint.before_request
    def authenticate() -> None:
        if not checked(exchange.settings, request.authorization):
            raise Refused(401, 20003, "Authenticate")
        if request.view_args and request.view_args["account"] != exchange.settings.account_sid:
            raise _not_found()

    @blueprint.errorhandler(Refused)
    def refuse(refused: Refused) -> tuple[Response, int]:
        more = f"https://www.twilio.com/docs/errors/{refused.code}"
        body = {"code": refused.code, "message": str(refused), "more_info": more, "status": refused.status}
        answer = jsonify(body)
        if refused.status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
        return answer, refused.status

    def found(sid: str) -> Call:
        call = exchange.call(sid)
        if call is None:
            raise _not_found()
        return call

    @blueprint.get("/Calls/<sid>.json")
    def fetch(account: str, sid: str) -> dict[str, Any]:
        return found(sid).resource()

    @blueprint.post("/Calls/<sid>.json")
    def update(account: str, sid: str) -> dict[str, Any]:
        call, form = found(sid), request.form
        order = _order(form)
        status = form.get("Status")
        if status is not None and status not in ("completed", "canceled"):
            raise Refused(400, 20001, "Invalid Status")
        if status is None and order is None:
            raise Refused(400, 20001, "Url, Twiml or Status is needed")
        if not call.live:
            raise Refused(400, 21220, "Unable to update record: call is not in-progress. Cannot redirect.")
        if status == "canceled" and call.answered:
            return call.resource()  # it ends only what is not answered yet
        if status is not None:
            call.hang_up("ended by the line (REST)")
        else:
            call.order(order)
        return call.resource()

    @blueprint.post("/Calls/<sid>/Streams.json")
    def stream(account: str, sid: str) -> tuple[dict[str, Any], int]:
        call = found(sid)
        if not call.live or not call.answered:
            raise Refused(400, 21220, "Unable to create record: call is not in-progress.")
        try:
            opened = fork(exchange, call, _stream(request.form))
        except CarrierError as error:
            raise Refused(400, error.code, str(error)) from None
        return {
            "sid": opened.sid,
            "account_sid": account,
            "call_sid": sid,
            "name": opened.name,
            "status": "in-progress",
            "date_updated": format_datetime(datetime.now(UTC)),
            "uri": f"/{API_VERSION}/Accounts/{account}/Calls/{sid}/Streams/{opened.sid}.json",
        }, 201

    @blueprint.post("/Calls.json")
    def create(account: str) -> tuple[dict[str, Any], int]:
        form = request.form
        to, from_, order = form.get("To", ""), form.get("From", ""), _order(form)
        if not re.fullmatch(PARTY, to):
            raise Refused(400, 21211, "Invalid 'To' Phone Number")
        if not re.fullmatch(PARTY, from_):
            raise Refused(400, 21212, "Invalid 'From' Phone Number")
        if order is None:
            raise Refused(400, 21205, "Url or Twiml is needed")
        events = form.getlist("StatusCallbackEvent") or ["completed"]
        callback = Callback(form.get("StatusCallback"), form.get("StatusCallbackMethod", "POST").upper(), events)
        timeout = form.get("Timeout", "60")
        if not timeout.isdecimal():
            raise Refused(400, 20001, "Timeout must be a number of seconds")
        call = exchange.ring(from_, to, order, callback, float(timeout))
        # Already under way by now; Twilio answers with how it began.
        return {**call.resource(), "status": "queued"}, 201

    @blueprint.get("/Messages.json")
    def messages(account: str) -> dict[str, Any]:
        # One page holds all that is kept; Twilio's list has no next page then.
        limit = min(int(request.args.get("PageSize", "50")), 1000) if request.args.get("PageSize", "50").isdecimal() else 50
        kept = exchange.outbox.messages()[:limit]
        return {"messages": kept, "page": 0, "page_size": limit, "next_page_uri": None, "uri": request.full_path}

    @blueprint.post("/Messages.json")
    def send(account: str) -> tuple[dict[str, Any], int]:
        form = request.form
        to, body = form.get("To", ""), form.get("Body", "")
        if not to:
            raise Refused(400, 21604, "A 'To' phone number is required.")
        if not re.fullmatch(NUMBER, to):
            raise Refused(400, 21211, "Invalid 'To' Phone Number")
        if not form.get("From") and not form.get("MessagingServiceSid"):
            raise Refused(400, 21603, "A 'From' phone number is required.")
        if not body:
            raise Refused(400, 21602, "Message body is required.")
        if len(body) > LONGEST_MESSAGE:
            raise Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        return exchange.send(form.get("From", ""), to, body), 201

    return blueprint


def _order(form: Any) -> Order | None:
    url, twiml = form.get("Url", ""), form.get("Twiml", "")
    method = form.get("Method", "POST").upper()
    if url and not ADDRESS.match(url):
        raise Refused(400, 21205, "Url is not a valid URL")
    if method not in ("GET", "POST"):
        raise Refused(400, 21206, "Method must be GET or POST")
    if len(twiml) > LARGEST_INLINE:
        raise Refused(400, 20001, f"Twiml must be at most {LARGEST_INLINE} characters")
    return Order(url, method, twiml) if url or twiml else None


def _stream(form: Any) -> StartStream:
    url, track = form.get("Url", ""), form.get("Track", "inbound_track")
    method = form.get("StatusCallbackMethod", "POST").upper()
    fault = stream_fault(url)
    if fault:
        raise Refused(400, STREAM_URL, fault)
    if track not in TRACKS:
        raise Refused(400, 20001, f"Track must be one of {', '.join(TRACKS)}")
    if method not in ("GET", "POST"):
        raise Refused(400, 20001, "StatusCallbackMethod must be GET or POST")
    pairs = []
    for number in range(1, MOST_PARAMETERS + 1):
        name = form.get(f"Parameter{number}.Name")
        if name:
            pairs.append((name, form.get(f"Parameter{number}.Value", "")))
    return StartStream(url, form.get("Name", ""), track, form.get("StatusCallback", ""), method, tuple(pairs))


def _not_found() -> Refused:
    return Refused(404, 20404, f"The requested resource {request.path} was not found")
