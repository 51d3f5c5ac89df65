"""Foresight: what records say of trouble to come, sign by sign, each looked for by an index.

Every question is about a time that is bounded, and answers with the most pressing first, one more
than are shown. Machines that are gone are left out.
"""

import datetime
from collections.abc import Collection, Iterable
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, and_, func, or_, select

from server import rows
from server.queries.pages import Item, T
from shared.checklist import Checklist
from shared.foresight import DAY_MS, Drift, Point, drift_of
from shared.foresight_rules import FORESIGHT, USUAL, ForesightRules

SHOWN_MAX: Final = 40  # of each sign
LOOKED_AT_MAX: Final = 1_000  # machines that were worked on last, of which readings are compared
UNITS_MIN: Final = 3_000  # thousandths: fewer pieces are no habit
FLEET_MIN: Final = 3  # machines of a model, so that there is an average
OPEN: Final = ("new", "planned", "in_progress")
DONE: Final = ("done", "handed_in")
ASSET, SITE, CUSTOMER, TICKET = T["asset"], T["site"], T["customer"], T["ticket"]
ORDER, HISTORY, CONTRACT = T["work_order"], T["asset_history"], T["contract"]
USE: Final = T["part_use"]


class When(Struct, frozen=True, kw_only=True):
    """Now (ms), and which day that is for the company."""

    now: int
    day: str

    def before(self, days: int) -> int:
        """So many days ago (ms)."""
        return self.now - days * DAY_MS

    def on(self, days: int) -> str:
        """The day in so many days."""
        return (datetime.date.fromisoformat(self.day) + datetime.timedelta(days)).isoformat()


class Drifting(Struct, frozen=True, kw_only=True):
    """A machine with a reading on its way to a limit."""

    asset_id: str
    item: Any
    drift: Drift


def rules(connection: Connection) -> ForesightRules:
    """The figures of the company, or the product's own."""
    found = next(iter(rows.fetch(connection, "foresight_rules", "id", {FORESIGHT})), None)
    return found if isinstance(found, ForesightRules) else USUAL


def repeats(connection: Connection, told: ForesightRules, when: When) -> list[Item]:
    """Machines with many requests: how many, and when the last one came."""
    count, last = func.count().label("count"), func.max(TICKET.c.opened_at).label("last")
    wanted = (
        select(TICKET.c.asset_id, count, last)
        .where(
            TICKET.c.opened_at >= when.before(told.repeat_days),
            TICKET.c.asset_id.is_not(None),
            TICKET.c.status.not_in(("withdrawn", "refused")),
        )
        .group_by(TICKET.c.asset_id)
        .having(count >= told.repeat_count)
        .order_by(count.desc(), last.desc(), TICKET.c.asset_id)
        .limit(SHOWN_MAX + 1)
    )
    return _items(connection.execute(wanted))


def again(connection: Connection, told: ForesightRules, when: When) -> list[Item]:
    """Machines that were asked for again soon after their repair, the newest first."""
    gap = told.again_days * DAY_MS
    joined = TICKET.join(
        ORDER,
        and_(
            ORDER.c.asset_id == TICKET.c.asset_id,
            ORDER.c.ticket_id != TICKET.c.id,
            ORDER.c.service == "repair",
            ORDER.c.status.in_(DONE),
            ORDER.c.done_at <= TICKET.c.opened_at,
            ORDER.c.done_at >= TICKET.c.opened_at - gap,
        ),
    )
    wanted = (
        select(
            *(TICKET.c.asset_id, TICKET.c.problem, TICKET.c.opened_at),
            *(ORDER.c.number.label("job"), ORDER.c.done_at),
        )
        .select_from(joined)
        .where(
            TICKET.c.opened_at >= when.before(told.again_days),
            TICKET.c.status.not_in(("withdrawn", "refused")),
        )
        .order_by(TICKET.c.opened_at.desc(), ORDER.c.done_at.desc(), ORDER.c.id)
        .limit(4 * SHOWN_MAX)
    )
    found: dict[str, Item] = {}
    for one in _items(connection.execute(wanted)):
        found.setdefault(one["asset_id"], one)
    return list(found.values())[: SHOWN_MAX + 1]


def drifts(connection: Connection, told: ForesightRules, when: When) -> list[Drifting]:
    """Machines whose readings are outside a limit, or will be soon, of those worked on last."""
    lists = _lists_of_machines(connection)
    past = select(HISTORY.c.asset_id, HISTORY.c.visits).where(HISTORY.c.asset_id.in_(sorted(lists)))
    names = {one for one in lists.values() if one is not None}
    known = {
        one.id: one
        for one in rows.fetch(connection, "checklist", "id", names)
        if isinstance(one, Checklist)
    }
    found = [
        one
        for row in connection.execute(past)
        if (checklist := known.get(lists[row.asset_id] or "")) is not None
        for one in _drifting(row, checklist, told.drift_days, when.now)
    ]
    found.sort(key=lambda one: (one.drift.days is not None, one.drift.days or 0, one.asset_id))
    return found[: SHOWN_MAX + 1]


def _lists_of_machines(connection: Connection) -> dict[str, str | None]:
    """The machines that were worked on last, each with the checklist of its newest job."""
    wanted = (
        select(ORDER.c.asset_id, ORDER.c.checklist_id)
        .where(ORDER.c.asset_id.is_not(None), ORDER.c.checklist_id.is_not(None))
        .order_by(ORDER.c.created_at.desc())
        .limit(LOOKED_AT_MAX)
    )
    found: dict[str, str | None] = {}
    for row in connection.execute(wanted):
        found.setdefault(row.asset_id, row.checklist_id)
    return found


def _drifting(row: Any, checklist: Checklist, within: int, now: int) -> Iterable[Drifting]:
    visits = sorted(row.visits, key=lambda one: one["ended_at"])
    for item in checklist.items:
        if item.type != "number" or (item.low is None and item.high is None):
            continue
        told = [
            Point(visit["ended_at"], amount)
            for visit in visits
            for reading in visit.get("readings", ())
            if reading["item"] == item.code
            and not reading.get("not_applicable")
            and (amount := _amount(reading["value"])) is not None
        ]
        drift = drift_of(item, told, within, now)
        if drift is not None:
            yield Drifting(asset_id=row.asset_id, item=item, drift=drift)


def _amount(value: str) -> int | None:
    """A reading in thousandths; none where it was shortened."""
    try:
        return round(float(value) * 1_000)
    except ValueError:
        return None


def may_end(connection: Connection, first: str, last: str, limit: int) -> list[Item]:
    """Machines that are there, with the days their warranty is counted from; for `shared.coverage`.

    Those whose last day is written down between two days, and those delivered or invoiced in the
    years before: which of them end then, the price list says.
    """
    wanted = (
        select(ASSET)
        .where(
            ASSET.c.gone == "",
            or_(
                ASSET.c.warranty_until.between(first, last),
                and_(
                    ASSET.c.warranty_until.is_(None),
                    or_(ASSET.c.delivered_on.is_not(None), ASSET.c.invoiced_on.is_not(None)),
                ),
            ),
        )
        .limit(limit)
    )
    return _items(connection.execute(wanted))


def contracts(connection: Connection, when: When, days: int) -> list[Item]:
    """Contracts that end soon and are not followed by another one, the soonest first."""
    later = CONTRACT.alias("later")
    followed = (
        select(later.c.id)
        .where(
            later.c.customer_id == CONTRACT.c.customer_id,
            later.c.id != CONTRACT.c.id,
            later.c.valid_to > CONTRACT.c.valid_to,
        )
        .exists()
    )
    wanted = (
        select(
            *(CONTRACT.c.number, CONTRACT.c.valid_to, CONTRACT.c.site_id, CONTRACT.c.customer_id),
            CUSTOMER.c.name.label("customer"),
        )
        .join_from(CONTRACT, CUSTOMER, CUSTOMER.c.id == CONTRACT.c.customer_id)
        .where(CONTRACT.c.valid_to.between(when.day, when.on(days)), ~followed)
        .order_by(CONTRACT.c.valid_to, CONTRACT.c.id)
        .limit(SHOWN_MAX + 1)
    )
    return _items(connection.execute(wanted))


def untouched(connection: Connection, since: int, day: str, limit: int) -> list[Item]:
    """Machines that nobody has worked on since then (ms), nor delivered since that day.

    `last` is when somebody did (ms).
    """
    last = (
        select(func.max(ORDER.c.done_at))
        .where(ORDER.c.asset_id == ASSET.c.id, ORDER.c.status.in_(DONE))
        .scalar_subquery()
    )
    inner = select(
        ASSET.c.id, ASSET.c.product_class, ASSET.c.delivered_on, last.label("last")
    ).where(ASSET.c.gone == "")
    told = inner.subquery()
    wanted = (
        select(told)
        .where(
            or_(
                told.c.last <= since,
                and_(told.c.last.is_(None), told.c.delivered_on <= day),
            )
        )
        .order_by(func.coalesce(told.c.last, 0), told.c.delivered_on, told.c.id)
        .limit(limit)
    )
    return _items(connection.execute(wanted))


def parts(connection: Connection, told: ForesightRules, when: When) -> list[Item]:
    """Machines that take a part far more often than others of their model, the most first."""
    since = when.before(told.parts_days)
    amount = func.sum(USE.c.amount - func.coalesce(USE.c.returned, 0))
    own = (
        select(ORDER.c.asset_id, USE.c.part_id, amount.label("amount"))
        .join_from(ORDER, USE, USE.c.work_order_id == ORDER.c.id)
        .where(ORDER.c.created_at >= since, ORDER.c.asset_id.is_not(None))
        .group_by(ORDER.c.asset_id, USE.c.part_id)
        .having(amount >= UNITS_MIN)
        .order_by(amount.desc(), ORDER.c.asset_id)
        .limit(5 * SHOWN_MAX)
    )
    much = _items(connection.execute(own))
    models = _named(connection, "asset", {one["asset_id"] for one in much})
    names = _named(connection, "part", {one["part_id"] for one in much})
    found = [
        {
            **one,
            "amount": int(one["amount"]),  # a sum is a decimal on PostgreSQL
            "model": models[one["asset_id"]]["model"],
            "name": names[one["part_id"]],
        }
        for one in much
        if one["asset_id"] in models and one["part_id"] in names
    ]
    fleet = _fleet(connection, {one["model"] for one in found})
    taken = _taken(connection, found, since)
    beyond = []
    for one in found:
        machines_ = fleet.get(one["model"], 0)
        average = taken.get((one["model"], one["part_id"]), 0) / max(machines_, 1)
        if machines_ >= FLEET_MIN and one["amount"] >= told.parts_times * average:
            beyond.append({**one, "average": average})
    return beyond[: SHOWN_MAX + 1]


def _named(connection: Connection, table: str, ids: Collection[str]) -> dict[str, Item]:
    wanted = select(T[table]).where(T[table].c.id.in_(sorted(ids)))
    return {one["id"]: one for one in _items(connection.execute(wanted))}


def _fleet(connection: Connection, models: Collection[str]) -> dict[str, int]:
    wanted = (
        select(ASSET.c.model, func.count())
        .where(ASSET.c.model.in_(sorted(models)), ASSET.c.gone == "")
        .group_by(ASSET.c.model)
    )
    return {row[0]: int(row[1]) for row in connection.execute(wanted)}


def _taken(
    connection: Connection, found: Collection[Item], since: int
) -> dict[tuple[str, str], int]:
    """How much of these parts each of these models took since then, in thousandths."""
    amount = func.sum(USE.c.amount - func.coalesce(USE.c.returned, 0))
    wanted = (
        select(ASSET.c.model, USE.c.part_id, amount)
        .join_from(USE, ORDER, ORDER.c.id == USE.c.work_order_id)
        .join(ASSET, ASSET.c.id == ORDER.c.asset_id)
        .where(
            USE.c.part_id.in_(sorted({one["part_id"] for one in found})),
            ASSET.c.model.in_(sorted({one["model"] for one in found})),
            ORDER.c.created_at >= since,
        )
        .group_by(ASSET.c.model, USE.c.part_id)
    )
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(wanted)}


def machines(connection: Connection, ids: Collection[str]) -> dict[str, Item]:
    """Machines by id, each with its place, its customer, and a ticket that is open for it."""
    joined = ASSET.join(SITE, SITE.c.id == ASSET.c.site_id).join(
        CUSTOMER, CUSTOMER.c.id == SITE.c.customer_id
    )
    wanted = (
        select(
            *(ASSET, SITE.c.address, SITE.c.time_zone, SITE.c.customer_id),
            CUSTOMER.c.name.label("customer"),
        )
        .select_from(joined)
        .where(ASSET.c.id.in_(sorted(ids)), ASSET.c.gone == "")
    )
    found = {one["id"]: {**one, "open": None} for one in _items(connection.execute(wanted))}
    sites = sorted({one["site_id"] for one in found.values()})
    tickets = select(TICKET.c.asset_id, TICKET.c.number, TICKET.c.id).where(
        TICKET.c.site_id.in_(sites), TICKET.c.status.in_(OPEN), TICKET.c.asset_id.is_not(None)
    )
    for row in connection.execute(tickets.order_by(TICKET.c.opened_at)):
        if row.asset_id in found:
            found[row.asset_id]["open"] = row.number or row.id
    return found


def _items(found: Iterable[Any]) -> list[Item]:
    return [dict(row._asdict()) for row in found]
