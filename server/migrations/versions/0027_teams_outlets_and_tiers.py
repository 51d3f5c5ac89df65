"""Teams with the requests they are there for, outlets, tiers of customers, and who had a ticket."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0027"
down_revision = "0030"
branch_labels = None
depends_on = None

NESTED = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Add two tables, and columns that say nothing of the rows there are.

    A team whose hours are kept already has the id of its calendar: the server makes it when it
    starts, by an act like any other, so that phones get to know of it.
    """
    op.create_table(
        "team",
        *_kept(),
        *_texts("name"),
        *_texts("outlet_id", nullable=True),
        sa.Column("takes", NESTED, nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_team_name", "team", ["name"])
    op.create_table(
        "outlet",
        *_kept(),
        *_texts("en", "zh", "kind", "address_en", "address_zh", "phone", "zone"),
        *_texts("hours_en", "hours_zh"),
        sa.Column("retired", sa.Boolean(), nullable=False),
    )
    for name in ("person", "ticket_event"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("team_id", sqlmodel.AutoString(), nullable=True))
    with op.batch_alter_table("customer") as table:
        table.add_column(
            sa.Column("tier", sqlmodel.AutoString(), nullable=False, server_default="")
        )
    with op.batch_alter_table("customer") as table:
        table.alter_column("tier", server_default=None)


def _kept() -> tuple[sa.Column[str] | sa.Column[int], ...]:
    return (
        sa.Column("id", sqlmodel.AutoString(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )


def _texts(*names: str, nullable: bool = False) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sqlmodel.AutoString(), nullable=nullable) for name in names)
