"""Power cuts: what was written and not synced is lost, in part, in another order, or torn.

What a process wrote and synced is told by `strace` and done again on a disk in memory, up to some
moment. Of what a file got since its last sync any part may be lost, down to sectors of a write;
of the names in a folder all since its last sync may be, from some moment on. That is as much as a
disk may lose that does not lie about syncs, and more than most do.
"""

import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from msgspec import Struct, field

SECTOR_BYTES: Final = 512
TOLD_BYTES: Final = 200_000
CALLS: Final = (
    *("openat", "close", "lseek", "write", "pwrite64", "ftruncate", "truncate", "fsync"),
    *("fdatasync", "rename", "link", "linkat", "unlink", "mkdir", "rmdir", "sendto"),
)
WORDS: Final = ("-xx", "-s", str(TOLD_BYTES), "-e", f"trace={','.join(CALLS)}")
SAID: Final = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+|\?)")
TEXT: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?')
HEAD_BYTES: Final = 4
GONE: Final = "-shm"  # shared memory that happens to be a file: nobody expects it to last

Change = Callable[[bytearray], None]


class Worst(random.Random):
    """Dice by which everything is lost that may be."""

    def choice(self, seq: Any) -> Any:
        """The first, which is what lasted before."""
        return seq[0]


class Call(Struct, frozen=True):
    """One call: its name, the texts among its arguments, all of them, and what it returned."""

    name: str
    texts: list[bytes]
    words: list[str]
    result: int


def told(log: Path) -> list[Call]:
    """The calls that `strace` wrote down; those that failed changed nothing."""
    found = []
    with log.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            match = SAID.match(line)
            if match and match[3] != "?" and not match[3].startswith("-"):
                texts = [bytes.fromhex(one.replace("\\x", "")) for one in TEXT.findall(match[2])]
                words = TEXT.sub("", match[2]).split(", ")
                found.append(Call(match[1], texts, words, int(match[3])))
    return found


class File(Struct, eq=False):
    """A file: its bytes as whoever reads it now sees them, those that last, and changes since."""

    now: bytearray
    kept: bytearray
    changes: list[Change] = field(default_factory=list)

    def change(self, change: Change) -> None:
        """Change it."""
        change(self.now)
        self.changes.append(change)

    def sync(self) -> None:
        """Have all changes last."""
        self.kept = bytearray(self.now)
        self.changes = []

    def after_a_cut(self, dice: random.Random) -> bytes:
        """What is left of it."""
        content = bytearray(self.kept)
        count, way = len(self.changes), dice.choice(("none", "all", "some", "first", "first"))
        share = {"none": 0.0, "all": 1.0, "some": dice.random(), "first": 1.0}[way]
        until = dice.randint(0, count) if way == "first" else count
        for change in self.changes[:until]:
            if dice.random() < share:
                change(content)
        if until < count and isinstance(self.changes[until], Write):
            self.changes[until].torn(content, dice)  # type: ignore[attr-defined]
        return bytes(content)


class Write(Struct, frozen=True):
    """Bytes that are written somewhere into a file."""

    offset: int
    data: bytes

    def __call__(self, content: bytearray) -> None:
        self._put(content, 0, len(self.data))

    def torn(self, content: bytearray, dice: random.Random) -> None:
        """Write some of the sectors."""
        for start in range(0, len(self.data), SECTOR_BYTES):
            if dice.random() < 0.5:
                self._put(content, start, start + SECTOR_BYTES)

    def _put(self, content: bytearray, start: int, end: int) -> None:
        place, some = self.offset + start, self.data[start:end]
        content.extend(bytes(max(place + len(some) - len(content), 0)))
        content[place : place + len(some)] = some


class Resize(Struct, frozen=True):
    """A file gets another length."""

    size: int

    def __call__(self, content: bytearray) -> None:
        content.extend(bytes(max(self.size - len(content), 0)))
        del content[self.size :]


Names = dict[str, "File | Folder"]


class Folder(Struct, eq=False):
    """A folder: the names in it now, those that last, and how they were after each change since."""

    now: Names = field(default_factory=dict)
    kept: Names = field(default_factory=dict)
    since: list[Names] = field(default_factory=list)

    def change(self, **names: "File | Folder | None") -> None:
        """Give names, or take those away that are None; at once."""
        self.now = {name: one for name, one in {**self.now, **names}.items() if one is not None}
        self.since.append(self.now)

    def sync(self) -> None:
        """Have all names last."""
        self.kept, self.since = self.now, []

    def after_a_cut(self, dice: random.Random) -> Names:
        """The names that are left."""
        return dice.choice([self.kept, *self.since])


class Disk:
    """A disk in memory on which calls are done again that were made below `root`."""

    def __init__(self, root: Path, model: Path) -> None:
        self._root = root
        self._top = _loaded(model)
        self._open: dict[int, File | Folder] = {}
        self._at: dict[int, int] = {}
        self._left = 0
        self.messages = 0
        self._steps: dict[str, Callable[[Call], None]] = {
            "openat": self._opened,
            "close": lambda call: _forget(self._open, _number(call)),
            "lseek": lambda call: self._at.update({_number(call): call.result}),
            "write": self._written,
            "pwrite64": lambda call: self._put(call, int(call.words[3])),
            "ftruncate": lambda call: self._change(_number(call), Resize(int(call.words[1]))),
            "truncate": self._truncated,
            "fsync": self._synced,
            "fdatasync": self._synced,
            "rename": self._renamed,
            "link": self._linked,
            "linkat": self._linked,
            "unlink": self._gone,
            "rmdir": self._gone,
            "mkdir": lambda call: self._named(call.texts[0], Folder()),
            "sendto": self._sent,
        }

    def do(self, call: Call) -> None:
        """Do one call again."""
        self._steps[call.name](call)

    def forget_the_process(self) -> None:
        """It has ended: whatever it had open is closed."""
        self._open, self._at, self._left, self.messages = {}, {}, 0, 0

    def cut(self, dice: random.Random, target: Path) -> None:
        """Pull the plug, and write what is left of all into a folder."""
        _laid_out(self._top, target, dice)

    def _find(self, path: bytes) -> tuple[Folder, str] | None:
        """The folder of a path and the name in it, if it is on this disk and lasts at all."""
        place = Path(os.fsdecode(path))
        if not place.is_relative_to(self._root) or place.name.endswith(GONE):
            return None
        here: File | Folder = self._top
        for part in place.relative_to(self._root).parts[:-1]:
            assert isinstance(here, Folder)
            here = here.now[part]
        assert isinstance(here, Folder)
        return here, place.name

    def _named(self, path: bytes, one: "File | Folder | None") -> None:
        found = self._find(path)
        if found is not None:
            found[0].change(**{found[1]: one})

    def _opened(self, call: Call) -> None:
        path = Path(os.fsdecode(call.texts[0]))
        if path == self._root:
            self._open[call.result] = self._top
            return
        found = self._find(call.texts[0])
        if found is None:
            return
        folder, name = found
        if name not in folder.now:
            folder.change(**{name: File(bytearray(), bytearray())})
        one = self._open[call.result] = folder.now[name]
        self._at[call.result] = -1 if "O_APPEND" in call.words[2] else 0
        if isinstance(one, File) and "O_TRUNC" in call.words[2] and one.now:
            one.change(Resize(0))

    def _written(self, call: Call) -> None:
        number = _number(call)
        one = self._open.get(number)
        if isinstance(one, File):
            at = self._at[number]
            self._put(call, len(one.now) if at < 0 else at)
            if at >= 0:
                self._at[number] = at + call.result

    def _put(self, call: Call, offset: int) -> None:
        self._change(_number(call), Write(offset, call.texts[0][: call.result]))

    def _change(self, number: int, change: Change) -> None:
        one = self._open.get(number)
        if isinstance(one, File):
            one.change(change)

    def _truncated(self, call: Call) -> None:
        found = self._find(call.texts[0])
        one = found[0].now[found[1]] if found else None
        if isinstance(one, File):
            one.change(Resize(int(call.words[1])))

    def _synced(self, call: Call) -> None:
        one = self._open.get(_number(call))
        if one is not None:
            one.sync()

    def _renamed(self, call: Call) -> None:
        source, target = (self._find(one) for one in call.texts)
        if source is None or target is None:
            return
        assert source[0] is target[0], "nothing is moved from folder to folder"
        source[0].change(**{source[1]: None, target[1]: source[0].now[source[1]]})

    def _linked(self, call: Call) -> None:
        source = self._find(call.texts[0])
        if source is not None:
            self._named(call.texts[1], source[0].now[source[1]])

    def _gone(self, call: Call) -> None:
        self._named(call.texts[0], None)

    def _sent(self, call: Call) -> None:
        """Count whole messages, however they were cut to pieces."""
        if not self._left:
            head = int.from_bytes(call.texts[0][:HEAD_BYTES], "big")
            self._left = HEAD_BYTES + head
        self._left -= call.result
        self.messages += self._left == 0


def _number(call: Call) -> int:
    return int(call.words[0])


def _forget(known: dict[int, "File | Folder"], number: int) -> None:
    known.pop(number, None)


def _loaded(path: Path) -> Folder:
    """A folder as it is on the real disk, all of which lasts."""
    found: Names = {}
    for one in path.iterdir():
        if one.is_dir():
            found[one.name] = _loaded(one)
        elif not one.name.endswith(GONE):
            content = one.read_bytes()
            found[one.name] = File(bytearray(content), bytearray(content))
    return Folder(now=found, kept=found)


def _laid_out(folder: Folder, target: Path, dice: random.Random) -> None:
    target.mkdir(mode=0o700)
    for name, one in sorted(folder.after_a_cut(dice).items()):
        if isinstance(one, Folder):
            _laid_out(one, target / name, dice)
        else:
            (target / name).touch(mode=0o600)
            (target / name).write_bytes(one.after_a_cut(dice))


class Story(Struct, frozen=True):
    """What was done on a disk at `root`, in one run or in several: calls, and what was promised.

    Each promise stands with the run and the message with which it was made.
    """

    root: Path
    model: Path
    runs: list[list[Call]]
    promises: list[tuple[str, int, int]]

    def lengths(self) -> list[int]:
        """How many calls each run has."""
        return [len(run) for run in self.runs]

    def cut(self, dice: random.Random, target: Path) -> tuple[list[str], int, int]:
        """Pull the plug somewhere in the last run, or at its end where the dice are the `Worst`.

        What is left is in `target`; returns what was promised, the place, and the messages.
        """
        disk = Disk(self.root, self.model)
        for run in self.runs[:-1]:
            for call in run:
                disk.do(call)
            disk.forget_the_process()
        count = len(self.runs[-1])
        place = count if isinstance(dice, Worst) else dice.randint(1, count)
        for call in self.runs[-1][:place]:
            disk.do(call)
        last, sent = len(self.runs) - 1, disk.messages
        promised = [one for one, run, message in self.promises if run < last or message <= sent]
        disk.cut(dice, target)
        return promised, place, sent


def snapshots(folder: Path) -> Iterator[tuple[int, Path]]:
    """How another disk stood when so many messages had been heard, as it was kept beside."""
    for path in folder.parent.glob("partner-*"):
        yield int(PurePosixPath(path).name.rpartition("-")[2]), path


def keep(folder: Path, name: str, heard: int) -> None:
    """Keep how another disk stands now."""
    target = folder.parent / f"partner-{heard}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder / name, target)
