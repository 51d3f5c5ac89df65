"""A crowd: open tickets by the hundred thousand beside the company that pages are measured with."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import insert

from server import rows
from server.tables import METADATA
from shared.feedback import Feedback
from shared.ids import derive
from shared.pressing import GROUP_MS, LATE, LATER, NEAR
from tests.benchmarks.estate import AT_ONCE
from tests.benchmarks.house import House

MINUTE_MS: Final = 60_000
FORTNIGHT: Final = 14 * 24 * 60  # minutes
TEN_HOURS_MS: Final = 10 * 60 * MINUTE_MS
STATUS: Final = ("new", "planned", "in_progress")
PRESSING: Final = (LATE, NEAR, *(LATER,) * 8)  # of ten tickets one is late, one nearly due
TABLES: Final = ("ticket", "ticket_event", "work_order", "assignment", "clock_watch")
# What is said of every tenth ticket: its kind, its score, and whether somebody has to see to it.
SAID: Final = (
    *(("score", 5, "closed"),) * 7,
    ("score", 2, "open"),
    ("complaint", None, "open"),
    ("suggestion", None, "closed"),
)
SAID_OF: Final = 10
Rows = dict[str, list[dict[str, Any]]]


def gather(house: House, count: int) -> int:
    """So many open tickets, as copies of those that are there, two in three with a job.

    They stand in the order in which the timekeeper would have put them, and need no other look.
    Returns how many tickets are open then.
    """
    tickets = [one for one in house.rows("ticket") if one["status"] in STATUS][:200]
    events = {one["ticket_id"]: one for one in house.rows("ticket_event")}
    orders = {one["ticket_id"]: one for one in house.rows("work_order")}
    given = {one["work_order_id"]: one for one in house.rows("assignment")}
    known = [
        (one, events[one["id"]], order, given[order["id"]])
        for one in tickets
        for order in [orders.get(one["id"])]
        if order is not None and one["id"] in events and order["id"] in given
    ]
    for first in range(0, count, AT_ONCE):
        made: Rows = {name: [] for name in TABLES}
        for number in range(first, min(first + AT_ONCE, count)):
            for name, row in _copies(house.office.now_ms(), number, known[number % len(known)]):
                made[name].append(row)
        with house.office.writing() as books:
            for name in TABLES:
                if made[name]:
                    books.execute(insert(METADATA.tables[name]), made[name])
            said = enumerate(made["ticket"][::SAID_OF])
            rows.save(books, [_said(ticket, number) for number, ticket in said])
    with house.office.writing() as books:
        if books.dialect.name == "postgresql":
            books.exec_driver_sql("ANALYZE")
    return sum(1 for one in house.rows("ticket") if one["status"] in STATUS)


def _copies(now: int, number: int, known: tuple[Any, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    ticket, event, order, given = known
    identity, opened = derive("crowd", "ticket", number), now - number * 37 % FORTNIGHT * MINUTE_MS
    own = {"id": identity, "number": f"T-C-{number:06}", "opened_at": opened}
    yield "ticket", {**ticket, **own, "status": STATUS[number % len(STATUS)]}
    yield (
        "ticket_event",
        {
            **event,
            "id": derive("crowd", "event", number),
            "ticket_id": identity,
            "at": opened,
        },
    )
    if number % len(STATUS):
        job = derive("crowd", "order", number)
        yield (
            "work_order",
            {**order, "id": job, "number": f"W-C-{number:06}", "ticket_id": identity},
        )
        yield (
            "assignment",
            {
                **given,
                "id": derive("crowd", "assignment", number),
                "work_order_id": job,
            },
        )
    due = opened + TEN_HOURS_MS
    yield (
        "clock_watch",
        {
            "ticket_id": identity,
            "next_at": None,
            "looked_at": now,
            "pressing": PRESSING[number % len(PRESSING)] * GROUP_MS + due,
        },
    )


def _said(ticket: dict[str, Any], number: int) -> Feedback:
    """What the customer of a ticket said."""
    kind, score, state = SAID[number % len(SAID)]
    return Feedback(
        id=derive("crowd", "feedback", ticket["id"]),
        version=1,
        ticket_id=ticket["id"],
        kind=kind,
        means="phone",
        text="It took longer than I was told.",
        score=score,
        by=ticket["opened_by"],
        at=ticket["opened_at"],
        state=state,
    )
