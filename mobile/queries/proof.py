"""What a signature is taken on: the rows that a document is made of, and what is signed already."""

import sqlite3
from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from mobile.queries import rows
from shared.amendments import addition_id
from shared.charges import Charge, CoverageDecision
from shared.checklist import Checklist
from shared.ids import derive
from shared.parts import Part, PartUse
from shared.people import Person
from shared.prices import Organisation, PriceList
from shared.records import Record, State
from shared.sign_off import SignedDocument, SignOff
from shared.site import Asset, Customer, Site
from shared.tasks import Task
from shared.ticket import Ticket
from shared.visit import Visit, visit_at_hand
from shared.work_order import WorkOrder

# Outcomes with nobody there who could sign.
NOBODY_THERE: Final = frozenset({"customer_not_in", "customer_moved_date", "wrong_address"})
# "": nothing is to be signed yet. `unsigned`: a visit has ended and nobody has signed for it.
# `anew`: something was added or changed since.
Signature = Literal["", "unsigned", "anew", "signed"]


class Signing(Struct, frozen=True, kw_only=True):
    """How a job stands with its signature.

    `visit` is the id of the visit at hand, if there is one, `sign_off` the newest one of it, and
    `earlier` holds the newest one of each visit before it. `under_way` tells that the visit
    has not ended yet, `billed` that somebody has said what the job costs, or that it costs nothing.
    """

    signature: Signature = ""
    sign_off: SignOff | None = None
    visit: str | None = None
    under_way: bool = False
    earlier: tuple[SignOff, ...] = ()
    billed: bool = False


def state(connection: sqlite3.Connection, orders: Iterable[str]) -> State:
    """Every row that a document of these jobs may be made of."""
    return State(shown(connection, orders), versioned=False)


def shown(connection: sqlite3.Connection, orders: Iterable[str]) -> list[Record]:
    """The same, one by one."""
    found: list[Record] = []
    for one in orders:
        found += rows.living(connection, ("work_order", one))
    around = State(found)
    found += rows.every(connection, PriceList)
    found += rows.every(connection, Organisation)
    kinds: list[tuple[type[Record], set[str | None]]] = [
        (Ticket, {one.ticket_id for one in around.all(WorkOrder)}),
        (Customer, {one.customer_id for one in around.all(WorkOrder)}),
        (Site, {one.site_id for one in around.all(WorkOrder)}),
        (Asset, {one.asset_id for one in around.all(WorkOrder)}),
        (Checklist, {one.checklist_id for one in around.all(WorkOrder)}),
        (Part, {one.part_id for one in around.all(PartUse)}),
        (Person, {rows.identity(connection).person}),
    ]
    for kind, ids in kinds:
        found += rows.several(connection, kind, ids).values()
    return found


def signing(here: State, order: WorkOrder, person: str) -> Signing:
    """How one job stands: `here` holds what lives with it."""
    taken = [one for one in here.of(SignOff, order.id) if one.purpose == "visit"]
    visit = visit_at_hand(here.of(Visit, order.id), person)
    at_hand = visit.id if visit is not None else None
    newest = _newest_of_each(taken, at_hand)
    addition = here.find(Task, addition_id(order.id))
    is_open = addition is not None and not addition.done
    ended = last_ended(here.of(Visit, order.id), person)
    lines = [one for one in here.of(Charge, order.id) if one.dropped_at is None]
    return Signing(
        signature=signature(order, ended, taken, is_open=is_open),
        sign_off=newest.pop(at_hand, None),
        visit=at_hand,
        under_way=visit is not None and visit.ended_at is None,
        earlier=tuple(newest.values()),
        billed=bool(lines) or next(here.of(CoverageDecision, order.id), None) is not None,
    )


def _newest_of_each(taken: Iterable[SignOff], at_hand: str | None) -> dict[str | None, SignOff]:
    """The newest sign-off of each visit, newest first; one of no visit is of the one at hand.

    Somebody who has no visit here is shown what was signed last.
    """
    found: dict[str | None, SignOff] = {}
    for one in sorted(taken, key=lambda one: (one.at, one.id), reverse=True):
        visit = at_hand if at_hand is None or one.visit_id is None else one.visit_id
        found.setdefault(visit, one)
    return found


def signature(
    order: WorkOrder, ended: Visit | None, taken: Iterable[SignOff], *, is_open: bool
) -> Signature:
    """How a job stands, from its last visit of this person, its sign-offs and its open task."""
    if order.status in ("cancelled", "handed_in"):
        return ""
    known = list(taken)
    if known and is_open:
        return "anew"
    if ended is None or ended.outcome in NOBODY_THERE:
        return "signed" if known and order.status == "done" else ""
    return "signed" if any(one.visit_id == ended.id for one in known) else "unsigned"


def last_ended(visits: Iterable[Visit], person: str) -> Visit | None:
    """The last visit of somebody that has ended."""
    mine = [one for one in visits if one.person_id == person and one.ended_at is not None]
    return max(mine, key=lambda one: (one.ended_at or 0, one.id), default=None)


def signatures(
    connection: sqlite3.Connection, orders: Iterable[WorkOrder], visits: dict[str, list[Visit]]
) -> dict[str, Signature]:
    """How each of these jobs stands: as many statements for one as for many."""
    person = rows.identity(connection).person
    taken: dict[str, list[SignOff]] = {}
    for one in rows.every(connection, SignOff):
        if one.purpose == "visit":
            taken.setdefault(one.work_order_id, []).append(one)
    tasks = rows.several(connection, Task, {addition_id(one) for one in taken})
    return {
        order.id: signature(
            order,
            last_ended(visits.get(order.id, ()), person),
            taken.get(order.id, ()),
            is_open=_is_open(tasks.get(addition_id(order.id))),
        )
        for order in orders
    }


def signed_document(connection: sqlite3.Connection, sign_off: SignOff) -> SignedDocument | None:
    """What was signed, word for word; jobs that were signed for together share it."""
    return rows.one(connection, SignedDocument, derive(sign_off.group_id, "signed_document"))


def _is_open(task: Task | None) -> bool:
    return task is not None and not task.done
