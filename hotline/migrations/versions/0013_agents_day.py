"""Why an agent was away; what the agents' day began with.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("agent_states", sa.Column("reason", sa.String(32), nullable=False, server_default=""))
    # Agents whose state has not changed since the table was made have no row in it.
    op.execute(
        "INSERT INTO agent_states (agent, state, reason, at) SELECT name, state, reason, since FROM agents "
        "WHERE name NOT IN (SELECT agent FROM agent_states)"
    )


def downgrade() -> None:
    op.drop_column("agent_states", "reason")
