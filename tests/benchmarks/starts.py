"""Scenario A: how long the app takes to its first frame, beside a bare Kivy window."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from mobile.main import SET
from tests.benchmarks.process import ROOT
from tests.benchmarks.scenarios import Figures

SCRIPT: Final = Path(__file__).with_name("begin.py")
PHASES: Final = ("python", "kivy", "window", "imports", "opened", "frame")
ENVIRONMENT: Final = {
    **SET,
    "SDL_VIDEODRIVER": "offscreen",
    "KIVY_METRICS_DENSITY": "1",
    "KIVY_DPI": "160",
    "KCFG_GRAPHICS_MAXFPS": "0",
    "KCFG_GRAPHICS_VSYNC": "0",
}


def environment() -> dict[str, str]:
    """What a window needs that nobody looks at, of the size of a phone."""
    return {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT)}


def start(folder: Path, times: int) -> Figures:
    """Starts of both in turn: the least CPU of each phase (ms), the shortest time, the memory."""
    told: dict[str, list[dict[str, Any]]] = {"bare": [], "ours": []}
    for turn in range(times + 1):
        for which, runs in told.items():
            copy = folder.with_name(f"{which}-{turn}")
            shutil.copytree(folder, copy)
            run = _begin(which, copy)
            if turn:  # the first one of each reads everything from the disk
                runs.append(run)
            shutil.rmtree(copy)
    found, floor = _summed_up(told["ours"]), _summed_up(told["bare"])
    return {**found, "over_kivy_ms": found["whole_ms"] - floor["whole_ms"], "floor": floor}


def _begin(which: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, str(SCRIPT), which, str(folder), repr(time.monotonic())]
    ended = subprocess.run(
        command, env=environment(), cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _summed_up(runs: list[dict[str, Any]]) -> Figures:
    found: Figures = {}
    for name, before in zip(PHASES, (None, *PHASES), strict=False):
        lengths = [one["cpu"][name] - (one["cpu"][before] if before else 0) for one in runs]
        found[f"{name}_ms"] = min(lengths)
    found["whole_ms"] = min(one["cpu"]["frame"] for one in runs)
    found["whole_wall_ms"] = min(one["wall"]["frame"] for one in runs)
    found["peak_mb"] = min(one["peak_mb"] for one in runs)
    return found
