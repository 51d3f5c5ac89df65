"""A disk that fills up: photos are refused first, then what can wait, and a last act never."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image

from mobile import ballast, evidence
from tests.mobile.phones import Phone
from tests.mobile.test_service import COMMAND, LONG, ROOT, installed

MEGABYTES: Final = 84
# A small disk of its own: in a name space in which the test may lay one over a folder.
SMALL_DISK: Final = ("unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c")
SCRIPT: Final = """
import json, os, shutil, subprocess, sys
source, place, megabytes, steps = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place]
subprocess.run(mount, check=True, capture_output=True)
shutil.copytree(source, place, dirs_exist_ok=True)
told = []
for step in steps:
    if isinstance(step, int):  # leave so many kilobytes, as other apps would
        left = os.statvfs(place)
        with open(os.path.join(place, "filler"), "ab") as file:
            file.write(bytes(max(left.f_bavail * left.f_bsize - step * 1024, 0)))
    else:
        ran = subprocess.run(step, capture_output=True)
        told.append([ran.returncode, json.loads(ran.stdout or b"null"), ran.stderr.decode()])
print(json.dumps(told))
"""


def has_small_disks() -> bool:
    """Whether this machine lets a test have a disk of its own."""
    if shutil.which("unshare") is None:
        return False
    words = [*SMALL_DISK[:4], "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not has_small_disks(), reason="no disk of its own for a test on this machine")
def test_photos_are_refused_first_and_a_last_act_finds_room_on_a_full_disk(
    phone: Phone, tmp_path: Path
) -> None:
    """C63."""
    phone.work()
    folder = installed(phone)
    phone.connection.close()
    ballast.take_on(folder)
    place = tmp_path / "disk"
    place.mkdir()
    source = tmp_path / "picture.png"
    Image.new("RGB", (400, 300), (9, 90, 200)).save(source)
    on = ["--wo", phone.job, "--data", str(place)]
    photo = [*COMMAND, "photo", str(source), *on]
    note = [*COMMAND, "do", "note.add", "--json", json.dumps(LONG), *on]
    steps: list[Any] = [photo, 60_000, photo, note, 0, note, photo, [*COMMAND, "status", *on[2:]]]
    told = on_small_disk(folder, place, steps)
    codes = [(code, (said or {}).get("code"), errors) for code, said, errors in told]
    assert codes == [
        (0, None, ""),
        (3, "no_room_for_photo", ""),
        (0, None, ""),
        (0, None, ""),  # the ballast is thrown off for it
        (3, "no_room_for_photo", ""),
        (0, None, ""),
    ]
    (status,) = told[-1][1]["items"]
    assert (status["room"], status["photos"], status["pending_files"]) == ("critical", 1, 2)
    assert "full" in told[1][1]["reason"]


# An app that is open while the disk fills up.
OPEN_APP: Final = """
import json, os, sys
from pathlib import Path
from mobile import service
place, job, note = sys.argv[1:]
with service.opened(Path(place)) as phone:
    left = os.statvfs(place)
    with open(os.path.join(place, "filler"), "ab") as file:
        file.write(bytes(left.f_bavail * left.f_bsize))
    told = [service.act(phone, "note.add", job, json.loads(note)) for _ in range(40)]
    ended = ["done" if hasattr(one, "op_id") else one.code for one in told]
    print(json.dumps({"ended": ended, "kept": len(phone.queries.outbox())}))
"""


@pytest.mark.skipif(not has_small_disks(), reason="no disk of its own for a test on this machine")
def test_an_open_app_goes_on_recording_when_the_disk_fills_up(phone: Phone, tmp_path: Path) -> None:
    phone.work()
    before = len(phone.queries.outbox())
    folder = installed(phone)
    phone.connection.close()
    ballast.take_on(folder)
    place = tmp_path / "disk"
    place.mkdir()
    step = [sys.executable, "-c", OPEN_APP, str(place), phone.job, json.dumps(LONG)]
    ((code, told, errors),) = on_small_disk(folder, place, [step])
    assert (code, errors) == (0, "")
    assert told == {"ended": ["done"] * 40, "kept": before + 40}


def on_small_disk(folder: Path, place: Path, steps: list[Any]) -> list[Any]:
    """Commands on a copy of a folder on a disk of its own, and numbers: so many kB are left."""
    words = [*SMALL_DISK, SCRIPT, str(folder), str(place), str(MEGABYTES), json.dumps(steps)]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    told: list[Any] = json.loads(ran.stdout)
    return told


def test_ballast_is_taken_on_once_where_there_is_room_and_thrown_off_once(tmp_path: Path) -> None:
    ballast.take_on(tmp_path)
    ballast.take_on(tmp_path)
    path = tmp_path / ballast.FILE
    assert path.stat().st_size == ballast.BYTES
    assert path.stat().st_blocks * 512 >= ballast.BYTES
    assert [ballast.throw_off(tmp_path) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("free", "level"),
    [(0, "critical"), (65_999_999, "critical"), (66_000_000, "low"), (500_000_000, "ok")],
)
def test_the_room_of_a_sign_off_is_never_a_photo_s(free: int, level: str) -> None:
    assert evidence.level(free) == level
