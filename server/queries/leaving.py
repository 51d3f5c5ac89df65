"""What may leave by now: closed jobs the phones, and the feed what says that rows are gone."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Delete,
    Select,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
)

from server.queries.pages import QUIET, T
from server.rows import write
from server.tables.books import GONE
from server.tables.domain import OF_A_JOB
from shared.records import STREAM_PREFIX
from shared.work_order import OPEN

FEED: Final = T["feed"]
PUT_AWAY: Final = "work_order.put_away"
WORK_ORDER: Final = STREAM_PREFIX["work_order"] + ":"
AT_ONCE_MAX: Final = 100  # jobs put away in one transaction
GONE_AT_ONCE_MAX: Final = 2_000

Place = tuple[str, int]  # a stream, and a position in it


def closed_jobs(connection: Connection, before: int) -> list[str]:
    """Jobs on phones that are closed, and of which nothing was heard since then (ms).

    One that was put away counts as heard of: whatever keeps it on a phone, it is said once.
    """
    order, follows, op = T["work_order"], T["subscription"], T["op"]
    heard = exists().where(
        op.c.noun == "work_order",
        op.c.on_id == order.c.id,
        op.c.received >= before,
        or_(op.c.kind == PUT_AWAY, op.c.kind.not_in(QUIET)),
    )
    followed = select(follows.c.stream).where(text(OF_A_JOB)).distinct().subquery()
    wanted = (
        select(order.c.id)
        .join(followed, order.c.id == func.substr(followed.c.stream, len(WORK_ORDER) + 1))
        .where(order.c.status.not_in(OPEN), ~heard)
        .order_by(order.c.id)
        .limit(AT_ONCE_MAX)
    )
    return list(connection.scalars(wanted))


def newly_gone(connection: Connection) -> list[Place]:
    """Where entries are of rows that are gone, and nobody wrote down since when."""
    wanted = _unnoted(select(FEED.c.stream, FEED.c.seq)).limit(GONE_AT_ONCE_MAX)
    return [(stream, seq) for stream, seq in connection.execute(wanted)]


def gone_before(connection: Connection, before: int) -> list[Place]:
    """Where entries are of rows that are gone since before then (ms); no stream's last entry."""
    grave, head = T["tombstone"], T["stream_head"]
    wanted = (
        select(grave.c.stream, grave.c.seq)
        .join(head, head.c.stream == grave.c.stream)
        .where(grave.c.since < before, grave.c.seq < head.c.seq)
        .order_by(grave.c.since, grave.c.stream, grave.c.seq)
        .limit(GONE_AT_ONCE_MAX)
    )
    return [(stream, seq) for stream, seq in connection.execute(wanted)]


def forget(connection: Connection, over: Sequence[Place]) -> None:
    """Forget since when rows were gone that the feed has forgotten."""
    write(connection, ("forget_graves",), _forgetting, over)


def _forgetting() -> Delete:
    grave = T["tombstone"]
    return delete(grave).where(
        grave.c.stream == bindparam("its_stream"), grave.c.seq == bindparam("its_seq")
    )


def _unnoted(wanted: Select[Any]) -> Select[Any]:
    grave = T["tombstone"]
    noted = exists().where(grave.c.stream == FEED.c.stream, grave.c.seq == FEED.c.seq)
    return wanted.where(text(GONE), ~noted)
