"""Clocks of tickets, read from the books: exact at the moment they are asked for, never kept."""

from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from server import rows
from server.queries import money, policies
from shared.calendars import PLAIN, calendar_of
from shared.casework import Request, case_of
from shared.clocks import Case, Clock, clocks
from shared.policy import PolicyChoice, ServicePolicy
from shared.prices import Contract
from shared.records import Record
from shared.site import Asset, Site
from shared.ticket import Ticket, TicketEvent
from shared.timetable import Timetable

PORTION: Final = 500  # tickets that are read at once


class Standing(Struct, frozen=True, kw_only=True):
    """How one ticket stands with its policy; one that was opened under none has no clocks."""

    ticket: Ticket
    policy: ServicePolicy | None
    case: Case
    clocks: tuple[Clock, ...] = ()


class Reader:
    """What the clocks of many tickets have in common, read once: policies, hours and prices."""

    def __init__(self, connection: Connection, now: int, day: str) -> None:
        self._books = connection
        self._now = now
        calendar = calendar_of(policies.calendars(connection)) or PLAIN
        self._timetable = Timetable(calendar)
        self._choice: PolicyChoice = policies.choice(connection)
        self._prices = money.in_force(connection, day)
        self._policies: dict[str, ServicePolicy] = {}

    def standing(self, ids: Collection[str]) -> dict[str, Standing]:
        """How these tickets stand, by id."""
        found: dict[str, Standing] = {}
        wanted = sorted(ids)
        for place in range(0, len(wanted), PORTION):
            found.update(self._portion(wanted[place : place + PORTION]))
        return found

    def _portion(self, ids: list[str]) -> dict[str, Standing]:
        found = rows.fetch(self._books, "ticket", "id", ids)
        told = {one.id: one for one in found if isinstance(one, Ticket)}
        self._learn({one.policy_id for one in told.values() if one.policy_id})
        story = _grouped(rows.fetch(self._books, "ticket_event", "ticket_id", list(told)))
        sites = self._by_id("site", {one.site_id for one in told.values()})
        assets = self._by_id("asset", {one.asset_id for one in told.values() if one.asset_id})
        contracts = rows.fetch(
            self._books, "contract", "customer_id", {one.customer_id for one in told.values()}
        )
        return {
            one.id: self._read(one, story.get(one.id, []), (sites, assets), contracts)
            for one in told.values()
        }

    def _read(
        self,
        ticket: Ticket,
        story: list[TicketEvent],
        places: tuple[dict[str, Record], dict[str, Record]],
        contracts: Iterable[Record],
    ) -> Standing:
        site, asset = places[0].get(ticket.site_id), places[1].get(ticket.asset_id or "")
        case = case_of(
            Request(
                ticket=ticket,
                events=story,
                site=site if isinstance(site, Site) else None,
                asset=asset if isinstance(asset, Asset) else None,
                contracts=[
                    one
                    for one in contracts
                    if isinstance(one, Contract) and one.customer_id == ticket.customer_id
                ],
                prices=self._prices,
                choice=self._choice,
            )
        )
        policy = self._policies.get(ticket.policy_id or "")
        found = clocks(case, policy, self._timetable, self._now) if policy is not None else ()
        return Standing(ticket=ticket, policy=policy, case=case, clocks=found)

    def _learn(self, wanted: set[str]) -> None:
        self._policies.update(policies.by_ids(self._books, wanted - self._policies.keys()))

    def _by_id(self, table: str, ids: Collection[str]) -> dict[str, Record]:
        return {one.id: one for one in rows.fetch(self._books, table, "id", ids)}


def _grouped(found: Iterable[Record]) -> dict[str, list[TicketEvent]]:
    story: dict[str, list[TicketEvent]] = {}
    for one in found:
        if isinstance(one, TicketEvent):
            story.setdefault(one.ticket_id, []).append(one)
    return story
