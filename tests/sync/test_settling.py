"""What a dispatcher settles, and what must not be lost, doubled or half done by it."""

from typing import Any, TypeVar

import pytest

from shared.ops import SYSTEM
from shared.records import Record
from shared.site import Site
from shared.tasks import Conflict, Task
from shared.ticket import Ticket
from shared.visit import Visit
from shared.work_order import WorkOrder
from sync.ports import Outboxed, Replica
from tests.world import ANN, CUSTOMER, SITE, MemoryServer, World

R = TypeVar("R", bound=Record)


def rows(world: World, kind: type[R]) -> list[R]:
    assert isinstance(world.server, MemoryServer)
    return [row for row in world.server.books.pages.rows.values() if isinstance(row, kind)]


def begun() -> tuple[World, Replica, str]:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    world.sync(phone)
    return world, phone, order


def edit_site(world: World, seen: str, new: str, **more: Any) -> None:
    world.office("edit", ("site", SITE), {"fields": {"contact_phone": [seen, new]}}, **more)


def phone_of(world: World) -> str:
    (site,) = rows(world, Site)
    return site.contact_phone


def test_an_undo_brings_back_what_stood_also_when_it_was_written_after_the_conflict() -> None:
    world, phone, order = begun()
    edit_site(world, "13800005678", "111")
    said = {"fields": {"contact_phone": ["13800005678", "999"]}, "work_order": order}
    world.tap(phone, "edit", ("site", SITE), said)
    world.sync(phone)
    assert phone_of(world) == "999"
    edit_site(world, "999", "222")
    (conflict,) = rows(world, Conflict)
    for choice, stands in (("swap", "111"), ("keep", "222"), ("swap", "111")):
        settle = {"conflict": conflict.id, "choice": choice}
        world.must(world.office("conflict.settle", ("site", SITE), settle))
        assert phone_of(world) == stands


def test_a_status_that_is_brought_back_comes_whole() -> None:
    world, phone, order = begun()
    world.taps(phone, order, "accept", "depart", "arrive", "start", "complete")
    world.must(world.office("work_order.cancel", ("work_order", order), {"reason": "sold"}))
    world.sync(phone)
    (conflict,) = rows(world, Conflict)
    swap = {"conflict": conflict.id, "choice": "swap"}
    world.must(world.office("conflict.settle", ("work_order", order), swap))
    (job,), (ticket,), (task,) = rows(world, WorkOrder), rows(world, Ticket), rows(world, Task)
    assert (job.status, job.outcome, job.cancel_reason) == ("done", "done", "")
    assert job.done_at is not None
    assert (ticket.status, task.done) == ("resolved", True)
    keep = {"conflict": conflict.id, "choice": "keep"}
    world.must(world.office("conflict.settle", ("work_order", order), keep))
    (job,) = rows(world, WorkOrder)
    assert (job.status, job.outcome, job.done_at) == ("cancelled", None, None)


def test_a_ticket_whose_job_is_cancelled_on_site_waits_in_the_queue_again() -> None:
    world, phone, order = begun()
    world.taps(phone, order, "accept", "depart", "arrive")
    world.sync(phone)
    world.must(world.office("work_order.cancel", ("work_order", order), {"reason": "sold"}))
    assert [ticket.status for ticket in rows(world, Ticket)] == ["new"]


def test_a_form_that_leaves_a_field_out_does_not_empty_what_a_phone_wrote() -> None:
    """C51, C56."""
    world, phone, order = begun()
    said = {"fields": {"access_notes": ["", "gate code 4711"]}, "work_order": order}
    world.tap(phone, "edit", ("site", SITE), said)
    world.sync(phone)
    row = {"customer_id": CUSTOMER, "address": "Main Street 2", "time_zone": "Asia/Shanghai"}
    world.must(world.office("master.put", ("site", SITE), {"row": row}, by=SYSTEM))
    (site,) = rows(world, Site)
    assert (site.address, site.access_notes) == ("Main Street 2", "gate code 4711")


@pytest.mark.parametrize("verb", ["arrive", "depart"])
def test_a_second_tap_does_not_rewrite_when_somebody_arrived(verb: str) -> None:
    world, phone, order = begun()
    world.taps(phone, order, "accept", "depart", "arrive")
    again = world.tap(phone, f"work_order.{verb}", ("work_order", order))
    assert not isinstance(again, Outboxed)
    assert again.code == "already_so"
    world.sync(phone)
    (visit,) = rows(world, Visit)
    (mine,) = visit.attendance
    assert mine.departed_at is not None
    assert mine.arrived_at is not None
    assert mine.departed_at < mine.arrived_at


def test_a_technician_is_the_field_side_whatever_door_he_comes_through() -> None:
    world, _, order = begun()
    on = ("work_order", order)
    world.must(world.office("edit", on, {"fields": {"priority": ["normal", "urgent"]}}))
    stale = {"fields": {"priority": ["normal", "low"]}}
    assert world.office("edit", on, stale, by=ANN).verdict == "conflict"
    (job,) = rows(world, WorkOrder)
    assert job.priority == "urgent"


def test_a_conflict_stays_small_enough_for_every_phone() -> None:
    world, phone, order = begun()
    edit_site(world, "13800005678", "000")
    for n in range(25):
        said = {"fields": {"contact_phone": ["13800005678", f"{n + 1}"]}, "work_order": order}
        world.tap(phone, "edit", ("site", SITE), said)
    world.sync(phone)
    conflicts = rows(world, Conflict)
    assert sum(len(one.losers) for one in conflicts) >= 1
    assert max(len(one.losers) for one in conflicts) <= 10
    huge = {"fields": {"access_notes": ["x" * 100_000, "y"]}, "work_order": order}
    refused = world.tap(phone, "edit", ("site", SITE), huge)
    assert not isinstance(refused, Outboxed)
    assert (refused.code, refused.field) == ("wrong_value", "args.fields.access_notes")


@pytest.mark.parametrize("nothing", ["   ", "\u200b", "\u200f \u2060"])
def test_words_that_nobody_can_see_are_no_words(nothing: str) -> None:
    world, _, order = begun()
    cancelled = world.office("work_order.cancel", ("work_order", order), {"reason": nothing})
    assert (cancelled.verdict, cancelled.code) == ("rejected", "not_text")
