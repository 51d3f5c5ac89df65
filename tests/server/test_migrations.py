"""The migrations lead to exactly the tables that the code knows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec import structs
from sqlalchemy import Engine, event, inspect, text

from server import rows, tally
from server.database import has_table, open_engine, reading, writing
from server.migrations import config, upgrade
from server.tables import METADATA
from shared.feedback import Feedback
from shared.ids import derive
from shared.kinds import TABLES, write_row
from shared.messages import Message
from shared.records import Record, table
from shared.tasks import Task
from shared.ticket import TicketEvent
from sync.digest import NO_ROWS, plus, row_sums
from tests.server.samples import full

LINE = [*(f"{number:04}" for number in range(1, 16)), "0018", "0019", "0020", "0021"]
LINE += ["0022", "0023", "0024", "0025", "0026", "0028", "0029", "0031", "0032", "0030", "0027"]
LINE += ["0034", "0035", "0036"]
NEW = {
    *("planned_part", "ordered_part", "asset_history"),
    *("photo", "sign_off", "signed_document"),
    *("price_list", "organisation", "contract", "coverage_decision", "charge", "quote"),
    *("payment", "invoice_request", "taken_item", "ink_claim", "alias"),
    *("tag_set", "enquiry", "message", "feedback"),
    *("service_policy", "policy_choice", "working_calendar"),
    *("return_case", "return_terms", "foresight_rules", "message_wording", "message_rules"),
    *("team", "outlet"),
}


# What people type and search for, by the rules of their language.
TYPED = {
    *("customer.name", "customer.phone", "site.contact_phone", "person.login"),
    *("team.name", "price_list.name", "asset.serial", "part.number"),
}


def test_a_migrated_database_has_the_tables_that_the_code_knows(engine: Engine) -> None:
    with writing(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    with writing(engine) as connection:
        assert MigrationContext.configure(connection).get_current_heads() == (LINE[-1],)


def test_the_migrations_are_one_line_without_branches() -> None:
    scripts = ScriptDirectory.from_config(config())
    assert [one.revision for one in reversed(list(scripts.walk_revisions()))] == LINE


@pytest.mark.postgres
def test_what_rows_are_looked_up_by_is_compared_byte_by_byte(fresh_postgres: str) -> None:
    keyed = text(
        "SELECT c.relname || '.' || a.attname, l.collname FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid"
        " JOIN pg_collation l ON l.oid = a.attcollation"
        " WHERE a.attnum = ANY (i.indkey::smallint[]) AND c.relname <> 'alembic_version'"
        " AND c.relnamespace = current_schema()::regnamespace"
    )
    engine = open_engine(fresh_postgres)
    upgrade(engine)
    with reading(engine) as connection:
        otherwise = {name for name, collation in connection.execute(keyed) if collation != "C"}
    engine.dispose()
    assert otherwise == TYPED


@pytest.mark.postgres
def test_a_migration_may_take_as_long_as_it_takes(fresh_postgres: str) -> None:
    engine = open_engine(fresh_postgres)
    limits = []

    def note(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith('ALTER TABLE "feed"'):
            asked = connection.connection.driver_connection.execute("SHOW statement_timeout")
            limits.append(asked.fetchone()[0])

    event.listen(engine, "before_cursor_execute", note)
    upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "1min"
    engine.dispose()
    assert limits
    assert set(limits) == {"0"}


def test_foreign_keys_are_checked_after_a_migration(engine: Engine) -> None:
    upgrade(engine)
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def first_release(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database as the first release made it."""
    url = (
        f"sqlite:///{tmp_path / 'first.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("fresh_postgres")
    )
    engine = open_engine(url)
    with engine.connect() as connection, connection.begin():
        command.upgrade(config(connection), LINE[0])
    yield engine
    engine.dispose()


def test_a_phone_that_was_in_use_before_need_not_wait_to_be_let_in(first_release: Engine) -> None:
    person, there = full("person"), columns(first_release, "person")
    told = msgspec.to_builtins(person)
    row = {name: told.get(name, getattr(person, name)) for name in there}
    with writing(first_release) as connection:
        connection.execute(METADATA.tables["person"].insert().values(row))
        connection.execute(
            text(
                "INSERT INTO device (id, person_id, name, public_key, app, created_at, clock_ms) "
                "VALUES ('d', :person, 'Phone', 'key', 'test/1', 5, 0)"
            ),
            {"person": row["id"]},
        )
    upgrade(first_release)
    with reading(first_release) as connection:
        found = connection.exec_driver_sql("SELECT confirmed_at, address FROM device").one()
    assert tuple(found) == (5, "")


def test_the_bytes_of_an_op_are_in_its_row_and_what_was_erased_stays_erased(
    first_release: Engine,
) -> None:
    kept = {"a": b"\x00\xff first", "b": b"second", "c": None}
    with writing(first_release) as connection:
        for op_id, body in kept.items():
            connection.execute(
                text(
                    'INSERT INTO op (op_id, fingerprint, verdict, detail, flags, "at", received,'
                    " done_at, uncertain, n, epoch) VALUES (:op, :print, 'applied', '{}', '[]',"
                    " '{}', 1, 1, false, 1, 'e')"
                ),
                {"op": op_id, "print": f"print of {op_id}"},
            )
            connection.execute(
                text("INSERT INTO raw_op VALUES (:print, :body)"),
                {"print": f"print of {op_id}", "body": body},
            )
    upgrade(first_release)
    with reading(first_release) as connection:
        found = connection.exec_driver_sql("SELECT op_id, body FROM op ORDER BY op_id").all()
        assert not has_table(connection, "raw_op")
    assert {op_id: body and bytes(body) for op_id, body in found} == kept


AS_WRITTEN: Final[dict[str, Any]] = {
    "state": "open",
    "grade": "",
    "taken": (),
    "confirmed": (),
    **dict.fromkeys(("cause", "measure", "compensation", "outcome"), ""),
    "changed_at": None,
    "closed_at": None,
}


def test_what_customers_said_leaves_phones_and_whoever_was_told_on_a_job_has_it_back(
    first_release: Engine,
) -> None:
    said = full("feedback")
    assert isinstance(said, Feedback)
    ticket = f"ticket:{said.ticket_id}"
    seen_to = structs.replace(said, kind="complaint")
    theirs = structs.replace(seen_to, id=derive("theirs"), **AS_WRITTEN)
    desks = structs.replace(theirs, id=derive("desk's"), work_order_id=None)
    found = structs.replace(said, id=derive("found"), kind="finding")
    with writing(first_release) as connection:
        command.upgrade(config(connection), "0034")
        sums, fed = NO_ROWS, (theirs, seen_to, desks, found, *_about(said))
        for name in TABLES:
            more = [one for one in fed if table(type(one)) == name]
            rows.save(connection, more or [full(name)])
        for seq, row in enumerate(fed, start=1):
            body = write_row(row)
            own = row_sums(table(type(row)), row.id, body)
            sums = plus(sums, own)
            told = {"pk": row.id, "table": table(type(row)), "stream": ticket, "seq": seq}
            told["body"] = body
            lanes = {"sum_a": own[0], "sum_b": own[1]}
            connection.execute(METADATA.tables["feed"].insert().values(**told, **lanes))
        head = {"stream": ticket, "seq": 7, "sum_a": sums[0], "sum_b": sums[1]}
        connection.execute(
            METADATA.tables["stream_head"].insert().values(**head, min_seq=0, entries=7)
        )
    upgrade(first_release)
    with reading(first_release) as connection:
        differ = list(tally.differences(connection))
        assert [one for one in differ if one.table == "feedback" or one.stream] == []
        asked = text("SELECT stream, pk FROM feed WHERE body IS NOT NULL ORDER BY 1")
        carried = [tuple(row) for row in connection.execute(asked)]
        heads = connection.execute(text("SELECT stream, seq FROM stream_head ORDER BY 1")).all()
    assert carried == [(f"tech:{said.by}", theirs.id), (ticket, found.id)]
    assert [tuple(one) for one in heads] == [(f"tech:{said.by}", 1), (ticket, 13)]


def _about(said: Feedback) -> tuple[Record, ...]:
    """A line of the story, a task and a message that are about feedback."""
    line, message = full("ticket_event"), full("message")
    assert isinstance(line, TicketEvent)
    assert isinstance(message, Message)
    task = Task(
        id=derive("task"),
        version=1,
        home_noun="ticket",
        home_id=said.ticket_id,
        code="low_score",
        params={"about": said.id},
        op_id=said.id,
        at=1,
    )
    return (
        structs.replace(line, ticket_id=said.ticket_id, about=said.id),
        structs.replace(message, ticket_id=said.ticket_id, feedback_id=said.id, channel="copy"),
        task,
    )


def test_what_the_first_release_kept_is_there_after_every_migration(first_release: Engine) -> None:
    """C24."""
    there = {
        name: columns(first_release, name) for name in inspect(first_release).get_table_names()
    }
    written = {name: full(name) for name in TABLES if name in there}
    with writing(first_release) as connection:
        for name, record in written.items():
            told = msgspec.to_builtins(record)
            kept = {column: told.get(column, getattr(record, column)) for column in there[name]}
            connection.execute(METADATA.tables[name].insert().values(kept))
    upgrade(first_release)
    with reading(first_release) as connection:
        found = {name: rows.fetch(connection, name, "id", {full(name).id}) for name in TABLES}
    expected = {name: [as_it_was(record, there[name])] for name, record in written.items()}
    assert found == {**{name: [] for name in TABLES}, **expected}
    assert len(TABLES) - len(written) == len(NEW)
    assert NEW.isdisjoint(written)


def columns(engine: Engine, name: str) -> set[str]:
    return {str(column["name"]) for column in inspect(engine).get_columns(name)}


def as_it_was(record: Record, known: set[str]) -> Record:
    """A record with nothing in the fields that came later."""
    later = [one for one in msgspec.structs.fields(record) if one.name not in known]
    return msgspec.structs.replace(record, **{one.name: one.default for one in later})
