"""Throttling: how often something may be done, counted before anybody looks whether it fits."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    bindparam,
    case,
    delete,
    func,
    select,
)

from server import rows
from server.database import is_sqlite
from server.questions import Question
from server.tables import METADATA, access

MS = 1000
MINUTE_MS = 60_000
DAY_MINUTES = 24 * 60
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

_throttle: Table = METADATA.tables[access.Throttle.__tablename__]


class Try(Struct, frozen=True, kw_only=True):
    """So many more tries of a limit (tries, minutes) at a time (ms)."""

    key: str
    limit: tuple[int, int]
    at: int
    count: int = 1


class Struck(Struct, frozen=True, kw_only=True):
    """What came of a try: the seconds to wait, or 0; how many are left; and what else was asked."""

    wait: int
    left: int
    seen: tuple[Any, ...]


def strike(
    connection: Connection, key: str, limit: tuple[int, int], now_ms: int, count: int = 1
) -> int:
    """Count so many more tries of `limit` (tries, minutes). Returns the seconds to wait, or 0.

    The key is kept as a hash: it may be a login or an address.
    """
    return strike_and_see(connection, Try(key=key, limit=limit, at=now_ms, count=count)).wait


def strike_and_see(
    connection: Connection,
    tried: Try,
    beside: tuple[ColumnElement[Any], ...] = (),
    asked: Mapping[str, Any] = NOTHING,
) -> Struck:
    """Count as `strike`, and in the same statement ask for something else that is in the books."""
    tries, minutes = tried.limit
    told = {
        **asked,
        "key": hashed(tried.key),
        "since": tried.at,
        "tries": tried.count,
        "begun": minutes * MINUTE_MS,
        "enough": tries,
    }
    ((since, counted, *seen),) = _struck(connection.dialect.name, beside).ask(connection, **told)
    return _came_to(tried, since, counted, *seen)


def _came_to(tried: Try, since: int, counted: int, *seen: Any) -> Struck:
    tries, minutes = tried.limit
    ends = since + minutes * MINUTE_MS
    wait = 0 if counted <= tries else max(1, -(-(ends - tried.at) // MS))
    return Struck(wait=wait, left=tries - counted, seen=seen)


def strike_all(connection: Connection, tries: Sequence[Try]) -> list[Struck]:
    """Count several tries of one limit, each of another key; on PostgreSQL by one statement."""
    if is_sqlite(connection) or len(tries) == 1:
        return [strike_and_see(connection, one) for one in tries]
    ((most, minutes),) = {one.limit for one in tries}
    by_key = {hashed(one.key): one for one in tries}
    keys = sorted(by_key)  # two processes that count the same take them in one order
    found = _struck_by_list().ask(
        connection,
        keys=keys,
        since=[by_key[key].at for key in keys],
        tries=[by_key[key].count for key in keys],
        begun=minutes * MINUTE_MS,
        enough=most,
    )
    struck = {key: _came_to(by_key[key], since, counted) for key, since, counted in found}
    return [struck[hashed(one.key)] for one in tries]


def strike_today(
    connection: Connection, counted: Iterable[tuple[str, int, int]], now_ms: int
) -> int:
    """Count what came of something in a day: key, how much there may be, and how much came.

    Returns the seconds to wait, or 0.
    """
    return max(
        strike(connection, key, (most, DAY_MINUTES), now_ms, count) for key, most, count in counted
    )


@cache
def _struck(dialect: str, beside: tuple[ColumnElement[Any], ...]) -> Question:
    struck = _counting_on(rows.insert_into(_throttle, dialect))
    told = struck.returning(_throttle.c.since, _throttle.c.tries, *beside)
    return Question(told, ("key", "since", "tries"))


@cache
def _struck_by_list() -> Question:
    lists = (
        bindparam("keys", type_=ARRAY(String)),
        bindparam("since", type_=ARRAY(BigInteger)),
        bindparam("tries", type_=ARRAY(Integer)),
    )
    given = func.unnest(*lists).table_valued("key", "since", "tries").render_derived()
    insert = rows.insert_into(_throttle, "postgresql")
    struck = _counting_on(insert.from_select(["key", "since", "tries"], select(*given.c)))
    return Question(struck.returning(_throttle.c.key, _throttle.c.since, _throttle.c.tries))


def _counting_on(began: Any) -> Any:
    """Count on in a window that is open, or begin a new one; nothing beyond what is too much."""
    since, counted = _throttle.c.since, _throttle.c.tries
    over = since + bindparam("begun", type_=BigInteger) <= began.excluded.since
    enough = counted > bindparam("enough", type_=BigInteger)
    return began.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "since": case((over, began.excluded.since), else_=since),
            "tries": case(
                (over, began.excluded.tries),
                (enough, counted),
                else_=counted + began.excluded.tries,
            ),
        },
    )


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
