"""Throttling: how often something may be tried, counted before anybody looks whether it fits."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from server.tables import METADATA, access

MS = 1000
MINUTE_MS = 60_000

_throttle: Table = METADATA.tables[access.Throttle.__tablename__]


def strike(connection: Connection, key: str, limit: tuple[int, int], now_ms: int) -> int:
    """Count one more try of `limit` (tries, minutes). Returns the seconds to wait, or 0.

    The key is kept as a hash: it may be a login or an address.
    """
    tries, minutes = limit
    row_key = _hashed(key)
    row = connection.execute(select(_throttle).where(_throttle.c.key == row_key)).one_or_none()
    ends = (row.since + minutes * MINUTE_MS) if row is not None else 0
    if row is None or now_ms >= ends:
        _begin(connection, row_key, now_ms)
        return 0
    connection.execute(
        update(_throttle).where(_throttle.c.key == row_key).values(tries=_throttle.c.tries + 1)
    )
    return 0 if row.tries < tries else max(1, -(-(ends - now_ms) // MS))


def forget(connection: Connection, keys: Iterable[str]) -> None:
    """Start afresh: whoever tried was let in."""
    hashed = [_hashed(key) for key in keys]
    connection.execute(delete(_throttle).where(_throttle.c.key.in_(hashed)))


def sweep(connection: Connection, before_ms: int) -> int:
    """Drop windows that began before; returns how many."""
    count = connection.scalar(
        select(func.count()).select_from(_throttle).where(_throttle.c.since < before_ms)
    )
    connection.execute(delete(_throttle).where(_throttle.c.since < before_ms))
    return count or 0


def _begin(connection: Connection, row_key: str, now_ms: int) -> None:
    connection.execute(delete(_throttle).where(_throttle.c.key == row_key))
    connection.execute(insert(_throttle).values(key=row_key, since=now_ms, tries=1))


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
