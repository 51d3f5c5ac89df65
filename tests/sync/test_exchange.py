"""The server's half of a round trip: who speaks, and what is taken from whom."""

import msgspec
import pytest
from msgspec import structs

from shared.clock import At
from shared.ids import derive, fingerprint
from shared.ops import Op, encode
from shared.records import Aggregate, Record
from shared.site import Site
from shared.tasks import Conflict
from sync.exchange import examine
from sync.memory import MemoryBooks, MemoryPhone
from sync.ports import Outboxed, Standing
from sync.protocol import PROTOCOL, Request
from sync.tokens import Token
from tests.world import ANN, BOB, CUSTOMER, SITE, MemoryServer, World

STANDING = Standing(
    incarnation="i-1",
    device="d-1",
    n=5,
    nonce="five",
    nonce_before="four",
    vector={},
    lseq_max=9,
    epoch="e-1",
)
TOKEN = Token(key="k1", epoch="e-1", incarnation="i-1", n=5, place=9, nonce="five", vector="0" * 32)
REQUEST = Request(
    protocol=PROTOCOL,
    app="test",
    device="d-1",
    incarnation="i-1",
    clock=At(wall=0, boot="b", mono=0, src="boottime"),
    token="whatever",
)


@pytest.mark.parametrize(
    ("changes", "chain"),
    [
        ({}, "goes_on"),
        ({"place": 3}, "goes_on"),
        ({"n": 4, "nonce": "four"}, "repeats"),
        ({"n": 4, "nonce": "another"}, "fork"),
        ({"n": 3, "nonce": "three"}, "fork"),
        ({"n": 6, "nonce": "six"}, "rolled_back"),
        ({"nonce": "another"}, "rolled_back"),
        ({"place": 10}, "rolled_back"),
        ({"epoch": "e-0", "n": 99, "nonce": "four"}, "repeats"),
        ({"epoch": "e-0", "n": 4, "nonce": "another"}, "fork"),
        ({"incarnation": "i-2"}, "fork"),
    ],
)
def test_a_token_says_how_the_conversation_goes_on(changes: dict[str, object], chain: str) -> None:
    """C10."""
    assert examine(REQUEST, structs.replace(TOKEN, **changes), STANDING, "e-1") == chain


@pytest.mark.parametrize("nonce", ["five", "four", "another"])
def test_who_comes_from_an_earlier_epoch_is_let_in_once(nonce: str) -> None:
    before = structs.replace(STANDING, epoch="e-0")
    token = structs.replace(TOKEN, epoch="e-0", nonce=nonce)
    assert examine(REQUEST, token, before, "e-1") == "foreign"


def test_a_request_of_before_an_epoch_that_comes_late_disturbs_nobody() -> None:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    world.sync(phone, ["ok", "late"])
    world.server.renew()
    world.taps(phone, order, "accept")
    told = [world.sync(phone, ["late", "no reply", "no reply"])]
    world.taps(phone, order, "depart")
    told.append(world.sync(phone, ["late", "ok", "late"]))
    world.server.renew()
    told.append(world.sync(phone, ["twice", "late", "no reply"]))
    told.append(world.sync(phone))
    assert [(one.forked, one.checksum_ok) for one in told] == [(False, True)] * 4


def test_a_first_request_that_comes_again_in_a_new_epoch_disturbs_nobody() -> None:
    world = World()
    phone, other = world.phone(ANN), world.phone(BOB)
    world.sync(phone, ["late"])
    world.server.renew()
    world.sync(other, ["late", "twice"])  # with which the other's first request comes again
    assert not world.sync(phone).forked


def test_without_a_token_only_a_beginning_is_honest() -> None:
    first = structs.replace(REQUEST, token=None)
    assert examine(first, None, None, "e-1") == "begins"
    assert examine(first, None, structs.replace(STANDING, n=1), "e-1") == "begins"
    assert examine(first, None, STANDING, "e-1") == "fork"
    assert examine(REQUEST, None, STANDING, "e-1") == "foreign"
    assert examine(REQUEST, TOKEN, None, "e-1") == "rolled_back"


def test_nobody_hands_in_what_somebody_else_did() -> None:
    """C33."""
    world = World()
    order = world.job(ANN, BOB)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    for by, args in ((BOB, b'{"text":"x","audience":"internal"}'), (BOB, b'{"text":7}')):
        op = Op(
            id=world.name(),
            kind="note.add",
            v=1,
            on=("work_order", order),
            by=by,
            origin="device",
            at=world.clock(phone),
            salt="3" * 32,
            args=msgspec.Raw(args),
        )
        body = encode(op)
        phone.append(
            Outboxed(
                lseq=phone.next_lseq(),
                op_id=op.id,
                fingerprint=fingerprint(body),
                body=body,
                kind=op.kind,
                on=op.on,
                by=by,
                recorded=world.now_ms,
                incarnation=phone.identity().incarnation,
            )
        )
    assert world.sync(phone).verdicts == {"rejected": 2}
    assert [(one.code, one.detail) for one in phone.all_ops()] == [
        ("wrong_author", {"field": "by"})
    ] * 2


def test_repeated_losers_on_one_field_share_one_open_conflict() -> None:
    """C53."""
    world = World()
    assert isinstance(world.server, MemoryServer)
    order = world.job(ANN)
    phone = world.phone(ANN)
    world.sync(phone)
    for number in ("222", "333"):
        stale = {"fields": {"contact_phone": ["13800005678", number]}}
        world.tap(
            phone,
            "edit",
            ("site", SITE),
            {"fields": {"contact_phone": ["13800005678", "111"]}, "work_order": order},
        )
        world.sync(phone)
        assert world.office("edit", ("site", SITE), stale).verdict == "conflict"
    rows = world.server.books.pages.rows
    (conflict,) = [row for row in rows.values() if isinstance(row, Conflict)]
    assert [one.value for one in conflict.losers] == ["222", "333"]
    site = rows[(Site, SITE)]
    assert isinstance(site, Site)
    for index, wanted in ((0, "222"), (1, "333")):
        swap = {"conflict": conflict.id, "choice": "swap", "loser": index}
        world.must(world.office("conflict.settle", ("site", SITE), swap))
        site = world.server.books.pages.rows[(Site, SITE)]
        assert isinstance(site, Site)
        assert site.contact_phone == wanted
    keep = {"conflict": conflict.id, "choice": "keep"}
    world.must(world.office("conflict.settle", ("site", SITE), keep))
    site = world.server.books.pages.rows[(Site, SITE)]
    assert isinstance(site, Site)
    assert site.contact_phone == "111"


class Watched(MemoryBooks):
    """Books that note of which things all was wanted that names them."""

    def __init__(self) -> None:
        super().__init__()
        self.gathered: list[Aggregate] = []

    def naming(self, thing: Aggregate) -> list[Record]:
        self.gathered.append(thing)
        return super().naming(thing)


def test_nothing_is_gathered_and_held_for_what_a_phone_may_not_say() -> None:
    """Merging holds all of a customer: a phone that says it is refused without that."""
    server = MemoryServer()
    server.books = books = Watched()
    world = World(server)
    on = ("customer", CUSTOMER)
    for origin in ("device", "api"):
        op = world.op("customer.merge", on, {"into": derive("other")}, by=ANN)
        said = structs.replace(op, body=op.body.replace('"console"', f'"{origin}"'))
        (result,) = world.hand_in([said], origin="device", person=ANN)
        assert result.verdict == "rejected"
    odd = world.op("no.such", on, {}, by=ANN)
    odd = structs.replace(odd, body=odd.body.replace('"console"', '"device"'))
    repair = {
        "of": odd.id,
        "body_fingerprint": fingerprint(odd.body),
        "kind": "customer.merge",
        "v": 1,
        "on": on,
        "args": {"into": derive("other")},
    }
    mend = world.op("op.repair", ("op", odd.id), repair, by=ANN)
    mend = structs.replace(mend, body=mend.body.replace('"console"', '"device"'))
    told = [world.hand_in([one], origin="device", person=ANN)[0] for one in (odd, mend)]
    assert [(one.verdict, one.code) for one in told] == [
        ("quarantined", "future_kind"),
        ("rejected", "not_permitted"),
    ]
    assert books.gathered == []
    world.office("customer.merge", on, {"into": derive("other")})
    assert books.gathered == [on]
