"""The bench itself, on small sizes: what it writes, and the figures that are never but zero."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.faults import ZEROS
from tests.benchmarks.run import BUSY, CLOCKS, GROWN, LARGE, ON_A_PHONE, PAPERS, main

SPEED = {
    "P": {"cpu_s_per_1000_ops", "wall_s", "requests", "kb_up", "kb_down", "rows"},
    "L": {"cpu_s", "again_cpu_s", "wall_s", "requests", "mb_down", "rows"},
    "PHOTO": {"cpu_s_per_100", "arrived_cpu_s_per_100", "kb_each"},
    "I": {"requests", "bytes_up", "bytes_down", "idle_bytes", "idle_cpu_ms"},
}
PAGES = {f"board_{figure}" for figure in ("ms", "raw_kb", "kb")} | {"start_ms", "search_ms"}
PHONE = {
    "A": {"python_ms", "kivy_ms", "window_ms", "imports_ms", "opened_ms", "frame_ms", "peak_mb"},
    "D": {"today_read_ms", "today_drawn_ms", "find_jobs_ms", "find_parts_ms", "open_notes_ms"},
    "T": {"p50_ms", "p99_ms", "max_ms", "gentle_p99_ms"},
}


def bench(folder: Path, *wanted: str) -> dict[str, Any]:
    """What the bench writes of some scenarios on small sizes."""
    out = folder / "bench.json"
    assert main(["--quick", "--only", ",".join(wanted), "--out", str(out)]) == 0
    found: dict[str, Any] = json.loads(out.read_text())
    return found


@pytest.mark.slow
def test_the_bench_measures_every_scenario_of_a_sync(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = bench(tmp_path, *BUSY)
    assert tuple(found) == BUSY
    for scenario, figures in SPEED.items():
        assert figures <= found[scenario].keys()
        assert found[scenario]["floor"].keys() & figures
    assert found["P"]["applied"] == found["P"]["ops"] == 2 * 204
    assert found["F"]["applied"] == found["F"]["ops"] == 204
    assert found["F"]["cut"] > 0
    assert {name: found["F"][name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert {name: found["X"].get(name, 0) for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert "<= 0.250" in capsys.readouterr().out


@pytest.mark.slow
def test_the_bench_measures_the_pages_of_a_large_company(tmp_path: Path) -> None:
    found = bench(tmp_path, *LARGE)
    assert tuple(found) == LARGE
    assert found["C"].keys() >= PAGES
    assert found["C"]["orders"] == 40
    assert found["C"]["board_kb"] < found["C"]["board_raw_kb"]
    assert found["C"]["floor"].keys() >= {"board_ms"}
    assert found["V"]["consoles"] == 3


@pytest.mark.slow
def test_the_bench_measures_the_same_work_beside_a_longer_past(tmp_path: Path) -> None:
    (found,) = bench(tmp_path, *GROWN).values()
    costs = ("push_cpu_s_per_1000_ops", "pull_cpu_s_per_1000_ops", "load_cpu_ms", "change_cpu_ms")
    assert {f"{cost}_{times}x" for cost in costs for times in (1, 3)} <= found.keys()
    assert found["ops_3x"] > 2 * found["ops_1x"]


@pytest.mark.slow
def test_the_bench_measures_a_phone_beside_a_bare_window(tmp_path: Path) -> None:
    found = bench(tmp_path, *ON_A_PHONE)
    assert tuple(found) == ON_A_PHONE
    for scenario, figures in PHONE.items():
        assert figures <= found[scenario].keys()
    assert found["A"]["peak_mb"] > found["A"]["floor"]["peak_mb"] > 0
    assert found["T"]["floor"].keys() >= {"p99_ms", "gentle_p99_ms"}


def test_the_bench_measures_a_report_in_both_languages(tmp_path: Path) -> None:
    found = bench(tmp_path, *PAPERS)["R"]
    for language in ("en", "zh"):
        figures = {f"{language}_{one}" for one in ("imports_ms", "first_ms", "peak_mb", "kb")}
        assert figures <= found.keys()
        assert found[f"{language}_pages"] == 2


def test_the_bench_measures_how_a_queue_of_tickets_stands(tmp_path: Path) -> None:
    found = bench(tmp_path, *CLOCKS)["K"]
    assert found["tickets"] == 300
    assert found["clocks"] > 10 * 300
    assert found["us_each"] > found["floor"]["us_each"] > 0
    assert {"met", "breached", "waiting", "running", "paused"} <= found.keys()
