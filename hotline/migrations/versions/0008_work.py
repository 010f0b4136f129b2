"""Callers in agents' hands, breaks with reasons, wrap-ups.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("agents", sa.Column("held_s", sa.Float, nullable=False, server_default="0"))
    op.add_column("agents", sa.Column("helps", sa.String(32), nullable=False, server_default=""))
    op.add_column("agents", sa.Column("reason", sa.String(32), nullable=False, server_default=""))
    op.create_table(
        "contacts",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(32), nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("place", sa.String(8), nullable=False),
        sa.Column("partner", sa.String(32), nullable=False),
        sa.Column("inside", sa.Boolean, nullable=False),
        sa.Column("talk_s", sa.Float, nullable=False),
        sa.Column("hold_s", sa.Float, nullable=False),
        sa.Column("began", sa.Float, nullable=False),
        sa.Column("skill", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("call", name="pk_contacts"),
    )
    op.create_table(
        "wrap_ups",
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("due", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("call", "agent", name="pk_wrap_ups"),
    )


def downgrade() -> None:
    op.drop_table("wrap_ups")
    op.drop_table("contacts")
    for column in ("held_s", "helps", "reason"):
        op.drop_column("agents", column)
