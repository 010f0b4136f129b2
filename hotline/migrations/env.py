"""Alembic runs this; ``hotline.database.migrate`` hands it an open connection."""

from alembic import context

from hotline.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
