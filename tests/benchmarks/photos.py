"""PHOTO: devices push a day's photos each, and the office knows that they are here."""

import hashlib
import time
from base64 import b64encode
from collections.abc import Sequence
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

from msgspec import Struct

from tests.benchmarks.house import SETTLED_EVERY_S, House, floor
from tests.benchmarks.line import Line, Traffic
from tests.benchmarks.phone import Phone
from tests.benchmarks.scenarios import JSON, Figures, Meter, at_once, per_client, settle
from tests.benchmarks.workload import Deed

THUMB: Final = {"thumb_sha256": "0" * 64, "thumb_size": 9_000, "width": 1600, "height": 1200}
PER_JOB: Final = 4


class Roll(Struct, frozen=True):
    """How many devices bring how many photos of how many bytes."""

    devices: int = 10
    photos: int = 48
    photo_bytes: int = 200_000


class Picture(Struct, frozen=True):
    """A file that looks like a JPEG from both ends, and its hash."""

    data: bytes
    sha256: str


def photos(house: House, roll: Roll, folder: Path) -> Figures:
    """Each photo in one request, all devices at once; then until each is told to have arrived."""
    crews = [(phone, pictures(roll, number)) for number, phone in enumerate(_said(house, roll))]
    _use(house, folder)
    settle(house)
    meter = Meter(house.cpu_s)
    at_once([partial(_bring, phone, pictures) for phone, pictures in crews])
    cpu, wall = meter.read()
    traffic = per_client([phone.line for phone, _ in crews])
    whole = roll.devices * roll.photos
    while len(house.rows("photo", arrived_at=None)) > 0:
        time.sleep(SETTLED_EVERY_S)
    settle(house)
    kept = len(house.rows("evidence_file"))
    assert kept == whole, (kept, whole)
    return {
        "cpu_s_per_100": cpu / whole * 100,
        "wall_s": wall,
        "photos": whole,
        "arrived_cpu_s_per_100": meter.read()[0] / whole * 100,
        "kb_each": traffic["kb_whole_up"] / roll.photos,
        "kb_down_each": traffic["kb_whole_down"] / roll.photos,
        "requests_each": traffic["requests"] / roll.photos,
        "floor": _floor([pictures for _, pictures in crews], folder),
    }


def _use(house: House, folder: Path) -> None:
    """A store into which photos have come before: the folders over which it spreads are there."""
    left = {f"{number:02x}" for number in range(0x100)}
    source = folder / "small"
    for number in count():
        data = b"%d" % number
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256[:2] in left:
            left.remove(sha256[:2])
            source.write_bytes(data)
            house.office.evidence.put(sha256, source)
        if not left:
            return


def _said(house: House, roll: Roll) -> list[Phone]:
    """Phones whose acts name the photos that they will bring."""
    found = []
    for number in range(roll.devices):
        technician = house.company.technician()
        orders = house.company.jobs(-(-roll.photos // PER_JOB), technician)
        phone = house.phone(technician)
        deeds = [
            Deed("photo.add", orders[place // PER_JOB], _args(picture, place))
            for place, picture in enumerate(pictures(roll, number))
        ]
        phone.push(phone.record(deeds))
        phone.line.traffic = Traffic()
        found.append(phone)
    return found


def _args(picture: Picture, place: int) -> dict[str, object]:
    told = {"sha256": picture.sha256, "size": len(picture.data), "audience": "customer"}
    return {**told, **THUMB, "slot": f"slot_{place}"}


def pictures(roll: Roll, number: int) -> list[Picture]:
    dice = Random(number)
    found = []
    for _ in range(roll.photos):
        data = b"\xff\xd8" + dice.randbytes(roll.photo_bytes - 4) + b"\xff\xd9"
        found.append(Picture(data, hashlib.sha256(data).hexdigest()))
    return found


def _bring(phone: Phone, pictures: Sequence[Picture]) -> None:
    for picture in pictures:
        named = b64encode(picture.sha256.encode()).decode()
        phone.upload(picture.data, {"Upload-Metadata": f"sha256 {named}"})


def _floor(crews: Sequence[Sequence[Picture]], folder: Path) -> Figures:
    """The same bodies on the floor, each written to a file of its own and made durable."""
    with floor(folder, "FULL") as bare:
        lines = [bare.line() for _ in crews]
        meter = Meter(bare.cpu_s)
        at_once([partial(_store, *one) for one in zip(lines, crews, strict=True)])
        cpu, wall = meter.read()
        whole = sum(map(len, crews))
        told = per_client(lines)
    return {
        "cpu_s_per_100": cpu / whole * 100,
        "wall_s": wall,
        "kb_each": told["kb_whole_up"] * len(lines) / whole,
    }


def _store(line: Line, pictures: Sequence[Picture]) -> None:
    for picture in pictures:
        line.post("/photo", picture.data, JSON)
