"""Scenario K: how a hundred thousand open tickets stand with every limit of the recommended policy.

From rows as they are kept: the story is read, and each clock reckoned, over a weekend and the
holidays of a country. The floor adds as many spans of time to as many moments and knows nothing.
"""

import datetime
import time
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from server import almanac, presets
from server.settings import ASSETS
from shared.calendars import COMPANY, PLAIN, WorkingCalendar
from shared.casework import Request, case_of
from shared.clocks import clocks
from shared.ids import derive
from shared.policy import PRESETS, PolicyChoice, ServicePolicy
from shared.site import Site
from shared.ticket import Ticket, TicketEvent
from shared.timetable import Timetable
from tests.benchmarks.scenarios import Figures

ZONE: Final = "Asia/Shanghai"
NOW: Final = 1_760_090_400_000  # Friday, 10 October 2025, 18:00 in Shanghai
MINUTE_MS: Final = 60_000
DAY_MINUTES: Final = 24 * 60
SOMEBODY: Final = derive("bench", "somebody")
# How far a ticket has come, and how many minutes after its beginning each step was.
STEPS: Final = (
    ("acknowledged", 8),
    ("assigned", 25),
    ("contacted", 60),
    ("arrived", 200),
    ("diagnosed", 260),
)


class Queue(Struct, frozen=True, kw_only=True):
    """How many tickets are open, and how many of them are made at once."""

    tickets: int = 100_000
    at_once: int = 2_000


def measure(queue: Queue) -> Figures:
    """CPU of reckoning all of them: for one ticket (µs), and for all (s); what they came to."""
    policy, timetable = _rules(), _timetable()
    spent, reckoned = 0.0, 0
    states: dict[str, int] = {}
    for first in range(0, queue.tickets, queue.at_once):
        last = min(first + queue.at_once, queue.tickets)
        requests = [_request(number) for number in range(first, last)]
        begun = time.process_time()
        for one in requests:
            for clock in clocks(case_of(one), policy, timetable, NOW):
                reckoned += 1
                states[clock.state] = states.get(clock.state, 0) + 1
        spent += time.process_time() - begun
    return {
        "tickets": queue.tickets,
        "clocks": reckoned,
        "us_each": spent * 1e6 / queue.tickets,
        "cpu_s": spent,
        **{state: states[state] for state in sorted(states)},
        "floor": _floor(queue.tickets, reckoned // queue.tickets),
    }


def _floor(tickets: int, each: int) -> Figures:
    begun = time.process_time()
    span = datetime.timedelta(hours=24)
    for number in range(tickets):
        moment = datetime.datetime.fromtimestamp(NOW / 1000 - number, datetime.UTC)
        for _ in range(each):
            moment + span
    spent = time.process_time() - begun
    return {"us_each": spent * 1e6 / tickets, "cpu_s": spent}


def _rules() -> ServicePolicy:
    told = presets.read(ASSETS / "policies", PRESETS[0], "2025-01-01")
    return ServicePolicy(
        id=derive("bench", "policy"),
        name=told.name,
        number=1,
        valid_from=told.valid_from,
        en=told.en,
        zh=told.zh,
        limits=told.limits,
        by=SOMEBODY,
        at=NOW,
    )


def _timetable() -> Timetable:
    law = almanac.statutory("CN", (2024, 2025, 2026), "zh")
    return Timetable(WorkingCalendar(id=COMPANY, time_zone=ZONE, week=PLAIN.week, days=law.days))


SITE: Final = Site(
    id=derive("bench", "site"),
    customer_id=derive("bench", "customer"),
    address="桂月路 1 号",
    zone="浦东",
    time_zone=ZONE,
)
CHOICE: Final = PolicyChoice(id=derive("bench", "choice"), zones={"浦东": "urban"})


def _request(number: int) -> Request:
    """A ticket that was opened within the last fortnight, as far as it has come by now."""
    opened = NOW - (number * 37 % (14 * DAY_MINUTES)) * MINUTE_MS
    ticket = Ticket(
        id=derive("bench", "ticket", number),
        customer_id=SITE.customer_id,
        site_id=SITE.id,
        channel="phone",
        problem="不制冷",
        priority="normal",
        status="planned",
        opened_by=SOMEBODY,
        opened_at=opened,
        urgency="urgent" if number % 5 == 0 else "general",
        kind="fault",
        service_type="repair",
    )
    return Request(ticket=ticket, events=(*_story(number, ticket),), site=SITE, choice=CHOICE)


def _story(number: int, ticket: Ticket) -> Iterator[TicketEvent]:
    """Its lines, one in four with a later date that the customer chose."""
    for place, (event, minutes) in enumerate(STEPS[: number % (len(STEPS) + 1)]):
        at = ticket.opened_at + minutes * MINUTE_MS
        if at > NOW:
            return
        yield TicketEvent(
            id=derive("bench", "event", number, place),
            ticket_id=ticket.id,
            what="work_order.assign",
            status="planned",
            by=SOMEBODY,
            at=at,
            events=(event,),
            pause="customer_date" if event == "contacted" and number % 4 == 3 else "",
        )
