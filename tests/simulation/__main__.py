"""Live through many weeks: `python -m tests.simulation --seeds 500 --from 1`.

Prints what went wrong, shrunk to as little as still goes wrong, as steps for `test_found.py`.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator

from tests.simulation.weeks import STEPS, Week, Wrong, live, shrunk, week_of

TWICE_EVERY = 50  # such a week is lived through twice, and has to come to the same


def main() -> int:
    """Live through them all; returns 1 if anything went wrong."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=500, help="how many weeks")
    asked.add_argument("--from", dest="first", type=int, default=1, help="the first seed")
    asked.add_argument("--steps", type=int, default=STEPS, help="how much happens in a week")
    asked.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    options = asked.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    began, wrong = time.monotonic(), 0
    with multiprocessing.Pool(options.jobs) as pool:
        weeks = ((seed, options.steps) for seed in seeds)
        for told in pool.imap_unordered(_lived, weeks, chunksize=8):
            if told:
                wrong += 1
                sys.stdout.write(f"{told}\n")
    took = time.monotonic() - began
    sys.stdout.write(
        f"{len(seeds)} weeks of {options.steps} steps from seed {seeds.start}: {wrong} went wrong; "
        f"{len(seeds) / took:.1f} a second\n"
    )
    return 1 if wrong else 0


def _lived(asked: tuple[int, int]) -> str:
    """What is to be told of the week of a seed; nothing if all went well."""
    seed, steps = asked
    week = week_of(seed, steps)
    try:
        trace = live(week)
        if seed % TWICE_EVERY == 0 and live(week) != trace:
            return f"seed {seed}: the same week came to something else"
    except Wrong as wrong:
        return "\n".join([f"seed {seed}: {wrong}", *_steps(shrunk(week, wrong.check))])
    return ""


def _steps(week: Week) -> Iterator[str]:
    yield f"    week.begin({set(week.lacks) or '{}'})"
    for name, said in week.happenings:
        yield f"    week.{name}({', '.join(f'{key}={value!r}' for key, value in said.items())})"


if __name__ == "__main__":
    sys.exit(main())
