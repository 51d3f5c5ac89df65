"""A process falls, or its disk is full, at one call after another: nothing promised is lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.disk.__main__ import SCENES

ROOT = Path(__file__).resolve().parents[2]
# What `make slow` tries of a scene: a share of its faults, and so many power cuts. `make disk`
# tries every fault there is.
SHARES = {
    "phone record": (0.05, 24),
    "phone settle": (0.06, 16),
    "phone absorb": (0.06, 16),
    "phone let go": (0.15, 16),
    "phone upgrade": (0.08, 12),
    "phone small files": (0.5, 24),
    "server settle": (0.02, 16),
    "server photos": (0.1, 24),
    "server compact": (0.03, 16),
    "server migrate": (0.02, 12),
}


def swept(*words: str) -> str:
    """What a sweep in a process of its own prints; it goes wrong where anything does."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.disk", "--jobs", "1", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "; 0 wrong;" in ran.stdout, ran.stdout
    return ran.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("scene", SCENES)
def test_nothing_promised_is_lost_wherever_a_disk_fails(scene: str) -> None:
    share, cuts = SHARES[scene]
    sys.stdout.write(swept("--scene", scene, "--share", str(share), "--cuts", str(cuts)))
