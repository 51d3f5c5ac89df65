"""A job begun on a phone: its number, its way to the office, and what is done on it meanwhile."""

from itertools import permutations
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec import structs

from shared.beginning import phone_code
from shared.history import AssetHistory
from shared.kinds import REGISTRY
from shared.notes import Note
from shared.ops import PROVISIONAL, Op, encode
from shared.parts import Balance, PartUse
from shared.people import Subscription
from shared.records import Record
from shared.registry import Registry
from shared.sign_off import SignOff
from shared.site import Site
from shared.tasks import Conflict, Task
from shared.ticket import Ticket, TicketEvent
from shared.work_order import Assignment, WorkOrder
from sync.memory import MemoryPhone
from sync.ports import Outboxed
from sync.protocol import Request, WireOp
from sync.session import Surroundings, converse
from sync.settling import fork
from tests.proof import sign
from tests.world import ANN, ASSET, BOB, FILTER, SITE, VAN_ANN, MemoryServer, World

R = TypeVar("R", bound=Record)
FOUND = {"summary": "Bracket is loose", "service": "repair", "asset": ASSET}
WITHOUT = Registry(
    [kind for kind in REGISTRY.kinds.values() if kind.name != "work_order.begin"],
    REGISTRY.absorbs,
)


class Spot:
    """Ann is at a customer's, without a network, and finds something else there."""

    def __init__(self, **more: Any) -> None:
        self.world = World()
        self.first = self.world.job(ANN)
        self.phone = self.on_a_phone(ANN)
        self.begun = self.begin(**more)

    def on_a_phone(self, person: str) -> MemoryPhone:
        phone = self.world.phone(person)
        assert isinstance(phone, MemoryPhone)
        self.world.sync(phone)
        return phone

    @property
    def server(self) -> MemoryServer:
        assert isinstance(self.world.server, MemoryServer)
        return self.world.server

    def begin(self, **more: Any) -> str:
        said = {"beside": self.first, **FOUND, **more}
        return self.tap("work_order.begin", "", **said)

    def tap(self, kind: str, order: str | None = None, **args: Any) -> str:
        on = ("work_order", self.begun if order is None else order)
        done = self.world.tap(self.phone, kind, on, args)
        assert isinstance(done, Outboxed), done
        return done.op_id

    def work(self) -> None:
        """A whole visit on the job that was begun."""
        self.world.taps(self.phone, self.begun, "arrive", "start")
        use = {"part": FILTER, "location": VAN_ANN, "quantity": "2"}
        self.tap("parts.use", **use)
        self.tap("note.add", text="Tightened", audience="customer")
        self.world.taps(self.phone, self.begun, "complete")

    def asking(self) -> Request:
        world, phone = self.world, self.phone
        around = Surroundings(now=lambda: world.clock(phone), name=world.random_name, app="test")
        return next(converse(phone, around))

    def serve(self, whole: Request, *ops: WireOp) -> list[tuple[str, str | None]]:
        reply = self.world.serve(self.phone, structs.replace(whole, ops=list(ops)))
        return [(one.verdict, one.code) for one in reply.results]

    def rows(self, kind: type[R]) -> list[R]:
        return [row for row in self.server.books.pages.rows.values() if isinstance(row, kind)]

    def row(self, kind: type[R], identity: str) -> R:
        return next(one for one in self.rows(kind) if one.id == identity)

    def shown(self, identity: str) -> WorkOrder | None:
        found = self.phone.shown(base=False).get((WorkOrder, identity))
        return found if isinstance(found, WorkOrder) else None

    def came_to(self) -> dict[str, tuple[str, str | None]]:
        """What became of all that was said on the job that was begun, by verb."""
        ops = self.server.books.pages.ops.values()
        mine = [one for one in ops if one.on == ("work_order", self.begun)]
        return {str(one.kind): (str(one.verdict), one.code) for one in mine}

    def discard(self) -> None:
        said = {"of": self.begun, "reason": "by mistake"}
        self.world.must(self.world.office("op.discard", ("op", self.begun), said))


def test_it_is_there_at_once_with_a_provisional_number_and_the_office_gives_it_its_own() -> None:
    spot = Spot()
    order = spot.shown(spot.begun)
    assert order is not None
    code = phone_code(spot.phone.identity().incarnation)
    told = (order.number, order.provisional, order.status, order.beside_id)
    assert told == (None, f"{code}-0001", "accepted", spot.first)
    assert spot.world.sync(spot.phone).verdicts == {"applied": 1}
    known = spot.shown(spot.begun)
    assert known is not None
    assert (known.number, known.provisional) == ("WO-26-000002", f"{code}-0001")
    assert [one.person_id for one in spot.rows(Assignment) if one.work_order_id == spot.begun] == [
        ANN
    ]
    assert not any(spot.phone.disk.views.values())
    assert not spot.phone.disk.notices  # nobody is told of what they did themselves


def test_a_whole_visit_on_it_goes_in_one_push() -> None:
    spot = Spot()
    spot.work()
    assert spot.world.sync(spot.phone).verdicts == {"applied": 6}
    assert spot.row(WorkOrder, spot.begun).status == "done"
    ticket = spot.row(Ticket, spot.row(WorkOrder, spot.begun).ticket_id)
    assert ticket.status == "resolved"  # its steps reach what it was begun beside
    (held,) = [
        one for one in spot.rows(Balance) if (one.location_id, one.part_id) == (VAN_ANN, FILTER)
    ]
    assert held.amount == 8_000
    assert not any(spot.phone.disk.views.values())


def test_a_visit_on_it_in_the_same_push_is_added_to_what_its_machine_remembers() -> None:
    spot = Spot()
    world, phone = spot.world, spot.phone
    world.taps(phone, spot.first, "accept", "depart", "arrive", "start", "complete")
    world.sync(phone)
    bare = world.job(ANN, asset=None)  # not of this machine: what it leads to is not enough
    world.sync(phone)
    spot.begun = spot.begin(beside=bare)
    spot.work()
    world.sync(phone)
    (history,) = spot.rows(AssetHistory)
    assert {one.work_order_id for one in history.visits} == {spot.first, spot.begun}


def test_it_stays_on_the_screen_while_the_office_s_rows_are_still_on_their_way() -> None:
    spot = Spot()
    world, phone = spot.world, spot.phone
    around = Surroundings(
        now=lambda: world.clock(phone), name=world.random_name, app="test", want_bytes=1
    )
    talk = converse(phone, around)
    request = next(talk)
    seen = []
    while True:
        try:
            request = talk.send(world.carry(phone, request, "ok"))
        except StopIteration:
            break
        seen.append(spot.shown(spot.begun) is not None)
    assert len(seen) > 2
    assert all(seen)
    assert not any(phone.disk.views.values())


def test_given_to_somebody_else_before_its_rows_came_it_leaves_the_screen() -> None:
    spot = Spot()
    request = spot.asking()
    spot.world.serve(spot.phone, request)  # the answer is lost
    said = {"person": BOB, "reason": "nearer"}
    spot.world.must(spot.world.office("work_order.reassign", ("work_order", spot.begun), said))
    spot.world.sync(spot.phone)
    spot.world.sync(spot.phone)
    assert spot.shown(spot.begun) is None
    assert not any(spot.phone.disk.views.values())


def test_a_phone_counts_on_and_begins_anew_with_another_code_as_another_incarnation() -> None:
    """A fork never gives a number again that its other half may give."""
    spot = Spot()
    second = spot.begin()
    before = phone_code(spot.phone.identity().incarnation)
    fork(spot.phone, REGISTRY, spot.world.random_name())
    third = spot.begin()
    after = phone_code(spot.phone.identity().incarnation)
    numbers = [one.provisional for one in map(spot.shown, (spot.begun, second, third)) if one]
    assert numbers == [f"{before}-0001", f"{before}-0002", f"{after}-0001"]
    assert before != after
    spot.world.sync(spot.phone)
    kept = [spot.row(WorkOrder, one).provisional for one in (spot.begun, second, third)]
    assert kept == numbers


def test_two_jobs_called_the_same_are_both_there_and_a_person_is_told() -> None:
    """A phone that was put back from a copy may count from where it was."""
    spot = Spot()
    spot.world.sync(spot.phone)
    spot.phone.identify(structs.replace(spot.phone.identity(), begun=0))
    second = spot.begin()
    spot.world.sync(spot.phone)
    one, other = (spot.row(WorkOrder, which) for which in (spot.begun, second))
    assert one.provisional == other.provisional
    assert one.number != other.number
    (told,) = [task for task in spot.rows(Task) if task.code == "alias_twice"]
    assert told.home_id == second
    assert told.params == {"provisional": one.provisional, "other": one.number}
    (entry,) = spot.phone.outboxed([second])
    assert "alias_twice" in {flag.code for flag in entry.flags}


def test_one_begun_beside_a_job_that_is_not_theirs_is_refused_on_the_phone_and_by_the_office() -> (
    None
):
    spot = Spot()
    other = spot.world.job(BOB)
    refused = spot.world.tap(
        spot.phone, "work_order.begin", ("work_order", ""), {"beside": other, **FOUND}
    )
    assert not isinstance(refused, Outboxed)
    whole = spot.asking()
    body = whole.ops[0].body.replace(spot.first, other)
    assert spot.serve(whole, structs.replace(whole.ops[0], body=body)) == [
        ("rejected", "not_assigned")
    ]


# What waits for it


@pytest.mark.parametrize("one_by_one", [True, False], ids=["one by one", "all at once"])
@pytest.mark.parametrize("order_of_arrival", list(permutations(range(4))), ids=str)
def test_what_is_done_on_it_comes_to_the_same_in_every_order(
    order_of_arrival: tuple[int, ...], one_by_one: bool
) -> None:
    spot = Spot()
    spot.world.taps(spot.phone, spot.begun, "arrive")
    spot.tap("note.add", text="Tightened", audience="customer")
    spot.world.taps(spot.phone, spot.begun, "start")
    whole = spot.asking()
    ops = [whole.ops[which] for which in order_of_arrival]
    for some in [[one] for one in ops] if one_by_one else [ops]:
        spot.serve(whole, *some)
    assert set(spot.came_to().values()) == {("applied", None)}
    assert spot.row(WorkOrder, spot.begun).status == "working"
    assert spot.world.sync(spot.phone).verdicts == {"applied": 4}
    assert not any(spot.phone.disk.views.values())


def test_everything_on_it_waits_while_the_office_cannot_judge_its_beginning() -> None:
    spot = Spot()
    spot.work()
    spot.world.server_registry = WITHOUT
    assert spot.world.sync(spot.phone).verdicts == {"quarantined": 1, "held": 5}
    codes = {code for kind, (_, code) in spot.came_to().items() if kind != "work_order.begin"}
    assert codes <= {"awaits", "behind"}


@pytest.mark.parametrize("again", [False, True], ids=["at once", "with more on the way"])
def test_taken_up_after_all_it_carries_all_that_waited_in_one_commit(again: bool) -> None:
    spot = Spot()
    spot.work()
    whole = spot.asking()
    spot.world.server_registry = WITHOUT
    spot.serve(whole, *(whole.ops[:3] if again else whole.ops))
    spot.world.server_registry = REGISTRY
    entry = spot.server.books.pages.ops[spot.begun]
    said = msgspec.json.decode(whole.ops[0].body)
    repair = {
        "of": spot.begun,
        "body_fingerprint": entry.fingerprint,
        **{name: said[name] for name in ("kind", "v", "on", "args")},
    }
    spot.world.must(spot.world.office("op.repair", ("op", spot.begun), repair))
    waiting = [one for one in spot.server.books.pages.ops.values() if one.verdict in PROVISIONAL]
    assert waiting == []
    spot.world.sync(spot.phone)
    assert spot.row(WorkOrder, spot.begun).status == "done"
    assert {verdict for verdict, _ in spot.came_to().values()} == {"applied"}
    assert not any(spot.phone.disk.views.values())


@pytest.mark.parametrize("given_up", [True, False])
def test_what_waits_behind_something_done_elsewhere_by_right_of_it_goes_on_with_it(
    given_up: bool,
) -> None:
    """Two changes at its site: by right of the job that was begun, and of the one beside it."""
    spot = Spot()
    whole = spot.asking()
    for job, seen, new in ((spot.begun, "13800005678", "555"), (spot.first, "555", "666")):
        told = {"fields": {"contact_phone": [seen, new]}, "work_order": job}
        done = spot.world.tap(spot.phone, "edit", ("site", SITE), told)
        assert isinstance(done, Outboxed)
    spot.world.server_registry = WITHOUT
    spot.world.sync(spot.phone)
    spot.world.server_registry = REGISTRY
    ops = spot.server.books.pages.ops
    assert sorted(str(one.code) for one in ops.values() if one.verdict == "held") == [
        "awaits",
        "behind",
    ]
    if given_up:
        spot.discard()
    else:
        said = msgspec.json.decode(whole.ops[0].body)
        told = {name: said[name] for name in ("kind", "v", "on", "args")}
        repair = {"of": spot.begun, "body_fingerprint": ops[spot.begun].fingerprint, **told}
        spot.world.must(spot.world.office("op.repair", ("op", spot.begun), repair))
    assert not [one for one in ops.values() if one.verdict in PROVISIONAL]


# When it comes to nothing


def quarantined(spot: Spot) -> None:
    spot.work()
    spot.world.server_registry = WITHOUT
    spot.world.sync(spot.phone)
    spot.world.server_registry = REGISTRY


def orphaned(spot: Spot) -> None:
    """What holds of every stub, however what is on it came."""
    stub = spot.row(WorkOrder, spot.begun)
    assert (stub.orphan, stub.status, stub.beside_id) == (True, "created", spot.first)
    assert stub.summary == FOUND["summary"]
    first = spot.row(WorkOrder, spot.first)
    assert (stub.ticket_id, stub.customer_id, stub.site_id) == (
        first.ticket_id,
        first.customer_id,
        first.site_id,
    )
    (asked,) = [task for task in spot.rows(Task) if task.code == "orphan"]
    assert (asked.home_noun, asked.home_id, asked.done) == ("work_order", spot.begun, False)


FACTS = ("work_order.arrive", "parts.use", "note.add")
STEPS = ("work_order.start", "work_order.complete")


def test_given_up_its_facts_are_kept_on_a_stub_and_its_steps_are_conflicts() -> None:
    spot = Spot()
    quarantined(spot)
    spot.discard()
    orphaned(spot)
    told = spot.came_to()
    assert told.pop("work_order.begin") == ("rejected", "discarded")
    assert told == {
        **dict.fromkeys(FACTS, ("applied", None)),
        **dict.fromkeys(STEPS, ("conflict", "orphan")),
    }
    assert [one.text for one in spot.rows(Note)] == ["Tightened"]
    assert [one.amount for one in spot.rows(PartUse)] == [2_000]
    ops = spot.server.books.pages.ops.values()
    mine = [one for one in ops if one.on == ("work_order", spot.begun) and one.kind in FACTS]
    assert all("orphan" in {flag.code for flag in one.flags} for one in mine)
    assert {one.rule for one in spot.rows(Conflict)} == {"orphan"}
    (arrived,) = [one for one in spot.rows(TicketEvent) if one.what == "work_order.arrive"]
    assert arrived.ticket_id == spot.row(WorkOrder, spot.first).ticket_id
    followed = {one.stream for one in spot.rows(Subscription)}
    assert f"wo:{spot.begun}" not in followed  # nobody has it
    spot.world.sync(spot.phone)
    assert {one.verdict for one in spot.phone.all_ops()} == {"rejected", "applied", "conflict"}


def test_given_up_it_is_told_as_refused_and_not_as_taken_away() -> None:
    spot = Spot()
    quarantined(spot)
    spot.discard()
    spot.world.sync(spot.phone)
    spot.server.renew()
    spot.world.sync(spot.phone)  # all streams are named: the job's is not among them
    kinds = {one.kind for one in spot.phone.disk.notices.values()}
    assert "refused" in kinds
    assert "taken_away" not in kinds


@pytest.mark.parametrize("before", range(5))
def test_it_comes_to_the_same_however_much_comes_only_after_it_was_given_up(before: int) -> None:
    spot = Spot()
    spot.work()
    whole = spot.asking()
    spot.world.server_registry = WITHOUT
    spot.serve(whole, *whole.ops[: 1 + before])
    spot.world.server_registry = REGISTRY
    spot.discard()
    spot.world.sync(spot.phone)
    told = spot.came_to()
    assert {told[one] for one in FACTS} == {("applied", None)}
    assert {told[one] for one in STEPS} == {("conflict", "orphan")}
    orphaned(spot)


def refused(spot: Spot, whole: Request) -> WireOp:
    """Its beginning, as the office will refuse it: with nothing in its summary to be read."""
    op = msgspec.json.decode(whole.ops[0].body, type=Op)
    args = {**msgspec.json.decode(op.args), "summary": "\u200b"}
    return structs.replace(
        whole.ops[0], body=encode(structs.replace(op, args=msgspec.Raw(msgspec.json.encode(args))))
    )


@pytest.mark.parametrize("one_by_one", [True, False], ids=["one by one", "all at once"])
@pytest.mark.parametrize("order_of_arrival", list(permutations(range(4))), ids=str)
def test_refused_it_comes_to_the_same_in_every_order(
    order_of_arrival: tuple[int, ...], one_by_one: bool
) -> None:
    spot = Spot()
    spot.world.taps(spot.phone, spot.begun, "arrive")
    spot.tap("note.add", text="Tightened", audience="customer")
    spot.world.taps(spot.phone, spot.begun, "start")
    whole = spot.asking()
    said = [refused(spot, whole), *whole.ops[1:]]
    ops = [said[which] for which in order_of_arrival]
    for some in [[one] for one in ops] if one_by_one else [ops]:
        spot.serve(whole, *some)
    assert spot.came_to() == {
        "work_order.begin": ("rejected", "not_text"),
        "work_order.arrive": ("applied", None),
        "note.add": ("applied", None),
        "work_order.start": ("conflict", "orphan"),
    }
    stub = spot.row(WorkOrder, spot.begun)
    assert stub.orphan
    assert stub.created_at > 0
    assert len([task for task in spot.rows(Task) if task.code == "orphan"]) == 1


def test_corrected_into_something_else_it_came_to_nothing_as_well() -> None:
    spot = Spot()
    quarantined(spot)
    entry = spot.server.books.pages.ops[spot.begun]
    repair = {
        "of": spot.begun,
        "body_fingerprint": entry.fingerprint,
        "kind": "note.add",
        "v": 1,
        "on": ["work_order", spot.first],
        "args": {"text": "Bracket is loose", "audience": "internal"},
    }
    spot.world.must(spot.world.office("op.repair", ("op", spot.begun), repair))
    orphaned(spot)
    assert spot.came_to()["note.add"] == ("applied", None)
    assert spot.came_to()["work_order.complete"] == ("conflict", "orphan")


def test_given_up_with_nothing_done_on_it_nothing_stands_in_for_it() -> None:
    spot = Spot()
    spot.world.server_registry = WITHOUT
    spot.world.sync(spot.phone)
    spot.discard()
    assert [one.id for one in spot.rows(WorkOrder)] == [spot.first]
    assert [task for task in spot.rows(Task) if task.code == "orphan"] == []


def test_beside_a_job_that_never_was_its_author_s_nothing_stands_in_for_it() -> None:
    """A stranger opens nothing: what he says is refused, and kept as any op is."""
    spot = Spot()
    other = spot.world.job(BOB)
    spot.tap("note.add", text="Tightened", audience="customer")
    whole = spot.asking()
    body = whole.ops[0].body.replace(spot.first, other)
    told = spot.serve(whole, structs.replace(whole.ops[0], body=body), *whole.ops[1:])
    assert told == [("rejected", "not_assigned"), ("rejected", "unknown_subject")]
    assert {one.id for one in spot.rows(WorkOrder)} == {spot.first, other}


def test_what_its_phone_said_as_another_incarnation_waits_and_lands_with_it() -> None:
    """It was put back from a copy in between."""
    spot = Spot()
    spot.world.server_registry = WITHOUT
    spot.world.sync(spot.phone)
    fork(spot.phone, REGISTRY, spot.world.random_name())
    # Its beginning left the screen; what is said on it all the same is kept.
    whole = spot.asking()
    entry = spot.phone.all_ops()[0]
    op = Op(
        id=spot.world.name(),
        kind="note.add",
        v=1,
        on=("work_order", spot.begun),
        by=ANN,
        origin="device",
        at=spot.world.clock(spot.phone),
        salt="1" * 32,
        args=msgspec.Raw(b'{"text":"Tightened","audience":"internal"}'),
    )
    late = WireOp(lseq=entry.lseq + 1, id=op.id, body=encode(op))
    assert spot.serve(whole, late) == [("held", "awaits")]
    spot.world.server_registry = REGISTRY
    spot.discard()
    assert spot.came_to()["note.add"] == ("applied", None)
    orphaned(spot)


def test_one_that_was_begun_beside_it_goes_the_same_way() -> None:
    spot = Spot()
    spot.world.server_registry = WITHOUT
    whole = spot.asking()
    second = structs.replace(
        msgspec.json.decode(whole.ops[0].body, type=Op),
        id=(identity := spot.world.name()),
        on=("work_order", identity),
    )
    said = {**msgspec.json.decode(second.args), "beside": spot.begun, "provisional": "ABC-0002"}
    second = structs.replace(second, args=msgspec.Raw(msgspec.json.encode(said)))
    spot.serve(whole, whole.ops[0])
    spot.world.server_registry = REGISTRY
    assert spot.serve(whole, WireOp(lseq=2, id=second.id, body=encode(second))) == [
        ("held", "awaits")
    ]
    spot.discard()
    orphaned(spot)
    found = spot.row(WorkOrder, second.id)
    assert (found.orphan, found.status, found.beside_id) == (False, "accepted", spot.begun)


@pytest.mark.parametrize("given_up", [True, False])
def test_a_signature_for_it_and_another_job_waits_too_and_is_never_lost(given_up: bool) -> None:
    spot = Spot()
    world, phone = spot.world, spot.phone
    world.taps(phone, spot.first, "accept", "depart", "arrive", "start", "complete")
    spot.work()
    taken = sign(world, phone, spot.first, spot.begun)
    assert isinstance(taken, Outboxed)
    whole = spot.asking()
    world.server_registry = WITHOUT
    world.sync(phone)
    kept = spot.server.books.pages.ops[taken.op_id]
    assert (kept.verdict, kept.code) == ("held", "awaits")
    world.server_registry = REGISTRY
    if given_up:
        spot.discard()
        orphaned(spot)
    else:
        said = next(msgspec.json.decode(one.body) for one in whole.ops if one.id == spot.begun)
        told = {name: said[name] for name in ("kind", "v", "on", "args")}
        entry = spot.server.books.pages.ops[spot.begun]
        repair = {"of": spot.begun, "body_fingerprint": entry.fingerprint, **told}
        world.must(world.office("op.repair", ("op", spot.begun), repair))
    world.tap(phone, "note.add", ("work_order", spot.first), {"text": "x", "audience": "internal"})
    world.sync(phone)  # what waits for what has come goes with the next push, at the latest
    assert spot.server.books.pages.ops[taken.op_id].verdict == "applied"
    assert {one.work_order_id for one in spot.rows(SignOff)} == {spot.first, spot.begun}


def test_a_stub_that_is_given_to_somebody_is_a_job_like_any_other() -> None:
    spot = Spot()
    quarantined(spot)
    spot.discard()
    said = {"person": ANN, "role": "lead"}
    spot.world.must(spot.world.office("work_order.assign", ("work_order", spot.begun), said))
    spot.world.sync(spot.phone)
    spot.world.taps(spot.phone, spot.begun, "accept")
    assert spot.world.sync(spot.phone).verdicts == {"applied": 1}
    assert spot.row(WorkOrder, spot.begun).status == "accepted"


# What is shown of it meanwhile


def test_what_was_begun_beside_it_stays_on_the_screen_until_the_office_s_rows_are_there() -> None:
    """The first is in the books, and none of its rows has come."""
    spot = Spot()
    second = spot.begin(beside=spot.begun)
    third = spot.begin(beside=second)
    spot.world.sync(spot.phone, ["ok", *["no request"] * 5], ops_max=1, ops_only=True)
    assert [one.verdict for one in spot.phone.all_ops()] == ["applied", None, None]
    assert all(map(spot.shown, (spot.begun, second, third)))


def test_where_it_waits_for_a_person_what_was_done_by_right_of_it_leaves_the_screen_with_it() -> (
    None
):
    spot = Spot()
    second = spot.begin(beside=spot.begun)
    third = spot.begin(beside=second)
    told = {"fields": {"contact_phone": ["13800005678", "555"]}, "work_order": third}
    done = spot.world.tap(spot.phone, "edit", ("site", SITE), told)
    assert isinstance(done, Outboxed)
    spot.world.server_registry = WITHOUT
    spot.world.sync(spot.phone, ["ok", *["no request"] * 5], ops_max=1)
    assert [one.verdict for one in spot.phone.all_ops()] == ["quarantined", None, None, None]
    assert not any(map(spot.shown, (spot.begun, second, third)))
    (site,) = [one for one in spot.phone.shown(base=False).values() if isinstance(one, Site)]
    assert site.contact_phone == "13800005678"
