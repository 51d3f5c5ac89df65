"""Devices at the door: a code is traded for an identity, a signature for an access token."""

from typing import Any, Final

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from server import admission, drains, enrolment, people, sessions, throttle, wiping
from server.enrolment import Let
from server.office import AnyRequest, Invitation, Office, address_of
from server.problems import FAULTS, Problem, throttled, wrong_field
from server.sessions import PUBLIC, Actor, Pass
from shared.people import Login
from sync.enrolment import (
    Access,
    Challenge,
    Enrolled,
    Introduction,
    Nonce,
    Owner,
    Wiped,
    wiped_text,
)
from sync.exchange import House, stamp_for

ENROLMENTS: Final = "enrol|"
TOKENS: Final = "token|"
NO_CONTENT: Final = 204


class Wish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom an enrolment code is wanted."""

    login: Login


@post("/enrol", opt={"intent": PUBLIC}, status_code=200, responses=FAULTS, sync_to_thread=True)
def enrol(
    data: JSONBody[Introduction], request: AnyRequest, office: NamedDependency[Office]
) -> Enrolled:
    """Let a device in, once per code; the same device asking again gets the same answer."""
    if not enrolment.is_key(data.public_key):
        raise wrong_field("public_key")
    limits = office.settings.limits
    now = office.now_ms()
    address = address_of(office, request)
    key = ENROLMENTS + address
    with office.writing() as books:
        wait = throttle.strike(
            books, key, (limits.enrolments_per_address, limits.window_minutes), now
        )
        let: Let | Problem = throttled(wait)
        if not wait:
            shown = enrolment.Shown(code=data.code, public_key=data.public_key)
            let = enrolment.redeem(books, shown, now, limits.enrolment_tries)
        if isinstance(let, Let):
            return _admitted(office, books, let, data, (address, now))
    raise let


def _admitted(
    office: Office, books: Any, let: Let, told: Introduction, came: tuple[str, int]
) -> Enrolled:
    """Whom a code let in; `came` is from where, and when (ms)."""
    address, now = came
    person = people.find(books, let.person_id)
    if person is None or person.disabled:
        raise Problem("code_used")
    ledger = office.ledger(books)
    device = let.device or office.fresh_id()
    if let.device is None:
        known = enrolment.Newcomer(
            device=device,
            name=told.name,
            app=told.app,
            public_key=told.public_key,
            address=address,
        )
        enrolment.admit(books, let, known, now)
        ledger.note_event(office.event("device.enrol", person.id, ("device", device)))
    ring = office.keys.token
    house = House(keys=ring.secrets, key=ring.newest, received=now, nonce="")
    return Enrolled(
        device=device,
        person=Owner(id=person.id, login=person.login, name=person.name, code=person.code),
        server_epoch=ledger.epoch,
        stamp=stamp_for(device, ledger.epoch, house),
        now=now,
        rescue=office.keys.rescue_public,
        head_keys=office.keys.head_keys,
        unconfirmed=enrolment.refusal(books, device) is not None,
    )


@post("/token", opt={"intent": PUBLIC}, status_code=200, responses=FAULTS, sync_to_thread=True)
def token(
    data: JSONBody[Challenge], request: AnyRequest, office: NamedDependency[Office]
) -> Nonce | Access:
    """Give a nonce; for the signed nonce give an access token."""
    now, limits = office.now_ms(), office.settings.limits
    address = address_of(office, request)
    most = (limits.tokens_per_address, limits.window_minutes)
    problem: Problem | None = None
    since: int | None = None
    with office.writing() as books:
        wait = throttle.strike(books, TOKENS + address, most, now)
        if wait:
            problem = throttled(wait)
        elif data.nonce is None or data.signature is None:
            return Nonce(nonce=enrolment.challenge(books, data.device, address, office.dice, now))
        else:
            problem = (
                enrolment.answered(books, data.device, data.nonce, data.signature, now)
                or enrolment.refusal(books, data.device)
                or drains.refusal(books, data.device, now, limits.drain_days)
            )
            since = enrolment.confirmed_at(books, data.device)
    if problem is not None:
        raise problem
    minutes = limits.device_token_minutes
    shown = Pass(device=data.device, since=since)
    given = sessions.device_token(office.keys.session, shown, office.ends(minutes))
    return Access(token=given, expires_in=minutes * 60)


@post(
    "/wiped",
    opt={"intent": PUBLIC},
    status_code=NO_CONTENT,
    responses=FAULTS,
    sync_to_thread=True,
)
def wiped(
    data: JSONBody[Wiped], request: AnyRequest, office: NamedDependency[Office]
) -> Response[None]:
    """Hear from a device that it emptied itself; it has no token any more, and signed before."""
    limits = office.settings.limits
    most = (limits.tokens_per_address, limits.window_minutes)
    with office.writing() as books:
        wait = throttle.strike(books, TOKENS + address_of(office, request), most, office.now_ms())
        said = wiped_text(data.device, data.order)
        fits = enrolment.speaks(books, data.device, said, data.signature)
    if wait:
        raise throttled(wait)
    if not fits:
        raise Problem("wrong_signature")
    wiping.done(office, data.device, data.order)
    return Response(None, status_code=NO_CONTENT)


@post(
    "/api/enrolments",
    opt={"intent": "enrolment.issue"},
    status_code=201,
    responses=FAULTS,
    sync_to_thread=True,
)
def invite(
    data: JSONBody[Wish], actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Invitation:
    """Issue an enrolment code for somebody who works with a phone."""
    invitation = office.invite(data.login, actor.person.id)
    if invitation is None:
        raise wrong_field("login", "unknown_person")
    return invitation


@post(
    "/api/devices/{device:str}/confirm",
    opt={"intent": "enrolment.issue"},
    status_code=NO_CONTENT,
    responses=FAULTS,
    sync_to_thread=True,
)
def confirm(
    device: FromPath[str], actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[None]:
    """Let in a device that waits for it; for whoever gave out its code, or an administrator."""
    return _said(admission.confirm(office, device, actor.person))


@post(
    "/api/devices/{device:str}/deny",
    opt={"intent": "enrolment.issue"},
    status_code=NO_CONTENT,
    responses=FAULTS,
    sync_to_thread=True,
)
def deny(
    device: FromPath[str], actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[None]:
    """Turn away a device that waits to be let in: it is revoked, and nothing is taken from it."""
    return _said(admission.deny(office, device, actor.person.id))


def _said(fault: str | None) -> Response[None]:
    if fault is not None:
        raise Problem(fault)
    return Response(None, status_code=NO_CONTENT)


@post(
    "/api/devices/{device:str}/revoke",
    opt={"intent": "enrolment.issue"},
    status_code=NO_CONTENT,
    responses=FAULTS,
    sync_to_thread=True,
)
def revoke(
    device: FromPath[str], actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[None]:
    """Take a device off: it reads nothing any more, and hands in for a while."""
    if not office.revoke(device, actor.person.id):
        raise Problem("not_found")
    return Response(None, status_code=NO_CONTENT)
