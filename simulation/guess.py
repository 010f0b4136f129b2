"""What the columns of a call-record file probably mean: a mapping to begin with, and what to look at before using it.

    found = guess(["来电时间", "应答时间", …], rows)
    found.mapping                 # a dict as the mapping file holds it (`simulation.mapping.Mapping`)
    found.doubts                  # words for the planner; none: it can be used as it is

Names are known in English and Chinese; formats are found from the values of the first rows.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from simulation import mapping as mappings
from simulation.mapping import Mapping

SAMPLE_BYTES = 400_000
SAMPLE_ROWS = 2000
NAMES: dict[str, tuple[str, ...]] = {
    "answered": (
        "answered", "answer time", "answered at", "connect time", "connected", "ser start", "应答时间", "接通时间", "接听时间", "通话开始时间",
        "connected to agent timestamp", "agent connected to agent timestamp", "connected timestamp", "answer timestamp", "pick up time",
        "pickup time", "人工接通时间", "坐席接听时间", "应答时刻",
    ),
    "ended": (
        "ended", "end", "end time", "ended at", "hangup time", "disconnect time", "结束时间", "挂机时间", "挂断时间", "通话结束时间", "disconnect timestamp",
        "call end", "end timestamp", "segstop", "release time", "end date time", "结束时刻", "释放时间",
    ),
    "offered": (
        "offered", "offered at", "queued", "queue time at", "queue start", "enqueue time", "arrival", "arrival time", "q start", "进线时间", "入队时间",
        "排队开始时间", "转人工时间", "enqueue timestamp", "queue enqueue timestamp", "queue entry time", "进入队列时间", "排队时间点",
    ),
    "dialled": (
        "dialled", "dialed", "start", "started", "start time", "call start", "call time", "call datetime", "datetime", "timestamp", "time",
        "created", "呼入时间", "来电时间", "拨打时间", "呼叫时间", "开始时间", "通话时间", "时间", "initiation timestamp", "calldate", "segstart", "start date time",
        "start timestamp", "received", "received at", "arrived", "呼叫开始时间", "来话时间", "受理时间", "进线时刻", "呼入时刻", "接入时间",
    ),
    "menu": (
        "menu", "ivr", "ivr time", "ivr seconds", "ivr duration", "vru time", "menu time", "ivr时长", "自助时长", "菜单时长",
    ),
    "wait": (
        "wait", "wait time", "waiting time", "queue time", "queue seconds", "wait seconds", "speed of answer", "time to answer", "hold in queue",
        "q time", "等待时长", "等待时间", "排队时长", "排队时间", "等待秒数", "time in queue", "wait in queue", "queue wait", "queue wait time", "queue duration",
        "queuetime", "disptime", "speed of answer in seconds", "answer speed", "排队等待时长", "排队秒数", "应答时长", "等候时长", "等候时间",
    ),
    "talk": (
        "talk", "talk time", "talk duration", "service time", "duration", "call duration", "talk seconds", "handle time", "ser time",
        "avgtalkduration", "通话时长", "通话秒数", "服务时长", "处理时长", "billsec", "talktime", "agent interaction duration", "agent agent interaction duration",
        "conversation time", "conversation duration", "handling time", "handle duration", "交谈时长", "服务时间", "人工时长", "通话时间长度",
    ),
    "wrap": (
        "wrap", "wrap up", "wrap up time", "acw", "after call work", "acw time", "话后时长", "整理时长", "话后处理时长", "事后处理时长", "acwtime",
        "after call work time", "after contact work duration", "agent after contact work duration", "wrapup time", "话后处理时间", "后处理时长",
    ),
    "outcome": (
        "outcome", "result", "status", "disposition", "call status", "answered", "is answered", "answered y n", "call result", "结果", "状态", "通话结果", "接通状态", "呼叫结果", "是否接通",
        "disposition name", "call disposition", "completion", "接听状态", "应答结果", "是否应答",
    ),
    "type": (
        "type", "call type", "topic", "reason", "skill", "queue", "queue name", "skill group", "category", "service", "业务类型", "类型", "技能组", "队列",
        "来电原因", "咨询类型", "skill name", "split skill", "issue", "subject", "service type", "服务类型", "问题类型", "业务", "技能队列",
    ),
    "agent": (
        "agent", "agent id", "agent name", "server", "operator", "representative", "user", "坐席", "座席", "坐席工号", "座席工号", "工号", "客服", "话务员",
        "agent username", "agent email", "anslogin", "接听坐席", "接听座席", "坐席姓名", "座席姓名", "服务人员", "接线员",
    ),
    "caller": (
        "caller", "caller id", "ani", "from", "phone", "phone number", "customer", "customer id", "number", "主叫", "主叫号码", "来电号码", "电话", "客户号", "手机号",
        "src", "clid", "calling party", "customer endpoint address", "calling number", "呼叫号码", "客户号码", "客户电话",
    ),
    "id": (
        "id", "call id", "contact id", "uuid", "record id", "serial", "编号", "流水号", "通话编号", "呼叫编号", "conversation id", "interaction id", "ucid",
        "uniqueid", "session id", "呼叫标识", "会话编号", "通话标识",
    ),
    "date": (
        "date", "call date", "day", "日期", "来电日期", "呼叫日期", "start date", "呼入日期", "通话日期", "拨打日期", "受理日期", "工作日期",
    ),
}  # fmt: skip
"""Field of the mapping → names of columns, the surest first."""
WORDS = {
    "answered": ("answered", "answer", "agent", "connected", "handled", "completed", "complete", "success", "yes", "y", "true", "接通", "已接通", "已接", "已应答", "应答", "成功", "是", "人工接听"),
    "abandoned": ("abandoned", "abandon", "hang", "hangup", "hung up", "missed", "not answered", "unanswered", "no answer", "no", "n", "false", "放弃", "已放弃", "未接通", "未接", "未应答", "呼损", "排队放弃", "否", "失败"),
    "contained": ("contained", "self service", "self-service", "ivr", "ivr completed", "自助", "自助完成"),
    "blocked": ("blocked", "busy", "congestion", "rejected", "占线", "拒接", "阻塞"),
    "left_menu": ("left menu", "ivr abandoned", "ivr abandon", "菜单挂断", "自助放弃"),
    "left_out": ("phantom", "test", "outbound", "测试", "呼出", "外呼"),
}  # fmt: skip
GAVE_UP = ("abandoned", "is abandoned", "abandon", "abandon flag", "abandoned y n", "是否放弃", "是否呼损", "放弃")
"""Columns whose yes means that the caller gave up."""
MOMENTS = (
    "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M",
    "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%y %H:%M",
    "%a, %d %b %Y %H:%M:%S", "%d-%b-%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M",
)  # fmt: skip
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%Y年%m月%d日", "%y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m/%d/%y")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_NUMBER = re.compile(r"-?\d+([.,]\d+)?$")


@dataclass(frozen=True)
class Guess:
    """A mapping as a dict, the columns of the file, and what is not sure."""

    mapping: dict
    columns: list[str]
    doubts: list[str] = field(default_factory=list)
    ready: str = ""
    """Name of the ready mapping that fits; "" when it was guessed."""


def head(path: str | Path) -> tuple[list[str], list[list[str]], str, str]:
    """(columns, first rows, encoding, delimiter) of a file, packed or not. ValueError where there is nothing to read; OSError."""
    with Path(path).open("rb") as raw:
        start = raw.read(SAMPLE_BYTES)
    if start[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path, "rb") as packed:
                start = packed.read(SAMPLE_BYTES)
        except (OSError, EOFError) as error:
            raise ValueError(f"the packed file is damaged ({type(error).__name__}); pack it again") from None
    text, encoding = _text(start)
    lines = text.splitlines()
    if not lines or not lines[0].strip():
        raise ValueError("the file is empty: the first line must name the columns")
    delimiter = max(",;\t|", key=lines[0].count)
    whole = lines if len(start) < SAMPLE_BYTES else lines[:-1]
    try:
        rows = list(csv.reader(io.StringIO("\n".join(whole[: SAMPLE_ROWS + 1])), delimiter=delimiter))
    except csv.Error as error:
        raise ValueError(f"the file holds no rows of fields: {error}") from None
    columns = [c.strip().lstrip("\ufeff") for c in rows[0]]
    if len(columns) < 2:
        raise ValueError("the first line names one column only: call records are a table with a call in each line and named columns (CSV)")
    return columns, [row for row in rows[1:] if any(map(str.strip, row)) and len(row) >= len(columns)], encoding, delimiter


def _text(start: bytes) -> tuple[str, str]:
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return start.decode("utf-16", "replace"), "utf-16"
    for encoding in ("utf-8", "gb18030"):
        try:
            # The sample may end inside a character.
            return start[:-4].decode(encoding) + start[-4:].decode(encoding, "ignore"), encoding
        except UnicodeDecodeError:
            try:
                return start[:-1].decode(encoding), encoding
            except UnicodeDecodeError:
                continue
    return start.decode("latin-1"), "latin-1"


def of_file(path: str | Path) -> Guess:
    """The guess for a file; a ready mapping of `simulation/examples` where its columns are all there. ValueError, OSError."""
    columns, rows, encoding, delimiter = head(path)
    for ready in sorted((Path(mappings.__file__).parent / "examples").glob("*.toml")):
        try:
            known = mappings.load(ready)
        except mappings.ModelError:
            continue  # a model, not a mapping
        if _fits(known, columns):
            return Guess(tomllib.loads(ready.read_text("utf-8")), columns, ready=known.name)
    return guess(columns, rows, encoding=encoding, delimiter=delimiter)


def _fits(known: Mapping, columns: Sequence[str]) -> bool:
    named = known.columns.model_dump(exclude_none=True).values()
    return all(c in columns for one in named for c in ([one] if isinstance(one, str) else one))


def guess(columns: Sequence[str], rows: Sequence[Sequence[str]], *, encoding: str = "utf-8", delimiter: str | None = None) -> Guess:
    """The mapping of a table with these columns and first rows."""
    doubts: list[str] = []
    values = {c: [row[i].strip() for row in rows if row[i].strip()] for i, c in reversed(list(enumerate(columns)))}
    found = _columns(columns, values)
    form: dict = {}
    moments = [found[k] for k in ("offered", "dialled", "answered", "ended") if k in found]
    moment, sure = _moment([v for c in moments for v in values[c]])
    if moment is None:
        doubts.append("时间格式不认识 The format of the moments is not known: say how they are written, such as %d.%m.%Y %H:%M:%S")
    else:
        form["moment"] = moment
        if not sure:
            doubts.append("日和月分不清 Day and month cannot be told apart: check the format of the moments")
    if moment == "clock":
        if "date" not in found:
            # The one column that holds days, whatever it is called.
            days = [c for c in values if c not in found.values() and _first(DATES, values[c][:400])[0] is not None]
            if len(days) == 1:
                found["date"] = days[0]
        if "date" not in found:
            doubts.append("只有钟点没有日期 The moments are times of day, and there is no column of the day")
    else:
        found.pop("date", None)
    if "date" in found:
        date, sure = _first(DATES, values[found["date"]])
        if date is None or not sure:
            doubts.append("日期格式要核对 Check the format of the date")
        form["date"] = date or "%Y-%m-%d"
    lengths = [found[k] for k in ("menu", "wait", "talk", "wrap") if k in found]
    if lengths:
        unit, decimal = _length(lengths, [v for c in lengths for v in values[c]])
        form["length"] = unit
        if decimal == ",":
            form["decimal"] = ","
    out: dict = {"name": "guessed", "encoding": encoding, "columns": found, "format": form}
    if delimiter:
        out["delimiter"] = delimiter
    if "outcome" in found:
        out["outcomes"] = outcomes(values[found["outcome"]], doubts)
    elif gave_up := next((c for c in values if _plain(c) in GAVE_UP and _may_be("outcome", values[c])), None):
        found["outcome"] = gave_up
        said = outcomes(values[gave_up], doubts)
        out["outcomes"] = {turned: said[name] for name, turned in (("answered", "abandoned"), ("abandoned", "answered")) if name in said}
    if "offered" not in found and "dialled" not in found:
        doubts.append("没有来电时间列 No column looks like the moment of the call")
    if "talk" not in found and not {"answered", "ended"} <= set(found):
        doubts.append("没有通话时长列 No column looks like the length of the talk (nor do moments of answer and end)")
    if "wait" not in found and "answered" not in found:
        doubts.append("没有等待时长列 No column looks like the wait")
    if not {"outcome", "answered", "talk"} & set(found):
        doubts.append("看不出是否接通 No column tells whether a call was answered")
    if not doubts:
        try:
            Mapping.model_validate(out)
        except ValidationError as error:
            doubts += [problem["msg"] for problem in error.errors(include_url=False)]
    return Guess(out, list(columns), doubts)


def _plain(name: str) -> str:
    """"Talk_Time (s)" → "talk time"."""
    name = re.sub(r"[(（\[].*?[)）\]]", " ", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    name = re.sub(r"[^\w一-鿿]+|_", " ", name.casefold())
    if " " in name.strip():
        name = re.sub(r"\b(in )?(s|sec|secs|seconds|ms|min|minutes)\b", " ", name)
    return re.sub(r"\s+", " ", name).strip()


def _columns(columns: Sequence[str], values: dict[str, list[str]]) -> dict[str, str]:
    """Field → column: whole names first, then names inside names; each column once, and only if its values can be that."""
    found: dict[str, str] = {}
    plain = {c: _plain(c) for c in columns}
    free = list(dict.fromkeys(columns))
    for exact in (True, False):
        for name, known in NAMES.items():
            if name in found:
                continue
            for word in known:
                fit = [c for c in free if _may_be(name, values.get(c, [])) and (plain[c] == word if exact else len(word) > 3 and f" {word} " in f" {plain[c]} " or not word.isascii() and word in plain[c])]
                if fit and (exact or name not in ("type", "id", "date", "dialled")):
                    found[name] = fit[0]
                    free.remove(fit[0])
                    break
    if "dialled" not in found and "offered" not in found:
        moments = [c for c in free if values.get(c) and _moment(values[c])[0] not in (None, "clock")]
        if len(moments) == 1:
            found["dialled"] = moments[0]
    return found


def _may_be(name: str, values: list[str]) -> bool:
    some = values[:200]
    if not some:
        return True
    moments = _moment(some)[0] is not None
    if name in ("offered", "dialled", "answered", "ended"):
        return moments
    if name in ("menu", "wait", "talk", "wrap"):
        return all(_NUMBER.match(v) or _CLOCK.match(v) for v in some)
    if name == "date":
        return _first(DATES, some)[0] is not None
    if name in ("outcome", "type"):
        return len(set(values)) <= max(60, len(values) // 20) and not moments
    return True


def _moment(values: Sequence[str]) -> tuple[str | None, bool]:
    """(format, whether it is the only one)."""
    some = [v for v in values if v][:400]
    if not some:
        return None, True
    if all(_CLOCK.match(v) for v in some):
        return "clock", True
    if all(re.fullmatch(r"\d{9,10}(\.\d+)?", v) for v in some):
        return "unix", True
    if all(_iso(v) for v in some):
        return "iso", True
    return _first(MOMENTS, some)


def _iso(text: str) -> bool:
    if not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _first(formats: Sequence[str], values: Sequence[str]) -> tuple[str | None, bool]:
    fitting = [f for f in formats if values and all(_parses(v, f) for v in values[:400])]
    return (fitting[0] if fitting else None), len(fitting) <= 1 or not {"%d", "%m"} <= set(re.findall("%[dm]", fitting[0])) or not any(_swapped(fitting[0], f) for f in fitting[1:])


def _swapped(one: str, other: str) -> bool:
    return one != other and one.replace("%d", "%#").replace("%m", "%d").replace("%#", "%m") == other


def _parses(text: str, form: str) -> bool:
    try:
        found = datetime.strptime(text, form)
    except (ValueError, OverflowError):
        return False
    return 1970 <= found.year < 2200


def _length(columns: Sequence[str], values: Sequence[str]) -> tuple[str, str]:
    """(unit, decimal sign)."""
    some = [v for v in values if v][:400]
    if some and all(_CLOCK.match(v) for v in some):
        return "clock", "."
    decimal = "," if any(re.fullmatch(r"\d+,\d+", v) for v in some) and not any("." in v for v in some) else "."
    names = " ".join(columns).casefold()
    unit = "ms" if re.search(r"_ms\b|\bms\b|毫秒|millis", names) else "min" if re.search(r"_min\b|\(min|minutes|分钟", names) else "s"
    return unit, decimal


def outcomes(values: Sequence[str], doubts: list[str]) -> dict:
    """The words of the outcome column, sorted; what is not known goes into `doubts`."""
    out: dict[str, list[str]] = {}
    unknown = []
    for word in dict.fromkeys(values):
        plain = re.sub(r"[\s_-]+", " ", word.casefold()).strip()
        name = next((name for name, words in WORDS.items() if plain in words or word in words), None)
        if name is None:
            unknown.append(word)
        else:
            out.setdefault(name, []).append(word)
    if set(values) <= {"0", "1"} and unknown:
        out, unknown = {"answered": ["1"], "abandoned": ["0"]}, []
    if unknown:
        doubts.append(f"结果列有不认识的词 The outcome column holds words that are not known: {', '.join(w[:20] for w in unknown[:8])}")
    if "answered" not in out:
        doubts.append("哪个词表示接通 Say which words of the outcome column mean answered")
    return out
