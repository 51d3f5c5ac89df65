"""Clocks of tickets, read from the books: exact at the moment they are asked for, never kept."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection

from server import rows
from server.queries import money, policies
from shared.policy import ServicePolicy
from shared.records import Record
from shared.standing import Grounds, Rules, Standing
from shared.ticket import Ticket
from shared.timetable import laid_out

PORTION: Final = 500  # tickets that are read at once


class Reader:
    """What the clocks of many tickets have in common, read once: policies, hours and prices."""

    def __init__(self, connection: Connection, now: int) -> None:
        self._books = connection
        self._now = now
        self._policies: dict[str, ServicePolicy] = {}
        self._rules = Rules(
            choice=policies.choice(connection),
            policies=self._policies,
            calendars=tuple(policies.calendars(connection)),
            prices=money.terms(connection),
        )
        self._timetable = laid_out(self._rules.calendars)

    def one(self, ticket_id: str) -> Standing | None:
        """How one ticket stands; None if there is no such ticket."""
        return self._portion([ticket_id]).get(ticket_id)

    def standing(self, ids: Collection[str]) -> dict[str, Standing]:
        """How these tickets stand, by id."""
        found: dict[str, Standing] = {}
        wanted = sorted(ids)
        for place in range(0, len(wanted), PORTION):
            found.update(self._portion(wanted[place : place + PORTION]))
        return found

    def _portion(self, ids: list[str]) -> dict[str, Standing]:
        told = self._fetched({("ticket", "id"): ids, ("ticket_event", "ticket_id"): ids})
        tickets = [one for one in told if isinstance(one, Ticket)]
        kept = {one.policy_id for one in tickets if one.policy_id} - self._policies.keys()
        self._policies.update(policies.by_ids(self._books, kept))
        customers = {one.customer_id for one in tickets}
        told += self._fetched(
            {
                ("site", "id"): {one.site_id for one in tickets},
                ("asset", "id"): {one.asset_id for one in tickets if one.asset_id},
                ("customer", "id"): customers,
                ("contract", "customer_id"): customers,
            }
        )
        grounds = Grounds(self._rules, told, self._timetable)
        return {one.id: grounds.standing(one, self._now) for one in tickets}

    def _fetched(self, wanted: dict[rows.Place, Collection[str]]) -> list[Record]:
        return rows.fetch_all(self._books, wanted)
