"""What leaves a phone by itself and comes back: closed jobs, and what the server has forgotten."""

from typing import Any

import pytest

from shared.ops import SYSTEM
from shared.records import stream_of
from shared.site import Asset
from shared.tasks import Conflict
from shared.work_order import WorkOrder
from sync.memory import MemoryPhone
from sync.ports import Outboxed
from tests import proof
from tests.world import ANN, BOB, CUSTOMER, SITE, MemoryServer, World


class Field:
    """Ann's phone, in step with the server, a job that she finished, and a phone that missed it."""

    def __init__(self) -> None:
        self.server = MemoryServer()
        self.world = World(self.server)
        phone = self.world.phone(ANN)
        assert isinstance(phone, MemoryPhone)
        self.phone = phone
        self.world.sync(phone)
        self.world.tick()
        self.job = self.world.job(ANN)
        self.on = ("work_order", self.job)
        self.other = self.world.phone(ANN)
        for one in (phone, self.other):
            self.world.sync(one)
        self.world.taps(phone, self.job, "accept", "depart", "arrive", "start", "complete")
        self.world.sync(phone)

    def put_away(self) -> None:
        self.world.must(self.world.office("work_order.put_away", self.on, {}, by=SYSTEM))

    def note(self) -> str:
        """Something that is said by the phone that has not heard how the job went."""
        said = {"text": "x", "audience": "internal"}
        done = self.world.tap(self.other, "note.add", self.on, said)
        assert isinstance(done, Outboxed), done
        return done.op_id

    def streams(self, phone: Any = None) -> set[str]:
        return {stream.partition(":")[0] for stream in (phone or self.phone).disk.base}

    def told(self) -> list[str]:
        """What is new after a conversation."""
        before = set(self.phone.disk.notices)
        self.world.sync(self.phone)
        return sorted(one.kind for key, one in self.phone.disk.notices.items() if key not in before)


AT_HOME = {"tech", "stock", "catalog"}
WITH_A_JOB = {"wo", "ticket", "site", "customer", *AT_HOME}


def test_a_closed_job_leaves_with_its_customer_and_site_and_nobody_is_told_it_was_taken() -> None:
    field = Field()
    assert field.streams() == WITH_A_JOB
    field.put_away()
    assert field.told() == []
    assert field.streams() == AT_HOME
    assert (
        field.phone.disk.told.keys() & {field.on, ("site", SITE), ("customer", CUSTOMER)} == set()
    )


def test_what_another_job_needs_stays() -> None:
    field = Field()
    other = field.world.job(ANN)
    field.put_away()
    field.world.sync(field.phone)
    shown = field.phone.shown(base=False)
    assert {key[1] for key in shown if key[0] is WorkOrder} == {other}
    assert {key[1] for key in shown if key[0] is Asset} != set()


def test_under_an_act_that_waits_it_stays_and_the_act_is_no_former_assignee_s() -> None:
    field = Field()
    op = field.note()
    field.put_away()
    field.world.sync(field.other, ["no request"] * 5)
    assert field.streams(field.other) == WITH_A_JOB
    field.world.sync(field.other)
    assert field.streams(field.other) == AT_HOME
    (entry,) = field.other.outboxed([op])
    assert (entry.verdict, [flag.code for flag in entry.flags]) == ("applied", ["late"])


def test_under_a_photo_that_is_not_safe_it_stays_marked_as_leaving() -> None:
    field = Field()
    done = field.world.tap(field.phone, "photo.add", field.on, proof.picture("plate"))
    assert isinstance(done, Outboxed), done
    field.put_away()
    field.world.sync(field.phone)
    mark = field.phone.marks()[stream_of(field.on)]
    assert (mark.leaving, field.streams()) == (True, {"wo", *AT_HOME})


def reopened(field: Field) -> None:
    """Somebody who declined a cancelled job is believed after all, or whatever else opens it."""
    world = field.world
    order = world.job(ANN)
    field.job, field.on = order, ("work_order", order)
    world.sync(field.phone)
    world.taps(field.phone, order, "accept")
    world.must(world.office("work_order.cancel", field.on, {"reason": "sold"}))
    world.taps(field.phone, order, "depart", "arrive", "start")
    world.sync(field.phone)
    field.put_away()
    world.sync(field.phone)
    assert "wo" not in field.streams() or stream_of(field.on) not in field.phone.disk.base
    books = field.server.books.pages.rows.values()
    lost = [one for one in books if isinstance(one, Conflict) and one.home_id == order]
    said = {"conflict": lost[-1].id, "choice": "swap"}
    world.must(world.office("conflict.settle", field.on, said))


def test_a_job_that_is_opened_again_comes_back_and_that_is_told() -> None:
    field = Field()
    reopened(field)
    assert field.told() == ["assigned"]
    assert field.told() == []
    (order,) = [
        row
        for (kind, key), row in field.phone.shown(base=False).items()
        if kind is WorkOrder and key == field.job
    ]
    assert order.status == "working"  # type: ignore[attr-defined]


def away_while_rows_went(field: Field) -> None:
    """Rows go while the phone is silent, and the server forgets that they went."""
    world = field.world
    gone = [world.job(ANN) for _ in range(5)]
    world.sync(field.phone)
    for one in gone:
        world.must(world.office("work_order.reassign", ("work_order", one), {"person": BOB}))
    world.job(ANN)
    field.server.books.forget_gone()


def same_as_server(field: Field) -> None:
    books = field.server.books
    for stream in books.scope(ANN) & books.pages.feed.keys():
        fed = books.pages.feed[stream]
        sent = {key: one.body for key, one in fed.items() if one.body is not None}
        assert field.phone.disk.base.get(stream, {}) == sent


@pytest.mark.parametrize("want_bytes", [1, 400_000])
def test_a_phone_that_was_away_for_longer_than_the_server_remembers_reads_that_stream_anew(
    want_bytes: int,
) -> None:
    """C55: what is gone does not come back."""
    field = Field()
    away_while_rows_went(field)
    head = field.server.books.pages.heads[f"tech:{ANN}"]
    assert field.phone.marks()[f"tech:{ANN}"].cursor < head.min_seq < head.seq
    summary = field.world.sync(field.phone, want_bytes=want_bytes)
    assert summary.checksum_ok
    same_as_server(field)


def test_what_goes_while_a_stream_is_half_read_anew_does_not_stay() -> None:
    """C55: the half that was read is given up, for some of it may be gone."""
    field = Field()
    away_while_rows_went(field)
    kept: dict[str, Any] = {"want_bytes": 1}
    field.world.sync(field.phone, [*["ok"] * 5, *["no reply"] * 5], **kept)
    mine, staged = f"tech:{ANN}", field.phone.disk.staged[f"tech:{ANN}"]
    field.put_away()
    field.world.job(ANN)
    fed = field.server.books.pages.feed[mine]
    assert {key for key in staged if fed[key].body is None} != set()
    field.server.books.forget_gone()
    assert field.world.sync(field.phone, **kept).checksum_ok
    same_as_server(field)
