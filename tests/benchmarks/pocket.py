"""A phone's folder for the bench: many jobs of one day, and many reference rows, as if pulled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Raw

from server import presets
from server.settings import ASSETS
from shared.ids import derive
from shared.kinds import write_row
from shared.ops import SYSTEM
from shared.parts import Part
from shared.policy import CHOICE, PRESETS
from shared.records import table
from sync.digest import plus
from sync.protocol import Row
from tests.app.folders import JOBS, Given, window

CATALOG: Final = "catalog"
NAMES: Final = (
    ("Filter", "滤芯"),
    ("Compressor capacitor", "压缩机电容"),
    ("Door seal", "门封条"),
    ("Expansion valve", "膨胀阀"),
    ("Control board", "主控板"),
)


def part(number: int) -> Part:
    """One part of the catalogue."""
    en, zh = NAMES[number % len(NAMES)]
    return Part(
        id=derive("bench", "reference", number),
        number=f"R-{number:05}",
        en=f"{en} {number}",
        zh=f"{zh} {number}",
        type="generic",
        unit="piece",
        barcode=f"69{number:011}",
    )


def rows(count: int) -> Iterator[Row]:
    """Rows of the catalogue, as a server sends them."""
    for number in range(count):
        known = part(number)
        yield Row(table(Part), known.id, Raw(write_row(known)))


def _under_rules(given: Given) -> None:
    """The recommended policy in force, so that every card has its clocks."""
    told = presets.read(ASSETS / "policies", PRESETS[0], "2020-01-01")
    world, args = given.world, msgspec.to_builtins(told)
    world.must(world.office("policy.publish", ("service_policy", ""), args, by=SYSTEM))
    chosen = {"choice": {"policy": told.name, "valid_from": told.valid_from}}
    world.must(world.office("policy.choose", ("policy_choice", CHOICE), chosen, by=SYSTEM))


def fill(folder: Path, orders: int, reference: int) -> list[str]:
    """Ann's phone with so many open jobs on one day and so many rows; returns the jobs' ids."""
    given = Given(folder)
    _under_rules(given)
    jobs = []
    for index in range(orders):
        summary, customer, address, priority = JOBS[index % len(JOBS)]
        more = {"priority": priority, **window(7 + index % 12, 8 + index % 12)}
        jobs.append(given.job(f"{summary} {index}", f"{customer} {index}", address, **more))
    given.phone.sync()
    replica = given.phone.replica
    with replica.transaction():
        mark = replica.marks()[CATALOG]
        changed = replica.take(CATALOG, list(rows(reference)), staged=False)
        replica.mark(type(mark)(stream=CATALOG, cursor=mark.cursor, sums=plus(mark.sums, changed)))
    given.phone.connection.close()
    return jobs
