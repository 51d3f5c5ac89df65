"""The bill of a job on this phone: who pays, its lines, what was quoted, paid, and taken away."""

import sqlite3
from typing import Any, TypeVar

from msgspec import Struct

from mobile.queries import proof, rows
from shared import visible as seeing
from shared.charges import Charge, CoverageDecision, Quote
from shared.parts import Part, PartUse, PlannedPart
from shared.payments import InvoiceRequest, Payment
from shared.prices import Contract, Organisation, PriceList
from shared.records import Record, State
from shared.sign_off import SignOff
from shared.site import Asset, Customer, Site
from shared.take_away import TakenItem
from shared.visit import Visit, visit_at_hand
from shared.work_order import WorkOrder

R = TypeVar("R", bound=Record)


class Fitted(Struct, frozen=True, kw_only=True):
    """A part that is in the machine, or is planned to be (`use` is None then); in thousandths."""

    part: Part
    amount: int
    use: PartUse | None = None


class Bill(Struct, frozen=True, kw_only=True):
    """What the bill of the visit at hand is made of. Lists are in the order things happened.

    `charges` are those that no other visit was signed for. `prices` are all editions on this
    phone, `contracts` those of the customer, `refusals` the reasons by the ids of the sign-offs.
    """

    order: WorkOrder
    visit: Visit | None
    customer: Customer | None
    site: Site | None
    asset: Asset | None
    decision: CoverageDecision | None
    charges: tuple[Charge, ...]
    quotes: tuple[Quote, ...]
    payments: tuple[Payment, ...]
    invoices: tuple[InvoiceRequest, ...]
    items: tuple[TakenItem, ...]
    fitted: tuple[Fitted, ...]
    planned: tuple[Fitted, ...]
    prices: tuple[PriceList, ...]
    contracts: tuple[Contract, ...]
    organisation: Organisation | None
    refusals: dict[str, str] = {}


def bill(connection: sqlite3.Connection, order: WorkOrder) -> Bill:
    """The bill of one job."""
    state = proof.state(connection, [order.id])
    person = rows.identity(connection).person
    visit = visit_at_hand(state.of(Visit, order.id), person)
    shown = seeing.visible(state, order.id, visit.id if visit is not None else None)
    uses = [one for one in shown.parts if seeing.fitted(one) > 0]
    plan = [one for one in state.of(PlannedPart, order.id) if one.dropped_at is None]
    ids = {one.part_id for one in uses} | {one.part_id for one in plan}
    parts = rows.several(connection, Part, ids)
    return Bill(
        order=order,
        visit=visit,
        customer=state.find(Customer, order.customer_id),
        site=state.find(Site, order.site_id),
        asset=state.find(Asset, order.asset_id),
        decision=shown.coverage,
        charges=shown.charges,
        quotes=_in_time(state, Quote, order.id),
        payments=shown.payments,
        invoices=_in_time(state, InvoiceRequest, order.id),
        items=_in_time(state, TakenItem, order.id),
        fitted=tuple(
            Fitted(part=parts[one.part_id], amount=seeing.fitted(one), use=one)
            for one in uses
            if one.part_id in parts
        ),
        planned=tuple(
            Fitted(part=parts[one.part_id], amount=one.amount)
            for one in sorted(plan, key=_when)
            if one.part_id in parts
        ),
        prices=tuple(rows.every(connection, PriceList)),
        contracts=tuple(
            one
            for one in rows.every(connection, Contract)
            if one.customer_id == order.customer_id and one.site_id in (None, order.site_id)
        ),
        organisation=next(iter(rows.every(connection, Organisation)), None),
        refusals={one.id: one.refusal for one in state.of(SignOff, order.id) if one.refusal},
    )


def _in_time(state: State, kind: type[R], order_id: str) -> tuple[R, ...]:
    return tuple(sorted(state.of(kind, order_id), key=_when))


def _when(row: Any) -> tuple[int, str]:
    return (row.at, row.id)
