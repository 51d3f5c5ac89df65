"""The round trip of a phone: a write transaction for what it pushed, a read for what it gets."""

import asyncio
import gzip
import re
from contextlib import suppress
from functools import partial
from typing import Any, Final

import msgspec
from litestar import MediaType, Response
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody
from msgspec import Struct, structs

from server import drains, enrolment, packs, throttle, wiping
from server.api.pacing import paces
from server.contacts import Contact, kept_of
from server.drains import Parting
from server.keys import mark_epoch
from server.ledger import InParts
from server.library import Owned, ReadingRoom, Unseen
from server.office import AnyRequest, Office
from server.packs import PIECE_BYTES, Item
from server.problems import FAULTS, Problem, enough_today, malformed, wrong_field
from server.queries import delivery, divergences, troubles
from server.queries.delivery import Confirmed
from server.sessions import AnyConnection, Pass, let_in
from server.turns import Crowded as NoTurn
from shared.clock import Sighting, skew_ms
from shared.people import may
from sync import exchange
from sync.exchange import Caller, Heard, House
from sync.ports import Crowded
from sync.prints import is_sound
from sync.protocol import (
    BYTES_PER_DAY_MAX,
    DOUBTS_PER_DAY_MAX,
    OPS_PER_DAY_MAX,
    OPS_PER_PUSH_MAX,
    Differences,
    Reply,
    Request,
    Wipe,
    decode_request,
    encode,
    encode_apart,
)

OPS: Final = "ops|"
BYTES: Final = "op bytes|"
DOUBTS: Final = "doubts|"
NONCE_BYTES: Final = 8
GZIP_FROM_BYTES: Final = 250
VERSION_PARTS: Final = 3
_VERSION: Final = re.compile(r"\d{1,6}(\.\d{1,6}){0,2}$")
CROWDED_RETRY_S: Final = 3_600  # until a person may have settled some of what waits
TEAR_QUIET_MS: Final = 3_600_000  # one torn copy is one trouble, though it stays so a while


TOO_OFTEN: Final = Differences(stream="", to=0, sums=(0, 0), later=True)


class Talk(Struct, frozen=True, kw_only=True):
    """One round trip: what is asked, by whom, and the server's keys and time for it."""

    request: Request
    caller: Caller
    house: House


class _Route(HTTPRouteHandler):
    """A route that is shown to its guards as it is, as nearly all that phones ask is this one.

    The framework copies a route for each guard, which was a twentieth of an exchange without news.
    """

    async def authorize_connection(self, connection: AnyConnection) -> None:
        for guard in self.resolve_guards():
            await guard(connection, self)  # type: ignore[misc]  # none is left that is not


@_Route(
    "/sync",
    http_method=HttpMethod.POST,
    opt={"intent": "sync", "bearer": "device", "admits": True},
    status_code=200,
    responses=FAULTS,
)
async def sync(body: RawBody, request: AnyRequest) -> Response[bytes]:
    """Take what a device pushed and give it what is new."""
    office, shown = request.app.state["office"], request.user
    answered = partial(_exchange, office, shown, body, request)
    try:
        async with paces(request).exchanges.taken(shown.device):
            return await asyncio.get_running_loop().run_in_executor(None, answered)
    except NoTurn as crowded:
        raise Problem("busy") from crowded


def _exchange(office: Office, shown: Pass, body: bytes, request: AnyRequest) -> Response[bytes]:
    asked = _read(body)
    talk, reply = _begin(office, shown, asked)
    reply = _vouched(office, reply if reply is not None else _answer(office, talk))
    if reply.wipe is not None and not wiping.send(office, talk.caller, reply.wipe.order):
        reply = structs.replace(reply, wipe=None)  # cancelled at the last moment
    _note(office, talk, reply)
    return _told(office, reply, request)


def _note(office: Office, talk: Talk, reply: Reply) -> None:
    """What was pushed is told in the log; that a phone came by and brought nothing, hardly ever."""
    ops = [op.id for op in talk.request.ops]
    verdicts = [str(result.verdict) for result in reply.results]
    tell = office.log.info if ops else office.log.debug
    tell("sync", device=talk.caller.device, ops=ops, verdicts=verdicts)


def _read(body: bytes) -> Request:
    try:
        request = decode_request(body)
    except msgspec.DecodeError as error:
        raise malformed(error) from error
    if len(request.ops) > OPS_PER_PUSH_MAX:
        raise Problem("too_large")
    if request.doubt is not None and not is_sound(request.doubt):
        raise wrong_field("doubt")
    return request


def _talk(office: Office, request: Request, who: tuple[str, Owned, Parting | None]) -> Talk:
    device, owned, parting = who
    if request.device != device:
        raise Problem("wrong_device")
    if owned.disabled or not may(owned.roles, "sync"):  # may hand in, and read nothing more
        request = structs.replace(request, pull=False)
    if is_before(request.app, office.settings.oldest_app):
        request = _outdated(request)
    wipe = None
    if parting is not None:
        request, wipe = _parted(request, parting)
    ring = office.keys.token
    house = House(
        keys=ring.secrets,
        key=ring.newest,
        received=office.now_ms(),
        nonce=office.dice(NONCE_BYTES).hex(),
        registry=office.release.registry,
        on_crash=office.note_crash,
    )
    caller = Caller(
        device=request.device, person=owned.person, revoked=parting is not None, wipe=wipe
    )
    return Talk(request=request, caller=caller, house=house)


def is_before(app: str, oldest: str) -> bool:
    """Whether the version at the end of an app's name is before another; not if there is none."""
    own, other = (_VERSION.search(text) for text in (app, oldest))
    if own is None or other is None:
        return False
    return _numbers(own.group()) < _numbers(other.group())


def _numbers(version: str) -> list[int]:
    told = [int(part) for part in version.split(".")]
    return told + [0] * (VERSION_PARTS - len(told))


def _outdated(request: Request) -> Request:
    """What is heard of an app that is too old: it hands in, and reads nothing. Raises `Problem`.

    It is told so only when it has nothing to hand in: it may know no better than to stop there.
    """
    if request.pull and not (request.ops or request.unsent or request.files):
        raise Problem("app_outdated")
    return structs.replace(request, pull=False)


def _parted(request: Request, parting: Parting) -> tuple[Request, Wipe | None]:
    """What is heard of a revoked device, and what it is told: it hands in, and reads nothing.

    It is told to empty itself only once it says that nothing is left on it but what was given up.
    Where nothing is taken from it any more there is nothing else to be said. Raises `Problem`.
    """
    request = _with_others(request)
    wipe, ops, files = parting.wipe, request.unsent, request.unsent_files
    if ops is None or files is None:  # an app that does not say may hold anything
        wipe = None
    elif wipe is not None:
        left = ops + (0 if parting.drains else len(request.ops))
        wipe = wipe if left <= wipe.ops and files <= wipe.files else None
    if wipe is None and not parting.drains:
        raise Problem(parting.why)
    taken = request.ops if parting.drains else []
    return structs.replace(request, pull=False, ops=taken), wipe


def _with_others(request: Request) -> Request:
    """A revoked device is emptied for everybody who had it, so what all of them hold counts."""
    if request.unsent is None or request.unsent_files is None or request.others is None:
        return request
    ops, files = request.others
    return structs.replace(
        request, unsent=request.unsent + ops, unsent_files=request.unsent_files + files
    )


def _begin(office: Office, shown: Pass, asked: Request) -> tuple[Talk, Reply | None]:
    """Whom the server speaks with, and its answer to one who only asks. Raises `Problem`.

    One question is enough to know who brings something, and nearly always for who only asks.
    """
    only_asks = not exchange.has_news(asked)
    with suppress(Unseen), office.asking() as books:
        library = office.library(books)
        known = library.glance(shown.device, asked.incarnation, with_streams=only_asks)
        return _spoken(office, library, (shown, known), asked)
    with office.reading() as books:
        library = office.library(books)
        known = library.enter(shown.device, asked.incarnation)
        return _spoken(office, library, (shown, known), asked)


def _spoken(
    office: Office, library: ReadingRoom, who: tuple[Pass, Owned | None], asked: Request
) -> tuple[Talk, Reply | None]:
    times = (office.now_ms(), office.settings.limits.drain_days)
    shown, known = who
    parting = let_in(library.books, known, shown, times)
    assert known is not None, "whoever is let in is known"
    talk = _talk(office, asked, (shown.device, known, parting))
    if exchange.has_news(talk.request):
        return talk, None
    heard = exchange.overhear(library, talk.request, talk.caller, talk.house)
    if heard.rolled_back:
        return talk, None
    contact = _contact(talk, office.contacts.get(talk.caller.device))
    reply = exchange.answer(library, talk.request, heard, talk.caller, talk.house)
    office.contacts[talk.caller.device] = contact
    return talk, _agreed(office, talk, contact, reply)


def _answer(office: Office, talk: Talk) -> Reply:
    """The answer to one who has something to say."""
    contact = _contact(talk, office.contacts.get(talk.caller.device))
    try:
        heard, patient = _heard(office, talk, contact)
    except Crowded:  # nothing was entered; that it was handed in counts all the same
        with office.writing() as books:
            _count(books, talk)
        raise enough_today(CROWDED_RETRY_S) from None
    if not patient:
        talk = structs.replace(talk, request=structs.replace(talk.request, doubt=None))
    # Who pulls nothing is told of what never changes, and need not see all of it at one moment.
    with office.reading() if talk.request.pull else office.asking() as books:
        library = office.library(books)
        reply = exchange.answer(library, talk.request, heard, talk.caller, talk.house)
    if not patient:
        return structs.replace(reply, differences=TOO_OFTEN)
    return _agreed(office, talk, contact, reply)


def _agreed(office: Office, talk: Talk, contact: Contact, reply: Reply) -> Reply:
    """Note that a device has all there is: with each page to the end it compared its checksum."""
    asked = talk.request.pull and not (talk.request.torn or talk.request.doubt is not None)
    has_all = not (reply.streams or reply.need_vector or reply.fork or reply.revoked)
    if asked and has_all:
        at = talk.house.received
        office.contacts[talk.caller.device] = structs.replace(contact, agreed_at=at)
    return reply


def _vouched(office: Office, reply: Reply) -> Reply:
    """A head with the word of each older key for the one that signed it."""
    vouchers = list(office.keys.vouchers)
    if reply.head is None or not vouchers:
        return reply
    return structs.replace(reply, head=structs.replace(reply.head, vouchers=vouchers))


def _heard(office: Office, talk: Talk, contact: Contact) -> tuple[Heard, bool]:
    """Take what was pushed: in one piece, as nearly always all of it can be written down.

    Where not, nothing of it was, and it is taken once more in parts. Also whether the device may
    have a stream compared once more today.
    """
    try:
        return _taken(office, talk, contact, in_one_piece=True)
    except InParts:
        return _taken(office, talk, contact, in_one_piece=False)


def _taken(
    office: Office, talk: Talk, contact: Contact, *, in_one_piece: bool
) -> tuple[Heard, bool]:
    """Take it, in a new epoch when the device proves that the books were put back."""
    epoch: str | None = None
    with office.writing() as books:
        _count(books, talk)
        patient = _may_doubt(books, talk)
        ledger = office.ledger(books, in_one_piece=in_one_piece)
        heard = exchange.hear(ledger, talk.request, talk.caller, talk.house)
        if heard.rolled_back:
            epoch = office.begin_epoch(ledger, talk.house.received)
            heard = exchange.hear(ledger, talk.request, talk.caller, talk.house)
        since = talk.house.received - TEAR_QUIET_MS
        enrolment.note_contact(books, talk.caller.device, kept_of(contact))
        found = divergences.note(books, talk.request) if patient else []
        odd = (*troubles.of(books, talk.request, heard, since), *troubles.of_findings(found))
        for kind, facts in odd:
            on = ("device", talk.caller.device)
            ledger.note_event(office.event(kind, talk.caller.person, on, facts))
        is_believed = not talk.caller.revoked and not heard.need_vector
        if heard.standing is not None and is_believed:
            delivery.confirm(books, _confirmed(talk))
    office.contacts.pop(talk.caller.device, None)
    if epoch is not None:
        office.log.error("the database was put back: a new epoch begins", epoch=epoch)
        mark_epoch(office.keys.folder, epoch)
    return heard, patient


def _may_doubt(books: Any, talk: Talk) -> bool:
    """Let a device have so many streams compared a day, and tell as often what it found."""
    if talk.request.doubt is None and not talk.request.findings:
        return True
    key, limit = DOUBTS + talk.caller.device, (DOUBTS_PER_DAY_MAX, throttle.DAY_MINUTES)
    return not throttle.strike(books, key, limit, talk.house.received)


def _count(books: Any, talk: Talk) -> None:
    """Let a device hand in so many ops a day; a request beyond that is taken another day, whole."""
    ops, device, now = talk.request.ops, talk.caller.device, talk.house.received
    if not ops:
        return
    if talk.caller.revoked:
        wait = drains.strike(books, device, ops, now)
    else:
        counted = (
            (OPS + device, OPS_PER_DAY_MAX, len(ops)),
            (BYTES + device, BYTES_PER_DAY_MAX, drains.bytes_of(ops)),
        )
        wait = throttle.strike_today(books, counted, now)
    if wait:
        raise enough_today(wait)


def _contact(talk: Talk, before: Contact | None) -> Contact:
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
        unsent_files=talk.request.unsent_files,
        unsent_bytes=talk.request.unsent_bytes,
        free_bytes=talk.request.free_bytes,
        agreed_at=before.agreed_at if before is not None else None,
        examined_at=talk.request.examined or (before.examined_at if before is not None else None),
    )


def _confirmed(talk: Talk) -> Confirmed:
    """What a device says it has read since it was last heard."""
    doubt = talk.request.doubt
    doubted = doubt.stream if doubt is not None else None  # nobody knows what it has of that
    told = {
        stream: seq
        for stream, seq in talk.request.cursors.items()
        if seq is not None and stream != doubted
    }
    caller, now = talk.caller, talk.house.received
    return Confirmed(person=caller.person, device=caller.device, at=now, cursors=told)


def _told(office: Office, reply: Reply, request: AnyRequest) -> Response[Any]:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    content = encode(reply)
    accepted = "gzip" in request.headers.get("accept-encoding", "").lower()
    if accepted and len(content) >= GZIP_FROM_BYTES:
        content = _packed(office, reply, content)
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=MediaType.JSON, headers=headers)


def _packed(office: Office, reply: Reply, content: bytes) -> bytes:
    """An answer packed; snapshots in pieces, for others are sent the same ones."""
    lasts = [page.kind == "snapshot" for page in reply.streams]
    if len(content) < PIECE_BYTES or not any(lasts):
        return gzip.compress(content, packs.LEVEL, mtime=0)
    before, pages, after = encode_apart(reply)
    names = [page.stream for page in reply.streams]
    return office.packs.packed(before, map(Item, names, pages, lasts), after)
