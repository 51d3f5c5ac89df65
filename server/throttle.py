"""Throttling: how often something may be done, counted before anybody looks whether it fits."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, Table, case, delete

from server import rows
from server.tables import METADATA, access

MS = 1000
MINUTE_MS = 60_000
DAY_MINUTES = 24 * 60

_throttle: Table = METADATA.tables[access.Throttle.__tablename__]


def strike(
    connection: Connection, key: str, limit: tuple[int, int], now_ms: int, count: int = 1
) -> int:
    """Count so many more tries of `limit` (tries, minutes). Returns the seconds to wait, or 0.

    The key is kept as a hash: it may be a login or an address.
    """
    tries, minutes = limit
    since, counted = _throttle.c.since, _throttle.c.tries
    over = since + minutes * MINUTE_MS <= now_ms
    began = rows.insert_into(_throttle, connection.dialect.name)
    struck = (
        began.values(key=hashed(key), since=now_ms, tries=count)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "since": case((over, now_ms), else_=since),
                "tries": case((over, count), else_=counted + count),
            },
        )
        .returning(since, counted)
    )
    row = connection.execute(struck).one()
    ends = row.since + minutes * MINUTE_MS
    return 0 if row.tries <= tries else max(1, -(-(ends - now_ms) // MS))


def forget(connection: Connection, keys: Iterable[str]) -> None:
    """Start afresh: whoever tried was let in."""
    hashes = [hashed(key) for key in keys]
    connection.execute(delete(_throttle).where(_throttle.c.key.in_(hashes)))


def sweep(connection: Connection, before_ms: int) -> None:
    """Drop windows that began before."""
    connection.execute(delete(_throttle).where(_throttle.c.since < before_ms))


def hashed(key: str) -> str:
    """What is kept of a login or an address."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
