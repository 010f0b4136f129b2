"""Whole calls at random through the webhooks: every answer is TwiML with a next verb, and every end is consistent."""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio.session import Utterance
from hotline.database import migrate
from hotline.records import Records
from tests.phone import SID, Phone

OTHER = "CA" + "2" * 32
FILED = {"intent": "complain", "fields": {"phone": {"value": "13700001111", "state": "heard", "source": None}}}
SAYINGS = (
    "上个月我的话费多扣了五十块钱", "家里昨天晚上开始没有信号", "套餐被改了", "对", "不对", "转人工", "返回", "再说一遍",
    "我要查投诉进度", "我不满意要向上一级投诉", "我有短信和账单", "要求退款", "昨天", "撤销", "接受", "回电", "留言",
    "嗯", "今天天气不错", "在北京朝阳区", "一百二十块",
)  # fmt: skip
NUMBERS = ("13800138000", "13700001111", "1380013", "202611230001", "99999999999")

actions = st.lists(
    st.one_of(
        st.tuples(st.just("key"), st.sampled_from([*"0123456789#", *NUMBERS, "", "11010519491231002*"])),
        st.tuples(st.just("say"), st.sampled_from(SAYINGS)),
        st.tuples(st.just("digits"), st.sampled_from(NUMBERS)),
        st.tuples(st.just("silence"), st.just("")),
        st.tuples(st.just("restart"), st.just("")),
    ),
    min_size=3,
    max_size=25,
)


def checked(text: str) -> ElementTree.Element:
    """The document, which must lead somewhere."""
    root = ElementTree.fromstring(text)
    assert root[-1].tag in ("Redirect", "Hangup", "Leave"), text
    return root


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(walk=actions, caller=st.sampled_from(["+8613700001111", "anonymous"]))
def test_a_call_at_random_ends_with_consistent_records(walk: list, caller: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'hotline.db'}"
        migrate(url)
        records = Records(url)
        try:
            _walk(Phone(records), records, walk, caller)
        finally:
            records.close()


def _walk(phone: Phone, records: Records, walk: list, caller: str) -> None:
    records.file_complaint(OTHER, FILED)
    root = checked(phone.post("/voice/incoming", From=caller).text)
    for kind, what in walk:
        state = phone.state()
        if state["step"] in ("end", "gone"):
            break
        path = f"/voice/answer?step={state['step']}&turn={state['turn']}"
        if kind == "restart":
            phone.restart()
        elif kind in ("say", "digits"):
            text, digits = (what, ()) if kind == "say" else ("", (what,))
            phone.flow.heard(SID, Utterance(text, (), 1.0, 2.0, digits, f"{state['step']}#{state['turn']}"))
            root = checked(phone.post("/voice/next?turn=1", From=caller).text)
        elif state["step"] == "queue":
            root = checked(phone.post("/voice/wait", From=caller, QueuePosition="1").text)
            if kind == "key" and root.tag == "Response" and root[0].tag == "Gather":
                root = checked(phone.post(path, From=caller, Digits=what[:1]).text)
                if root[-1].tag == "Leave":
                    root = checked(phone.post("/voice/left", From=caller, QueueResult="leave").text)
        else:
            root = checked(phone.post(path, From=caller, **({"Digits": what} if kind == "key" else {})).text)
    assert "error" not in phone.kinds(), [e.data for e in records.events(SID) if e.kind == "error"]
    phone.post("/voice/status", From=caller, CallStatus="completed")
    kinds = phone.kinds()
    assert kinds[-1] == "call_ended" and kinds.count("call_ended") == 1
    complaint = records.complaint_of_call(SID)
    if complaint is not None:
        assert (complaint.number is None) == (complaint.state == "draft")
        assert kinds.count("complaint_filed") == (complaint.number is not None)
    assert records.calls_in_progress() == []
