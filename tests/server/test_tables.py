"""One record type is one table with the same columns, and a row gives back what was written."""

from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from msgspec import NODEFAULT
from sqlalchemy import JSON, BigInteger, Column, Engine, select
from sqlmodel import AutoString

from server import rows
from server.database import reading, writing
from server.questions import dumped
from server.tables import METADATA
from shared.kinds import TABLES
from shared.records import Record
from tests.server.samples import full
from tests.server.test_statement_count import statements


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_the_columns_of_its_record(table: str) -> None:
    columns = METADATA.tables[table].c
    assert sorted(columns.keys()) == sorted(TABLES[table].__struct_fields__)
    hints = get_type_hints(TABLES[table])
    kinds = {one.name: plain(hints[one.name]) for one in columns}
    assert {one.name: kind_of(one) for one in columns} == kinds


def plain(hint: Any) -> type:
    """What kind of value a field holds: text, a whole number, yes or no, or something nested."""
    if get_origin(hint) is Literal:
        return str
    options = [one for one in get_args(hint) if one is not type(None)]
    only = options[0] if type(None) in get_args(hint) and len(options) == 1 else hint
    return only if only in (str, int, bool) else dict


def kind_of(column: Column[Any]) -> type:
    """What kind of value a column holds; a whole number needs a wide one."""
    if isinstance(column.type, BigInteger):
        return int
    if isinstance(column.type, JSON):
        return dict
    return str if isinstance(column.type, AutoString) else column.type.python_type


@pytest.mark.parametrize("table", TABLES)
def test_a_column_may_be_empty_exactly_where_its_field_may(table: str) -> None:
    hints = get_type_hints(TABLES[table])
    may = {
        name
        for name in TABLES[table].__struct_fields__
        if hints[name] is Any or type(None) in getattr(hints[name], "__args__", ())
    }
    columns = METADATA.tables[table].c
    assert {one.name for one in columns if one.nullable} == may - {"version"}


def test_the_target_of_a_foreign_key_is_written_before_what_names_it() -> None:
    late = [
        (table, key.column.table.name)
        for table in TABLES
        for key in METADATA.tables[table].foreign_keys
        if rows.ORDER[key.column.table.name] >= rows.ORDER[table]
    ]
    assert late == []


def test_what_a_record_lives_with_is_found_by_an_index() -> None:
    for table, kind in TABLES.items():
        noun, field = kind.home
        column = "home_id" if noun == "*" else field
        if column in ("", "id"):
            continue
        indexed = [next(iter(index.columns)).name for index in METADATA.tables[table].indexes]
        assert column in indexed, table


def test_every_record_comes_back_as_it_was_written(engine: Engine) -> None:
    written = [full(table) for table in TABLES]
    with writing(engine) as connection:
        rows.save(connection, written)
    with reading(engine) as connection:
        found = [rows.fetch(connection, table, "id", {full(table).id}) for table in TABLES]
    assert found == [[record] for record in written]


def test_every_record_with_nothing_in_it_comes_back_too(engine: Engine) -> None:
    written = [bare(full(table)) for table in TABLES]
    with writing(engine) as connection:
        rows.save(connection, [full(table) for table in TABLES])
        rows.save(connection, written)
    with reading(engine) as connection:
        found = [rows.fetch(connection, table, "id", {full(table).id}) for table in TABLES]
    assert found == [[record] for record in written]


def test_rows_of_all_tables_come_back_by_one_statement(engine: Engine) -> None:
    written = [full(table) for table in TABLES]
    with writing(engine) as connection:
        rows.save(connection, written)
    with reading(engine) as connection, statements(engine) as said:
        wanted = {(table, "id"): {full(table).id, "nobody's"} for table in TABLES}
        found = rows.fetch_all(connection, wanted)
        assert rows.fetch_all(connection, {("person", "id"): set()}) == []
    assert sorted(found, key=repr) == sorted(written, key=repr)
    assert len([one for one in said if one.startswith("SELECT")]) == 1, said


def bare(record: Record) -> Record:
    """The record without what it can do without."""
    defaults: list[Any] = [NODEFAULT] * len(record.__struct_fields__)
    given = record.__struct_defaults__
    defaults[len(defaults) - len(given) :] = given
    needed = {
        name: getattr(record, name)
        for name, default in zip(record.__struct_fields__, defaults, strict=True)
        if default is NODEFAULT
    }
    return type(record)(**{**needed, "version": 1})


def test_a_record_is_deleted_after_what_names_it(engine: Engine) -> None:
    written = [full(table) for table in TABLES]
    with writing(engine) as connection:
        rows.save(connection, written)
        rows.erase(connection, written)
        left = [rows.fetch(connection, table, "id", {full(table).id}) for table in TABLES]
    assert left == [[]] * len(TABLES)


def test_columns_are_changed_in_whatever_order_they_are_named(engine: Engine) -> None:
    known = ("i", "a device", 1, "a nonce", None, {"s": 1}, 2, None, "e-1")
    with writing(engine) as books:
        row = [dumped(one) if isinstance(one, dict) else one for one in known]
        rows.upsert(books, "incarnation", ("id",), [tuple(row)])
        rows.change(books, "incarnation", ("id",), ("nonce", "n", "device"), [("i", "b", 7, "c")])
    with reading(engine) as books:
        (found,) = books.execute(select(METADATA.tables["incarnation"]))
    assert (found.device, found.n, found.nonce, found.lseq_max, found.epoch) == (
        "c",
        7,
        "b",
        2,
        "e-1",
    )
