"""Who has died on this machine is known by it, so that nobody waits for what it held."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from server import claims
from server.database import writing
from server.notary import LEASE_MS, let_go, take_lease
from server.rounds import succeed
from tests.server.rim.company import Company

LIVE = """
import sys, time
from pathlib import Path
from server import claims
with claims.alive(Path(sys.argv[1]), "other"):
    print("alive", flush=True)
    time.sleep(60)
"""
NAME, NOW = "arrivals", 1_000_000
PATIENCE_S = 30


@contextmanager
def another(data: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that is known as alive."""
    words = [sys.executable, "-c", LIVE, str(data)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "alive\n"
        try:
            yield process
        finally:
            process.kill()


def test_who_lives_is_not_dead_and_who_was_killed_is(tmp_path: Path) -> None:
    with another(tmp_path) as process:
        assert claims.dead(tmp_path) == []
        process.kill()
        process.wait()
        assert claims.dead(tmp_path) == ["other"]
    claims.bury(tmp_path, ["other"])
    assert claims.dead(tmp_path) == []


def test_of_another_machine_or_another_start_of_this_one_nothing_is_known(tmp_path: Path) -> None:
    folder = tmp_path / claims.LIVING
    folder.mkdir()
    (folder / "another-start.other").touch()
    assert claims.dead(tmp_path) == []


def test_where_nothing_can_be_written_nobody_is_stopped(tmp_path: Path) -> None:
    (tmp_path / claims.LIVING).touch()
    with claims.alive(tmp_path, "one"):
        assert claims.dead(tmp_path) == []


def test_only_the_leases_of_the_dead_are_let_go(engine: Engine) -> None:
    with writing(engine) as books:
        assert take_lease(books, NAME, "dead", NOW)
        assert take_lease(books, "notary", "living", NOW)
    with writing(engine) as books:
        let_go(books, ["dead"])
        assert take_lease(books, NAME, "next", NOW + 1)
        assert not take_lease(books, "notary", "next", NOW + 1)
        assert take_lease(books, "notary", "next", NOW + LEASE_MS + 1)


def test_a_server_that_starts_waits_for_the_living_and_not_for_the_dead(tmp_path: Path) -> None:
    """C70."""
    company = Company(tmp_path / "data")
    office, settings = company.office, company.settings
    with another(settings.data) as process:
        hold(company, "other")
        succeed(office)
        assert not can_take(company, "next")
        process.kill()
        process.wait()
    assert claims.dead(settings.data) == ["other"]
    with company.client:
        until = time.monotonic() + PATIENCE_S
        while claims.dead(settings.data):
            assert time.monotonic() < until, "nobody looks after the dead"
            time.sleep(0.02)
        assert can_take(company, "next")


def hold(company: Company, holder: str) -> None:
    """Somebody has the lease."""
    assert can_take(company, holder)


def can_take(company: Company, holder: str) -> bool:
    """Whether somebody gets it."""
    with company.office.writing() as books:
        return take_lease(books, NAME, holder, company.now_ms)
