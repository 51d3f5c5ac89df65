"""When a visit was agreed on with the customer: what is heard of later replaces nothing newer."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Whatever was agreed on before, any later word replaces it."""
    op.add_column("ticket", sa.Column("agreed_at", sa.BigInteger(), nullable=True))
