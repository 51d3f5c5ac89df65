"""Satisfaction as the office reads it: what was said in a time, of how many requests."""

from sqlalchemy import Connection, and_, func, select

from server.queries.figures import received
from server.queries.pages import Item, T
from shared.feedback import RESOLVED

FEEDBACK, TICKET, SIGN_OFF = T["feedback"], T["ticket"], T["sign_off"]
ORDER, ASSIGNMENT, PERSON = T["work_order"], T["assignment"], T["person"]


def answered(connection: Connection, start: int, end: int) -> tuple[int, int]:
    """Of the requests received in a time (ms) and done: how many were scored, how many there are.

    A score by the link or by telephone; not what was ticked at the door.
    """
    scored = select(FEEDBACK.c.id).where(
        FEEDBACK.c.ticket_id == TICKET.c.id, FEEDBACK.c.kind == "score"
    )
    done = (received() >= start, received() < end, TICKET.c.status.in_(sorted(RESOLVED)))
    every = select(func.count()).select_from(TICKET).where(*done)
    both = select(
        every.where(scored.exists()).scalar_subquery().label("scored"),
        every.scalar_subquery().label("done"),
    )
    row = connection.execute(both).one()
    return row.scored, row.done


def at_the_door(connection: Connection, start: int, end: int) -> list[int]:
    """What was ticked while the technician stood by, in a time (ms)."""
    wanted = select(SIGN_OFF.c.rating).where(
        SIGN_OFF.c.rating.is_not(None), SIGN_OFF.c.at >= start, SIGN_OFF.c.at < end
    )
    return list(connection.scalars(wanted))


def leads(connection: Connection, found: list[Item]) -> dict[str, str]:
    """Who led the newest job of each ticket that something was said of."""
    ids = sorted({one["ticket_id"] for one in found})
    wanted = (
        select(ORDER.c.ticket_id, PERSON.c.name)
        .join(
            ASSIGNMENT,
            and_(ASSIGNMENT.c.work_order_id == ORDER.c.id, ASSIGNMENT.c.role == "lead"),
        )
        .join(PERSON, PERSON.c.id == ASSIGNMENT.c.person_id)
        .where(ORDER.c.ticket_id.in_(ids), ORDER.c.status != "cancelled")
        .order_by(ORDER.c.created_at, ORDER.c.id, ASSIGNMENT.c.from_ms, ASSIGNMENT.c.id)
    )
    return {row.ticket_id: row.name for row in connection.execute(wanted)}
