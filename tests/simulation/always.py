"""What must always be true of three phones, a server and an office, whatever happened before."""

from collections import Counter
from typing import Any

import msgspec
from hypothesis.stateful import RuleBasedStateMachine, invariant

from shared.comparing import facts
from shared.document import hash_of, read
from shared.ids import derive
from shared.kinds import write_row
from shared.ops import FINAL, Verdict
from shared.parts import Balance, Movement, PartUse
from shared.photos import Photo
from shared.records import stream_for, stream_of, table
from shared.registry import Registry
from shared.sign_off import SignedDocument, SignOff
from shared.signing import sign_off_id
from shared.ticket import Ticket
from shared.work_order import LEGAL, STATUSES, UNENDED, Assignment, StatusChange, WorkOrder
from sync.digest import row_sums, total
from sync.exchange import Caller
from sync.memory import MemoryBooks, MemoryPhone
from sync.memory.phone import Disk, copied
from sync.notices import KINDS
from sync.overlay import is_open, refresh, touched
from sync.protocol import Reply
from sync.settling import things_of
from tests.world import (
    ANN,
    BOB,
    VAN_ANN,
    VAN_BOB,
    World,
)

SEEN_LATE_MS = 60_000  # by so much may the server take something for older than it is


class Always(RuleBasedStateMachine):
    """The books, the phones, and what is known of them; looked through after each event."""

    world: World
    books: MemoryBooks
    phones: list[MemoryPhone]
    recorded: dict[str, str]
    done: dict[str, int]
    whole: dict[tuple[int, str], Any]
    restored: bool
    harmed: set[tuple[int, str]]
    stood: dict[tuple[int, str], bool]
    finals: dict[tuple[str, str], str]
    looked_at: dict[int, tuple[Registry, Disk]]
    opening: dict[str, int]
    first_moves: set[str]

    def nobody_is_told_of_what_is_not_theirs(self, caller: Caller, reply: Reply) -> None:
        """No row reaches a phone of a job that its person does not have at that moment."""
        mine = {
            self.books.pages.rows[(WorkOrder, row.work_order_id)]
            for row in self.rows(Assignment)
            if row.person_id == caller.person and row.until_ms is None
        }
        here = {ANN: VAN_ANN, BOB: VAN_BOB}[caller.person]
        theirs = {"catalog", f"tech:{caller.person}", f"stock:{here}"}
        for order in mine:
            assert isinstance(order, WorkOrder)
            theirs |= {f"wo:{order.id}", f"ticket:{order.ticket_id}", f"site:{order.site_id}"}
            theirs.add(f"customer:{order.customer_id}")
        assert {page.stream for page in reply.streams} <= theirs
        assert set(reply.scope or ()) <= theirs

    def rows(self, kind: type[Any]) -> list[Any]:
        return [row for row in self.books.pages.rows.values() if isinstance(row, kind)]

    @invariant()
    def nothing_is_lost(self) -> None:
        kept = set(self.books.pages.ops)
        for phone in self.phones:
            kept |= set(phone.disk.outbox)
        assert set(self.recorded) <= kept
        for phone in self.phones:
            for entry in phone.all_ops():
                known = entry.op_id in self.books.pages.ops
                assert entry.verdict is None or known or self.restored

    @invariant()
    def final_verdicts_never_change(self) -> None:
        for op_id, op in self.books.pages.ops.items():
            key = (self.books.epoch, op_id)
            assert self.restored or self.finals.get(key, op.verdict) == op.verdict
            if Verdict(op.verdict) in FINAL:
                self.finals[key] = op.verdict

    @invariant()
    def stock_is_opening_plus_movements(self) -> None:
        expected = dict(self.opening)
        for move in self.rows(Movement):
            if move.id in self.first_moves:
                continue
            for place, sign in ((move.source_id, -1), (move.target_id, 1)):
                balance = next(
                    (
                        row
                        for row in self.rows(Balance)
                        if (row.location_id, row.part_id) == (place, move.part_id)
                    ),
                    None,
                )
                if balance is not None:
                    expected[balance.id] = expected.get(balance.id, 0) + sign * move.amount
        assert expected == {row.id: row.amount for row in self.rows(Balance)}
        done = [op for op in self.books.pages.ops.values() if op.kind == "parts.use"]
        applied = [op for op in done if op.verdict == "applied"]
        assert len(self.rows(PartUse)) == len(applied)

    @invariant()
    def what_is_sealed_is_what_was_signed(self) -> None:
        """A sealed hash equals its recomputation, and everything that it covers is there."""
        rows = self.books.pages.rows
        for found in self.rows(SignOff):
            kept = rows[(SignedDocument, derive(found.group_id, "signed_document"))]
            assert isinstance(kept, SignedDocument)
            assert hash_of(kept.document) == found.shown_hash
            document = read(kept.document)
            if found.state != "diverged":
                missing = {fact.id for fact in facts(document) if (fact.kind, fact.id) not in rows}
                assert missing <= set(found.faults if found.state == "pending" else ())
            assert (found.state == "sealed") == (found.faults == ())

    @invariant()
    def proof_never_disappears(self) -> None:
        """Whatever was applied is there, whoever took it back or signed it anew."""
        rows = self.books.pages.rows
        for op in self.books.pages.ops.values():
            if op.verdict == "applied" and op.kind == "photo.add":
                assert (Photo, derive(op.op_id, "photo")) in rows
            if op.verdict == "applied" and op.kind == "sign_off.take" and op.on is not None:
                assert (SignOff, sign_off_id(op.op_id, op.on[1])) in rows

    @invariant()
    def every_verdict_has_its_leaf(self) -> None:
        pages = self.books.pages
        assert len(pages.leaves) == sum(op.n for op in pages.ops.values())
        assert pages.ops.keys() == pages.raw.keys()

    @invariant()
    def a_place_of_a_phone_names_one_op(self) -> None:
        ops = self.books.pages.ops.values()
        places = Counter((op.incarnation, op.lseq) for op in ops if op.incarnation is not None)
        assert set(places.values()) <= {1}

    @invariant()
    def numbers_are_given_once(self) -> None:
        for kind in (WorkOrder, Ticket):
            numbers = [row.number for row in self.rows(kind)]
            assert len(set(numbers)) == len(numbers)
            assert None not in numbers

    @invariant()
    def no_phones_clock_decides_when_something_was_done(self) -> None:
        for op_id, at in self.done.items():
            op = self.books.pages.ops.get(op_id)
            if op is not None:
                assert at - SEEN_LATE_MS <= op.done_at <= op.received

    @invariant()
    def status_history_is_a_path(self) -> None:
        at = {row.id: "created" for row in self.rows(WorkOrder)}
        for change in self.rows(StatusChange):
            assert change.before == at[change.work_order_id]
            legal = LEGAL.get(change.verb)
            assert change.after in STATUSES
            at_the_door = change.after == UNENDED and change.before in ("en_route", "on_site")
            if change.verb != "work_order.complete" or not at_the_door:  # nobody was in
                assert change.edge or legal is None or change.before in legal[0]
            at[change.work_order_id] = change.after
        assert at == {row.id: row.status for row in self.rows(WorkOrder)}

    @invariant()
    def streams_are_in_order(self) -> None:
        for stream, fed in self.books.pages.feed.items():
            seqs = sorted(one.seq for one in fed.values())
            head = self.books.pages.heads[stream]
            assert len(set(seqs)) == len(seqs)
            assert seqs[-1] == head.seq
            lanes = total(one.sums for one in fed.values())
            assert lanes == head.sums

    @invariant()
    def checksums_hold_on_the_phone(self) -> None:
        for number, phone in enumerate(self.phones if not self.restored else ()):
            for mark in phone.marks().values():
                if (number, mark.stream) in self.harmed:
                    continue
                base = phone.disk.base.get(mark.stream, {})
                if mark.cursor:
                    assert mark.sums == total(row_sums(*key, body) for key, body in base.items())
                head = self.books.pages.heads[mark.stream]
                assert mark.cursor <= head.seq
                if mark.cursor == head.seq:
                    assert mark.sums == head.sums

    @invariant()
    def what_is_half_read_replaces_nothing(self) -> None:
        for number, phone in enumerate(self.phones):
            for stream, mark in phone.marks().items():
                base = phone.disk.base.get(stream, {})
                if mark.cursor:
                    self.whole[(number, stream)] = base
                elif mark.staged is not None and (number, stream) in self.whole:
                    assert base == self.whole[(number, stream)]
            for key in [one for one in self.whole if one[0] == number]:
                if key[1] not in phone.disk.marks:
                    del self.whole[key]

    @invariant()
    def nothing_waits_for_nothing(self) -> None:
        waiting = [op for op in self.books.pages.ops.values() if Verdict(op.verdict) not in FINAL]
        for op in waiting:
            assert op.code != "behind" or any(
                (other.by, other.on) == (op.by, op.on) and (other.lseq or 0) < (op.lseq or 0)
                for other in waiting
            )

    @invariant()
    def no_pending_op_stands_on_nothing(self) -> None:
        for phone in self.phones:
            for entry in phone.all_ops():
                streams = {stream_of(place) for place in touched(entry) & {entry.on}}
                key, known = (id(phone), entry.op_id), streams <= phone.disk.base.keys()
                if not is_open(entry):  # what was settled may wait anew at a server put back
                    self.stood.pop(key, None)
                elif self.stood.get(key, known):
                    assert known
                    self.stood[key] = True

    @invariant()
    def what_is_shown_is_base_and_pending(self) -> None:
        for phone in self.phones:
            now = (self.world.registry, phone.disk)
            if self.looked_at.get(id(phone)) == now:
                continue
            self.looked_at[id(phone)] = (self.world.registry, copied(phone.disk))
            shown = phone.shown(base=False)
            again = MemoryPhone(phone.identity())
            again.disk = msgspec.structs.replace(
                phone.disk, views=dict(phone.disk.views), outbox=dict(phone.disk.outbox)
            )
            refresh(again, self.world.registry, things_of(again.marks()))
            assert again.shown(base=False) == shown

    @invariant()
    def what_became_of_an_op_is_told_once(self) -> None:
        for phone in self.phones:
            of_ops = [one for one in phone.disk.notices.values() if one.op_id is not None]
            told = Counter((one.op_id, one.kind, one.stands) for one in of_ops)
            assert set(told.values()) <= {1}
            for entry in phone.all_ops():
                kind = KINDS.get(Verdict(entry.verdict)) if entry.verdict is not None else None
                assert kind is None or any(
                    (entry.op_id, kind, stands) in told for stands in ("", "office", "mine")
                )

    @invariant()
    def what_the_office_changed_is_told_once(self) -> None:
        """From one notice to the next of a job the values hang together like a chain."""
        for phone in self.phones:
            chains: dict[tuple[str | None, str], Any] = {}
            for notice in sorted(phone.disk.notices.values(), key=lambda one: one.at):
                if notice.kind in ("assigned", "taken_away"):
                    chains = {key: last for key, last in chains.items() if key[0] != notice.job}
                for change in notice.changes if notice.kind == "edited" else ():
                    if change.field in ("priority", "job_note"):
                        key = (notice.job, change.field)
                        assert chains.get(key, change.old) == change.old
                        chains[key] = change.new
            for (job, field), value in chains.items():
                known = phone.disk.told.get(("work_order", str(job)))
                assert known is None or known.get(field, value) == value

    @invariant()
    def nobody_acts_for_another(self) -> None:
        for op in self.books.pages.ops.values():
            if op.device is not None and op.by is not None:
                assert op.by == self.world.phones[op.device].identity().person

    def everything_is_fed(self) -> None:
        """The streams hold the rows of the books, as they are, and no others."""
        wanted: dict[str, dict[tuple[str, str], bytes]] = {}
        for (kind, identity), row in self.books.pages.rows.items():
            stream = stream_for(row)
            if stream is not None:
                wanted.setdefault(stream, {})[(table(kind), identity)] = write_row(row)
        for stream, fed in self.books.pages.feed.items():
            living = {key: one.body for key, one in fed.items() if one.body is not None}
            assert living == wanted.get(stream, {})
