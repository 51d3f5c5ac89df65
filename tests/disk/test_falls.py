"""What is safe stays so, also where a process fell on the way; what is refused is not there."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mobile import database, evidence, rescue
from mobile.database import Full
from mobile.device import write_private
from server import database as server_database
from server.archive import Files
from server.evidence import Folder, make_lasting
from server.parts import Parts
from tests.disk.cuts import WORDS, Disk, Worst, told
from tests.disk.faults import Fault, Line, listen, watched
from tests.disk.trials import apart
from tests.server.test_archive import BOX

DATA = b"the bytes of a picture"
NAME = hashlib.sha256(DATA).hexdigest()
SYNCS_MAX = 12
NOBODY = 65_534


def stored_on_a_phone(folder: Path) -> Path:
    evidence.store(folder, DATA)
    return folder / "evidence" / f"{NAME}.jpg"


def written_deep_down(folder: Path) -> Path:
    write_private(folder / "deep" / "down" / "name", DATA)
    return folder / "deep" / "down" / "name"


def put_into_the_store(folder: Path) -> Path:
    source = folder / "source"
    source.write_bytes(DATA)
    Folder(folder / "store").put(NAME, source)
    return folder / "store" / NAME[0] / NAME[1] / NAME


def measured(folder: Path) -> Path:
    parts = Parts(folder / "parts")
    if not parts.size("part"):
        parts.append("part", 0, [DATA])
    assert parts.size("part") == len(DATA)
    return folder / "parts" / "part"


def closed_in_a_backup(folder: Path) -> Path:
    files = Files(folder / "files")
    files.begin(BOX.lock.sign)
    if not files.has(NAME, len(DATA)):
        files.put(NAME, DATA, BOX)
    files.settle()
    return folder / "files" / NAME[:2] / NAME


WAYS = (stored_on_a_phone, written_deep_down, put_into_the_store, measured, closed_in_a_backup)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_file_lasts_that_is_said_to_though_whoever_made_it_fell_before(
    tmp_path: Path, way: Callable[[Path], Path]
) -> None:
    model, place = tmp_path / "model", 1
    model.mkdir()
    while True:
        home = tmp_path / str(place)
        disk = home / "disk"
        disk.mkdir(parents=True)

        def act(line: Line, disk: Path = disk) -> None:
            way(disk)
            line.tell("safe")

        fault = Fault(call="fsync", k=place, kind="kill")
        runs = [run(act, home / "first", fault), run(act, home / "second", None)]
        memory = Disk(disk, model)
        for _, log in runs:
            for call in told(log):
                memory.do(call)
            memory.forget_the_process()
        memory.cut(Worst(), home / "left")
        there = way(disk)
        left = home / "left" / there.relative_to(disk)
        assert left.exists(), f"gone after a fall at sync {place}"
        assert left.read_bytes() == there.read_bytes()
        if not runs[0][0]:
            assert place > 1
            return
        place += 1
        assert place < SYNCS_MAX


def run(act: Callable[[Line], None], log: Path, fault: Fault | None) -> tuple[bool, Path]:
    """Whether it was killed, and what it did."""
    outcome = watched(
        act, lambda line, out: listen(line, out, bytes), log, fault=fault, words=WORDS
    )
    assert not outcome.broken, outcome.broken
    assert outcome.is_killed or outcome.promised == ["safe"]
    return outcome.is_killed, log


def written(folder: Path) -> None:
    write_private(folder / "name", DATA)


def kept(folder: Path) -> None:
    make_lasting(folder / "deep")
    (folder / "deep" / "name").write_bytes(DATA)


def saved(folder: Path) -> None:
    rescue._write(folder / "name", iter([DATA]))


@pytest.mark.parametrize(("way", "rights"), [(written, 0o700), (kept, 0o700), (saved, 0o300)])
def test_a_folder_that_was_made_for_us_where_we_may_not_look_is_used(
    way: Callable[[Path], None], rights: int
) -> None:
    with tempfile.TemporaryDirectory() as place:
        shelf, ours = Path(place), Path(place) / "ours"
        ours.mkdir()
        if os.getuid() == 0:
            os.chown(ours, NOBODY, NOBODY)
        ours.chmod(rights)
        shelf.chmod(0o111)

        def as_a_stranger() -> dict[str, list[str]]:
            if os.getuid() == 0:
                os.setuid(NOBODY)
            way(ours)
            return {"wrong": []}

        told = apart(as_a_stranger)
        shelf.chmod(0o700)
        ours.chmod(0o700)
        assert told == {"wrong": []}
        assert [one.read_bytes() for one in ours.rglob("name")] == [DATA]


def read_by_a_phone(folder: Path) -> int:
    with database.opened(folder / "one.db") as connection:
        found = connection.execute("SELECT count(*) FROM meta").fetchone()[0]
        with database.writing(connection):
            connection.execute("INSERT INTO meta VALUES ('k', 'v')")
        return int(found)


def read_by_a_server(folder: Path) -> int:
    engine = server_database.open_engine(folder / "one.db")
    with server_database.reading(engine) as books:
        found = books.exec_driver_sql("SELECT count(*) FROM meta").scalar_one()
    with server_database.writing(engine) as books:
        books.exec_driver_sql("INSERT INTO meta VALUES ('k', 'v')")
    return int(found)


@pytest.mark.parametrize("read", [read_by_a_phone, read_by_a_server], ids=["phone", "server"])
def test_what_is_read_of_one_who_fell_lasts(tmp_path: Path, read: Callable[[Path], int]) -> None:
    model = tmp_path / "model"
    model.mkdir()
    with database.opened(model / "one.db") as connection:
        before = connection.execute("SELECT count(*) FROM meta").fetchone()[0]
    seen = []
    for place in range(1, SYNCS_MAX):
        disk = Path(shutil.copytree(model, tmp_path / str(place) / "disk"))

        def fall(_line: Line, disk: Path = disk) -> None:
            read(disk)

        def look(line: Line, disk: Path = disk) -> None:
            line.tell(str(counted(disk, read)))
            os._exit(0)

        fault = Fault(call="fdatasync", k=place, kind="kill")
        logs = [disk.parent / name for name in ("first", "second")]
        outcomes = [
            watched(act, lambda line, out: listen(line, out, bytes), log, fault=one, words=WORDS)
            for act, log, one in zip((fall, look), logs, (fault, None), strict=True)
        ]
        memory = Disk(disk, model)
        for log in logs:
            for call in told(log):
                memory.do(call)
            memory.forget_the_process()
        memory.cut(Worst(), disk.parent / "left")
        (promised,) = outcomes[1].promised
        left = counted(disk.parent / "left", read)
        assert left == int(promised), f"read, and gone, after a fall at sync {place}"
        seen.append(left)
        if not outcomes[0].is_killed:
            break
    assert set(seen) == {before, before + 1}


def counted(folder: Path, read: Callable[[Path], int]) -> int:
    """How many rows there are, for one who opens the file as `read` does."""
    if read is read_by_a_phone:
        connection = database.connect(folder / "one.db")
        return int(connection.execute("SELECT count(*) FROM meta").fetchone()[0])
    engine = server_database.open_engine(folder / "one.db")
    with server_database.reading(engine) as books:
        return int(books.exec_driver_sql("SELECT count(*) FROM meta").scalar_one())


def test_what_could_not_be_synced_and_was_refused_is_not_there_after_a_crash(
    tmp_path: Path,
) -> None:
    path = tmp_path / "one.db"
    with database.opened(path):
        pass
    seen: set[str] = set()
    for place in range(1, SYNCS_MAX):

        def act(line: Line, place: int = place) -> None:
            with suppress(Full):
                connection = database.connect(path)
                try:
                    with database.writing(connection):
                        connection.execute("INSERT INTO meta VALUES (?, 'x')", (f"k{place}",))
                except Full:
                    line.refuse(f"k{place}")
                else:
                    line.tell(f"k{place}")
                os._exit(0)

        fault = Fault(call="fdatasync", k=place, kind="full")
        outcome = watched(
            act, lambda line, out: listen(line, out, bytes), tmp_path / "log", fault=fault
        )
        assert not outcome.broken, outcome.broken
        with database.opened(path) as connection:
            there = {key for (key,) in connection.execute("SELECT key FROM meta")}
        assert there.issuperset(outcome.promised)
        assert there.isdisjoint(outcome.refused)
        seen |= {"told"} if outcome.promised else {"refused"} if outcome.refused else set()
    assert seen == {"told", "refused"}
