"""How long things stay on this phone: closed jobs, and what it knows of customers."""

import sqlite3

from msgspec import Struct

from mobile.queries import rows
from shared.prices import AWAY_DAYS, KEEP_DAYS, Organisation


class Kept(Struct, frozen=True, kw_only=True):
    """After how many days a closed job leaves this phone.

    `away_days` is for how many days the office was not reached, where that was so long that what
    this phone knew of customers is gone until it is reached again.
    """

    keep_days: int
    away_days: int | None = None


def kept(connection: sqlite3.Connection) -> Kept:
    """As the company wants it; what it said last is on this phone."""
    house = next(iter(rows.every(connection, Organisation)), None)
    absence = rows.identity(connection).absence
    is_away = absence is not None and absence.dropped
    away_days = (house.away_days if house is not None else None) or AWAY_DAYS
    return Kept(
        keep_days=(house.keep_days if house is not None else None) or KEEP_DAYS,
        away_days=away_days if is_away else None,
    )
