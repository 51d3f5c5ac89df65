"""The inbox: what the office did, once each, kept on the phone until it is read."""

from mobile import database
from mobile.queries import Change, Kept, Queries
from mobile.replica import Replica
from shared.prices import AWAY_DAYS, KEEP_DAYS
from sync.absence import DAY_MS, look
from sync.ports import NOTICES_MAX, Notice
from tests.mobile.phones import Phone
from tests.world import ANN, BOB, FILTER, SITE, VAN_ANN, WEN

NINE, TWO = "2026-11-23T09:00", "2026-11-23T14:00"


def kinds(phone: Phone) -> list[tuple[str, bool]]:
    return [(one.kind, one.unread) for one in phone.queries.inbox()]


def moved(phone: Phone, old: str = NINE, new: str = TWO) -> None:
    said = {"fields": {"planned_from": [old, new], "planned_to": ["2026-11-23T11:00", None]}}
    phone.world.must(phone.world.office("edit", phone.on, said))


def test_a_notice_names_the_job_and_what_is_otherwise(phone: Phone) -> None:
    assert kinds(phone) == []
    moved(phone)
    phone.sync()
    (notice,) = phone.queries.inbox()
    (job,) = phone.queries.jobs()
    assert (notice.kind, notice.job, notice.number, notice.customer, notice.unread) == (
        *("moved", phone.job, job.number, job.customer, True),
    )
    assert notice.changes[0] == Change(field="planned_from", old=NINE, new=TWO)
    assert phone.queries.waiting().unread == 1


def test_what_is_acknowledged_stays_so_and_is_nobody_else_s_business(phone: Phone) -> None:
    moved(phone)
    phone.sync()
    (notice,) = phone.queries.inbox()
    phone.journal.acknowledge([notice.id, "unknown"])
    assert kinds(phone) == [("moved", False)]
    assert phone.queries.waiting().unread == 0
    assert phone.replica.outgoing(9, 9_000) == []
    with phone.replica.transaction():
        phone.replica.notify([notice])
    assert kinds(phone) == [("moved", False)]


def test_a_copy_that_is_made_anew_costs_no_notice_and_brings_none_twice(phone: Phone) -> None:
    moved(phone)
    phone.sync()
    phone.must("edit", {"fields": {"job_note": "Mine"}})
    with database.writing(phone.connection):
        phone.connection.execute("UPDATE meta SET value = x'00' WHERE key = 'shape'")
    phone.connection.close()
    phone.connection = database.connect(phone.path)
    phone.replica, phone.queries = Replica(phone.connection), Queries(phone.connection)
    phone.world.callers[id(phone.replica)] = phone.world.callers[next(iter(phone.world.callers))]
    assert phone.queries.jobs() == []
    said = {"fields": {"access_notes": ["", "Gate B"]}}
    phone.world.must(phone.world.office("edit", ("site", SITE), said))
    phone.sync()
    assert [one.kind for one in phone.queries.inbox()] == ["edited", "moved"]
    assert [one.number for one in phone.queries.jobs()] == [
        one.number for one in phone.queries.inbox()[:1]
    ]
    phone.sync()
    assert len(phone.queries.inbox()) == 2


def test_a_job_that_is_gone_is_still_called_by_its_name(phone: Phone) -> None:
    (job,) = phone.queries.jobs()
    phone.world.must(phone.world.office("work_order.reassign", phone.on, {"person": BOB}))
    phone.sync()
    (notice,) = phone.queries.inbox()
    assert (notice.kind, notice.number, notice.customer) == (
        *("taken_away", job.number, job.customer),
    )
    phone.world.must(phone.world.office("work_order.reassign", phone.on, {"person": ANN}))
    phone.sync()
    assert [one.kind for one in phone.queries.inbox()] == ["assigned", "taken_away"]


def test_parts_that_come_into_the_van_are_told_also_into_an_empty_one(phone: Phone) -> None:
    more = {"part": FILTER, "quantity": "2.5"}
    phone.world.must(phone.world.office("stock.receive", ("location", VAN_ANN), more, by=WEN))
    phone.sync()
    (notice,) = phone.queries.inbox()
    assert (notice.kind, notice.job) == ("stock_came", None)
    assert notice.changes == (Change(field=FILTER, new="2.5"),)
    place = ("location", VAN_ANN)
    with phone.replica.transaction():
        phone.replica.tell({place: {}})
    assert phone.replica.told([place]) == {place: {}}
    with phone.replica.transaction():
        phone.replica.tell({place: None})
    assert phone.replica.told([place]) == {}


def test_only_the_newest_notices_are_kept(phone: Phone) -> None:
    many = [Notice(id=f"n{at}", kind="stock_came", at=at) for at in range(NOTICES_MAX + 5)]
    with phone.replica.transaction():
        phone.replica.notify(many)
    assert [one.at for one in phone.queries.inbox()] == list(range(NOTICES_MAX + 4, 4, -1))


def test_of_a_job_that_is_gone_no_number_of_its_customer_is_left(phone: Phone) -> None:
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    assert sheet.site is not None
    number = "138 0000 4711"
    told = {"fields": {"contact_phone": [sheet.site.contact_phone, number]}}
    phone.world.must(phone.world.office("edit", ("site", SITE), told))
    phone.sync()
    assert number in repr(phone.queries.inbox())
    phone.world.must(phone.world.office("work_order.reassign", phone.on, {"person": BOB}))
    phone.sync()
    kept = phone.queries.inbox()
    assert [one.kind for one in kept] == ["taken_away", "edited"]
    assert [one.changes for one in kept] == [(), ()]
    assert all(one.customer for one in kept)
    dump = "".join(phone.connection.iterdump())
    assert number not in dump


def test_what_was_dropped_after_a_long_silence_is_told_and_comes_back(phone: Phone) -> None:
    """S2."""
    assert phone.queries.kept() == Kept(keep_days=KEEP_DAYS)
    assert [one.id for one in phone.queries.jobs()] == [phone.job]
    phone.world.tick((AWAY_DAYS + 1) * DAY_MS)
    assert look(phone.replica, phone.world.clock(phone.replica))
    assert phone.queries.kept() == Kept(keep_days=KEEP_DAYS, away_days=AWAY_DAYS)
    assert (phone.queries.jobs(), kinds(phone)) == ([], [("away", True)])
    phone.sync()
    assert [one.id for one in phone.queries.jobs()] == [phone.job]
    assert phone.queries.kept().away_days is None
