"""Verdicts: what tickets say to each figure, reckoned once and again only where that may differ.

Nothing is written down: a process keeps in its memory what it reckoned, with the versions of all
rows that it was reckoned from and the moment from which time alone makes it another. So figures
agree with every sheet, and a hundred thousand tickets are not reckoned anew for every look.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, func, literal, select, union_all

from server.queries.frame import log_size
from server.queries.pages import Item, T
from server.queries.reckoning import Reader
from shared.figures import Verdict, changes_at, verdicts
from shared.story import FOREVER

KEPT_MAX: Final = 60_000  # tickets, some two hundred bytes each
# What holds for every ticket: where one of these rows is another, all is reckoned anew.
RULES: Final = ("service_policy", "policy_choice", "working_calendar", "price_list", "contract")
Rules = tuple[Any, ...]


class Judged(Struct, frozen=True):
    """What one ticket says to each figure, which team has it, from what and until when (ms)."""

    told: Mapping[str, Verdict]
    team: str
    source: tuple[Any, ...]
    until: int


class Verdicts:
    """What one process has reckoned lately."""

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._kept_max = kept_max
        self._rules: Rules = ()
        self._kept: dict[str, Judged] = {}
        self._alike: dict[Any, Mapping[str, Verdict]] = {}

    def forget(self) -> None:
        """Reckon all of it anew when it is asked for."""
        self._kept, self._alike = {}, {}

    def of(self, books: Connection, tickets: Iterable[Item], now: int) -> dict[str, Judged]:
        """What these tickets say (`server.queries.figures` reads them), by id."""
        wanted = {one["id"]: one for one in tickets}
        rules = _rules(books)
        if rules != self._rules or len(self._kept) + len(wanted) > self._kept_max:
            self._rules, self._kept, self._alike = rules, {}, {}
        kept = self._kept
        stale = [name for name, one in wanted.items() if not _holds(kept.get(name), one, now)]
        for name, standing in Reader(books, now).standing(stale).items():
            ticket, case = wanted[name], standing.case
            told = verdicts(
                case, standing.clocks, ticket["status"], now, repeated=ticket["repeated"]
            )
            until = changes_at(case, standing.clocks, told, now)
            kept[name] = Judged(
                self._alike.setdefault(tuple(told.items()), told),
                case.stretches[-1].team if case.stretches else "",
                ticket["source"],
                FOREVER if until is None else until,
            )
        return {name: kept[name] for name in wanted if name in kept}


def _holds(known: Judged | None, ticket: Item, now: int) -> bool:
    return known is not None and known.source == ticket["source"] and now < known.until


def _rules(books: Connection) -> Rules:
    """What tells today's rules from others."""
    parts = [
        select(literal(name), func.count(), func.sum(T[name].c.version)).select_from(T[name])
        for name in RULES
    ]
    found = sorted(tuple(row) for row in books.execute(union_all(*parts)))
    return (log_size(books)[0], *found)
