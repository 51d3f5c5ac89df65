"""The desk's questions: both databases understand them, and an empty one answers with nothing."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine

from server.database import reading
from server.queries import (
    customers,
    figures,
    intake,
    policies,
    pressing,
    queue,
    search,
    start,
)
from server.queries.pages import Window
from server.queries.queue import COUNTED, OPEN_TICKETS, REPEAT_MS, TABS, Sieve
from server.queries.reckoning import Reader
from server.tables import METADATA

TICKET = METADATA.tables["ticket"]
DAY_MS = 24 * 3_600_000
DAY, NOW = "2026-11-23", 1_795_401_000_000
AFTER = Window(limit=50, after=(NOW, "x"))
BY_NAME = Window(limit=50, after=("x", "x"))
CLOCKS = {"Asia/Shanghai": f"{DAY}T10:30", "Europe/Berlin": f"{DAY}T03:30"}
ASKED = ("漏", "5678", "138 0000 1234", "KF%_'1", "Zhou")
NOBODY: dict[str, Any] = {"id": "x", "site_id": "x", "asset_id": "x", "opened_at": NOW}

Question = Callable[[Connection], Any]


def questions() -> dict[str, tuple[Question, Any]]:
    """Each question by its name, and what an empty database answers."""
    asked: dict[str, tuple[Question, Any]] = {
        "time zones": (queue.time_zones, []),
        "zones": (queue.zones, []),
        "checklists": (queue.checklists, []),
        "skills": (queue.skills, []),
        "jobs": (lambda books: queue.jobs_of(books, "x"), []),
        "repeats": (lambda books: queue.repeats(books, NOBODY), []),
        "counts": (lambda books: queue.counts(books, Sieve(clocks=CLOCKS, me="x")), _none()),
        "unassigned": (start.unassigned, (0, [])),
        "at risk": (lambda books: pressing.at_risk(books, Reader(books, NOW), NOW), (0, [])),
        "versions": (policies.versions, []),
        "calendars": (policies.calendars, []),
        "figures": (lambda books: figures.tickets(books, 0, NOW), []),
        "classes": (policies.classes, []),
        "contracts": (lambda books: policies.contracts(books, DAY), []),
        "late": (lambda books: start.late(books, CLOCKS), (0, [])),
        "conflicts": (start.conflicts, (0, [])),
        "set aside": (start.set_aside, (0, [])),
        "tasks": (partial(start.tasks, hears=True), (0, [])),
        "short": (start.short_stock, (0, [])),
        "phones": (lambda books: start.phones(books, {}, DAY, NOW), (0, [])),
        "loads": (lambda books: start.loads(books, DAY), []),
        "customer": (lambda books: customers.customer(books, "x"), None),
        "machine": (lambda books: customers.machine(books, "x"), None),
        "machines": (lambda books: customers.machines(books, "x"), []),
        "history": (lambda books: customers.history(books, NOBODY), []),
        "tickets of one": (lambda books: customers.recent_tickets(books, "x"), []),
        "place": (lambda books: intake.place(books, "x", NOW), None),
        "caller": (lambda books: intake.caller(books, "x"), []),
    }
    for tab in TABS:
        sieve = Sieve(tab=tab, clocks=CLOCKS, me="x", q="漏", priority="urgent", zone="x")
        asked[f"tab {tab}"] = (_listed(sieve), [])
    for q in ASKED:
        asked[f"callers {q}"] = (_callers(q), [])
        asked[f"customers {q}"] = (_customers(q), [])
        asked[f"everything {q}"] = (_everything(q), [])
    return asked


def _none() -> dict[str, int]:
    return {tab: 0 for tab in COUNTED if tab != "at_risk"}


def _listed(sieve: Sieve) -> Question:
    return lambda books: queue.tickets(books, AFTER, sieve).items


def _callers(q: str) -> Question:
    return lambda books: intake.callers(books, q)


def _customers(q: str) -> Question:
    return lambda books: customers.customers(books, BY_NAME, q).items


def _everything(q: str) -> Question:
    return lambda books: [one for found in search.everything(books, q).values() for one in found]


def test_both_databases_answer_every_question(engine: Engine) -> None:
    wrong = []
    for name, (ask, wanted) in questions().items():
        with reading(engine) as books:
            answer = ask(books)
        if answer != wanted:
            wrong.append((name, answer))
    assert wrong == []


def test_the_figures_of_an_empty_company_are_nothing(engine: Engine) -> None:
    with reading(engine) as books:
        told = start.figures(books, DAY, NOW)
    assert told == {
        **dict.fromkeys(
            ("visits", "visits_done", "open_tickets", "on_site", "waiting_for_parts", "arrivals"), 0
        ),
        "arrival_ms": None,
        "arrival_p95_ms": None,
    }


def test_repeats_are_counted_as_looking_beside_each_would(engine: Engine) -> None:
    dice = random.Random(3)
    with engine.connect() as books:
        # A table that hides the other one, and needs no customers, sites and machines.
        kept = "main" if books.dialect.name == "sqlite" else "public"
        books.exec_driver_sql(f"CREATE TEMP TABLE ticket AS SELECT * FROM {kept}.ticket")
        for count in (0, 1, *(30,) * 20):
            rows = [_ticket(dice, number) for number in range(count)]
            books.execute(TICKET.delete())
            books.execute(TICKET.insert(), rows) if rows else None
            again = [one for one in rows if any(_is_again(one, other) for other in rows)]
            told = queue.counts(books, Sieve(clocks=CLOCKS, me="x"))["repeats"]
            assert told == sum(1 for one in again if one["status"] in OPEN_TICKETS)


def _ticket(dice: random.Random, number: int) -> dict[str, Any]:
    """One of a few machines, opened at one of a few moments around the limit."""
    moment = dice.choice((0, 1, 15, 30, 45, 60)) * DAY_MS + dice.choice((-1, 0, 1))
    empty: dict[str, Any] = {"BIGINT": 0, "BOOLEAN": False, "JSON": [], "VARCHAR": ""}
    needed = {one.name: empty[str(one.type)] for one in TICKET.c if not one.nullable}
    return {
        **needed,
        "id": f"{number}",
        "site_id": dice.choice("ab"),
        "asset_id": dice.choice(("p", "q", None)),
        "status": dice.choice(("new", "planned", "resolved", "closed")),
        "opened_at": moment,
    }


def _is_again(one: dict[str, Any], other: dict[str, Any]) -> bool:
    same = one["asset_id"] is not None and all(
        one[name] == other[name] for name in ("site_id", "asset_id")
    )
    ago = one["opened_at"] - other["opened_at"]
    return same and one["id"] != other["id"] and 0 <= ago < REPEAT_MS
