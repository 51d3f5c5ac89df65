"""The entries of a stream lie together: they are found by the stream first, then by the row.

By the row first those of one push were all over the index, for their ids are as good as random.
"""

from alembic import op

from server.database import is_sqlite

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Have the key in another order. SQLite cannot but copy the table."""
    connection = op.get_bind()
    if not is_sqlite(connection):
        op.drop_constraint("feed_pkey", "feed", type_="primary")
        op.create_primary_key("feed_pkey", "feed", ["stream", "pk", "table"])
        return
    op.execute(
        'CREATE TABLE feed_new (pk VARCHAR NOT NULL, "table" VARCHAR NOT NULL, '
        "stream VARCHAR NOT NULL, seq BIGINT NOT NULL, body BLOB, "
        "sum_a BIGINT NOT NULL, sum_b BIGINT NOT NULL, "
        'PRIMARY KEY (stream, pk, "table"))'
    )
    op.execute(
        'INSERT INTO feed_new SELECT pk, "table", stream, seq, body, sum_a, sum_b '
        "FROM feed ORDER BY stream, seq"
    )
    op.execute("DROP TABLE feed")
    op.execute("ALTER TABLE feed_new RENAME TO feed")
    op.execute("CREATE UNIQUE INDEX ix_feed_seq ON feed (stream, seq)")
    op.execute("CREATE INDEX ix_feed_gone ON feed (stream, seq) WHERE body IS NULL")
