"""The phone's own threads against a real server: pokes, a network that returns, and slow files."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import structs
from PIL import Image

from mobile import service
from mobile.couriers import Couriers
from mobile.device import install, installation
from mobile.journal import Said
from sync import transfer
from tests.e2e.conftest import Company
from tests.e2e.processes import Phone
from tests.e2e.road import Road

WAIT_S = 60.0
SOON_S = 20.0  # far less than the minute after which a phone asks by itself
LOGIN = "zhou.jian"
NOTE = {"text": "Filter was blocked", "audience": "internal"}


class App:
    """An installation's couriers as an app runs them, without a window."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.here = "wlan0"  # the network it is on
        self.couriers = Couriers(
            folder, lambda act: act(), lambda *, changed: None, network=lambda: self.here
        )

    @contextmanager
    def running(self) -> Iterator["App"]:
        """Talks and listens for as long as the block lasts."""
        self.couriers.start()
        try:
            yield self
        finally:
            self.couriers.stop()

    def is_poked(self) -> bool:
        """Whether its line is open."""
        listener = self.couriers._listener
        return listener is not None and listener.is_poked

    def jobs(self) -> set[str | None]:
        """The numbers of the jobs it has."""
        with service.opened(self.folder) as phone:
            assert phone is not None
            return {job.number for job in phone.queries.jobs()}

    def pending(self) -> int:
        """How many acts have no verdict yet."""
        with service.opened(self.folder) as phone:
            assert phone is not None
            return phone.queries.waiting().pending

    def note(self, number: str) -> None:
        """Record a note, as a tap does."""
        with service.opened(self.folder) as phone:
            assert phone is not None
            order = phone.queries.job_named(number)
            assert order is not None
            service.record(phone, Said(kind="note.add", on=("work_order", order.id), args=NOTE))
        self.couriers.ring()


def until(holds: Callable[[], bool], seconds: float = WAIT_S) -> float:
    """Wait for something to hold; how long that took (s)."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, "it never came to that"
        threading.Event().wait(0.05)
    return time.monotonic() - began


@pytest.fixture
def phone(company: Company) -> Phone:
    return company.phone(LOGIN)


@pytest.mark.slow
def test_what_the_office_assigns_shows_on_the_phone_within_seconds_without_a_tap(
    company: Company, phone: Phone
) -> None:
    """C64."""
    with App(phone.folder).running() as app:
        until(lambda: app.is_poked() and app.couriers.traffic.reached is True)
        until(lambda: not app.couriers.traffic.talking)
        for _ in range(2):
            number = str(company.job(LOGIN)["number"])
            assert until(lambda number=number: number in app.jobs()) < SOON_S  # type: ignore[misc]


@pytest.mark.slow
def test_started_without_a_network_all_goes_by_itself_as_soon_as_there_is_one(
    company: Company, phone: Phone
) -> None:
    """C64."""
    number = str(company.job(LOGIN)["number"])
    phone.sync()
    company.server.stop()
    try:
        app = App(phone.folder)
        app.here = ""
        with app.running():
            app.note(number)
            until(lambda: app.couriers.traffic.reached is False)
            assert (app.pending(), app.is_poked()) == (1, False)
            company.server.start()
            app.here = "wlan0"
            app.couriers.look()  # as the window does every two seconds
            assert until(lambda: app.pending() == 0) < SOON_S
            until(app.is_poked)
    finally:
        if company.server._process is None:
            company.server.start()


@pytest.mark.slow
def test_an_act_recorded_while_a_large_piece_crawls_is_sent_at_once(
    company: Company, phone: Phone, tmp_path: Path
) -> None:
    """C40."""
    number = str(company.job(LOGIN)["number"])
    phone.sync()
    source = tmp_path / "noise.jpg"
    Image.frombytes("RGB", (1_600, 1_200), os.urandom(1_600 * 1_200 * 3)).save(source, quality=90)
    taken = phone.run("photo", "--wo", number, str(source))
    assert taken.code == 0, taken
    assert taken.told["size"] > 500_000  # which is one piece
    assert phone.run("sync", "--no-media").code == 0
    owner = installation(phone.folder)
    assert owner is not None
    with Road(company.server.port, 30_000).open() as road:
        install(phone.folder, structs.replace(owner, server=f"http://127.0.0.1:{road.port}"))
        try:
            app = App(phone.folder)
            app.couriers._pace = transfer.Pace(piece_bytes=transfer.PIECE_BYTES_MAX)
            with app.running():
                until(lambda: road.tally.sent > 100_000)  # more than the thumbnail
                app.note(number)
                until(lambda: app.pending() == 0)
                assert road.tally.sent < taken.told["size"]
        finally:
            install(phone.folder, owner)
