"""The bytes of an op lie in its row, and not in a table of their own.

There they were found by their print, which is as good as random: each act touched another page.
"""

from alembic import op

from server.database import is_sqlite

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the bytes over. What was erased stays so."""
    kind = "BLOB" if is_sqlite(op.get_bind()) else "BYTEA"
    op.execute(f"ALTER TABLE op ADD COLUMN body {kind}")
    op.execute(
        "UPDATE op SET body = (SELECT raw.body FROM raw_op AS raw "
        "WHERE raw.fingerprint = op.fingerprint)"
    )
    op.execute("DROP TABLE raw_op")
