"""Say many wrong things: `python -m tests.fuzz --cases 20000 --seed 7`, or `--only replies`."""

import argparse
import sys

from tests.fuzz.answers import Broken
from tests.fuzz.sweeps import KINDS, sweep


def main() -> int:
    """All kinds, or one; returns 1 if something broke, and says which case."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=5_000, help="of each kind")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--from", dest="first", type=int, default=0, help="the first case")
    asked.add_argument("--only", choices=tuple(KINDS))
    options = asked.parse_args()
    cases = range(options.first, options.first + options.cases)
    broke = 0
    for name in [options.only] if options.only else KINDS:
        try:
            swept = sweep(name, options.seed, cases)
        except Broken as broken:
            broke = 1
            sys.stdout.write(f"{broken}\n")
            continue
        sys.stdout.write(
            f"{name}: {swept.cases} cases in {swept.took_s:.0f} s, memory {swept.half_mb:.0f} MB "
            f"half way, {swept.end_mb:.0f} MB at the end\n"
        )
    return broke


if __name__ == "__main__":
    sys.exit(main())
