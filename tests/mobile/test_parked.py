"""A phone that is not let in any more waits, goes on recording, and loses nothing and nobody."""

from typing import Any

import msgspec

from mobile import database, device, evidence
from mobile.drafts import Drafts
from mobile.enrolment import enrol, read
from mobile.journal import DICE_BYTES, Journal, Said
from mobile.lane import PARKED_S, WAITS_S, Lane, Pace
from mobile.queries import Queries
from mobile.replica import Replica
from mobile.wire import Problem, Refused as TurnedAway, Unauthorised
from shared.errors import Refused
from sync.exchange import Caller
from sync.ports import Outboxed
from tests.mobile.phones import Phone
from tests.mobile.test_courier import Spoken
from tests.mobile.test_enrolment import TEXT, Registrar, newcomer
from tests.mobile.test_lane import Bell
from tests.world import ANN, BOB

NOTE = {"text": "Filter was clogged", "audience": "internal"}


def kept(phone: Phone) -> dict[str, list[Any]]:
    """Everything in the phone's database, by table, but for what is only about the talking."""
    tables = ("outbox", "row", "mark", "file", "notice", "told")
    return {name: phone.connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


def test_a_sign_in_that_has_ended_parks_the_lane_and_deletes_nothing(phone: Phone) -> None:
    """C22, C60: an answer of 401, however often, touches nothing on this phone."""
    phone.work()
    photo = evidence.store(phone.folder, b"a photo")
    drafts = Drafts(phone.folder)
    drafts.keep("note/1", "half a word")
    before = kept(phone)
    spoken = Spoken(phone, *(Unauthorised("device_revoked") for _ in range(20)))
    bell = Bell(spoken.clock, 5)
    lane = Lane(
        spoken.courier.talk,
        Pace(bell=bell, dice=lambda: 1.0, monotonic=spoken.clock),
    )
    bell.lane = lane
    lane.run()
    assert bell.waited == [PARKED_S] * 5
    assert kept(phone) == before
    assert evidence.read(phone.folder, photo) == b"a photo"
    assert drafts.read("note/1") == "half a word"
    drafts.close()


def test_recording_goes_on_while_the_lane_is_parked_and_all_of_it_is_sent_once(
    phone: Phone,
) -> None:
    """C60: what was recorded before, during and after is handed in once, in its order."""
    phone.must("work_order.accept")
    spoken = Spoken(phone, Unauthorised())
    lane = Lane(
        spoken.courier.talk,
        Pace(bell=Bell(spoken.clock), dice=lambda: 1.0, monotonic=spoken.clock),
    )
    assert lane.round() == PARKED_S
    phone.must("work_order.depart")
    spoken.clock.now += PARKED_S
    lane.round()
    assert [line.state for line in phone.queries.outbox()] == ["safe", "safe"]
    pushed = [op.lseq for request in spoken.line.requests[1:] for op in request.ops]
    assert pushed == [1, 2]


def test_a_phone_that_waits_to_be_let_in_records_on_and_sends_all_of_it_once_it_is(
    phone: Phone,
) -> None:
    """S5."""
    phone.must("work_order.accept")
    waits = TurnedAway(Problem(status=403, code="device_unconfirmed"))
    spoken = Spoken(phone, waits)
    lane = Lane(
        spoken.courier.talk,
        Pace(bell=Bell(spoken.clock), dice=lambda: 1.0, monotonic=spoken.clock),
    )
    assert lane.round() == WAITS_S[0]
    assert phone.queries.waiting().unconfirmed
    phone.must("work_order.depart")
    lane.round()
    assert [line.state for line in phone.queries.outbox()] == ["safe", "safe"]
    assert not phone.queries.waiting().unconfirmed


def test_an_act_keeps_its_author_when_somebody_else_works_with_the_phone(phone: Phone) -> None:
    """C33: what Ann did is Ann's, whoever's phone it is by then, and goes out as nobody else's."""
    registrar = Registrar("d1", "d2", "d3")
    registrar.person = ANN
    enrol(read(TEXT), newcomer(phone.folder), registrar, device.dice)
    phone.world.callers[id(phone.replica)] = Caller(device="d1", person=ANN)
    anns = phone.must("work_order.accept")
    phone.sync()
    registrar.person = BOB
    enrol(read(TEXT), newcomer(phone.folder), registrar, device.dice)
    bobs = recorded_by_bob(phone)
    assert (anns.by, bobs.by) == (ANN, BOB)
    assert [line.op_id for line in phone.queries.outbox()] == [anns.op_id]
    theirs = database.path_of(phone.folder, BOB)
    with database.opened(theirs) as connection:
        (waiting,) = Replica(connection).outgoing(9, 10**6)
    assert said(waiting)["by"] == BOB
    assert said(anns)["by"] == ANN


def recorded_by_bob(phone: Phone) -> Outboxed:
    """An act of Bob's in his own database on the same phone; not sent yet."""
    with database.opened(database.path_of(phone.folder, BOB)) as connection:
        replica = Replica(connection)
        phone.world.callers[id(replica)] = Caller(device="d2", person=BOB)
        order = phone.world.job(BOB)
        phone.world.sync(replica)
        journal = Journal(replica, Queries(connection))
        act = Said(kind="note.add", on=("work_order", order), args=NOTE)
        done = journal.record(act, now=phone.world.clock(replica), random=b"r" * DICE_BYTES)
        assert not isinstance(done, Refused), done
        return done


def said(entry: Outboxed) -> dict[str, Any]:
    """What an op says."""
    told: dict[str, Any] = msgspec.json.decode(entry.body)
    return told
