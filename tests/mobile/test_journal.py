"""What the phone writes down, what it fills in, and what it refuses before anything is written."""

import multiprocessing
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mobile import database
from mobile.device import Clock, dice
from mobile.journal import DICE_BYTES, Journal, Said
from mobile.queries import Line, Queries
from mobile.replica import Replica
from shared.errors import Refused, refuse_state, refuse_value
from shared.ids import fingerprint
from shared.ops import decode
from shared.parts import PartUse
from shared.site import Site
from shared.work_order import WorkOrder
from sync.ports import Outboxed, Wanted
from tests.mobile.phones import Phone
from tests.world import ANN, BOARD, BOB, FILTER, SITE, VAN_ANN, VAN_BOB, known

NOTE = {"text": "Filter was clogged", "audience": "internal"}


def body_args(entry: Outboxed) -> Any:
    return msgspec.json.decode(decode(entry.body).args)


def as_shown(phone: Phone) -> WorkOrder | None:
    wanted = Wanted(aggregates=frozenset({phone.on}), refs=frozenset())
    return phone.replica.load(wanted, base=False).find(WorkOrder, phone.job)


def test_an_act_is_in_the_outbox_and_on_the_screen_at_once(phone: Phone) -> None:
    """C18."""
    entry = phone.must("work_order.accept")
    assert phone.replica.all_ops() == [entry]
    shown = as_shown(phone)
    assert shown is not None
    assert shown.status == "accepted"


def test_an_op_says_who_where_when_after_what_and_behind_which(phone: Phone) -> None:
    """S4."""
    first = phone.must("work_order.accept")
    second = phone.must("work_order.depart")
    op = decode(second.body)
    assert (op.by, op.origin, op.on) == (ANN, "device", phone.on)
    assert op.at == phone.world.clock(phone.replica)
    assert op.after == phone.replica.identity().stamp
    assert op.prev == first.fingerprint == fingerprint(first.body)
    assert decode(first.body).prev is None
    assert decode(first.body).salt != op.salt
    assert (first.lseq, second.lseq) == (1, 2)


def test_an_act_belongs_to_the_visit_one_is_on(phone: Phone) -> None:
    phone.must("work_order.accept")
    phone.must("work_order.depart")
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    assert [decode(phone.must("note.add", NOTE).body).visit] == [one.id for one in sheet.visits]


def test_an_edit_carries_what_was_on_the_screen(phone: Phone) -> None:
    entry = phone.must("edit", {"fields": {"job_note": "Ring twice"}})
    assert body_args(entry) == {"fields": {"job_note": ["", "Ring twice"]}}
    again = phone.must("edit", {"fields": {"job_note": "Ring once"}})
    assert body_args(again) == {"fields": {"job_note": ["Ring twice", "Ring once"]}}
    said = phone.must("edit", {"fields": {"job_note": ["Ring once", "Do not ring"]}})
    assert body_args(said) == {"fields": {"job_note": ["Ring once", "Do not ring"]}}


def test_a_field_of_the_site_is_edited_there_in_the_course_of_the_job(phone: Phone) -> None:
    entry = phone.must("edit", {"fields": {"contact_phone": "13900001111"}})
    assert entry.on == ("site", SITE)
    assert body_args(entry) == {
        "fields": {"contact_phone": ["13800005678", "13900001111"]},
        "work_order": phone.job,
    }
    wanted = Wanted(aggregates=frozenset({("site", SITE)}), refs=frozenset())
    site = phone.replica.load(wanted, base=False).find(Site, SITE)
    assert site is not None
    assert site.contact_phone == "13900001111"


@pytest.mark.parametrize("named", [FILTER, "F-1"])
def test_a_part_is_named_by_id_or_number_and_comes_from_the_own_van(
    phone: Phone, named: str
) -> None:
    phone.work()
    entry = phone.must("parts.use", {"part": named, "quantity": "1.5"})
    assert body_args(entry) == {"part": FILTER, "location": VAN_ANN, "quantity": "1.5"}
    other = phone.must("parts.use", {"part": named, "quantity": "1", "location": VAN_BOB})
    assert body_args(other)["location"] == VAN_BOB


def test_a_part_nobody_knows_is_refused(phone: Phone) -> None:
    refused = phone.record("parts.use", {"part": "F-9", "quantity": "1"})
    assert refused == Refused(code="unknown_subject", grounds="value", field="args.part")


WRONG: list[tuple[str, Any, str, str | None]] = [
    ("parts.use", {"part": FILTER, "quantity": "0"}, "wrong_quantity", "args.quantity"),
    ("parts.use", {"part": FILTER, "quantity": "-1"}, "out_of_range", "args.quantity"),
    ("parts.use", {"part": FILTER, "quantity": "1e9"}, "out_of_range", "args.quantity"),
    ("parts.use", {"part": FILTER, "quantity": 1.5}, "wrong_type", "args.quantity"),
    ("parts.use", {"part": FILTER}, "missing_field", "args.quantity"),
    ("parts.use", {"part": known("nothing"), "quantity": "1"}, "unknown_subject", "args.part"),
    ("note.add", {"text": "x" * 1_000_000, "audience": "internal"}, "too_large", None),
    ("note.add", {"text": "bell\x07", "audience": "internal"}, "not_text", "args.text"),
    ("work_order.pause", {"reason": "bell\b"}, "not_text", "args.reason"),
    ("note.add", {"text": "turn\u202eround", "audience": "internal"}, "not_text", "args.text"),
    ("note.add", {"text": "half \ud83d", "audience": "internal"}, "not_text", "args"),
    (
        "note.add",
        {"text": "x", "audience": "internal", "colour": 1},
        "unknown_field",
        "args.colour",
    ),
    ("note.sing", {}, "unknown_choice", "kind"),
    ("work_order.cancel", {"reason": "tired"}, "not_permitted", None),
    ("work_order.complete", {"outcome": "done"}, "illegal_status", None),
    ("work_order.start", {}, "illegal_status", None),
    ("edit", {"fields": {"colour": "red"}}, "unknown_field", "args.fields.colour"),
    ("edit", {"fields": {"contact_phone": "call me"}}, "wrong_value", "args.fields.contact_phone"),
    ("edit", {"fields": "all"}, "wrong_type", "args.fields"),
]


@pytest.mark.parametrize(("kind", "args", "code", "field"), WRONG)
def test_what_cannot_be_is_refused_before_anything_is_written(
    phone: Phone, kind: str, args: dict[str, Any], code: str, field: str | None
) -> None:
    before = list(phone.connection.iterdump())
    refused = phone.record(kind, args)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field) == (code, field)
    assert list(phone.connection.iterdump()) == before


def test_a_job_of_somebody_else_is_refused(phone: Phone) -> None:
    stranger = ("work_order", phone.world.job(BOB))
    phone.sync()
    assert isinstance(phone.record("note.add", NOTE, stranger), Refused)
    nowhere = phone.record("note.add", NOTE, ("work_order", known("no job")))
    assert isinstance(nowhere, Refused)
    assert nowhere.code == "unknown_subject"


def test_what_the_server_would_only_flag_is_refused_while_one_is_still_there(phone: Phone) -> None:
    early = phone.record("work_order.depart")
    assert isinstance(early, Refused)
    assert early.code == "not_accepted"
    phone.work()
    incomplete = phone.record("work_order.complete", {"outcome": "done"})
    assert isinstance(incomplete, Refused)
    assert (incomplete.code, incomplete.params) == ("incomplete", {"items": "leaks"})
    phone.must("checklist.answer", {"item": "leaks", "value": "pass"})
    phone.must("work_order.complete", {"outcome": "done"})
    late = phone.record("note.add", NOTE)
    assert isinstance(late, Refused)
    assert late.code == "late"


def test_a_serial_part_is_kept_with_its_number(phone: Phone) -> None:
    """R3."""
    phone.work()
    phone.must("parts.use", {"part": "B-1", "quantity": "1", "serial": "SN-1"})
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    assert [(one.use.part_id, one.use.serial) for one in sheet.parts] == [(BOARD, "SN-1")]
    assert isinstance(sheet.parts[0].use, PartUse)


def test_the_job_and_its_site_are_edited_one_after_the_other(phone: Phone) -> None:
    before = list(phone.connection.iterdump())
    both = {"fields": {"contact_phone": "13800001234", "priority": "urgent"}}
    assert phone.record("edit", both) == refuse_value("two_subjects", "args.fields")
    assert list(phone.connection.iterdump()) == before
    unknown = phone.record("edit", {"fields": {"contact_phone": "13800001234", "mood": "good"}})
    assert isinstance(unknown, Refused)
    assert (unknown.code, unknown.field) == ("unknown_field", "args.fields.mood")


def damaged(phone: Phone, entry: Outboxed, old: str, new: str) -> None:
    """What bad memory does to an op before it is sent."""
    with phone.replica.transaction():
        phone.connection.execute(
            "UPDATE outbox SET body = ? WHERE op_id = ?",
            (entry.body.replace(old, new), entry.op_id),
        )


def line_of(phone: Phone, entry: Outboxed) -> Line:
    (line,) = (line for line in phone.queries.outbox() if line.op_id == entry.op_id)
    return line


@pytest.mark.parametrize("by", ["its own id", "the id it is kept under"])
@pytest.mark.parametrize("how", ["another version", "another id"])
def test_a_repair_says_only_what_changes_and_names_the_op_by_either_id(
    phone: Phone, how: str, by: str
) -> None:
    phone.work()
    entry = phone.must("note.add", NOTE)
    wrong = ('"v":1', '"v":9') if how == "another version" else (entry.op_id, known("nothing"))
    damaged(phone, entry, *wrong)
    phone.sync()
    line = line_of(phone, entry)
    assert line.verdict == "quarantined"
    assert (line.kept_as is None) is (how == "another version")
    of = (line.kept_as or entry.op_id) if by == "the id it is kept under" else entry.op_id
    said = {"of": of, "v": 1}
    repair = phone.must("op.repair", said, ("op", of))
    assert body_args(repair) == {
        "of": line.kept_as or entry.op_id,
        "body_fingerprint": line.fingerprint,
        "kind": "note.add",
        "v": 1,
        "on": list(phone.on),
        "args": NOTE,
    }
    phone.sync()
    assert line_of(phone, repair).verdict == "applied"
    assert line_of(phone, entry).verdict == "applied"


def test_an_op_is_given_up_by_the_id_the_phone_knows(phone: Phone) -> None:
    phone.work()
    entry = phone.must("note.add", NOTE)
    damaged(phone, entry, entry.op_id, known("nothing"))
    phone.sync()
    given_up = phone.must(
        "op.discard", {"of": entry.op_id, "reason": "typed twice"}, ("op", entry.op_id)
    )
    phone.sync()
    assert [line_of(phone, one).verdict for one in (given_up, entry)] == ["applied", "rejected"]


def test_what_cannot_be_read_is_entered_anew_by_its_repair(phone: Phone) -> None:
    phone.work()
    entry = phone.must("note.add", NOTE)
    damaged(phone, entry, "{", "[")
    phone.sync()
    bare = phone.record("op.repair", {"of": entry.op_id}, ("op", entry.op_id))
    assert isinstance(bare, Refused)
    assert bare.code == "missing_field"
    said = {"of": entry.op_id, "v": 1, "args": NOTE}
    phone.must("op.repair", said, ("op", entry.op_id))
    phone.sync()
    assert line_of(phone, entry).verdict == "applied"


def test_a_repair_of_what_this_phone_does_not_have_says_everything_itself(phone: Phone) -> None:
    nothing = known("no op")
    bare = phone.record("op.repair", {"of": nothing}, ("op", nothing))
    assert isinstance(bare, Refused)
    assert bare.code == "missing_field"


class Falling(Replica):
    """A database under which the process dies at the n-th write of a recording."""

    falls_at = 0

    def _step(self) -> None:
        self.falls_at -= 1
        if self.falls_at == 0:
            os._exit(9)

    def append(self, entry: Outboxed) -> None:
        self._step()
        super().append(entry)
        self._step()

    def show_also(self, rows: Any) -> None:
        self._step()
        super().show_also(rows)
        self._step()

    def identify(self, identity: Any) -> None:
        self._step()
        super().identify(identity)
        self._step()


def recorder(path: Path, job: str, falls_at: int, count: int = 1) -> None:
    """Another process of the same phone, which records, and may die of it."""
    with closing(database.connect(path)) as connection:
        replica = Falling(connection)
        replica.falls_at = falls_at
        journal = Journal(replica, Queries(connection))
        for _ in range(count):
            said = Said(kind="note.add", on=("work_order", job), args=NOTE)
            done = journal.record(said, now=Clock().now(), random=dice(DICE_BYTES))
            assert isinstance(done, Outboxed)


def processes(*arguments: tuple[Any, ...]) -> list[int | None]:
    spawn = multiprocessing.get_context("spawn")
    running = [spawn.Process(target=recorder, args=one) for one in arguments]
    for one in running:
        one.start()
    for one in running:
        one.join()
    return [one.exitcode for one in running]


def test_a_kill_leaves_the_whole_recording_or_nothing_of_it(phone: Phone) -> None:
    """C18."""
    before = list(phone.connection.iterdump())
    kills = [(phone.path, phone.job, step) for step in range(1, 7)]
    assert [processes(one) for one in kills] == [[9]] * 6
    assert list(phone.connection.iterdump()) == before
    assert processes((phone.path, phone.job, 7)) == [0]
    assert [one.lseq for one in phone.replica.all_ops()] == [1]


def test_two_processes_that_record_at_once_leave_no_gap_and_one_chain(phone: Phone) -> None:
    both = [(phone.path, phone.job, 0, 25)] * 2
    assert processes(*both) == [0, 0]
    ops = phone.replica.all_ops()
    assert [one.lseq for one in ops] == list(range(1, 51))
    chain = [None, *(one.fingerprint for one in ops)]
    assert [decode(one.body).prev for one in ops] == chain[:-1]
    phone.sync()
    assert {one.verdict for one in phone.replica.all_ops()} == {"applied"}


def test_on_a_full_disk_nothing_is_recorded_and_nothing_is_lost(phone: Phone) -> None:
    """C63."""

    def write() -> Outboxed | Refused:
        phone.world.tick()
        return phone.record("note.add", {"text": "x" * 3_000, "audience": "internal"})

    phone.connection.execute("PRAGMA max_page_count = 1")  # no more than there are
    kept = 0
    while isinstance(write(), Outboxed):
        kept += 1  # into what is left of the last pages
    before = list(phone.connection.iterdump())
    assert [write() for _ in range(3)] == [refuse_state("disk_full")] * 3
    assert list(phone.connection.iterdump()) == before
    phone.connection.execute("PRAGMA max_page_count = 1000000")
    last = write()
    assert isinstance(last, Outboxed)
    assert last.lseq == kept + 1
