"""Complaints as rows to be counted, out of the database by the index on the day of filing."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from complaints.figures import Row
from hotline.records import Records
from hotline.tables import ComplaintRow


def rows(records: Records, first: date, last: date, zone: ZoneInfo) -> list[Row]:
    """All complaints that were filed from ``first`` to ``last`` (operator's days, both included); joined ones count once."""
    table = ComplaintRow.__table__
    begin = datetime.combine(first, time(), zone).timestamp()
    end = datetime.combine(last + timedelta(1), time(), zone).timestamp()
    query = select(*(table.c[name] for name in Row.__dataclass_fields__)).where(
        table.c.filed_at >= begin, table.c.filed_at < end, table.c.number.is_not(None), table.c.joined_to.is_(None)
    )
    with records.reading() as connection:
        return [Row(*row) for row in connection.execute(query)]
