"""The inbox: what the office did and what became of one's own ops, each told once."""

import sqlite3
from typing import Final

import msgspec

from mobile.queries import rows
from shared.site import Customer
from shared.work_order import WorkOrder
from sync.ports import Notice

_NOTICES: Final = "SELECT body, acknowledged FROM notice ORDER BY at DESC, id"
_UNREAD: Final = "SELECT count(*) FROM notice WHERE NOT acknowledged"
_notice: Final = msgspec.json.Decoder(Notice)


def notices(connection: sqlite3.Connection) -> list[Notice]:
    """Every notice that is kept, newest first, with the names of jobs that came in meanwhile."""
    kept = [
        msgspec.structs.replace(_notice.decode(body), unread=not acknowledged)
        for body, acknowledged in connection.execute(_NOTICES).fetchall()
    ]
    unnamed = {one.job for one in kept if not (one.number and one.customer)}
    orders = rows.several(connection, WorkOrder, unnamed)
    customers = rows.several(connection, Customer, {one.customer_id for one in orders.values()})
    return [_named(one, orders, customers) for one in kept]


def _named(notice: Notice, orders: dict[str, WorkOrder], customers: dict[str, Customer]) -> Notice:
    order = orders.get(notice.job or "")
    if order is None:
        return notice
    customer = customers.get(order.customer_id)
    return msgspec.structs.replace(
        notice,
        number=notice.number or order.number or order.provisional,
        customer=notice.customer or (customer.name if customer is not None else ""),
    )


def unread(connection: sqlite3.Connection) -> int:
    """How many notices nobody has acknowledged."""
    return int(connection.execute(_UNREAD).fetchone()[0])
