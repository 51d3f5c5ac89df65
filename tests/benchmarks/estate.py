"""A company of twenty thousand work orders: one full day through the door, the past as copies."""

import datetime
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import insert

from server import sessions
from server.tables import METADATA
from shared.ids import derive
from shared.pressing import UNKNOWN
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
# The tables that are copied, and what their rows are found by.
COPIED: Final = {
    **dict.fromkeys(("customer", "site", "asset", "ticket", "work_order"), "id"),
    **dict.fromkeys(("assignment", "visit"), "work_order_id"),
}
PLACED: Final = ("customer", "site", "asset")


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
                site = _machine(house)
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


def _machine(house: House) -> dict[str, str]:
    """A new machine at a new site of a new customer, as a request names them."""
    company = house.company
    site, asset = company.site(), company.new_id()
    row = {"site_id": site["site"], "name": "Heat pump", "model": "KFR-72LW", "serial": "S-7"}
    company.say("master.put", ("asset", asset), {"row": {**row, "product_class": "heat_pump"}})
    return {**site, "asset": asset}


def _planned(day: datetime.date, number: int) -> dict[str, str]:
    begin = datetime.datetime.combine(day, datetime.time(FIRST_HOUR))
    begin += datetime.timedelta(minutes=VISIT_MINUTES * number)
    end = begin + datetime.timedelta(minutes=VISIT_MINUTES)
    return {"planned_from": f"{begin:%Y-%m-%dT%H:%M}", "planned_to": f"{end:%Y-%m-%dT%H:%M}"}


def _copy(house: House, count: int) -> None:
    """Rows of earlier days, beside the door: they have no acts, but pages read rows."""
    known = {name: {row[key]: row for row in house.rows(name)} for name, key in COPIED.items()}
    orders = list(known["work_order"].values())
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in (*COPIED, "clock_watch")}
    for number in range(count):
        order = orders[number % len(orders)]
        if number % VISITS_PER_SITE == 0:
            for name in PLACED:
                row = known[name][order[f"{name}_id"]]
                made[name].append({**row, **_place(name, number)})
        for name, row in _copies(number, order, known):
            made[name].append(row)
    with house.office.writing() as books:
        for name, rows in made.items():
            for start in range(0, len(rows), AT_ONCE):
                books.execute(insert(METADATA.tables[name]), rows[start : start + AT_ONCE])
        if books.dialect.name == "postgresql":
            books.exec_driver_sql("ANALYZE")  # as its autovacuum would after so many rows


def _place(name: str, number: int) -> dict[str, str]:
    """What tells one copied customer, site or machine from the others."""
    place = number // VISITS_PER_SITE
    own = {"id": derive("bench", name, place)}
    if name == "customer":
        return {**own, "name": f"Müller & Söhne {place}", "phone": f"1380000{place:04}"}
    whose = {"customer_id": derive("bench", "customer", place)}
    if name == "site":
        return {**own, **whose, "address": f"Hafenstraße {place}"}
    return {**own, "site_id": derive("bench", "site", place), "serial": f"S-{place}"}


def _copies(
    number: int, order: dict[str, Any], known: dict[str, dict[str, dict[str, Any]]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    ticket, back = known["ticket"][order["ticket_id"]], 1 + number // PER_DAY
    waits = number % WAITING_EVERY == 0
    ids = {name: derive("bench", name, number) for name in COPIED}
    place = number // VISITS_PER_SITE
    where = {f"{name}_id": derive("bench", name, place) for name in PLACED}
    opened = ticket["opened_at"] - back * DAY_MS
    state = {"status": "new" if waits else "resolved", "opened_at": opened}
    told = {"id": ids["ticket"], "number": f"T-{number:06}"}
    yield "ticket", {**ticket, **where, **state, **told}
    if waits:
        watch = {"ticket_id": ids["ticket"], "next_at": None, "looked_at": None}
        yield "clock_watch", {**watch, "pressing": UNKNOWN}
    times = ("planned_from", "planned_to")
    planned = {name: None if waits else _days_before(order[name], back) for name in times}
    told = {"id": ids["work_order"], "number": f"W-{number:06}", "ticket_id": ids["ticket"]}
    state = {"status": "created" if waits else "done", "created_at": opened}
    done = {"done_at": None if waits else opened, **planned}
    yield "work_order", {**order, **where, **told, **state, **done}
    if not waits:
        whose = {"work_order_id": ids["work_order"]}
        held = known["assignment"][order["id"]]
        yield "assignment", {**held, **whose, "id": ids["assignment"]}
        ended = {"id": ids["visit"], "ended_at": opened, "outcome": "done"}
        yield "visit", {**known["visit"][order["id"]], **whose, **planned, **ended}


def _days_before(moment: str, days: int) -> str:
    then = datetime.datetime.fromisoformat(moment) - datetime.timedelta(days=days)
    return f"{then:%Y-%m-%dT%H:%M}"
