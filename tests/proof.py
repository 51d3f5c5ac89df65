"""Signatures for tests: ink that counts as one, and a sign-off of any document, sealed rightly."""

from typing import Any

import msgspec

from shared.canonical import digest
from shared.checklist import Checklist
from shared.document import Document, hash_of, write
from shared.errors import Refused
from shared.ink import Ink
from shared.people import Person
from shared.prices import PriceList
from shared.records import Record, State
from shared.registry import Ref
from shared.seal import seal_of
from shared.showing import Asked, build
from shared.sign_off import TakeArgs
from shared.site import Asset, Customer, Site
from shared.ticket import Ticket
from shared.visible import books_of
from sync.ports import Outboxed, Replica, Wanted
from tests.world import PRICES, World

SIGNED_AT = 1_795_000_100_000
INK = Ink(
    width=3200,
    height=1600,
    strokes=(
        (200, 900, 0, 420, 380, 90, 640, 1010, 180, 880, 420, 260),
        (1000, 700, 400, 1500, 690, 520, 1420, 1100, 610),
    ),
)
DOT = Ink(width=3200, height=1600, strokes=((200, 900, 0, 201, 900, 40, 200, 901, 80),))
EMPTY = Ink(width=3200, height=1600, strokes=())


def signature(document: Document | str, technician: str, **changes: Any) -> TakeArgs:
    """The arguments of `sign_off.take` for a document; what is changed is sealed as well."""
    text = document if isinstance(document, str) else write(document)
    purpose = document.purpose if isinstance(document, Document) else "visit"
    told: dict[str, Any] = {
        "purpose": purpose,
        "document": text,
        "shown_hash": hash_of(text),
        "signed_at": SIGNED_AT,
        "app": "test",
        "signer": "陈美玲",
        "signer_role": "customer",
        "ink": INK,
        "technician_ink": INK,
        "also": tuple(job.id for job in document.jobs[1:])
        if isinstance(document, Document)
        else (),
        **changes,
    }
    args = TakeArgs(seal="0" * 64, **told)
    return msgspec.structs.replace(args, seal=seal_of(args, technician))


def said(args: TakeArgs) -> dict[str, Any]:
    """Arguments as JSON has them."""
    told: dict[str, Any] = msgspec.to_builtins(args)
    return told


def shown_on(replica: Replica, *jobs: str) -> State:
    """What a phone shows of these jobs, with all that a document of them needs."""
    links = replica.links([("work_order", job) for job in jobs])
    named: dict[str, type[Record]] = {
        "ticket_id": Ticket,
        "site_id": Site,
        "asset_id": Asset,
        "customer_id": Customer,
        "checklist_id": Checklist,
    }
    refs: list[Ref] = [(Person, replica.identity().person), (PriceList, PRICES)]
    refs += [ref for job in jobs for ref in books_of(job)]
    for told in links.values():
        refs += [(kind, one) for name, kind in named.items() if (one := told[name]) is not None]
    aggregates = frozenset(("work_order", job) for job in jobs)
    return replica.load(Wanted(aggregates=aggregates, refs=frozenset(refs)), base=False)


def document_on(replica: Replica, *jobs: str, **more: Any) -> Document:
    """The document that a phone shows of these jobs."""
    told: dict[str, Any] = {"purpose": "visit", "language": "zh", "made_at": SIGNED_AT, **more}
    wanted = Asked(jobs=jobs, person=replica.identity().person, **told)
    built = build(shown_on(replica, *jobs), wanted)
    assert isinstance(built, Document), built
    return built


def sign(world: World, replica: Replica, *jobs: str, **changes: Any) -> Outboxed | Refused:
    """A customer's signature on a phone, under what it shows of these jobs."""
    args = signature(document_on(replica, *jobs), replica.identity().person, **changes)
    return world.tap(replica, "sign_off.take", ("work_order", jobs[0]), said(args))


def picture(name: str, **more: Any) -> dict[str, Any]:
    """The arguments of `photo.add` for a picture of this name."""
    told = {"size": 400_000, "width": 1600, "height": 1200, "thumb_size": 9_000}
    hashes = {"sha256": digest(name), "thumb_sha256": digest([name])}
    return {**told, **hashes, "audience": "customer", **more}
