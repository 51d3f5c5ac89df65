"""Drains: what a revoked device may still do, which is to hand in what it recorded."""

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Table, select, update

from server import throttle, wipes
from server.problems import Problem
from server.tables import METADATA, access
from sync.protocol import Wipe, WireOp

OPS_PER_DAY_MAX: Final = 2_000  # of one revoked device
BYTES_PER_DAY_MAX: Final = 20_000_000  # of their bodies
OPS: Final = "drain|"
BYTES: Final = "drain bytes|"
DAY_MS: Final = 24 * 3_600_000
REVOKED: Final = "device_revoked"
DENIED: Final = "device_denied"  # of one that nobody ever confirmed

_device: Table = METADATA.tables[access.Device.__tablename__]


class Revoked(Struct, frozen=True):
    """A revoked device: since when (ms), since when nothing is taken from it any more, and when it
    was let in; None if it never was.
    """

    id: str
    revoked_at: int
    drain_closed_at: int | None
    confirmed_at: int | None


class Parting(Struct, frozen=True, kw_only=True):
    """How far a revoked device is on its way out: whether anything is still taken from it, and
    until when (ms); and the order to empty it, once that is in force. `why` is the code of what it
    is told where nothing is taken.
    """

    drains: bool
    until: int
    wipe: Wipe | None = None
    why: str = REVOKED

    @property
    def is_let_in(self) -> bool:
        """Whether there is anything left to be said to it."""
        return self.drains or self.wipe is not None


def parting(connection: Connection, device: Revoked, now_ms: int, days: int) -> Parting:
    """How a revoked device stands, that may hand in for so many days."""
    until = device.revoked_at + days * DAY_MS
    order = wipes.standing(connection, device.id)
    return Parting(
        drains=device.drain_closed_at is None and now_ms < until,
        until=until if device.drain_closed_at is None else device.drain_closed_at,
        wipe=order.told(now_ms) if order is not None else None,
        why=DENIED if device.confirmed_at is None else REVOKED,
    )


def refusal(connection: Connection, device: str, now_ms: int, days: int) -> Problem | None:
    """Why a device is not let in, if it was revoked and there is nothing left to be said to it."""
    stands = _parting_of(connection, device, now_ms, days)
    return None if stands is None or stands.is_let_in else Problem(stands.why)


def is_closed(connection: Connection, device: str, now_ms: int, days: int) -> bool:
    """Whether a device was revoked and nothing is taken from it any more."""
    stands = _parting_of(connection, device, now_ms, days)
    return stands is not None and not stands.drains


def _parting_of(connection: Connection, device: str, now_ms: int, days: int) -> Parting | None:
    columns = (_device.c[name] for name in Revoked.__struct_fields__)
    row = connection.execute(select(*columns).where(_device.c.id == device)).one_or_none()
    if row is None or row.revoked_at is None:
        return None
    return parting(connection, Revoked(*row), now_ms, days)


def close(connection: Connection, device: str, now_ms: int) -> bool:
    """Take nothing more from a revoked device; False if that was said already."""
    closed = (
        update(_device)
        .where(
            _device.c.id == device,
            _device.c.revoked_at.is_not(None),
            _device.c.drain_closed_at.is_(None),
        )
        .values(drain_closed_at=now_ms)
    )
    return connection.execute(closed).rowcount > 0


def strike(connection: Connection, device: str, ops: list[WireOp], now_ms: int) -> int:
    """Count what a revoked device hands in today. Returns the seconds to wait, or 0.

    What it says is believed by nobody, so it may say less than others, in ops and in bytes.
    """
    counted = (
        (OPS + device, OPS_PER_DAY_MAX, len(ops)),
        (BYTES + device, BYTES_PER_DAY_MAX, bytes_of(ops)),
    )
    return throttle.strike_today(connection, counted, now_ms)


def bytes_of(ops: list[WireOp]) -> int:
    """How many bytes the bodies of ops are."""
    return sum(len(op.body.encode("utf-8", "surrogatepass")) for op in ops)
