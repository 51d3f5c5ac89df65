"""Which editions of the price list are read: the one in force, and those that a bill is at."""

from typing import Any

from sqlalchemy import Connection, Engine, insert

from server.database import reading, writing
from server.queries import money
from server.queries.pages import T
from shared.ids import derive
from shared.prices import PriceItem, PriceList, current
from shared.records import Record, table

DAY = "2026-11-23"
ITEM = PriceItem(code="visit", kind="visit", en="Visit", zh="上门", unit="time", price=10_000)
ORDER: dict[str, Any] = {"id": derive("order")}


def edition(number: int, begins: str, *, retired: bool = False) -> PriceList:
    return PriceList(
        id=derive("edition", number),
        name="Prices",
        edition=number,
        valid_from=begins,
        currency="CNY",
        on_spot_limit=1,
        items=(ITEM,),
        warranty_from="delivery",
        retired=retired,
    )


EDITIONS = (
    edition(1, "2024-01-01"),
    edition(2, "2025-01-01"),
    edition(3, "2026-01-01"),
    edition(4, "2026-01-01"),
    edition(5, "2026-06-01", retired=True),
    edition(6, "2027-01-01"),
)


def keep(books: Connection, *rows: Record) -> None:
    for row in rows:
        values = {name: getattr(row, name) for name in row.__struct_fields__}
        books.execute(insert(T[table(type(row))]).values(**{**values, "version": 1}))


def test_the_edition_in_force_is_the_one_the_rules_choose(engine: Engine) -> None:
    with writing(engine) as books:
        keep(books, *EDITIONS)
    with reading(engine) as books:
        for day in ("2023-01-01", "2024-06-01", "2026-01-01", DAY, "2027-01-01"):
            chosen, counts = current(EDITIONS, day), money.in_force(books, day)
            assert (counts and counts.id) == (chosen and chosen.id), day


def test_a_bill_without_lines_reads_the_edition_in_force_alone(engine: Engine) -> None:
    with writing(engine) as books:
        keep(books, *EDITIONS)
    with reading(engine) as books:
        assert [one.edition for one in money.bill(books, ORDER, DAY)["editions"]] == [4]
        assert money.bill(books, ORDER, "2023-01-01")["editions"] == []
