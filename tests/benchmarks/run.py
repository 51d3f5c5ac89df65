"""The bench: runs the scenarios, prints a table, and writes `var/bench.json`.

Figures are CPU of the server's processes with its database. Times depend on the machine; what
counts is the ratio to the floor, a bare server measured in the same run.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from tests.benchmarks import (
    consoles,
    fairness,
    faults,
    growth,
    papers,
    phones,
    photos,
    scenarios,
    standing,
)
from tests.benchmarks.consoles import Desk
from tests.benchmarks.estate import Extent
from tests.benchmarks.fairness import Crowd
from tests.benchmarks.growth import Past
from tests.benchmarks.house import House, on_postgres, on_sqlite
from tests.benchmarks.phones import Load
from tests.benchmarks.photos import Roll
from tests.benchmarks.process import ROOT
from tests.benchmarks.report import table
from tests.benchmarks.scenarios import Figures, Sizes
from tests.benchmarks.standing import Queue

# Scenarios of one server, of another that has nothing but a large company, and of a phone.
BUSY, LARGE, ON_A_PHONE = ("P", "L", "I", "F", "X", "PHOTO", "Q"), ("C", "V"), ("A", "D", "T")
PAPERS = ("R",)
CLOCKS = ("K",)
# A company with a hundred times the past takes long to make: it is measured where it is asked for.
GROWN = ("G",)
SCENARIOS = (*BUSY, *LARGE, *ON_A_PHONE, *PAPERS, *CLOCKS)
RESULTS = ROOT / "var" / "bench.json"


class Plan(Struct, frozen=True, kw_only=True):
    """How large everything is that is measured."""

    sizes: Sizes = Sizes()
    desk: Desk = Desk()
    load: Load = Load()
    roll: Roll = Roll()
    crowd: Crowd = Crowd()
    past: Past = Past()
    queue: Queue = Queue()


QUICK = Plan(
    sizes=Sizes(devices=2, flaky=1, orders=5, exchanges=5, stale=2),
    desk=Desk(
        extent=Extent(orders=40, technicians=2, visits=3),
        crowd=40,
        times=1,
        listeners=3,
        idle_s=0.1,
    ),
    roll=Roll(devices=2, photos=3),
    crowd=Crowd(phones=2, times=3, jobs=4, photos=4),
    past=Past(orders=4, technicians=2, times=(1, 3), phones=2, loads=1, exchanges=4),
    queue=Queue(tickets=300, at_once=100),
    load=Load(orders=4, rows=50, starts=1, times=2, taps=5),
)


def measure(house: House, wanted: Sequence[str], plan: Plan, folder: Path) -> dict[str, Figures]:
    """The figures of the scenarios of a server, in their order."""
    acts: dict[str, Callable[[], Figures]] = {
        "P": lambda: scenarios.push(house, plan.sizes, folder),
        "L": lambda: scenarios.load(house, plan.sizes, folder),
        "I": lambda: scenarios.increment(house, plan.sizes, folder),
        "F": lambda: faults.flaky(house, plan.sizes),
        "X": lambda: faults.stale(house, plan.sizes),
        "PHOTO": lambda: photos.photos(house, plan.roll, folder),
        "Q": lambda: fairness.fairness(house, plan.crowd),
        "C": lambda: consoles.pages(house, plan.desk, folder),
        "V": lambda: consoles.listening(house, plan.desk),
        "G": lambda: growth.growth(house, plan.past),
    }
    found: dict[str, Figures] = {}
    for name in wanted:
        print(f"{name} on {house.kind} …", file=sys.stderr, flush=True)
        found[name] = acts[name]()
    return found


def run(wanted: Sequence[str], plan: Plan, *, postgres: bool) -> dict[str, Figures]:
    """All scenarios on SQLite, and on PostgreSQL where wanted: `P`, and `P on PostgreSQL`."""
    found: dict[str, Figures] = {}
    for place in (on_sqlite, on_postgres) if postgres else (on_sqlite,):
        for served in (BUSY, LARGE, GROWN):
            asked = [name for name in wanted if name in served]
            if not asked:
                continue
            with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as name:
                with place(Path(name)) as house:
                    measured = measure(house, asked, plan, Path(name))
                suffix = "" if place is on_sqlite else f" on {house.kind}"
                found |= {f"{scenario}{suffix}": told for scenario, told in measured.items()}
    held = [name for name in wanted if name in ON_A_PHONE]
    if held:
        print("A, D and T on a phone …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as name:
            told = phones.measure(plan.load, Path(name))
        found |= {scenario: told[scenario] for scenario in held}
    if "R" in wanted:
        print("R …", file=sys.stderr, flush=True)
        found["R"] = papers.measure(plan.load.starts)
    if "K" in wanted:
        print("K …", file=sys.stderr, flush=True)
        found["K"] = standing.measure(plan.queue)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for."""
    options = _options(argv)
    wanted = [name for name in (*SCENARIOS, *GROWN) if name in options.only.split(",")]
    plan = QUICK if options.quick else Plan(sizes=Sizes(devices=options.devices))
    found = run(wanted, plan, postgres=options.postgres and not options.quick)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print("\n".join(table(found)))
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(SCENARIOS), metavar="P,L,…")
    parser.add_argument("--devices", type=int, default=Sizes().devices, help="in P")
    parser.add_argument("--quick", action="store_true", help="small sizes, on SQLite only")
    parser.add_argument("--no-postgres", dest="postgres", action="store_false")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FILE")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
