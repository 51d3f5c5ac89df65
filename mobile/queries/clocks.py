"""What the clocks of jobs run by: their tickets' stories and policies, as this phone knows them."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct, structs

from mobile.queries import rows
from shared.calendars import WorkingCalendar
from shared.clocks import Case, Clock, clocks
from shared.policy import CHOICE, PolicyChoice, ServicePolicy
from shared.prices import Contract, PriceList
from shared.site import Asset, Customer, Site
from shared.standing import Grounds, Rules
from shared.teams import Team
from shared.ticket import Ticket, TicketEvent
from shared.timetable import Timetable, laid_out
from shared.work_order import WorkOrder

MINUTE_MS: Final = 60_000
TOLD_MAX: Final = 1_000  # tickets
# The steps that a technician has to do with; the others are the office's.
FIELD: Final = ("contact", "arrive", "diagnose", "propose", "solve", "repair", "progress", "return")

SELDOM: Final = frozenset({"return"})  # a step that most jobs never come to: told once it has


class Timed(Struct, frozen=True, kw_only=True):
    """All that the clocks of one ticket need to be read off, without a look at the rows again.

    `team` is who has it now, by name, and `team_since` since when (ms); empty where that is nobody.
    """

    ticket: str
    case: Case
    policy: ServicePolicy
    calendars: tuple[WorkingCalendar, ...]
    team: str = ""
    team_since: int = 0

    def clocks(self, now: int) -> tuple[Clock, ...]:
        """How the steps of the field stand at a moment of the office's time (ms), to the minute.

        A screen is read anew with every act and all news: within a minute nothing is reckoned
        again but what has changed.
        """
        minute, known = now // MINUTE_MS, _told.get(self.ticket)
        if known is not None and known[:2] == (minute, self):
            return known[2]
        told = clocks(self.case, self.policy, _timetable(self.calendars), now)
        found = tuple(one for one in told if one.node not in SELDOM or one.state != "waiting")
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
    calendars = tuple(rows.every(connection, WorkingCalendar))
    known = _grounds(connection, timed, places)
    teams = {one.id: one.name for one in rows.every(connection, Team)}
    told = {
        one.id: _timed(known.case(one), policies[one.policy_id or ""], calendars, (one.id, teams))
        for one in timed
    }
    return {one.id: told[one.ticket_id] for one in orders if one.ticket_id in told}


def _timed(
    case: Case,
    policy: ServicePolicy,
    calendars: tuple[WorkingCalendar, ...],
    named: tuple[str, Mapping[str, str]],
) -> Timed:
    ticket, teams = named
    last = case.stretches[-1] if case.stretches else None
    return Timed(
        ticket=ticket,
        case=case,
        policy=policy,
        calendars=calendars,
        team=teams.get(last.team, "") if last is not None else "",
        team_since=last.since if last is not None else 0,
    )


def _grounds(
    connection: sqlite3.Connection,
    tickets: list[Ticket],
    places: tuple[Mapping[str, Site], Mapping[str, Asset]],
) -> Grounds:
    """The rows that some tickets hang on, read once for all of them."""
    ids = {one.id for one in tickets}
    story = (one for one in rows.every(connection, TicketEvent) if one.ticket_id in ids)
    choice = rows.one(connection, PolicyChoice, CHOICE)
    rules = Rules(
        choice=choice or PolicyChoice(id=CHOICE),
        prices=tuple(rows.every(connection, PriceList)),
    )
    contracts = rows.every(connection, Contract)
    customers = rows.several(connection, Customer, {one.customer_id for one in tickets})
    known = (*places[0].values(), *places[1].values(), *customers.values())
    return Grounds(rules, (*story, *contracts, *known))


def _of_the_field(policy: ServicePolicy) -> ServicePolicy:
    limits = tuple(one for one in policy.every if one.node in FIELD)
    return structs.replace(policy, limits=limits, further=())


_told: dict[str, tuple[int, Timed, tuple[Clock, ...]]] = {}
_timetables: dict[str, tuple[tuple[WorkingCalendar, ...], Timetable]] = {}


def forget() -> None:
    """Reckon everything again, as a new minute does."""
    _told.clear()


def _timetable(calendars: tuple[WorkingCalendar, ...]) -> Timetable:
    """Calendars laid out; that is dear, and kept as long as they are the same."""
    known = _timetables.get("")
    if known is None or known[0] != calendars:
        known = _timetables[""] = (calendars, laid_out(calendars))
    return known[1]
