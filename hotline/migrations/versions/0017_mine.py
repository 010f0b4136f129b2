"""Who took a complaint up or answered it last, so that everybody has a list of their own.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("complaints", sa.Column("worked_by", sa.String(64), nullable=False, server_default=""))
    connection = op.get_bind()
    events = sa.table("events", sa.column("id", sa.BigInteger), sa.column("kind", sa.String), sa.column("data", sa.JSON))
    complaints = sa.table("complaints", sa.column("number", sa.String), sa.column("worked_by", sa.String))
    last: dict[str, str] = {}
    for row in connection.execute(sa.select(events.c.data).where(events.c.kind == "complaint_changed").order_by(events.c.id)):
        if row.data.get("action") in ("take_up", "answer"):
            last[row.data["number"]] = row.data["by"]
    for number, who in last.items():
        connection.execute(complaints.update().where(complaints.c.number == number).values(worked_by=who[:64]))
    op.create_index("ix_complaints_worked_by_filed", "complaints", ["worked_by", "filed_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_complaints_worked_by_filed", "complaints")
    op.drop_column("complaints", "worked_by")
