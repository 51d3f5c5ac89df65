"""The bench: runs the scenarios, prints a table, and writes `var/bench.json`.

Figures are CPU of the server's processes with its database. Times depend on the machine; what
counts is the ratio to the floor, a bare server measured in the same run.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import faults, scenarios
from tests.benchmarks.house import House, on_postgres, on_sqlite
from tests.benchmarks.process import ROOT
from tests.benchmarks.report import table
from tests.benchmarks.scenarios import Figures, Sizes

SCENARIOS = ("P", "L", "I", "F", "X")
QUICK = Sizes(devices=2, flaky=1, orders=5, exchanges=5, stale=2)
RESULTS = ROOT / "var" / "bench.json"


def measure(house: House, wanted: Sequence[str], sizes: Sizes, folder: Path) -> dict[str, Figures]:
    """The figures of the scenarios, in their order."""
    found: dict[str, Figures] = {}
    for name in wanted:
        print(f"{name} on {house.kind} …", file=sys.stderr, flush=True)
        if name == "P":
            found[name] = scenarios.push(house, sizes, folder)
        elif name == "L":
            found[name] = scenarios.load(house, sizes, folder)
        elif name == "I":
            found[name] = scenarios.increment(house, sizes, folder)
        else:
            found[name] = (faults.flaky if name == "F" else faults.stale)(house, sizes)
    return found


def run(wanted: Sequence[str], sizes: Sizes, *, postgres: bool) -> dict[str, Figures]:
    """All scenarios on SQLite, and on PostgreSQL where wanted: `P`, and `P on PostgreSQL`."""
    found: dict[str, Figures] = {}
    for place in (on_sqlite, on_postgres) if postgres else (on_sqlite,):
        with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as name:
            with place(Path(name)) as house:
                measured = measure(house, wanted, sizes, Path(name))
            suffix = "" if place is on_sqlite else f" on {house.kind}"
            found |= {f"{scenario}{suffix}": told for scenario, told in measured.items()}
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for."""
    options = _options(argv)
    wanted = [name for name in SCENARIOS if name in options.only.split(",")]
    sizes = QUICK if options.quick else Sizes(devices=options.devices)
    found = run(wanted, sizes, postgres=options.postgres and not options.quick)
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
