"""Versions of service policies, which of them is in force, and working calendars."""

from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def text(*names: str) -> list[sa.Column[Any]]:
    """Columns of text."""
    return [sa.Column(name, sqlmodel.AutoString(), nullable=False) for name in names]


def whole(*names: str) -> list[sa.Column[Any]]:
    """Columns of whole numbers."""
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def nested(*names: str) -> list[sa.Column[Any]]:
    """Columns of JSON."""
    return [sa.Column(name, sa.JSON(none_as_null=True), nullable=False) for name in names]


def upgrade() -> None:
    """Add three tables; the server fills them when it starts."""
    op.create_table(
        "service_policy",
        *(*text("id"), *whole("version"), *text("name"), *whole("number")),
        *text("valid_from", "en", "zh", "about_en", "about_zh", "trade"),
        *(*nested("limits", "targets", "duties"), *text("by"), *whole("at")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "policy_choice",
        *(*text("id"), *whole("version"), *nested("editions", "chosen", "zones", "classes")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "working_calendar",
        *(*text("id"), *whole("version"), *text("team", "time_zone")),
        *(*nested("week", "days"), *text("country"), *nested("open_years")),
        sa.PrimaryKeyConstraint("id"),
    )
