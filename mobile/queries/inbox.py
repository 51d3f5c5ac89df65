"""The inbox: what the office did and what became of one's own ops, each told once."""

import sqlite3
from typing import Final

import msgspec

from sync.ports import Notice

_NOTICES: Final = "SELECT body, acknowledged FROM notice ORDER BY at DESC, id"
_UNREAD: Final = "SELECT count(*) FROM notice WHERE NOT acknowledged"
_notice: Final = msgspec.json.Decoder(Notice)


def notices(connection: sqlite3.Connection) -> list[Notice]:
    """Every notice that is kept, newest first."""
    found = connection.execute(_NOTICES).fetchall()
    return [
        msgspec.structs.replace(_notice.decode(body), unread=not acknowledged)
        for body, acknowledged in found
    ]


def unread(connection: sqlite3.Connection) -> int:
    """How many notices nobody has acknowledged."""
    return int(connection.execute(_UNREAD).fetchone()[0])
