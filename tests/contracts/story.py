"""One eventful week, told the same to every server and every phone: what they must agree on."""

from typing import Any

from shared.ids import derive
from shared.ops import Verdict
from shared.records import table
from shared.tasks import Conflict
from sync.notices import KINDS
from sync.ports import Outboxed, Replica
from tests.proof import picture, sign
from tests.world import ANN, BOARD, BOB, CHECKLIST, FILTER, SITE, VAN_ANN, World

Told = dict[str, Any]


def tell(world: World, make: Any) -> Told:
    """Live through the week; returns everything the server's streams and answers came to."""
    ann, bob = world.phone(ANN, make), world.phone(BOB, make)
    first = world.job(ANN, checklist=CHECKLIST)
    both = world.job(ANN, BOB, checklist=CHECKLIST)
    lost = world.job(ANN)
    verdicts: list[Any] = [
        dict(world.sync(one, ["no reply", "twice"]).verdicts) for one in (ann, bob)
    ]
    world.taps(ann, first, "accept", "depart", "arrive", "start", "pause", "resume")
    _work(world, ann, first)
    world.taps(ann, first, "complete")
    assert isinstance(sign(world, ann, first), Outboxed)
    world.tap(ann, "photo.add", ("work_order", first), picture("after the signature"))
    world.taps(ann, lost, "accept", "depart")
    world.taps(bob, both, "accept", "depart", "arrive", "start")
    _work(world, bob, both)
    world.must(
        world.office("edit", ("site", SITE), {"fields": {"contact_phone": ["13800005678", "111"]}})
    )
    said = {"fields": {"contact_phone": ["13800005678", "222"]}, "work_order": both}
    world.tap(bob, "edit", ("site", SITE), said)
    note = {"fields": {"job_note": ["", "ring twice"]}}
    world.tap(bob, "edit", ("work_order", both), note)
    world.office("edit", ("work_order", both), {"fields": {"job_note": ["", "dog"]}})
    world.office("work_order.reassign", ("work_order", lost), {"person": BOB})
    world.office("work_order.cancel", ("work_order", both), {"reason": "sold"})
    verdicts.append(dict(world.sync(ann, ["no reply", "ok"], ops_max=3).verdicts))
    verdicts.append(dict(world.sync(bob, ["twice", "no request"], want_bytes=500).verdicts))
    conflict = _settled(world)
    for phone in (ann, bob, ann, bob):
        summary = world.sync(phone)
        verdicts.append((dict(summary.verdicts), summary.checksum_ok))
    return {"verdicts": verdicts, "conflict": conflict, **_books(world, (ann, bob))}


def _work(world: World, phone: Replica, order: str) -> None:
    on = ("work_order", order)
    world.tap(phone, "checklist.answer", on, {"item": "leaks", "value": "pass"})
    world.tap(phone, "checklist.answer", on, {"item": "pressure", "value": "3.125"})
    world.tap(phone, "parts.use", on, {"part": FILTER, "location": VAN_ANN, "quantity": "6"})
    serial = {"part": BOARD, "location": VAN_ANN, "quantity": "1", "serial": "SN-1"}
    world.tap(phone, "parts.use", on, serial)
    world.tap(phone, "note.add", on, {"text": "滤网堵塞 🙂", "audience": "customer"})
    world.tap(phone, "photo.add", on, picture("plate", caption="铭牌 🙂"))
    world.tap(phone, "photo.add", on, picture("key box", audience="internal"))


def _settled(world: World) -> list[Any]:
    with world.server.reading() as library:
        pieces = library.pages([(f"site:{SITE}", 0)], 1_000_000)
    found = [row for _, row in pieces[f"site:{SITE}"].rows if row.table == table(Conflict)]
    swap = {"conflict": found[0].id, "choice": "swap"}
    done = world.office("conflict.settle", ("site", SITE), swap)
    assert done.verdict == Verdict.APPLIED
    return [row.data for row in found]


def _books(world: World, phones: tuple[Replica, ...]) -> Told:
    with world.server.reading() as library:
        streams = set().union(*(library.scope(phone.identity().person) for phone in phones))
        heads = library.heads(streams)
        pieces = library.pages([(one, 0) for one in sorted(heads)], 10_000_000)
        told = {
            "epoch": library.epoch,
            "heads": heads,
            "rows": {
                stream: [(seq, row.table, row.id, row.data) for seq, row in piece.rows]
                for stream, piece in pieces.items()
            },
        }
    marks = [
        {one.stream: (one.cursor, tuple(one.sums)) for one in phone.marks().values()}
        for phone in phones
    ]
    outboxes = [
        [(one.op_id, one.verdict, one.code, one.on_top, one.at) for one in phone.all_ops()]
        for phone in phones
    ]
    known = [phone.told() for phone in phones]
    return {**told, "marks": marks, "outboxes": outboxes, "known": known, "news": _news(phones)}


def _news(phones: tuple[Replica, ...]) -> list[Any]:
    """What became of each phone's own ops, as it was told to its person."""
    kinds = (*KINDS.values(), "mended", "won")
    return [
        phone.noticed(
            [derive("notice", kind, op.op_id) for op in phone.all_ops() for kind in kinds]
        )
        for phone in phones
    ]
