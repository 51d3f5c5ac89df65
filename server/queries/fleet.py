"""The fleet: phones, silent ones first, and how each of them is doing."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from server.queries.frame import SILENT_MS
from server.queries.pages import Item, Listed, T, Window, mentions, page
from shared.ops import PROVISIONAL

CLOCK_WRONG_MS: Final = 5 * 60_000
SPACE_SHORT_BYTES: Final = 1_000_000_000
SHOWN: Final = ("all", "attention", "unsent", "revoked")

DEVICE: Final = T["device"]
PERSON: Final = T["person"]
HEARD: Final = func.coalesce(DEVICE.c.contact_at, DEVICE.c.created_at)


def fleet(connection: Connection, window: Window, *, show: str, q: str, now_ms: int) -> Listed:
    """Phones, those longest silent first."""
    wanted = _phones().where(_shown(show, now_ms))
    if q:
        wanted = wanted.where(mentions(q, PERSON.c.name, PERSON.c.login, DEVICE.c.name))
    return page(connection, wanted, window, (HEARD, DEVICE.c.id), newest_first=False)


def phone(connection: Connection, device: str) -> Item | None:
    """One phone."""
    row = connection.execute(_phones().where(DEVICE.c.id == device)).one_or_none()
    return None if row is None else dict(row._asdict())


def fleet_counts(connection: Connection, now_ms: int) -> Item:
    """How many phones there are of each sort, what they hold, and which apps they run."""
    counted = {show: func.count().filter(_shown(show, now_ms)).label(f"n_{show}") for show in SHOWN}
    in_use = DEVICE.c.revoked_at.is_(None)
    row = connection.execute(
        select(
            *counted.values(),
            func.count().filter(and_(in_use, _is_silent(now_ms))).label("silent"),
            func.coalesce(func.sum(DEVICE.c.unsent).filter(in_use), 0).label("held"),
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
    return {**row._asdict(), "apps": [one._asdict() for one in apps]}


def _phones() -> Select[Any]:
    op = T["op"]
    waiting = (
        select(func.count())
        .where(op.c.device == DEVICE.c.id, op.c.verdict.in_([str(one) for one in PROVISIONAL]))
        .scalar_subquery()
    )
    return select(
        *(one for one in DEVICE.c if one.name != "public_key"),
        PERSON.c.name.label("person"),
        PERSON.c.login,
        PERSON.c.disabled.label("person_disabled"),
        waiting.label("waiting"),
    ).select_from(DEVICE.join(PERSON, PERSON.c.id == DEVICE.c.person_id))


def _shown(show: str, now_ms: int) -> ColumnElement[bool]:
    in_use = DEVICE.c.revoked_at.is_(None)
    if show == "revoked":
        return DEVICE.c.revoked_at.is_not(None)
    if show == "unsent":
        return and_(in_use, DEVICE.c.unsent > 0)
    if show == "attention":
        return and_(in_use, or_(_is_silent(now_ms), _is_off()))
    return in_use


def _is_silent(now_ms: int) -> ColumnElement[bool]:
    return and_(PERSON.c.disabled.is_not(True), now_ms - SILENT_MS > HEARD)


def _is_off() -> ColumnElement[bool]:
    """Whether its clock is wrong, or its storage nearly full."""
    return or_(
        func.abs(DEVICE.c.clock_ms) > CLOCK_WRONG_MS, DEVICE.c.free_bytes < SPACE_SHORT_BYTES
    )
