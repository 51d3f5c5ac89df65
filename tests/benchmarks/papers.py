"""Scenario R: a report of two pages with four photos, in each language in a process of its own."""

import json
import subprocess
import sys
from typing import Final

from tests.benchmarks.process import ROOT
from tests.benchmarks.scenarios import Figures

LANGUAGES: Final = ("en", "zh")


def measure(times: int) -> Figures:
    """CPU (ms) of importing, of the first report and of the next ones, memory (MB), and kB."""
    found: Figures = {}
    for language in LANGUAGES:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.paper", language, str(times)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        told = json.loads(ended.stdout)
        found |= {f"{language}_{name}": value for name, value in told.items()}
    return found
