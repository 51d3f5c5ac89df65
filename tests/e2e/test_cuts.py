"""An upload is cut at every place, by a road that ends or one that stands still, and goes on."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from mobile import tus
from mobile.wire import Got, Unreachable
from sync.shelf import OTHER
from sync.transfer import Answer, Asked
from tests.bases import CHOICE
from tests.e2e.conftest import Company, opened
from tests.e2e.processes import ANSWER_S, Server
from tests.e2e.road import Road
from tests.e2e.uploading import PIECE, TUS, Uploader, named, picture, sha256
from tests.sync.test_transfer import Phone, small

PIECE_BYTES = 1_000
SIZE = 3_300
ENDS = range(0, SIZE, PIECE_BYTES)
# At every end of a piece, and so many bytes past it; the last one is the end of the file.
CUTS = [*(end + inside for end in ENDS for inside in (0, 1, 150, 299)), SIZE]
FAST = 1_000_000_000
HEARD_S = 2.0
STILL_S = 1.6


@pytest.fixture(scope="module")
def uploader(company: Company) -> Uploader:
    """The phone of a technician, as far as it uploads."""
    return Uploader(company.desk, "zhou.jian")


def stored(company: Company, data: bytes) -> bool:
    """Whether a file is in the evidence store."""
    name = sha256(data)
    path = company.folder / "data" / "evidence" / name[0] / name[1] / name
    return path.is_file() and path.read_bytes() == data


class Wire:
    """Carries the lane's requests over a road to a real server."""

    def __init__(self, uploader: Uploader, road: Road) -> None:
        self.server = f"http://127.0.0.1:{road.port}"
        self._authorised = uploader.authorised

    def carry(
        self, method: str, path: str, headers: dict[str, str], body: bytes, *, token: str | None
    ) -> Got:
        """One request on a connection of its own."""
        said, url = {**self._authorised, **headers}, self.server + path
        try:
            got = requests.request(method, url, headers=said, data=body, timeout=ANSWER_S)
        except requests.ConnectionError as error:
            raise Unreachable("cut") from error
        told = {name.lower(): text for name, text in got.headers.items()}
        return Got(status=got.status_code, headers=told, content=got.content)


def converse(phone: Phone, wire: Wire, told: list[tuple[Asked, Answer]]) -> None:
    """One conversation of the lane, to its end or the road's."""
    phone.begin()
    try:
        asked = next(phone.lane)
        while True:
            answer = tus.ask(wire, asked, phone.body(asked), "")
            told.append((asked, answer))
            asked = phone.lane.send(answer)
    except StopIteration:
        return
    except Unreachable:
        phone.lane.close()


def kept(uploader: Uploader, data: bytes, least: int) -> int:
    """How much the server has, once it has heard of the end of the road."""
    said = {"Upload-Length": str(len(data)), "Upload-Metadata": named(data)["Upload-Metadata"]}
    said["Upload-Metadata"] += ",resume"
    until = time.monotonic() + HEARD_S
    while True:
        answer = uploader.ask("POST", "/evidence", headers=said)
        found = int(answer.headers["Upload-Offset"])
        if found >= least or time.monotonic() >= until:
            return found


def begun_at(cut: int) -> int:
    """Where the piece begins whose last byte to get through is followed by the cut."""
    return max(0, cut - 1) // PIECE_BYTES * PIECE_BYTES


def test_cut_at_every_piece_and_inside_no_byte_that_was_kept_goes_twice(
    company: Company, uploader: Uploader
) -> None:
    """C41."""
    lost = 0
    for cut in CUTS:
        phone = small(Phone((f"cut at {cut}", SIZE, OTHER)))
        (data,) = phone.bytes.values()
        with Road(company.server.port, FAST).open() as road:
            road.ends_at = cut
            wire, told = Wire(uploader, road), list[tuple[Asked, Answer]]()
            converse(phone, wire, told)
            assert road.ended.is_set()
            found = kept(uploader, data, cut)
            assert begun_at(cut) <= found <= cut
            lost += found < cut  # the end was heard before the bytes were read
            converse(phone, wire, told)
            assert phone.states() == ["safe"]
            assert road.tally.needless == 0, road.tally.told
            assert road.tally.sent == SIZE + cut - found, road.tally.told
        assert stored(company, data)
    assert lost < len(CUTS) / 4


@pytest.fixture(scope="module")
def impatient(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company whose server bears no long silence."""
    folder = tmp_path_factory.mktemp("impatient")
    CHOICE.copied(pristine, folder / "data", lasts=True)
    server = Server(folder / "data")
    words = ["-m", "tests.e2e.impatient", str(server.data), str(server.port), str(STILL_S)]
    with server.serving([sys.executable, *words]):
        yield opened(folder, server)
        assert server.faults() == []


def test_a_body_that_stands_still_is_ended_what_came_is_kept_and_nobody_else_is_disturbed(
    impatient: Company,
) -> None:
    uploader = Uploader(impatient.desk, "zhou.jian")
    data, other = picture(1, 4_000), picture(2, 4_000)
    place = uploader.begin(data)
    with uploader.open(place, 0, len(data)) as still:
        still.sendall(data[:1_500])
        moving = threading.Thread(target=creep, args=(uploader, other))
        moving.start()
        assert still.recv(100).startswith(b"HTTP/1.1 408 ")
        moving.join()
    assert stored(impatient, other)
    assert uploader.offset(place) == 1_500
    assert uploader.patch(place, 1_500, data[1_500:]).status_code == 204
    assert stored(impatient, data)


def creep(uploader: Uploader, data: bytes) -> None:
    """Bring a file slowly but without a stop, for longer than anybody may stand still."""
    place, steps = uploader.begin(data), 16
    with uploader.open(place, 0, len(data)) as slow:
        for step in range(steps):
            slow.sendall(data[len(data) * step // steps : len(data) * (step + 1) // steps])
            time.sleep(2 * STILL_S / steps)


def test_a_first_piece_that_stands_still_is_kept_too(impatient: Company) -> None:
    uploader = Uploader(impatient.desk, "zhou.jian")
    data = picture(3, 4_000)
    headers: dict[str, Any] = {"Upload-Length": str(len(data)), **named(data), **PIECE, **TUS}
    with uploader.open("/evidence", 0, len(data), method="POST", **headers) as still:
        still.sendall(data[:1_500])
        assert still.recv(100).startswith(b"HTTP/1.1 408 ")
    assert kept(uploader, data, 1_500) == 1_500
