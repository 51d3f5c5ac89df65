"""Files that devices upload, and those that were checked."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two tables."""
    op.create_table(
        "upload",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("device_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sqlmodel.AutoString(), nullable=True),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("named_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("mismatches", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_upload_sha256", "upload", ["sha256"])
    op.create_index("ix_upload_device", "upload", ["device_id", "sha256"])
    op.create_index(
        "ix_upload_unnamed",
        "upload",
        ["sha256"],
        sqlite_where=sa.text("named_at IS NULL"),
        postgresql_where=sa.text("named_at IS NULL"),
    )
    op.create_table(
        "evidence_file",
        sa.Column("sha256", sqlmodel.AutoString(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("fault", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
