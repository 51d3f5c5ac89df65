"""Pages: a list a piece at a time, a thing by its number, and what lives with it."""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, or_, select, tuple_

from server.tables import METADATA

PAGE_MAX: Final = 200
PARTING: Final = "_"

T: Final = METADATA.tables
# What is written down of a thing and does nothing to it: that somebody looked, that the server has
# a file of it by now, or that it left the phones.
LOOKS: Final = ("evidence.read", "papers.read", "phone.reveal")
QUIET: Final = (*LOOKS, "photo.arrive", "sign_off.check", "work_order.put_away")
Item = dict[str, Any]


class Window(Struct, frozen=True, kw_only=True):
    """Which part of a list: so many items past a mark, which is None for the first."""

    limit: int
    after: tuple[Any, str] | None = None


class Listed(Struct, frozen=True, kw_only=True):
    """One page of a list, and the mark to ask for the next with, if there is one."""

    items: list[Item]
    next: str | None = None


def page(
    connection: Connection,
    wanted: Select[Any],
    window: Window,
    key: tuple[ColumnElement[Any], ColumnElement[Any]],
    *,
    newest_first: bool = True,
) -> Listed:
    """A page by a key that every row has one of its own of; one row more tells if there is more."""
    if window.after is not None:
        here, mark = tuple_(*key), tuple_(*window.after)
        wanted = wanted.where(here < mark if newest_first else here > mark)
    wanted = wanted.add_columns(key[0].label("page_key"))
    sorted_by = [one.desc() for one in key] if newest_first else [one.asc() for one in key]
    rows = connection.execute(wanted.order_by(*sorted_by).limit(window.limit + 1)).all()
    items = [dict(row._asdict()) for row in rows[: window.limit]]
    marks = [f"{item.pop('page_key')}{PARTING}{item['id']}" for item in items]
    return Listed(items=items, next=marks[-1] if len(rows) > window.limit else None)


def mentions(q: str, *columns: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether one of the texts holds these words, in whichever case."""
    if q.upper() == q.lower():  # digits and Chinese have no case, and are found in half the time
        return or_(*(one.contains(q, autoescape=True) for one in columns))
    return or_(*(one.icontains(q, autoescape=True) for one in columns))


def is_known(connection: Connection, table: str, number: str) -> bool:
    """Whether there is a thing with this number or id."""
    return by_number(connection, table, number) is not None


def by_number(connection: Connection, table: str, number: str) -> Item | None:
    """A thing by the number people call it by, or by its id."""
    columns = T[table].c
    row = connection.execute(
        select(T[table]).where(or_(columns.number == number, columns.id == number)).limit(1)
    ).one_or_none()
    return None if row is None else dict(row._asdict())


def by_id(connection: Connection, table: str, identity: str | None) -> Item | None:
    row = connection.execute(select(T[table]).where(T[table].c.id == identity)).one_or_none()
    return None if row is None else dict(row._asdict())


def living_with(
    connection: Connection, table: str, column: str, identity: str, *, order: str
) -> list[Item]:
    """The rows that live with a thing."""
    own = T[table]
    rows = connection.execute(
        select(own).where(own.c[column] == identity).order_by(own.c[order], own.c.id)
    )
    return [dict(row._asdict()) for row in rows]
