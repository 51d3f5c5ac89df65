"""Wipes: orders to empty a revoked device, as the books keep them."""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Table, insert, select, update

from server.tables import METADATA, access
from sync.protocol import Wipe

_wipe: Table = METADATA.tables[access.WipeOrder.__tablename__]
_standing: Final = _wipe.c.cancelled_at.is_(None)


class Order(Struct, frozen=True, kw_only=True):
    """One order, as `server.tables.access.WipeOrder`."""

    id: str
    device_id: str
    asked_by: str
    asked_at: int
    confirmed_by: str | None = None
    due_at: int | None = None
    given_up_by: str | None = None
    given_up_with: str | None = None
    ops: int = 0
    files: int = 0
    sent_at: int | None = None
    done_at: int | None = None

    def told(self, now_ms: int) -> Wipe | None:
        """What its device is told of it, from when it is in force until it was done.

        What one person alone gave up is not lost by it.
        """
        if self.due_at is None or now_ms < self.due_at or self.done_at is not None:
            return None
        if self.given_up_with is None:
            return Wipe(order=self.id)
        return Wipe(order=self.id, ops=self.ops, files=self.files)


_COLUMNS: Final = tuple(_wipe.c[name] for name in Order.__struct_fields__)


def standing(connection: Connection, device: str) -> Order | None:
    """The order for a device that was not cancelled, if there is one."""
    wanted = select(*_COLUMNS).where(_wipe.c.device_id == device, _standing)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else Order(**row._asdict())


def ask(connection: Connection, order: Order) -> None:
    """Write an order down."""
    row = {name: getattr(order, name) for name in Order.__struct_fields__}
    connection.execute(insert(_wipe).values(**row))


def change(connection: Connection, order: str, **values: Any) -> bool:
    """Change an order that still stands; False if it does not."""
    changed = update(_wipe).where(_wipe.c.id == order, _standing).values(**values)
    return connection.execute(changed).rowcount > 0


def cancel(connection: Connection, order: str, by: str, now_ms: int) -> bool:
    """Take an order back; False if its device has been told already."""
    stands = update(_wipe).where(_wipe.c.id == order, _standing, _wipe.c.sent_at.is_(None))
    done = stands.values(cancelled_by=by, cancelled_at=now_ms)
    return connection.execute(done).rowcount > 0


def send(connection: Connection, order: str, now_ms: int) -> tuple[bool, bool]:
    """Note that a device is told its order: whether it stands, and whether this is the first time.

    From here on it cannot be cancelled.
    """
    first = update(_wipe).where(_wipe.c.id == order, _standing, _wipe.c.sent_at.is_(None))
    if connection.execute(first.values(sent_at=now_ms)).rowcount:
        return (True, True)
    stands = select(_wipe.c.id).where(_wipe.c.id == order, _standing)
    return (connection.scalar(stands) is not None, False)


def done(connection: Connection, device: str, order: str, now_ms: int) -> bool:
    """Note that a device says it is empty; False if it was said before, or was never told to."""
    told = update(_wipe).where(
        _wipe.c.id == order,
        _wipe.c.device_id == device,
        _wipe.c.sent_at.is_not(None),
        _wipe.c.done_at.is_(None),
    )
    return connection.execute(told.values(done_at=now_ms)).rowcount > 0
