"""An index that holds all that reports count; what went to the regulator without an answer counts as late.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"

COUNTED = (
    "filed_at", "category", "channel", "region", "state", "level", "answered_at", "in_time", "due_on", "referred_at", "asked_at", "satisfaction", "joined_to",
)  # fmt: skip


def upgrade() -> None:
    op.create_index("ix_complaints_counted", "complaints", COUNTED)
    # Without an answer it could only be referred once the day was over.
    op.execute("UPDATE complaints SET in_time = false WHERE referred_at IS NOT NULL AND answered_at IS NULL AND in_time IS NULL")


def downgrade() -> None:
    op.drop_index("ix_complaints_counted", "complaints")
