"""Enrolment: a one-time code becomes an installation with a key, an identity and a database."""

import unicodedata
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from msgspec import Struct, structs

from mobile import database
from mobile.device import INCARNATION_BYTES, Dice, Installation, install
from mobile.keys import DeviceKey, adopt_key
from mobile.queries import Queries
from mobile.wire import is_loopback
from sync.enrolment import Enrolled, Introduction, Invitation, check_digits, read_invitation
from sync.ports import Identity
from sync.prints import Care

THUMBPRINT_BYTES: Final = 32


class Unfit(Exception):
    """An enrolment text that cannot be used; the message says why, and `code` names it."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class WorkWaiting(Exception):
    """Somebody else's work in this folder is not settled with the office yet."""

    def __init__(self, whose: "Outbox") -> None:
        super().__init__(f"{whose.waiting} of {whose.name}")
        self.whose = whose


class Outbox(Struct, frozen=True, kw_only=True):
    """How much of one person's work in a folder waits for its final verdict."""

    person: str
    name: str
    waiting: int


class Registrar(Protocol):
    """Who answers an enrolment: the wire."""

    def enrol(self, told: Introduction) -> Enrolled:
        """Trade a one-time code and a public key for an installation's identity."""


class Newcomer(Struct, frozen=True, kw_only=True):
    """The installation that asks: its folder, its own name, its app's name, its next key."""

    folder: Path
    name: str
    app: str
    key: DeviceKey


def read(text: str, *, server: str | None = None, insecure: bool = False) -> Invitation:
    """The invitation in an enrolment text, or in a bare code and a server. Raises `Unfit`."""
    found = read_invitation(text) or Invitation(server="", code=_typed(text))
    return _checked(structs.replace(found, server=server or found.server), insecure=insecure)


def _checked(invitation: Invitation, *, insecure: bool) -> Invitation:
    address = urlsplit(invitation.server)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise Unfit("the enrolment text names no server, and none was given", "no_server")
    if address.scheme == "http" and not (insecure or is_loopback(invitation.server)):
        raise Unfit("the server must be reached by https", "no_https")
    if not invitation.code or any(sign.isspace() for sign in invitation.code):
        raise Unfit("the enrolment text holds no code", "no_code")
    if invitation.key is not None and not _is_thumbprint(invitation.key):
        raise Unfit("the server's key in the enrolment text is not complete", "key_cut")
    return invitation


def stay(invitation: Invitation, known: Installation) -> None:
    """Raises `Unfit` where an invitation leads away from the server an installation belongs to.

    Whoever does not know the PIN must not get to what is on this phone by a server of their own:
    it could say that it is the same person's.
    """
    moved = invitation.server.rstrip("/") != known.server
    if moved or invitation.key not in (None, known.key):
        raise Unfit("behind the lock only this phone's own server is asked", "other_server")


def _typed(code: str) -> str:
    """A code as somebody typed it: in wide letters, or with a space where the dash is."""
    return "-".join(unicodedata.normalize("NFKC", code).split())


def _is_thumbprint(text: str) -> bool:
    try:
        return len(urlsafe_b64decode(text + "=" * (-len(text) % 4))) == THUMBPRINT_BYTES
    except ValueError:
        return False


def enrol(
    invitation: Invitation, newcomer: Newcomer, registrar: Registrar, dice: Dice
) -> Installation:
    """Ask the server, then make the person's database and write down whose installation this is.

    The database comes first: a folder with `device.json` in it is always complete. Somebody who
    enrols again on the same installation keeps the outbox. Raises `WorkWaiting` and changes nothing
    while anybody else has work here, before the code is spent where the invitation says for whom
    it is; else the same code is good here again, as it is for a lost answer.
    """
    outboxes = _outboxes(newcomer.folder)
    if invitation.person is not None:
        _make_way(outboxes, invitation.person)
    answer = registrar.enrol(
        Introduction(
            code=invitation.code,
            public_key=newcomer.key.public(),
            name=newcomer.name,
            app=newcomer.app,
        )
    )
    _make_way(outboxes, answer.person.id)
    known = Installation(
        server=invitation.server.rstrip("/"),
        device=answer.device,
        person=answer.person.id,
        login=answer.person.login,
        name=answer.person.name,
        code=answer.person.code,
        key=invitation.key,
        rescue=answer.rescue,
        digits=check_digits(newcomer.key.public()) if answer.unconfirmed else "",
    )
    with database.opened(database.path_of(newcomer.folder, known.person)) as connection:
        fresh = Identity(
            device=known.device,
            person=known.person,
            incarnation=dice(INCARNATION_BYTES).hex(),
            stamp=answer.stamp,
            care=Care(head_keys=answer.head_keys),
            unconfirmed=answer.unconfirmed,
        )
        _settle_in(connection, fresh)
    adopt_key(newcomer.folder)
    install(newcomer.folder, known)
    return known


def _outboxes(folder: Path) -> list[Outbox]:
    """What waits in the databases of a folder."""
    return [_outbox(path) for path in sorted(folder.glob("*.db"))]


def _outbox(path: Path) -> Outbox:
    with database.opened(path) as connection:
        if database.identity(connection) is None:
            return Outbox(person=path.stem, name="", waiting=0)
        known = Queries(connection).condition(free_bytes=0)
    return Outbox(person=path.stem, name=known.name, waiting=known.pending)


def _make_way(outboxes: list[Outbox], person: str) -> None:
    for one in outboxes:
        if one.person != person and one.waiting:
            raise WorkWaiting(one)


def _settle_in(connection: database.Connection, fresh: Identity) -> None:
    with database.writing(connection):
        before = database.identity(connection)
        if before is not None:
            # The server will find that this incarnation was another device's, and call it a fork.
            told = {name: getattr(fresh, name) for name in ("device", "stamp", "unconfirmed")}
            keys = fresh.care.head_keys
            care = structs.replace(before.care, head_keys=keys, head_fault="")
            fresh = structs.replace(before, **told, revoked=False, wipe=None, care=care)
        database.identify(connection, fresh)
