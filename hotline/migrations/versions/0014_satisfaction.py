"""Satisfaction asked by text message, and when a complaint went to the regulator.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    with op.batch_alter_table("complaints") as table:
        table.add_column(sa.Column("referred_at", sa.Float))
        table.add_column(sa.Column("asked_at", sa.Float))
    op.create_index("ix_complaints_asked_at", "complaints", ["asked_at"])
    op.create_table(
        "opt_outs",
        sa.Column("phone", sa.String(32), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("phone", name="pk_opt_outs"),
    )


def downgrade() -> None:
    op.drop_table("opt_outs")
    op.drop_index("ix_complaints_asked_at", "complaints")
    with op.batch_alter_table("complaints") as table:
        table.drop_column("asked_at")
        table.drop_column("referred_at")
