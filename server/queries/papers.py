"""Papers: which job one is about."""

from sqlalchemy import Connection, select

from server.queries.pages import T, by_number


def order_of(connection: Connection, number: str) -> str | None:
    """The id of the work order with this number or id."""
    found = by_number(connection, "work_order", number)
    return None if found is None else str(found["id"])


def order_with(connection: Connection, table: str, identity: str) -> str | None:
    """The id of the work order that a payment or a taken item lives with."""
    rows = T[table]
    wanted = select(rows.c.work_order_id).where(rows.c.id == identity)
    found = connection.execute(wanted).scalar_one_or_none()
    return None if found is None else str(found)
