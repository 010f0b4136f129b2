"""What is heard on the calls that the line makes: agents' phones, customers who are called back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ivr import wording
from ivr.call import form_of
from ivr.ports import Records
from ivr.script import Script
from ivr.steps import Say
from ivr.twiml import Urls, fork, into_room

AGENT_LANG = "zh"
"""Language in which agents are told who is calling."""

HEAD_S = 3
"""The caller stands at the head of the queue; whoever is not there by then is gone."""

PRESS_S = 6
"""So long a customer who is called back may take to press a key."""


@dataclass(frozen=True)
class LegUrls:
    """Addresses of the webhooks for calls that the line makes; tokens name them, never numbers."""

    base: str

    def agent(self, what: str, offer: str) -> str:
        """``answer``, ``done`` or ``status`` of an agent's phone."""
        return f"{self.base}/voice/agent/{what}?offer={offer}"

    @property
    def held(self) -> str:
        """What a caller in an agent's hands hears now."""
        return f"{self.base}/voice/held"

    @property
    def joining(self) -> str:
        """What the caller hears just before being connected."""
        return f"{self.base}/voice/agent/joining"

    def callback_answer(self, token: str) -> str:
        """A customer has taken the call."""
        return f"{self.base}/voice/callback/answer?token={token}"

    def callback_key(self, token: str, again: bool) -> str:
        """A customer has pressed a key, at the first or the second question."""
        return f"{self.base}/voice/callback/key?token={token}&again={int(again)}"

    def callback_status(self, token: str) -> str:
        """How the call to a customer ended."""
        return f"{self.base}/voice/callback/status?token={token}"


@dataclass(frozen=True)
class Whisper:
    """Who is about to be connected: queue, category (None: not known) and complaint number ('' for none)."""

    queue: str
    category: str | None = None
    number: str = ""
    call: str = ""
    asks: str = ""
    """The agent who asks for help with this caller's ``call``; '' for a call of one's own."""


def whisper_for(records: Records, sid: str, queue: str, asks: str = "") -> Whisper:
    """What is on record of this caller; of one who was called back, what the first call was about."""
    events = records.events(sid)
    category, number = form_of(events).get("category"), form_of(events).get("complaint_number") or ""
    for event in events:
        if event.kind == "complaint_filed":
            number = event.data["number"]
        elif event.kind == "called_back":
            number = event.data["complaint"] or number
            category = category or form_of(records.events(event.data["of"])).get("category")
    return Whisper(queue, category, number, sid, asks)


@dataclass(frozen=True)
class Legs:
    """Writes the TwiML of these calls."""

    script: Script
    urls: LegUrls

    def whisper(self, offer: str, whisper: Whisper, token: str | None = None) -> str:
        """For the agent: who it is, then the head of the queue; for one who helps, the room of that call.

        With a ``token`` the agent's voice is forked as well.
        """
        response = VoiceResponse()
        if token is not None:
            fork(response, Urls(self.urls.base), token)
        known = self.script.menu.categories.get(whisper.category or "")
        says = [Say("agent_whisper_unknown")]
        if known is not None:
            says = [Say("agent_whisper", (("category", known.of(AGENT_LANG)),))]
        if whisper.number:
            says.append(Say("agent_whisper_number", (("number", whisper.number),)))
        if whisper.asks:
            says.insert(0, Say("agent_consult", (("agent", whisper.asks),)))
        self._say(response, says, AGENT_LANG)
        if whisper.asks:
            into_room(response, whisper.call, self.urls.agent("done", offer))
            return str(response)
        dial = Dial(action=self.urls.agent("done", offer), method="POST", timeout=HEAD_S)
        dial.queue(whisper.queue, url=self.urls.joining, method="POST")
        response.append(dial)
        return str(response)

    def room(self, offer: str, call: str) -> str:
        """For the agent whose caller is on hold: the room, in which the caller will be again."""
        response = VoiceResponse()
        into_room(response, call, self.urls.agent("done", offer))
        return str(response)

    def gone(self) -> str:
        """For the agent: the caller is not there any more."""
        response = VoiceResponse()
        self._say(response, [Say("agent_gone")], AGENT_LANG)
        response.hangup()
        return str(response)

    def joining(self, lang: str) -> str:
        """For the caller: connected in a moment, and recorded."""
        response = VoiceResponse()
        self._say(response, [Say("queue_joining")], lang)
        return str(response)

    def greeting(self, token: str, lang: str) -> str:
        """For a customer who is called back: who calls, and the key that connects; asked twice."""
        response = VoiceResponse()
        self._ask(response, token, Say("callback_greeting"), lang, again=False)
        return self._asked_again(response, token, lang)

    def again(self, token: str, lang: str) -> str:
        """The same after another key."""
        return self._asked_again(VoiceResponse(), token, lang)

    @staticmethod
    def nothing() -> str:
        """A document that says nothing."""
        return str(VoiceResponse())

    @staticmethod
    def hang_up() -> str:
        """The end of a call."""
        response = VoiceResponse()
        response.hangup()
        return str(response)

    def _asked_again(self, response: VoiceResponse, token: str, lang: str) -> str:
        self._ask(response, token, Say("callback_press"), lang, again=True)
        self._say(response, [Say("callback_goodbye")], lang)
        response.hangup()
        return str(response)

    def _ask(self, response: VoiceResponse, token: str, say: Say, lang: str, *, again: bool) -> None:
        gather = Gather(
            input="dtmf",
            num_digits=1,
            finish_on_key="",
            timeout=PRESS_S,
            action=self.urls.callback_key(token, again),
            method="POST",
        )
        self._say(gather, [say], lang)
        response.append(gather)

    def _say(self, verb: VoiceResponse | Gather, says: Iterable[Say], lang: str) -> None:
        language = self.script.languages.of(lang)
        for say in says:
            verb.say(wording.text(self.script, say, lang), language=language.say, voice=language.voice or None)
