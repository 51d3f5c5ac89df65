"""The round trip of a phone: a write transaction for what it pushed, a read for what it gets."""

import gzip
from typing import Any, Final

import msgspec
from litestar import MediaType, Response, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from msgspec import Struct, structs

from server import enrolment, throttle
from server.keys import mark_epoch
from server.office import AnyRequest, Contact, Office, kept_of
from server.problems import FAULTS, Problem, malformed, throttled
from server.queries import delivery
from server.queries.delivery import Confirmed
from server.sessions import Actor
from shared.clock import Sighting, skew_ms
from shared.people import may
from sync import exchange
from sync.exchange import Caller, Heard, House
from sync.protocol import (
    OPS_PER_DAY_MAX,
    OPS_PER_PUSH_MAX,
    Reply,
    Request,
    decode_request,
    encode,
)

OPS: Final = "ops|"
NONCE_BYTES: Final = 8
GZIP_LEVEL: Final = 5
GZIP_FROM_BYTES: Final = 250


class Talk(Struct, frozen=True, kw_only=True):
    """One round trip: what is asked, by whom, and the server's keys and time for it."""

    request: Request
    caller: Caller
    house: House


@post(
    "/sync",
    opt={"intent": "sync", "bearer": "device"},
    status_code=200,
    responses=FAULTS,
    sync_to_thread=True,
)
def sync(
    body: RawBody,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[bytes]:
    """Take what a device pushed and give it what is new."""
    talk = _talk(office, _read(body), actor)
    reply = _answer(office, talk)
    office.log.info(
        "sync",
        device=talk.caller.device,
        ops=[op.id for op in talk.request.ops],
        verdicts=[str(result.verdict) for result in reply.results],
    )
    return _packed(encode(reply), request)


def _read(body: bytes) -> Request:
    try:
        request = decode_request(body)
    except msgspec.DecodeError as error:
        raise malformed(error) from error
    if len(request.ops) > OPS_PER_PUSH_MAX:
        raise Problem("too_large")
    return request


def _talk(office: Office, request: Request, actor: Actor) -> Talk:
    if request.device != actor.device:
        raise Problem("wrong_device")
    person = actor.person
    if person.disabled or not may(person.roles, "sync"):  # may hand in, and read nothing more
        request = structs.replace(request, pull=False)
    ring = office.keys.token
    house = House(
        keys=ring.secrets,
        key=ring.newest,
        received=office.now_ms(),
        nonce=office.dice(NONCE_BYTES).hex(),
        on_crash=office.note_crash,
    )
    caller = Caller(device=request.device, person=person.id)
    return Talk(request=request, caller=caller, house=house)


def _answer(office: Office, talk: Talk) -> Reply:
    contact = _contact(talk)
    if not exchange.has_news(talk.request):
        with office.reading() as books:
            library = office.library(books)
            heard = exchange.overhear(library, talk.request, talk.caller, talk.house)
            if not heard.rolled_back:
                office.contacts[talk.caller.device] = contact
                return exchange.answer(library, talk.request, heard, talk.caller, talk.house)
    heard = _heard(office, talk, contact)
    with office.reading() as books:
        library = office.library(books)
        return exchange.answer(library, talk.request, heard, talk.caller, talk.house)


def _heard(office: Office, talk: Talk, contact: Contact) -> Heard:
    """Take what was pushed, in a new epoch when the device proves that the books were put back."""
    epoch: str | None = None
    with office.writing() as books:
        _count(books, talk)
        ledger = office.ledger(books)
        heard = exchange.hear(ledger, talk.request, talk.caller, talk.house)
        if heard.rolled_back:
            epoch = office.begin_epoch(ledger, talk.house.received)
            heard = exchange.hear(ledger, talk.request, talk.caller, talk.house)
        if heard.standing is not None and heard.standing.n == 1 and talk.request.forked_from:
            facts = {"from": talk.request.forked_from, "to": talk.request.incarnation}
            on = ("device", talk.caller.device)
            ledger.note_event(office.event("device.fork", talk.caller.person, on, facts))
        enrolment.note_contact(books, talk.caller.device, kept_of(contact))
        if heard.standing is not None and not heard.need_vector:
            delivery.confirm(books, _confirmed(talk))
    office.contacts.pop(talk.caller.device, None)
    if epoch is not None:
        office.log.error("the database was put back: a new epoch begins", epoch=epoch)
        mark_epoch(office.keys.folder, epoch)
    return heard


def _count(books: Any, talk: Talk) -> None:
    """Let a device hand in so many ops a day; a request beyond that is taken another day, whole."""
    if not talk.request.ops:
        return
    key, limit = OPS + talk.caller.device, (OPS_PER_DAY_MAX, throttle.DAY_MINUTES)
    wait = throttle.strike(books, key, limit, talk.house.received, len(talk.request.ops))
    if wait:
        raise throttled(wait)


def _contact(talk: Talk) -> Contact:
    clock = talk.request.clock
    sighting = Sighting(
        boot=clock.boot, mono=clock.mono, wall=clock.wall, received=talk.house.received
    )
    return Contact(
        at=sighting.received,
        clock_ms=skew_ms(sighting),
        app=talk.request.app,
        unsent=talk.request.unsent,
        unsent_since=talk.request.unsent_since,
        free_bytes=talk.request.free_bytes,
    )


def _confirmed(talk: Talk) -> Confirmed:
    """What a device says it has read since it was last heard."""
    told = {stream: seq for stream, seq in talk.request.cursors.items() if seq is not None}
    caller, now = talk.caller, talk.house.received
    return Confirmed(person=caller.person, device=caller.device, at=now, cursors=told)


def _packed(content: bytes, request: AnyRequest) -> Response[Any]:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    accepted = "gzip" in request.headers.get("accept-encoding", "").lower()
    if accepted and len(content) >= GZIP_FROM_BYTES:
        content = gzip.compress(content, GZIP_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=MediaType.JSON, headers=headers)
