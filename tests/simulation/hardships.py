"""More that happens to phones and servers: files on their way, copies side by side, full disks,
answers that come late, releases that break, and what must hold whatever of it came.
"""

import contextlib
import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from hypothesis.stateful import invariant
from msgspec import structs

from shared.checklist import Reading
from shared.errors import Refused
from shared.kinds import REGISTRY
from shared.notes import Note
from shared.ops import SYSTEM, Verdict
from shared.parts import Movement, PartUse
from shared.people import OpState
from shared.photos import Photo
from shared.records import State
from shared.registry import Act, Outcome, Registry
from shared.sign_off import SignedDocument, SignOff
from shared.tasks import Conflict
from shared.work_order import Completion, StatusChange
from sync.memory import MemoryPhone
from sync.memory.phone import copied
from sync.ports import Outboxed
from sync.session import TimedOut, converse
from sync.transfer import (
    PIECE_BYTES_MIN,
    Answer,
    Around,
    Asked,
    Create,
    Failed,
    Pace,
    Patch,
    transfer,
)
from tests import proof
from tests.depot import Office, content
from tests.simulation.begun import Finders
from tests.simulation.kills import Full, Killed, Mortal, NoRoom
from tests.simulation.lanes import come_back
from tests.simulation.smuggling import smuggled
from tests.simulation.test_state_machine import OWNERS
from tests.simulation.upgrades import NEWER, upgrade
from tests.world import ANN, BOB, CHECKLIST

FILE_FAULTS: Final = (
    *("ok", "no request", "no reply", "cut", "flipped", "falls", "gone", "failed"),
)
TRIPS_MAX: Final = 200  # more than a phone of this company ever needs for all it has
CALLS_OF_A_PUSH, STEP = 60, 3  # the calls of the books that a push takes, and at which it falls
POISON: Final = "arsenic"
MENDS: Final = frozenset({"op.repair", "op.accept", "op.discard"})
# What nobody ever takes away again, whatever becomes of its job.
KEPT: Final = (
    *(Reading, Note, PartUse, Movement, Photo, SignOff, SignedDocument),
    *(Completion, StatusChange, Conflict),
)
_NOTE: Final = REGISTRY.kinds["note.add"]


def _fragile(state: State, act: Act) -> Outcome | Refused:
    """A rule that breaks down on one text."""
    if act.args.text == POISON:
        raise ZeroDivisionError
    return _NOTE.reduce(state, act)


class Hardships(Finders):
    """The company, with all of that."""

    def begin(self, lacks: frozenset[str] = frozenset()) -> None:
        super().begin(lacks)
        self.office = Office()
        self.pictures: dict[str, bytes] = {}
        self.stored_then: set[str] = set()
        self.tapped: set[str] = set()
        self.unsure: set[str] = set()
        self.facts_seen: set[tuple[type[Any], str]] = set()
        self.log_seen: list[bytes] = []

    # Phones

    def tap(self, phone: int, kind: str, on: tuple[str, str], args: Any = None) -> None:
        before = set(self.recorded)
        super().tap(phone, kind, on, args)
        self.tapped |= set(self.recorded) - before

    def phone_dies_while_recording(self, phone: int, order: str, after: int) -> None:
        """Either all of an act is there afterwards or nothing of it."""
        replica = self.phones[phone]
        self._taps_on(Mortal(replica, after), phone, order)

    def disk_of_a_phone_is_full(self, phone: int, order: str, after: int) -> None:
        """An act and the conversation after it come so far; then there is room again."""
        replica = self.phones[phone]
        self._taps_on(Full(replica, after % 7), phone, order)
        full = Full(replica, after)
        self.world.callers[id(full)] = self.world.callers[id(replica)]
        with contextlib.suppress(NoRoom):
            self.world.sync(full)

    def _taps_on(self, failing: Any, phone: int, order: str) -> None:
        replica = self.phones[phone]
        before = set(replica.disk.outbox)
        said = {"item": "leaks", "value": "fail"}
        done: Any = None
        with contextlib.suppress(Killed, NoRoom):
            done = self.world.tap(failing, "checklist.answer", ("work_order", order), said)
        fresh = set(replica.disk.outbox) - before
        assert fresh == ({done.op_id} if isinstance(done, Outboxed) else set())
        for op_id in fresh:
            self.recorded[op_id] = "checklist.answer"
            self.done[op_id] = self.world.now_ms

    def clock_of_a_phone_stands_still(self, phone: int) -> None:
        """The one that shows the time; if it stood still before, it goes on as if nothing were."""
        replica = self.phones[phone]
        if self.world.stands_at.pop(id(replica), None) is None:
            self.world.stands_at[id(replica)] = self.world.clock(replica).wall

    def phone_is_started_again(self, phone: int) -> None:
        """What it recorded and nobody heard of yet can only be dated by its wall clock."""
        replica = self.phones[phone]
        for entry in replica.all_ops():
            if entry.verdict is None and entry.op_id not in self.books.pages.ops:
                self.done.pop(entry.op_id, None)
        self.world.start_again(replica)

    def copy_of_a_phone_works_beside_it(self, phone: int, order: str, turns: int) -> None:
        """Two installations of one state, which both record and talk, by turns."""
        original = self.phones[phone]
        if len(self.phones) == len(OWNERS):
            copy = MemoryPhone(original.identity())
            copy.disk = copied(original.disk)
            self.world.callers[id(copy)] = self.world.callers[id(original)]
            self.phones.append(copy)
        self.put_back |= set(range(len(self.phones)))
        for turn in range(turns):
            for number in (phone, len(OWNERS)):
                self.answer(number, order, "pass" if turn % 2 else "fail")
                self.sync(number, [], 200, False)

    def an_answer_comes_late(self, phone: int, order: str, small: bool, says: bool = False) -> None:
        """After another conversation has gone on from the same place; it was to news, or none."""
        replica = self.phones[phone]
        if says:
            order = self.theirs(phone, order)
            self.answer(phone, order, "pass")
        more = {"want_bytes": 300} if small else {}
        talk = converse(replica, self.world.around(replica, **more))
        answer = self.world.carry(replica, next(talk), "ok")
        self.answer(phone, order, "pass")
        self.answer(phone, order, "fail")
        self.sync(phone, [], 1, False)
        with contextlib.suppress(StopIteration):
            talk.send(answer)
        talk.close()
        if says:
            self.sync(phone, [], 200, False)

    def an_op_of_somebody_else_is_in_the_outbox(self, phone: int, order: str) -> None:
        """What nobody's app does: it is sent, and is not theirs."""
        other = BOB if OWNERS[phone] == ANN else ANN
        said = msgspec.json.encode({"text": "not mine", "audience": "internal"})
        entry = smuggled(self.world, self.phones[phone], order, ("note.add", said), other)
        self.recorded[entry.op_id] = "note.add"

    def an_op_is_too_large(self, phone: int, order: str) -> None:
        text = "x" * 210_000
        said = msgspec.json.encode({"text": text, "audience": "internal"})
        self._smuggle(phone, order, "note.add", said)

    def all_comes_anew_over_a_bad_line(
        self, phone: int, order: str, trips: int = TRIPS_MAX
    ) -> None:
        """In a new epoch all is loaded again: however often it breaks off, it gets on."""
        replica = self.phones[phone]
        self.answer(phone, order, "pass")
        self.books.renew()
        for _ in range(trips):
            faults = ["ok", "ok", *["no reply"] * 6]
            summary = self.world.sync(replica, faults, want_bytes=3_000)
            if not summary.timed_out:
                return
        assert trips < TRIPS_MAX  # else it never gets to the end

    def office_goes_on_while_an_answer_is_lost(
        self, phone: int, order: str, verb: str, after: int, around: bool
    ) -> None:
        """What was done is in the books before the phone knows; the job is given away and back."""
        self.sync(phone, [], 200, False)
        self.step(phone, order, verb)
        self.phone_dies_while_syncing(phone, after)
        me = OWNERS[phone]
        for who in (BOB if me == ANN else ANN, me) if around else (me,):
            self.reassign(order, who)
        self.sync(phone, ["no request"], 200, False)

    # Servers

    def server_dies_over_a_push(self, phone: int, order: str, after: int) -> None:
        """What it had decided is gone with it, or all of it stays; the phone sends it again.

        It gets a little further each time.
        """
        own = self.world.job(OWNERS[phone], checklist=CHECKLIST)
        self.sync(phone, [], 200, False)
        for verb in ("accept", "depart", "arrive", "start"):
            self.step(phone, own, verb)
        for one in (own, order):
            self.use(phone, one, 1)
        for place in range(after, CALLS_OF_A_PUSH, STEP):
            self.server_dies_while_answering(phone, place)
        self.sync(phone, [], 200, False)

    def server_forgets_all_that_changed(self) -> None:
        """Whoever has not all of a stream gets it whole."""
        self.books.forget_gone()
        for stream, head in self.books.pages.heads.items():
            self.books.pages.heads[stream] = structs.replace(head, min_seq=head.seq)

    def a_release_breaks_on_a_note(self, phone: int, order: str) -> None:
        """Its rule breaks down on one op; all others go on."""
        known = self.world.server_registry
        if "note.add" in known.kinds:
            kinds = {**known.kinds, "note.add": structs.replace(_NOTE, reduce=_fragile)}
            self.world.server_registry = Registry(kinds.values(), known.absorbs)
        for text in ("bread", POISON, "water"):
            said = {"text": text, "audience": "internal"}
            self.tap(phone, "note.add", ("work_order", order), said)
        self.sync(phone, [], 200, False)

    def everybody_gets_a_newer_release(self) -> None:
        """What is in the outboxes by then was said in an older version."""
        self.world.registry = self.world.server_registry = NEWER

    def server_is_backed_up(self) -> None:
        super().server_is_backed_up()
        self.stored_then = set(self.books.stored)

    def server_is_restored_from_its_backup(self, silently: bool) -> None:
        """Its files are as old as its books."""
        if self.backup is not None:
            self.books.stored &= self.stored_then
            self.office.done = {one: self.office.done[one] for one in self.books.stored}
            self.office.forget()
            self.facts_seen, self.log_seen = set(), []
        super().server_is_restored_from_its_backup(silently)

    # Files

    def photograph(self, phone: int, order: str, slot: str, internal: bool) -> None:
        name = self.world.name()
        final, thumb = content(name, 17_000), content(f"{name} small", 700)
        hashes = [hashlib.sha256(one).hexdigest() for one in (final, thumb)]
        self.pictures |= dict(zip(hashes, (final, thumb), strict=True))
        said = proof.picture(
            name,
            slot=slot,
            audience="internal" if internal else "customer",
            sha256=hashes[0],
            size=len(final),
            thumb_sha256=hashes[1],
            thumb_size=len(thumb),
        )
        self.tap(phone, "photo.add", ("work_order", order), said)

    def files_go(self, phone: int, order: str, faults: Sequence[str], after: int) -> None:
        """The lane of the files, whatever happens to it; the phone dies after so many calls."""
        order = self.theirs(phone, order)
        self.photograph(phone, order, "", internal=False)
        self.sync(phone, [], 200, False)
        replica = self.phones[phone]
        self._carry_files(Mortal(replica, after) if after else replica, faults)

    def server_is_put_back_to_before_files_came(
        self, phone: int, order: str, silently: bool, asks: bool
    ) -> None:
        """What a phone was told to be safe is so no more, and has to come again.

        Nothing else was said between, but for the question whether it is safe.
        """
        order = self.theirs(phone, order)
        self.photograph(phone, order, "", internal=False)
        for _ in range(2):  # what came with the answer to the first is told with the second
            self.sync(phone, [], 200, False)
        self.server_is_backed_up()
        self._carry_files(self.phones[phone])
        if asks:
            self.sync(phone, [], 200, False)
        self.server_is_restored_from_its_backup(silently)

    def _carry_files(self, keeper: Any, faults: Sequence[str] = ()) -> None:
        around = Around(ops_wait=lambda: bool(keeper.outgoing(1, 1)))
        lane = transfer(keeper, around, Pace(piece_bytes=PIECE_BYTES_MIN))
        troubles = iter(faults)
        with contextlib.suppress(StopIteration, Killed):
            asked = next(lane)
            while True:
                asked = lane.send(self._carry_piece(asked, next(troubles, "ok")))
        self.books.stored |= set(self.office.done)
        for photo in self.rows(Photo):
            if photo.sha256 in self.books.stored and photo.arrived_at is None:
                said, on = {"photo": photo.id}, ("work_order", photo.work_order_id)
                self.world.office("photo.arrive", on, said, by=SYSTEM)

    def _carry_piece(self, asked: Asked, fault: str) -> Answer:
        self.world.tick()
        if fault == "no request":
            return TimedOut()
        if fault == "failed":
            return Failed()
        if fault == "gone":
            self.office.forget()
        body = self._body(asked)
        self.office.flips = int(fault == "flipped" and bool(body))
        answer = self.office.answer(asked, body, len(body) // 2 if fault == "cut" else None)
        self.office.flips = 0
        if fault == "falls":
            self.office.fall(losing=100)
        return TimedOut() if fault in ("no reply", "cut", "falls") else answer

    def _body(self, asked: Asked) -> bytes:
        if not isinstance(asked, Create | Patch):
            return b""
        start = asked.offset if isinstance(asked, Patch) else 0
        return self.pictures[asked.sha256][start : start + asked.length]

    # What must hold

    @invariant()
    def bytes_of_a_finished_file_are_its_own(self) -> None:
        for sha256, data in self.office.done.items():
            assert hashlib.sha256(data).hexdigest() == sha256
        known = {**self.office.done}
        for phone in self.phones if not self.restored else ():
            for file in phone.disk.files.values():
                assert file.state != "safe" or file.sha256 in known

    @invariant()
    def facts_never_disappear(self) -> None:
        """A row that only ever is added to stays, whatever becomes of its job."""
        rows = self.books.pages.rows
        assert self.facts_seen <= rows.keys()
        self.facts_seen |= {key for key in rows if key[0] in KEPT}

    @invariant()
    def the_log_only_grows(self) -> None:
        leaves = self.books.pages.leaves
        assert leaves[: len(self.log_seen)] == self.log_seen
        self.log_seen = list(leaves)

    @invariant()
    def what_waited_was_settled_by_an_act(self) -> None:
        """Of a person, who repaired or gave it up; of an upgrade, which judged it again; or by the
        last of what its phone had said before it and had yet to come.
        """
        ops, rows = self.books.pages.ops, self.books.pages.rows
        for op in ops.values():
            told = rows.get((OpState, op.op_id))
            by_op = told.by_op if isinstance(told, OpState) else None
            assert op.n == 1 or by_op is not None
            if by_op is not None and by_op not in self.world.upgrades:
                act = ops[by_op]
                assert act.kind in MENDS or (act.device == op.device and act is not op)

    @invariant()
    def what_lost_can_be_had_back(self) -> None:
        """Of every conflict there is a row with the value that did not stand."""
        told = {loser.op_id for row in self.rows(Conflict) for loser in row.losers}
        for op in self.books.pages.ops.values():
            assert op.verdict != Verdict.CONFLICT or op.op_id in told

    @invariant()
    def nobody_acts_for_another(self) -> None:
        for op in self.books.pages.ops.values():
            if op.device is not None and op.by is not None and op.code != "wrong_author":
                assert op.by == self.world.phones[op.device].identity().person

    def all_lanes_run(self) -> None:
        """Once the network is back, lanes come back by themselves, and soon; files go, too."""
        for phone in self.phones:
            come_back(self.world, phone)
            self._carry_files(phone)
            waiting = [one for one in phone.disk.files.values() if one.state == "waiting"]
            assert waiting == []

    def teardown(self) -> None:
        """All is healed: the server is of today's release, the network and the disks are well."""
        if not hasattr(self, "world"):
            return
        upgrade(self.world, 0)
        self.all_lanes_run()
        super().teardown()
        for phone in self.phones:
            for file in phone.disk.files.values():
                assert file.state != "safe" or file.sha256 in self.books.stored
        for op_id in self.tapped & self.books.pages.ops.keys():
            op = self.books.pages.ops[op_id]
            assert op.verdict != Verdict.QUARANTINED
