"""Opens the streams of a call, whether a document or REST asks for them, and reports what becomes of each."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ivr.carrier.call import Call
from ivr.carrier.document import INVALID_VERB, StartStream
from ivr.carrier.fault import CarrierError
from ivr.carrier.stream import Stream, event_params

if TYPE_CHECKING:
    from ivr.carrier.exchange import Exchange

MOST_STREAMS = 4

_LOCK = threading.Lock()
"""A document and REST may ask for a stream of one call at the same time."""


def fork(exchange: Exchange, call: Call, verb: StartStream) -> Stream:
    """The stream of this call, being opened. Raises ``CarrierError`` for one too many and for a name that is taken."""

    def report(stream: Stream, event: str, error: str) -> None:
        if event != "stream-started":
            with _LOCK:
                call.streams = tuple(one for one in call.streams if one is not stream)
        call.tell("stream", event=event, text=error)
        if verb.status_callback:
            params = event_params(stream, call.params(), event, error)
            exchange.post(call, verb.status_callback, verb.status_method, params)

    webhooks = exchange.webhooks
    with _LOCK:
        if len(call.streams) >= MOST_STREAMS:
            raise CarrierError(f"A call has at most {MOST_STREAMS} streams", INVALID_VERB, verb.url)
        if verb.name and any(stream.name == verb.name for stream in call.streams):
            raise CarrierError(f"A stream named {verb.name!r} is already open", INVALID_VERB, verb.url)
        address, signature = webhooks.reached_at(verb.url), webhooks.handshake_signature(verb.url)
        stream = Stream(call.account_sid, call.sid, verb, address, signature, report)
        call.streams += (stream,)
    threading.Thread(target=stream.open, name="carrier-stream-open", daemon=True).start()
    return stream
