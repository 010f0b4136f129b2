"""Event log, complaints, serials, webhook replies.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("call_id", "seq", name="uq_events_call_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_kind", "events", ["kind"])
    op.create_table(
        "complaints",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("number", sa.String(32)),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("form", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("filed_at", sa.Float),
        sa.PrimaryKeyConstraint("id", name="pk_complaints"),
        sa.UniqueConstraint("number", name="uq_complaints_number"),
        sa.UniqueConstraint("call_id", name="uq_complaints_call_id"),
    )
    op.create_index("ix_complaints_state", "complaints", ["state"])
    op.create_table(
        "complaint_serials",
        sa.Column("day", sa.String(8), nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_complaint_serials"),
    )
    op.create_table(
        "webhook_replies",
        sa.Column("token", sa.String(128), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_webhook_replies"),
    )
    op.create_index("ix_webhook_replies_at", "webhook_replies", ["at"])


def downgrade() -> None:
    for table in ("webhook_replies", "complaint_serials", "complaints", "events"):
        op.drop_table(table)
