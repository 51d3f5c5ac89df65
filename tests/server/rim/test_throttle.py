"""Throttling: tries at the same moment are all counted, and a new window starts afresh."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from server import database, migrations, throttle

LIMIT = (5, 15)


def waits(url: str) -> list[int]:
    """What twenty tries at once are told."""
    engine = database.open_engine(url)
    migrations.upgrade(engine)

    def strike(_: int) -> int:
        with database.writing(engine) as books:
            return throttle.strike(books, "login|ann", LIMIT, 1_000)

    try:
        with ThreadPoolExecutor(8) as pool:
            return sorted(pool.map(strike, range(20)))
    finally:
        engine.dispose()


def test_tries_at_once_are_all_counted(tmp_path: Path, fresh_postgres: str) -> None:
    wanted = [0] * 5 + [900] * 15
    assert waits(f"sqlite:///{tmp_path / 'fieldfare.db'}") == wanted
    assert waits(fresh_postgres) == wanted


def test_a_window_ends_and_whoever_was_let_in_starts_afresh(tmp_path: Path) -> None:
    engine = database.open_engine(f"sqlite:///{tmp_path / 'fieldfare.db'}")
    migrations.upgrade(engine)
    with database.writing(engine) as books:
        told = [throttle.strike(books, "a", (1, 1), now) for now in (0, 0, 59_999, 60_000, 60_000)]
        throttle.forget(books, ["a"])
        told.append(throttle.strike(books, "a", (1, 1), 60_000))
    engine.dispose()
    assert told == [0, 60, 1, 0, 60, 0]
