"""Alembic's entry: runs the revisions on the connection that `server.database.migrate` hands over."""

from alembic import context

from server.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can take back a half-made table like any other database; Alembic assumes that it can't.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
