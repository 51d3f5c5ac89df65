"""Faults of a disk, one by one: `python -m tests.disk --share 1.0`.

Prints of each scene how many faults there are, how many were tried, and what went wrong.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from tests.disk import phone, server
from tests.disk.faults import Fault, forbidden
from tests.disk.scenes import Scene
from tests.disk.trials import Report, Trials

SCENES: Final[dict[str, type[Scene]]] = {
    **{f"phone {one.name}": one for one in phone.SCENES},
    **{f"server {one.name}": one for one in server.SCENES},
}
MINUTE_S: Final = 60.0


def main() -> int:
    """Try them all; returns 1 if anything went wrong."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--scene", action="append", choices=sorted(SCENES), help="else all")
    asked.add_argument("--share", type=float, default=1.0, help="of the faults, by their seed")
    asked.add_argument("--cuts", type=int, default=100, help="power cuts in each scene")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--jobs", type=int, default=2, help="processes")
    options = asked.parse_args()
    reason = forbidden()
    if reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    wrong = 0
    extent = Extent(options.share, options.cuts, options.seed)
    work = partial(swept, extent=extent)
    with multiprocessing.Pool(options.jobs, maxtasksperchild=1) as pool:
        for told in pool.imap_unordered(work, options.scene or sorted(SCENES), chunksize=1):
            wrong += len(told.wrong)
            sys.stdout.write(f"{line_of(told)}\n")
            sys.stdout.flush()
    return 1 if wrong else 0


class Extent(NamedTuple):
    """How much is tried: a share of the faults, and so many cuts; and by which seed."""

    share: float
    cuts: int
    seed: int

    def of(self, faults: Sequence[Fault]) -> list[Fault]:
        """Those that are tried: at least one of each kind at each call."""
        dice = random.Random(f"faults {self.seed}")
        order = dice.sample(faults, len(faults))
        first = {(one.kind, one.call): one for one in reversed(order)}
        share = order[: round(len(order) * self.share)]
        wanted = {id(one) for one in (*first.values(), *share)}
        return [one for one in faults if id(one) in wanted]


def swept(name: str, *, extent: Extent) -> Report:
    """One scene: its faults, power cuts, and falls after which all is lost that was not synced."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(SCENES[name](), Path(folder) / "scene")
        report = trials.run(extent.of(trials.faults()))
        seeds = range(extent.seed * 1_000, extent.seed * 1_000 + extent.cuts)
        falls = [one for one in trials.kills() if one.call != "pwrite64"]
        for more in (trials.cuts(seeds), trials.losses(extent.of(falls))):
            report.tried += more.tried
            report.wrong += more.wrong
    report.scene, report.faults = name, len(trials.faults())
    report.minutes = (time.monotonic() - began) / MINUTE_S
    return report


def line_of(report: Report) -> str:
    """A report in a few lines."""
    tried = ", ".join(f"{count} {kind}" for kind, count in sorted(report.tried.items()))
    return "\n  ".join(
        [
            f"{report.scene}: {report.faults} faults; tried {tried}; {report.refused} refused; "
            f"{len(report.wrong)} wrong; {report.minutes:.1f} min",
            *report.wrong,
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
