"""Standing: the rows that the clocks of tickets hang on, and how tickets stand by them.

The same on both ends: whoever has read the rows, of one ticket or of many, asks here.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from msgspec import Struct

from shared.calendars import WorkingCalendar
from shared.casework import Request, case_of, day_of
from shared.clocks import Case, Clock, clocks
from shared.policy import CHOICE, PolicyChoice, ServicePolicy
from shared.prices import Contract, PriceList, current
from shared.records import Record
from shared.relay import Worked, relayed
from shared.site import Asset, Customer, Site
from shared.ticket import Ticket, TicketEvent
from shared.timetable import Timetable, laid_out

R = TypeVar("R", bound=Record)


class Rules(Struct, frozen=True, kw_only=True):
    """What holds for all tickets: versions of policies by id, what is in force, hours, prices."""

    choice: PolicyChoice = PolicyChoice(id=CHOICE)
    policies: Mapping[str, ServicePolicy] = {}
    calendars: tuple[WorkingCalendar, ...] = ()
    prices: tuple[PriceList, ...] = ()


class Standing(Struct, frozen=True, kw_only=True):
    """A ticket with its story in time and its place, and how it stands with its policy.

    One that was opened under no policy, or under one that is not known here, has no clocks.
    """

    ticket: Ticket
    events: tuple[TicketEvent, ...]
    site: Site | None
    customer: Customer | None
    policy: ServicePolicy | None
    case: Case
    clocks: tuple[Clock, ...] = ()


class Grounds:
    """The rows of some tickets, of any type and in any order, each by what it belongs to.

    Calendars are laid out once for all that go by them; who reads in portions brings them along.
    """

    def __init__(
        self, rules: Rules, rows: Iterable[Record], timetable: Timetable | None = None
    ) -> None:
        self._rules = rules
        self._timetable = timetable or laid_out(rules.calendars)
        self._rows: dict[type[Record], list[Any]] = {}
        for row in rows:
            self._rows.setdefault(type(row), []).append(row)
        self._sites = self.one(Site)
        self._assets = self.one(Asset)
        self._customers = self.one(Customer)
        self._events = self.by(TicketEvent, "ticket_id")
        self._contracts = self.by(Contract, "customer_id")

    def one(self, kind: type[R]) -> dict[str, R]:
        """The rows of a type, by id."""
        return {row.id: row for row in self._rows.get(kind, ())}

    def by(self, kind: type[R], name: str) -> dict[str, list[R]]:
        """The rows of a type, by a field of theirs."""
        found: dict[str, list[R]] = {}
        for row in self._rows.get(kind, ()):
            found.setdefault(str(getattr(row, name)), []).append(row)
        return found

    def case(self, ticket: Ticket) -> Case:
        """All that the clocks of a ticket depend on, but for its policy and the hours."""
        bare = Request(ticket=ticket, events=(), site=self._sites.get(ticket.site_id))
        return case_of(
            Request(
                ticket=ticket,
                events=self._events.get(ticket.id, ()),
                site=bare.site,
                asset=self._assets.get(ticket.asset_id or ""),
                customer=self._customers.get(ticket.customer_id),
                contracts=self._contracts.get(ticket.customer_id, ()),
                prices=current(self._rules.prices, day_of(bare)),
                choice=self._rules.choice,
            )
        )

    def hours(self, case: Case) -> Worked:
        """The hours that count for a ticket: of each team that had it, for its time with it."""
        return relayed(self._timetable, case.zone, case.stretches)

    def standing(self, ticket: Ticket, now: int) -> Standing:
        """How a ticket stands at a moment (ms) with the policy it was opened under (C-01)."""
        policy = self._rules.policies.get(ticket.policy_id or "")
        case = self.case(ticket)
        told = () if policy is None else clocks(case, policy, self._timetable, now)
        return Standing(
            ticket=ticket,
            events=tuple(sorted(self._events.get(ticket.id, ()), key=_in_time)),
            site=self._sites.get(ticket.site_id),
            customer=self._customers.get(ticket.customer_id),
            policy=policy,
            case=case,
            clocks=told,
        )


def _in_time(event: TicketEvent) -> tuple[int, str]:
    return (event.at, event.id)
