"""A phone is told at the door whose signature to believe, and by each head who vouches for it."""

from os import urandom
from pathlib import Path

import pytest
from msgspec import structs

from mobile.keys import is_signed
from server.keys import open_keys, rotate
from server.notary import LEASE_MS
from server.rounds import notarise
from sync.digest import vector_hash
from sync.ports import Identity
from sync.prints import Care
from sync.protocol import Reply
from sync.witness import Fault, trust_nobody, witness
from tests.server.rim.company import Company, newcomer
from tests.server.rim.test_enrolment import KEY
from tests.server.rim.test_round_trip import epoch_of, talk


def signed(company: Company) -> Reply:
    """The answer to a phone after a head was signed, by this or by the server's own thread."""
    company.now_ms += LEASE_MS + 1  # nobody's lease stands in the way
    notarise(company.office, company.office.seal())
    vector = vector_hash(epoch_of(company.office), {})
    return talk(company, company.phone(), head=0, full=True, vector=vector)


def believed(reply: Reply, keys: dict[str, str]) -> Fault:
    """What is wrong with the head of an answer, for a phone that was told these keys."""
    care = Care(head_keys=keys)
    me = Identity(device="d", person="p", incarnation="i", epoch=reply.server_epoch, care=care)
    return witness(me, reply, is_signed).fault


def test_a_phone_is_told_at_the_door_whose_heads_to_believe(company: Company) -> None:
    told = company.client.post("/enrol", json=newcomer(company.code(), KEY)).json()
    assert set(told["head_keys"]) == {company.office.keys.notary_key}
    reply = signed(company)
    assert reply.head is not None
    assert reply.head.vouchers == []
    assert believed(reply, told["head_keys"]) == ""
    forged = structs.replace(reply, head=structs.replace(reply.head, at=reply.head.at + 1))
    assert believed(forged, told["head_keys"]) == "log_unsigned"
    assert trust_nobody("", b"", "")


def test_a_phone_believes_the_key_that_its_office_turned_to(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "keys"
    old = open_keys(folder, urandom).head_keys
    for _ in range(2):
        rotate(folder, "notary", urandom)
    company = Company(tmp_path / "data")
    with company.client:
        reply = signed(company)
    assert reply.head is not None
    assert [one.by in company.office.keys.notary for one in reply.head.vouchers] == [True, True]
    assert reply.head.key not in old
    assert believed(reply, old) == ""


def test_an_office_that_lost_its_keys_is_not_believed_before_a_phone_is_enrolled_again(
    tmp_path: Path,
) -> None:
    before = Company(tmp_path / "data")
    old = before.office.keys.head_keys
    before.office.close()
    for lost in before.office.keys.folder.glob("notary.*"):
        lost.unlink()
    company = Company(tmp_path / "data")
    with company.client:
        reply = signed(company)
    assert believed(reply, old) == "log_unknown_key"
    assert believed(reply, company.office.keys.head_keys) == ""


@pytest.mark.parametrize("public", ["", "AAAA", "ä", "not a key"])
def test_whatever_a_server_says_instead_of_a_key_proves_nothing(public: str) -> None:
    assert not is_signed(public, b"data", "00" * 64)
