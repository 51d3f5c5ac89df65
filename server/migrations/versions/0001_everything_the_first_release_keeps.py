"""Everything the first release keeps."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "aggregate",
        sa.Column("noun", sqlmodel.AutoString(), nullable=False),
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("noun", "id"),
    )
    op.create_table(
        "balance",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("part_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_balance_location_id"), "balance", ["location_id"], unique=False)
    op.create_index(op.f("ix_balance_part_id"), "balance", ["part_id"], unique=False)
    op.create_table(
        "checklist",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("en", sqlmodel.AutoString(), nullable=False),
        sa.Column("zh", sqlmodel.AutoString(), nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "clock_evidence",
        sa.Column("device", sqlmodel.AutoString(), nullable=False),
        sa.Column("boot", sqlmodel.AutoString(), nullable=False),
        sa.Column("mono", sa.BigInteger(), nullable=False),
        sa.Column("wall", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "boot"),
    )
    op.create_table(
        "conflict",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("home_noun", sqlmodel.AutoString(), nullable=False),
        sa.Column("home_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("field", sqlmodel.AutoString(), nullable=False),
        sa.Column("rule", sqlmodel.AutoString(), nullable=False),
        sa.Column("seen", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("winner", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("winner_by", sqlmodel.AutoString(), nullable=False),
        sa.Column("losers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sqlmodel.AutoString(), nullable=True),
        sa.Column("choice", sqlmodel.AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_conflict_home", "conflict", ["home_id", "home_noun"], unique=False)
    op.create_index(op.f("ix_conflict_settled_at"), "conflict", ["settled_at"], unique=False)
    op.create_table(
        "counter",
        sa.Column("name", sqlmodel.AutoString(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "customer",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.AutoString(), nullable=False),
        sa.Column("type", sqlmodel.AutoString(), nullable=False),
        sa.Column("salutation", sqlmodel.AutoString(), nullable=False),
        sa.Column("phone", sqlmodel.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_customer_name"), "customer", ["name"], unique=False)
    op.create_index(op.f("ix_customer_phone"), "customer", ["phone"], unique=False)
    op.create_table(
        "epoch",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("first_leaf", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ordinal"),
    )
    op.create_table(
        "feed",
        sa.Column("pk", sqlmodel.AutoString(), nullable=False),
        sa.Column("table", sqlmodel.AutoString(), nullable=False),
        sa.Column("stream", sqlmodel.AutoString(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sum_a", sa.BigInteger(), nullable=False),
        sa.Column("sum_b", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", "table", "stream"),
    )
    op.create_index("ix_feed_seq", "feed", ["stream", "seq"], unique=True)
    op.create_table(
        "incarnation",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("device", sqlmodel.AutoString(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sqlmodel.AutoString(), nullable=False),
        sa.Column("nonce_before", sqlmodel.AutoString(), nullable=True),
        sa.Column("vector", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("lseq_max", sa.BigInteger(), nullable=False),
        sa.Column("forked_from", sqlmodel.AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_incarnation_device"), "incarnation", ["device"], unique=False)
    op.create_table(
        "leaf",
        sa.Column("op_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sqlmodel.AutoString(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("wrote", sqlmodel.AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("op_id", "n", "epoch"),
        sa.UniqueConstraint("epoch", "number", name="uq_leaf_number"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sqlmodel.AutoString(), nullable=False),
        sa.Column("holder", sqlmodel.AutoString(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "location",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sqlmodel.AutoString(), nullable=False),
        sa.Column("en", sqlmodel.AutoString(), nullable=False),
        sa.Column("zh", sqlmodel.AutoString(), nullable=False),
        sa.Column("type", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "movement",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("op_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("part_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("source_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("target_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_movement_part_id"), "movement", ["part_id"], unique=False)
    op.create_table(
        "op",
        sa.Column("op_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("fingerprint", sqlmodel.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(), nullable=True),
        sa.Column("v", sa.BigInteger(), nullable=True),
        sa.Column("noun", sqlmodel.AutoString(), nullable=True),
        sa.Column("on_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("by_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("origin", sqlmodel.AutoString(), nullable=True),
        sa.Column("device", sqlmodel.AutoString(), nullable=True),
        sa.Column("incarnation", sqlmodel.AutoString(), nullable=True),
        sa.Column("lseq", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sqlmodel.AutoString(), nullable=False),
        sa.Column("code", sqlmodel.AutoString(), nullable=True),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("flags", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )
    op.create_index("ix_op_on", "op", ["noun", "on_id"], unique=False)
    op.create_index("ix_op_place", "op", ["incarnation", "lseq"], unique=False)
    op.create_index(
        "ix_op_provisional",
        "op",
        ["incarnation", "lseq"],
        unique=False,
        sqlite_where=sa.text("verdict IN ('quarantined', 'held')"),
        postgresql_where=sa.text("verdict IN ('quarantined', 'held')"),
    )
    op.create_index(op.f("ix_op_received"), "op", ["received"], unique=False)
    op.create_table(
        "op_state",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("verdict", sqlmodel.AutoString(), nullable=False),
        sa.Column("code", sqlmodel.AutoString(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_op", sqlmodel.AutoString(), nullable=True),
        sa.Column("claimed", sqlmodel.AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_op_state_person_id"), "op_state", ["person_id"], unique=False)
    op.create_table(
        "part",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("number", sqlmodel.AutoString(), nullable=False),
        sa.Column("en", sqlmodel.AutoString(), nullable=False),
        sa.Column("zh", sqlmodel.AutoString(), nullable=False),
        sa.Column("type", sqlmodel.AutoString(), nullable=False),
        sa.Column("unit", sqlmodel.AutoString(), nullable=False),
        sa.Column("serialised", sa.Boolean(), nullable=False),
        sa.Column("barcode", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_part_number"), "part", ["number"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("login", sqlmodel.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.AutoString(), nullable=False),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("skills", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("zones", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("code", sqlmodel.AutoString(), nullable=False),
        sa.Column("van_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_person_login"), "person", ["login"], unique=True)
    op.create_table(
        "raw_op",
        sa.Column("fingerprint", sqlmodel.AutoString(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint"),
    )
    op.create_table(
        "serial_claim",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("part_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("serial", sqlmodel.AutoString(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("op_id", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_serial_claim_location_id"), "serial_claim", ["location_id"], unique=False
    )
    op.create_table(
        "setting",
        sa.Column("name", sqlmodel.AutoString(), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "stream_head",
        sa.Column("stream", sqlmodel.AutoString(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("sum_a", sa.BigInteger(), nullable=False),
        sa.Column("sum_b", sa.BigInteger(), nullable=False),
        sa.Column("min_seq", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("stream", sqlmodel.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_subscription_person_id"), "subscription", ["person_id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("home_noun", sqlmodel.AutoString(), nullable=False),
        sa.Column("home_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("code", sqlmodel.AutoString(), nullable=False),
        sa.Column("params", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("op_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_task_done"), "task", ["done"], unique=False)
    op.create_index("ix_task_home", "task", ["home_id", "home_noun"], unique=False)
    op.create_table(
        "throttle",
        sa.Column("key", sqlmodel.AutoString(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "tree_head",
        sa.Column("epoch", sqlmodel.AutoString(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.AutoString(), nullable=False),
        sa.Column("signature", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "size"),
    )
    op.create_table(
        "tree_node",
        sa.Column("epoch", sqlmodel.AutoString(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "level", "place"),
    )
    op.create_table(
        "credential",
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("hash", sqlmodel.AutoString(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "device",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.AutoString(), nullable=False),
        sa.Column("public_key", sqlmodel.AutoString(), nullable=False),
        sa.Column("app", sqlmodel.AutoString(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("contact_at", sa.BigInteger(), nullable=True),
        sa.Column("clock_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_device_person_id"), "device", ["person_id"], unique=False)
    op.create_table(
        "enrolment_code",
        sa.Column("selector", sqlmodel.AutoString(), nullable=False),
        sa.Column("hash", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("issued_by", sqlmodel.AutoString(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("selector"),
    )
    op.create_table(
        "session",
        sa.Column("hash", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(op.f("ix_session_person_id"), "session", ["person_id"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.AutoString(), nullable=False),
        sa.Column("division", sqlmodel.AutoString(), nullable=False),
        sa.Column("zone", sqlmodel.AutoString(), nullable=False),
        sa.Column("time_zone", sqlmodel.AutoString(), nullable=False),
        sa.Column("contact_name", sqlmodel.AutoString(), nullable=False),
        sa.Column("contact_phone", sqlmodel.AutoString(), nullable=False),
        sa.Column("access_notes", sqlmodel.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_site_contact_phone"), "site", ["contact_phone"], unique=False)
    op.create_index(op.f("ix_site_customer_id"), "site", ["customer_id"], unique=False)
    op.create_table(
        "asset",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.AutoString(), nullable=False),
        sa.Column("model", sqlmodel.AutoString(), nullable=False),
        sa.Column("serial", sqlmodel.AutoString(), nullable=False),
        sa.Column("product_class", sqlmodel.AutoString(), nullable=False),
        sa.Column("delivered_on", sqlmodel.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_asset_serial"), "asset", ["serial"], unique=False)
    op.create_index(op.f("ix_asset_site_id"), "asset", ["site_id"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("number", sqlmodel.AutoString(), nullable=True),
        sa.Column("customer_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("site_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("asset_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("channel", sqlmodel.AutoString(), nullable=False),
        sa.Column("problem", sqlmodel.AutoString(), nullable=False),
        sa.Column("priority", sqlmodel.AutoString(), nullable=False),
        sa.Column("caller", sqlmodel.AutoString(), nullable=False),
        sa.Column("status", sqlmodel.AutoString(), nullable=False),
        sa.Column("opened_by", sqlmodel.AutoString(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_ticket_customer_id"), "ticket", ["customer_id"], unique=False)
    op.create_index(op.f("ix_ticket_opened_at"), "ticket", ["opened_at"], unique=False)
    op.create_index(op.f("ix_ticket_site_id"), "ticket", ["site_id"], unique=False)
    op.create_index(op.f("ix_ticket_status"), "ticket", ["status"], unique=False)
    op.create_table(
        "token_nonce",
        sa.Column("nonce", sqlmodel.AutoString(), nullable=False),
        sa.Column("device_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("source", sqlmodel.AutoString(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.id"],
        ),
        sa.PrimaryKeyConstraint("nonce"),
    )
    op.create_index(op.f("ix_token_nonce_device_id"), "token_nonce", ["device_id"], unique=False)
    op.create_index(op.f("ix_token_nonce_expires_at"), "token_nonce", ["expires_at"], unique=False)
    op.create_table(
        "ticket_event",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("what", sqlmodel.AutoString(), nullable=False),
        sa.Column("status", sqlmodel.AutoString(), nullable=False),
        sa.Column("by", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_ticket_event_ticket_id"), "ticket_event", ["ticket_id"], unique=False)
    op.create_table(
        "work_order",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("number", sqlmodel.AutoString(), nullable=True),
        sa.Column("ticket_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("customer_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("site_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("asset_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("checklist_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("category", sqlmodel.AutoString(), nullable=False),
        sa.Column("service", sqlmodel.AutoString(), nullable=False),
        sa.Column("priority", sqlmodel.AutoString(), nullable=False),
        sa.Column("summary", sqlmodel.AutoString(), nullable=False),
        sa.Column("job_note", sqlmodel.AutoString(), nullable=False),
        sa.Column("skill", sqlmodel.AutoString(), nullable=False),
        sa.Column("planned_from", sqlmodel.AutoString(), nullable=True),
        sa.Column("planned_to", sqlmodel.AutoString(), nullable=True),
        sa.Column("status", sqlmodel.AutoString(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sqlmodel.AutoString(), nullable=True),
        sa.Column("cancel_reason", sqlmodel.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_work_order_created_at"), "work_order", ["created_at"], unique=False)
    op.create_index(op.f("ix_work_order_customer_id"), "work_order", ["customer_id"], unique=False)
    op.create_index(
        op.f("ix_work_order_planned_from"), "work_order", ["planned_from"], unique=False
    )
    op.create_index(op.f("ix_work_order_site_id"), "work_order", ["site_id"], unique=False)
    op.create_index(op.f("ix_work_order_status"), "work_order", ["status"], unique=False)
    op.create_index(op.f("ix_work_order_ticket_id"), "work_order", ["ticket_id"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("role", sqlmodel.AutoString(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["work_order_id"],
            ["work_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_assignment_person_id"), "assignment", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_assignment_work_order_id"), "assignment", ["work_order_id"], unique=False
    )
    op.create_table(
        "completion",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("visit_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("outcome", sqlmodel.AutoString(), nullable=False),
        sa.Column("diagnosis", sqlmodel.AutoString(), nullable=False),
        sa.Column("work_done", sqlmodel.AutoString(), nullable=False),
        sa.Column("remark", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order_id"],
            ["work_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_completion_work_order_id"), "completion", ["work_order_id"], unique=False
    )
    op.create_table(
        "note",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("visit_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("text", sqlmodel.AutoString(), nullable=False),
        sa.Column("audience", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order_id"],
            ["work_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_note_work_order_id"), "note", ["work_order_id"], unique=False)
    op.create_table(
        "part_use",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("visit_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("part_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("location_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("serial", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order_id"],
            ["work_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_part_use_part_id"), "part_use", ["part_id"], unique=False)
    op.create_index(op.f("ix_part_use_work_order_id"), "part_use", ["work_order_id"], unique=False)
    op.create_table(
        "reading",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("visit_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("asset_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("checklist_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("item", sqlmodel.AutoString(), nullable=False),
        sa.Column("value", sqlmodel.AutoString(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("not_applicable", sa.Boolean(), nullable=False),
        sa.Column("out_of_limits", sa.Boolean(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order_id"],
            ["work_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_reading_work_order_id"), "reading", ["work_order_id"], unique=False)
    op.create_table(
        "status_change",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("visit_id", sqlmodel.AutoString(), nullable=True),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("verb", sqlmodel.AutoString(), nullable=False),
        sa.Column("before", sqlmodel.AutoString(), nullable=False),
        sa.Column("after", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("edge", sqlmodel.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order_id"],
            ["work_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_status_change_work_order_id"), "status_change", ["work_order_id"], unique=False
    )
    op.create_table(
        "visit",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("person_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("planned_from", sqlmodel.AutoString(), nullable=True),
        sa.Column("planned_to", sqlmodel.AutoString(), nullable=True),
        sa.Column("attendance", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sqlmodel.AutoString(), nullable=True),
        sa.Column("remark", sqlmodel.AutoString(), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("fault", sqlmodel.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order_id"],
            ["work_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_visit_person_id"), "visit", ["person_id"], unique=False)
    op.create_index(op.f("ix_visit_planned_from"), "visit", ["planned_from"], unique=False)
    op.create_index(op.f("ix_visit_work_order_id"), "visit", ["work_order_id"], unique=False)
