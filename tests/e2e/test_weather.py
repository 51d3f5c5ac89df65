"""Real phones and a real server with bad networks between them: all arrives, and all of it once."""

import random
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from mobile import service
from tests.bases import CHOICE
from tests.e2e.books import complaints
from tests.e2e.conftest import Company, opened
from tests.e2e.processes import Phone, Server, fieldfare
from tests.e2e.test_papers import sign
from tests.e2e.test_photo_kills import ARRIVED_S, heal, lead
from tests.e2e.test_photos import photo, picture, stored
from tests.e2e.test_pokes import App, until
from tests.e2e.weather import FAULTS, THIRD_GENERATION, Line, Weather

LOGINS: Final = ("zhou.jian", "ma.lei")
ROUNDS: Final = 6
SHARE: Final = 0.7
SAFE_S: Final = 10.0  # after the network's return
HEARD: Final = (0, 4)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2))
def test_whatever_the_network_does_all_arrives_once(
    pristine: Path, tmp_path: Path, seed: int
) -> None:
    """C08, C30."""
    CHOICE.copied(pristine, tmp_path / "data")
    server, dice = Server(tmp_path / "data"), random.Random(f"weather {seed}")
    with server.serving():
        company = opened(tmp_path, server)
        jobs = {login: str(company.job(login)["number"]) for login in LOGINS}
        phones = {login: company.phone(login) for login in LOGINS}
        with Weather(server.port, str(seed), SHARE).open() as weather:
            kept = []
            for login, phone in phones.items():
                kept += worked(phone, jobs[login], weather, tmp_path, dice)
            weather.share = 0
            for login, phone in phones.items():
                heal(phone)
                arrived(phone, jobs[login])
        assert server.faults() == []
        names = stored(server.data).keys()
    sys.stdout.write(f"weather {seed}: {dict(weather.met)}\n")
    assert {one.__name__ for one in FAULTS} <= weather.met.keys()
    files = [one.database() for one in phones.values()]
    assert complaints(server.data, files, kept) == []
    assert len(names) >= 2 * ROUNDS  # each photo and its thumbnail
    audited = fieldfare("audit", "verify", "--data", server.data)
    assert (audited.code, audited.told["fault"]) == (0, None), audited


def worked(
    phone: Phone, number: str, weather: Weather, folder: Path, dice: random.Random
) -> list[str]:
    """A day of somebody whose every talk goes through the weather; what was recorded."""
    kept = phone.work(number, "accept", "depart", "arrive", "start")
    lead(phone, weather.port)
    for place in range(ROUNDS):
        kept.append(phone.must("note.add", number, text=f"note {place}", audience="internal"))
        source = picture(folder / f"{phone.folder.name}-{place}.jpg", dice.randrange(10**6))
        photo(phone, number, source)
        ran = phone.sync()
        assert ran.code in HEARD, ran
        assert "Traceback" not in ran.errors, ran
    return kept


def arrived(phone: Phone, number: str) -> None:
    """The office has said of every photo that it is there, and the phone knows."""
    ends = time.monotonic() + ARRIVED_S
    while sum("arrived_at" in one for one in phone.sheet(number)["photos"]) < ROUNDS:
        assert time.monotonic() < ends, "the server does not say that the photos are there"
        assert phone.sync().code == 0


@pytest.mark.slow
def test_a_signed_job_is_safe_ten_seconds_after_a_third_generation_network_is_back(
    company: Company, tmp_path: Path
) -> None:
    """C64."""
    phone = company.phone(LOGINS[0])
    number = str(company.job(LOGINS[0])["number"])
    phone.sync()
    with Line(company.server.port, THIRD_GENERATION).open() as line:
        lead(phone, line.port)
        app = App(phone.folder)
        try:
            with app.running():
                until(lambda: app.couriers.traffic.reached is True)
                line.take_away()
                app.here = ""
                app.couriers.look()
                visited(phone, number, tmp_path)
                assert app.pending() > 5
                line.give_back()
                app.here = "wlan0"
                app.couriers.look()
                safe = until(lambda: app.pending() == 0)
                files = until(lambda: waiting(app) == 0)
        finally:
            lead(phone, company.server.port)
    sys.stdout.write(f"signed job: {safe:.1f} s, with its photo {safe + files:.1f} s\n")
    assert company.desk.order(number)["status"] == "done"
    assert safe < SAFE_S


def visited(phone: Phone, number: str, folder: Path) -> None:
    """A whole visit with a photo and a signature, without a network."""
    phone.work(number, "accept", "depart", "arrive", "start")
    photo(phone, number, picture(folder / "a.jpg", seed=9), "--caption", "the board")
    told = {"outcome": "no_fault_found", "diagnosis": "Loose plug", "work_done": "Fastened"}
    phone.must("work_order.complete", number, **told)
    sign(phone, number, folder)


def waiting(app: App) -> int:
    """How many files the phone still has to bring."""
    with service.opened(app.folder) as phone:
        assert phone is not None
        return phone.queries.waiting().photos
