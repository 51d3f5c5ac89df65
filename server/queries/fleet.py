"""The fleet: phones, the worst first, and how each of them is doing."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)

from server.entries import Event
from server.queries import troubles
from server.queries.pages import Item, Listed, T, Window, mentions, page
from shared.ops import PROVISIONAL

CLOCK_WRONG_MS: Final = 5 * 60_000
SPACE_SHORT_BYTES: Final = 1_000_000_000
SHOWN: Final = ("all", "unconfirmed", "attention", "silent", "unsent", "troubled", "revoked")
TROUBLES_MAX: Final = 50  # that are shown of one phone, the newest
UNCONFIRMED_MAX: Final = 50
RANK_MS: Final = 10**14  # more than any time, so that a rank comes before it

DEVICE: Final = T["device"]
PERSON: Final = T["person"]
OP: Final = T["op"]
SUMS: Final = ("held", "files", "bytes")  # which PostgreSQL gives as numerics
HEARD: Final = func.coalesce(DEVICE.c.contact_at, DEVICE.c.created_at)


class Watch(Struct, frozen=True, kw_only=True):
    """From when on (ms) a phone was heard of that is not silent, and a trouble still counts."""

    silent_since: int
    troubled_since: int


def fleet(connection: Connection, window: Window, watch: Watch, *, show: str, q: str) -> Listed:
    """Phones, the worst first: silent ones that hold something before all, the longest silent."""
    wanted = _phones().where(_shown(show, watch))
    if q:
        wanted = wanted.where(mentions(q, PERSON.c.name, PERSON.c.login, DEVICE.c.name))
    return page(connection, wanted, window, (_worst(watch), DEVICE.c.id), newest_first=False)


def unconfirmed(connection: Connection, person: str | None = None) -> list[Item]:
    """Phones that wait to be let in, the last first; of one person, if one is named."""
    wanted = _phones().where(is_unconfirmed()).order_by(DEVICE.c.created_at.desc(), DEVICE.c.id)
    if person is not None:
        wanted = wanted.where(DEVICE.c.person_id == person)
    return [dict(row._asdict()) for row in connection.execute(wanted.limit(UNCONFIRMED_MAX))]


def phone(connection: Connection, device: str) -> Item | None:
    """One phone."""
    row = connection.execute(_phones().where(DEVICE.c.id == device)).one_or_none()
    return None if row is None else dict(row._asdict())


def fleet_counts(connection: Connection, watch: Watch) -> Item:
    """How many phones there are of each sort, what they hold, and which apps they run."""
    counted = {show: func.count().filter(_shown(show, watch)).label(f"n_{show}") for show in SHOWN}
    in_use = is_in_use()
    row = connection.execute(
        select(
            *counted.values(),
            func.coalesce(func.sum(DEVICE.c.unsent).filter(in_use), 0).label("held"),
            func.coalesce(func.sum(DEVICE.c.unsent_files).filter(in_use), 0).label("files"),
            func.coalesce(func.sum(DEVICE.c.unsent_bytes).filter(in_use), 0).label("bytes"),
            func.min(DEVICE.c.unsent_since)
            .filter(and_(in_use, DEVICE.c.unsent > 0))
            .label("oldest"),
        ).select_from(DEVICE.join(PERSON, PERSON.c.id == DEVICE.c.person_id))
    ).one()
    apps = connection.execute(
        select(DEVICE.c.app, func.count().label("phones"))
        .where(in_use)
        .group_by(DEVICE.c.app)
        .order_by(func.count().desc(), DEVICE.c.app)
    ).all()
    found = {**row._asdict(), **{name: int(getattr(row, name)) for name in SUMS}}
    return {**found, "apps": [one._asdict() for one in apps]}


def history(connection: Connection, device: str) -> list[Item]:
    """What was odd about a phone, the newest first: what, when (ms), how many ops are missing."""
    rows = connection.execute(
        select(OP.c.op_id, OP.c.kind, OP.c.received, OP.c.body)
        .where(*_is_trouble(), OP.c.on_id == device)
        .order_by(OP.c.received.desc(), OP.c.op_id)
        .limit(TROUBLES_MAX)
    )
    return [
        {
            "id": row.op_id,
            "what": row.kind.removeprefix("device."),
            "at": row.received,
            "missing": _count(msgspec.json.decode(row.body, type=Event).facts),
        }
        for row in rows
    ]


def _count(facts: Mapping[str, Any]) -> int:
    """How many entries a trouble is about."""
    return int(facts.get("missing", facts.get("count", 0)))


def _is_trouble() -> tuple[ColumnElement[bool], ...]:
    return OP.c.noun == "device", OP.c.kind.in_(troubles.KINDS), OP.c.origin == "server"


def _worst(watch: Watch) -> ColumnElement[Any]:
    """The worst first; among those as bad, who was not heard of for the longest."""
    silent = _is_silent(watch)
    rank = case(
        (is_unconfirmed(), 0),
        (and_(silent, _holds()), 1),
        (silent, 2),
        (_is_off(), 3),
        (_is_troubled(watch), 4),
        (_holds(), 5),
        else_=6,
    )
    return cast(rank, BigInteger) * RANK_MS + HEARD


def _phones() -> Select[Any]:
    waiting = (
        select(func.count())
        .where(OP.c.device == DEVICE.c.id, OP.c.verdict.in_([str(one) for one in PROVISIONAL]))
        .scalar_subquery()
    )
    troubled = select(func.count()).where(*_is_trouble(), OP.c.on_id == DEVICE.c.id)
    issuer = PERSON.alias()
    gave = select(issuer.c.name).where(issuer.c.id == DEVICE.c.issued_by)
    return select(
        *(one for one in DEVICE.c if one.name != "public_key"),
        PERSON.c.name.label("person"),
        PERSON.c.login,
        PERSON.c.disabled.label("person_disabled"),
        waiting.label("waiting"),
        troubled.scalar_subquery().label("troubles"),
        gave.scalar_subquery().label("issuer"),
    ).select_from(DEVICE.join(PERSON, PERSON.c.id == DEVICE.c.person_id))


def _shown(show: str, watch: Watch) -> ColumnElement[bool]:
    in_use = is_in_use()
    if show == "revoked":
        return DEVICE.c.revoked_at.is_not(None)
    if show == "unconfirmed":
        return is_unconfirmed()
    narrowed = {
        "unsent": _holds(),
        "silent": _is_silent(watch),
        "troubled": _is_troubled(watch),
        "attention": or_(_is_silent(watch), _is_off(), _is_troubled(watch)),
    }
    if show == "attention":
        return or_(is_unconfirmed(), and_(in_use, narrowed[show]))
    return and_(in_use, narrowed[show]) if show in narrowed else DEVICE.c.revoked_at.is_(None)


def is_unconfirmed() -> ColumnElement[bool]:
    """Whether a phone waits to be let in."""
    return and_(DEVICE.c.revoked_at.is_(None), DEVICE.c.confirmed_at.is_(None))


def is_in_use() -> ColumnElement[bool]:
    """Whether a phone was let in and not revoked since."""
    return and_(DEVICE.c.revoked_at.is_(None), DEVICE.c.confirmed_at.is_not(None))


def _holds() -> ColumnElement[bool]:
    """Whether it said that it holds what nobody else has."""
    return or_(func.coalesce(DEVICE.c.unsent, 0) > 0, func.coalesce(DEVICE.c.unsent_files, 0) > 0)


def _is_silent(watch: Watch) -> ColumnElement[bool]:
    return and_(PERSON.c.disabled.is_not(True), watch.silent_since > HEARD)


def _is_off() -> ColumnElement[bool]:
    """Whether its clock is wrong, or its storage nearly full."""
    return or_(
        func.abs(DEVICE.c.clock_ms) > CLOCK_WRONG_MS,
        func.coalesce(DEVICE.c.free_bytes, SPACE_SHORT_BYTES) < SPACE_SHORT_BYTES,
    )


def _is_troubled(watch: Watch) -> ColumnElement[bool]:
    """Whether something odd about it was noticed of late."""
    return exists().where(
        *_is_trouble(), OP.c.on_id == DEVICE.c.id, OP.c.received >= watch.troubled_since
    )
