"""What customers say leaves the streams of tickets, with what is done about it (0044).

Phones hear of each row that it is gone, as of any other, so that their checksums go on agreeing.
Who wrote something down on a job of theirs has it in their own stream from now on, until the office
has begun to see to it.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

LANE = 1 << 32
APART = """
    SELECT 'feedback' AS tbl, id, ticket_id, CASE WHEN state = 'open' AND grade = ''
            AND CAST(taken AS TEXT) = '[]' AND CAST(confirmed AS TEXT) = '[]'
            AND cause = '' AND measure = '' AND compensation = '' AND outcome = ''
            AND changed_at IS NULL AND closed_at IS NULL THEN work_order_id END AS job, by
        FROM feedback WHERE kind <> 'finding'
    UNION ALL SELECT 'ticket_event', id, ticket_id, NULL, NULL FROM ticket_event WHERE about <> ''
    UNION ALL SELECT 'task', id, home_id, NULL, NULL FROM task
        WHERE home_noun = 'ticket' AND CAST(params AS TEXT) LIKE '%"about":%'
    UNION ALL SELECT 'message', id, ticket_id, NULL, NULL FROM message
        WHERE feedback_id IS NOT NULL AND channel <> 'technician_sms'
"""
HEAD = sa.table("stream_head", *map(sa.column, ("stream", "seq", "sum_a", "sum_b", "entries")))
FEED = sa.table("feed", *map(sa.column, ("pk", "table", "stream", "seq", "body", "sum_a", "sum_b")))


def upgrade() -> None:
    """Every such row gets an entry without bytes at the end of its stream."""
    books = op.get_bind()
    for tbl, pk, ticket, job, by in books.execute(sa.text(APART)).all():
        for stream, body, sums in _there(books, tbl, pk, f"ticket:{ticket}"):
            _enter(books, (pk, tbl, stream), None, (-sums[0], -sums[1]))
            if job is not None:
                _enter(books, (pk, tbl, f"tech:{by}"), body, sums)


def _there(books: Any, tbl: str, pk: str, stream: str) -> Iterator[tuple[str, bytes, Any]]:
    """The entry of a row in a stream, if it has bytes."""
    wanted = sa.select(FEED.c.body, FEED.c.sum_a, FEED.c.sum_b).where(
        FEED.c.stream == stream, FEED.c.pk == pk, FEED.c.table == tbl, FEED.c.body.is_not(None)
    )
    for body, a, b in books.execute(wanted).all():
        yield stream, body, (a, b)


def _enter(books: Any, key: Any, body: bytes | None, change: tuple[int, int]) -> None:
    """Put the entry of a row at the end of a stream, which comes to so much more by it."""
    pk, tbl, stream = key
    own = HEAD.c.stream == stream
    head = books.execute(sa.select(HEAD.c.seq, HEAD.c.sum_a, HEAD.c.sum_b).where(own)).first()
    if head is None:
        fresh = {"stream": stream, "seq": 0, "sum_a": 0, "sum_b": 0, "min_seq": 0, "entries": 0}
        books.execute(sa.text(NEW_HEAD), fresh)
    seq, a, b = head or (0, 0, 0)
    sums = (0, 0) if body is None else change
    at = {"seq": seq + 1, "body": body, "sum_a": sums[0], "sum_b": sums[1]}
    here = (FEED.c.stream == stream, FEED.c.pk == pk, FEED.c.table == tbl)
    more = 0
    if not books.execute(sa.update(FEED).where(*here).values(at)).rowcount:
        books.execute(sa.insert(FEED).values({"pk": pk, "table": tbl, "stream": stream, **at}))
        more = 1
    moved = {"seq": seq + 1, "sum_a": (a + change[0]) % LANE, "sum_b": (b + change[1]) % LANE}
    books.execute(sa.update(HEAD).where(own).values(**moved, entries=HEAD.c.entries + more))


NEW_HEAD = """
    INSERT INTO stream_head (stream, seq, sum_a, sum_b, min_seq, entries)
    VALUES (:stream, :seq, :sum_a, :sum_b, :min_seq, :entries)
"""
