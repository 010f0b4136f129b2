"""How search, lists, reports and status answer as complaints grow from 1,000 to 100,000, on SQLite and PostgreSQL.

`python -m bench growth`. The yardstick in the same run is the same search by a scan of the whole table: an answer by an index
hardly grows, a scan grows with the table. Each figure is the median of several asks, milliseconds.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from sqlalchemy import insert, text

from complaints.counting import report
from complaints.figures import Filter
from complaints.find import Finder
from complaints.search import Query
from complaints.words import Words
from hotline.database import migrate
from hotline.records import Records, channel_of
from hotline.server import free_port
from hotline.tables import ComplaintRow, EventRow

SIZES = (1_000, 10_000, 100_000)
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 12, tzinfo=ZONE)
YEAR_S = 365 * 86_400.0
STORIES = ("上个月多扣了五十块钱", "晚上网速特别慢，看视频一直卡", "没有订过的业务收了费", "套餐被改了没有通知我", "客服态度不好，等了半个小时", "宽带三天没有修好")
RARE = "邻居的鹦鹉把光猫啄坏了"
CATEGORIES = ("billing_anomaly", "wrong_charge", "plan_change", "misleading_tariff")
ASKS = 7


def fill(records: Records, upto: int, chance: random.Random, there: int) -> None:
    """Complaints of a year, most of them closed, as they are after years of work."""
    cases, events = ComplaintRow.__table__, EventRow.__table__
    for begin in range(there, upto, 5_000):
        filed, told = [], []
        for place in range(begin, min(begin + 5_000, upto)):
            story = RARE if place % 977 == 5 else chance.choice(STORIES)
            phone, category = f"138{chance.randrange(10**8):08d}", chance.choice(CATEGORIES)
            at = NOW.timestamp() - chance.random() * YEAR_S
            number, source = f"{datetime.fromtimestamp(at, ZONE):%Y%m%d}{place:06d}", f"{chance.choice(('web', 'app', 'call'))}-{place}"
            over = at < NOW.timestamp() - 20 * 86_400
            filed.append({
                "number": number, "call_id": source, "state": "closed" if over else "filed", "created_at": at, "filed_at": at, "level": 0, "phone": phone,
                "form": {"description": story, "fields": {"phone": {"value": phone}, "category": {"value": category}}}, "category": category, "region": "33",
                "channel": channel_of(source), "due_on": None if over else f"{datetime.fromtimestamp(at, ZONE) + timedelta(days=15):%Y-%m-%d}",
                "answered_at": at + 6 * 86_400 if over else None, "in_time": True if over else None, "closed_at": at + 20 * 86_400 if over else None,
                "satisfaction": 4 if over else None, "department": "",
            })  # fmt: skip
            told.append({"call_id": source, "seq": 1, "at": at, "kind": "complaint_filed", "data": {"number": number}})
        with records.writing() as connection:
            connection.execute(insert(cases), filed)
            connection.execute(insert(events), told)


def asks(records: Records, words: Words) -> dict[str, Callable[[], object]]:
    """What is asked, by name."""
    finder, today = Finder(records, words), NOW.date()
    with records.reading() as connection:
        known = connection.execute(text("SELECT number, phone FROM complaints WHERE number IS NOT NULL ORDER BY id DESC LIMIT 1")).first()
    number, phone = known.number, known.phone
    month = Filter(today - timedelta(29), today)

    def scan() -> object:
        with records.reading() as connection:
            return connection.execute(text("SELECT count(*) FROM complaints WHERE lower(number) LIKE :n"), {"n": f"%{number[-5:]}"}).scalar()

    page = lambda **query: lambda: finder.page(Query(**query), today)  # noqa: E731
    return {
        "status by number": lambda: records.complaint(number), "search: number": page(q=number), "search: phone": page(q=phone), "search: rare words": page(q="鹦鹉"),
        "search: common words": page(q="网速"), "list: newest": page(), "list: overdue": page(due="overdue"), "list: open, category": page(state="open", category="plan_change"),
        "report: 30 days": lambda: report(records, month, today, ZONE),
        "report: a year": lambda: report(records, Filter(today - timedelta(364), today), today, ZONE),
        "yardstick: scan": scan,
    }  # fmt: skip


def measured(url: str) -> dict[str, list[float]]:
    """Milliseconds of each ask at each size."""
    migrate(url)
    records = Records(url, zone="Asia/Shanghai", now=NOW.timestamp)
    words, chance, found, there = Words(records), random.Random(1), {}, 0
    for size in SIZES:
        fill(records, size, chance, there)
        there = size
        while not words.refresh(50):
            pass
        if url.startswith("postgresql"):
            with records._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        for name, ask in asks(records, words).items():
            ask()
            times = []
            for _ in range(ASKS):
                began = time.perf_counter()
                ask()
                times.append(1000 * (time.perf_counter() - began))
            found.setdefault(name, []).append(statistics.median(times))
    records.close()
    return found


@contextmanager
def postgresql() -> Iterator[str | None]:
    """A throw-away server; None where there is no PostgreSQL."""
    home = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
    if home is None:
        yield None
        return
    folder, port = Path(tempfile.mkdtemp(prefix="hotline-pg-")), free_port()
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    subprocess.run([*as_user, home / "initdb", "-D", folder / "d", "-U", "hotline", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    options = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1"
    subprocess.run([*as_user, home / "pg_ctl", "-D", folder / "d", "-w", "-o", options, "-l", folder / "log", "start"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    try:
        yield f"postgresql+psycopg://hotline@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*as_user, home / "pg_ctl", "-D", folder / "d", "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    out = Console(width=130)
    with tempfile.TemporaryDirectory() as folder, postgresql() as server:
        for name, url in (("SQLite", f"sqlite:///{folder}/growth.db"), ("PostgreSQL", server)):
            if url is None:
                out.print(f"{name}: not installed here")
                continue
            drawn = Table(title=f"{name}, ms (median of {ASKS})", title_justify="left")
            drawn.add_column("asked")
            for size in SIZES:
                drawn.add_column(f"{size:,}", justify="right")
            drawn.add_column(f"{SIZES[-1]:,} ÷ {SIZES[0]:,}", justify="right")
            for ask, times in measured(url).items():
                drawn.add_row(ask, *(f"{ms:.2f}" for ms in times), f"{times[-1] / times[0]:.1f} ×")
            out.print(drawn)


if __name__ == "__main__":
    main()
