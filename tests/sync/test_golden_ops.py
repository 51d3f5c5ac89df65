"""Every act that was ever possible: its very bytes are read for ever, and mean what they meant."""

import itertools
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.ids import fingerprint
from shared.kinds import REGISTRY
from sync.arrival import read
from sync.protocol import WireOp
from tests.golden.story import OPS, Kept, judged, kept_in
from tests.golden.writing import FROZEN, Frozen, write

KEPT = kept_in(OPS)
HOW = "say it in tests/golden/story.py, then: python -m tests.golden"


@pytest.fixture(scope="module")
def today() -> dict[tuple[int, int], Kept]:
    """What becomes of the kept acts by today's rules, by day and place."""
    days = itertools.groupby(KEPT, lambda one: one.day)
    return {(one.day, one.place): one for _, day in days for one in judged(list(day))}


def named(kept: Kept) -> str:
    told = msgspec.json.decode(kept.body)
    return f"{kept.day}-{kept.place}-{told['kind']}.v{told['v']}"


def test_every_version_of_every_kind_is_kept() -> None:
    wanted = {
        f"{kind.name}.v{version}.json"
        for kind in REGISTRY.kinds.values()
        for version in range(1, kind.version + 1)
    }
    assert wanted <= {path.name for path in OPS.glob("*.json")}, HOW


def test_a_file_holds_what_its_name_says() -> None:
    for path in OPS.glob("*.json"):
        for one in msgspec.json.decode(path.read_bytes(), type=list[Kept]):
            told = msgspec.json.decode(one.body)
            assert path.name == f"{told['kind']}.v{told['v']}.json"
            assert fingerprint(one.body) == one.fingerprint


def test_all_that_a_kept_act_says_is_understood() -> None:
    for one in KEPT:
        if one.code in ("future_kind", "future_version", "future_field"):
            continue
        identity = msgspec.json.decode(one.body)["id"]
        arrived = read(WireOp(lseq=1, id=identity, body=one.body), REGISTRY)
        assert (arrived.problem, arrived.op_id) == (None, identity)


@pytest.mark.parametrize("kept", KEPT, ids=named)
def test_an_act_gets_the_verdict_and_does_what_it_did(
    kept: Kept, today: dict[tuple[int, int], Kept]
) -> None:
    now = today[kept.day, kept.place]
    assert (now.verdict, now.code, now.flags) == (kept.verdict, kept.code, kept.flags)
    assert now.rows.keys() == kept.rows.keys()
    for place, row in kept.rows.items():
        assert grown(msgspec.json.decode(row), msgspec.json.decode(now.rows[place])) == {}, place


def grown(before: Any, now: Any) -> dict[str, Any]:
    """The fields that are not what they were. Rows only grow: what is new is no matter."""
    if before is None or now is None:
        return {} if before is now else {"": now}
    return {name: now.get(name) for name, value in before.items() if now.get(name) != value}


def test_what_was_released_is_not_written_again(tmp_path: Path) -> None:
    write(tmp_path, {"ops/a.json": "one"})
    write(tmp_path, {"ops/a.json": "another"})
    (tmp_path / FROZEN).touch()
    with pytest.raises(Frozen, match=r"ops/a\.json"):
        write(tmp_path, {"ops/a.json": "a third", "ops/b.json": "new"})
    assert not (tmp_path / "ops" / "b.json").exists()
    write(tmp_path, {"ops/a.json": "another", "ops/b.json": "new"})
    assert (tmp_path / "ops" / "a.json").read_text() == "another"
    assert (tmp_path / "ops" / "b.json").read_text() == "new"
