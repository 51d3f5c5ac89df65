"""The soak on a small size: phones that lose answers and die, and an office, for seconds."""

from pathlib import Path

import pytest

from tests.soak.crowd import Size, soak
from tests.soak.device import Troubles

SMALL = Size(
    devices=12,
    minutes=0.3,
    pause_s=1.0,
    desk_pause_s=0.3,
    listen_every=3,
    flaky_every=2,
    mortal_every=2,
    troubles=Troubles(cut=0.3, dies=0.3),
)


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_stuck_where_many_work_at_one_server(tmp_path: Path) -> None:
    found = soak(SMALL, tmp_path, lambda _: None)
    assert found["wrong"] == {}
    assert found["ops"] > SMALL.devices
    assert found["pokes"] > 0
    assert min(found["phones"][one] for one in ("cut", "died", "exchanges")) > 0
    assert {"p50_ms", "p99_ms", "cpu_ratio"} <= found.keys()
    assert found["memory"]["end_mb"] > 0
