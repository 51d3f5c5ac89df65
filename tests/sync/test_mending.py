"""Ops that cannot be judged: set aside, holding what must wait, and mended by a person."""

import msgspec
import pytest
from msgspec import structs

from shared.errors import Refused
from shared.ids import fingerprint
from shared.notes import Note
from shared.ops import SYSTEM, Op, encode
from shared.people import OpState, Person
from shared.records import State
from shared.registry import Act, Outcome, Registry
from shared.work_order import WorkOrder
from sync.desk import Parcel
from sync.intake import receive
from sync.memory import MemoryPhone
from sync.ports import Outboxed
from tests.world import ANN, BOB, DORA, MemoryServer, World


class Story:
    """A phone that recorded a step nobody understands, and two steps behind it."""

    def __init__(self) -> None:
        self.world = World()
        self.order = self.world.job(ANN)
        phone = self.world.phone(ANN)
        assert isinstance(phone, MemoryPhone)
        self.phone = phone
        self.world.sync(phone)
        self.bad = self.smuggle("work_order.beam")
        self.world.taps(phone, self.order, "accept", "depart")

    def smuggle(self, kind: str, args: bytes = b"{}") -> Outboxed:
        identity = self.phone.identity()
        op = Op(
            id=self.world.name(),
            kind=kind,
            v=1,
            on=("work_order", self.order),
            by=identity.person,
            origin="device",
            at=self.world.clock(self.phone),
            salt="2" * 32,
            args=msgspec.Raw(args),
        )
        body = encode(op)
        entry = Outboxed(
            lseq=self.phone.next_lseq(),
            op_id=op.id,
            fingerprint=fingerprint(body),
            body=body,
            kind=kind,
            on=op.on,
            by=op.by,
            recorded=op.at.wall,
            incarnation=identity.incarnation,
        )
        self.phone.append(entry)
        return entry

    def verdicts(self) -> list[tuple[str, str | None, str | None]]:
        return [(one.kind, one.verdict, one.code) for one in self.phone.all_ops()]

    def status(self) -> str:
        server = self.world.server
        assert isinstance(server, MemoryServer)
        row = server.books.pages.rows[(WorkOrder, self.order)]
        assert isinstance(row, WorkOrder)
        return row.status

    def repair(self) -> dict[str, object]:
        return {
            "of": self.bad.op_id,
            "body_fingerprint": self.bad.fingerprint,
            "kind": "note.add",
            "v": 1,
            "on": ["work_order", self.order],
            "args": {"text": "beamed", "audience": "internal"},
        }


def test_a_step_waits_behind_one_that_cannot_be_judged_but_a_fact_does_not() -> None:
    """C54."""
    story = Story()
    assert story.world.sync(story.phone).verdicts == {"quarantined": 1, "held": 1, "applied": 1}
    assert story.verdicts() == [
        ("work_order.beam", "quarantined", "future_kind"),
        ("work_order.accept", "held", "behind"),
        ("work_order.depart", "applied", None),
    ]
    assert story.status() == "en_route"


@pytest.mark.parametrize("where", ["phone", "office"])
@pytest.mark.parametrize("how", ["op.repair", "op.discard"])
def test_mending_settles_what_waited_wherever_it_is_done(how: str, where: str) -> None:
    """C01."""
    story = Story()
    story.world.sync(story.phone)
    said = story.repair() if how == "op.repair" else {"of": story.bad.op_id, "reason": "a test"}
    on = ("op", story.bad.op_id)
    if where == "phone":
        assert isinstance(story.world.tap(story.phone, how, on, said), Outboxed)
    else:
        story.world.must(story.world.office(how, on, said))
    summary = story.world.sync(story.phone)
    assert summary.verdicts == ({"applied": 1} if where == "phone" else {})
    expected = (
        ("work_order.beam", "applied", None)
        if how == "op.repair"
        else ("work_order.beam", "rejected", "discarded")
    )
    # The job was en route by then: the step that waited is judged against today's state.
    assert story.verdicts()[:2] == [expected, ("work_order.accept", "applied", None)]
    assert not any(story.phone.disk.views.values())
    states = [row for row in story.phone.shown(base=True).values() if isinstance(row, OpState)]
    assert len(states) == 2
    assert all(one.by_op is not None and one.by_op != one.id for one in states)


def test_only_the_author_or_a_planner_mends_and_only_what_was_seen() -> None:
    story = Story()
    story.world.sync(story.phone)
    on = ("op", story.bad.op_id)
    stranger = story.world.office("op.discard", on, {"of": on[1], "reason": "x"}, by=BOB)
    assert (stranger.verdict, stranger.code) == ("rejected", "not_permitted")
    blind = {**story.repair(), "body_fingerprint": "0" * 64}
    assert story.world.office("op.repair", on, blind).code == "wrong_value"
    wrong = {**story.repair(), "args": {"text": ""}}
    assert story.world.office("op.repair", on, wrong).verdict == "rejected"
    gone = {**story.repair(), "of": story.world.name()}
    assert story.world.office("op.repair", ("op", str(gone["of"])), gone).code == "unknown_subject"
    story.world.must(story.world.office("op.discard", on, {"of": on[1], "reason": "x"}))
    again = story.world.office("op.discard", on, {"of": on[1], "reason": "x"})
    assert (again.verdict, again.code) == ("merged", "already_settled")


def test_an_unreadable_op_is_kept_and_can_be_given_up() -> None:
    story = Story()
    story.phone.disk.outbox[story.bad.op_id] = msgspec.structs.replace(
        story.bad, body="{not json", fingerprint=fingerprint("{not json")
    )
    summary = story.world.sync(story.phone)
    assert summary.verdicts == {"quarantined": 1, "applied": 2}
    bad = story.phone.outboxed([story.bad.op_id])[0]
    kept = bad.detail["op_id"]
    assert kept != story.bad.op_id
    said = {"of": kept, "reason": "torn"}
    assert isinstance(story.world.tap(story.phone, "op.discard", ("op", kept), said), Outboxed)
    assert story.world.sync(story.phone).verdicts == {"applied": 1}


def test_one_poisoned_op_stops_only_itself() -> None:
    """C01."""
    world = World(MemoryServer(poison="arsenic"))
    order = world.job(ANN)
    phone = world.phone(ANN)
    world.sync(phone)
    for text in ("bread", "arsenic", "water"):
        on = ("work_order", order)
        done = world.tap(phone, "note.add", on, {"text": text, "audience": "internal"})
        assert isinstance(done, Outboxed)
    # The database that refuses these very bytes refuses them under any verdict, too: the op
    # stays on the phone, without an answer, and everything else goes through.
    assert world.sync(phone).verdicts == {"applied": 2}
    assert [one.verdict for one in phone.all_ops()] == ["applied", None, "applied"]
    assert world.sync(phone).rounds == 1


def test_a_rule_that_breaks_down_stops_only_the_op_it_broke_on() -> None:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    world.sync(phone)
    on = ("work_order", order)
    for text in ("bread", "arsenic", "water"):
        world.tap(phone, "note.add", on, {"text": text, "audience": "internal"})
    sound = world.registry.kinds["note.add"]

    def fragile(state: State, act: Act) -> Outcome | Refused:
        if act.args.text == "arsenic":
            raise ZeroDivisionError
        return sound.reduce(state, act)

    kinds = {**world.registry.kinds, "note.add": structs.replace(sound, reduce=fragile)}
    world.server_registry = Registry(kinds.values(), world.registry.absorbs)
    assert world.sync(phone).verdicts == {"applied": 2, "quarantined": 1}
    assert [one.code for one in phone.all_ops()] == [None, "crashed", None]


def test_a_job_that_leaves_the_phone_stays_under_an_op_that_still_waits() -> None:
    story = Story()
    story.world.sync(story.phone)
    on = ("work_order", story.order)
    story.world.must(story.world.office("work_order.reassign", on, {"person": BOB}))
    story.world.sync(story.phone)
    stream = f"wo:{story.order}"
    assert story.phone.marks()[stream].leaving
    assert story.phone.disk.base[stream]
    said = {"of": story.bad.op_id, "reason": "a test"}
    story.world.must(story.world.office("op.discard", ("op", story.bad.op_id), said))
    story.world.sync(story.phone)
    assert stream not in story.phone.marks()
    assert stream not in story.phone.disk.base


def test_what_broke_is_told_to_whoever_runs_the_server() -> None:
    world = World(MemoryServer(poison="arsenic"))
    told: list[str] = []
    order = world.job(ANN)
    op = world.op("edit", ("work_order", order), {"fields": {"job_note": ["", "arsenic"]}}, by=DORA)
    parcel = Parcel(
        ops=[op],
        origins=frozenset({"console"}),
        person=DORA,
        received=world.now_ms,
        on_crash=lambda op_id, _: told.append(op_id),
    )
    with world.server.writing() as authority:
        assert receive(authority, parcel) == []
    assert told == [op.id, op.id]


def test_what_an_older_server_does_not_understand_leaves_the_screen_but_not_the_phone() -> None:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    kinds = [one for name, one in world.registry.kinds.items() if name != "note.add"]
    world.server_registry = Registry(kinds, world.registry.absorbs)
    on = ("work_order", order)
    world.tap(phone, "note.add", on, {"text": "new words", "audience": "internal"})
    assert any(isinstance(row, Note) for row in phone.shown(base=False).values())
    assert world.sync(phone).verdicts == {"quarantined": 1}
    assert not any(isinstance(row, Note) for row in phone.shown(base=False).values())
    assert [(one.verdict, one.code) for one in phone.all_ops()] == [("quarantined", "future_kind")]


@pytest.mark.parametrize("by", [SYSTEM, BOB])
@pytest.mark.parametrize("how", ["id_mismatch", "unreadable"])
def test_mending_what_nobody_signed_gives_the_mender_no_right_he_has_not(how: str, by: str) -> None:
    """A body that lies about its id names no author; its repair is said by whoever repairs it."""
    world = World()
    order = world.job(ANN, BOB)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    forged = Op(
        id=world.name(),
        kind="note.add",
        v=1,
        on=("work_order", order),
        by=by,
        origin="api",
        at=world.clock(phone),
        salt="2" * 32,
        args=msgspec.Raw(b"{}"),
    )
    body = encode(forged) if how == "id_mismatch" else encode(forged).replace(forged.id, "no id")
    entry = Outboxed(
        lseq=phone.next_lseq(),
        op_id=world.name(),
        fingerprint=fingerprint(body),
        body=body,
        kind="note.add",
        on=forged.on,
        by=ANN,
        recorded=world.now_ms,
        incarnation=phone.identity().incarnation,
    )
    phone.append(entry)
    world.sync(phone)
    kept = phone.outboxed([entry.op_id])[0].detail["op_id"]
    said = {"of": kept, "body_fingerprint": entry.fingerprint, "v": 1}
    row = {"login": "ann", "name": "Ann", "roles": ["technician", "administrator"]}
    rise = {**said, "kind": "master.put", "on": ["person", ANN], "args": {"row": row}}
    done = world.tap(phone, "op.repair", ("op", kept), rise)
    assert isinstance(done, Outboxed)
    assert world.sync(phone).verdicts == {"rejected": 1}
    words = {"text": "mine", "audience": "internal"}
    honest = {**said, "kind": "note.add", "on": ["work_order", order], "args": words}
    assert isinstance(world.tap(phone, "op.repair", ("op", kept), honest), Outboxed)
    assert world.sync(phone).verdicts == {"applied": 1}
    assert isinstance(world.server, MemoryServer)
    rows = world.server.books.pages.rows.values()
    assert [note.person_id for note in rows if isinstance(note, Note)] == [ANN]
    ann = world.server.books.pages.rows[(Person, ANN)]
    assert isinstance(ann, Person)
    assert ann.roles == ("technician",)


def test_an_op_from_the_future_is_not_repaired_into_what_phones_may_not_say() -> None:
    story = Story()
    story.world.sync(story.phone)
    row = {"login": "ann", "name": "Ann", "roles": ["administrator"]}
    said = {**story.repair(), "kind": "master.put", "on": ["person", ANN], "args": {"row": row}}
    told = story.world.office("op.repair", ("op", story.bad.op_id), said, by=DORA)
    assert (told.verdict, told.code) == ("rejected", "not_permitted")


def test_what_was_kept_under_another_id_is_settled_on_the_phone_too() -> None:
    story = Story()
    story.phone.disk.outbox[story.bad.op_id] = msgspec.structs.replace(
        story.bad, body="{not json", fingerprint=fingerprint("{not json")
    )
    story.world.sync(story.phone)
    kept = story.phone.outboxed([story.bad.op_id])[0].detail["op_id"]
    story.world.must(story.world.office("op.discard", ("op", kept), {"of": kept, "reason": "torn"}))
    story.world.sync(story.phone)
    bad = story.phone.outboxed([story.bad.op_id])[0]
    assert (bad.verdict, bad.code) == ("rejected", "discarded")


def test_what_a_customer_signed_is_never_corrected_and_nothing_is_made_into_it() -> None:
    story = Story()
    signed = story.smuggle("sign_off.take", b'{"mood":"good"}')
    story.world.sync(story.phone)
    assert ("sign_off.take", "quarantined", "future_field") in story.verdicts()
    office = story.world.office
    for target, kind in ((signed, "note.add"), (signed, "sign_off.take"), (story.bad, signed.kind)):
        repair = {
            "of": target.op_id,
            "body_fingerprint": target.fingerprint,
            "kind": kind,
            "v": 1,
            "on": ["work_order", story.order],
            "args": {"text": "x", "audience": "internal"},
        }
        refused = office("op.repair", ("op", target.op_id), repair)
        assert (refused.verdict, refused.code) == ("rejected", "sealed")
    given_up = {"of": signed.op_id, "reason": "taken again"}
    story.world.must(office("op.discard", ("op", signed.op_id), given_up))
