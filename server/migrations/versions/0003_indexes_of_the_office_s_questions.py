"""Indexes by which the office's pages find what happened last, without reading everything."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WAITS = "verdict IN ('quarantined', 'held')"


def upgrade() -> None:
    """Movements by part, by place and by time; ops that wait, conflicts and tasks by time."""
    op.create_index("ix_movement_part", "movement", ["part_id", "at", "id"])
    op.create_index("ix_movement_source", "movement", ["source_id", "at", "id"])
    op.create_index("ix_movement_target", "movement", ["target_id", "at", "id"])
    op.create_index("ix_movement_at", "movement", ["at", "id"])
    op.drop_index("ix_movement_part_id", "movement")
    op.create_index("ix_work_order_asset", "work_order", ["asset_id"])
    op.create_index("ix_conflict_at", "conflict", ["at", "id"])
    op.create_index("ix_task_at", "task", ["done", "at", "id"])
    op.drop_index("ix_task_done", "task")
    op.create_index(
        "ix_op_waits",
        "op",
        ["received", "op_id"],
        sqlite_where=sa.text(WAITS),
        postgresql_where=sa.text(WAITS),
    )
