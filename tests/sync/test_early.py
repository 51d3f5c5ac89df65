"""What comes before what it names waits for it, in whatever order and by whichever way it comes."""

from itertools import permutations

import msgspec
import pytest
from msgspec import structs

from shared.ids import derive
from shared.kinds import REGISTRY
from shared.ops import Op, encode
from shared.people import OpState
from shared.photos import Photo
from shared.records import Record
from sync.desk import Parcel
from sync.intake import EARLY_MAX, receive
from sync.memory import MemoryPhone
from sync.ports import Crowded, Identity, Outboxed
from sync.protocol import OPS_PER_PUSH_MAX, Request, Result, WireOp
from sync.session import Surroundings, converse
from sync.settling import fork
from tests.proof import picture
from tests.world import ANN, MemoryServer, World


def begun() -> tuple[World, MemoryServer, MemoryPhone, str]:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    assert isinstance(world.server, MemoryServer)
    world.sync(phone)
    return world, world.server, phone, order


def photographed(world: World, phone: MemoryPhone, order: str) -> str:
    """A photo is taken and described twice; returns the id it will have."""
    on = ("work_order", order)
    taken = world.tap(phone, "photo.add", on, picture("plate"))
    assert isinstance(taken, Outboxed)
    photo = derive(taken.op_id, "photo")
    for caption in ("first", "last"):
        said = {"photo": photo, "slot": "", "caption": caption, "audience": "internal"}
        assert isinstance(world.tap(phone, "photo.describe", on, said), Outboxed)
    return photo


def asking(world: World, phone: MemoryPhone) -> Request:
    around = Surroundings(now=lambda: world.clock(phone), name=world.random_name, app="test")
    return next(converse(phone, around))


def row(server: MemoryServer, kind: type[Record], identity: str) -> Record | None:
    return server.books.pages.rows.get((kind, identity))


def verdicts(server: MemoryServer, ops: list[WireOp]) -> list[tuple[str, str | None]]:
    return [
        (server.books.pages.ops[one.id].verdict, server.books.pages.ops[one.id].code) for one in ops
    ]


@pytest.mark.parametrize("one_by_one", [True, False], ids=["one by one", "all at once"])
@pytest.mark.parametrize("order_of_arrival", list(permutations(range(3))), ids=str)
def test_a_creation_and_what_names_it_come_to_the_same_in_every_order(
    order_of_arrival: tuple[int, ...], one_by_one: bool
) -> None:
    """C54."""
    world, server, phone, order = begun()
    photo = photographed(world, phone, order)
    whole = asking(world, phone)
    ops = [whole.ops[which] for which in order_of_arrival]
    for some in [[one] for one in ops] if one_by_one else [ops]:
        world.serve(phone, structs.replace(whole, ops=some))
    assert verdicts(server, whole.ops) == [("applied", None)] * 3
    found = row(server, Photo, photo)
    assert isinstance(found, Photo)
    latest = max(order_of_arrival.index(1), order_of_arrival.index(2))
    described_last = order_of_arrival.index(2) == latest or order_of_arrival[-1] == 0
    assert found.caption == ("last" if described_last else "first")
    assert world.sync(phone).verdicts == {"applied": 3}
    assert phone.unsettled_on({("work_order", order)}) == []


def test_it_is_told_that_it_waits_and_later_what_became_of_it() -> None:
    """C54."""
    world, server, phone, order = begun()
    photographed(world, phone, order)
    whole = asking(world, phone)
    (early,) = world.serve(phone, structs.replace(whole, ops=whole.ops[1:2])).results
    assert (early.verdict, early.code) == ("held", "awaits")
    told = row(server, OpState, whole.ops[1].id)
    assert isinstance(told, OpState)
    assert (told.verdict, told.code, told.by_op) == ("held", "awaits", None)
    world.serve(phone, structs.replace(whole, ops=whole.ops[:1]))
    told = row(server, OpState, whole.ops[1].id)
    assert isinstance(told, OpState)
    assert (told.verdict, told.code, told.by_op) == ("applied", None, whole.ops[0].id)


def test_what_names_a_thing_that_never_was_is_refused_once_nothing_is_missing() -> None:
    """C54: nobody waits for ever for what was never said."""
    world, server, phone, order = begun()
    photographed(world, phone, order)
    whole = asking(world, phone)
    its = derive(whole.ops[0].id, "photo")
    stray = structs.replace(whole.ops[2], body=whole.ops[2].body.replace(its, derive("none")))
    (result,) = world.serve(phone, structs.replace(whole, ops=[stray])).results
    assert result.verdict == "held"
    world.serve(phone, structs.replace(whole, ops=whole.ops[:2]))
    assert verdicts(server, [stray]) == [("rejected", "unknown_subject")]


def described(whole: Request, place: int, photo: str) -> WireOp:
    """The second of the ops said anew, at another place and of another photo."""
    said = msgspec.json.decode(whole.ops[1].body, type=Op)
    args = {"photo": photo, "slot": "", "caption": str(place), "audience": "internal"}
    anew = structs.replace(
        said, id=derive("op", place), args=msgspec.Raw(msgspec.json.encode(args))
    )
    return WireOp(lseq=place, id=anew.id, body=encode(anew))


def held(world: World, phone: MemoryPhone, whole: Request, ops: list[WireOp]) -> None:
    for at in range(0, len(ops), OPS_PER_PUSH_MAX):
        some = structs.replace(whole, ops=ops[at : at + OPS_PER_PUSH_MAX])
        assert {one.code for one in world.serve(phone, some).results} == {"awaits"}


def test_however_many_wait_a_push_has_so_many_judged_again_and_the_next_push_the_rest() -> None:
    """A phone whose ops wait by the thousand does not keep the books to itself."""
    world, server, phone, order = begun()
    photo = photographed(world, phone, order)
    whole = asking(world, phone)
    ops = [described(whole, 10 + one, photo) for one in range(EARLY_MAX + 1)]
    held(world, phone, whole, ops)
    world.serve(phone, structs.replace(whole, ops=whole.ops[:1]))
    came_to = [("applied", None)] * EARLY_MAX
    assert verdicts(server, ops) == [*came_to, ("held", "awaits")]
    world.serve(phone, structs.replace(whole, ops=whole.ops[1:2]))
    assert verdicts(server, ops) == [*came_to, ("applied", None)]


def test_those_that_wait_for_what_never_comes_stand_in_nobodys_way() -> None:
    world, server, phone, order = begun()
    photo = photographed(world, phone, order)
    whole = asking(world, phone)
    strays = [described(whole, 10 + one, derive("none", one)) for one in range(EARLY_MAX)]
    last = described(whole, 2_002, photo)
    held(world, phone, whole, [*strays, last])
    taken = structs.replace(whole.ops[0], lseq=2_001)
    world.serve(phone, structs.replace(whole, ops=[taken]))
    assert verdicts(server, [taken, last]) == [("applied", None)] * 2


def carried(
    world: World, server: MemoryServer, identity: Identity, ops: list[WireOp]
) -> list[Result]:
    """As a rescue file brings them: by another phone, without a conversation."""
    parcel = Parcel(
        ops=ops,
        origins=frozenset({"device"}),
        person=ANN,
        received=world.tick(),
        device=identity.device,
        incarnation=identity.incarnation,
    )
    return receive(server.books, parcel)


def test_the_one_may_come_by_a_file_and_the_other_by_the_network() -> None:
    """C54."""
    world, server, phone, order = begun()
    photographed(world, phone, order)
    whole = asking(world, phone)
    told = carried(world, server, phone.identity(), whole.ops[1:])
    assert {(one.verdict, one.code) for one in told} == {("held", "awaits")}
    assert world.sync(phone).verdicts["applied"] >= 1
    assert verdicts(server, whole.ops) == [("applied", None)] * 3


def test_it_waits_for_what_its_phone_says_as_a_new_incarnation() -> None:
    """C54: the phone was put back from a copy in between."""
    world, server, phone, order = begun()
    photographed(world, phone, order)
    whole = asking(world, phone)
    (early,) = world.serve(phone, structs.replace(whole, ops=whole.ops[1:2])).results
    assert early.verdict == "held"
    fork(phone, REGISTRY, world.random_name())
    world.sync(phone)
    assert verdicts(server, whole.ops) == [("applied", None)] * 3
    world.sync(phone)
    assert {one.verdict for one in phone.all_ops()} == {"applied"}


def crowding(world: World, phone: MemoryPhone, monkeypatch: pytest.MonkeyPatch) -> Request:
    """Two ops of a phone wait, and no more may."""
    monkeypatch.setattr("sync.exchange.WAITING_MAX", 2)
    whole = asking(world, phone)
    strays = [described(whole, 10 + one, derive("none", one)) for one in range(2)]
    held(world, phone, whole, strays)
    return whole


def test_so_many_may_wait_at_once_and_more_of_them_stay_on_the_phone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, server, phone, order = begun()
    photographed(world, phone, order)
    whole = crowding(world, phone, monkeypatch)
    more = described(whole, 20, derive("none"))
    with pytest.raises(Crowded):
        world.serve(phone, structs.replace(whole, ops=[more]))
    assert more.id not in server.books.pages.ops
    world.serve(phone, structs.replace(whole, ops=whole.ops[:2]))  # what settles is taken
    assert verdicts(server, whole.ops[:2]) == [("applied", None)] * 2


def test_what_a_revoked_phone_hands_in_waits_within_limits_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, server, phone, order = begun()
    photographed(world, phone, order)
    whole = crowding(world, phone, monkeypatch)
    caller = world.callers[id(phone)]
    world.callers[id(phone)] = structs.replace(caller, revoked=True)
    world.serve(phone, whole)
    assert verdicts(server, whole.ops) == [("quarantined", "revoked")] * 3
