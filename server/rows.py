"""Records as rows: the same fields by the same names, written and read in bulk.

A batch costs a constant number of statements, which are compiled once: lists travel as one
argument, and rows as one `executemany` or, on PostgreSQL, as one list per column.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import accumulate, chain
from operator import attrgetter, itemgetter
from typing import Any, Final, get_type_hints

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    ClauseElement,
    Column,
    ColumnElement,
    Connection,
    Executable,
    Select,
    String,
    Table,
    any_,
    bindparam,
    cast as sql_cast,
    delete,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from server.columns import packed
from server.database import is_sqlite
from server.questions import Question, dumped, found, from_json, said
from server.tables import METADATA
from shared.kinds import TABLES
from shared.records import Record, table

Values = Sequence[Any]
Conflict = tuple[str, ...]
Place = tuple[str, str]  # a table, and the column by which its rows are looked for

ORDER: Final = {name: place for place, name in enumerate(TABLES)}
SETTING: Final = METADATA.tables["setting"]
_SETTING: Final = Question(select(SETTING.c.value).where(SETTING.c.name == bindparam("name")))
CELLS: Final = (String, BigInteger, Boolean)
_compiled: dict[tuple[str, Any], str] = {}


def insert_into(table: Table, dialect: str) -> Any:
    """An INSERT that can say what to do where the key is already there."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def write(
    connection: Connection,
    key: tuple[Any, ...],
    build: Callable[[], ClauseElement],
    rows: Sequence[Values],
) -> None:
    """Run one statement for many rows; it is compiled once and kept under `key`.

    The values stand in the order in which the statement names them, JSON already as text.
    """
    if rows:
        said(connection, _compiled_once(connection, key, build), rows, many=True)


def _compiled_once(
    connection: Connection, key: tuple[Any, ...], build: Callable[[], ClauseElement]
) -> str:
    dialect = connection.dialect
    text = _compiled.get((dialect.name, key))
    if text is None:
        text = _compiled[(dialect.name, key)] = str(build().compile(dialect=dialect))
    return text


def upsert(connection: Connection, name: str, key: Conflict, rows: Sequence[Values]) -> None:
    """Write whole rows of a table, in the order of its columns, in place of those there."""
    table = METADATA.tables[name]
    changes = tuple(column.name for column in table.c if column.name not in key)
    _insert(connection, table, (key, changes), rows)


def add(connection: Connection, name: str, key: Conflict, rows: Sequence[Values]) -> None:
    """Write rows of a table unless they are there; without a key a row that is there raises."""
    _insert(connection, METADATA.tables[name], (key, ()), rows)


def _insert(
    connection: Connection,
    table: Table,
    conflict: tuple[Conflict, tuple[str, ...]],
    rows: Sequence[Values],
) -> None:
    build = partial(_insertion, connection, table, conflict)
    _run(connection, ("insert", table.name, *conflict), build, (_kinds_of(table), rows))


def _insertion(
    connection: Connection, table: Table, conflict: tuple[Conflict, tuple[str, ...]]
) -> Any:
    key, changes = conflict
    insert = insert_into(table, connection.dialect.name)
    if not is_sqlite(connection):
        insert = insert.from_select([column.name for column in table.c], _unnested(table))
    if not key:
        return insert
    if not changes:
        return insert.on_conflict_do_nothing(index_elements=key)
    taken = {column: insert.excluded[column] for column in changes}
    return insert.on_conflict_do_update(index_elements=key, set_=taken)


class Insert(Struct, frozen=True):
    """Rows for a table, in the order of its columns; with `renews` in place of those there."""

    name: str
    key: Conflict
    rows: Sequence[Values]
    renews: bool = False


def insert_all(connection: Connection, inserts: Iterable[Insert]) -> None:
    """Write rows of several tables, targets of foreign keys first; on PostgreSQL by one statement.

    It looks at foreign keys when all of the statement is done.
    """
    wanted = [one for one in inserts if one.rows]
    if is_sqlite(connection) or len(wanted) == 1:
        for one in wanted:
            _insert(connection, METADATA.tables[one.name], (one.key, _changes(one)), one.rows)
    elif wanted:
        *before, last = (_inserted(connection, one) for one in wanted)
        parts = ", ".join(f"part_{number} AS ({one})" for number, one in enumerate(before))
        given = [packed(_kinds_of(METADATA.tables[one.name]), one.rows) for one in wanted]
        said(connection, f"WITH {parts} {last}", tuple(chain.from_iterable(given)))


def _inserted(connection: Connection, one: Insert) -> str:
    conflict, table = (one.key, _changes(one)), METADATA.tables[one.name]
    build = partial(_insertion, connection, table, conflict)
    return _compiled_once(connection, ("insert", one.name, *conflict), build)


def _changes(one: Insert) -> tuple[str, ...]:
    names = METADATA.tables[one.name].c.keys() if one.renews else ()
    return tuple(name for name in names if name not in one.key)


def change(
    connection: Connection, name: str, key: Conflict, columns: Conflict, rows: Sequence[Values]
) -> None:
    """Write some columns of rows that are there; each row gives its key first, then the values."""
    table = METADATA.tables[name]
    order = (*key, *columns)

    def build() -> Any:
        given: Mapping[str, Any] = {one: bindparam(f"given_{one}") for one in order}
        if not is_sqlite(connection):
            given = _lists([table.c[one] for one in order])
        found = (table.c[one] == given[one] for one in key)
        return update(table).where(*found).values({one: given[one] for one in columns})

    if is_sqlite(connection):  # whose statement names the values first, as the table has them
        places = [order.index(one.name) for one in table.c if one.name in columns]
        rows = [(*(row[place] for place in places), *row[: len(key)]) for row in rows]
    given = (_kinds_of(table, order), rows)
    _run(connection, ("change", name, key, columns), build, given)


def _run(
    connection: Connection,
    key: tuple[Any, ...],
    build: Callable[[], ClauseElement],
    given: tuple[tuple[type, ...], Sequence[Values]],
) -> None:
    """Run one statement for many rows, on PostgreSQL once, with one list per column."""
    kinds, rows = given
    if not rows:
        return
    text = _compiled_once(connection, key, build)
    if is_sqlite(connection):
        said(connection, text, rows, many=True)
    else:
        said(connection, text, packed(kinds, rows))


@cache
def _kinds_of(table: Table, names: Conflict | None = None) -> tuple[type, ...]:
    """What the columns of a table hold, or those with these names."""
    return tuple(table.c[name].type.python_type for name in names or table.c.keys())


def _unnested(table: Table) -> Select[Any]:
    """Rows that come as one list per column, JSON as text."""
    given = _lists(table.c)
    return select(
        *(
            sql_cast(given[one.name], one.type) if _is_nested(one) else given[one.name]
            for one in table.c
        )
    )


def _lists(columns: Iterable[Column[Any]]) -> Any:
    """Columns of rows that come as one list each."""
    columns = list(columns)
    lists = (
        bindparam(one.name, type_=ARRAY(String if _is_nested(one) else one.type)) for one in columns
    )
    names = [one.name for one in columns]
    return func.unnest(*lists).table_valued(*names).render_derived().c


def setting(connection: Connection, name: str) -> Any:
    """A value that is kept with the data, or None."""
    found = _SETTING.ask(connection, name=name)
    return from_json(connection, found[0][0]) if found else None


def keep_setting(connection: Connection, name: str, value: Any) -> None:
    """Keep a value with the data."""
    upsert(connection, "setting", ("name",), [(name, dumped(value))])


def among(column: Column[Any] | ColumnElement[Any], argument: str, dialect: str) -> Any:
    """The condition that a text column has one of the values of a list, which is one argument.

    Pass the argument through `listed`.
    """
    if dialect == "sqlite":
        values = func.json_each(bindparam(argument, type_=String)).table_valued("value")
        return column.in_(select(values.c.value))
    return column == any_(bindparam(argument, type_=ARRAY(String)))


def listed(connection: Connection, values: Iterable[str]) -> Any:
    """A list as the argument of `among`."""
    return dumped(sorted(values)) if is_sqlite(connection) else sorted(values)


def save(connection: Connection, records: Iterable[Record]) -> None:
    """Write records in place of those with their ids, targets of foreign keys first."""
    insert_all(connection, saved(records))


def saved(records: Iterable[Record]) -> list[Insert]:
    """How records are written in place of those with their ids."""
    return [
        Insert(name, ("id",), [_as_row(name)(row) for row in rows], renews=True)
        for name, rows in sorted(_by_table(records).items(), key=lambda item: ORDER[item[0]])
    ]


def erase(connection: Connection, records: Iterable[Record]) -> None:
    """Delete records by their ids, targets of foreign keys last."""
    for name, rows in sorted(_by_table(records).items(), key=lambda item: -ORDER[item[0]]):
        connection.execute(
            _deletion(name, connection.dialect.name),
            {"ids": listed(connection, {row.id for row in rows})},
        )


def fetch(connection: Connection, name: str, column: str, ids: Collection[str]) -> list[Record]:
    """The records of a table that have one of these values in a column, oldest id first."""
    return sorted(fetch_all(connection, {(name, column): ids}), key=attrgetter("id"))


def fetch_all(connection: Connection, wanted: Mapping[Place, Collection[str]]) -> list[Record]:
    """The records that have one of these values in these columns, of all tables by one statement.

    One that is found by two columns comes twice.
    """
    places = tuple(sorted(place for place, ids in wanted.items() if ids))
    if not places:
        return []
    text = " UNION ALL ".join(_question(connection, place) for place in places)
    given = tuple(listed(connection, wanted[place]) for place in places)
    makers = {ORDER[name]: _as_record(name) for name, _ in places}
    return [makers[row[0]](row) for row in found(connection, text, given)]


def _question(connection: Connection, place: Place) -> str:
    """What is asked of one table, so that many can be asked by one statement.

    Every row has columns for texts, numbers and truth values; what a table has less than another is
    null. Which table a row is of is told by its first column. Each part is put together once: which
    tables come together is nearly always new, and to compile them all takes a tenth of a second.
    """
    name, column = place

    def build() -> ClauseElement:
        found = among(METADATA.tables[name].c[column], "ids", connection.dialect.name)
        return select(literal_column(str(ORDER[name])), *_cells(name)).where(found)

    return _compiled_once(connection, ("question", *place), build)


def _cells(name: str) -> list[ColumnElement[Any]]:
    """The columns of a table, each at its place among those of its kind."""
    columns = METADATA.tables[name].c
    cells: list[ColumnElement[Any]] = []
    for kind, width in _widths().items():
        found = [sql_cast(columns[field], kind) for field in _fields_of(name, kind)]
        cells += [*found, *(sql_cast(null(), kind) for _ in range(width - len(found)))]
    return cells


@cache
def _widths() -> dict[Any, int]:
    """How many columns of each kind the table has that has most of them."""
    return {kind: max(len(_fields_of(name, kind)) for name in TABLES) for kind in CELLS}


def _fields_of(name: str, kind: Any) -> list[str]:
    columns = METADATA.tables[name].c
    return [field for field in TABLES[name].__struct_fields__ if _kind_of(columns[field]) is kind]


def _kind_of(column: Column[Any]) -> Any:
    """As what a value travels: JSON as text."""
    return next((kind for kind in (BigInteger, Boolean) if isinstance(column.type, kind)), String)


@cache
def _deletion(name: str, dialect: str) -> Executable:
    table = METADATA.tables[name]
    return delete(table).where(among(table.c.id, "ids", dialect))


def _by_table(records: Iterable[Record]) -> dict[str, list[Record]]:
    tables: dict[str, list[Record]] = {}
    for row in sorted(records, key=lambda row: row.id):
        tables.setdefault(table(type(row)), []).append(row)
    return tables


@cache
def _as_row(name: str) -> Callable[[Record], Values]:
    """Turns a record into the values of its table's columns, in their order."""
    columns = tuple(METADATA.tables[name].c)
    fields = tuple(column.name for column in columns)
    nested = tuple(place for place, one in enumerate(columns) if isinstance(one.type, JSON))
    plain: Callable[[Record], tuple[Any, ...]] = attrgetter(*fields)

    def with_nested(record: Record) -> Values:
        values = list(plain(record))
        for place in nested:
            values[place] = None if values[place] is None else dumped(values[place])
        return values

    return with_nested if nested else plain


@cache
def _as_record(name: str) -> Callable[[Sequence[Any]], Record]:
    """Turns a row into a record. What was written is believed; only nested values are rebuilt."""
    kind = TABLES[name]
    fields = kind.__struct_fields__
    columns = METADATA.tables[name].c
    types = get_type_hints(kind)
    nested = [
        (place, msgspec.json.Decoder(types[field]))
        for place, field in enumerate(fields)
        if _is_nested(columns[field])
    ]
    truths = [place for place, field in enumerate(fields) if _kind_of(columns[field]) is Boolean]
    starts = dict(zip(CELLS, accumulate(_widths().values(), initial=1), strict=False))
    cell_of = {
        field: starts[one] + number
        for one in CELLS
        for number, field in enumerate(_fields_of(name, one))
    }
    chosen = itemgetter(*(cell_of[field] for field in fields))

    def build(row: Sequence[Any]) -> Record:
        values = list(chosen(row))
        for place, decoder in nested:
            values[place] = decoder.decode(values[place] or b"null")
        for place in truths:
            values[place] = bool(values[place])  # SQLite has numbers for them
        return kind(**dict(zip(fields, values, strict=True)))

    return build


def _is_nested(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)
