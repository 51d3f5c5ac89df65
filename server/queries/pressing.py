"""What presses: open tickets with a clock that is over, in doubt or near its end."""

from typing import Final

from sqlalchemy import Connection, func, select

from server.queries.pages import Item, T
from server.queries.queue import OPEN_TICKETS, presses
from server.queries.start import ROWS_MAX, Group

NODES_MAX: Final = 12  # clocks of one ticket that may press at once
CLOCK, TICKET, CUSTOMER = T["clock"], T["ticket"], T["customer"]


def at_risk(connection: Connection, now: int) -> Group:
    """Open tickets with a clock that is over, in doubt or near its end, by what is due first."""
    joined = CLOCK.join(TICKET, TICKET.c.id == CLOCK.c.ticket_id).join(
        CUSTOMER, CUSTOMER.c.id == TICKET.c.customer_id
    )
    pressing = (presses(now), TICKET.c.status.in_(OPEN_TICKETS))
    wanted = (
        select(
            *(TICKET.c.id, TICKET.c.number, TICKET.c.problem, CLOCK.c.node, CLOCK.c.state),
            *(CLOCK.c.due, CUSTOMER.c.name.label("customer")),
        )
        .select_from(joined)
        .where(*pressing)
        .order_by(CLOCK.c.due, TICKET.c.id, CLOCK.c.node)
        .limit(ROWS_MAX * NODES_MAX)
    )
    first: dict[str, Item] = {}
    for row in connection.execute(wanted):
        first.setdefault(row.id, dict(row._asdict()))
    found = list(first.values())
    if len(found) <= ROWS_MAX:
        return len(found), found
    counted = select(func.count(TICKET.c.id.distinct())).select_from(joined).where(*pressing)
    return connection.scalar(counted) or 0, found[:ROWS_MAX]
