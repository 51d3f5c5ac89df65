"""Devices at the door: a code is traded for an identity, a signature for an access token."""

from typing import Any, Final

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from server import enrolment, people, sessions, throttle
from server.enrolment import Let
from server.office import AnyRequest, Invitation, Office, address_of
from server.problems import FAULTS, Problem, throttled, wrong_field
from server.sessions import PUBLIC, Actor
from shared.people import Login
from sync.enrolment import (
    Access,
    Challenge,
    Enrolled,
    Introduction,
    Nonce,
    Owner,
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
    key = ENROLMENTS + address_of(office, request)
    with office.writing() as books:
        wait = throttle.strike(
            books, key, (limits.enrolments_per_address, limits.window_minutes), now
        )
        let: Let | Problem = throttled(wait)
        if not wait:
            shown = enrolment.Shown(code=data.code, public_key=data.public_key)
            let = enrolment.redeem(books, shown, now, limits.enrolment_tries)
        if isinstance(let, Let):
            return _admitted(office, books, let, data, now)
    raise let


def _admitted(office: Office, books: Any, let: Let, told: Introduction, now: int) -> Enrolled:
    person = people.find(books, let.person_id)
    if person is None or person.disabled:
        raise Problem("code_used")
    ledger = office.ledger(books)
    device = let.device or office.fresh_id()
    if let.device is None:
        known = enrolment.Newcomer(
            device=device, name=told.name, app=told.app, public_key=told.public_key
        )
        enrolment.admit(books, person.id, known, now)
        ledger.note_event(office.event("device.enrol", person.id, ("device", device)))
    ring = office.keys.token
    house = House(keys=ring.secrets, key=ring.newest, received=now, nonce="")
    return Enrolled(
        device=device,
        person=Owner(id=person.id, login=person.login, name=person.name, code=person.code),
        server_epoch=ledger.epoch,
        stamp=stamp_for(device, ledger.epoch, house),
        now=now,
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
    with office.writing() as books:
        wait = throttle.strike(books, TOKENS + address, most, now)
        if wait:
            problem = throttled(wait)
        elif data.nonce is None or data.signature is None:
            return Nonce(nonce=enrolment.challenge(books, data.device, address, office.dice, now))
        else:
            problem = enrolment.answered(books, data.device, data.nonce, data.signature, now)
    if problem is not None:
        raise problem
    minutes = limits.device_token_minutes
    given = sessions.device_token(office.keys.session, data.device, office.ends(minutes))
    return Access(token=given, expires_in=minutes * 60)


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
    "/api/devices/{device:str}/revoke",
    opt={"intent": "enrolment.issue"},
    status_code=NO_CONTENT,
    responses=FAULTS,
    sync_to_thread=True,
)
def revoke(
    device: FromPath[str], actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[None]:
    """Let a device in no longer."""
    if not office.revoke(device, actor.person.id):
        raise Problem("not_found")
    return Response(None, status_code=NO_CONTENT)
