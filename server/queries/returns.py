"""Returns: how one stands, what a technician took along for it, and the company's terms."""

from typing import Any

import msgspec
from msgspec import structs
from sqlalchemy import Connection, select

from server import rows
from server.queries.pages import Item, T, by_id
from shared.return_case import case_id
from shared.return_terms import TERMS, USUAL, ReturnTerms

ITEM, ORDER = T["taken_item"], T["work_order"]


def of_ticket(connection: Connection, ticket_id: str) -> Item | None:
    """The return of a ticket, with its machine and the one that stands there instead."""
    found = by_id(connection, "return_case", case_id(ticket_id))
    if found is None:
        return None
    told = {
        name: by_id(connection, "asset", found[f"{name}_id"]) for name in ("asset", "new_asset")
    }
    item = by_id(connection, "taken_item", found["item_id"])
    return {**found, **told, "item": item}


def items_of(connection: Connection, ticket_id: str) -> list[Item]:
    """What technicians took along on the jobs of a ticket, and has not gone back."""
    wanted = (
        select(ITEM)
        .join(ORDER, ORDER.c.id == ITEM.c.work_order_id)
        .where(ORDER.c.ticket_id == ticket_id, ITEM.c.state != "returned")
        .order_by(ITEM.c.at.desc(), ITEM.c.id)
    )
    return [dict(row._asdict()) for row in connection.execute(wanted)]


def terms(connection: Connection) -> ReturnTerms:
    """The terms of returns, or those of a company that has set none."""
    found: Any = next(iter(rows.fetch(connection, "return_terms", "id", {TERMS})), None)
    return found if isinstance(found, ReturnTerms) else USUAL


def plain(found: ReturnTerms) -> dict[str, Any]:
    """Terms as a form shows them."""
    names = found.__struct_fields__
    told = {name: msgspec.to_builtins(getattr(found, name)) for name in names}
    return {**told, "costs": [structs.asdict(one) for one in found.costs]}
