"""Questions asked by the driver itself find what others would, and fail as others do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, event, literal, select, text

from server.database import Busy, open_engine, reading
from server.questions import Question, from_json
from server.tables import METADATA
from tests.server.samples import begin, person, put

PERSON = METADATA.tables["person"]
BY_LOGIN = Question(
    select(PERSON.c.name, PERSON.c.roles, PERSON.c.disabled, literal(2**40), literal("两"))
    .where(PERSON.c.login == bindparam("login"))
    .limit(1)
)


def test_a_question_finds_what_there_is_and_is_heard(engine: Engine) -> None:
    begin(engine)
    put(engine, person("ann", name="安 “Ann”", login="ann"))
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    with reading(engine) as connection:
        said.clear()
        for _ in range(2):
            ((name, roles, disabled, number, text_),) = BY_LOGIN.ask(connection, login="ann")
            told: Any = from_json(connection, roles)
            assert (name, told, bool(disabled)) == ("安 “Ann”", ["technician"], False)
            assert (number, text_) == (2**40, "两")
        assert BY_LOGIN.ask(connection, login="bob") == []
    assert len(said) == 3


def test_nothing_in_a_json_column_is_nothing(engine: Engine) -> None:
    with reading(engine) as connection:
        assert from_json(connection, None) is None


@pytest.mark.postgres
def test_what_fails_for_now_is_busy(postgres_copy: str) -> None:
    with closing_engine(postgres_copy) as engine, pytest.raises(Busy):
        wait_too_long(engine)


def wait_too_long(engine: Engine) -> None:
    with reading(engine) as connection:
        connection.execute(text("SET LOCAL statement_timeout = 1"))
        Question(select(text("pg_sleep(1)"))).ask(connection)


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()
