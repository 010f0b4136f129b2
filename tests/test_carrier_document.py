"""TwiML in: checked verbs out, or an error that names verb and document."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from ivr.carrier import document
from ivr.carrier.fault import CarrierError

URL = "https://line.example.org/voice/incoming?turn=1"


def parse(*verbs: str, allowed=document.EVERYWHERE) -> tuple[document.Verb, ...]:
    return document.parse(f"<Response>{''.join(verbs)}</Response>", URL, allowed).verbs


def test_what_twilios_own_builder_writes_is_understood() -> None:
    response = VoiceResponse()
    stream = response.start().stream(url="wss://line.example.org/media", name="caller", status_callback="/voice/stream")
    stream.parameter(name="token", value="t&1")
    gather = Gather(input="dtmf", action="/voice/answer?step=a&turn=2", timeout=7, num_digits=11, finish_on_key="*")
    gather.say("请按键", language="zh-CN")
    gather.pause(length=2)
    response.append(gather)
    response.say("Hello <there>", loop=2)
    response.play("https://sounds.example.org/a.wav")
    response.stop().stream(name="caller")
    response.enqueue("billing", wait_url="/voice/wait", action="/voice/left")
    dial = Dial(timeout=20, hangup_on_star=True, action="/done")
    dial.queue("billing", url="/voice/notice")
    response.append(dial)
    response.redirect("next", method="GET")
    response.leave()
    response.reject(reason="busy")
    response.hangup()

    verbs = document.parse(str(response), URL, allowed=(object,)).verbs

    base = "https://line.example.org/voice/"
    assert verbs == (
        document.StartStream(
            "wss://line.example.org/media", "caller", status_callback=base + "stream", parameters=(("token", "t&1"),)
        ),
        document.Gather(
            (document.Say("请按键", "zh-CN"), document.Pause(2)), base + "answer?step=a&turn=2", "POST", 7, 11, "*"
        ),
        document.Say("Hello <there>", loop=2),
        document.Play("https://sounds.example.org/a.wav"),
        document.StopStream("caller"),
        document.Enqueue("billing", base + "wait", action=base + "left"),
        document.DialQueue(
            "billing",
            base + "notice",
            action="https://line.example.org/done",
            timeout_s=20,
            hangup_on_star=True,
        ),
        document.Redirect(base + "next", "GET"),
        document.Leave(),
        document.Reject("busy"),
        document.Hangup(),
    )


def test_defaults_are_twilios() -> None:
    (gather, dial) = parse("<Gather/>", "<Dial><Queue>q</Queue></Dial>")
    assert gather == document.Gather((), URL, "POST", 5.0, None, "#", False)
    assert dial == document.DialQueue("q", timeout_s=math.inf)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("<Record/>", "<Record> is not a verb"),
        ("<Connect><Stream url='wss://a/b'/></Connect>", "<Connect>"),
        ("<Dial>+8613700000000</Dial>", "<Dial> holds one <Queue>"),
        ("<Dial><Number>1</Number></Dial>", "<Number> in <Dial>"),
        ("<Gather><Redirect>/a</Redirect></Gather>", "<Redirect> cannot be nested in <Gather>"),
        ("<Gather input='speech'/>", "<Gather input"),
        ("<Gather timeout='soon'/>", "<Gather> timeout"),
        ("<Gather timeout='nan'/>", "<Gather> timeout"),
        ("<Gather numDigits='0'/>", "<Gather> numDigits"),
        ("<Gather finishOnKey='12'/>", "finishOnKey"),
        ("<Pause length='-1'/>", "<Pause> length"),
        ("<Redirect/>", "<Redirect> names no address"),
        ("<Redirect>ftp://a/b</Redirect>", "not a web address"),
        ("<Redirect>http://[::1/</Redirect>", "not an address"),
        ("<Start><Stream/></Start>", "<Stream> has no url"),
        ("<Start><Stream url='wss://a/b?x=1'/></Start>", "takes no query string"),
        ("<Start><Stream url='ws://far.example.org/b'/></Start>", "must be wss"),
        ("<Start><Stream url='wss://a/b' track='all'/></Start>", "<Stream> track"),
        (f"<Enqueue>{'q' * 65}</Enqueue>", "1 to 64 characters"),
        (f"<Say>{'x' * 4097}</Say>", "at most 4096"),
        ("<Leave/>", "<Leave> is not allowed"),
    ],
)
def test_errors_name_verb_and_document(verb: str, words: str) -> None:
    with pytest.raises(CarrierError) as caught:
        parse(verb)
    assert words in str(caught.value)
    assert URL in str(caught.value)


def test_a_waiting_document_may_not_do_everything() -> None:
    assert parse("<Say>a</Say>", "<Leave/>", allowed=document.WAITING)
    with pytest.raises(CarrierError, match="<Enqueue> is not allowed"):
        parse("<Enqueue>q</Enqueue>", allowed=document.WAITING)


def test_size_is_counted_in_bytes() -> None:
    text = "<Response>" + "<Say>好</Say>" * 4900 + "</Response>"
    assert len(text) < document.LARGEST < len(text.encode())
    for data in (text, text.encode()):
        with pytest.raises(CarrierError, match="larger than 64 kB"):
            document.parse(data, URL)


TAGS = st.sampled_from(
    "Response Say Play Pause Gather Redirect Start Stop Stream Parameter Enqueue Dial Queue Leave Hangup Reject break Sip".split()
)
NAMES = st.sampled_from(
    "action timeout numDigits finishOnKey loop length url name value track method waitUrl input time reason digits".split()
)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<&\"'"), max_size=20)


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    tag = draw(TAGS)
    attributes = "".join(f' {name}="{value}"' for name, value in draw(st.dictionaries(NAMES, TEXT, max_size=3)).items())
    inner = "".join(draw(st.lists(elements(depth - 1) if depth else TEXT, max_size=3)))
    return f"<{tag}{attributes}>{inner}</{tag}>"


@given(st.text() | st.binary() | elements().map(lambda inner: f"<Response>{inner}</Response>"))
@example("<Response>" * 5000)
@example('<?xml version="1.0" encoding="nonsense"?><Response/>')
@example(b'<?xml version="1.0" encoding="nonsense"?><Response/>')
@example('<!DOCTYPE a [<!ENTITY b "c">]><Response>&b;</Response>')
@example("<Response>\ud800</Response>")
@example("")
def test_any_input_gives_a_document_or_a_carrier_error(data: str | bytes) -> None:
    try:
        assert isinstance(document.parse(data, URL), document.Document)
    except CarrierError as error:
        assert URL in str(error)
