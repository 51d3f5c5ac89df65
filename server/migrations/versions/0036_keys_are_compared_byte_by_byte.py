"""Keys are compared byte by byte on PostgreSQL, in whatever language the database is (0048)."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

# Columns of text by which rows are looked up, joined or sorted: those of indexes, and both ends of
# foreign keys. Names, serial and part numbers are none of them: people type those, and they are
# searched by the rules of languages.
KEYS = {
    "aggregate": "noun id",
    "alias": "id merged_id into_id home_noun home_id",
    "asset": "id site_id",
    "asset_history": "id site_id asset_id",
    "assignment": "id work_order_id person_id",
    "balance": "id location_id part_id",
    "charge": "id work_order_id",
    "checklist": "id",
    "clock": "ticket_id node about",
    "clock_evidence": "device boot",
    "clock_watch": "ticket_id",
    "completion": "id work_order_id",
    "conflict": "id home_noun home_id",
    "contract": "id customer_id",
    "counter": "name",
    "coverage_decision": "id work_order_id",
    "credential": "person_id",
    "customer": "id",
    "delivery": "assignment_id device_id",
    "device": "id person_id",
    "divergence": "device_id stream",
    "enquiry": "id site_id asset_id",
    "enrolment_code": "selector person_id",
    "epoch": "id",
    "evidence_file": "sha256",
    "feed": "pk table stream",
    "feedback": "id ticket_id kind",
    "foresight_rules": "id",
    "gateway_try": "message_id",
    "incarnation": "id device",
    "ink_claim": "id",
    "invoice_request": "id work_order_id state",
    "judged_again": "op_id",
    "leaf": "op_id epoch",
    "lease": "name",
    "location": "id",
    "message": "id ticket_id state",
    "message_rules": "id",
    "message_wording": "id template",
    "movement": "id part_id source_id target_id",
    "note": "id work_order_id",
    "op": "op_id noun on_id incarnation",
    "op_state": "id person_id",
    "ordered_part": "id work_order_id part_id",
    "organisation": "id",
    "outlet": "id",
    "part": "id",
    "part_use": "id work_order_id part_id",
    "payment": "id work_order_id",
    "person": "id",
    "photo": "id work_order_id sha256 thumb_sha256",
    "planned_part": "id work_order_id part_id",
    "policy_choice": "id",
    "price_list": "id",
    "quote": "id work_order_id",
    "reading": "id work_order_id",
    "return_case": "id ticket_id asset_id",
    "return_terms": "id",
    "serial_claim": "id location_id",
    "service_policy": "id",
    "session": "hash person_id",
    "setting": "name",
    "sign_off": "id work_order_id group_id shown_hash seal state",
    "signed_document": "id work_order_id sign_off_id",
    "site": "id customer_id",
    "status_change": "id work_order_id",
    "stream_head": "stream",
    "subscription": "id person_id stream",
    "tag_set": "id code",
    "taken_item": "id work_order_id state",
    "task": "id home_noun home_id",
    "team": "id",
    "throttle": "key",
    "ticket": "id number customer_id site_id status",
    "ticket_event": "id ticket_id",
    "ticket_link": "ticket_id",
    "token_nonce": "nonce device_id",
    "tombstone": "stream",
    "tree_head": "epoch",
    "tree_node": "epoch",
    "upload": "id device_id person_id sha256",
    "visit": "id work_order_id person_id planned_from",
    "wipe": "id device_id",
    "work_order": "id number ticket_id customer_id site_id asset_id"
    " planned_from status provisional",
    "working_calendar": "id",
}


def upgrade() -> None:
    """Each such column gets the collation of SQLite; the indexes over it are made anew."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns in KEYS.items():
        changes = (f'ALTER "{one}" TYPE VARCHAR COLLATE "C"' for one in columns.split())
        op.execute(f'ALTER TABLE "{table}" {", ".join(changes)}')
