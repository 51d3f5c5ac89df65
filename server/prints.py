"""Prints of the feed: how the rows of a stream add up, and which are where (`sync.prints`)."""

from collections.abc import Collection
from functools import cache
from typing import Any, Final

from msgspec import Raw
from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    bindparam,
    func,
    literal_column,
    select,
)

from server.rows import among, listed
from server.tables import METADATA
from sync.digest import LANE, Sums
from sync.prints import LANE_BITS, Key
from sync.protocol import Row

FEED: Final = METADATA.tables["feed"]


def bucket_sums(connection: Connection, stream: str, bits: int) -> dict[int, Sums]:
    """The rows of a stream added up by bucket; a bucket without rows is left out."""
    found = connection.execute(_summed(bits), {"stream": stream})
    return {bucket: (int(first) % LANE, int(second) % LANE) for bucket, first, second in found}


def prints_in(
    connection: Connection, stream: str, bits: int, buckets: Collection[int]
) -> list[tuple[Sums, Key]]:
    """The rows of a stream that are in these buckets, by position."""
    wanted = set(buckets)
    found = connection.execute(_printed(bits), {"stream": stream})
    return [((a, b), (name, pk)) for bucket, a, b, name, pk in found if bucket in wanted]


def rows_of(connection: Connection, stream: str, keys: Collection[Key]) -> list[Row]:
    """These rows of a stream, by position."""
    if not keys:
        return []
    pks = listed(connection, {pk for _, pk in keys})
    found = connection.execute(
        _entries(connection.dialect.name), {"stream": stream, "pks": pks}
    ).all()
    wanted = set(keys)
    return [Row(name, pk, Raw(body)) for name, pk, body in found if (name, pk) in wanted]


def _bucket(bits: int) -> ColumnElement[Any]:
    """Spelt out, as PostgreSQL groups by the same words only."""
    return literal_column(f"sum_a >> {LANE_BITS - bits}")


@cache
def _summed(bits: int) -> Executable:
    bucket = _bucket(bits)
    return (
        select(bucket, func.sum(FEED.c.sum_a), func.sum(FEED.c.sum_b))
        .where(FEED.c.stream == bindparam("stream"), FEED.c.body.is_not(None))
        .group_by(bucket)
    )


@cache
def _printed(bits: int) -> Executable:
    return (
        select(_bucket(bits), FEED.c.sum_a, FEED.c.sum_b, FEED.c.table, FEED.c.pk)
        .where(FEED.c.stream == bindparam("stream"), FEED.c.body.is_not(None))
        .order_by(FEED.c.seq)
    )


@cache
def _entries(dialect: str) -> Executable:
    return (
        select(FEED.c.table, FEED.c.pk, FEED.c.body)
        .where(
            FEED.c.stream == bindparam("stream"),
            among(FEED.c.pk, "pks", dialect),
            FEED.c.body.is_not(None),
        )
        .order_by(FEED.c.seq)
    )
