"""A revoked phone: hands in for a person to look at, reads nothing, and is emptied when told to."""

from typing import Any

import pytest
from msgspec import structs

from shared.errors import Refused
from shared.kinds import REGISTRY
from shared.ops import SYSTEM
from shared.people import OpState
from shared.work_order import WorkOrder
from sync.memory import MemoryPhone
from sync.ports import Outboxed, StreamMark
from sync.protocol import Result, Wipe
from sync.session import Surroundings, converse
from sync.settling import absorb
from sync.shelf import File
from tests.world import ANN, BOB, DORA, MemoryServer, World

REVOKED = ("quarantined", "revoked")
FILE = File(sha256="a" * 64, size=9, rank=1, on=("work_order", "x"), recorded=1)


class Lost:
    """A phone with a job on it and two acts that nobody has seen, revoked since it last spoke."""

    def __init__(self) -> None:
        self.world = World()
        self.order = self.world.job(ANN)
        phone = self.world.phone(ANN)
        assert isinstance(phone, MemoryPhone)
        self.phone = phone
        self.world.sync(phone)
        self.world.taps(phone, self.order, "accept", "depart")

    def be(self, **caller: Any) -> None:
        known = self.world.callers[id(self.phone)]
        self.world.callers[id(self.phone)] = structs.replace(known, **caller)

    def said(self) -> list[tuple[str | None, str | None]]:
        return [(one.verdict, one.code) for one in self.phone.all_ops()]

    def status(self) -> str:
        server = self.world.server
        assert isinstance(server, MemoryServer)
        row = server.books.pages.rows[(WorkOrder, self.order)]
        assert isinstance(row, WorkOrder)
        return row.status

    def office(self, verb: str, of: Outboxed, by: str = DORA, **more: Any) -> Result:
        said = {"of": of.op_id, **more}
        if verb == "op.accept":
            said = {"body_fingerprint": of.fingerprint, **said}
        return self.world.office(verb, ("op", of.op_id), said, by=by)


def test_what_a_revoked_phone_hands_in_waits_for_a_person_and_changes_nothing() -> None:
    lost = Lost()
    lost.be(revoked=True)
    summary = lost.world.sync(lost.phone)
    assert (summary.verdicts, lost.said()) == ({"quarantined": 2}, [REVOKED, REVOKED])
    assert lost.status() == "assigned"
    again = lost.world.sync(lost.phone)
    assert (again.verdicts, again.pushed) == ({}, 0)


def test_a_revoked_phone_reads_nothing_any_more_and_says_so() -> None:
    lost = Lost()
    before = lost.phone.marks()
    lost.world.must(lost.world.office("note.add", ("work_order", lost.order), NOTE))
    lost.be(revoked=True)
    summary = lost.world.sync(lost.phone)
    assert (summary.pulled_rows, lost.phone.marks()) == (0, before)
    assert lost.phone.identity().revoked
    lost.be(revoked=False)
    assert lost.world.sync(lost.phone).pulled_rows > 0
    assert not lost.phone.identity().revoked


def test_what_was_judged_before_keeps_its_verdict_after_its_phone_is_revoked() -> None:
    lost = Lost()
    lost.world.sync(lost.phone, faults=["no reply"])
    lost.be(revoked=True)
    lost.world.sync(lost.phone)
    assert lost.said() == [("applied", None), ("applied", None)]


def test_a_half_loaded_snapshot_keeps_no_revoked_phone_asking() -> None:
    lost = Lost()
    lost.phone.mark(StreamMark(stream="catalog", cursor=0, sums=(0, 0), staged=1))
    lost.be(revoked=True)
    assert lost.world.sync(lost.phone).rounds < 5


def test_a_dispatcher_takes_over_one_by_one_what_a_revoked_phone_handed_in() -> None:
    lost = Lost()
    lost.be(revoked=True)
    lost.world.sync(lost.phone)
    first, second = lost.phone.all_ops()
    lost.world.must(lost.office("op.accept", first))
    assert lost.status() == "accepted"
    assert lost.office("op.accept", first).code == "already_settled"
    lost.world.must(lost.office("op.discard", second, reason="not his"))
    assert lost.status() == "accepted"
    lost.be(revoked=False)
    lost.world.sync(lost.phone)
    assert lost.said() == [("applied", None), ("rejected", "discarded")]


def test_what_was_taken_over_is_its_authors_at_its_own_time_and_marked() -> None:
    lost = Lost()
    lost.be(revoked=True)
    lost.world.sync(lost.phone)
    first, _ = lost.phone.all_ops()
    lost.world.must(lost.office("op.accept", first))
    server = lost.world.server
    assert isinstance(server, MemoryServer)
    with server.writing() as books:
        kept = books.recall({first.op_id})[first.op_id]
    assert (kept.by, kept.done_at, kept.fingerprint) == (ANN, first.recorded, first.fingerprint)
    assert "taken_as_is" in [flag.code for flag in kept.flags]
    told = server.books.pages.rows[(OpState, first.op_id)]
    assert isinstance(told, OpState)
    assert told.verdict == "applied"


@pytest.mark.parametrize("by", [ANN, BOB])
def test_nobody_in_the_field_takes_over_what_a_revoked_phone_handed_in(by: str) -> None:
    lost = Lost()
    lost.be(revoked=True)
    lost.world.sync(lost.phone)
    first, _ = lost.phone.all_ops()
    assert lost.office("op.accept", first, by=by).code == "not_permitted"
    unseen = lost.office("op.accept", first, body_fingerprint="0" * 64)
    assert (unseen.code, unseen.detail["field"]) == ("wrong_value", "args.body_fingerprint")
    assert lost.status() == "assigned"


def test_a_signature_is_taken_over_as_it_is_but_never_corrected() -> None:
    rules = [REGISTRY.kinds[kind] for kind in ("op.accept", "op.repair", "sign_off.take")]
    assert [rule.sealed for rule in rules] == [False, False, True]
    lost = Lost()
    lost.be(revoked=True)
    lost.world.sync(lost.phone)
    first, _ = lost.phone.all_ops()
    said: dict[str, Any] = {
        "kind": "sign_off.take",
        "v": 1,
        "on": ["work_order", lost.order],
        "args": {},
    }
    mended = lost.office("op.repair", first, body_fingerprint=first.fingerprint, **said)
    assert mended.code == "sealed"


def test_a_correction_from_a_revoked_phone_is_no_act_to_be_taken_over() -> None:
    lost = Lost()
    lost.be(revoked=True)
    lost.world.sync(lost.phone)
    first, _ = lost.phone.all_ops()
    said = {"of": first.op_id, "reason": "by a thief"}
    done = lost.world.tap(lost.phone, "op.discard", ("op", first.op_id), said)
    assert isinstance(done, Outboxed)
    lost.world.sync(lost.phone)
    assert lost.said() == [REVOKED] * 3
    assert lost.office("op.accept", done).code == "mends_another"
    lost.world.must(lost.office("op.accept", first))


def test_an_act_that_cannot_stand_stays_where_it_is() -> None:
    lost = Lost()
    lost.be(revoked=True)
    lost.world.sync(lost.phone)
    first, _ = lost.phone.all_ops()
    gone = {"login": "ann", "name": "Ann", "roles": ["finance"]}
    lost.world.must(lost.world.office("master.put", ("person", ANN), {"row": gone}, by=SYSTEM))
    assert lost.office("op.accept", first).code == "not_permitted"
    lost.world.must(lost.office("op.discard", first, reason="no technician any more"))


def test_a_phone_that_holds_nothing_more_is_emptied_and_records_nothing_from_then_on() -> None:
    lost = Lost()
    lost.be(revoked=True, wipe=Wipe(order="w1"))
    summary = lost.world.sync(lost.phone)
    assert summary.verdicts == {"quarantined": 2}
    assert lost.phone.identity().wipe == Wipe(order="w1")
    done = lost.world.tap(lost.phone, "work_order.arrive", ("work_order", lost.order))
    assert isinstance(done, Refused)
    assert done.code == "wiped"


def test_a_phone_that_holds_more_than_may_be_lost_is_not_emptied() -> None:
    lost = Lost()
    lost.be(revoked=True, wipe=Wipe(order="w1"))
    lost.phone.hold([FILE])
    lost.world.sync(lost.phone)
    assert lost.phone.identity().wipe is None
    lost.be(wipe=Wipe(order="w1", files=1))
    lost.world.sync(lost.phone)
    assert lost.phone.identity().wipe == Wipe(order="w1", files=1)


def test_what_was_recorded_while_the_order_was_on_its_way_keeps_the_phone_whole() -> None:
    lost = Lost()
    lost.world.sync(lost.phone)
    lost.be(revoked=True, wipe=Wipe(order="w1"))
    around = Surroundings(
        now=lambda: lost.world.clock(lost.phone), name=lost.world.random_name, app="test"
    )
    request = next(converse(lost.phone, around))
    reply = lost.world.serve(lost.phone, request)
    lost.world.taps(lost.phone, lost.order, "arrive")
    assert not absorb(lost.phone, lost.world.registry, request, reply).wiped
    assert lost.phone.identity().wipe is None


NOTE = {"text": "the office says", "audience": "internal"}
