"""Run by Alembic: applies the migrations on the connection it was given."""

from alembic import context

from server.database import is_sqlite
from server.tables import METADATA

LOCK = 4_119_202_606  # any number, the same in every process of the server

connection = context.config.attributes["connection"]
if not is_sqlite(connection):
    # What is made anew of years of work takes as long as it takes, and others wait for it.
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    user_module_prefix="sqlmodel.",
)
with context.begin_transaction():
    context.run_migrations()
