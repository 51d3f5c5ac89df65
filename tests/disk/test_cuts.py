"""A disk in memory loses what was not synced, and nothing else."""

import os
import random
from pathlib import Path

import pytest

from tests.disk.cuts import WORDS, Disk, Worst, told
from tests.disk.faults import Line, Untraceable, listen, watched


def acted(folder: Path, log: Path, line: Line) -> None:
    """Write to a disk in many ways, and say how far that is safe."""
    old, new = folder / "old", folder / "new"
    with old.open("r+b") as file:
        file.write(b"first")
        file.flush()
        os.fsync(file.fileno())
        file.write(b", second")
    with (folder / "draft").open("wb") as file:
        file.write(b"whole")
        file.flush()
        os.fsync(file.fileno())
    (folder / "draft").rename(new)
    line.tell("not safe")
    opened = os.open(folder, os.O_RDONLY)
    os.fsync(opened)
    line.tell("safe")
    (folder / "deep").mkdir()
    (folder / "deep" / "down").write_bytes(b"never synced")
    new.unlink()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What was done on a disk that had one file."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_bytes(b"zeroth")
    disk, log = tmp_path / "disk", tmp_path / "log"
    disk.mkdir()
    (disk / "old").write_bytes(b"zeroth")

    def act(line: Line) -> None:
        acted(disk, log, line)

    outcome = watched(act, lambda line, out: listen(line, out, bytes), log, words=WORDS)
    assert (outcome.broken, outcome.promised) == ("", ["not safe", "safe"])
    return log


def left(log: Path, dice: random.Random, messages: int | None = None) -> dict[str, bytes]:
    """What is left after a cut, at the end or right after so many messages."""
    disk = Disk(log.parent / "disk", log.parent / "model")
    for call in told(log):
        disk.do(call)
        if disk.messages == messages:
            break
    target = log.parent / f"left {random.random()}"
    disk.cut(dice, target)
    return {
        one.relative_to(target).as_posix(): one.read_bytes()
        for one in target.rglob("*")
        if one.is_file()
    }


def test_the_worst_cut_leaves_what_was_synced_and_no_more(log: Path) -> None:
    assert left(log, Worst(), 1) == {"old": b"firsth"}
    assert left(log, Worst(), 2) == {"old": b"firsth", "new": b"whole"}
    assert left(log, Worst()) == {"old": b"firsth", "new": b"whole"}


def test_a_cut_may_leave_anything_between_that_and_all(log: Path) -> None:
    found = [left(log, random.Random(seed)) for seed in range(60)]
    assert {one["old"] for one in found} == {b"firsth", b"first, second"}
    assert {one.get("new") for one in found} == {None, b"whole"}
    assert {one.get("deep/down") for one in found} == {None, b"", b"never synced"}


def test_a_machine_that_forbids_tracing_says_so_and_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strace = tmp_path / "strace"
    strace.write_text("#!/bin/sh\necho 'attach: Operation not permitted' >&2\nexit 1\n")
    strace.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Untraceable, match="does not let a process be traced: attach: Operation"):
        watched(lambda _: None, lambda _, __: None, tmp_path / "log")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(Untraceable, match="strace is missing"):
        watched(lambda _: None, lambda _, __: None, tmp_path / "log")
