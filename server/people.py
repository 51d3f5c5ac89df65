"""People who come in: finding them, and the passwords they come in with."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, Table, delete, insert, select

from server.database import Busy
from server.keys import Dice
from server.questions import from_json
from server.tables import METADATA, access
from shared.people import Person

PASSWORD_CHARS_MIN: Final = 10
PASSWORD_CHARS_MAX: Final = 200
HASHING_AT_ONCE: Final = 2  # each takes 64 MB
# Who waits holds a thread that phones need: more than these are told to come again.
HASHING_IN_LINE: Final = 4
# No 0, 1, I, L, O, U: what is read aloud or off a screen must not be guessed at.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
ONE_TIME_CHARS: Final = 12
GROUP: Final = 4

_credential: Table = METADATA.tables[access.Credential.__tablename__]
_NESTED: Final = ("roles", "skills", "zones", "former_names")
_hasher = PasswordHasher()
_at_once = threading.BoundedSemaphore(HASHING_AT_ONCE)
_in_line = threading.BoundedSemaphore(HASHING_AT_ONCE + HASHING_IN_LINE)
# What an unknown login is checked against, so that it takes as long as a known one.
_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5IGlzIGhlcmUhIQ$"
    "3nJm1Xn0RrS9mB5XqU2n6cZ7u0m8l3bq6xkQ0m1o2nA"
)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody found by login, and the password on file, if there is one."""

    person: Person
    hash: str | None
    must_change: bool


def find(connection: Connection, person_id: str) -> Person | None:
    """The person with this id."""
    table = _people()
    row = connection.execute(select(table).where(table.c.id == person_id)).one_or_none()
    return None if row is None else as_person(row)


def everybody(connection: Connection) -> list[Person]:
    """Everybody, disabled or not, by login."""
    table = _people()
    found = connection.execute(select(table).order_by(table.c.login))
    return [as_person(row) for row in found]


def find_by_login(connection: Connection, login: str) -> Known | None:
    """The person with this login, disabled or not, with the credential."""
    table = _people()
    joined = table.outerjoin(_credential, _credential.c.person_id == table.c.id)
    row = connection.execute(
        select(table, _credential.c.hash.label("password"), _credential.c.must_change)
        .select_from(joined)
        .where(table.c.login == login)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Known(person=as_person(row), hash=row.password, must_change=bool(row.must_change))


def as_person(row: Row[Any]) -> Person:
    """The person in a row that has at least the columns of the table."""
    return _told(row._asdict())


def person_in(connection: Connection, row: Sequence[Any]) -> Person:
    """The person in a row of the table as the driver has it: see `server.questions`."""
    cells = dict(zip(_people().c.keys(), row, strict=True))
    cells |= {name: from_json(connection, cells[name]) for name in _NESTED}
    return _told({**cells, "disabled": bool(cells["disabled"])})


def _told(cells: Mapping[str, Any]) -> Person:
    told = {name: cells[name] for name in Person.__struct_fields__ if cells.get(name) is not None}
    return msgspec.convert(told, Person)


def fits(known: Known | None, password: str) -> bool:
    """Whether the password is theirs. Takes as long for a login nobody has.

    Never call this inside a write transaction: it takes a good part of a second.
    """
    on_file = known.hash if known is not None and known.hash is not None else _NOBODY
    with _turn(), suppress(VerificationError, InvalidHashError):
        _hasher.verify(on_file, password)
        return known is not None and known.hash is not None and not known.person.disabled
    return False


@contextmanager
def _turn() -> Iterator[None]:
    """A turn at the hashing. Raises `Busy` where too many wait already."""
    if not _in_line.acquire(blocking=False):
        raise Busy
    try:
        with _at_once:
            yield
    finally:
        _in_line.release()


def hashed(password: str) -> str:
    """The password as it is kept."""
    with _turn():
        return _hasher.hash(password)


def keep_password(
    connection: Connection, person_id: str, password_hash: str, now_ms: int, *, must_change: bool
) -> None:
    """Put a person's password on file in place of the one before."""
    connection.execute(delete(_credential).where(_credential.c.person_id == person_id))
    connection.execute(
        insert(_credential).values(
            person_id=person_id, hash=password_hash, must_change=must_change, changed_at=now_ms
        )
    )


def is_weak(password: str, login: str) -> bool:
    """Whether a password is too short, too long, or the login itself."""
    length_fits = PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX
    return not length_fits or login.lower() in password.lower() or len(set(password)) < GROUP


def one_time_password(dice: Dice) -> str:
    """A password for the first sign-in, easy to read out: K7QM-3F9T-2XJD."""
    letters = readable(dice, ONE_TIME_CHARS)
    return "-".join(letters[at : at + GROUP] for at in range(0, ONE_TIME_CHARS, GROUP))


def readable(dice: Dice, count: int) -> str:
    """So many letters and digits that nobody mistakes for each other, all equally likely."""
    fair = 256 - 256 % len(ALPHABET)
    letters = ""
    while len(letters) < count:
        letters += "".join(ALPHABET[one % len(ALPHABET)] for one in dice(count) if one < fair)
    return letters[:count]


def _people() -> Table:
    return METADATA.tables["person"]
