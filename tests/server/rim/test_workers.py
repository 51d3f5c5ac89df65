"""Two real processes on one port: whichever answers, they are one server, also after a kill."""

import os
import signal
import time
from pathlib import Path

import pytest
import requests

from server.app import real_clock
from server.claims import LIVING
from server.notary import LEASE_NAME
from server.tables import METADATA
from tests.server.rim.company import PASSWORD, Company
from tests.server.rim.test_postgres import STOPS_S, two_processes
from tests.server.rim.test_serving import answered

pytestmark = pytest.mark.slow

TRIES = 10  # of one login in a window, by default
PATIENCE_S = 60
EVERY_S = 0.1


@pytest.fixture
def company(tmp_path: Path, postgres_copy: str) -> Company:
    """The books beside a server that runs on them; it signs nothing itself."""
    made = Company(tmp_path / "data", database=postgres_copy, threads=4)
    made.now_ms = real_clock()
    return made


def test_a_session_is_good_and_tries_are_counted_whoever_answers(
    company: Company, tmp_path: Path
) -> None:
    company.set_password("dispatcher")
    headers = company.signed_in("dispatcher")
    with two_processes(tmp_path, company.settings.database) as (url, process):
        answered(f"{url}/health")
        asked = [requests.get(f"{url}/api/tickets", headers=headers) for _ in range(12)]
        wrong = {"login": "dispatcher", "password": "not this one"}
        right = {"login": "dispatcher", "password": PASSWORD}
        tries = [requests.post(f"{url}/api/login", json=wrong) for _ in range(TRIES)]
        last = [requests.post(f"{url}/api/login", json=right) for _ in range(4)]
        process.terminate()
        _, errors = process.communicate(timeout=STOPS_S)
    company.office.close()
    assert [answer.status_code for answer in asked] == [200] * 12
    assert [answer.status_code for answer in tries] == [401] * TRIES
    assert [answer.status_code for answer in last] == [429] * 4
    assert process.returncode == 0, errors


def test_when_the_notary_is_killed_another_numbers_what_waits(
    company: Company, tmp_path: Path
) -> None:
    with two_processes(tmp_path, company.settings.database) as (url, process):
        answered(f"{url}/health")
        wait_until_all_is_numbered(company)
        os.kill(process_of(company, notary_of(company)), signal.SIGKILL)
        company.now_ms = real_clock()
        company.put("customer", company.new_id(), name="Of today", type="organisation")
        wait_until_all_is_numbered(company)
        process.terminate()
        _, errors = process.communicate(timeout=STOPS_S)
    assert process.returncode == 0, errors
    numbers = numbers_of(company)
    company.office.close()
    assert set(numbers) == set(range(len(numbers)))


def notary_of(company: Company) -> str:
    """Who has the lease."""
    lease = METADATA.tables["lease"]
    held = lease.select().with_only_columns(lease.c.holder).where(lease.c.name == LEASE_NAME)
    with company.office.reading() as books:
        return str(books.scalar(held))


def process_of(company: Company, holder: str) -> int:
    """The process that holds the lock of its being alive."""
    (file,) = (company.settings.data / LIVING).glob(f"*.{holder}")
    inode = str(file.stat().st_ino)
    (found,) = (
        int(line.split()[4])
        for line in Path("/proc/locks").read_text().splitlines()
        if line.split()[5].rpartition(":")[2] == inode
    )
    return found


def numbers_of(company: Company) -> list[int | None]:
    leaf = METADATA.tables["leaf"]
    with company.office.reading() as books:
        return list(books.scalars(leaf.select().with_only_columns(leaf.c.number)))


def wait_until_all_is_numbered(company: Company) -> None:
    until = time.monotonic() + PATIENCE_S
    while None in (numbers := numbers_of(company)) or not numbers:
        assert time.monotonic() < until, "nobody numbers the leaves"
        time.sleep(EVERY_S)
