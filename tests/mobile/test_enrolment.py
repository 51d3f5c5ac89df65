"""From an enrolment text to an installation with an identity, a key and a database."""

import stat
from pathlib import Path

import pytest

from mobile import database, device
from mobile.device import Installation
from mobile.enrolment import Newcomer, Unfit, WorkWaiting, enrol, read
from mobile.keys import next_key, open_key
from mobile.queries import Queries
from shared.ids import derive
from shared.ops import Stamp
from sync.enrolment import Enrolled, Introduction, Invitation, Owner, check_digits
from sync.exchange import Caller
from sync.ports import Identity
from tests.mobile.phones import Phone
from tests.world import ANN

KEY = "A" * 43
STAMP = Stamp(epoch="e1", server_ms=5, key="k", mac8="0" * 16)
TEXT = f"fieldfare:1?url=https%3A%2F%2Foffice.example%3A8470&code=7KQ2-9XWM&key={KEY}"


class Registrar:
    """A server that knows one code."""

    def __init__(self, *devices: str, unconfirmed: bool = False) -> None:
        self.unconfirmed = unconfirmed
        self.devices = list(devices)
        self.person = "p1"
        self.asked: list[Introduction] = []

    def enrol(self, told: Introduction) -> Enrolled:
        self.asked.append(told)
        owner = Owner(id=self.person, login="ann", name="Ann", code="T07")
        device = self.devices.pop(0)
        return Enrolled(
            device=device,
            person=owner,
            server_epoch="e1",
            stamp=STAMP,
            now=5,
            unconfirmed=self.unconfirmed,
        )


def newcomer(folder: Path) -> Newcomer:
    return Newcomer(folder=folder, name="Ann's phone", app="test", key=next_key(folder))


def test_the_whole_text_names_server_code_and_key() -> None:
    assert read(f"  {TEXT}\n") == Invitation(
        server="https://office.example:8470", code="7KQ2-9XWM", key=KEY
    )


def test_a_bare_code_needs_a_server() -> None:
    assert read("7KQ2-9XWM", server="http://127.0.0.1:8470") == Invitation(
        server="http://127.0.0.1:8470", code="7KQ2-9XWM"
    )
    with pytest.raises(Unfit, match="no server"):
        read("7KQ2-9XWM")


WRONG = [
    ("", "no server"),
    ("fieldfare:1?code=X", "no server"),
    ("fieldfare:1?url=ftp%3A%2F%2Foffice.example&code=X", "no server"),
    ("fieldfare:1?url=https%3A%2F%2Foffice.example", "no code"),
    ("fieldfare:1?url=https%3A%2F%2Foffice.example&code=two%20words", "no code"),
    ("fieldfare:1?url=http%3A%2F%2Foffice.example&code=X", "https"),
    ("fieldfare:1?url=https%3A%2F%2Foffice.example&code=X&key=short", "not complete"),
    ("fieldfare:1?url=https%3A%2F%2Foffice.example&code=X&key=%C3%A4", "not complete"),
]


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_a_text_that_cannot_be_used_says_why(text: str, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        read(text)


def test_a_code_may_be_typed_in_wide_letters_or_with_a_space() -> None:
    server = "https://office.example"
    codes = [read(text, server=server).code for text in ("７ＫＱ２－９ＸＷＭ", " 7kq2  9xwm\n")]
    assert codes == ["7KQ2-9XWM", "7kq2-9xwm"]


def test_without_encryption_only_on_purpose() -> None:
    text = "fieldfare:1?url=http%3A%2F%2Foffice.example&code=X"
    assert read(text, insecure=True).server == "http://office.example"


def test_enrolling_leaves_a_complete_folder_for_nobody_else(tmp_path: Path) -> None:
    registrar = Registrar("d1")
    here = newcomer(tmp_path)
    known = enrol(read(TEXT), here, registrar, lambda count: b"\x07" * count)
    assert known == device.installation(tmp_path)
    assert known == Installation(
        server="https://office.example:8470",
        device="d1",
        person="p1",
        login="ann",
        name="Ann",
        code="T07",
        key=KEY,
    )
    assert registrar.asked == [
        Introduction(code="7KQ2-9XWM", public_key=here.key.public(), name="Ann's phone", app="test")
    ]
    with database.opened(database.path_of(tmp_path, "p1")) as connection:
        assert database.identity(connection) == Identity(
            device="d1", person="p1", incarnation="07" * 16, stamp=STAMP
        )
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}


def test_a_phone_that_the_office_has_yet_to_let_in_knows_its_digits_and_that_it_waits(
    tmp_path: Path,
) -> None:
    """S5."""
    registrar, here = Registrar("d1", unconfirmed=True), newcomer(tmp_path)
    known = enrol(read(TEXT), here, registrar, lambda count: b"\x07" * count)
    assert known.digits == check_digits(here.key.public())
    with database.opened(database.path_of(tmp_path, "p1")) as connection:
        kept = database.identity(connection)
        assert kept is not None
        assert kept.unconfirmed
        assert Queries(connection).waiting().unconfirmed


def test_enrolling_again_keeps_what_was_recorded(tmp_path: Path) -> None:
    """C23, C26."""
    registrar = Registrar("d1", "d2")
    enrol(read(TEXT), newcomer(tmp_path), registrar, lambda count: b"\x01" * count)
    enrol(read(TEXT), newcomer(tmp_path), registrar, lambda count: b"\x02" * count)
    with database.opened(database.path_of(tmp_path, "p1")) as connection:
        assert database.identity(connection) == Identity(
            device="d2", person="p1", incarnation="01" * 16, stamp=STAMP
        )
    assert registrar.asked[0].public_key != registrar.asked[1].public_key
    assert open_key(tmp_path).public() == registrar.asked[1].public_key


def test_a_phone_enrolled_again_goes_on_as_another_incarnation_and_loses_nothing(
    phone: Phone,
) -> None:
    phone.must("work_order.accept")
    phone.sync()
    phone.must("work_order.depart")
    registrar = Registrar(derive("second device"))
    registrar.person = ANN
    enrol(read(TEXT), newcomer(phone.folder), registrar, lambda count: b"\x05" * count)
    caller = Caller(device=derive("second device"), person=ANN)
    phone.world.callers[id(phone.replica)] = caller
    summary = phone.world.sync(phone.replica)
    assert (summary.forked, summary.checksum_ok, summary.verdicts["applied"]) == (True, True, 1)
    assert [(line.kind, line.state) for line in phone.queries.outbox()] == [
        ("work_order.accept", "safe"),
        ("work_order.depart", "safe"),
    ]
    assert [job.status for job in phone.queries.jobs()] == ["en_route"]


def test_a_lost_answer_is_asked_for_again_with_the_same_key(tmp_path: Path) -> None:
    assert newcomer(tmp_path).key.public() == newcomer(tmp_path).key.public()
    enrol(read(TEXT), newcomer(tmp_path), Registrar("d1"), device.dice)
    before = (tmp_path / "device.key").read_bytes()
    lost = newcomer(tmp_path).key.public()
    assert newcomer(tmp_path).key.public() == lost
    assert (tmp_path / "device.key").read_bytes() == before


def kept(folder: Path) -> dict[str, bytes]:
    """What must not change when somebody is not let in."""
    names = ("device.json", "device.key")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}


@pytest.mark.parametrize("text", [f"{TEXT}&person=p1", TEXT])
def test_nobody_takes_a_phone_over_before_the_work_on_it_is_settled(
    phone: Phone, text: str
) -> None:
    """C25."""
    registrar = Registrar("d1", "d2", "d2")
    registrar.person = ANN
    enrol(read(TEXT), newcomer(phone.folder), registrar, device.dice)
    phone.must("work_order.accept")
    before = kept(phone.folder)
    registrar.person = "p1"
    with pytest.raises(WorkWaiting) as refused:
        enrol(read(text), newcomer(phone.folder), registrar, device.dice)
    whose = refused.value.whose
    assert (whose.person, whose.name, whose.waiting) == (ANN, "Ann", 1)
    assert len(registrar.asked) == (1 if "person" in text else 2)
    assert kept(phone.folder) == before
    assert not database.path_of(phone.folder, "p1").exists()


def test_the_next_person_gets_a_key_and_a_database_of_their_own(phone: Phone) -> None:
    registrar = Registrar("d1", "d2")
    registrar.person = ANN
    enrol(read(TEXT), newcomer(phone.folder), registrar, device.dice)
    phone.must("work_order.accept")
    phone.world.callers[id(phone.replica)] = Caller(device="d1", person=ANN)
    phone.sync()
    registrar.person = "p1"
    enrol(read(f"{TEXT}&person=p1"), newcomer(phone.folder), registrar, device.dice)
    known = device.installation(phone.folder)
    assert known is not None
    assert (known.device, known.person) == ("d2", "p1")
    first, second = (one.public_key for one in registrar.asked)
    assert open_key(phone.folder).public() == second != first
    assert [line.state for line in phone.queries.outbox()] == ["safe"]
