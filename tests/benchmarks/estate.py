"""A company of twenty thousand work orders: one full day through the door, the past as copies."""

import datetime
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import insert, select

from server import sessions
from server.tables import METADATA
from shared.ids import derive
from tests.benchmarks.company import ORDER, SESSION_MS, TICKET
from tests.benchmarks.house import House

FIRST_HOUR: Final = 8
VISIT_MINUTES: Final = 45
VISITS_PER_SITE: Final = 4
WAITING_EVERY: Final = 60  # of the copies, one in so many is a request that nobody has yet
DAY_MS: Final = 86_400_000
PER_DAY: Final = 200
AT_ONCE: Final = 500
ROLES: Final = ("dispatcher", "service_manager", "warehouse", "administrator")
COPIED: Final = ("ticket", "work_order", "assignment", "visit")


class Extent(Struct, frozen=True, kw_only=True):
    """How large it is: work orders in all, technicians, visits of each today."""

    orders: int = 20_000
    technicians: int = 60
    visits: int = 12


class Estate(Struct, frozen=True, kw_only=True):
    """What pages are asked about: one job and its ticket by their numbers, a van by its code."""

    order: str
    ticket: str
    van: str
    orders: int


def desk(house: House, number: int = 0) -> str:
    """A session's token of somebody at a desk who may see everything."""
    company, office = house.company, house.office
    person = derive("bench", "desk", number)
    row = {"login": f"desk{number}", "name": f"Desk {number}", "roles": list(ROLES)}
    company.say("master.put", ("person", person), {"row": row})
    company.flush()
    now = office.now_ms()
    with office.writing() as books:
        opened = sessions.open_session(books, person, office.dice, (now, now + SESSION_MS))
    return opened.token


def fill(house: House, extent: Extent) -> Estate:
    """The day and the past."""
    orders = list(_day(house, extent))
    house.company.flush()
    _copy(house, extent.orders - len(orders))
    (order,) = house.rows("work_order", id=orders[0])
    (ticket,) = house.rows("ticket", id=order["ticket_id"])
    van = house.rows("location", type="van")[0]
    count = len(house.rows("work_order"))
    return Estate(order=order["number"], ticket=ticket["number"], van=van["code"], orders=count)


def _day(house: House, extent: Extent) -> Iterator[str]:
    company = house.company
    day = datetime.datetime.fromtimestamp(house.office.now_ms() / 1000, datetime.UTC).date()
    for _ in range(extent.technicians):
        technician = company.technician()
        site: dict[str, str] = {}
        for number in range(extent.visits):
            if number % VISITS_PER_SITE == 0:
                site = company.site()
            planned = _planned(day, number)
            ticket = company.say("ticket.open", ("ticket", ""), {**TICKET, **site})
            order = company.say(
                "work_order.create", ("work_order", ""), {**ORDER, **planned, "ticket": ticket}
            )
            on = ("work_order", order)
            given = {"person": technician.person, "role": "lead"}
            company.say("work_order.assign", on, given)
            company.say("visit.plan", on, {"person": technician.person, **planned})
            yield order


def _planned(day: datetime.date, number: int) -> dict[str, str]:
    begin = datetime.datetime.combine(day, datetime.time(FIRST_HOUR))
    begin += datetime.timedelta(minutes=VISIT_MINUTES * number)
    end = begin + datetime.timedelta(minutes=VISIT_MINUTES)
    return {"planned_from": f"{begin:%Y-%m-%dT%H:%M}", "planned_to": f"{end:%Y-%m-%dT%H:%M}"}


def _copy(house: House, count: int) -> None:
    """Rows of earlier days, beside the door: they have no acts, but pages read rows."""
    known = {name: house.rows(name) for name in COPIED}
    orders = known["work_order"]
    tickets = {row["id"]: row for row in known["ticket"]}
    assignments = {row["work_order_id"]: row for row in known["assignment"]}
    visits = {row["work_order_id"]: row for row in known["visit"]}
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in COPIED}
    for number in range(count):
        order = orders[number % len(orders)]
        of = (tickets[order["ticket_id"]], assignments[order["id"]], visits[order["id"]])
        for name, row in _copies(number, order, of):
            made[name].append(row)
    with house.office.writing() as books:
        for name in COPIED:
            for start in range(0, len(made[name]), AT_ONCE):
                rows = made[name][start : start + AT_ONCE]
                books.execute(insert(METADATA.tables[name]), rows)
        assert books.execute(select(METADATA.tables["ticket"].c.id).limit(1)).scalar()


def _copies(
    number: int, order: dict[str, Any], of: tuple[dict[str, Any], ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    ticket, assignment, visit = of
    back = 1 + number // PER_DAY
    waits = number % WAITING_EVERY == 0
    ids = {name: derive("bench", name, number) for name in COPIED}
    planned = {name: _days_before(order[name], back) for name in ("planned_from", "planned_to")}
    opened = ticket["opened_at"] - back * DAY_MS
    state = "new" if waits else "resolved"
    new = {"id": ids["ticket"], "number": f"T-{number:06}", "status": state, "opened_at": opened}
    yield "ticket", {**ticket, **new}
    done = {"status": "created"} if waits else {"status": "done", "done_at": opened, **planned}
    if waits:
        done |= {"planned_from": None, "planned_to": None}
    new = {"id": ids["work_order"], "number": f"W-{number:06}", "ticket_id": ids["ticket"]}
    yield "work_order", {**order, **new, **done, "created_at": opened}
    if not waits:
        whose = {"work_order_id": ids["work_order"]}
        yield "assignment", {**assignment, **whose, "id": ids["assignment"]}
        ended = {"id": ids["visit"], "ended_at": opened, "outcome": "done"}
        yield "visit", {**visit, **whose, **planned, **ended}


def _days_before(moment: str, days: int) -> str:
    then = datetime.datetime.fromisoformat(moment) - datetime.timedelta(days=days)
    return f"{then:%Y-%m-%dT%H:%M}"
