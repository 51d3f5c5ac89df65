"""Trials of a scene: once undisturbed, then with a fault at every call, and again without one."""

import gc
import json
import os
import random
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from tests.disk.cuts import WORDS, Story, Worst, snapshots, told
from tests.disk.faults import Fault, Line, Outcome, every_fault, watched
from tests.disk.scenes import Scene, Stations, state_of

ANSWER_BYTES: Final = 65_536


class Report(Struct, kw_only=True):
    """What trials of one scene came to: how many of each kind there were, and what was wrong.

    `struck` are those in which the fault was met, `refused` in how many something was not done.
    """

    scene: str
    faults: int = 0
    minutes: float = 0.0
    tried: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    wrong: list[str] = field(default_factory=list)


class Trials:
    """A scene that was prepared, and the stations that it goes through when nothing is wrong."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self._folder = folder
        self._model = folder / "model"
        self._model.mkdir(parents=True)
        scene.prepare(self._model)
        gc.collect()
        gc.freeze()
        told = apart(self._undisturbed)
        assert not told["wrong"], told["wrong"]
        self.stations = Stations(lambda: "")
        self.stations.states, self.stations.promises = told["states"], told["promises"]
        self.calls: Counter[str] = Counter(apart(self._counted)["calls"])

    def faults(self) -> list[Fault]:
        """Every fault that there is."""
        return every_fault(self.calls)

    def run(self, faults: Sequence[Fault]) -> Report:
        """Try these faults, each on a disk of its own."""
        report = Report(scene=self.scene.name)
        for fault in faults:
            self._add(report, fault.kind, apart(partial(self._tried, fault)), str(fault))
        return report

    def cuts(self, seeds: Sequence[int]) -> Report:
        """Pull the plug at a place that each seed decides, and lose of it what is not synced.

        Every second time the process has been killed before, and did what was left.
        """
        report = Report(scene=self.scene.name)
        for seed in seeds:
            dice = random.Random(f"{self.scene.name} {seed}")
            fault = None if seed % 2 else dice.choice(self.kills())
            self._add(report, "cut", apart(partial(self._cut, dice, fault)), f"cut {seed}")
        return report

    def losses(self, faults: Sequence[Fault]) -> Report:
        """Kill a process, have another come to the end, and lose all that is not synced then."""
        report = Report(scene=self.scene.name)
        for fault in faults:
            told = apart(partial(self._cut, Worst(), fault))
            self._add(report, "lost", told, f"all lost after {fault}")
        return report

    def kills(self) -> list[Fault]:
        """Every place at which the process may be killed."""
        return [one for one in self.faults() if one.kind == "kill"]

    def _add(self, report: Report, kind: str, told: dict[str, Any], what: str) -> None:
        report.tried[kind] += 1
        report.struck[kind] += bool(told.get("struck"))
        report.refused += bool(told.get("refused"))
        report.wrong += [f"{self.scene.name}, {what}: {one}" for one in told["wrong"]]

    def _cut(self, dice: random.Random, fault: Fault | None) -> dict[str, Any]:
        with self.copied() as folder:
            story = self._lived(folder, [fault, None] if fault else [None])
            after = folder.parent / "after"
            after.mkdir()
            promised, place, sent = story.cut(dice, after / self.scene.own)
            self._meanwhile(folder, after, sent)
            outcome = Outcome(promised=promised)
            wrong = self.judged(after, outcome, exact=self.scene.is_exact and not fault)
            self.scene.go_on()
            again = self._acted(after, None)
            wrong += self.finished(after, outcome, again)
            where = f"{story.lengths()} calls, {fault}, cut after {place}"
            return {"wrong": [f"{where}: {one}" for one in wrong], "struck": True}

    def _lived(self, folder: Path, faults: Sequence[Fault | None]) -> Story:
        """What is done on a disk, in one run, or in one that is killed and another."""
        self.scene.keeps = True
        runs, promises = [], []
        for run, fault in enumerate(faults):
            if run:
                self.scene.go_on()
            for _, path in snapshots(folder):
                shutil.rmtree(path)
            if self.scene.other:
                shutil.rmtree(self._begun(folder), ignore_errors=True)
                shutil.copytree(folder / self.scene.other, self._begun(folder))
            outcome = self._acted(folder, fault, WORDS)
            runs.append(told(folder.parent / "log"))
            moments = zip(outcome.promised, outcome.moments, strict=True)
            promises += [(one, run, moment) for one, moment in moments]
        own = self.scene.own
        return Story(folder / own, self._model / own, runs, promises)

    def _meanwhile(self, folder: Path, after: Path, sent: int) -> None:
        """Have the other end's disk as it was when so much had been said."""
        for path in self._model.iterdir():
            if path.name not in (self.scene.own, self.scene.other):
                shutil.copytree(path, after / path.name)
        if self.scene.other:
            known = dict(snapshots(folder))
            before = [one for one in known if one <= sent]
            found = known[max(before)] if before else self._begun(folder)
            shutil.copytree(found, after / self.scene.other)

    def _begun(self, folder: Path) -> Path:
        return folder.parent / "begun"

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """A folder like the one that was prepared."""
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            yield Path(shutil.copytree(self._model, Path(place) / "disk"))

    def state(self, folder: Path) -> str:
        """The state of the scene's database, found in a copy: the disk itself stays as it is."""
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            path = self.scene.books(folder)
            for one in path.parent.glob(f"{path.name}*"):
                shutil.copy(one, Path(place) / one.name)
            return state_of(Path(place) / path.name)

    def _undisturbed(self) -> dict[str, Any]:
        """Go through it once in one process and a partner, and note every station."""
        with self.copied() as folder:
            stations = Stations(lambda: state_of(self.scene.books(folder)))
            stations.note()

            def act(line: Line) -> None:
                self.scene.watch = stations.watch
                line.tell = partial(_noted, stations, line)  # type: ignore[method-assign]
                self.scene.act(folder, line)
                stations.note()
                told = {"states": stations.states, "promises": stations.promises}
                seen.write_text(json.dumps(told))

            seen = folder.parent / "stations"
            outcome = watched(act, partial(self.scene.partner, folder), folder.parent / "log")
            assert not outcome.broken, outcome.broken
            return {"wrong": outcome.refused, **json.loads(seen.read_text())}

    def _counted(self) -> dict[str, Any]:
        with self.copied() as folder:
            outcome = self._acted(folder, None)
            assert not outcome.broken, outcome.broken
            return {"calls": outcome.calls, "wrong": []}

    def _tried(self, fault: Fault) -> dict[str, Any]:
        with self.copied() as folder:
            outcome = self._acted(folder, fault)
            wrong = self.judged(folder, outcome, exact=self.scene.is_exact and not outcome.refused)
            if fault.kind == "kill" and not outcome.is_killed:
                wrong.append(f"nobody was killed; it ended with {outcome.code}")
            self.scene.go_on()
            again = self._acted(folder, None)
            wrong += self.finished(folder, outcome, again)
            struck = outcome.is_killed or bool(outcome.refused)
            return {"wrong": wrong, "struck": struck, "refused": bool(outcome.refused)}

    def _acted(self, folder: Path, fault: Fault | None, words: tuple[str, ...] = ()) -> Outcome:
        log = folder.parent / "log"
        act, partner = partial(self.scene.act, folder), partial(self.scene.partner, folder)
        return watched(act, partner, log, fault=fault, words=words)

    def judged(self, folder: Path, outcome: Outcome, *, exact: bool) -> list[str]:
        """What is wrong with a disk after a fault.

        `exact`: it has to stand as it does somewhere in an undisturbed run, no earlier than what
        was promised.
        """
        wrong = [outcome.broken] if outcome.broken else []
        state = self.state(folder)
        if exact:
            wrong += self.stations.complaints(state, outcome.promised)
        return [*wrong, *self.scene.complaints(folder, outcome)]

    def finished(self, folder: Path, first: Outcome, again: Outcome) -> list[str]:
        """What is wrong with a disk after the next run, which has to come to the end."""
        wrong = [again.broken] if again.broken else []
        if again.refused or self.scene.end not in again.promised:
            wrong.append(f"the next run did not come to the end: {again.refused}")
        self.state(folder)  # which is whole
        return [*wrong, *self.scene.completed(folder, [*first.promised, *again.promised])]


def apart(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do some work in a process of its own, which changes nothing here; returns what it tells."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            told = work()
        except BaseException:  # noqa: BLE001 - told to whoever waits
            told = {"wrong": [traceback.format_exc()]}
        with os.fdopen(writing, "w") as out:
            json.dump(told, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(pid, 0)
    told = json.loads(said)
    assert isinstance(told, dict)
    return told


def _noted(stations: Stations, line: Line, promise: str) -> None:
    stations.promises[promise] = stations.note()
    line.send(b"P" + promise.encode())
