"""The table on the screen: every figure, its ratio to the floor, and what it should come to."""

from collections.abc import Iterator, Mapping

from tests.benchmarks.scenarios import Figures

# For information only: nothing fails when a figure is worse on a busy machine.
TARGETS: Mapping[str, Mapping[str, float]] = {
    "P": {"cpu_s_per_1000_ops": 0.25, "requests": 2, "kb_up": 40, "kb_down": 15},
    "P on PostgreSQL": {"cpu_s_per_1000_ops": 0.35, "requests": 2, "kb_up": 40, "kb_down": 15},
    "L": {"cpu_s": 0.35, "again_cpu_s": 0.15, "mb_down": 2.2, "requests": 10},
    "L on PostgreSQL": {"cpu_s": 0.35, "again_cpu_s": 0.15, "mb_down": 2.2, "requests": 10},
    "I": {"requests": 1, "bytes_down": 1200, "idle_bytes": 600, "idle_cpu_ms": 1},
    "I on PostgreSQL": {"requests": 1, "bytes_down": 1200, "idle_bytes": 600, "idle_cpu_ms": 1},
    "PHOTO": {"cpu_s_per_100": 0.25, "kb_each": 201},
    "PHOTO on PostgreSQL": {"cpu_s_per_100": 0.25, "kb_each": 201},
    "K": {"us_each": 200, "cpu_s": 20},
    "A": {"over_kivy_ms": 400},
    "D": {"today_shown_ms": 50},
    "R": dict.fromkeys(("en_first_ms", "zh_first_ms"), 600.0),
    "T": {"page_ms": 300, "gentle_p99_ms": 10},
    **{
        f"{name}{suffix}": dict.fromkeys(("lost", "doubled", "overwritten", "re_stamped"), 0)
        for name in ("F", "X")
        for suffix in ("", " on PostgreSQL")
    },
}


def table(found: Mapping[str, Figures]) -> Iterator[str]:
    """The lines of the table."""
    yield f"{'':28}{'figure':>14}{'floor':>12}{'ratio':>8}{'target':>10}"
    for scenario, figures in found.items():
        yield scenario
        floor = figures.get("floor", {})
        for name, value in figures.items():
            if name == "floor":
                continue
            base, target = floor.get(name), TARGETS.get(scenario, {}).get(name)
            ratio = f"{value / base:.1f}x" if base else ""
            wanted = "" if target is None else f"<= {_said(target)}"
            yield f"  {name:26}{_said(value):>14}{_said(base):>12}{ratio:>8}{wanted:>10}".rstrip()


def _said(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}"
