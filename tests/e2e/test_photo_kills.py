"""Phone and server are killed while photos are on their way: all arrive, and no byte goes twice."""

import hashlib
import random
import sys
import time
from pathlib import Path
from typing import Final

import pytest
from msgspec import Struct, structs

from mobile.device import install, installation
from tests.bases import CHOICE
from tests.e2e.books import complaints
from tests.e2e.conftest import opened
from tests.e2e.processes import Phone, Server, begun, ended, fieldfare
from tests.e2e.road import Road
from tests.e2e.test_photos import LOGIN, photo, picture, stored

KILLED: Final = -9
BYTES_PER_S: Final = 250_000
HEALED_ROUNDS: Final = 20
SETTLED_S: Final = 60.0
ARRIVED_S: Final = 240.0  # the server says so one by one, and waits for the lease of one that fell
FAST: Final = 16  # each of the two falls once
PICTURE: Final = (1_280, 960)


class Falls(Struct, kw_only=True):
    """What was killed how often while a photo was on its way."""

    phone: int = 0
    server: int = 0
    none: int = 0

    @property
    def all(self) -> int:
        """How many times anything was."""
        return self.phone + self.server


@pytest.mark.slow
def test_nothing_is_lost_when_phone_or_server_fall_while_a_photo_is_on_its_way(
    pristine: Path, tmp_path: Path
) -> None:
    """C15."""
    survive(pristine, tmp_path, 2, photos=1, seed=FAST)


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("seed", [1])
def test_nothing_is_lost_in_fifty_falls(pristine: Path, tmp_path: Path, seed: int) -> None:
    """C42."""
    survive(pristine, tmp_path, 50, photos=36, seed=seed)


def survive(pristine: Path, folder: Path, falls_wanted: int, *, photos: int, seed: int) -> None:
    """Take photos, send them over a narrow road while one or the other falls, and compare."""
    dice = random.Random(f"photo falls {seed}")
    CHOICE.copied(pristine, folder / "data")
    server = Server(folder / "data")
    server.start()
    try:
        phone, number, files = prepared(folder, server, photos)
        falls = Falls()
        with Road(server.port, BYTES_PER_S).open() as road:
            lead(phone, road.port)
            while falls.all < falls_wanted and left(phone):
                strike(phone, server, road, dice, falls)
            heal(phone)
        lead(phone, server.port)
        size = sum(len(data) for data in files.values())
        tally = road.tally
        sys.stdout.write(
            f"{falls}: {size} bytes of files, {tally.sent} sent in {tally.requests} pieces, "
            f"{tally.needless} of them needlessly\n"
        )
        assert falls.all >= falls_wanted
        compare(phone, server, number, files)
        assert tally.needless == 0, tally.told
    finally:
        server.give_up()


def prepared(folder: Path, server: Server, photos: int) -> tuple[Phone, str, dict[str, bytes]]:
    """A phone, its job with photos whose ops the server has, and the files that are to come."""
    company = opened(folder, server)
    phone = company.phone(LOGIN)
    number = company.job(LOGIN)["number"]
    phone.sync()
    phone.work(number, "accept", "depart", "arrive", "start")
    files = {}
    for place in range(photos):
        source = picture(folder / f"{place}.png", place, PICTURE)
        taken = photo(phone, number, source)
        for name in (taken["sha256"], taken["thumb_sha256"]):
            files[name] = (phone.folder / "evidence" / f"{name}.jpg").read_bytes()
    assert phone.run("sync", "--no-media").code == 0
    return phone, number, files


def lead(phone: Phone, port: int) -> None:
    """Have a phone find its server at another port."""
    known = installation(phone.folder)
    assert known is not None
    install(phone.folder, structs.replace(known, server=f"http://127.0.0.1:{port}"))


def left(phone: Phone) -> int:
    """How many files the phone still has to bring."""
    (status,) = phone.items("status")
    return int(status["pending_files"])


def strike(phone: Phone, server: Server, road: Road, dice: random.Random, falls: Falls) -> None:
    """Let the phone talk; once a photo is under way, pull somebody's plug."""
    road.travelling.clear()
    with begun(*phone.words("sync")) as process:
        on_its_way = road.travelling.wait(SETTLED_S)
        time.sleep(dice.uniform(0, 0.9))
        if not on_its_way or process.poll() is not None:
            falls.none += 1
        elif dice.random() < 0.5:
            process.kill()
            falls.phone += 1
        else:
            server.kill()
            falls.server += 1
            server.start()
        ran = ended(process)
    assert ran.code in (0, 4, KILLED), ran
    assert "Traceback" not in ran.errors, ran


def heal(phone: Phone) -> None:
    """Talk until nothing is left."""
    ran = phone.sync()
    for _ in range(HEALED_ROUNDS):
        if ran.code == 0 and ran.told["pending_files"] == 0:
            return
        ran = phone.sync()
    raise AssertionError(ran)


def compare(phone: Phone, server: Server, number: str, files: dict[str, bytes]) -> None:
    """Both sides say that all is well, and the server's files are the phone's, byte by byte."""
    until = time.monotonic() + ARRIVED_S
    while sum("arrived_at" in one for one in phone.sheet(number)["photos"]) < len(files) // 2:
        assert time.monotonic() < until, "the server does not say that the photos are there"
        ran = phone.sync()
        assert ran.code == 0, ran
    ran = phone.sync()
    assert ran.code == 0, ran
    (status,) = phone.items("status")
    assert (status["pending"], status["pending_files"]) == (0, 0)
    assert (status["photos_safe"], status["photos"]) == (len(files) // 2, len(files) // 2)
    assert server.stop() == 0
    assert server.faults() == []
    kept = {name: data for name, data in stored(server.data).items() if name in files}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()} == {
        name: name for name in files
    }
    audited = fieldfare("audit", "verify", "--data", server.data)
    assert (audited.code, audited.told["fault"]) == (0, None), audited
    assert complaints(server.data, [phone.database()], []) == []
