"""The scenarios of speed: a push by many (P), a first load (L), one change and none (I)."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import msgspec
from msgspec import Struct

from sync.protocol import WireOp
from tests.benchmarks.house import SETTLED_EVERY_S, House, floor
from tests.benchmarks.line import Line, Traffic
from tests.benchmarks.phone import Phone
from tests.benchmarks.workload import JOBS_PER_DAY, Deed, day, write_set

Figures = dict[str, Any]
KB = 1000
JSON = {
    "Content-Type": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "bench",
    "Host": "127.0.0.1",
}
FLOOR_ROWS = 2000


class Sizes(Struct, frozen=True):
    """How much of everything: devices in P and F, work orders in L, exchanges in I, jobs in X."""

    devices: int = 50
    flaky: int = 10
    orders: int = 500
    exchanges: int = 2_000
    stale: int = 36


class Meter:
    """Time and CPU from here on."""

    def __init__(self, cpu_s: Callable[[], float]) -> None:
        self._cpu_s, self._cpu, self._wall = cpu_s, cpu_s(), time.monotonic()

    def read(self) -> tuple[float, float]:
        """CPU and wall seconds so far."""
        return (self._cpu_s() - self._cpu, time.monotonic() - self._wall)


def settle(house: House) -> None:
    """Wait until the notary has numbered and signed everything."""
    while house.waiting():
        time.sleep(SETTLED_EVERY_S)


def at_once(tasks: Sequence[Callable[[], Any]]) -> None:
    """Run tasks at the same moment, each in its thread."""
    gate = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> None:
        gate.wait()
        task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        for done in [pool.submit(run, task) for task in tasks]:
            done.result()


def team(house: House, count: int, jobs: int) -> list[tuple[Phone, list[Deed]]]:
    """Technicians with so many jobs each, in sync with the server, and the day before them."""
    found = []
    for _ in range(count):
        technician = house.company.technician()
        orders = house.company.jobs(jobs, technician)
        phone = house.phone(technician)
        phone.pull()
        phone.line.close()  # it is out of reach from here on
        found.append((phone, list(day(orders, technician, house.company.dice))))
        phone.line.traffic = Traffic()
    return found


def push(house: House, sizes: Sizes, folder: Path) -> Figures:
    """P: devices come online at once and push a day each; then each pulls what came of it."""
    days = [
        (phone, phone.record(deeds)) for phone, deeds in team(house, sizes.devices, JOBS_PER_DAY)
    ]
    settle(house)
    verdicts: list[str] = []

    def hand_in(phone: Phone, ops: list[WireOp]) -> None:
        verdicts.extend(result.verdict for result in phone.push(ops))

    meter = Meter(house.cpu_s)
    at_once([partial(hand_in, *one) for one in days])
    wall = meter.read()[1]
    settle(house)
    cpu = meter.read()[0]
    ops = sum(len(ops) for _, ops in days)
    pushed = per_client([phone.line for phone, _ in days])
    applied = kept(house, days)
    assert verdicts.count("applied") == applied == ops, (verdicts.count("applied"), applied, ops)
    meter = Meter(house.cpu_s)
    at_once([phone.pull for phone, _ in days])
    echo = per_client([phone.line for phone, _ in days])
    return {
        "cpu_s_per_1000_ops": cpu / ops * 1000,
        "wall_s": wall,
        "ops": ops,
        "applied": applied,
        "rows": rows_of(house),
        **pushed,
        "then_pull_cpu_s_per_1000_ops": meter.read()[0] / ops * 1000,
        "then_pull_kb_down": echo["kb_down"],
        "then_pull_requests": echo["requests"],
        "floor": floor_push(days, folder),
    }


def kept(house: House, days: Sequence[tuple[Phone, list[WireOp]]]) -> int:
    """How many of these ops the books hold as applied."""
    wanted = {op.id for _, ops in days for op in ops}
    return sum(row["op_id"] in wanted for row in house.rows("op", verdict="applied"))


def rows_of(house: House) -> int:
    """How many rows the feed holds."""
    return len(house.rows("feed"))


def per_client(lines: Sequence[Line]) -> Figures:
    """What each client sent and got, on average; counted from nothing again."""
    told: Figures = {}
    for name, unit in (("up", KB), ("down", KB), ("whole_up", KB), ("whole_down", KB)):
        told[f"kb_{name}"] = sum(getattr(one.traffic, name) for one in lines) / len(lines) / unit
    told["requests"] = sum(one.traffic.requests for one in lines) / len(lines)
    for line in lines:
        line.traffic = Traffic()
    return told


def floor_push(days: Sequence[tuple[Phone, list[WireOp]]], folder: Path) -> Figures:
    """The same bodies on the floor, each day in one request, with both ways of writing."""
    bodies = [msgspec.json.encode([(op.id, op.body) for op in ops]) for _, ops in days]
    count = sum(len(ops) for _, ops in days)
    told: Figures = {}
    for synchronous, suffix in (("FULL", ""), ("NORMAL", "_normal")):
        with floor(folder, synchronous) as bare:
            lines = [bare.line() for _ in bodies]
            meter = Meter(bare.cpu_s)
            pairs = zip(lines, bodies, strict=True)
            at_once([partial(line.post, "/push", body, JSON) for line, body in pairs])
            told[f"cpu_s_per_1000_ops{suffix}"] = meter.read()[0] / count * 1000
            told |= per_client(lines)
    return told


def load(house: House, sizes: Sizes, folder: Path) -> Figures:
    """L: a new device pulls everything; then another new device of the same person."""
    technician = house.company.technician()
    write_set(house.company, technician, sizes.orders)
    told: Figures = {}
    rows: dict[str, bytes] = {}
    for prefix in ("", "again_"):
        phone = house.phone(technician)
        settle(house)
        phone.line.traffic = Traffic()
        meter = Meter(house.cpu_s)
        pulled = phone.pull()
        cpu, wall = meter.read()
        rows = {f"{row.table}:{row.id}": row.data for row in pulled.rows if row.data is not None}
        traffic = phone.line.traffic
        told |= {
            f"{prefix}cpu_s": cpu,
            f"{prefix}wall_s": wall,
            f"{prefix}requests": traffic.requests,
            f"{prefix}mb_down": traffic.down / KB / KB,
            f"{prefix}rows": len(rows),
            f"{prefix}mb_of_json": sum(len(body) for body in rows.values()) / KB / KB,
            f"{prefix}streams": len(phone.cursors),
        }
    return {**told, "floor": floor_load(rows, folder)}


def floor_load(rows: dict[str, bytes], folder: Path) -> Figures:
    """The same rows on the floor, pulled page by page."""
    documents = [(identity, body.decode()) for identity, body in rows.items()]
    with floor(folder, "FULL") as bare:
        line = bare.line()
        line.post("/push", msgspec.json.encode(documents), JSON)
        line.traffic = Traffic()
        meter = Meter(bare.cpu_s)
        since, found = 0, FLOOR_ROWS
        while found == FLOOR_ROWS:
            page = floor_pull(line, since)
            found = len(page)
            since = page[-1][1] if page else since
        return {
            "cpu_s": meter.read()[0],
            "requests": line.traffic.requests,
            "mb_down": line.traffic.down / KB / KB,
        }


def floor_pull(line: Line, since: int) -> list[Any]:
    """One page of the floor."""
    told = line.post("/pull", msgspec.json.encode({"since": since, "rows": FLOOR_ROWS}), JSON)
    assert told is not None
    page: list[Any] = msgspec.json.decode(told)
    return page


def increment(house: House, sizes: Sizes, folder: Path) -> Figures:
    """I: another device changes one record, the device pulls until it is current; and idling."""
    mine, other = house.company.technician(), house.company.technician()
    (order,) = house.company.jobs(1, mine, other)
    phone, changer = house.phone(mine), house.phone(other)
    phone.pull()
    changer.pull()
    change = Deed("checklist.answer", order, {"item": "value_1", "value": "7.5"})
    changer.push(changer.record([change]))
    settle(house)
    phone.line.traffic = Traffic()
    pulled = phone.pull()
    told = {name: getattr(phone.line.traffic, name) for name in Traffic.__struct_fields__}
    assert [row.table for row in pulled.rows] == ["reading"], pulled.rows
    phone.pull()
    phone.line.traffic = Traffic()
    meter = Meter(house.cpu_s)
    for _ in range(sizes.exchanges):
        assert phone.pull().rows == []
    cpu, wall = meter.read()
    idle = phone.line.traffic
    return {
        "requests": told["requests"],
        "bytes_up": told["up"],
        "bytes_down": told["down"],
        "bytes_whole_up": told["whole_up"],
        "bytes_whole_down": told["whole_down"],
        "idle_cpu_ms": cpu / sizes.exchanges * 1000,
        "idle_wall_ms": wall / sizes.exchanges * 1000,
        "idle_bytes": (idle.up + idle.down) / sizes.exchanges,
        "idle_bytes_whole": (idle.whole_up + idle.whole_down) / sizes.exchanges,
        "floor": floor_increment(pulled.rows[0].data or b"", folder, sizes),
    }


def floor_increment(body: bytes, folder: Path, sizes: Sizes) -> Figures:
    """One document changed on the floor, and pulled; and idling."""
    with floor(folder, "FULL") as bare:
        line = bare.line()
        line.post("/push", msgspec.json.encode([("one", body.decode())]), JSON)
        line.traffic = Traffic()
        floor_pull(line, 0)
        told = {"requests": 1, "bytes_up": line.traffic.up, "bytes_down": line.traffic.down}
        meter = Meter(bare.cpu_s)
        for _ in range(sizes.exchanges):
            floor_pull(line, 1)
        return {**told, "idle_cpu_ms": meter.read()[0] / sizes.exchanges * 1000}
