"""What customers said, as the office reads it: of one ticket, what is open, and what was scored."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from server.queries.pages import Item, Listed, T, Window, page

FEEDBACK, TICKET, CUSTOMER = T["feedback"], T["ticket"], T["customer"]
CLOCK, PERSON = T["clock"], T["person"]
OPEN_MAX: Final = 200  # that one page shows
OPEN: Final = FEEDBACK.c.state == "open"


def of_ticket(connection: Connection, ticket: str) -> list[Item]:
    """All that was said of a ticket, the newest first."""
    wanted = _named().where(FEEDBACK.c.ticket_id == ticket)
    found = connection.execute(wanted.order_by(FEEDBACK.c.at.desc(), FEEDBACK.c.id))
    return [dict(row._asdict()) for row in found]


def one(connection: Connection, identity: str) -> Item | None:
    """What somebody said, by its id, with the ticket that it is about."""
    row = connection.execute(_named().where(FEEDBACK.c.id == identity)).one_or_none()
    return None if row is None else dict(row._asdict())


def pressing(connection: Connection, kind: str = "") -> list[Item]:
    """What is open, what is due first first; what has no limit by when it was said."""
    due = _due()
    wanted = (
        _named()
        .add_columns(due.c.due)
        .outerjoin(due, due.c.about == FEEDBACK.c.id)
        .where(OPEN, *_of(kind))
        .order_by(due.c.due.is_(None), due.c.due, FEEDBACK.c.at, FEEDBACK.c.id)
        .limit(OPEN_MAX)
    )
    return [dict(row._asdict()) for row in connection.execute(wanted)]


def closed(connection: Connection, window: Window, kind: str = "") -> Listed:
    """What has come to its end, the newest first."""
    wanted = _named().where(FEEDBACK.c.state != "open", *_of(kind))
    return page(connection, wanted, window, (FEEDBACK.c.at, FEEDBACK.c.id))


def counts(connection: Connection) -> dict[str, int]:
    """How much is open of each kind."""
    wanted = select(FEEDBACK.c.kind, func.count()).where(OPEN).group_by(FEEDBACK.c.kind)
    return dict(connection.execute(wanted).all())


def waiting() -> Select[Any]:
    """How much of what customers said somebody has still to see to."""
    return select(func.count()).select_from(FEEDBACK).where(OPEN)


def said(connection: Connection, start: int, end: int, kinds: Collection[str]) -> list[Item]:
    """What was said of these kinds from one moment until before another (ms), the newest first."""
    wanted = (
        _named()
        .where(FEEDBACK.c.at >= start, FEEDBACK.c.at < end, FEEDBACK.c.kind.in_(sorted(kinds)))
        .order_by(FEEDBACK.c.at.desc(), FEEDBACK.c.id)
    )
    return [dict(row._asdict()) for row in connection.execute(wanted)]


def _due() -> Any:
    """When the next step of a feedback is due, by the clocks as they were last looked at."""
    return (
        select(CLOCK.c.about, func.min(CLOCK.c.due).label("due"))
        .where(CLOCK.c.about != "", CLOCK.c.stopped.is_(None), CLOCK.c.state != "dropped")
        .group_by(CLOCK.c.about)
        .subquery()
    )


def _of(kind: str) -> tuple[ColumnElement[bool], ...]:
    return (FEEDBACK.c.kind == kind,) if kind else ()


def _named() -> Select[Any]:
    joined = (
        FEEDBACK.join(TICKET, TICKET.c.id == FEEDBACK.c.ticket_id)
        .join(CUSTOMER, CUSTOMER.c.id == TICKET.c.customer_id)
        .outerjoin(PERSON, and_(PERSON.c.id == FEEDBACK.c.by))
    )
    return select(
        *FEEDBACK.c,
        TICKET.c.number,
        TICKET.c.problem,
        TICKET.c.status,
        CUSTOMER.c.name.label("customer"),
        PERSON.c.name.label("by_name"),
    ).select_from(joined)
