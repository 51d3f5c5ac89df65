"""How long jobs and customers stay on phones, and since when rows are gone from the feed."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

GONE = sa.text("body IS NULL")
OF_A_JOB = sa.text("stream = reason")


def upgrade() -> None:
    """Add two columns that are empty, a table, and the indexes by which both are looked for."""
    with op.batch_alter_table("organisation") as table:
        table.add_column(sa.Column("keep_days", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("away_days", sa.BigInteger(), nullable=True))
    op.create_table(
        "tombstone",
        sa.Column("stream", sqlmodel.AutoString(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq"),
    )
    op.create_index("ix_tombstone_since", "tombstone", ["since"], unique=False)
    op.create_index(
        "ix_feed_gone",
        "feed",
        ["stream", "seq"],
        sqlite_where=GONE,
        postgresql_where=GONE,
    )
    op.create_index(
        "ix_subscription_job",
        "subscription",
        ["stream"],
        sqlite_where=OF_A_JOB,
        postgresql_where=OF_A_JOB,
    )
