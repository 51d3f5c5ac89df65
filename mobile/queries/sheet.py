"""The sheet of one job: everything about it that this phone knows."""

import sqlite3
from collections.abc import Iterable
from typing import TypeVar

from msgspec import Struct

from mobile.queries import history, jobs, lines, photos as pictures, proof, rows
from mobile.queries.history import Past, Read
from mobile.queries.jobs import Job
from mobile.queries.lines import Line
from mobile.queries.proof import Signing
from shared.amounts import quantity_text
from shared.charges import Charge
from shared.checklist import Checklist, Item, PhotoSlot, Reading
from shared.feedback import Feedback
from shared.messages import BY_TECHNICIAN, WAITS, Message
from shared.notes import Note
from shared.parts import Location, Part, PartUse, PlannedPart
from shared.people import Person
from shared.photos import Photo
from shared.provision import OrderedPart
from shared.records import State
from shared.site import Asset, Customer, Site
from shared.tag_sets import TIERS, Tag, TagSet, tag_set_id
from shared.tasks import Conflict
from shared.ticket import Ticket
from shared.visit import Visit
from shared.work_order import Assignment, Completion, StatusChange, WorkOrder


class Answer(Struct, frozen=True, kw_only=True):
    """One thing to look at, and the newest reading of it.

    `last` is the newest reading of it at an earlier visit to this machine.
    """

    item: Item
    reading: Reading | None
    last: Read | None = None


class Used(Struct, frozen=True, kw_only=True):
    """A part that went into the machine, by its number and name."""

    use: PartUse
    quantity: str
    part: Part | None
    location: Location | None


class Planned(Struct, frozen=True, kw_only=True):
    """A part that the job will probably need, by its number and name."""

    line: PlannedPart
    quantity: str
    part: Part | None


class Ordered(Struct, frozen=True, kw_only=True):
    """A part to be ordered, or on its way; `part` is None where somebody only said it in words."""

    line: OrderedPart
    quantity: str
    part: Part | None


class Team(Struct, frozen=True, kw_only=True):
    """Somebody who has the job now, as what, and when they saw and accepted it (ms)."""

    person: Person
    role: str
    seen_at: int | None = None
    accepted_at: int | None = None


class Sheet(Struct, frozen=True, kw_only=True):
    """Everything about one job that this phone knows. Lists are in the order things happened.

    `order_sent` and `site_sent` are the order and the site as the office last sent them, without
    what was changed here since; `names` are those of the people who did something here, by id.
    `photos` are those that nobody has taken back, and `photos_safe` is how many of them the office
    has; `slots` are the pictures that the job asks for, `lines` how many lines its bill has.
    `to_tell` are messages to the customer that wait for the technician to send them, `said` is what
    the customer complained of, suggested or scored, `tier` the word for the tier they are in.
    """

    job: Job
    order: WorkOrder
    ticket: Ticket | None
    site: Site | None
    customer: Customer | None
    asset: Asset | None
    visits: tuple[Visit, ...]
    checklist: tuple[Answer, ...]
    parts: tuple[Used, ...]
    notes: tuple[Note, ...]
    completions: tuple[Completion, ...]
    conflicts: tuple[Conflict, ...]
    ops: tuple[Line, ...]
    planned: tuple[Planned, ...] = ()
    ordered: tuple[Ordered, ...] = ()
    statuses: tuple[StatusChange, ...] = ()
    history: tuple[Past, ...] = ()
    team: tuple[Team, ...] = ()
    order_sent: WorkOrder | None = None
    site_sent: Site | None = None
    names: dict[str, str] = {}
    photos: tuple[Photo, ...] = ()
    photos_safe: int = 0
    slots: tuple[PhotoSlot, ...] = ()
    lines: int = 0
    signing: Signing = Signing()
    to_tell: tuple[Message, ...] = ()
    said: tuple[Feedback, ...] = ()
    tier: Tag | None = None


def sheet(connection: sqlite3.Connection, order: WorkOrder) -> Sheet:
    """Everything about one job."""
    state = rows.at_home(connection, ("work_order", order.id))
    asset = rows.one(connection, Asset, order.asset_id)
    before = history.of_machine(connection, order.asset_id, but=order.id) if order.asset_id else ()
    checklist = rows.one(connection, Checklist, order.checklist_id)
    around = jobs.around_one(connection, order, state.of(Visit, order.id))
    photos = pictures.in_time(state, order.id)
    return Sheet(
        job=jobs.job(order, around),
        order=order,
        ticket=rows.one(connection, Ticket, order.ticket_id),
        site=around.sites.get(order.site_id),
        customer=around.customers.get(order.customer_id),
        asset=asset,
        visits=tuple(state.of(Visit, order.id)),
        checklist=_answers(checklist, state, order.id, before),
        parts=_used(connection, state, order.id),
        notes=_in_time(state.of(Note, order.id)),
        completions=_in_time(state.of(Completion, order.id)),
        conflicts=_in_time(state.of(Conflict, order.id)),
        ops=tuple(lines.of_job(connection, order.id)),
        planned=_planned(connection, state, order.id),
        ordered=_ordered(connection, state, order.id),
        statuses=_in_time(state.of(StatusChange, order.id)),
        history=before,
        team=_team(connection, state, order.id),
        order_sent=rows.as_sent(connection, WorkOrder, order.id),
        site_sent=rows.as_sent(connection, Site, order.site_id),
        names=_names(connection, state, order.id),
        signing=proof.signing(state, order, around.person),
        photos=tuple(photos),
        photos_safe=pictures.safe(connection, photos),
        slots=checklist.photos if checklist is not None else (),
        to_tell=_to_tell(connection, order.ticket_id),
        said=_said(connection, order.ticket_id),
        tier=_tier(connection, around.customers.get(order.customer_id)),
        lines=sum(one.dropped_at is None for one in state.of(Charge, order.id)),
    )


def _tier(connection: sqlite3.Connection, customer: Customer | None) -> Tag | None:
    """What the tier of a customer is called, where they are in one."""
    if customer is None or not customer.tier:
        return None
    known = rows.one(connection, TagSet, tag_set_id(TIERS))
    tags = known.tags if known is not None else ()
    return next((one for one in tags if one.code == customer.tier), None)


Dated = TypeVar("Dated", Note, Completion, Conflict, StatusChange, PlannedPart, OrderedPart)


def _in_time(dated: Iterable[Dated]) -> tuple[Dated, ...]:
    return tuple(sorted(dated, key=lambda one: (one.at, one.id)))


def _answers(
    checklist: Checklist | None, state: State, order_id: str, before: tuple[Past, ...]
) -> tuple[Answer, ...]:
    newest: dict[str, Reading] = {}
    for one in sorted(state.of(Reading, order_id), key=lambda reading: (reading.at, reading.id)):
        newest[one.item] = one
    items = checklist.items if checklist is not None else ()
    last = history.last_of_each(before)
    return tuple(
        Answer(item=item, reading=newest.get(item.code), last=last.get(item.code)) for item in items
    )


def _used(connection: sqlite3.Connection, state: State, order_id: str) -> tuple[Used, ...]:
    uses = list(state.of(PartUse, order_id))
    parts = rows.several(connection, Part, {use.part_id for use in uses})
    places = rows.several(connection, Location, {use.location_id for use in uses})
    return tuple(
        Used(
            use=use,
            quantity=quantity_text(use.amount),
            part=parts.get(use.part_id),
            location=places.get(use.location_id),
        )
        for use in uses
    )


def _planned(connection: sqlite3.Connection, state: State, order_id: str) -> tuple[Planned, ...]:
    lines = _in_time(state.of(PlannedPart, order_id))
    parts = rows.several(connection, Part, {one.part_id for one in lines})
    return tuple(
        Planned(line=one, quantity=quantity_text(one.amount), part=parts.get(one.part_id))
        for one in lines
        if one.dropped_at is None
    )


def _ordered(connection: sqlite3.Connection, state: State, order_id: str) -> tuple[Ordered, ...]:
    lines = _in_time(state.of(OrderedPart, order_id))
    parts = rows.several(connection, Part, {one.part_id for one in lines})
    return tuple(
        Ordered(line=one, quantity=quantity_text(one.amount), part=parts.get(one.part_id or ""))
        for one in lines
    )


def _team(connection: sqlite3.Connection, state: State, order_id: str) -> tuple[Team, ...]:
    now = [one for one in state.of(Assignment, order_id) if one.until_ms is None]
    people = rows.several(connection, Person, {one.person_id for one in now})
    ordered = sorted(now, key=lambda one: (one.role != "lead", one.from_ms, one.id))
    return tuple(
        Team(
            person=people[one.person_id],
            role=one.role,
            seen_at=one.seen_at,
            accepted_at=one.accepted_at,
        )
        for one in ordered
        if one.person_id in people
    )


def _said(connection: sqlite3.Connection, ticket_id: str) -> tuple[Feedback, ...]:
    """What the customer said of the ticket, in time."""
    state = rows.at_home(connection, ("ticket", ticket_id))
    return tuple(sorted(state.of(Feedback, ticket_id), key=lambda one: (one.at, one.id)))


def _to_tell(connection: sqlite3.Connection, ticket_id: str) -> tuple[Message, ...]:
    known = rows.living(connection, ("ticket", ticket_id))
    waiting = (
        one
        for one in known
        if isinstance(one, Message) and one.channel == BY_TECHNICIAN and one.state in WAITS
    )
    return tuple(sorted(waiting, key=lambda one: (one.at, one.id)))


def _names(connection: sqlite3.Connection, state: State, order_id: str) -> dict[str, str]:
    wrote = {one.person_id for one in state.of(Note, order_id)}
    acted = {one.person_id for one in state.of(StatusChange, order_id)}
    return {one.id: one.name for one in rows.several(connection, Person, wrote | acted).values()}
