"""What records say of trouble to come, asked of a real database: each sign, and where it ends."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, Engine

from server.queries import foresight
from server.queries.foresight import When
from server.tables import METADATA
from shared.foresight import DAY_MS
from shared.foresight_rules import USUAL

NOW = 1_795_401_000_000
WHEN = When(now=NOW, day="2026-11-23")
EMPTY: dict[str, Any] = {"JSON": [], "BIGINT": 0, "BOOLEAN": False}


def put(books: Connection, into: str, /, **told: Any) -> None:
    """A row with nothing in it but what is told, and what has to be."""
    table = METADATA.tables[into]
    row = {
        one.name: told.get(one.name, None if one.nullable else EMPTY.get(str(one.type), ""))
        for one in table.c
    }
    books.execute(table.insert().values({**row, "version": 1}))


@pytest.fixture
def books(engine: Engine) -> Iterator[Connection]:
    """A company with one customer, one site, and five machines of one model."""
    with engine.begin() as connection:
        put(connection, "customer", id="c", name="Chen")
        put(connection, "site", id="s", customer_id="c", address="1 Road", time_zone="UTC")
        for place in range(5):
            told = {"name": "Pump", "model": "P-1", "delivered_on": f"202{place}-01-10"}
            put(connection, "asset", id=f"a{place}", site_id="s", **told)
        item = {"code": "p", "type": "number", "en": "Pressure", "zh": "压力"}
        limits = {"low": 500, "high": 1_600}
        put(connection, "checklist", id="l", en="x", zh="x", items=[{**item, **limits}])
        put(connection, "part", id="f", number="F", en="Filter", zh="滤芯", type="generic")
        yield connection


def asked(books: Connection, name: str, asset: str, days: int, **told: Any) -> None:
    """A ticket of so many days ago, with a job that was done two days later."""
    at = NOW - days * DAY_MS
    known = {"customer_id": "c", "site_id": "s", "asset_id": asset}
    ticket = {"number": f"T-{name}", "status": "closed", "problem": "leaks", "opened_at": at}
    put(books, "ticket", id=f"t{name}", **known, **{**ticket, **told})
    job = {"service": "repair", "status": "done", "created_at": at, "done_at": at + 2 * DAY_MS}
    named = {"ticket_id": f"t{name}", "checklist_id": "l", "number": f"WO-{name}"}
    put(books, "work_order", id=f"w{name}", **known, **job, **named)


def test_a_machine_that_was_asked_for_often_is_found_within_the_days(books: Connection) -> None:
    for name, days in (("1", 1), ("2", 50), ("3", 89), ("4", 95)):
        asked(books, name, "a0", days)
        asked(books, f"{name}b", "a1", days + 10)
    asked(books, "off", "a1", 3, status="withdrawn")
    found = foresight.repeats(books, USUAL, WHEN)
    assert found == [{"asset_id": "a0", "count": 3, "last": NOW - DAY_MS}]


def test_a_machine_that_is_asked_for_soon_after_its_repair_names_the_job(books: Connection) -> None:
    asked(books, "1", "a0", 20)
    asked(books, "2", "a0", 5)
    asked(books, "3", "a1", 60)
    asked(books, "4", "a1", 5)
    (one,) = foresight.again(books, USUAL, WHEN)
    assert (one["asset_id"], one["job"]) == ("a0", "WO-1")


def test_a_reading_on_its_way_to_a_limit_is_found_in_the_machine_s_past(books: Connection) -> None:
    asked(books, "1", "a0", 1)
    asked(books, "2", "a1", 1)
    for asset, told in (("a0", ("1", "1.2", "1.4")), ("a1", ("1", "1", "…"))):
        visits = [
            {"ended_at": NOW - days * DAY_MS, "readings": [{"item": "p", "value": value}]}
            for days, value in zip((60, 30, 0), told, strict=True)
        ]
        put(books, "asset_history", id=f"h{asset}", site_id="s", asset_id=asset, visits=visits)
    (one,) = foresight.drifts(books, USUAL, WHEN)
    assert (one.asset_id, one.drift.side, one.drift.days) == ("a0", "high", 30)


def test_a_contract_that_ends_is_found_unless_another_one_follows(books: Connection) -> None:
    for name, until in (("soon", "2026-12-31"), ("late", "2027-06-30")):
        put(books, "customer", id=f"c{name}", name=name)
        told = {"valid_from": "2026-01-01", "valid_to": until, "number": name}
        put(books, "contract", id=name, customer_id=f"c{name}", **told)
    found = foresight.contracts(books, WHEN, 60)
    assert [one["number"] for one in found] == ["soon"]
    told = {"valid_from": "2027-01-01", "valid_to": "2027-12-31", "number": "next"}
    put(books, "contract", id="next", customer_id="csoon", **told)
    assert foresight.contracts(books, WHEN, 60) == []


def test_machines_that_nobody_has_worked_on_come_longest_first(books: Connection) -> None:
    asked(books, "1", "a0", 400)
    asked(books, "2", "a1", 10)
    found = foresight.untouched(books, NOW - 330 * DAY_MS, "2022-06-01", 10)
    assert [one["id"] for one in found] == ["a2", "a0"]


def test_a_part_that_a_machine_takes_far_more_often_than_others(books: Connection) -> None:
    for place in range(4):
        asked(books, f"u{place}", "a0", 10 + place)
        use = {"part_id": "f", "amount": 2_000, "returned": 500 if place == 0 else None}
        put(books, "part_use", id=f"u{place}", work_order_id=f"wu{place}", **use)
    (one,) = foresight.parts(books, structs.replace(USUAL, parts_times=3), WHEN)
    assert (one["asset_id"], one["amount"], one["average"]) == ("a0", 7_500, 1_500)
    assert one["name"]["en"] == "Filter"
    assert foresight.parts(books, structs.replace(USUAL, parts_times=6), WHEN) == []


def test_a_machine_that_is_gone_is_no_sign_and_an_open_ticket_is_named(books: Connection) -> None:
    asked(books, "1", "a0", 3, status="planned")
    table = METADATA.tables["asset"]
    books.execute(table.update().where(table.c.id == "a1").values(gone="returned"))
    found = foresight.machines(books, ["a0", "a1", "a2"])
    assert {name: one["open"] for name, one in found.items()} == {"a0": "T-1", "a2": None}
    ends = foresight.may_end(books, "2026-11-23", "2027-01-22", 10)
    assert "a1" not in {one["id"] for one in ends}
