"""A phone believes only a log that its own office signed and that goes on from what it has seen."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import structs

from mobile.keys import is_signed
from server.keys import signed
from shared.audit import Growth, consistency_ranges, grow, leaf_hash, root_of_peaks
from shared.rescue import public_text
from sync.memory import MemoryPhone
from sync.ports import Outboxed, Replica
from sync.prints import Care
from sync.protocol import Reply, Request, SignedHead, Voucher
from sync.session import TimedOut
from sync.witness import signed_bytes, vouched_bytes
from tests.world import ANN, World

OLD, NEW, FOREIGN = (ec.derive_private_key(number, ec.SECP256R1()) for number in (3, 5, 7))
PINNED = {"old": public_text(OLD.public_key())}
LEAVES = [leaf_hash(str(number).encode()) for number in range(9)]


def root(leaves: list[bytes]) -> bytes:
    growth = Growth(size=0, peaks=[])
    grow(growth, leaves)
    return root_of_peaks(growth.peaks)


def proof(older: int, newer: int) -> list[str]:
    ranges = consistency_ranges((0, newer), older, whole=True) if 0 < older < newer else []
    return [root(LEAVES[start:end]).hex() for start, end in ranges]


def head(epoch: str, size: int, key: str = "old", by: Any = OLD, **more: Any) -> SignedHead:
    """A head of the log, as it is signed."""
    made = SignedHead(
        epoch=epoch, size=size, root=root(LEAVES[:size]).hex(), at=1, key=key, signature=""
    )
    made = structs.replace(made, signature=signed(by, signed_bytes(made)))
    return structs.replace(made, **more)


def voucher(key: str, public: Any, by: str, signer: Any) -> Voucher:
    told = Voucher(key=key, public=public_text(public.public_key()), by=by, signature="")
    return structs.replace(told, signature=signed(signer, vouched_bytes(told)))


class Office(World):
    """The small company, whose server answers with the head that a test lays out."""

    def __init__(self) -> None:
        super().__init__()
        self.head: SignedHead | None = None
        self.asked: list[Request] = []

    def carry(self, phone: Replica, request: Request, fault: str) -> Reply | TimedOut:
        reply = super().carry(phone, request, fault)
        assert isinstance(reply, Reply)
        self.asked.append(request)
        return structs.replace(reply, head=self.head)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def phone(office: Office) -> MemoryPhone:
    """Ann's phone, which was told the office's key at the door and has seen five leaves."""
    found = office.phone(ANN)
    assert isinstance(found, MemoryPhone)
    found.identify(structs.replace(found.identity(), care=Care(head_keys=PINNED)))
    talk(office, found, head(epoch(office), 5))
    return found


def epoch(office: Office) -> str:
    with office.server.reading() as library:
        return library.epoch


def talk(office: Office, phone: MemoryPhone, said: SignedHead | None) -> bool:
    """A conversation; whether the log was believed."""
    office.head = said
    return office.sync(phone, verify=is_signed).audit_ok


def faults(office: Office) -> list[str]:
    return [one.what for request in office.asked for one in request.findings]


def test_a_head_that_the_office_signed_is_kept(office: Office, phone: MemoryPhone) -> None:
    newer = head(epoch(office), 9, proof=proof(5, 9))
    assert talk(office, phone, newer)
    assert phone.identity().head == newer
    assert (phone.identity().care.head_fault, faults(office)) == ("", [])


def wrong(name: str, at: str) -> SignedHead:
    """A head that is not to be believed, by what is wrong with it."""
    grown = proof(5, 9)
    return {
        "of another key": head(at, 9, by=FOREIGN, proof=grown),
        "signature of nothing": head(at, 9, signature="00" * 64, proof=grown),
        "no hexadecimal": head(at, 9, signature="no", proof=grown),
        "larger than was signed": structs.replace(head(at, 5), size=9, proof=grown),
        "under an unknown name": head(at, 9, key="new", by=FOREIGN, proof=grown),
        "a stranger vouches": head(
            at, 9, "new", NEW, proof=grown, vouchers=[voucher("new", NEW, "old", FOREIGN)]
        ),
        "an unknown one vouches": head(
            at, 9, "new", NEW, proof=grown, vouchers=[voucher("new", NEW, "other", FOREIGN)]
        ),
        "shorter": head(at, 3),
        "not grown from it": head(at, 9, proof=proof(4, 9)),
        "garbled proof": head(at, 9, proof=["no"]),
        "of another epoch": head("another", 9),
    }[name]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("of another key", "log_unsigned"),
        ("signature of nothing", "log_unsigned"),
        ("no hexadecimal", "log_unsigned"),
        ("larger than was signed", "log_unsigned"),
        ("under an unknown name", "log_unknown_key"),
        ("a stranger vouches", "log_unknown_key"),
        ("an unknown one vouches", "log_unknown_key"),
        ("shorter", "log_shrunk"),
        ("not grown from it", "log_changed"),
        ("garbled proof", "log_changed"),
        ("of another epoch", "log_changed"),
    ],
)
def test_no_other_head_is_believed_and_work_is_sent_all_the_same(
    office: Office, phone: MemoryPhone, name: str, fault: str
) -> None:
    before = phone.identity().head
    order = office.job(ANN)
    talk(office, phone, None)
    accepted = office.tap(phone, "work_order.accept", ("work_order", order))
    assert isinstance(accepted, Outboxed)
    assert not talk(office, phone, wrong(name, epoch(office)))
    assert phone.outboxed([accepted.op_id])[0].verdict == "applied"
    assert phone.identity().head == before
    for _ in range(2):
        assert not talk(office, phone, wrong(name, epoch(office)))
    assert faults(office) == [fault], "told once"
    assert not talk(office, phone, None), "nothing new is no proof"
    assert talk(office, phone, head(epoch(office), 9, proof=proof(5, 9)))
    assert phone.identity().care.head_fault == ""


def test_a_key_that_an_older_one_vouches_for_is_believed_from_then_on(
    office: Office, phone: MemoryPhone
) -> None:
    vouchers = [voucher("new", NEW, "old", OLD), voucher("newest", FOREIGN, "new", NEW)]
    more = {"proof": proof(5, 7), "vouchers": vouchers}
    assert talk(office, phone, head(epoch(office), 7, "newest", FOREIGN, **more))
    assert set(phone.identity().care.head_keys) == {"old", "new", "newest"}
    assert talk(office, phone, head(epoch(office), 9, "new", NEW, proof=proof(7, 9)))


def test_a_voucher_beside_a_head_that_is_not_believed_brings_no_key(
    office: Office, phone: MemoryPhone
) -> None:
    vouchers = [voucher("new", NEW, "old", OLD)]
    assert not talk(office, phone, head(epoch(office), 3, "new", NEW, vouchers=vouchers))
    assert set(phone.identity().care.head_keys) == {"old"}


def test_without_a_key_from_the_door_a_log_only_has_to_grow(office: Office) -> None:
    phone = office.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    assert talk(office, phone, head(epoch(office), 5, by=FOREIGN))
    assert not talk(office, phone, head(epoch(office), 3))


def test_nobody_who_cannot_check_believes_a_signature(office: Office, phone: MemoryPhone) -> None:
    office.head = head(epoch(office), 9, proof=proof(5, 9))
    assert not office.sync(phone).audit_ok


def test_after_a_new_epoch_a_phone_asks_for_the_head_of_the_new_log(
    office: Office, phone: MemoryPhone
) -> None:
    office.server.renew()
    talk(office, phone, None)
    talk(office, phone, head(epoch(office), 2))
    assert office.asked[-1].head == 0, "what it knows is of another log"
    assert phone.identity().head == head(epoch(office), 2)
    talk(office, phone, None)
    assert office.asked[-1].head == 2


def test_what_is_signed_of_a_head_and_of_a_voucher_is_told_apart() -> None:
    said = voucher("new", NEW, "old", OLD)
    assert b'"for":"fieldfare-head"' in vouched_bytes(said)
    assert b'"for"' not in signed_bytes(head("e", 1))
