"""Divergences: what phones found wrong with their copies of streams, and how it ended."""

from typing import Final

from sqlalchemy import Connection, delete, select, update

from server.queries.pages import Item, T
from server.rows import add
from sync.protocol import Finding, Request

KEPT_MAX: Final = 100  # of one phone, the newest
SHOWN_MAX: Final = 20

DIVERGENCE: Final = T["divergence"]
DEVICE: Final = T["device"]
KEY: Final = ("device_id", "stream", "found_at")


def note(connection: Connection, request: Request) -> list[Finding]:
    """Write down what a phone says of its copy, once; returns what was not known before.

    In the transaction that takes the request.
    """
    doubt, device = request.doubt, request.device
    doubted = [(doubt.stream, doubt.found)] if doubt is not None else []
    found = {(one.stream, one.found): one for one in request.findings}
    if not (doubted or found):
        return []
    agreed = connection.scalar(select(DEVICE.c.agreed_at).where(DEVICE.c.id == device))
    rows = [(device, *key, agreed, None, 0) for key in sorted({*doubted, *found})]
    add(connection, "divergence", KEY, rows)
    fresh = [one for one in found.values() if _ended(connection, device, one)]
    _let_go(connection, device)
    return fresh


def divergences(connection: Connection, device: str) -> list[Item]:
    """What a phone found wrong, the newest first."""
    rows = connection.execute(
        select(*(one for one in DIVERGENCE.c if one.name != "device_id"))
        .where(DIVERGENCE.c.device_id == device)
        .order_by(DIVERGENCE.c.found_at.desc(), DIVERGENCE.c.stream)
        .limit(SHOWN_MAX)
    )
    return [dict(row._asdict()) for row in rows]


def _ended(connection: Connection, device: str, one: Finding) -> bool:
    """Note how it ended; False if that was known."""
    here = (DIVERGENCE.c.device_id == device, DIVERGENCE.c.stream == one.stream)
    noted = (
        update(DIVERGENCE)
        .where(*here, DIVERGENCE.c.found_at == one.found, DIVERGENCE.c.what.is_(None))
        .values(what=one.what, rows=one.rows)
    )
    return connection.execute(noted).rowcount > 0


def _let_go(connection: Connection, device: str) -> None:
    """Keep no more of one phone than anybody would read."""
    oldest = (
        select(DIVERGENCE.c.found_at)
        .where(DIVERGENCE.c.device_id == device)
        .order_by(DIVERGENCE.c.found_at.desc())
        .offset(KEPT_MAX)
        .limit(1)
    )
    over = connection.scalar(oldest)
    if over is not None:
        connection.execute(
            delete(DIVERGENCE).where(
                DIVERGENCE.c.device_id == device, DIVERGENCE.c.found_at <= over
            )
        )
