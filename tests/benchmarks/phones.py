"""Scenario D: a full phone in somebody's hand: screens, searches, jobs, cards, and taps."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from msgspec import Struct

from tests.benchmarks import pocket, starts, taps
from tests.benchmarks.process import ROOT
from tests.benchmarks.scenarios import Figures

SCRIPT: Final = Path(__file__).with_name("hand.py")


class Load(Struct, frozen=True, kw_only=True):
    """How full a phone is, and how often everything is done: jobs, rows, starts, repeats, taps."""

    orders: int = 200
    rows: int = 20_000
    starts: int = 7
    times: int = 25
    taps: int = 300


def measure(load: Load, folder: Path) -> dict[str, Figures]:
    """Scenario A (the start) and D (everything after it), on one phone."""
    phone = folder / "phone"
    phone.mkdir()
    jobs = pocket.fill(phone, load.orders, load.rows)
    return {
        "A": starts.start(phone, load.starts),
        "D": _hand(phone, load.times),
        "T": taps.tap(phone, jobs, load.taps),
    }


def _hand(phone: Path, times: int) -> Figures:
    copy = phone.with_name("hand")
    shutil.copytree(phone, copy)
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), str(copy), str(times)],
        env=starts.environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    found: Figures = json.loads(ended.stdout)
    # One label of Kivy, set and drawn, is what a card cannot be cheaper than.
    label = found.pop("label_ms")
    found["floor"] = dict.fromkeys(("card_full_ms", "card_compact_ms"), label)
    return found
