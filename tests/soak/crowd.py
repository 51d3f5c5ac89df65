"""A soak: many phones and an office at one real server for a while; then everything is compared."""

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from msgspec import Struct

from tests.benchmarks.house import House, floor, on_sqlite
from tests.benchmarks.scenarios import JSON, settle
from tests.soak import figures
from tests.soak.after import complaints
from tests.soak.desk import Desk
from tests.soak.device import Device, Pass, Troubles
from tests.soak.figures import Gauge
from tests.soak.listening import Listener

HANDS: Final = 48  # threads; each has every so-manieth phone
LOOK_S: Final = 0.05
FLOOR_ASKED: Final = 500
BODY: Final = "x" * 600  # of an op, about
HEAL_ROUNDS: Final = 6

Figures = dict[str, Any]


class Size(Struct, frozen=True, kw_only=True):
    """How many phones for how long, how often each speaks, and what befalls them."""

    devices: int = 500
    minutes: float = 15
    pause_s: float = 30
    jobs: int = 3  # of each, before it begins
    desk_pause_s: float = 0.7
    listen_every: int = 8  # every so-manieth phone is poked
    flaky_every: int = 3  # every so-manieth loses requests and answers
    mortal_every: int = 5  # every so-manieth dies now and then
    troubles: Troubles = Troubles(cut=0.25, dies=0.2)
    seed: int = 1


def soak(size: Size, folder: Path, tell: Callable[[str], None]) -> Figures:
    """Live through it; the figures, and under `wrong` everything that is not as it has to be."""
    with on_sqlite(folder) as house:
        tell(f"{size.devices} phones are let in")
        devices, desk = _people(house, size)
        _at_once(devices, Device.talk)  # everything there is, before the clock runs
        for device in devices:
            device.count.clear()
            device.took_s.clear()
        tell(f"they work for {size.minutes} minutes")
        found = _lived(house, size, devices, desk)
        tell("all of them heal, and everything is compared")
        _heal(devices, house)
        wrong = complaints(house, devices, folder / "server.log")
    found["floor_cpu_ms_per_exchange"] = _floor(folder)
    found["cpu_ratio"] = found["cpu_ms_per_exchange"] / found["floor_cpu_ms_per_exchange"]
    return {**found, "wrong": {name: told for name, told in wrong.items() if told}}


def _people(house: House, size: Size) -> tuple[list[Device], Desk]:
    """Everybody with a phone and some jobs, and the office."""
    team = [house.company.technician() for _ in range(size.devices)]
    for place, one in enumerate(team):
        house.company.jobs(size.jobs, one, team[place - 1])
    devices = []
    for place, one in enumerate(team):
        door = house.phone(one)
        shown = Pass(device=door.device, person=one.person, van=one.van, access=door.access)
        befalls = Troubles(
            cut=size.troubles.cut if place % size.flaky_every == 0 else 0.0,
            dies=size.troubles.dies if place % size.mortal_every == 0 else 0.0,
        )
        door.line.close()
        dice = Random(f"{size.seed} {place}")
        devices.append(Device(shown, door.line, befalls, dice))
    return devices, Desk(house, team, Random(f"{size.seed} desk"))


def _lived(house: House, size: Size, devices: Sequence[Device], desk: Desk) -> Figures:
    listeners = [Listener(one, house.port) for one in devices[:: size.listen_every]]
    gauge = Gauge(house, every_s=min(5.0, size.minutes * 60 / 10))
    until = time.monotonic() + size.minutes * 60
    for device in devices:
        device.due = time.monotonic() + Random(device.shown.device).uniform(0, size.pause_s)
    hands = min(HANDS, len(devices))
    with ThreadPoolExecutor(hands + 1) as pool:
        busy = [pool.submit(_tend, devices[n::hands], size.pause_s, until) for n in range(hands)]
        busy.append(pool.submit(_direct, desk, size.desk_pause_s, until))
        late = [one for task in busy for one in task.result()]
    gauge.stop()
    for listener in listeners:
        listener.stop()
    count = sum((device.count for device in devices), Counter[str]())
    cpu_s = gauge.samples[-1].cpu_s - gauge.samples[0].cpu_s
    took = [one for device in devices for one in device.took_s]
    return {
        "devices": size.devices,
        "minutes": size.minutes,
        "pause_s": size.pause_s,
        "load_average": os.getloadavg()[1],
        "ops": sum(len(device.recorded) for device in devices),
        "pokes": sum(one.pokes for one in listeners),
        **figures.exchanges(took),
        "late_p99_s": sorted(late)[int(len(late) * 0.99)] if late else 0.0,
        "cpu_s": cpu_s,
        "cpu_ms_per_exchange": cpu_s / max(count["exchanges"], 1) * 1000,
        "memory": figures.memory(gauge.samples),
        "phones": dict(sorted(count.items())),
        "office": dict(sorted(desk.count.items())),
    }


def _tend(devices: Sequence[Device], pause_s: float, until: float) -> list[float]:
    """Give some phones their turns, when each is due; by how much (s) each turn came late."""
    late: list[float] = []
    while (now := time.monotonic()) < until:
        device = min(devices, key=lambda one: one.due)
        if device.due > now:
            time.sleep(min(device.due - now, LOOK_S))
            continue
        late.append(now - device.due)
        device.turn(pause_s)
    return late


def _direct(desk: Desk, pause_s: float, until: float) -> list[float]:
    while time.monotonic() < until:
        desk.do_something()
        time.sleep(pause_s)
    return []


def _heal(devices: Sequence[Device], house: House) -> None:
    """Everybody talks in peace until nothing waits; once more, when all has been said."""
    for device in devices:
        device.heal()
    for _ in range(HEAL_ROUNDS):
        _at_once(devices, Device.talk)
        if not any(device.pending for device in devices):
            break
    settle(house)
    _at_once(devices, Device.talk)
    settle(house)


def _at_once(devices: Sequence[Device], act: Callable[[Device], None]) -> None:
    with ThreadPoolExecutor(HANDS) as pool:
        for _ in pool.map(act, devices):
            pass


def _floor(folder: Path) -> float:
    """CPU (ms) of the bare server for keeping one op and giving a few back."""
    with floor(folder, "FULL") as bare:
        line = bare.line()
        number = iter(range(FLOOR_ASKED))

        def ask() -> None:
            line.post("/push", msgspec.json.encode([(str(next(number)), BODY)]), JSON)
            wanted = {"since": 0, "rows": figures.FLOOR_ROWS}
            line.post("/pull", msgspec.json.encode(wanted), JSON)

        return figures.cpu_ms_each(bare, FLOOR_ASKED, partial(ask))
