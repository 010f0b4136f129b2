"""What a caller's text message means: a mark, a wish for no more questions, or neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.replies import Reply, read


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("5", 5), ("４分", 4), ("三", 3), (" 2 星。", 2), ("5/5", 5), ("评分：4", 4), ("非常满意", 5), ("满意", 4), ("不满意", 2), ("我不是很满意", 2),
        ("很不满意！", 1), ("还不错", 4), ("一般般", 3), ("very good", 5), ("not really happy", 2), ("Good.", 4), ("TERRIBLE", 1), ("two", 2),
        ("3天没修好，1分", 1), ("服务态度很好", 5), ("没那么差", 3), ("一點都不好", 2), ("so so", 3), ("差评", 2), ("not bad", 3), ("太差劲了", 1), ("给4颗星", 4),
    ],
)  # fmt: skip
def test_marks_in_any_words(text: str, mark: int) -> None:
    assert read(text) == Reply(mark)


@pytest.mark.parametrize("text", ["", "10", "0", "1和5", "谢谢", "13800138000", "2.5", "6分", "什么", "你好", "3天没修好", "第2次打电话", "不好意思", "没问题", "不是不满意", "good morning", "-3"])
def test_what_is_no_mark_is_none(text: str) -> None:
    assert read(text) == Reply()


@pytest.mark.parametrize("text", ["TD", "t", "退订", "Stop", " 退订。", "请退订短信谢谢", "stop please", "别再发了"])
def test_stop(text: str) -> None:
    assert read(text) == Reply(stop=True)


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    found = read(text)
    assert found.mark in (None, 1, 2, 3, 4, 5) and not (found.mark and found.stop)
