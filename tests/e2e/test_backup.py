"""A server is lost and brought back from its backup: what phones hold is there again, once."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from tests.bases import CHOICE
from tests.e2e.books import complaints
from tests.e2e.conftest import Company, opened
from tests.e2e.processes import Phone, Ran, Server, Told, fieldfare
from tests.e2e.test_photos import photo, picture, stored

LOGIN = "zhou.jian"
ARRIVED_S = 30.0


@pytest.fixture
def company(pristine: Path, tmp_path: Path) -> Iterator[Company]:
    """A demo company of one's own; whoever serves it in the end is stopped."""
    CHOICE.copied(pristine, tmp_path / "data")
    server = Server(tmp_path / "data")
    server.start()
    found = opened(tmp_path, server)
    yield found
    found.server.give_up()


def backed_up(company: Company) -> Ran:
    words = company.folder / "words"
    words.write_text("the passphrase of the company\n")
    words.chmod(0o600)
    out = company.folder / "backups" / "night"
    return fieldfare("backup", "--data", company.server.data, "--out", out, "--passphrase", words)


def destroyed(company: Company) -> None:
    """Nothing is left of the server but its keys and settings, which lay elsewhere."""
    data = company.server.data
    company.server.kill()
    (company.folder / "new").mkdir(mode=0o700)
    for name in ("keys", "fieldfare.toml"):
        (data / name).rename(company.folder / "new" / name)
    shutil.rmtree(data)


def brought_back(company: Company) -> None:
    """Serve what the backup has, where the phones know it."""
    words, night = company.folder / "words", company.folder / "backups" / "night"
    new = company.folder / "new"
    ran = fieldfare("restore", "--from", night, "--data", new, "--passphrase", words)
    assert (ran.code, ran.told["fault"], ran.told["files_lost"]) == (0, None, 0), ran
    company.server = Server(new, company.server.port)
    company.server.start()


class Shift(Struct, frozen=True, kw_only=True):
    """A phone and its job, what was acknowledged on both sides of the backup, and its photos.

    `lost` is an op on a job that the office gave after the backup.
    """

    phone: Phone
    number: str
    kept: tuple[str, ...]
    photos: tuple[Told, ...]
    lost: str


def worked(company: Company, folder: Path) -> Shift:
    """Work before the backup and after it, all of it acknowledged."""
    phone, number = company.phone(LOGIN), company.job(LOGIN)["number"]
    phone.sync()
    kept = phone.work(number, "accept", "depart", "arrive", "start")
    first = photo(phone, number, picture(folder / "a.jpg", 1))
    assert phone.sync().code == 0
    made = backed_up(company)
    assert (made.code, made.told["fault"], made.told["files"]["added"]) == (0, None, 2), made
    kept.append(phone.must("note.add", number, text="after the backup", audience="customer"))
    second = photo(phone, number, picture(folder / "b.jpg", 2))
    refused = {"outcome": "customer_refuses", "remark": "he wants a new one"}
    kept.append(phone.must("work_order.complete", number, **refused))
    late = company.job(LOGIN)["number"]  # said by the office, which keeps no outbox
    assert phone.sync().code == 0
    lost = phone.must("work_order.accept", late)
    assert phone.sync().code == 0
    assert {phone.line(one)["verdict"] for one in (*kept, lost)} == {"applied"}
    return Shift(phone=phone, number=number, kept=tuple(kept), photos=(first, second), lost=lost)


def handed_in(shift: Shift) -> None:
    """Everything is with the new server, and it says so of both photos."""
    phone = shift.phone
    again = phone.sync()
    assert (again.code, again.told["audit_ok"], again.told["pending_files"]) == (5, True, 0), again
    until = time.monotonic() + ARRIVED_S
    while sum("arrived_at" in one for one in phone.sheet(shift.number)["photos"]) < 2:
        assert time.monotonic() < until, "the server does not say that the photos are there"
        assert phone.sync().code == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_lost_server_is_brought_back_and_phones_hand_in_what_its_backup_lacks(
    company: Company, tmp_path: Path
) -> None:
    """C66."""
    shift = worked(company, tmp_path)
    destroyed(company)
    brought_back(company)
    handed_in(shift)
    assert {shift.phone.line(one)["verdict"] for one in shift.kept} == {"applied"}
    told = shift.phone.line(shift.lost)
    assert (told["state"], told["verdict"]) != ("safe", "applied")
    assert told["reason"]  # the office never gave that job, as far as the books know
    names = {one[key] for one in shift.photos for key in ("sha256", "thumb_sha256")}
    assert stored(company.server.data).keys() == names
    data = company.server.data
    assert company.server.stop() == 0
    ops = [*shift.kept, *(one["id"] for one in shift.photos), shift.lost]
    assert complaints(data, [shift.phone.database()], ops) == []
    audit = fieldfare("audit", "verify", "--data", data)
    assert (audit.code, audit.told["fault"], audit.told["unnumbered"]) == (0, None, 0), audit
    assert company.server.faults() == []
