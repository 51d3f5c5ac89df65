"""Files that no op names yet are found by their device, as is asked with each that it brings."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UNNAMED = sa.text("named_at IS NULL")


def upgrade() -> None:
    """Another column in an index: who looks for those of all devices goes through all of them."""
    op.drop_index("ix_upload_unnamed", table_name="upload")
    op.create_index(
        "ix_upload_unnamed",
        "upload",
        ["device_id"],
        unique=False,
        sqlite_where=UNNAMED,
        postgresql_where=UNNAMED,
    )
