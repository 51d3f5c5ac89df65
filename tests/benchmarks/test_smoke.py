"""The bench itself, on small sizes: what it writes, and the figures that are never but zero."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.faults import ZEROS
from tests.benchmarks.run import SCENARIOS, main

SPEED = {
    "P": {"cpu_s_per_1000_ops", "wall_s", "requests", "kb_up", "kb_down", "rows"},
    "L": {"cpu_s", "again_cpu_s", "wall_s", "requests", "mb_down", "rows"},
    "I": {"requests", "bytes_up", "bytes_down", "idle_bytes", "idle_cpu_ms"},
}


def test_the_bench_measures_every_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--quick", "--out", str(tmp_path / "bench.json")]) == 0
    found = json.loads((tmp_path / "bench.json").read_text())
    assert tuple(found) == SCENARIOS
    for scenario, figures in SPEED.items():
        assert figures <= found[scenario].keys()
        assert found[scenario]["floor"].keys() & figures
    assert found["P"]["applied"] == found["P"]["ops"] == 2 * 204
    assert found["F"]["applied"] == found["F"]["ops"] == 204
    assert found["F"]["cut"] > 0
    assert {name: found["F"][name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert {name: found["X"].get(name, 0) for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert "<= 0.250" in capsys.readouterr().out
