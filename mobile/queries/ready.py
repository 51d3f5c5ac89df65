"""Whether a job can be done without a network: what it needs and is not on this phone."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from mobile import evidence
from mobile.queries import rows
from shared.checklist import Checklist
from shared.clock import is_skewed
from shared.parts import Part, PlannedPart
from shared.records import CATALOG
from shared.site import Asset, Customer, Site
from shared.ticket import Ticket
from shared.work_order import OPEN, WorkOrder

# What may be missing, in the order it is told: of one job, then of the phone itself.
Gap = (
    Literal["job", "problem", "customer", "site", "machine", "checklist", "parts", "lists"]
    | Literal["clock", "news", "room"]
)
STALE_MS: Final = 12 * 3_600_000  # so long without the office, and tomorrow's plan may be another
_STREAMS: Final = "SELECT stream, cursor > 0 FROM mark"


class _Known(Struct, frozen=True, kw_only=True):
    """What there is on this phone of what some jobs name; `streams` says which are whole."""

    streams: dict[str, bool]
    tickets: dict[str, Ticket]
    customers: dict[str, Customer]
    sites: dict[str, Site]
    assets: dict[str, Asset]
    checklists: dict[str, Checklist]
    planned: dict[str, set[str]]
    parts: dict[str, Part]


def gaps(connection: sqlite3.Connection, orders: Iterable[WorkOrder]) -> dict[str, tuple[Gap, ...]]:
    """By open job what is missing of it: as many statements for one as for many."""
    wanted = [one for one in orders if one.status in OPEN]
    if not wanted:
        return {}
    known = _known(connection, wanted)
    return {one.id: _of(one, known) for one in wanted}


def unready(connection: sqlite3.Connection, free_bytes: int, now_ms: int) -> tuple[Gap, ...]:
    """What the phone itself lacks: a known clock, news of the office, and room for photos."""
    seen = rows.identity(connection).sighting
    lacks: dict[Gap, bool] = {
        "clock": seen is None or is_skewed(seen),
        "news": seen is None or now_ms - seen.received > STALE_MS,
        "room": evidence.level(free_bytes) != "ok",
    }
    return tuple(gap for gap, is_lacking in lacks.items() if is_lacking)


def _known(connection: sqlite3.Connection, orders: Sequence[WorkOrder]) -> _Known:
    ids = {one.id for one in orders}
    planned: dict[str, set[str]] = {}
    for line in rows.every(connection, PlannedPart):
        if line.work_order_id in ids and line.dropped_at is None:
            planned.setdefault(line.work_order_id, set()).add(line.part_id)
    return _Known(
        streams={one: bool(whole) for one, whole in connection.execute(_STREAMS)},
        tickets=rows.several(connection, Ticket, {one.ticket_id for one in orders}),
        customers=rows.several(connection, Customer, {one.customer_id for one in orders}),
        sites=rows.several(connection, Site, {one.site_id for one in orders}),
        assets=rows.several(connection, Asset, {one.asset_id for one in orders}),
        checklists=rows.several(connection, Checklist, {one.checklist_id for one in orders}),
        planned=planned,
        parts=rows.several(connection, Part, set().union(*planned.values())),
    )


def _of(order: WorkOrder, known: _Known) -> tuple[Gap, ...]:
    """A stream that is being read anew may lack rows, though some of them are there.

    What was made on this phone has none yet, and is all here.
    """
    whole = known.streams
    site = whole.get(f"site:{order.site_id}", True) and order.site_id in known.sites
    lacks: dict[Gap, bool] = {
        "job": not whole.get(f"wo:{order.id}", True),
        "problem": order.ticket_id not in known.tickets,
        "customer": order.customer_id not in known.customers,
        "site": not site,
        "machine": order.asset_id is not None and order.asset_id not in known.assets,
        "checklist": order.checklist_id is not None and order.checklist_id not in known.checklists,
        "parts": not known.planned.get(order.id, set()) <= known.parts.keys(),
        "lists": not whole.get(CATALOG, False),
    }
    return tuple(gap for gap, is_lacking in lacks.items() if is_lacking)
