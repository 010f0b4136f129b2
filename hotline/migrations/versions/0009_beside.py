"""Beside the call: the index of articles, and complaints by phone number.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE articles (name varchar(64) NOT NULL, lang varchar(8) NOT NULL, tokens text NOT NULL)")
        op.execute("CREATE INDEX ix_articles_tokens ON articles USING gin (to_tsvector('simple', tokens))")
    else:
        op.execute("CREATE VIRTUAL TABLE articles USING fts5(name UNINDEXED, lang UNINDEXED, tokens)")
    op.add_column("complaints", sa.Column("phone", sa.String(32)))
    op.add_column("complaints", sa.Column("caller", sa.String(32)))
    op.create_index("ix_complaints_phone", "complaints", ["phone"])
    op.create_index("ix_complaints_caller", "complaints", ["caller"])


def downgrade() -> None:
    op.drop_index("ix_complaints_caller", "complaints")
    op.drop_index("ix_complaints_phone", "complaints")
    op.drop_column("complaints", "caller")
    op.drop_column("complaints", "phone")
    op.execute("DROP TABLE articles")
