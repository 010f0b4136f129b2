"""The webhooks of the calls that the line makes: ``POST /voice/agent/…`` and ``/voice/callback/…``, signed.

A token in the address says which ring of which agent, or which attempt of which
call-back, it is about; what is late or unknown is answered with the call's end.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from ivr.admission import KEYS, PARTY, SID, call_sid, call_status, field, guard, query, twiml
from ivr.agent_ear import AgentEar
from ivr.duty import Callback
from ivr.floor import Floor
from ivr.flow import FINAL, Flow
from ivr.legs import Legs
from ivr.ports import Repeats
from ivr.signature import Signatures

_TOKEN = re.compile(r"[0-9a-f]{32}")
_FLAG = re.compile(r"[01]")


def leg_blueprint(
    flow: Flow, floor: Floor, legs: Legs, signatures: Signatures, repeats: Repeats, ear: AgentEar | None = None
) -> Blueprint:
    """The webhooks of agents' and customers' legs; with an ``ear`` agents are heard."""
    blueprint = Blueprint("legs", __name__, url_prefix="/voice")

    def apology() -> str:
        # Just before being joined nobody is hung up: the two talk, whatever the books say.
        return legs.nothing() if request.path.endswith("/joining") else legs.hang_up()

    guard(blueprint, signatures, repeats, apology)

    # -- agents --------------------------------------------------------------------

    @blueprint.post("/agent/answer")
    def agent_answer() -> Response:
        offer = query("offer", _TOKEN)
        whisper = floor.answered(offer, call_sid())
        if whisper is None:
            return twiml(legs.gone())
        token = None if ear is None else ear.token(call_sid(), flow.language(whisper.call))
        return twiml(legs.whisper(offer, whisper, token))

    @blueprint.post("/agent/joining")
    def agent_joining() -> Response:
        sid, leg = call_sid(), field("DequeingCallSid", SID)
        lang = flow.answered(sid)
        floor.joining(sid, leg)
        return twiml(legs.joining(lang))

    @blueprint.post("/agent/done")
    def agent_done() -> Response:
        offer = query("offer", _TOKEN)
        what, call = floor.done(offer)
        if what == "room":
            return twiml(legs.room(offer, call))
        return twiml(legs.hang_up() if what == "over" else legs.gone())

    @blueprint.post("/agent/status")
    def agent_status() -> Response:
        offer, word = query("offer", _TOKEN), call_status()
        if word in FINAL:
            if ear is not None:
                ear.forget(call_sid())
            floor.rang(offer, word)
        return twiml("")

    # -- customers who are called back -----------------------------------------------

    @blueprint.post("/callback/answer")
    def callback_answer() -> Response:
        token = query("token", _TOKEN)
        callback = begun(token)
        return twiml(legs.hang_up() if callback is None else legs.greeting(token, callback.lang))

    @blueprint.post("/callback/key")
    def callback_key() -> Response:
        token, again = query("token", _TOKEN), query("again", _FLAG)
        callback = begun(token)
        if callback is None:
            return twiml(legs.hang_up())
        if field("Digits", KEYS) == "1":
            return twiml(flow.taken_up(call_sid()))
        return twiml(legs.hang_up() if again == "1" else legs.again(token, callback.lang))

    @blueprint.post("/callback/status")
    def callback_status() -> Response:
        token, word = query("token", _TOKEN), call_status()
        begun(token)
        if word in FINAL:
            flow.status(call_sid(), word)
        return twiml("")

    def begun(token: str) -> Callback | None:
        """The call-back that this request is about, its call on record; None when it is over."""
        sid, line = call_sid(), field("From", PARTY)
        callback = floor.called(token, sid)
        if callback is not None:
            flow.called_back(sid, callback, line)
        return callback

    return blueprint
