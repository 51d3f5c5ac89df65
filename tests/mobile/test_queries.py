"""What screens and the command read."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from mobile import database
from mobile.queries import NUMBERED
from server.texts import read_catalogue
from shared.clock import SKEW_TOLERATED_MS
from shared.errors import Refused
from shared.ids import derive
from shared.texts import explain
from sync.digest import NO_ROWS
from tests.mobile.phones import Phone
from tests.world import ANN, ASSET, BOB, CUSTOMER, FILTER, SITE, VAN_ANN

FREE_BYTES = 10**9
FIRST = ("2026-11-23T09:00", "2026-11-23T11:00")
TEXTS = Path(__file__).resolve().parents[2] / "assets" / "texts"


def number(phone: Phone) -> str:
    (job,) = phone.queries.jobs()
    assert job.number is not None
    return job.number


def test_a_line_of_the_list_says_what_where_when_and_how_safe_it_is(phone: Phone) -> None:
    (job,) = phone.queries.jobs()
    assert msgspec.to_builtins(job) == {
        "id": phone.job,
        "number": number(phone),
        "provisional": None,
        "status": "assigned",
        "customer": "陈静",
        "planned_from": "2026-11-23T09:00",
        "planned_to": "2026-11-23T11:00",
        "priority": "normal",
        "summary": "Heat pump does not start",
        "sync": "safe",
        "leaving": False,
        "address": "Main Street 1",
        "time_zone": "Asia/Shanghai",
        "machine": "HP-9",
        "trade": "",
        "site": "",
        "serial": "S-1",
        "skill": "",
        "category": "A",
        "service": "repair",
        "done_at": None,
        "outcome": None,
        "signature": "",
        "gaps": (),
        "timed": None,
    }


def test_jobs_come_by_their_planned_time(phone: Phone) -> None:
    later = phone.world.job(ANN)
    moved = {
        "fields": {
            "planned_from": ["2026-11-23T09:00", "2026-11-23T14:00"],
            "planned_to": ["2026-11-23T11:00", "2026-11-23T16:00"],
        }
    }
    phone.world.must(phone.world.office("edit", phone.on, moved))
    phone.sync()
    assert [job.id for job in phone.queries.jobs()] == [later, phone.job]


def test_a_job_is_planned_for_when_one_is_to_go_there_next(phone: Phone) -> None:
    def plan(person: str, start: str, end: str) -> None:
        args = {"person": person, "planned_from": start, "planned_to": end}
        phone.world.must(phone.world.office("visit.plan", phone.on, args))

    earlier = phone.world.job(ANN)
    plan(ANN, "2026-11-25T10:00", "2026-11-25T12:00")
    plan(ANN, "2026-11-24T08:00", "2026-11-24T09:30")
    plan(BOB, "2026-11-22T08:00", "2026-11-22T09:00")
    phone.sync()
    job = phone.queries.jobs()[-1]
    assert [one.id for one in phone.queries.jobs()] == [earlier, phone.job]
    assert (job.planned_from, job.planned_to) == ("2026-11-24T08:00", "2026-11-24T09:30")
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    assert sheet.job == job
    phone.work()
    phone.must("work_order.complete", {"outcome": "customer_not_in"})
    job = phone.queries.jobs()[-1]
    assert (job.planned_from, job.planned_to) == ("2026-11-25T10:00", "2026-11-25T12:00")


@pytest.mark.parametrize(
    ("planned", "shown"),
    [(None, None), ("2026-11-24T09:00", "2026-11-24T09:00"), ("2026-11-24T07:00", None)],
)
def test_after_a_visit_that_leads_to_another_a_job_has_the_time_the_office_gives_it_next(
    phone: Phone, planned: str | None, shown: str | None
) -> None:
    phone.world.now_ms = 1_795_481_000_000  # 08:43 in Shanghai on the 24th
    for verb in ("accept", "depart", "arrive", "start"):
        phone.must(f"work_order.{verb}", {}, phone.on)
    end = {"outcome": "waits_for_part", "diagnosis": "Worn", "work_done": "Looked"}
    phone.must("work_order.complete", end, phone.on)
    if planned is not None:
        ends = planned.replace(":00", ":30")
        told = {"planned_from": [FIRST[0], planned], "planned_to": [FIRST[1], ends]}
        phone.world.must(phone.world.office("edit", phone.on, {"fields": told}))
        phone.sync()
    (job,) = phone.queries.jobs()
    assert (job.planned_from, job.outcome) == (shown, "waits_for_part")


def test_a_job_is_as_safe_as_the_worst_of_its_ops(phone: Phone) -> None:
    """C13."""
    phone.work()
    assert [job.sync for job in phone.queries.jobs()] == ["waiting"]
    phone.sync()
    assert [job.sync for job in phone.queries.jobs()] == ["safe"]
    phone.must("work_order.pause", {"reason": "lunch"})
    phone.world.must(
        phone.world.office("work_order.cancel", ("work_order", phone.job), {"reason": "sold"})
    )
    phone.sync()
    assert [job.sync for job in phone.queries.jobs()] == ["attention"]
    last = phone.queries.outbox()[-1]
    assert (last.state, last.verdict, last.code) == ("attention", "conflict", "cancelled_meanwhile")
    assert last.params["status"] == "cancelled"


def test_an_edit_of_the_site_counts_for_the_job_it_was_made_on(phone: Phone) -> None:
    phone.must("edit", {"fields": {"contact_phone": "13900001111"}})
    assert [job.sync for job in phone.queries.jobs()] == ["waiting"]
    (line,) = phone.queries.outbox()
    assert (line.job, line.number) == (phone.job, number(phone))


def test_a_job_is_found_by_number_and_by_id(phone: Phone) -> None:
    found = phone.queries.job_named(number(phone))
    assert found is not None
    assert found.id == phone.job
    assert phone.queries.job_named(phone.job) == found
    assert phone.queries.job_named("WO-00-000000") is None
    assert phone.queries.sheet("WO-00-000000") is None


def test_a_number_is_found_without_reading_every_row(phone: Phone) -> None:
    plan = phone.connection.execute(f"EXPLAIN QUERY PLAN {NUMBERED}", ("WO-1",)).fetchall()
    assert any("row_number" in step[3] for step in plan)
    assert not any(step[3].startswith("SCAN") for step in plan)


def test_the_sheet_of_a_job_tells_all_that_is_known_of_it(phone: Phone) -> None:
    phone.work()
    phone.must("checklist.answer", {"item": "pressure", "value": "1.2"})
    phone.must("checklist.answer", {"item": "pressure", "value": "2.6"})
    phone.must("parts.use", {"part": "F-1", "quantity": "1.5"})
    phone.must("note.add", {"text": "Ring twice", "audience": "internal"})
    sheet = phone.queries.sheet(number(phone))
    assert sheet is not None
    assert sheet.ticket is not None
    assert sheet.site is not None
    assert sheet.customer is not None
    assert sheet.asset is not None
    assert sheet.ticket.id == sheet.order.ticket_id
    assert (sheet.site.id, sheet.customer.id, sheet.asset.id) == (SITE, CUSTOMER, ASSET)
    assert [visit.attendance[0].person_id for visit in sheet.visits] == [ANN]
    answers = {one.item.code: one.reading for one in sheet.checklist}
    assert answers["leaks"] is None
    pressure = answers["pressure"]
    assert pressure is not None
    assert (pressure.value, pressure.out_of_limits) == ("2.6", True)
    (used,) = sheet.parts
    assert used.part is not None
    assert used.location is not None
    assert (used.quantity, used.part.id, used.location.id) == ("1.5", FILTER, VAN_ANN)
    assert [note.text for note in sheet.notes] == ["Ring twice"]
    assert [line.kind for line in sheet.ops] == [
        "work_order.accept",
        "work_order.depart",
        "work_order.arrive",
        "work_order.start",
        "checklist.answer",
        "checklist.answer",
        "parts.use",
        "note.add",
    ]
    assert sheet.job.sync == "waiting"


def test_what_is_told_is_told_in_order(phone: Phone) -> None:
    entry = phone.must("work_order.accept")
    (line,) = phone.queries.outbox()
    assert msgspec.to_builtins(line) == {
        "lseq": 1,
        "op_id": entry.op_id,
        "kind": "work_order.accept",
        "job": phone.job,
        "number": number(phone),
        "done_at": entry.recorded,
        "state": "waiting",
        "verdict": None,
        "code": None,
        "field": None,
        "params": {},
        "fingerprint": entry.fingerprint,
        "kept_as": None,
        "reason": None,
        "settled": False,
        "mended": False,
    }


def test_why_an_op_was_not_taken_is_told_in_words(phone: Phone) -> None:
    entry = phone.must("work_order.accept")
    refused = structs.replace(
        entry, verdict="rejected", code="wrong_author", detail={"field": "by"}, epoch="e"
    )
    with phone.replica.transaction():
        phone.replica.update([refused])
    for language in ("en", "zh"):
        words = read_catalogue(TEXTS / language)
        (line,) = phone.queries.outbox(words)
        assert line.field == "by"
        known = Refused(code="wrong_author", grounds="value", field="by")
        assert line.reason == explain(words, known) != "wrong_author"


def test_the_condition_says_what_waits_since_when(phone: Phone) -> None:
    """C68."""
    first = phone.must("work_order.accept")
    phone.must("work_order.depart")
    found = phone.queries.condition(FREE_BYTES)
    identity = phone.replica.identity()
    assert identity.sighting is not None
    assert (found.person, found.name, found.epoch) == (ANN, "Ann", identity.epoch)
    assert (found.pending, found.attention, found.oldest) == (2, 0, first.recorded)
    assert found.last_contact == identity.sighting.received
    assert found.clock_skew_ms is not None
    assert abs(found.clock_skew_ms) < 5_000
    assert (found.clock_skewed, found.free_bytes) == (False, FREE_BYTES)
    assert found.streams == len(phone.replica.marks())
    assert found.checksum_ok


HARM = [
    "lseq = -7",
    "lseq = 1 << 60",
    "lseq = 'x'",
    "body = CAST(x'7BFF7D' AS TEXT)",
    "body = x'7BFF7D'",
    "body = CAST(x'7BEDA0807D' AS TEXT)",
]


@pytest.mark.parametrize("harm", HARM)
def test_what_came_to_harm_stops_only_itself_and_is_told(phone: Phone, harm: str) -> None:
    """C02."""
    phone.must("work_order.accept")
    torn = phone.must("work_order.depart")
    phone.must("note.add", {"text": "after it", "audience": "internal"})
    with phone.replica.transaction():
        phone.connection.execute(f"UPDATE outbox SET {harm} WHERE op_id = ?", (torn.op_id,))
    last = phone.must("note.add", {"text": "and after that", "audience": "internal"})
    assert last.lseq == 4
    assert [one.kind for one in phone.replica.outgoing(9, 9_000)] == [
        *("work_order.accept", "note.add", "note.add"),
    ]
    phone.sync()
    words = read_catalogue(TEXTS / "en")
    lines = {line.op_id: line for line in phone.queries.outbox(words)}
    line = lines.pop(torn.op_id)
    assert (line.state, line.verdict, line.code) == ("attention", None, "torn")
    assert "damaged" in str(line.reason)
    assert {one.state for one in lines.values()} == {"safe"}
    found = phone.queries.condition(FREE_BYTES)
    assert (found.pending, found.attention) == (0, 1)
    assert [job.sync for job in phone.queries.jobs()] == ["attention"]
    phone.must("work_order.depart")
    phone.sync()
    assert phone.queries.condition(FREE_BYTES).pending == 0
    phone.journal.acknowledge([], torn.op_id)
    found = phone.queries.condition(FREE_BYTES)
    assert (found.attention, found.unread) == (0, 0), "its person has seen it: nothing is left"
    assert [job.sync for job in phone.queries.jobs()] == ["safe"]
    assert [line.settled for line in phone.queries.outbox() if line.op_id == torn.op_id] == [True]


def test_a_clock_that_is_very_wrong_is_told(phone: Phone) -> None:
    identity = phone.replica.identity()
    assert identity.sighting is not None
    late = identity.sighting.received - SKEW_TOLERATED_MS - 1
    sighting = msgspec.structs.replace(identity.sighting, wall=late)
    with phone.replica.transaction():
        phone.replica.identify(msgspec.structs.replace(identity, sighting=sighting))
    found = phone.queries.condition(FREE_BYTES)
    assert (found.clock_skew_ms, found.clock_skewed) == (-SKEW_TOLERATED_MS - 1, True)


def test_a_torn_stream_is_noticed(phone: Phone) -> None:
    """C12."""
    mark = phone.replica.marks()["catalog"]
    with phone.replica.transaction():
        phone.replica.mark(msgspec.structs.replace(mark, sums=NO_ROWS))
    assert not phone.queries.condition(FREE_BYTES).checksum_ok


def test_a_server_put_back_has_to_say_again_what_became_of_an_op(phone: Phone) -> None:
    """C12."""
    phone.must("work_order.accept")
    phone.sync()
    assert [line.state for line in phone.queries.outbox()] == ["safe"]
    phone.world.server.renew()
    identity = phone.replica.identity()
    with phone.replica.transaction():
        phone.replica.identify(msgspec.structs.replace(identity, epoch="another"))
    assert [line.state for line in phone.queries.outbox()] == ["waiting"]
    assert phone.queries.condition(FREE_BYTES).pending == 1


def test_a_job_taken_away_while_work_on_it_waits_is_marked_as_leaving(phone: Phone) -> None:
    phone.world.must(
        phone.world.office("work_order.reassign", ("work_order", phone.job), {"person": BOB})
    )
    phone.sync()
    assert phone.queries.jobs() == []


def test_the_sheet_tells_which_parts_are_planned_and_which_to_be_ordered(phone: Phone) -> None:
    phone.work()
    phone.must("parts.plan", {"part": "F-1", "quantity": "2", "note": "both sides"})
    dropped = phone.must("parts.plan", {"part": FILTER, "quantity": "1"})
    phone.must("parts.unplan", {"planned": derive(dropped.op_id, "planned")})
    phone.must("parts.order", {"text": "A gasket, 40 mm", "quantity": "1"})
    phone.must("parts.order", {"part": FILTER, "quantity": "3.5"})
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    (planned,) = sheet.planned
    assert planned.part is not None
    assert (planned.part.id, planned.quantity, planned.line.note) == (FILTER, "2", "both sides")
    ordered = [(one.line.text, one.part and one.part.number, one.quantity) for one in sheet.ordered]
    assert ordered == [("A gasket, 40 mm", None, "1"), ("", "F-1", "3.5")]
    assert [(one.before, one.after) for one in sheet.statuses] == [
        ("created", "assigned"),
        ("assigned", "accepted"),
        ("accepted", "en_route"),
        ("en_route", "on_site"),
        ("on_site", "working"),
    ]
    assert [(one.person.name, one.role) for one in sheet.team] == [("Ann", "lead")]


def test_a_final_verdict_needs_its_author_only_until_it_has_been_read(phone: Phone) -> None:
    phone.work()
    phone.sync()
    phone.must("work_order.pause", {"reason": "lunch"})
    phone.world.must(
        phone.world.office("work_order.cancel", ("work_order", phone.job), {"reason": "sold"})
    )
    phone.sync()
    assert phone.queries.waiting().attention == 1
    assert [job.sync for job in phone.queries.jobs()] == ["attention"]
    pause = phone.queries.outbox()[-1]
    about = [one.id for one in phone.queries.inbox() if one.op_id == pause.op_id]
    assert len(about) == 1
    phone.journal.acknowledge(about)
    last = phone.queries.outbox()[-1]
    assert (last.state, last.verdict, last.settled) == ("attention", "conflict", True)
    assert (phone.queries.waiting().attention, phone.queries.condition(0).attention) == (0, 0)
    assert [job.sync for job in phone.queries.jobs()] == ["safe"]


def test_what_waits_is_counted_anew_whoever_wrote(phone: Phone) -> None:
    before = phone.queries.waiting()
    assert phone.queries.waiting() is before, "nothing was written"
    phone.must("work_order.accept")
    waits = phone.queries.waiting()
    assert waits.pending == before.pending + 1
    with closing(database.connect(phone.path)) as courier:
        courier.execute("DELETE FROM outbox")
    assert phone.queries.waiting().pending == 0
