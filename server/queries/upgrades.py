"""Upgrades: which ops a release has not tried to judge again yet."""

from sqlalchemy import Connection, and_, func, select, text

from server.queries.pages import T
from server.tables.books import WAITS
from sync.arrival import BEYOND_US


def beyond(connection: Connection, app: str, limit: int) -> list[str]:
    """Ops that an older release could not judge, in the order in which they came.

    Without those that this one has tried already.
    """
    op, tried = T["op"], T["judged_again"]
    told = (
        select(op.c.op_id)
        .outerjoin(tried, and_(tried.c.op_id == op.c.op_id, tried.c.app == app))
        .where(
            text(WAITS),
            op.c.verdict == "quarantined",
            op.c.code.in_(sorted(BEYOND_US)),
            tried.c.op_id.is_(None),
        )
        .order_by(op.c.received, func.coalesce(op.c.lseq, 0), op.c.op_id)
        .limit(limit)
    )
    return list(connection.scalars(told))


def tries(connection: Connection, op_id: str) -> int:
    """How many releases have tried to judge an op again, and could not."""
    tried = T["judged_again"]
    found = connection.scalar(select(tried.c.tries).where(tried.c.op_id == op_id))
    return found or 0
