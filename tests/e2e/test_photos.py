"""Photos from outside: taken by command, brought by the sync, checked and kept by the server."""

import hashlib
from pathlib import Path
from typing import Any

from PIL import Image

from tests.e2e.conftest import Company
from tests.e2e.processes import Phone, Told

LOGIN = "zhou.jian"


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (640, 480)) -> Path:
    """A picture like no other."""
    data = hashlib.shake_256(str(seed).encode()).digest(size[0] * size[1] * 3 // 64)
    small = Image.frombytes("RGB", (size[0] // 8, size[1] // 8), data)
    small.resize(size, Image.Resampling.NEAREST).save(path, quality=90)
    return path


def photo(phone: Phone, number: str, source: Path, *more: str) -> Told:
    """Take one that has to be taken."""
    ran = phone.run("photo", "--wo", number, str(source), *more)
    assert ran.code == 0, ran
    told: Told = ran.told
    return told


def stored(data: Path) -> dict[str, bytes]:
    """Every file in the server's store, by its name."""
    return {one.name: one.read_bytes() for one in (data / "evidence").rglob("*") if one.is_file()}


def test_a_photo_comes_to_the_server_whole_and_both_sides_say_so(
    company: Company, tmp_path: Path
) -> None:
    phone = company.phone(LOGIN)
    number = company.job(LOGIN)["number"]
    phone.sync()
    phone.work(number, "accept", "depart", "arrive", "start")
    taken = photo(phone, number, picture(tmp_path / "a.jpg"), "--caption", "the board")
    (status,) = phone.items("status")
    assert (status["photos"], status["photos_safe"], status["pending_files"]) == (1, 0, 2)
    left = phone.run("sync", "--no-media")
    assert (left.code, left.told["pending_files"], left.told["files_sent"]) == (0, 2, 0)
    ran = phone.sync()
    assert (ran.code, ran.told["pending_files"], ran.told["files_sent"]) == (0, 0, 2)
    (status,) = phone.items("status")
    assert (status["photos"], status["photos_safe"], status["pending_files"]) == (1, 1, 0)
    files = stored(company.server.data)
    for sha256 in (taken["sha256"], taken["thumb_sha256"]):
        assert hashlib.sha256(files[sha256]).hexdigest() == sha256


def refused(ran: Any) -> str:
    assert (ran.code, ran.errors) == (3, ""), ran
    assert ran.told["reason"]
    return str(ran.told["code"])


def test_what_is_no_photo_is_refused_in_words(company: Company, tmp_path: Path) -> None:
    phone = company.phone(LOGIN)
    number = company.job(LOGIN)["number"]
    phone.sync()
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    assert refused(phone.run("photo", "--wo", number, str(bad))) == "picture_none"
    gone = str(tmp_path / "gone.jpg")
    assert refused(phone.run("photo", "--wo", number, gone)) == "picture_gone"
    good = str(picture(tmp_path / "good.jpg"))
    assert refused(phone.run("photo", "--wo", "WO-99-1", good)) == "unknown_subject"
    assert refused(phone.run("photo", "--wo", number, good, "--slot", "moon")) == "unknown_choice"
    args = {"sha256": "a" * 64, "size": 5, "width": 1, "height": 1, "audience": "internal"}
    done = phone.act("photo.add", number, **args, thumb_sha256="b" * 64, thumb_size=5)
    assert refused(done) == "picture_gone"
