"""Price lists, contracts, what jobs are charged for, what was paid, and items taken away."""

from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def text(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    """Columns of text."""
    return [sa.Column(name, sqlmodel.AutoString(), nullable=nullable) for name in names]


def whole(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    """Columns of whole numbers."""
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def nested(*names: str) -> list[sa.Column[Any]]:
    """Columns of JSON."""
    return [sa.Column(name, sa.JSON(none_as_null=True), nullable=False) for name in names]


def yes_or_no(name: str) -> sa.Column[Any]:
    """A column that says yes or no."""
    return sa.Column(name, sa.Boolean(), nullable=False)


def of_a_job(name: str, *columns: sa.Column[Any]) -> None:
    """Create a table of rows that live with a job."""
    op.create_table(
        name,
        *(*text("id"), *whole("version"), *text("work_order_id"), *text("visit_id", nullable=True)),
        *columns,
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"ix_{name}_work_order_id", name, ["work_order_id"])


def upgrade() -> None:
    """Add nine tables, and two columns that are empty for every machine there is."""
    with op.batch_alter_table("asset") as table:
        for column in text("invoiced_on", "warranty_until", nullable=True):
            table.add_column(column)
    op.create_table(
        "price_list",
        *(*text("id"), *whole("version"), *text("name"), *whole("edition")),
        *(*text("valid_from", "currency"), yes_or_no("tax_inclusive"), *whole("on_spot_limit")),
        *(*nested("items", "warranty"), *text("warranty_from"), *whole("guarantee_days")),
        yes_or_no("retired"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_price_list_name", "price_list", ["name"])
    op.create_table(
        "organisation",
        *(*text("id"), *whole("version"), *text("en", "zh", "tagline_en", "tagline_zh")),
        *text("address_en", "address_zh", "phone", "tax_number", "account"),
        *text("pay_text", "verify_url"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "contract",
        *(*text("id"), *whole("version"), *text("customer_id"), *text("site_id", nullable=True)),
        *(*text("number", "valid_from", "valid_to"), *nested("covers"), *text("note")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_contract_customer_id", "contract", ["customer_id"])
    of_a_job(
        "coverage_decision",
        *(*text("category", "before", "basis", "code"), *nested("params", "covers")),
        *(*text("note", "person_id"), *whole("at")),
    )
    of_a_job(
        "charge",
        *(*text("kind", "item", "en", "zh", "note"), *whole("amount"), *text("unit")),
        *(*whole("price", "tax", "net"), yes_or_no("covered")),
        *(*text("use_id", "price_list_id", nullable=True), *text("person_id"), *whole("at")),
        *whole("dropped_at", nullable=True),
    )
    of_a_job(
        "quote",
        *(*text("price_list_id"), *nested("lines"), *whole("total", "tax_total")),
        *(*text("currency", "person_id"), *whole("at"), *whole("agreed_at", nullable=True)),
        *(*text("sign_off_id", nullable=True), *whole("declined_at", nullable=True)),
        *text("decline_reason"),
    )
    _paid()
    of_a_job(
        "taken_item",
        *(*text("asset_id", nullable=True), *text("receipt", "what", "serial", "accessories")),
        *(*text("condition", "reason"), *text("back_by", nullable=True)),
        *(*whole("estimate", nullable=True), *text("state"), *text("sign_off_id", nullable=True)),
        *(*text("person_id"), *whole("at"), *whole("handed_in_at", nullable=True)),
        *(*text("handed_in_by", nullable=True), *whole("returned_at", nullable=True)),
        *text("returned_by", "return_sign_off_id", nullable=True),
    )
    op.create_index("ix_taken_item_state", "taken_item", ["state", "at", "id"])


def _paid() -> None:
    of_a_job(
        "payment",
        *(*text("receipt", "method"), *whole("amount"), *text("currency", "payer", "transaction")),
        *(*text("photo_id", nullable=True), *text("person_id"), *whole("at")),
        *(*whole("handed_at", nullable=True), *text("handed_to", nullable=True)),
        *(*whole("void_at", nullable=True), *text("void_reason")),
    )
    op.create_index("ix_payment_open", "payment", ["handed_at", "void_at", "at", "id"])
    of_a_job(
        "invoice_request",
        *text("type", "title", "tax_number", "delivery", "address", "bank"),
        *(*whole("amount", "tax_amount"), *text("currency", "state", "number", "person_id")),
        *(*whole("at"), *whole("issued_at", nullable=True), *text("issued_by", nullable=True)),
        *(*whole("reversed_at", nullable=True), *text("reverse_reason")),
    )
    op.create_index("ix_invoice_request_state", "invoice_request", ["state", "at", "id"])
