"""Jobs as a list shows them: what, where, when, how urgent, and how safe one's own work is."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from mobile.queries import clocks, lines, proof, ready, rows
from mobile.queries.clocks import Timed
from mobile.queries.lines import Sync
from mobile.queries.proof import Signature
from mobile.queries.ready import Gap
from shared.amounts import is_provisional
from shared.clock import zone_of
from shared.ids import is_id
from shared.kinds import read_row
from shared.site import Asset, Customer, Site
from shared.visit import Visit, last_visit, next_planned, open_visits
from shared.work_order import OPEN, WorkOrder

_ORDERS: Final = """SELECT tbl, body, coalesce(mark.leaving, 0) FROM shown
    LEFT JOIN mark ON mark.stream = shown.stream WHERE tbl = 'work_order'"""
_LEAVING: Final = """SELECT coalesce(mark.leaving, 0) FROM shown
    LEFT JOIN mark ON mark.stream = shown.stream WHERE tbl = 'work_order' AND id = ?"""
# The index is on the rows, so that is where the number is looked for first.
NUMBERED: Final = """SELECT tbl, body FROM shown WHERE tbl = 'work_order' AND id IN (
    SELECT id FROM row WHERE tbl = 'work_order'
    AND json_extract(CAST(coalesce(view, base) AS TEXT), '$.number') = ?)"""


class Job(Struct, frozen=True, kw_only=True):
    """One line of the list. `sync` is the worst state of this person's own ops on the job.

    `planned_from` and `planned_to` are those of the person's next visit, else the job's own, as
    wall times at the site, in its `time_zone`; a time at which a visit was is none for the next.
    `leaving` marks a job that is no longer theirs and only waits for the office. `machine` is its
    model and `trade` its class, where one is named.
    `done_at` is when the work ended (ms), `outcome` how; `signature` how it stands with that.
    `gaps` is what the job needs and this phone has not got, `timed` what the clocks of its ticket
    run by, where there are any.
    """

    id: str
    number: str | None
    provisional: str | None = None
    status: str
    customer: str
    planned_from: str | None
    planned_to: str | None
    priority: str
    summary: str
    sync: Sync
    leaving: bool = False
    address: str = ""
    time_zone: str = ""
    machine: str = ""
    trade: str = ""
    site: str = ""
    serial: str = ""
    skill: str = ""
    category: str = ""
    service: str = ""
    done_at: int | None = None
    outcome: str | None = None
    signature: Signature = ""
    gaps: tuple[Gap, ...] = ()
    timed: Timed | None = None


class Around(Struct, frozen=True, kw_only=True):
    """What the jobs of a list hang on, and whose phone this is."""

    person: str
    customers: dict[str, Customer]
    sites: dict[str, Site]
    assets: dict[str, Asset]
    visits: dict[str, list[Visit]]
    worst: dict[str, Sync]
    leaving: frozenset[str]
    signatures: dict[str, Signature]
    gaps: dict[str, tuple[Gap, ...]]
    timed: dict[str, Timed]


def listed(connection: sqlite3.Connection) -> list[Job]:
    """The jobs on this phone, by planned time, those without one last."""
    orders, around = everything(connection)
    return in_order(job(order, around) for order in orders)


def unsigned_beside(connection: sqlite3.Connection, job_id: str) -> list[Job]:
    """The other jobs of the same customer and place for which nobody has signed yet."""
    orders, around = everything(connection)
    here = next((one for one in orders if one.id == job_id), None)
    return in_order(
        job(one, around)
        for one in orders
        if here is not None
        and one.id != job_id
        and (one.site_id, one.customer_id) == (here.site_id, here.customer_id)
        and around.signatures.get(one.id) == "unsigned"
        and one.id not in around.leaving
    )


def in_order(jobs: Iterable[Job]) -> list[Job]:
    """Jobs by planned time, those without one last."""
    return sorted(jobs, key=lambda job: (job.planned_from or "~", job.number or "~", job.id))


def everything(connection: sqlite3.Connection) -> tuple[list[WorkOrder], Around]:
    """Every order on this phone, with all they hang on: as many statements for one as for many."""
    orders: list[WorkOrder] = []
    leaving: set[str] = set()
    for name, body, leaves in connection.execute(_ORDERS).fetchall():
        order = read_row(name, body)
        assert isinstance(order, WorkOrder)
        orders.append(order)
        if leaves:
            leaving.add(order.id)
    visits = rows.every(connection, Visit)
    worst = lines.worst(lines.unsafe(connection))
    return orders, _around(connection, orders, visits, (worst, frozenset(leaving)))


def around_one(connection: sqlite3.Connection, order: WorkOrder, visits: Iterable[Visit]) -> Around:
    """What one order hangs on."""
    worst = lines.worst(lines.of_job(connection, order.id))
    leaves = connection.execute(_LEAVING, (order.id,)).fetchone()
    leaving = frozenset({order.id}) if leaves is not None and leaves[0] else frozenset[str]()
    return _around(connection, [order], list(visits), (worst, leaving))


def _around(
    connection: sqlite3.Connection,
    orders: list[WorkOrder],
    visits: list[Visit],
    known: tuple[dict[str, Sync], frozenset[str]],
) -> Around:
    by_order: dict[str, list[Visit]] = {}
    for visit in visits:
        by_order.setdefault(visit.work_order_id, []).append(visit)
    sites = rows.several(connection, Site, {one.site_id for one in orders})
    assets = rows.several(connection, Asset, {one.asset_id for one in orders})
    return Around(
        person=rows.identity(connection).person,
        customers=rows.several(connection, Customer, {one.customer_id for one in orders}),
        sites=sites,
        assets=assets,
        visits=by_order,
        worst=known[0],
        leaving=known[1],
        signatures=proof.signatures(connection, orders, by_order),
        gaps=ready.gaps(connection, orders),
        timed=clocks.of_orders(connection, orders, (sites, assets)),
    )


def job(order: WorkOrder, around: Around) -> Job:
    """The line of one order."""
    customer = around.customers.get(order.customer_id)
    site = around.sites.get(order.site_id)
    asset = around.assets.get(order.asset_id or "")
    visits = open_visits(around.visits.get(order.id, ()), around.person)
    planned = next_planned(visits) or order
    spent = planned is order and _is_spent(order, around, site)
    return Job(
        id=order.id,
        number=order.number,
        provisional=order.provisional,
        status=order.status,
        customer=customer.name if customer is not None else "",
        planned_from=None if spent else planned.planned_from,
        planned_to=None if spent else planned.planned_to,
        priority=order.priority,
        summary=order.summary,
        sync=around.worst.get(order.id, "safe"),
        leaving=order.id in around.leaving,
        address=site.address if site is not None else "",
        time_zone=site.time_zone if site is not None else "",
        machine=asset.model if asset is not None else "",
        trade=asset.product_class if asset is not None else "",
        site=site.name if site is not None else "",
        serial=asset.serial if asset is not None else "",
        skill=order.skill,
        category=order.category,
        service=order.service,
        done_at=order.done_at,
        outcome=order.outcome,
        signature=around.signatures.get(order.id, ""),
        gaps=around.gaps.get(order.id, ()),
        timed=around.timed.get(order.id),
    )


def _is_spent(order: WorkOrder, around: Around, site: Site | None) -> bool:
    """Whether a visit has been at an order's time, and there is to be another at another time."""
    last = last_visit(around.visits.get(order.id, ()), around.person)
    zone = zone_of(site.time_zone) if site is not None else None
    if order.status not in OPEN or last is None or last.ended_at is None:
        return False
    ended = datetime.fromtimestamp(last.ended_at / 1000, zone or UTC)
    return (order.planned_from or "") <= ended.strftime("%Y-%m-%dT%H:%M")


def named(connection: sqlite3.Connection, text: str) -> WorkOrder | None:
    """The order with this number or id; or else one that a phone gave this number, the latest."""
    if is_id(text):
        return rows.one(connection, WorkOrder, text)
    known = rows.found(connection, WorkOrder, NUMBERED, (text,))
    if not known and is_provisional(text):
        every = rows.every(connection, WorkOrder)
        same = [one for one in every if one.provisional == text]
        known = sorted(same, key=lambda one: (-one.created_at, one.id))
    return next(iter(known), None)
