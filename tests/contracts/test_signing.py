"""A visit is photographed and signed on a phone, and sealed by a server: in memory and in books."""

from typing import Any

import msgspec
import pytest

from shared.comparing import compare, listed_ids
from shared.document import hash_of, read
from shared.errors import Refused, refuse_value
from shared.ids import derive
from shared.notes import Note
from shared.ops import SYSTEM
from shared.photos import Photo
from shared.records import State
from shared.registry import Act, Outcome, Registry
from shared.sign_off import SignedDocument, SignOff
from shared.signing import sign_off_id
from shared.tasks import Task
from shared.visit import Visit
from shared.work_order import WorkOrder
from sync.ports import Outboxed, Replica
from tests.contracts.servers import PhoneShelf
from tests.contracts.test_verbs import rows, said
from tests.proof import DOT, document_on, picture, said as told_as, shown_on, sign, signature
from tests.world import ANN, CHECKLIST, DORA, FILTER, VAN_ANN, MemoryServer, Server, World

NOTE = {"text": "半年后再清洗", "audience": "customer"}


def finished(
    server: Server, phones: PhoneShelf, jobs: int = 1, *, ended: bool = True
) -> tuple[World, Replica, list[str]]:
    """A technician who has done everything on some jobs of one place but have it signed."""
    world = World(server)
    orders = [world.job(ANN, checklist=CHECKLIST) for _ in range(jobs)]
    phone = world.phone(ANN, phones)
    world.sync(phone)
    for place, order in enumerate(orders):
        world.taps(phone, order, "accept", "depart", "arrive", "start")
        said(world, phone, "checklist.answer", order, item="leaks", value="pass")
        said(world, phone, "photo.add", order, **picture(f"plate {place}", caption="铭牌"))
        said(world, phone, "photo.add", order, **picture(f"key {place}", audience="internal"))
        said(world, phone, "parts.use", order, part=FILTER, location=VAN_ANN, quantity="1")
        world.taps(phone, order, *(["complete"] if ended else []))
    return world, phone, orders


def signed(world: World, phone: Replica, *orders: str, **changes: Any) -> str:
    """A signature that the phone takes; returns its op's id."""
    done = sign(world, phone, *orders, **changes)
    assert isinstance(done, Outboxed), done
    return done.op_id


def seal(world: World, order: str) -> SignOff:
    (found,) = rows(world, SignOff, f"wo:{order}")
    return found


def open_tasks(world: World, order: str) -> list[str]:
    return [task.code for task in rows(world, Task, f"wo:{order}") if not task.done]


def test_a_visit_is_photographed_signed_and_sealed(server: Server, phones: PhoneShelf) -> None:
    world, phone, (order,) = finished(server, phones)
    text = document_on(phone, order)
    op = signed(world, phone, order)
    mine = shown_on(phone, order).find(SignOff, sign_off_id(op, order))
    assert mine is not None
    assert mine.state == "pending"  # the office has not spoken
    summary = world.sync(phone)
    assert (set(summary.verdicts), summary.checksum_ok) == ({"applied"}, True)
    found, (kept,) = seal(world, order), rows(world, SignedDocument, f"wo:{order}")
    assert (found.state, found.faults, found.outcome) == ("sealed", (), "done")
    assert (hash_of(kept.document), read(kept.document)) == (found.shown_hash, text)
    photos = rows(world, Photo, f"wo:{order}")
    assert {one.audience: one.id in found.listed for one in photos} == {
        "customer": True,
        "internal": False,
    }
    assert {one.visit_id for one in photos} == {found.visit_id}
    assert shown_on(phone, order).find(SignOff, found.id) == found
    assert open_tasks(world, order) == []


def test_several_jobs_of_one_place_are_signed_for_at_once(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, orders = finished(server, phones, jobs=2)
    op = signed(world, phone, *orders)
    assert set(world.sync(phone).verdicts) == {"applied"}
    seals = [seal(world, order) for order in orders]
    assert [one.id for one in seals] == [sign_off_id(op, order) for order in orders]
    assert {(one.state, one.group_id, one.seal) for one in seals} == {("sealed", op, seals[0].seal)}
    assert set(seals[0].listed).isdisjoint(seals[1].listed)
    for order, one in zip(orders, seals, strict=True):
        assert shown_on(phone, order).find(SignOff, one.id) == one


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ink": None}, "no_ink"),
        ({"ink": DOT}, "no_ink"),
        ({"signer": ""}, "missing_field"),
        ({"signer": "陈" * 2_000}, "out_of_range"),
    ],
)
def test_the_phone_refuses_what_is_no_signature(
    phones: PhoneShelf, changes: dict[str, Any], code: str
) -> None:
    world, phone, (order,) = finished(MemoryServer(), phones)
    refused = sign(world, phone, order, **changes)
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert rows_on(phone, order) == []


def rows_on(phone: Replica, order: str) -> list[SignOff]:
    return list(shown_on(phone, order).of(SignOff, order))


def test_the_phone_refuses_a_signature_before_arrival_and_with_answers_open(
    phones: PhoneShelf,
) -> None:
    world = World()
    order = world.job(ANN, checklist=CHECKLIST)
    phone = world.phone(ANN, phones)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart")
    for code, verbs in (("not_arrived", ("arrive", "start")), ("incomplete", ())):
        refused = sign(world, phone, order)
        assert isinstance(refused, Refused)
        assert refused.code == code
        world.taps(phone, order, *verbs)
    said(world, phone, "checklist.answer", order, item="leaks", value="pass")
    signed(world, phone, order)


def test_the_phone_refuses_a_document_that_is_not_the_one_that_was_hashed(
    phones: PhoneShelf,
) -> None:
    world, phone, (order,) = finished(MemoryServer(), phones)
    args = told_as(signature(document_on(phone, order), ANN))
    args["document"] = args["document"].replace("铭牌", "名牌")
    refused = world.tap(phone, "sign_off.take", ("work_order", order), args)
    assert isinstance(refused, Refused)
    assert refused.code == "seal_broken"


def test_what_the_office_changed_before_it_arrived_diverges(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, (order,) = finished(server, phones)
    world.sync(phone)
    (photo,) = [one for one in rows(world, Photo, f"wo:{order}") if one.audience == "customer"]
    anew = {"photo": photo.id, "caption": "看不清", "audience": "customer"}
    world.must(world.office("photo.describe", ("work_order", order), anew))
    signed(world, phone, order)
    assert world.sync(phone).verdicts == {"applied": 1}
    assert (seal(world, order).state, seal(world, order).faults) == ("diverged", (photo.id,))
    assert open_tasks(world, order) == ["seal_diverged"]
    assert rows_on(phone, order) == [seal(world, order)]


def without_notes(world: World) -> Registry:
    kinds = [one for name, one in world.registry.kinds.items() if name != "note.add"]
    return Registry(kinds, world.registry.absorbs)


def refusing_notes(world: World) -> Registry:
    def refuse(_state: State, _act: Act) -> Outcome | Refused:
        return refuse_value("not_text", "args.text")

    note = msgspec.structs.replace(world.registry.kinds["note.add"], reduce=refuse)
    kinds = {**world.registry.kinds, "note.add": note}
    return Registry(kinds.values(), world.registry.absorbs)


def checked(world: World, order: str) -> SignOff:
    """The server looks at a sign-off again, of its own accord."""
    told = {"sign_off": seal(world, order).id}
    on = ("work_order", order)
    assert world.office("sign_off.check", on, told, by=DORA).code == "not_permitted"
    world.must(world.office("sign_off.check", on, told, by=SYSTEM))
    return seal(world, order)


def next_door(world: World) -> dict[str, str | None]:
    """Another customer, with a site of their own."""
    customer, site = derive("next door"), derive("next door's site")
    rows: dict[str, tuple[str, dict[str, Any]]] = {
        "customer": (customer, {"name": "李四", "type": "person"}),
        "site": (
            site,
            {"customer_id": customer, "address": "Main Street 2", "time_zone": "Asia/Shanghai"},
        ),
    }
    for noun, (identity, row) in rows.items():
        world.must(world.office("master.put", (noun, identity), {"row": row}, by=SYSTEM))
    return {"customer": customer, "site": site, "asset": None}


def test_ink_that_another_customer_gave_is_told_on_the_second_job(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, (order,) = finished(server, phones)
    theirs = world.job(ANN, **next_door(world))
    world.sync(phone)
    world.taps(phone, theirs, "accept", "depart", "arrive", "start", "complete")
    signed(world, phone, order)
    signed(world, phone, theirs)
    world.sync(phone)
    assert seal(world, order).state == seal(world, theirs).state == "sealed"
    assert (open_tasks(world, order), open_tasks(world, theirs)) == ([], ["ink_reused"])


def test_the_phone_refuses_a_signature_for_a_second_job_where_nobody_has_arrived(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, (order,) = finished(server, phones)
    other = world.job(ANN, checklist=CHECKLIST)
    world.sync(phone)
    world.taps(phone, other, "accept", "depart")
    (number,) = (row.number for row in rows(world, WorkOrder, f"wo:{other}"))
    refused = sign(world, phone, order, other)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.params) == ("not_arrived_too", {"number": number})
    world.taps(phone, other, "arrive", "start")
    unready = sign(world, phone, order, other)
    assert isinstance(unready, Refused)
    assert (unready.code, unready.params["number"]) == ("incomplete_too", number)


def test_a_listed_fact_that_waits_keeps_the_seal_waiting_until_it_is_mended(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, (order,) = finished(server, phones, ended=False)
    on = ("work_order", order)
    op = said(world, phone, "note.add", order, **NOTE)
    world.server_registry = without_notes(world)
    signed(world, phone, order)
    assert world.sync(phone).verdicts["quarantined"] == 1
    assert (seal(world, order).state, seal(world, order).faults) == (
        "pending",
        (derive(op, "note"),),
    )
    world.server_registry = world.registry
    (entry,) = [one for one in phone.all_ops() if one.op_id == op]
    again = {"of": op, "body_fingerprint": entry.fingerprint, "kind": "note.add", "v": 1}
    world.must(world.office("op.repair", ("op", op), {**again, "on": on, "args": NOTE}))
    (kept,) = rows(world, Note, f"wo:{order}")
    assert kept.id in seal(world, order).listed
    assert open_tasks(world, order) == []  # it was shown: nothing was added behind the signature
    assert checked(world, order).state == "sealed"
    assert world.sync(phone).checksum_ok
    assert rows_on(phone, order) == [seal(world, order)]


def test_a_listed_fact_that_is_rejected_makes_the_seal_diverge(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, (order,) = finished(server, phones, ended=False)
    op = said(world, phone, "note.add", order, **NOTE)
    world.server_registry = refusing_notes(world)
    signed(world, phone, order)
    assert world.sync(phone).verdicts["rejected"] == 1
    assert seal(world, order).state == "pending"
    found = checked(world, order)
    assert (found.state, found.faults) == ("diverged", (derive(op, "note"),))
    assert open_tasks(world, order) == ["seal_diverged"]


def test_what_comes_after_the_signature_is_told_until_it_is_signed_too(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, (order,) = finished(server, phones)
    signed(world, phone, order)
    late = said(world, phone, "photo.add", order, **picture("late"))
    said(world, phone, "photo.add", order, **picture("later", audience="internal"))
    world.sync(phone)
    assert open_tasks(world, order) == ["unsigned_addition"]
    (flagged,) = [one for one in phone.all_ops() if one.op_id == late]
    assert [flag.code for flag in flagged.flags] == ["unsigned_addition"]
    again = signed(world, phone, order)
    assert world.sync(phone).verdicts == {"applied": 1}
    assert open_tasks(world, order) == []
    seals = rows(world, SignOff, f"wo:{order}")
    assert {one.id for one in seals} >= {sign_off_id(again, order)}
    assert [one.state for one in seals] == ["sealed", "sealed"]


def test_the_server_alone_says_that_a_photo_is_here(server: Server, phones: PhoneShelf) -> None:
    world, phone, (order,) = finished(server, phones)
    world.sync(phone)
    photo = rows(world, Photo, f"wo:{order}")[0]
    on, told = ("work_order", order), {"photo": photo.id}
    assert world.office("photo.arrive", on, told, by=DORA).code == "not_permitted"
    refused = world.tap(phone, "photo.arrive", on, told)
    assert isinstance(refused, Refused)
    world.must(world.office("photo.arrive", on, told, by=SYSTEM))
    world.sync(phone)
    found = shown_on(phone, order).find(Photo, photo.id)
    assert found is not None
    assert found.arrived_at is not None


def test_what_a_phone_shows_is_what_the_books_say(phones: PhoneShelf) -> None:
    world, phone, (order,) = finished(MemoryServer(), phones)
    world.sync(phone)
    made = document_on(phone, order)
    assert compare(shown_on(phone, order), made) == compare(State(), made).__class__()
    assert len(listed_ids(made.jobs[0])) == 4


def test_what_follows_a_visit_belongs_to_it_until_the_next_one_has_begun(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, (order,) = finished(server, phones, ended=False)
    waits = {"outcome": "waits_for_part"}
    said(world, phone, "work_order.complete", order, **waits)
    world.sync(phone)
    planned = {"planned_from": "2026-11-24T09:00", "planned_to": "2026-11-24T11:00"}
    world.must(world.office("visit.plan", ("work_order", order), {"person": ANN, **planned}))
    world.sync(phone)
    said(world, phone, "photo.add", order, **picture("after the end"))
    world.taps(phone, order, "depart")
    said(world, phone, "photo.add", order, **picture("on the way"))
    known = shown_on(phone, order)
    visits = {one.id: one.ended_at is not None for one in known.of(Visit, order)}
    of = {one.sha256: one.visit_id for one in known.of(Photo, order)}
    ended = {
        name: visits[str(of[str(picture(name)["sha256"])])]
        for name in ("after the end", "on the way")
    }
    assert ended == {"after the end": True, "on the way": False}
    assert world.sync(phone).checksum_ok


def test_two_visits_have_two_signatures_and_nothing_is_signed_for_twice(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, (order,) = finished(server, phones, ended=False)
    said(world, phone, "work_order.complete", order, outcome="waits_for_part")
    first = signed(world, phone, order)
    world.sync(phone)
    world.taps(phone, order, "depart", "arrive", "start")
    said(world, phone, "photo.add", order, **picture("second visit"))
    world.taps(phone, order, "complete")
    second = signed(world, phone, order)
    assert set(world.sync(phone).verdicts) == {"applied"}
    seals = {one.group_id: one for one in rows(world, SignOff, f"wo:{order}")}
    assert {one.state for one in seals.values()} == {"sealed"}
    assert (seals[first].outcome, seals[second].outcome) == ("waits_for_part", "done")
    assert seals[first].visit_id != seals[second].visit_id
    assert set(seals[first].listed).isdisjoint(seals[second].listed)
    assert "unsigned_addition" not in open_tasks(world, order)


def test_a_visit_is_not_done_while_a_photo_that_is_asked_for_is_missing(
    phones: PhoneShelf,
) -> None:
    world = World()
    slots = [{"code": "plate", "en": "Plate", "zh": "铭牌", "required": True}]
    row = {"en": "Photos", "zh": "照片", "items": [], "photos": slots}
    asked = derive("a checklist of photos")
    put = ("master.put", ("checklist", asked), {"row": row})
    world.must(world.office(*put, by=SYSTEM))
    order = world.job(ANN, checklist=asked)
    phone = world.phone(ANN, phones)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart", "arrive", "start")
    said(world, phone, "photo.add", order, **picture("anything"))
    done = {"outcome": "done"}
    refused = world.tap(phone, "work_order.complete", ("work_order", order), done)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.params) == ("incomplete", {"items": "plate"})
    said(world, phone, "photo.add", order, **picture("plate", slot="plate"))
    world.taps(phone, order, "complete")
    assert set(world.sync(phone).verdicts) == {"applied"}
