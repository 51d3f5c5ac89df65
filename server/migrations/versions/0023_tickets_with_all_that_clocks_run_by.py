"""Tickets with all that clocks run by, the words they are classified by, and enquiries."""

from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NESTED = sa.JSON(none_as_null=True)
UNSETTLED = "state = 'new'"
TEXTS = {
    "ticket": (
        *("kind", "urgency", "complexity", "impact", "complaints", "service_type", "mode"),
        *("handled_by", "scope"),
    ),
    "ticket_event": ("pause", "resume", "note"),
}
LISTS = {"ticket": ("tags", "excused", "settled"), "ticket_event": ("events",)}
WHOLES = {"ticket": ("received_at", "chased"), "ticket_event": ("earliest", "latest", "received")}
NAMES = {
    "ticket": (
        *("policy_id", "enquiry_id", "owner_id", "agreed_visit", "agreed_due"),
        "repeat_of",
    ),
    "ticket_event": ("until",),
}


def upgrade() -> None:
    """Add columns that say nothing of the tickets there are, and two tables."""
    for name in TEXTS:
        _widen(name)
    with op.batch_alter_table("ticket") as table:
        table.add_column(
            sa.Column("major", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("ticket") as table:
        table.alter_column("major", server_default=None)
    op.create_table(
        "tag_set",
        *_kept(),
        sa.Column("code", sqlmodel.AutoString(), nullable=False, unique=True),
        *_texts("en", "zh", "source"),
        sa.Column("several", sa.Boolean(), nullable=False),
        sa.Column("tags", NESTED, nullable=False),
    )
    op.create_table(
        "enquiry",
        *_kept(),
        *_texts("channel", "reference", "sender", "contact", "address", "subject", "text"),
        *_texts("language", "state", "reason"),
        sa.Column("files", NESTED, nullable=False),
        *_texts("site_id", "asset_id", "ticket_id", "settled_by", nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
    )
    for name in ("site_id", "asset_id"):
        op.create_index(f"ix_enquiry_{name}", "enquiry", [name])
    op.create_index(
        "ix_enquiry_new",
        "enquiry",
        ["received_at", "id"],
        sqlite_where=sa.text(UNSETTLED),
        postgresql_where=sa.text(UNSETTLED),
    )


def _widen(name: str) -> None:
    """New columns of a table that has rows: empty in all of them."""
    filled = {**dict.fromkeys(TEXTS[name], ""), **dict.fromkeys(LISTS[name], "[]")}
    with op.batch_alter_table(name) as table:
        for column in TEXTS[name]:
            table.add_column(_filled(column, sqlmodel.AutoString(), ""))
        for column in LISTS[name]:
            table.add_column(_filled(column, NESTED, "[]"))
        for column in WHOLES[name]:
            table.add_column(sa.Column(column, sa.BigInteger(), nullable=True))
        for column in NAMES[name]:
            table.add_column(sa.Column(column, sqlmodel.AutoString(), nullable=True))
    with op.batch_alter_table(name) as table:
        for column in filled:
            table.alter_column(column, server_default=None)


def _filled(name: str, kind: Any, value: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=value)


def _kept() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sqlmodel.AutoString(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )


def _texts(*names: str, nullable: bool = False) -> tuple[sa.Column[Any], ...]:
    return tuple(sa.Column(name, sqlmodel.AutoString(), nullable=nullable) for name in names)
