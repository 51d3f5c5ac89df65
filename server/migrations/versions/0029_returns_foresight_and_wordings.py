"""Returns of machines, what is foreseen, and how a company words its messages."""

from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

NESTED = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Five tables, and columns that say nothing of what is there already."""
    gone = _texts("gone_on", "replaced_by", nullable=True)
    _widen("asset", gone, {"gone": sqlmodel.AutoString()})
    _widen("enquiry", [], {"wish": sqlmodel.AutoString()})
    _widen("service_policy", [], {"further": NESTED})
    op.create_table(
        "return_case",
        *_kept(),
        sa.Column("ticket_id", sqlmodel.AutoString(), sa.ForeignKey("ticket.id"), nullable=False),
        *_texts("wish", "reason", "step", "asked_by", "why", "borne_by", "currency", "way"),
        *_texts("finding"),
        *_texts("asset_id", "decided_by", "item_id", "received_by", nullable=True),
        *_texts("inspected_by", "new_asset_id", "done_by", nullable=True),
        sa.Column("papers", NESTED, nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        *_wholes("asked_at"),
        *_wholes("fee", "decided_at", "received_at", "inspected_at", "refund", nullable=True),
        *_wholes("done_at", nullable=True),
    )
    for name in ("ticket_id", "asset_id"):
        op.create_index(f"ix_return_case_{name}", "return_case", [name])
    op.create_table(
        "return_terms",
        *_kept(),
        sa.Column("papers", NESTED, nullable=False),
        *_wholes("return_days", "exchange_days", nullable=True),
        sa.Column("costs", NESTED, nullable=False),
        *_texts("warranty"),
    )
    op.create_table(
        "foresight_rules",
        *_kept(),
        *_wholes("repeat_count", "repeat_days", "again_days", "drift_days", "ends_days"),
        *_wholes("due_days", "parts_times", "parts_days"),
        sa.Column("intervals", NESTED, nullable=False),
    )
    op.create_table(
        "message_wording",
        *_kept(),
        sa.Column("template", sqlmodel.AutoString(), nullable=False, unique=True),
        *_wholes("number"),
        *_texts("en", "zh", "by"),
        *_wholes("at"),
    )
    op.create_table(
        "message_rules",
        *_kept(),
        sa.Column("automatic", NESTED, nullable=False),
        sa.Column("linked", NESTED, nullable=False),
    )


def _widen(name: str, added: list[sa.Column[Any]], filled: dict[str, Any]) -> None:
    """New columns of a table that has rows: empty in all of them."""
    with op.batch_alter_table(name) as table:
        for column in added:
            table.add_column(column)
        for one, kind in filled.items():
            empty = "[]" if kind is NESTED else ""
            table.add_column(sa.Column(one, kind, nullable=False, server_default=empty))
    with op.batch_alter_table(name) as table:
        for one in filled:
            table.alter_column(one, server_default=None)


def _kept() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sqlmodel.AutoString(), nullable=False, primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
    ]


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(one, sqlmodel.AutoString(), nullable=nullable) for one in names]


def _wholes(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(one, sa.BigInteger(), nullable=nullable) for one in names]
