"""What a phone tells its person: each thing the office did once, and nothing of their own doing."""

from typing import Any

import msgspec
import pytest

from shared.ids import derive
from shared.kinds import REGISTRY
from shared.ops import SYSTEM
from shared.site import Site
from shared.tasks import Conflict
from sync.memory import MemoryPhone
from sync.ports import Change, Notice, Outboxed
from tests.simulation.upgrades import without
from tests.world import (
    ANN,
    BOB,
    CHECKLIST,
    CUSTOMER,
    FILTER,
    SITE,
    VAN_ANN,
    WEN,
    World,
)

OLD = "13800005678"
NINE, ELEVEN = "2026-11-23T09:00", "2026-11-23T11:00"
TWO, FOUR = "2026-11-23T14:00", "2026-11-23T16:00"


class Day:
    """Ann's phone, in step with the server, and one job that was given to her since."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        phone = self.world.phone(ANN)
        assert isinstance(phone, MemoryPhone)
        self.phone = phone
        self.world.sync(phone)
        self.world.tick()
        self.job = self.world.job(ANN, checklist=CHECKLIST)
        self.on = ("work_order", self.job)

    def news(self, **more: Any) -> list[Notice]:
        """What is new after a conversation."""
        before = set(self.phone.disk.notices)
        self.world.sync(self.phone, **more)
        fresh = [one for one in self.phone.disk.notices.values() if one.id not in before]
        return sorted(fresh, key=lambda one: one.kind)

    def kinds(self) -> list[str]:
        return [one.kind for one in self.news()]

    def office(self, kind: str, args: Any, on: tuple[str, str] | None = None) -> str:
        return self.world.must(self.world.office(kind, on or self.on, args)).id

    def tap(self, kind: str, args: Any, on: tuple[str, str] | None = None) -> Outboxed:
        done = self.world.tap(self.phone, kind, on or self.on, args)
        assert isinstance(done, Outboxed), done
        return done

    def number(self) -> str:
        return str(self.phone.disk.told[self.on]["number"])


def told(notice: Notice) -> dict[str, Any]:
    """A notice without what differs from run to run."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(notice))
    return {name: plain[name] for name in plain if name not in ("id", "at", "op_id")}


def test_a_job_given_to_somebody_is_told_with_its_time() -> None:
    day = Day()
    (notice,) = day.news()
    assert told(notice) == {
        "kind": "assigned",
        "job": day.job,
        "number": day.number(),
        "customer": "陈静",
        "changes": [
            {"field": "planned_from", "new": NINE},
            {"field": "planned_to", "new": ELEVEN},
        ],
        "params": {"role": "lead"},
    }
    assert day.news() == []


def test_what_was_given_before_the_phone_came_is_no_news() -> None:
    world = World()
    world.job(ANN)
    world.tick()
    day = Day(world)
    assert [one.job for one in day.news()] == [day.job]


def test_a_visit_that_is_moved_is_told_with_the_old_time_and_the_new() -> None:
    day = Day()
    day.news()
    window = {"planned_from": NINE, "planned_to": ELEVEN}
    planned = day.office("visit.plan", {"person": ANN, **window})
    assert day.news() == []  # at the time the job said all along
    later = {"planned_from": TWO, "planned_to": FOUR, "fault": "customer"}
    day.office("visit.move", {"visit": derive(planned, "visit"), **later})
    (notice,) = day.news()
    assert told(notice) == {
        "kind": "moved",
        "job": day.job,
        "number": day.number(),
        "customer": "陈静",
        "changes": [
            {"field": "planned_from", "old": NINE, "new": TWO},
            {"field": "planned_to", "old": ELEVEN, "new": FOUR},
        ],
    }
    assert day.news() == []


def test_a_job_called_off_is_told_with_the_reason() -> None:
    day = Day()
    day.news()
    day.office("work_order.cancel", {"reason": "sold"})
    (notice,) = day.news()
    assert (notice.kind, notice.job, notice.params) == ("cancelled", day.job, {"reason": "sold"})
    assert day.news() == []


@pytest.mark.parametrize("kind", ["work_order.reassign", "work_order.unassign"])
def test_a_job_taken_away_is_told_with_its_name_also_when_it_left_the_phone(kind: str) -> None:
    day = Day()
    day.news()
    number = day.number()
    day.office(kind, {"person": BOB if kind == "work_order.reassign" else ANN})
    (notice,) = day.news()
    assert (notice.kind, notice.job, notice.number, notice.customer) == (
        *("taken_away", day.job, number, "陈静"),
    )
    assert day.on not in day.phone.disk.told
    assert day.news() == []
    day.office("work_order.reassign", {"person": ANN})
    assert day.kinds() == ["assigned"]


def test_details_that_are_edited_are_told_field_by_field() -> None:
    day = Day()
    day.news()
    day.office("edit", {"fields": {"priority": ["normal", "urgent"], "job_note": ["", "Dog"]}})
    day.office("edit", {"fields": {"access_notes": ["", "Gate B"]}}, ("site", SITE))
    row = {"name": "陈静静", "type": "person", "phone": "13800005678", "salutation": "女士"}
    day.world.must(day.world.office("master.put", ("customer", CUSTOMER), {"row": row}, by=SYSTEM))
    changes = {tuple(change.field for change in one.changes): one for one in day.news()}
    assert changes.keys() == {("priority", "job_note"), ("access_notes",), ("name",)}
    assert {one.kind for one in changes.values()} == {"edited"}
    assert {one.job for one in changes.values()} == {day.job}
    assert changes[("priority", "job_note")].changes == (
        Change(field="priority", old="normal", new="urgent"),
        Change(field="job_note", old="", new="Dog"),
    )
    assert changes[("name",)].changes == (Change(field="name", old="陈静", new="陈静静"),)
    assert day.news() == []


def test_nobody_is_told_what_they_did_themselves() -> None:
    day = Day()
    day.news()
    day.world.taps(day.phone, day.job, "accept", "depart", "arrive", "start")
    day.tap("edit", {"fields": {"job_note": ["", "Mine"]}})
    edit = {"fields": {"contact_phone": ["13800005678", "139"]}, "work_order": day.job}
    day.tap("edit", edit, ("site", SITE))
    day.tap("parts.use", {"part": FILTER, "location": VAN_ANN, "quantity": "2"})
    assert day.news() == []
    day.tap("work_order.complete", {"outcome": "customer_moved_date"})
    assert day.news() == []
    day.tap("work_order.decline", {"reason": "ill"})
    assert day.news() == []
    assert day.on not in day.phone.disk.told


def test_the_office_s_value_stands_and_that_is_told_once() -> None:
    """C53."""
    day = Day()
    day.news()
    day.tap("edit", {"fields": {"priority": ["normal", "low"]}})
    day.office("edit", {"fields": {"priority": ["normal", "urgent"]}})
    (notice,) = day.news()
    assert (notice.kind, notice.stands, notice.op_kind) == ("conflict", "office", "edit")
    assert notice.changes == (Change(field="priority", old="low", new="urgent"),)
    assert (notice.job, notice.number, notice.code) == (day.job, day.number(), "edited_meanwhile")
    assert day.news() == []


def test_one_s_own_value_stands_and_that_is_told_with_what_it_replaced() -> None:
    day = Day()
    day.news()
    edit = {"fields": {"contact_phone": ["13800005678", "139"]}, "work_order": day.job}
    day.tap("edit", edit, ("site", SITE))
    day.office("edit", {"fields": {"contact_phone": ["13800005678", "137"]}}, ("site", SITE))
    (notice,) = day.news()
    assert (notice.kind, notice.stands, notice.job) == ("conflict", "mine", day.job)
    assert notice.changes == (Change(field="contact_phone", old="137", new="139"),)
    assert day.news() == []


def test_a_value_that_is_brought_back_is_told_as_an_edit() -> None:
    """R13."""
    day = Day()
    day.news()
    day.tap("edit", {"fields": {"priority": ["normal", "low"]}})
    day.office("edit", {"fields": {"priority": ["normal", "urgent"]}})
    day.news()
    shown = day.phone.shown(base=False).values()
    (conflict,) = [row for row in shown if isinstance(row, Conflict)]
    day.office("conflict.settle", {"conflict": conflict.id, "choice": "swap"})
    (notice,) = day.news()
    assert (notice.kind, notice.changes) == (
        "edited",
        (Change(field="priority", old="urgent", new="low"),),
    )


def test_work_on_a_job_that_was_called_off_meanwhile_is_told_as_both() -> None:
    day = Day()
    day.news()
    day.world.taps(day.phone, day.job, "accept", "depart", "arrive", "start")
    day.news()
    day.tap("checklist.answer", {"item": "leaks", "value": "pass"})
    day.tap("work_order.complete", {"outcome": "done"})
    day.office("work_order.cancel", {"reason": "sold"})
    cancelled, conflict = day.news()
    assert (cancelled.kind, cancelled.params) == ("cancelled", {"reason": "sold"})
    assert (conflict.kind, conflict.code, conflict.stands) == (
        *("conflict", "cancelled_meanwhile", "office"),
    )
    assert conflict.changes == (Change(field="status", old="done", new="cancelled"),)
    assert day.news() == []


def test_an_op_of_a_former_assignee_is_told_without_the_job_s_rows() -> None:
    """C48."""
    day = Day()
    day.news()
    day.tap("edit", {"fields": {"job_note": ["", "Mine"]}})
    day.office("work_order.reassign", {"person": BOB})
    conflict, away = day.news()
    assert (away.kind, away.job) == ("taken_away", day.job)
    assert (conflict.kind, conflict.code, conflict.stands) == (
        *("conflict", "former_assignee", "office"),
    )
    assert conflict.changes == (Change(field="job_note", old="Mine", new=None),)
    assert day.news() == []


def test_a_refused_op_is_told_with_its_reason_and_its_edit_is_no_news() -> None:
    """C05."""
    day = Day()
    day.news()
    edit = {"fields": {"contact_phone": ["13800005678", "139"]}, "work_order": day.job}
    entry = day.tap("edit", edit, ("site", SITE))
    row = {"login": "ann", "name": "Ann", "roles": ["warehouse"], "van_id": VAN_ANN}
    day.world.must(day.world.office("master.put", ("person", ANN), {"row": row}, by=SYSTEM))
    (notice,) = day.news()
    assert (notice.kind, notice.code, notice.op_kind) == ("refused", "not_permitted", "edit")
    assert (notice.op_id, notice.job) == (entry.op_id, day.job)
    day.office("edit", {"fields": {"contact_phone": ["13800005678", "137"]}}, ("site", SITE))
    assert [one.changes for one in day.news()] == [
        (Change(field="contact_phone", old="13800005678", new="137"),)
    ]


@pytest.mark.parametrize("ops_max", [1, 200])
def test_after_two_edits_that_came_to_nothing_news_begin_at_what_the_office_had_said(
    ops_max: int,
) -> None:
    """The second was made on top of the first, which nobody but its author ever saw."""
    day = Day()
    day.news()
    site = ("site", SITE)
    day.world.server_registry = without(frozenset({"edit"}))
    for seen, new in ((OLD, "666"), ("666", "555")):
        said = {"fields": {"contact_phone": [seen, new]}, "work_order": day.job}
        day.tap("edit", said, site)
    day.world.sync(day.phone, ops_max=ops_max)
    day.world.server_registry = REGISTRY
    assert day.phone.disk.told[site]["contact_phone"] == OLD
    day.office("edit", {"fields": {"contact_phone": [OLD, "777"]}}, site)
    (notice,) = day.news()
    assert notice.changes == (Change(field="contact_phone", old=OLD, new="777"),)


def test_an_op_that_waits_is_told_and_told_again_when_it_is_put_right() -> None:
    day = Day()
    day.news()
    entry = day.tap("note.add", {"text": "one", "audience": "internal"})
    broken = entry.body.replace("note.add", "note.sing")
    with day.phone.transaction():
        day.phone.update([msgspec.structs.replace(entry, body=broken)])
    after = day.tap("work_order.accept", {})
    held, set_aside = day.news()
    assert (held.kind, held.op_id, held.job) == ("held", after.op_id, day.job)
    assert (set_aside.kind, set_aside.op_id) == ("quarantined", entry.op_id)
    on = ("op", entry.op_id)
    day.office("op.discard", {"of": entry.op_id, "reason": "a test"}, on)
    mended, refused = day.news()
    assert (mended.kind, mended.op_id) == ("mended", after.op_id)
    assert (refused.kind, refused.op_id, refused.code) == ("refused", entry.op_id, "discarded")
    assert day.news() == []


@pytest.mark.parametrize("back", [True, False])
def test_a_job_that_moved_on_is_told_beside_an_op_that_waits(back: bool) -> None:
    day = Day()
    day.news()
    entry = day.tap("note.add", {"text": "one", "audience": "internal"})
    broken = entry.body.replace("note.add", "note.sing")
    with day.phone.transaction():
        day.phone.update([msgspec.structs.replace(entry, body=broken)])
    day.office("work_order.reassign", {"person": BOB})
    if back:
        day.office("work_order.reassign", {"person": ANN})
    assert day.kinds() == (["assigned", "quarantined"] if back else ["quarantined", "taken_away"])
    assert day.news() == []


def test_a_job_given_back_in_vain_is_still_one_s_own_and_what_changed_meanwhile_is_told() -> None:
    day = Day()
    day.news()
    other = day.world.phone(ANN)
    day.world.sync(other)
    day.world.taps(other, day.job, "accept", "depart", "arrive")
    day.world.sync(other)
    day.tap("work_order.decline", {"reason": "ill"})
    day.office("edit", {"fields": {"priority": ["normal", "urgent"]}})
    conflict, edited = day.news(want_bytes=1)
    assert (conflict.kind, conflict.op_kind) == ("conflict", "work_order.decline")
    assert (edited.kind, edited.changes) == (
        "edited",
        (Change(field="priority", old="normal", new="urgent"),),
    )
    assert day.news() == []


def test_what_changes_on_a_job_that_was_given_back_is_told_if_that_comes_to_nothing() -> None:
    """Its rows come before the office has heard of it; then it does not take it."""
    day = Day()
    day.news()
    day.tap("work_order.decline", {"reason": "ill"})
    day.office("edit", {"fields": {"priority": ["normal", "urgent"]}})
    day.world.sync(day.phone, pull_only=True)
    day.world.server_registry = without(frozenset({"work_order.decline"}))
    edited, waits = day.news()
    assert (waits.kind, waits.op_kind) == ("quarantined", "work_order.decline")
    assert (edited.kind, edited.changes) == (
        "edited",
        (Change(field="priority", old="normal", new="urgent"),),
    )
    assert day.news() == []


def test_what_changes_at_the_site_of_a_job_given_back_is_told_until_that_is_heard() -> None:
    day = Day()
    day.news()
    day.tap("work_order.decline", {"reason": "ill"})
    day.office("edit", {"fields": {"access_notes": ["", "Gate B"]}}, ("site", SITE))
    (notice,) = day.news(pull_only=True)
    assert (notice.kind, notice.job) == ("edited", day.job)
    assert notice.changes == (Change(field="access_notes", old="", new="Gate B"),)


def test_a_job_given_back_in_vain_that_is_given_anew_is_told_as_given() -> None:
    day = Day()
    day.news()
    day.tap("work_order.decline", {"reason": "ill"})
    for person in (BOB, ANN):
        day.office("work_order.reassign", {"person": person})
    day.world.server_registry = without(frozenset({"work_order.decline"}))
    assert day.kinds() == ["assigned", "quarantined"]
    assert day.news() == []


def test_a_visit_that_is_moved_is_told_where_its_job_was_given_back_too_late() -> None:
    """The other phone of its person is at it; the job's rows come before the office has heard."""
    day = Day()
    planned = day.office("visit.plan", {"person": ANN, "planned_from": TWO, "planned_to": FOUR})
    day.news()
    other = day.world.phone(ANN)
    day.world.sync(other)
    day.world.taps(other, day.job, "accept", "depart", "arrive")
    day.world.sync(other)
    later = {"planned_from": NINE, "planned_to": ELEVEN, "fault": "customer"}
    day.office("visit.move", {"visit": derive(planned, "visit"), **later})
    day.tap("work_order.decline", {"reason": "ill"})
    (notice,) = day.news(pull_only=True)
    assert (notice.kind, notice.changes[0]) == (
        "moved",
        Change(field="planned_from", old=TWO, new=NINE),
    )
    assert day.kinds() == ["conflict"]


def test_a_job_called_off_before_it_was_given_back_is_told_as_called_off() -> None:
    day = Day()
    day.news()
    day.tap("work_order.decline", {"reason": "ill"})
    day.office("work_order.cancel", {"reason": "sold"})
    assert [one.kind for one in day.news(pull_only=True)] == ["cancelled"]
    assert day.news() == []


def test_an_edit_taken_back_by_the_office_is_told_also_where_its_verdict_comes_alone() -> None:
    """The answer to it was lost, the office's rows came first, and its verdict before others."""
    day = Day()
    day.news()
    day.tap("edit", {"fields": {"priority": ["normal", "low"]}})
    day.world.sync(day.phone, ["no reply", *["no request"] * 6])
    day.office("edit", {"fields": {"priority": ["low", "normal"]}})
    assert day.news(pull_only=True) == []
    day.office("edit", {"fields": {"access_notes": ["", "Gate B"]}}, ("site", SITE))
    row = {"name": "陈静静", "type": "person", "phone": "13800005678", "salutation": "女士"}
    day.world.must(day.world.office("master.put", ("customer", CUSTOMER), {"row": row}, by=SYSTEM))
    changes = [one.changes for one in day.news(want_bytes=1)]
    assert (Change(field="priority", old="low", new="normal"),) in changes
    assert len(changes) == 3
    assert day.news() == []


def test_a_visit_that_is_moved_is_told_also_where_an_op_waits_and_its_rows_come_in_pieces() -> None:
    day = Day()
    planned = day.office("visit.plan", {"person": ANN, "planned_from": TWO, "planned_to": FOUR})
    day.news()
    day.world.taps(day.phone, day.job, "accept")
    later = {"planned_from": NINE, "planned_to": ELEVEN, "fault": "customer"}
    day.office("visit.move", {"visit": derive(planned, "visit"), **later})
    day.office("edit", {"fields": {"priority": ["normal", "urgent"]}})
    day.tap("note.add", {"text": "mine", "audience": "internal"})
    day.world.server_registry = without(frozenset({"note.add"}))
    notices = day.news(want_bytes=1, ops_max=1)
    kinds = [one.kind for one in notices]
    assert kinds == ["edited", "moved", "quarantined"]
    assert notices[1].changes[0] == Change(field="planned_from", old=TWO, new=NINE)
    assert day.news() == []


def test_stock_that_comes_is_told_and_what_one_used_meanwhile_is_not_mixed_in() -> None:
    day = Day()
    day.news()
    day.tap("parts.use", {"part": FILTER, "location": VAN_ANN, "quantity": "2"})
    more = {"part": FILTER, "quantity": "5"}
    day.world.must(day.world.office("stock.receive", ("location", VAN_ANN), more, by=WEN))
    (notice,) = day.news()
    assert told(notice) == {
        "kind": "stock_came",
        "changes": [{"field": FILTER, "new": "5"}],
    }
    assert day.news() == []


def test_several_moves_between_two_conversations_are_one_notice() -> None:
    day = Day()
    day.news()
    for old, new in ((NINE, "2026-11-23T08:00"), ("2026-11-23T08:00", "2026-11-23T10:00")):
        day.office("edit", {"fields": {"planned_from": [old, new]}})
    (notice,) = day.news()
    assert notice.changes[0] == Change(field="planned_from", old=NINE, new="2026-11-23T10:00")
    day.office("edit", {"fields": {"planned_from": ["2026-11-23T10:00", NINE]}})
    day.office("edit", {"fields": {"planned_from": [NINE, "2026-11-23T10:00"]}})
    assert day.news() == []


def test_nothing_is_told_twice_when_the_copy_is_thrown_away_and_read_anew() -> None:
    day = Day()
    day.news()
    day.tap("edit", {"fields": {"job_note": ["", "Mine"]}})
    disk = day.phone.disk
    disk.base, disk.views, disk.marks, disk.staged = {}, {}, {}, {}
    day.office("edit", {"fields": {"priority": ["normal", "urgent"]}})
    (notice,) = day.news()
    assert (notice.kind, notice.changes) == (
        "edited",
        (Change(field="priority", old="normal", new="urgent"),),
    )
    assert isinstance(day.phone.shown(base=False)[(Site, SITE)], Site)


def test_a_server_put_back_tells_nothing_twice() -> None:
    day = Day()
    day.news()
    day.tap("edit", {"fields": {"priority": ["normal", "low"]}})
    day.office("edit", {"fields": {"priority": ["normal", "urgent"]}})
    assert day.kinds() == ["conflict"]
    day.world.server.renew()
    assert day.news() == []
    assert day.news() == []


@pytest.mark.parametrize("fault", ["no reply", "twice", "no request"])
@pytest.mark.parametrize("small", [True, False])
def test_a_bad_network_tells_each_thing_once(fault: str, small: bool) -> None:
    day = Day()
    more: dict[str, Any] = {"want_bytes": 1} if small else {}
    day.world.sync(day.phone, [fault] * 3, **more)
    day.world.sync(day.phone, **more)
    day.tap("edit", {"fields": {"priority": ["normal", "low"]}})
    day.office("edit", {"fields": {"priority": ["normal", "urgent"]}})
    day.office("edit", {"fields": {"access_notes": ["", "Gate B"]}}, ("site", SITE))
    for _ in range(2):
        day.world.sync(day.phone, [fault, fault], **more)
    kinds = sorted(one.kind for one in day.phone.disk.notices.values())
    assert kinds == ["assigned", "conflict", "edited"]
    conflict = next(one for one in day.phone.disk.notices.values() if one.kind == "conflict")
    assert conflict.changes == (Change(field="priority", old="low", new="urgent"),)
