"""A phone and the server in conversation: what comes across, whatever happens on the way."""

from contextlib import suppress

from msgspec import structs

from shared.parts import Balance, balance_id
from shared.site import Site
from shared.tasks import Conflict, Task
from shared.ticket import Ticket
from shared.work_order import WorkOrder
from sync.memory import MemoryPhone
from sync.memory.phone import copied
from sync.protocol import Page
from sync.session import Surroundings, TimedOut, converse
from sync.settling import absorb
from tests.world import ANN, BOARD, BOB, CHECKLIST, FILTER, SITE, VAN_ANN, MemoryServer, World

VISIT = {
    "person": ANN,
    "planned_from": "2026-11-24T09:00",
    "planned_to": "2026-11-24T11:00",
}


def books(world: World) -> MemoryServer:
    assert isinstance(world.server, MemoryServer)
    return world.server


def order_on_server(world: World, order: str) -> WorkOrder:
    row = books(world).books.pages.rows[(WorkOrder, order)]
    assert isinstance(row, WorkOrder)
    return row


def same_as_server(world: World, phone: MemoryPhone) -> None:
    scope = books(world).books.scope(phone.identity().person)
    for stream in scope & books(world).books.pages.feed.keys():
        fed = books(world).books.pages.feed[stream]
        sent = {key: one.body for key, one in fed.items() if one.body is not None}
        assert phone.disk.base.get(stream, {}) == sent
        assert not phone.disk.views.get(stream)


def test_a_day_offline_arrives_and_the_phone_shows_what_the_server_has() -> None:
    """C12."""
    world = World()
    order = world.job(ANN, checklist=CHECKLIST)
    phone = world.phone(ANN)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart", "arrive", "start")
    on = ("work_order", order)
    world.tap(phone, "checklist.answer", on, {"item": "leaks", "value": "pass"})
    world.tap(phone, "checklist.answer", on, {"item": "pressure", "value": "3.1"})
    world.tap(phone, "parts.use", on, {"part": FILTER, "location": VAN_ANN, "quantity": "2"})
    world.tap(phone, "note.add", on, {"text": "Filter was blocked", "audience": "customer"})
    world.taps(phone, order, "complete")
    summary = world.sync(phone)
    assert summary.verdicts == {"applied": 9}
    assert summary.checksum_ok
    assert phone.settled_on_top() == []
    assert order_on_server(world, order).status == "done"
    assert isinstance(phone, MemoryPhone)
    same_as_server(world, phone)
    balance = books(world).books.pages.rows[(Balance, balance_id(VAN_ANN, FILTER))]
    assert isinstance(balance, Balance)
    assert balance.amount == 8_000


def test_lost_repeated_and_cut_exchanges_change_nothing() -> None:
    """C08, C21, C30."""
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    world.sync(phone, ["no reply", "no request", "twice"])
    world.taps(phone, order, "accept", "depart", "arrive", "start")
    use = {"part": FILTER, "location": VAN_ANN, "quantity": "2"}
    world.tap(phone, "parts.use", ("work_order", order), use)
    assert not world.sync(phone, ["no reply", "no reply", "no reply", "twice"]).forked
    assert not world.sync(phone, ["no request", "ok"]).forked
    assert isinstance(phone, MemoryPhone)
    same_as_server(world, phone)
    balance = books(world).books.pages.rows[(Balance, balance_id(VAN_ANN, FILTER))]
    assert isinstance(balance, Balance)
    assert balance.amount == 8_000


def test_both_sides_edit_the_contact_phone_and_the_device_wins_but_the_office_value_is_kept() -> (
    None
):
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    world.sync(phone)
    world.must(
        world.office("edit", ("site", SITE), {"fields": {"contact_phone": ["13800005678", "111"]}})
    )
    said = {"fields": {"contact_phone": ["13800005678", "222"]}, "work_order": order}
    world.tap(phone, "edit", ("site", SITE), said)
    assert world.sync(phone).verdicts == {"conflict": 1}
    rows = books(world).books.pages.rows
    site = rows[(Site, SITE)]
    assert isinstance(site, Site)
    assert site.contact_phone == "222"
    conflict = next(row for row in rows.values() if isinstance(row, Conflict))
    assert [loser.value for loser in conflict.losers] == ["111"]
    swap = {"conflict": conflict.id, "choice": "swap"}
    world.must(world.office("conflict.settle", ("site", SITE), swap))
    site = books(world).books.pages.rows[(Site, SITE)]
    assert isinstance(site, Site)
    assert site.contact_phone == "111"
    world.sync(phone)
    assert isinstance(phone, MemoryPhone)
    same_as_server(world, phone)


def test_work_done_after_a_cancel_is_kept_and_a_person_is_asked() -> None:
    """C04."""
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart", "arrive", "start", "complete")
    world.must(world.office("work_order.cancel", ("work_order", order), {"reason": "sold"}))
    verdicts = world.sync(phone).verdicts
    assert verdicts == {"conflict": 3, "applied": 2}
    rows = books(world).books.pages.rows.values()
    assert order_on_server(world, order).status == "cancelled"
    assert [row.code for row in rows if isinstance(row, Task)] == ["work_done_after_cancel"]
    assert len([row for row in rows if isinstance(row, Conflict)]) == 1
    assert isinstance(phone, MemoryPhone)
    same_as_server(world, phone)


def test_work_by_a_former_assignee_is_kept_as_evidence() -> None:
    """C47."""
    world = World()
    order = world.job(ANN)
    phone, other = world.phone(ANN), world.phone(BOB)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart")
    use = {"part": FILTER, "location": VAN_ANN, "quantity": "1"}
    world.tap(phone, "parts.use", ("work_order", order), use)
    world.must(world.office("work_order.reassign", ("work_order", order), {"person": BOB}))
    summary = world.sync(phone)
    assert summary.verdicts == {"conflict": 1, "applied": 2}
    assert isinstance(phone, MemoryPhone)
    assert f"wo:{order}" not in phone.disk.base
    world.sync(other)
    world.taps(other, order, "accept")
    world.sync(other)
    assert order_on_server(world, order).status == "accepted"


def test_two_who_use_one_serial_number_open_a_task() -> None:
    world = World()
    order = world.job(ANN, BOB)
    phones = [world.phone(ANN), world.phone(BOB)]
    for phone in phones:
        world.sync(phone)
        said = {"part": BOARD, "location": VAN_ANN, "quantity": "1", "serial": "SN-7"}
        world.tap(phone, "parts.use", ("work_order", order), said)
    for phone in phones:
        assert world.sync(phone).verdicts == {"applied": 1}
    tasks = [row for row in books(world).books.pages.rows.values() if isinstance(row, Task)]
    assert [task.code for task in tasks] == ["serial_twice"]


def test_an_answer_that_comes_late_or_twice_is_not_taken_again() -> None:
    """C17."""
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    around = Surroundings(now=lambda: world.clock(phone), name=world.random_name, app="test")
    world.taps(phone, order, "accept")
    talk = converse(phone, around)
    request = next(talk)
    reply = world.serve(phone, request)
    assert absorb(phone, world.registry, request, reply).rows > 0
    world.taps(phone, order, "depart")
    world.sync(phone)
    before = copied(phone.disk)
    assert absorb(phone, world.registry, request, reply).rows == 0
    assert phone.disk == before


def test_the_screen_never_flickers_while_the_pages_come_one_by_one() -> None:
    """C17: what a technician did stays as he did it, from the tap until the rows show it."""
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart", "arrive", "start")
    use = {"part": FILTER, "location": VAN_ANN, "quantity": "2"}
    world.tap(phone, "parts.use", ("work_order", order), use)
    around = Surroundings(
        now=lambda: world.clock(phone), name=world.random_name, app="test", want_bytes=1
    )
    talk = converse(phone, around)
    request = next(talk)
    seen = set()
    rounds = 0
    while True:
        shown = phone.shown(base=False)
        held, job = shown[(Balance, balance_id(VAN_ANN, FILTER))], shown[(WorkOrder, order)]
        assert isinstance(held, Balance)
        assert isinstance(job, WorkOrder)
        seen.add((held.amount, job.status))
        try:
            request = talk.send(world.carry(phone, request, "ok"))
        except StopIteration:
            break
        rounds += 1
    assert rounds > 5
    assert seen == {(8_000, "working")}
    same_as_server(world, phone)


def test_a_page_that_does_not_follow_what_is_there_is_passed_over() -> None:
    world = World()
    world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    around = Surroundings(now=lambda: world.clock(phone), name=world.random_name, app="test")
    request = next(converse(phone, around))
    mark = phone.marks()["catalog"]
    strange = Page(stream="catalog", kind="delta", since=mark.cursor - 1, to=98, head=99)
    half = Page(stream="catalog", kind="snapshot", since=3, to=4, head=99)
    reply = structs.replace(world.serve(phone, request), streams=[strange, half])
    absorb(phone, world.registry, request, reply)
    assert phone.marks()["catalog"] == mark


def test_an_effect_that_came_back_in_one_stream_is_not_shown_twice_there() -> None:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    use = {"part": FILTER, "location": VAN_ANN, "quantity": "2"}
    world.tap(phone, "parts.use", ("work_order", order), use)
    around = Surroundings(now=lambda: world.clock(phone), name=world.random_name, app="test")
    request = next(converse(phone, around))
    whole = world.serve(phone, request)
    stock = [page for page in whole.streams if page.stream.startswith("stock:")]
    absorb(phone, world.registry, request, structs.replace(whole, streams=stock, more=True))
    held = phone.shown(base=False)[(Balance, balance_id(VAN_ANN, FILTER))]
    assert isinstance(held, Balance)
    assert held.amount == 8_000
    assert [one.op_id for one in phone.settled_on_top()] == [phone.all_ops()[0].op_id]


def test_a_server_that_remembers_other_cursors_asks_for_all_of_them() -> None:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    world.sync(phone)
    pages = books(world).books.pages
    standing = pages.standings[phone.identity().incarnation]
    stale = dict.fromkeys(standing.vector, 1)
    pages.standings[standing.incarnation] = structs.replace(standing, vector=stale)
    world.must(world.office("visit.plan", ("work_order", order), VISIT))
    world.taps(phone, order, "accept")
    world.sync(phone)
    same_as_server(world, phone)


def test_a_step_that_will_be_refused_is_marked_and_no_longer_shown() -> None:
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart", "arrive", "start", "complete")
    world.must(world.office("work_order.cancel", ("work_order", order), {"reason": "sold"}))
    around = Surroundings(now=lambda: world.clock(phone), name=world.random_name, app="test")
    talk = converse(phone, around)
    next(talk)
    pull = talk.send(TimedOut())
    assert pull.ops == []
    talk.send(world.serve(phone, pull))
    talk.close()
    shown = phone.shown(base=False)
    job, ticket = (
        shown[(WorkOrder, order)],
        next(row for row in shown.values() if isinstance(row, Ticket)),
    )
    assert isinstance(job, WorkOrder)
    assert (job.status, ticket.status) == ("cancelled", "in_progress")
    last = phone.all_ops()[-1]
    assert (last.verdict, last.refusal, last.emits) == (None, "cancelled_meanwhile", ())


def test_what_a_newer_server_sends_of_kinds_unknown_here_stops_nothing_else() -> None:
    """A stream, a table and a verdict of tomorrow: the rest of the answer is taken all the same."""
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart")
    around = Surroundings(now=lambda: world.clock(phone), name=world.random_name, app="test")
    request = next(converse(phone, around))
    reply = world.serve(phone, request)
    first, second = reply.results
    sums = (0, 0)
    future = Page(stream="invoice:1", kind="snapshot", since=0, to=1, head=1, sums=sums)
    answer = structs.replace(
        reply,
        results=[structs.replace(first, verdict="admired"), second],
        streams=[*reply.streams, future],
    )
    absorb(phone, world.registry, request, answer)
    assert [one.verdict for one in phone.all_ops()] == [None, "applied"]
    assert phone.marks()["invoice:1"].cursor == 1
    world.sync(phone)
    assert [one.verdict for one in phone.all_ops()] == ["applied", "applied"]
    assert "invoice:1" not in phone.marks()


def test_an_edit_that_ends_before_it_begins_is_refused() -> None:
    world = World()
    order = world.job(ANN)
    said = {"fields": {"planned_to": ["2026-11-23T11:00", "2026-11-23T08:00"]}}
    told = world.office("edit", ("work_order", order), said)
    assert (told.verdict, told.code) == ("rejected", "out_of_range")
    assert told.detail["field"] == "args.fields.planned_to"


def test_who_only_pulls_gets_the_news_and_keeps_what_waits() -> None:
    """C65."""
    world = World()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    world.sync(phone)
    world.taps(phone, order, "accept")
    world.job(ANN)
    around = Surroundings(
        now=lambda: world.clock(phone), name=world.random_name, app="test", pull_only=True
    )
    talking = converse(phone, around)
    request = next(talking)
    with suppress(StopIteration):
        while request.ops == []:
            request = talking.send(world.serve(phone, request))
    assert request.ops == []
    assert len([one for one in phone.marks() if one.startswith("wo:")]) == 2
    assert [one.verdict for one in phone.outgoing(9, 9)] == [None]
    assert world.sync(phone).verdicts == {"applied": 1}
    same_as_server(world, phone)
