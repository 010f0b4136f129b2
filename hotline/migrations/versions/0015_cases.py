"""The agents' case page: the index of words, saved lists, tasks, and an index for each list.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

LISTS = ("state", "channel", "department")
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE complaint_words (id bigint NOT NULL CONSTRAINT pk_complaint_words PRIMARY KEY, tokens text NOT NULL)")
        op.execute("CREATE INDEX ix_complaint_words_tokens ON complaint_words USING gin (to_tsvector('simple', tokens))")
    else:
        op.execute("CREATE VIRTUAL TABLE complaint_words USING fts5(tokens, prefix='2 3')")
    op.create_table(
        "words_indexed",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("upto", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_words_indexed"),
    )
    op.execute("INSERT INTO words_indexed (id, upto) VALUES (1, 0)")
    op.create_table(
        "saved_lists",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("query", sa.JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_lists"),
        sa.UniqueConstraint("owner", "name", name="uq_saved_lists_owner"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("department", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("due", sa.String(10), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("done_at", sa.Float),
        sa.Column("done_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
    )
    op.create_index("ix_tasks_number", "tasks", ["number"])
    op.create_index("ix_tasks_open", "tasks", ["done_at", "department", "due"])
    for column in LISTS:
        op.create_index(f"ix_complaints_{column}_filed", "complaints", [column, "filed_at", "id"])
    op.create_index("ix_complaints_due_on", "complaints", ["due_on", "id"])
    op.create_index("ix_complaints_joined_to", "complaints", ["joined_to"])


def downgrade() -> None:
    op.drop_index("ix_complaints_joined_to", "complaints")
    op.drop_index("ix_complaints_due_on", "complaints")
    for column in LISTS:
        op.drop_index(f"ix_complaints_{column}_filed", "complaints")
    for table in ("tasks", "saved_lists", "words_indexed", "complaint_words"):
        op.execute(f"DROP TABLE {table}")
