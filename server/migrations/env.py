"""Run by Alembic: applies the migrations on the connection it was given."""

from alembic import context

from server.database import is_sqlite
from server.tables import METADATA

LOCK = 4_119_202_606  # any number, the same in every process of the server

connection = context.config.attributes["connection"]
if not is_sqlite(connection):
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    user_module_prefix="sqlmodel.",
)
with context.begin_transaction():
    context.run_migrations()
