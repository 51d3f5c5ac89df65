"""Parts that are planned and ordered, who has seen a job, and who has closed a task."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two tables, and columns that are empty in every row there is."""
    with op.batch_alter_table("assignment") as table:
        table.add_column(sa.Column("seen_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("accepted_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("part_use") as table:
        table.add_column(sa.Column("old_part", sqlmodel.AutoString(), nullable=True))
        table.add_column(sa.Column("planned_id", sqlmodel.AutoString(), nullable=True))
        table.add_column(sa.Column("returned", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("task") as table:
        table.add_column(sa.Column("closed_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("closed_by", sqlmodel.AutoString(), nullable=True))
        table.add_column(
            sa.Column("note", sqlmodel.AutoString(), nullable=False, server_default="")
        )
    with op.batch_alter_table("task") as table:
        table.alter_column("note", server_default=None)
    op.create_table(
        "planned_part",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("part_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("note", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("dropped_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_planned_part_work_order_id", "planned_part", ["work_order_id"])
    op.create_index("ix_planned_part_part_id", "planned_part", ["part_id"])
    op.create_table(
        "ordered_part",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("visit_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("part_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("text", sqlmodel.AutoString(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("note", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("supplied_at", sa.BigInteger(), nullable=True),
        sa.Column("supplied_by", sqlmodel.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("work_order_id", "part_id", "supplied_at"):
        op.create_index(f"ix_ordered_part_{column}", "ordered_part", [column])
