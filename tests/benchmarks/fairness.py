"""Q: nine phones go about their day while another one, with very much to say, leaves no gap."""

import multiprocessing
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median, quantiles
from threading import Event
from typing import Final

from msgspec import Struct

from sync.protocol import OPS_PER_PUSH_MAX, WireOp
from tests.benchmarks.house import House
from tests.benchmarks.line import Busy, Line
from tests.benchmarks.phone import Phone
from tests.benchmarks.photos import Picture, Roll, pictures
from tests.benchmarks.scenarios import Figures, settle
from tests.benchmarks.workload import Deed, readings

PAUSE_S: Final = 0.1
PER_JOB: Final = 50
NOTE: Final = {"text": "So far", "audience": "internal"}


class Crowd(Struct, frozen=True):
    """How many phones speak how often in quiet, and what the heavy one brings."""

    phones: int = 9
    times: int = 20
    jobs: int = 200
    photos: int = 300  # more must be named by acts before more may come
    photo_bytes: int = 200_000


def fairness(house: House, crowd: Crowd) -> Figures:
    """How long an exchange with one act takes the nine, alone and beside the heavy one."""
    light = [_phone(house, 1) for _ in range(crowd.phones)]
    heavy, orders = _phone(house, crowd.jobs)
    dice = house.company.dice
    ops = heavy.record(deed for order in orders for deed in readings(order, PER_JOB, dice))
    roll = Roll(devices=1, photos=crowd.photos, photo_bytes=crowd.photo_bytes)
    settle(house)
    alone = _spoken(light, lambda count: count >= crowd.times)
    act = partial(_burden, heavy, house.port, ops, pictures(roll, 0))
    burden = multiprocessing.get_context("fork").Process(target=act)
    burden.start()
    beside = _spoken(light, lambda _: not burden.is_alive())
    burden.join()
    assert burden.exitcode == 0
    return {
        "quiet_ms": median(alone),
        "quiet_p95_ms": quantiles(alone, n=20)[-1],
        "beside_ms": median(beside),
        "beside_p95_ms": quantiles(beside, n=20)[-1],
        "ratio": median(beside) / median(alone),
        "p95_ratio": quantiles(beside, n=20)[-1] / quantiles(alone, n=20)[-1],
        "exchanges": len(beside),
        "heavy_ops": len(ops),
    }


def _phone(house: House, jobs: int) -> tuple[Phone, list[str]]:
    technician = house.company.technician()
    orders = house.company.jobs(jobs, technician)
    phone = house.phone(technician)
    phone.pull()
    return phone, orders


def _spoken(
    light: Sequence[tuple[Phone, list[str]]], is_over: Callable[[int], bool]
) -> list[float]:
    """How long each exchange of each phone took (ms)."""
    with ThreadPoolExecutor(len(light)) as pool:
        told = pool.map(partial(_speak, is_over), light)
        return [each for some in told for each in some]


def _speak(is_over: Callable[[int], bool], one: tuple[Phone, list[str]]) -> list[float]:
    phone, orders = one
    took: list[float] = []
    while not is_over(len(took)):
        ops = phone.record(
            [Deed("note.add", orders[0], {"text": "So far", "audience": "internal"})]
        )
        began = time.monotonic()
        phone.push(ops)
        phone.pull()
        took.append((time.monotonic() - began) * 1000)
        time.sleep(PAUSE_S)
    return took


def _burden(phone: Phone, port: int, ops: list[WireOp], photos: list[Picture]) -> None:
    """All that a phone can ask for, at once, for as long as it has acts and photos."""
    over = Event()
    files, reads = phone.beside(Line(port)), phone.beside(Line(port))
    with ThreadPoolExecutor(3) as pool:
        pushed, brought = pool.submit(_push, phone, ops), pool.submit(_bring, files, photos)
        read = pool.submit(_read, reads, over)
        pushed.result()
        brought.result()
        over.set()
        read.result()


def _push(phone: Phone, ops: list[WireOp]) -> None:
    for start in range(0, len(ops), OPS_PER_PUSH_MAX):
        phone.push(ops[start : start + OPS_PER_PUSH_MAX])


def _bring(phone: Phone, photos: list[Picture]) -> None:
    for photo in photos:
        named = b64encode(photo.sha256.encode()).decode()
        phone.upload(photo.data, {"Upload-Metadata": f"sha256 {named}"})


def _read(phone: Phone, over: Event) -> None:
    """Everything from its beginning, again and again."""
    while not over.is_set():
        phone.forget()
        try:
            phone.pull()
        except Busy:
            time.sleep(PAUSE_S)
