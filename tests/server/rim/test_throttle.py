"""Throttling: tries at the same moment are all counted, and a new window starts afresh."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from server import database, migrations, people, throttle
from server.rounds import tidy
from sync.digest import vector_hash
from sync.protocol import BYTES_PER_DAY_MAX, OPS_PER_DAY_MAX
from tests.server.rim.company import PASSWORD, Company
from tests.server.rim.test_round_trip import accept, begun, job, talk

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


def test_many_at_once_are_counted_as_many(tmp_path: Path, fresh_postgres: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'fieldfare.db'}", fresh_postgres):
        engine = database.open_engine(url)
        migrations.upgrade(engine)
        with database.writing(engine) as books:
            told = [
                throttle.strike(books, "a", (10, 1), now, count)
                for now, count in ((0, 4), (0, 6), (0, 1), (60_000, 10), (60_000, 1))
            ]
        engine.dispose()
        assert told == [0, 0, 60, 0, 60]


def test_a_device_hands_in_so_much_a_day_and_the_rest_waits(company: Company) -> None:
    """C65, R10."""
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    with company.office.writing() as books:
        most = (OPS_PER_DAY_MAX, throttle.DAY_MINUTES)
        key = f"ops|{phone.device}"
        assert throttle.strike(books, key, most, company.now_ms, OPS_PER_DAY_MAX) == 0
    told = {
        "token": first.token,
        "vector": vector_hash(first.server_epoch, {}),
        "ops": [accept(company, phone, order)],
    }
    company.now_ms += 60 * 60_000
    tidy(company.office)
    for _ in range(2):
        content = msgspec.json.encode(phone.request(**told))
        answer = company.client.post("/sync", content=content, headers=phone.headers())
        assert (answer.status_code, answer.json()["code"]) == (429, "enough_today")
        assert answer.headers["Retry-After"] == str(23 * 60 * 60)
    assert talk(company, phone, token=first.token, pull=True).results == []
    company.now_ms += 23 * 60 * 60_000
    assert [one.verdict for one in talk(company, phone, **told).results] == ["applied"]


def test_more_than_may_wait_for_a_person_at_once_stays_on_the_phone_for_an_hour(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    monkeypatch.setattr("sync.exchange.WAITING_MAX", 0)
    vector = vector_hash(first.server_epoch, {})
    told = {"token": first.token, "vector": vector}
    said = accept(company, phone, order)
    strange = {**said, "body": said["body"].replace("work_order.accept", "work_order.beam")}
    content = msgspec.json.encode(phone.request(**told, ops=[strange]))
    answer = company.client.post("/sync", content=content, headers=phone.headers())
    assert (answer.status_code, answer.json()["code"]) == (429, "enough_today")
    assert answer.headers["Retry-After"] == "3600"
    with company.office.writing() as books:  # it counts as handed in all the same
        most = (1, throttle.DAY_MINUTES)
        assert throttle.strike(books, f"ops|{phone.device}", most, company.now_ms) > 0
    taken = talk(company, phone, **told, ops=[accept(company, phone, order)])
    assert [one.verdict for one in taken.results] == ["applied"]


def test_a_device_hands_in_so_many_bytes_a_day(company: Company) -> None:
    """C65, R10."""
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    with company.office.writing() as books:
        most = (BYTES_PER_DAY_MAX, throttle.DAY_MINUTES)
        key = f"op bytes|{phone.device}"
        assert throttle.strike(books, key, most, company.now_ms, BYTES_PER_DAY_MAX) == 0
    vector = vector_hash(first.server_epoch, {})
    told = {"token": first.token, "vector": vector, "ops": [accept(company, phone, order)]}
    answer = company.client.post(
        "/sync", content=msgspec.json.encode(phone.request(**told)), headers=phone.headers()
    )
    assert (answer.status_code, answer.json()["code"]) == (429, "enough_today")
    assert answer.headers["Retry-After"] == str(24 * 60 * 60)
    company.now_ms += 24 * 60 * 60_000
    assert [one.verdict for one in talk(company, phone, **told).results] == ["applied"]


def test_what_is_too_much_is_not_counted_on_for_ever(tmp_path: Path, fresh_postgres: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'fieldfare.db'}", fresh_postgres):
        engine = database.open_engine(url)
        migrations.upgrade(engine)
        with database.writing(engine) as books:
            told = [throttle.strike(books, "a", (10, 1), now, 2**30) for now in (0, 0, 0, 60_000)]
        engine.dispose()
        assert told == [60] * 4


def test_a_flood_of_passwords_is_told_to_come_again_and_keeps_no_thread(company: Company) -> None:
    company.set_password("dispatcher")
    line = people.HASHING_AT_ONCE + people.HASHING_IN_LINE
    assert [people._in_line.acquire(blocking=False) for _ in range(line)] == [True] * line
    try:
        message = {"login": "dispatcher", "password": PASSWORD}
        refused = company.client.post("/api/login", json=message)
        read = company.client.get("/api/tickets", headers=company.signed_in("dispatcher"))
    finally:
        people._in_line.release(line)
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert (refused.headers["retry-after"], read.status_code) == ("2", 200)
    assert company.client.post("/api/login", json=message).status_code == 200
