"""Let many phones work at a real server: `python -m tests.soak --devices 500 --minutes 15`.

Prints and writes the figures. Ends with 1 if anything was lost, doubled, stuck or different, or if
the server's memory went on growing.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.process import ROOT
from tests.soak.crowd import Size, soak

RESULTS = ROOT / "var" / "soak.json"
GROWTH_MAX = 0.1  # of the memory that it had half way
SHOWN_MAX = 20


def main() -> int:
    """Live through it, and tell."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--devices", type=int, default=Size().devices)
    asked.add_argument("--minutes", type=float, default=Size().minutes)
    asked.add_argument("--pause", type=float, default=Size().pause_s, help="s between turns")
    asked.add_argument("--seed", type=int, default=Size().seed)
    asked.add_argument("--out", type=Path, default=RESULTS, metavar="FILE")
    options = asked.parse_args()
    size = Size(
        devices=options.devices,
        minutes=options.minutes,
        pause_s=options.pause,
        seed=options.seed,
    )
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fieldfare-soak-") as name:
        found = soak(size, Path(name), lambda text: _tell(text, began))
    wrong = {what: told[:SHOWN_MAX] for what, told in found.pop("wrong").items()}
    told = json.dumps({**found, "wrong": wrong}, indent=2, ensure_ascii=False)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(told + "\n", encoding="utf-8")
    sys.stdout.write(told + "\n")
    memory = found["memory"]
    grew = memory["end_mb"] - memory["half_mb"] > memory["half_mb"] * GROWTH_MAX
    return 1 if wrong or grew else 0


def _tell(text: str, began: float) -> None:
    sys.stderr.write(f"{time.monotonic() - began:6.0f} s  {text}\n")


if __name__ == "__main__":
    sys.exit(main())
