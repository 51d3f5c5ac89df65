"""A phone that the office wants emptied: all that anybody recorded on it goes, once, and never
what somebody still holds that nobody else has.
"""

from base64 import urlsafe_b64decode
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mobile import database, evidence, service, wiping
from mobile.darkroom import Slip
from mobile.device import installation
from mobile.drafts import Drafts
from mobile.keys import next_key, open_key
from mobile.lock import Lock
from mobile.wiping import Emptied
from shared.errors import Refused
from shared.ids import derive
from shared.ops import Stamp
from sync.enrolment import Enrolled, Invitation, Owner, Wiped, wiped_text
from sync.ports import Identity
from sync.protocol import Reply, Wipe, decode_request, encode
from tests.mobile.phones import Phone
from tests.mobile.test_service import files, installed, run
from tests.mobile.wires import Answer, Office, office
from tests.world import ANN, BOB

ORDER = Wipe(order="order-1")
BOBS_PHOTO = b"bob's photo"
LET_IN = Enrolled(
    device="b2",
    person=Owner(id=BOB, login="bob", name="Bob", code="T08"),
    server_epoch="e1",
    stamp=Stamp(epoch="e1", server_ms=5, key="k", mac8="0" * 16),
    now=5,
)
OP_OF_BOB = """INSERT INTO outbox VALUES ('op', 1, 'b', 'f', '{}', 'note.add', 'work_order', 'x',
    'bob', 1, 0, NULL, '[]', NULL, NULL, '{}', '[]', '{}', NULL, NULL)"""
HANDED_IN = Answer(status=204, body=b"")


def filled(phone: Phone, server: str = "http://127.0.0.1:9") -> Path:
    """A folder with everything of Ann in it, and Bob's database and photo beside."""
    folder = installed(phone, server)
    phone.replica.checkpoint()
    next_key(folder)
    Lock(folder).put("4711", lambda count: b"s" * count)
    with closing(Drafts(folder)) as drafts:
        drafts.keep("note/1", "half a word about the customer")
    evidence.store(folder, b"ann's photo")
    named = evidence.store(folder, BOBS_PHOTO)
    with database.opened(database.path_of(folder, BOB)) as theirs, database.writing(theirs):
        database.identify(theirs, Identity(device="b", person=BOB, incarnation="b"))
        theirs.execute(
            "INSERT INTO file (sha256, size, rank, noun, id, recorded, state, sent, begun, "
            "mismatches, fault, unsure) VALUES (?, 1, 1, 'work_order', 'x', 1, 'safe', 1, 0, "
            "0, '', 0)",
            (named,),
        )
    took(folder, ANN)
    took(folder, BOB)
    (folder / "papers").mkdir()
    (folder / "papers" / "report.pdf").write_bytes(b"the customer's name")
    (folder / "rescue").mkdir()
    (folder / "rescue" / "fieldfare.rescue").write_bytes(b"sealed, and still their work")
    (folder / "mine.txt").write_text("nothing of the app", encoding="utf-8")
    return folder


def took(folder: Path, person: str) -> None:
    """A picture that somebody took and that is no photo yet."""
    slip = Slip(id=derive("slip", person), person=person, job=derive("a job"), at=1)
    (folder / "incoming").mkdir(exist_ok=True)
    (folder / "incoming" / f"{slip.id}.json").write_bytes(msgspec.json.encode(slip))
    (folder / "incoming" / f"{slip.id}.raw").write_bytes(b"a face")


def wanted(phone: Phone, wipe: Wipe = ORDER) -> tuple[Answer, ...]:
    """What the office says to a phone that it wants emptied, and to its word that it is."""
    identity = phone.replica.identity()
    assert identity.stamp is not None
    reply = Reply(
        server_epoch=str(identity.epoch),
        now=1,
        stamp=identity.stamp,
        token=identity.token,
        revoked=True,
        wipe=wipe,
    )
    nonce, access = b'{"nonce": "n"}', b'{"token": "t", "expires_in": 600}'
    return (Answer(body=nonce), Answer(body=access), Answer(body=encode(reply)), HANDED_IN)


def left(folder: Path) -> set[str]:
    """What is in the folder, but for what any look at a database leaves beside it."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if not name.endswith((".lock", "-wal", "-shm"))}


def stays() -> set[str]:
    """What no order to empty the phone touches: what is not the app's, and that it was emptied."""
    return {"mine.txt", "drafts.db", "wiped.json"}


def of_bob() -> set[str]:
    """What an older app left to those who had the phone before."""
    bobs = derive("slip", BOB)
    photo = f"evidence/{sha256(BOBS_PHOTO).hexdigest()}.jpg"
    return {f"{BOB}.db", photo, f"incoming/{bobs}.json", f"incoming/{bobs}.raw"}


def talk(folder: Path) -> None:
    with service.opened(folder) as opened:
        assert opened is not None
        service.talk(opened, ops_only=False)


def said_in(server: Office) -> list[Wiped]:
    bodies = [one.body for one in server.heard if one.path == "/wiped"]
    return [msgspec.json.decode(body, type=Wiped) for body in bodies]


def test_all_that_anybody_recorded_goes_and_nothing_else(phone: Phone) -> None:
    """S2."""
    with office(*wanted(phone, Wipe(order="order-1", files=2))) as (address, server):
        folder = filled(phone, address)
        key = open_key(folder).public()
        with pytest.raises(Emptied):
            talk(folder)
        assert left(folder) == stays()
        with closing(Drafts(folder)) as drafts:
            assert drafts.keys() == ()
        assert b"half a word" not in (folder / "drafts.db").read_bytes()
        (said,) = said_in(server)
        assert (said.device, said.order) == ("d", "order-1")
        assert is_signed(key, wiped_text("d", "order-1"), said.signature)


def test_a_phone_says_in_words_that_it_was_emptied_until_it_is_enrolled_again(
    phone: Phone,
) -> None:
    with office(*wanted(phone, Wipe(order="order-1", files=2))) as (address, _):
        folder = filled(phone, address)
        for command in (["sync"], ["list"], ["status"]):
            code, told, errors = run(*command, "--data", folder)
            assert (code, told["code"], errors) == (3, "emptied", "")
            assert "had this phone emptied" in told["reason"]
    wiping.forget(folder)
    assert run("status", "--data", folder)[1]["code"] == "not_enrolled"


@pytest.mark.parametrize("gone", range(5))
def test_killed_halfway_it_goes_on_at_the_next_start(phone: Phone, gone: int) -> None:
    folder = filled(phone)
    owner = installation(folder)
    assert owner is not None
    wiping.begin(folder, owner, "order-1")
    mark = wiping.mark_in(folder)
    assert mark is not None
    for step in wiping.STEPS[:gone]:
        step(folder, mark)
    with pytest.raises(Emptied), service.opened(folder):
        pass
    assert left(folder) == stays()
    assert installation(folder) is None


def test_an_order_that_an_older_app_began_leaves_what_others_had(phone: Phone) -> None:
    folder = filled(phone)
    owner = installation(folder)
    assert owner is not None
    wiping.begin(folder, owner, "order-1")
    mark = wiping.mark_in(folder)
    assert mark is not None
    old = msgspec.structs.replace(mark, everybody=False)
    (folder / wiping.FILE).write_bytes(msgspec.json.encode(old))
    wiping.go_on(folder)
    assert left(folder) == stays() | of_bob()


@pytest.mark.parametrize("what", ["op", "picture", "damage"])
def test_what_somebody_before_still_holds_is_told_and_keeps_all_of_it(
    phone: Phone, what: str
) -> None:
    """C25: it counts as work of the phone, for whoever has it now."""
    with office(*wanted(phone, Wipe(order="order-1"))) as (address, server):
        folder = installed(phone, address)
        bobs = database.path_of(folder, BOB)
        with database.opened(bobs) as theirs, database.writing(theirs):
            database.identify(theirs, Identity(device="b", person=BOB, incarnation="b"))
            if what == "op":
                theirs.execute(OP_OF_BOB)
        if what == "picture":
            took(folder, BOB)
        if what == "damage":
            bobs.write_bytes(b"no database" * 500)
        before = files(folder).keys()
        talk(folder)
        assert before <= files(folder).keys()
        asked = decode_request(next(one.body for one in server.heard if one.path == "/sync"))
        assert asked.others == ((0, 1) if what == "picture" else (1, 0))
        assert said_in(server) == []


def test_killed_before_it_began_it_is_emptied_at_the_next_start(phone: Phone) -> None:
    folder = filled(phone)
    with phone.replica.transaction():
        identity = phone.replica.identity()
        phone.replica.identify(msgspec.structs.replace(identity, wipe=ORDER))
    with pytest.raises(Emptied), service.opened(folder):
        pass
    assert left(folder) == stays()


@pytest.mark.parametrize("has_begun", [True, False])
def test_who_enrols_on_a_phone_that_is_to_be_emptied_finds_it_empty(
    phone: Phone, *, has_begun: bool
) -> None:
    with office(HANDED_IN, Answer(body=msgspec.json.encode(LET_IN))) as (address, server):
        folder = filled(phone, address)
        owner = installation(folder)
        assert owner is not None
        if has_begun:
            wiping.begin(folder, owner, "order-1")
        else:
            with phone.replica.transaction():
                identity = phone.replica.identity()
                phone.replica.identify(msgspec.structs.replace(identity, wipe=ORDER))
        service.enrol(folder, Invitation(server=address, code="AB-12"), "Bob's phone")
        assert [one.order for one in said_in(server)] == ["order-1"]
    assert not (folder / f"{ANN}.db").exists()
    assert left(folder) - stays() == {f"{BOB}.db", "device.json", "device.key"}
    known = installation(folder)
    assert known is not None
    assert (known.person, wiping.mark_in(folder)) == (BOB, None)


def test_an_office_that_does_not_hear_that_it_is_empty_is_told_later_and_once(
    phone: Phone,
) -> None:
    answers = wanted(phone, Wipe(order="order-1", files=2))
    deaf = (*answers[:3], Answer(status=503, headers={"Retry-After": "1"}), HANDED_IN)
    with office(*deaf) as (address, server):
        folder = filled(phone, address)
        with pytest.raises(Emptied):
            talk(folder)
        service.tell_emptied(folder)
        service.tell_emptied(folder)
        first, again = said_in(server)
        assert first == again
    mark = wiping.mark_in(folder)
    assert mark is not None
    assert mark.told


@pytest.mark.parametrize("what", ["op", "picture"])
def test_a_phone_is_not_emptied_of_what_nobody_else_has(phone: Phone, what: str) -> None:
    """C25."""
    with office(*wanted(phone, Wipe(order="order-1", files=0))) as (address, server):
        folder = installed(phone, address)
        if what == "op":
            phone.must("work_order.accept")
        else:
            took(folder, ANN)
        before = files(folder).keys()
        talk(folder)
        assert before <= files(folder).keys()
        asked = decode_request(next(one.body for one in server.heard if one.path == "/sync"))
        assert (len(asked.ops), asked.unsent_files) == ((1, 0) if what == "op" else (0, 1))
        assert said_in(server) == []
    assert phone.replica.identity().revoked


def test_from_the_order_on_nothing_is_recorded_even_in_a_window_that_is_open(phone: Phone) -> None:
    with office(*wanted(phone)) as (address, _):
        folder = installed(phone, address)
        with pytest.raises(Emptied):
            talk(folder)
    done = phone.record("work_order.accept")
    assert isinstance(done, Refused)
    assert done.code == "wiped"


def is_signed(public: str, text: str, signature: str) -> bool:
    key = load_der_public_key(decoded(public))
    assert isinstance(key, EllipticCurvePublicKey)
    r, s = (int.from_bytes(half, "big") for half in halves(decoded(signature)))
    key.verify(encode_dss_signature(r, s), text.encode(), ECDSA(SHA256()))
    return True


def halves(signature: bytes) -> tuple[bytes, bytes]:
    return signature[:32], signature[32:]


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
