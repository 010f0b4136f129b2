"""Complaints that go up the escalation ladder, and when something was last done.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("complaints", sa.Column("level", sa.Integer, nullable=False, server_default="0"))
    op.add_column("complaints", sa.Column("changed_at", sa.Float))


def downgrade() -> None:
    op.drop_column("complaints", "changed_at")
    op.drop_column("complaints", "level")
