"""The scenario of growth (G): the same work in a company with ten and a hundred times the past.

The first past comes through the door; the others are copies of its rows beside it, each with ids
of its own, and the server's own notary gives their leaves numbers.
"""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Column, Connection, Table

from server.queries import clocks
from server.tables import METADATA
from tests.benchmarks.house import SETTLED_EVERY_S, House
from tests.benchmarks.phone import Phone
from tests.benchmarks.scenarios import Figures, Meter, at_once, settle, team
from tests.benchmarks.workload import JOBS_PER_DAY, Deed, write_set

# What is there once for the whole company, however much it has done.
SHARED: Final = frozenset(
    {
        *("part", "checklist", "tag_set", "service_policy", "policy_choice", "working_calendar"),
        *("team", "outlet", "organisation", "setting", "counter", "epoch", "lease", "throttle"),
        *("tree_node", "tree_head", "session", "credential", "enrolment_code", "token_nonce"),
        *("device", "incarnation", "clock_evidence", "delivery", "upload", "wipe"),
    }
)
SHARED_NAMES: Final = frozenset({"part_id", "checklist_id", "policy_id", "by_id"})
NAMES: Final = frozenset({"pk", "stream", "fingerprint", "number", "login"})
OF_ALL: Final = "catalog"
KEPT: Final = "first_past_"


class Past(Struct, frozen=True, kw_only=True):
    """Work orders of the first past, of so many technicians; how many times there is as much;
    and by what it is measured: phones that work a day each, loads of each, exchanges.
    """

    orders: int = 500
    technicians: int = 10
    times: tuple[int, ...] = (1, 10, 100)
    phones: int = 10
    loads: int = 5
    exchanges: int = 200


def growth(house: House, past: Past) -> Figures:
    """G: what a push, a first load, a change and nothing cost, at each size of the company."""
    for _ in range(past.technicians):
        technician = house.company.technician()
        write_set(house.company, technician, past.orders // past.technicians)
    told: Figures = {}
    with house.office.writing() as books:
        kept = list(_keep(books))
    made = 1
    for times in past.times:
        for copy, table in product(range(made, times), kept):  # writing has a time limit
            with house.office.writing() as books:
                books.exec_driver_sql(_copied(table, copy))
        made = max(made, times)
        if house.kind != "SQLite":
            with house.office.writing() as books:
                books.exec_driver_sql("ANALYZE")  # as its autovacuum would after so many rows
        told |= {f"{name}_{times}x": value for name, value in _measured(house, past).items()}
    return told


def _measured(house: House, past: Past) -> Figures:
    """The same work by new phones; CPU of the server."""
    come_to_rest(house)
    days = [(phone, phone.record(deeds)) for phone, deeds in team(house, past.phones, JOBS_PER_DAY)]
    settle(house)
    meter = Meter(house.cpu_s)
    at_once([partial(phone.push, ops) for phone, ops in days])
    settle(house)
    count = sum(len(ops) for _, ops in days)
    told = {"push_cpu_s_per_1000_ops": meter.read()[0] / count * 1000}
    phones = [phone for phone, _ in days]
    told["pull_cpu_s_per_1000_ops"] = _cpu(house, phones, 1) / count * 1000
    told["load_cpu_ms"] = _cpu(house, phones, past.loads, anew=True) * 1000
    told["load_cpu_ms"] /= past.loads * past.phones
    told["change_cpu_ms"] = _changes(house, past) * 1000
    told["idle_cpu_ms"] = _cpu(house, phones, past.exchanges // past.phones) * 1000
    told["idle_cpu_ms"] /= past.exchanges
    return {**told, "ops": house.count("op"), "work_orders": house.count("work_order")}


def come_to_rest(house: House) -> None:
    """Wait until all is numbered, and the timekeeper has looked at all that the log tells of."""
    settle(house)
    while not _all_looked_at(house):
        time.sleep(SETTLED_EVERY_S)


def _all_looked_at(house: House) -> bool:
    with house.office.reading() as books:
        read = clocks.is_read(books, clocks.place(books))
        return read and not clocks.due(books, house.office.now_ms())


def _cpu(house: House, phones: Sequence[Phone], times: int, *, anew: bool = False) -> float:
    """CPU seconds of pulling so often until current; `anew` with nothing there before."""
    meter = Meter(house.cpu_s)
    for phone in phones:
        for _ in range(times):
            if anew:
                phone.forget()
            phone.pull()
    return meter.read()[0]


def _changes(house: House, past: Past) -> float:
    """CPU seconds of one change by one phone that another is told of."""
    mine, other = house.company.technician(), house.company.technician()
    (order,) = house.company.jobs(1, mine, other)
    phone, changer = house.phone(mine), house.phone(other)
    phone.pull()
    changer.pull()
    meter = Meter(house.cpu_s)
    for number in range(past.exchanges // past.phones):
        said = {"item": "value_1", "value": f"{number}.5"}
        changer.push(changer.record([Deed("checklist.answer", order, said)]))
        assert phone.pull().rows != []
    return meter.read()[0] / (past.exchanges // past.phones)


def _keep(books: Connection) -> Iterator[Table]:
    """Lay the rows of the first past aside, to be copied from; the tables that have any."""
    for table in METADATA.sorted_tables:
        if table.name in SHARED:
            continue
        one_company = f" WHERE stream <> '{OF_ALL}'" if "stream" in table.c else ""
        aside = f'CREATE TABLE {KEPT}{table.name} AS SELECT * FROM "{table.name}"'
        books.exec_driver_sql(aside + one_company)
        if books.exec_driver_sql(f"SELECT 1 FROM {KEPT}{table.name} LIMIT 1").first():
            yield table


def _copied(table: Table, copy: int) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.c)
    values = ", ".join(_own(table, column, copy) for column in table.c)
    return f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM {KEPT}{table.name}'


def _own(table: Table, column: Column[Any], copy: int) -> str:
    name = f'"{column.name}"'
    if (table.name, column.name) == ("leaf", "number"):
        return "NULL"
    own = (column.name.endswith("id") or column.name in NAMES) and str(column.type) == "VARCHAR"
    if not own or column.name in SHARED_NAMES:
        return name
    return f"{name} || '-{copy}'"
