"""What the clocks of jobs run by: their tickets' stories and policies, as this phone knows them."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct, structs

from mobile.queries import rows
from shared.calendars import PLAIN, WorkingCalendar, calendar_of
from shared.casework import Request, case_of, day_of
from shared.clocks import Case, Clock, clocks
from shared.policy import CHOICE, PolicyChoice, ServicePolicy
from shared.prices import Contract, PriceList, current
from shared.site import Asset, Site
from shared.ticket import Ticket, TicketEvent
from shared.timetable import Timetable
from shared.work_order import WorkOrder

MINUTE_MS: Final = 60_000
TOLD_MAX: Final = 1_000  # tickets
# The steps that a technician has to do with; the others are the office's.
FIELD: Final = ("contact", "arrive", "diagnose", "propose", "solve", "repair", "progress")


class Timed(Struct, frozen=True, kw_only=True):
    """All that the clocks of one ticket need to be read off, without a look at the rows again."""

    ticket: str
    case: Case
    policy: ServicePolicy
    calendar: WorkingCalendar

    def clocks(self, now: int) -> tuple[Clock, ...]:
        """How the steps of the field stand at a moment of the office's time (ms), to the minute.

        A screen is read anew with every act and all news: within a minute nothing is reckoned
        again but what has changed.
        """
        minute, known = now // MINUTE_MS, _told.get(self.ticket)
        if known is not None and known[:2] == (minute, self):
            return known[2]
        found = clocks(self.case, self.policy, _timetable(self.calendar), now)
        if len(_told) >= TOLD_MAX:
            _told.clear()
        _told[self.ticket] = (minute, self, found)
        return found


def of_orders(
    connection: sqlite3.Connection,
    orders: Iterable[WorkOrder],
    places: tuple[Mapping[str, Site], Mapping[str, Asset]],
) -> dict[str, Timed]:
    """By order, what its clocks need: as many statements for one as for many.

    An order whose ticket or policy is not on this phone has no clocks.
    """
    tickets = rows.several(connection, Ticket, {one.ticket_id for one in orders})
    kept = {one.policy_id for one in tickets.values() if one.policy_id is not None}
    policies = {
        name: _of_the_field(one)
        for name, one in rows.several(connection, ServicePolicy, kept).items()
    }
    timed = [one for one in tickets.values() if one.policy_id in policies]
    if not timed:
        return {}
    known = _Known(connection, timed, places)
    told = {one.id: known.timed(one, policies[one.policy_id or ""]) for one in timed}
    return {one.id: told[one.ticket_id] for one in orders if one.ticket_id in told}


class _Known:
    """The rows that some tickets hang on, read once for all of them."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        tickets: list[Ticket],
        places: tuple[Mapping[str, Site], Mapping[str, Asset]],
    ) -> None:
        self._sites, self._assets = places
        ids = {one.id for one in tickets}
        self._events: dict[str, list[TicketEvent]] = {}
        for event in rows.every(connection, TicketEvent):
            if event.ticket_id in ids:
                self._events.setdefault(event.ticket_id, []).append(event)
        self._contracts: dict[str, list[Contract]] = {}
        for contract in rows.every(connection, Contract):
            self._contracts.setdefault(contract.customer_id, []).append(contract)
        self._prices = rows.every(connection, PriceList)
        self._choice = rows.one(connection, PolicyChoice, CHOICE)
        self._calendar = calendar_of(rows.every(connection, WorkingCalendar)) or PLAIN

    def timed(self, ticket: Ticket, policy: ServicePolicy) -> Timed:
        """What the clocks of one ticket need."""
        request = Request(
            ticket=ticket,
            events=self._events.get(ticket.id, ()),
            site=self._sites.get(ticket.site_id),
            asset=self._assets.get(ticket.asset_id or ""),
            contracts=self._contracts.get(ticket.customer_id, ()),
            choice=self._choice,
        )
        prices = current(self._prices, day_of(request))
        case = case_of(structs.replace(request, prices=prices))
        return Timed(ticket=ticket.id, case=case, policy=policy, calendar=self._calendar)


def _of_the_field(policy: ServicePolicy) -> ServicePolicy:
    limits = tuple(one for one in policy.limits if one.node in FIELD)
    return structs.replace(policy, limits=limits)


_told: dict[str, tuple[int, Timed, tuple[Clock, ...]]] = {}
_timetables: dict[str, tuple[WorkingCalendar, Timetable]] = {}


def _timetable(calendar: WorkingCalendar) -> Timetable:
    """A calendar laid out; that is dear, and kept as long as the calendar is the same."""
    known = _timetables.get(calendar.id)
    if known is None or known[0] != calendar:
        known = (calendar, Timetable(calendar))
        _timetables[calendar.id] = known
    return known[1]
