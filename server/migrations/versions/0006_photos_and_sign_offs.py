"""Photos, the places of a checklist that ask for one, and what customers signed."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NESTED = sa.JSON(none_as_null=True)


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    """A column of text."""
    return sa.Column(name, sqlmodel.AutoString(), nullable=nullable)


def whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """A column of whole numbers."""
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def of_a_job() -> sa.ForeignKeyConstraint:
    """What every row here lives with."""
    return sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"])


def upgrade() -> None:
    """Add three tables, and a column that is empty in every checklist there is."""
    with op.batch_alter_table("checklist") as table:
        table.add_column(sa.Column("photos", NESTED, nullable=False, server_default="[]"))
    with op.batch_alter_table("checklist") as table:
        table.alter_column("photos", server_default=None)
    op.create_table(
        "photo",
        *(text("id"), whole("version"), text("work_order_id"), text("visit_id", nullable=True)),
        *(text("asset_id", nullable=True), text("slot"), text("caption"), text("audience")),
        *(text("sha256"), whole("size"), whole("width"), whole("height")),
        *(text("thumb_sha256"), whole("thumb_size"), text("drawn_on", nullable=True)),
        *(text("person_id"), whole("at"), whole("arrived_at", nullable=True), text("fault")),
        whole("dropped_at", nullable=True),
        of_a_job(),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("work_order_id", "sha256", "thumb_sha256"):
        op.create_index(f"ix_photo_{column}", "photo", [column])
    op.create_index("ix_photo_waiting", "photo", ["arrived_at", "at", "id"])
    op.create_table(
        "sign_off",
        *(text("id"), whole("version"), text("work_order_id"), text("visit_id", nullable=True)),
        *(text("group_id"), text("purpose"), text("subject_id", nullable=True)),
        *(text("shown_hash"), text("code"), text("seal"), text("state")),
        sa.Column("faults", NESTED, nullable=False),
        sa.Column("listed", NESTED, nullable=False),
        *(text("language"), text("signer"), text("signer_role"), text("relation")),
        *(whole("rating", nullable=True), text("refusal"), whole("total", nullable=True)),
        *(text("currency"), text("outcome"), text("person_id"), whole("signed_at"), whole("at")),
        of_a_job(),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("work_order_id", "group_id", "shown_hash", "seal"):
        op.create_index(f"ix_sign_off_{column}", "sign_off", [column])
    op.create_index("ix_sign_off_state", "sign_off", ["state", "at", "id"])
    op.create_table(
        "signed_document",
        *(text("id"), whole("version"), text("work_order_id"), text("sign_off_id")),
        text("document"),
        sa.Column("ink", NESTED, nullable=True),
        sa.Column("technician_ink", NESTED, nullable=True),
        text("app"),
        of_a_job(),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("work_order_id", "sign_off_id"):
        op.create_index(f"ix_signed_document_{column}", "signed_document", [column])
