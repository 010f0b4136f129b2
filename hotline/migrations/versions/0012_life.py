"""A complaint's whole life: what is counted and looked for in columns of its own, one kind of event for every change.

Revision ID: 0012
Revises: 0011
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from agent_assist.place import province_of

revision = "0012"
down_revision = "0011"

WRITTEN = ("web", "app", "social", "counter", "import")
OLD = {"complaint_raised": "escalate", "complaint_answered": "answer", "complaint_withdrawn": "withdraw", "complaint_accepted": "accept"}
STATES = {"escalate": "escalated", "answer": "answered", "withdraw": "withdrawn", "accept": "accepted"}


def upgrade() -> None:
    with op.batch_alter_table("complaints") as table:
        table.add_column(sa.Column("channel", sa.String(16), nullable=False, server_default="phone"))
        table.add_column(sa.Column("category", sa.String(32), nullable=False, server_default=""))
        table.add_column(sa.Column("region", sa.String(8), nullable=False, server_default=""))
        table.add_column(sa.Column("due_on", sa.String(10)))
        table.add_column(sa.Column("answered_at", sa.Float))
        table.add_column(sa.Column("in_time", sa.Boolean))
        table.add_column(sa.Column("closed_at", sa.Float))
        table.add_column(sa.Column("department", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("satisfaction", sa.Integer))
        table.add_column(sa.Column("joined_to", sa.String(32)))
    op.create_index("ix_complaints_state_due_on", "complaints", ["state", "due_on"])
    op.create_index("ix_complaints_category_filed_at", "complaints", ["category", "filed_at"])
    op.create_index("ix_complaints_filed_at", "complaints", ["filed_at"])
    op.create_table(
        "clock_marks",
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("mark", sa.String(32), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", "mark", name="pk_clock_marks"),
    )
    _columns(op.get_bind())
    _events(op.get_bind())


def _columns(connection: sa.Connection) -> None:
    """Fill the columns of what stands there."""
    table = sa.table("complaints", *(sa.column(name) for name in ("id", "call_id", "state", "filed_at", "changed_at", "channel", "category", "region", "due_on", "closed_at")), sa.column("form", sa.JSON))
    connection.execute(table.update().where(table.c.state == "raised").values(state="escalated"))
    for row in connection.execute(sa.select(table.c.id, table.c.call_id, table.c.state, table.c.filed_at, table.c.changed_at, table.c.form)).all():
        fields = (row.form or {}).get("fields", {})
        category, place = ((fields.get(name) or {}).get("value") for name in ("category", "location"))
        first = row.call_id.partition("-")[0]
        # The rule until now: fifteen days, whatever the zone makes of the hour.
        owed = row.filed_at and row.state in ("filed", "escalated")
        connection.execute(table.update().where(table.c.id == row.id).values(
            channel=first if first in WRITTEN else "phone", category=str(category or "")[:32], region=province_of(str(place or "")),
            due_on=(datetime.fromtimestamp(row.filed_at, UTC) + timedelta(days=15)).date().isoformat() if owed else None,
            closed_at=row.changed_at if row.state == "withdrawn" else None,
        ))  # fmt: skip


def _events(connection: sa.Connection) -> None:
    """The changes go to the log of the complaint they change; a call keeps that it was about one."""
    events = sa.table("events", *(sa.column(name) for name in ("id", "call_id", "seq", "at", "kind")), sa.column("data", sa.JSON))
    cases = sa.table("complaints", sa.column("number"), sa.column("call_id"))
    before: dict[str, tuple[str, int]] = {}
    for row in connection.execute(sa.select(events).where(events.c.kind.in_(OLD)).order_by(events.c.id)).all():
        number, action = row.data["number"], OLD[row.kind]
        owner = connection.scalar(sa.select(cases.c.call_id).where(cases.c.number == number))
        state, level = before.get(number, ("filed", 0))
        level = row.data.get("level", level)
        if owner is not None:
            last = connection.scalar(sa.select(sa.func.max(events.c.seq)).where(events.c.call_id == owner)) or 0
            data = {"number": number, "action": action, "from": state, "state": STATES[action], "level": level, "by": "caller", "why": "", "words": {}, "during": row.call_id}
            connection.execute(events.insert().values(call_id=owner, seq=last + 1, at=row.at, kind="complaint_changed", data=data))
        before[number] = (STATES[action], level)
        connection.execute(events.update().where(events.c.id == row.id).values(kind="followed_up", data={"number": number, "action": action}))


def downgrade() -> None:
    op.drop_table("clock_marks")
    for name in ("state_due_on", "category_filed_at", "filed_at"):
        op.drop_index(f"ix_complaints_{name}", "complaints")
    with op.batch_alter_table("complaints") as table:
        for name in ("channel", "category", "region", "due_on", "answered_at", "in_time", "closed_at", "department", "satisfaction", "joined_to"):
            table.drop_column(name)
