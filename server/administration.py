"""Running the server by command: a new folder, people, enrolment codes, the audit log."""

import base64
import datetime
import hashlib
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from server import (
    admission,
    app,
    auditor,
    copies,
    database,
    keys,
    people,
    presets,
    printing,
    replays,
    rescue,
    rounds,
    settings,
)
from server.auditor import Report
from server.demo import ZONE, DemoOp, company
from server.evidence import NoRoom, Unreachable
from server.office import Asked, Office
from server.queries import fleet
from server.queries.papers import order_of
from server.settings import FILE, Settings
from shared.errors import Refused, refuse_state, refuse_value
from shared.ops import SYSTEM
from shared.papers.gathering import Asked as Paper, Printed
from shared.people import Person, may
from shared.policy import PRESETS
from shared.rescue import Unfit
from sync.protocol import WireOp

KEY_BYTES: Final = 32
DEMO_SEED: Final = 20_26
DEMO_PASSWORD: Final = "fieldfare-demo-1"  # noqa: S105  of nobody real, on loopback only
DEMO_BEGINS: Final = 9 * 60  # minutes after midnight
OPS_AT_ONCE: Final = 500
ADMIN_LOGIN: Final = "admin"
DEMO_SETTINGS: Final = {
    "demo": True,
    "organisation": "Fieldfare demo",
    "time_zone": "Asia/Shanghai",
    "currency": "CNY",
}


@contextmanager
def opened(chosen: Settings) -> Iterator[Office]:
    """The office of a data folder, closed at the end."""
    office = app.open_office(chosen)
    try:
        yield office
    finally:
        office.close()


def init(
    folder: Path, *, demo: str | None, language: str, books: str = "", policy: str | None = None
) -> dict[str, Any] | Refused:
    """Make a new data folder; with the demo company as of a day (`2026-11-21`), if one is given.

    `books` is the URL of an empty PostgreSQL database that holds the books instead of a file.
    `policy` is the preset that is in force from today; without one somebody chooses later.
    Returns the administrator's login with a one-time password, and the demo company's logins.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        return refuse_value("folder_not_empty", "data", folder=str(folder))
    if books and not copies.is_free(books):
        return refuse_state("database_not_empty")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = {"database": books} if books else {}
    told = {"language": language, **place, **(DEMO_SETTINGS if demo else {})}
    lines = "".join(
        f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in told.items()
    )
    (folder / FILE).touch(0o600)  # the URL of a database has a password in it
    (folder / FILE).write_text(lines, encoding="utf-8")
    with opened(settings.load({"data": folder})) as office:
        _rules(office, policy, demo)
        loaded = load_demo(office, demo) if demo else []
        admin = _admin(office, loaded)
        notarise(office)
    return {
        "admin": admin,
        "demo_logins": [one for one in loaded if one["login"] != admin["login"]],
    }


def _rules(office: Office, policy: str | None, demo: str | None) -> None:
    """The policies to choose from. The demo company has worked by one all the year."""
    since = f"{demo[:4]}-01-01" if demo else ""
    chosen = policy or (PRESETS[0] if demo else None)
    presets.publish(office, office.seal().holder, chosen=chosen, since=since)


def _admin(office: Office, loaded: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The administrator: the demo company's own, or a new one."""
    known = next((one for one in loaded if "administrator" in one["roles"]), None)
    if known is not None:
        return new_password(office, str(known["login"]))
    added = add_person(office, {"login": ADMIN_LOGIN, "name": "Admin", "roles": ["administrator"]})
    assert not isinstance(added, Refused), added
    return added


def load_demo(office: Office, day: str) -> list[dict[str, Any]]:
    """Give an empty office the demo company as of a day; returns who can sign in.

    Where that is today, it is as of now.
    """
    now = office.now_ms()
    told = {"until": minute(now)} if day == today(now) else {}
    staff = company(day, DEMO_SEED, f"{office.settings.public_url}/verify", **told)
    field = {login.person_id for login in staff.logins if "technician" in login.roles}
    disputed = {one.id for one in staff.disputes}
    for batch in _batches([*staff.ops, *staff.field, *staff.after, *staff.disputes]):
        ops = [_said(office, one, desk=one.by not in {SYSTEM, *field}) for one in batch]
        for result in office.receive(ops, None, office.now_ms()):
            known = result.verdict == "merged"  # the words that every company begins with
            assert result.verdict == "applied" or known or result.id in disputed, result
    secret = people.hashed(DEMO_PASSWORD)
    with office.writing() as books:
        for login in staff.logins:
            people.keep_password(books, login.person_id, secret, office.now_ms(), must_change=False)
    return [
        {
            "login": one.login,
            "name": one.name,
            "roles": list(one.roles),
            "password": DEMO_PASSWORD,
        }
        for one in staff.logins
    ]


def _batches(ops: Sequence[DemoOp]) -> Iterator[Sequence[DemoOp]]:
    for start in range(0, len(ops), OPS_AT_ONCE):
        yield ops[start : start + OPS_AT_ONCE]


def _said(office: Office, one: DemoOp, *, desk: bool) -> WireOp:
    """What a desk says, it says at the console; no phone of the field has ever been here."""
    asked = Asked(id=one.id, kind=one.kind, on=one.on, args=one.args, visit=one.visit)
    return WireOp(
        lseq=0,
        id=one.id,
        body=office.body(asked, one.by, one.at, origin="console" if desk else "api"),
    )


def add_person(office: Office, row: dict[str, Any]) -> dict[str, Any] | Refused:
    """Somebody new, with a password for the first sign-in."""
    with office.reading() as books:
        if people.find_by_login(books, row["login"]) is not None:
            return refuse_state("person_exists", login=row["login"])
    return _put_person(office, office.fresh_id(), row) or new_password(office, row["login"])


def new_password(office: Office, login: str) -> dict[str, Any]:
    """A one-time password for somebody who is known; sign-ins with the old one end."""
    secret = office.reset_password(login, SYSTEM)
    assert secret is not None
    return {"login": login, "one_time_password": secret}


def disable_person(office: Office, login: str) -> dict[str, Any] | Refused:
    """Somebody leaves: no more sign-ins; what is still on the phone may be handed in."""
    known = find(office, login)
    if isinstance(known, Refused):
        return known
    if _is_last_administrator(office, known):
        return refuse_state("last_administrator", login=login)
    row = msgspec.to_builtins(known)
    kept = {name: value for name, value in row.items() if name not in ("id", "version")}
    refused = _put_person(office, known.id, {**kept, "disabled": True})
    return refused or {"login": login, "disabled": True}


def _is_last_administrator(office: Office, known: Person) -> bool:
    with office.reading() as books:
        left = [one for one in people.everybody(books) if not one.disabled]
    others = [one for one in left if one.id != known.id and may(one.roles, "people.manage")]
    return may(known.roles, "people.manage") and others == []


def person(office: Office, what: str, row: dict[str, Any]) -> dict[str, Any] | Refused:
    """List, add or disable people, or give somebody a new password."""
    if what == "list":
        return persons(office)
    if what == "add":
        return add_person(office, row)
    known = find(office, row["login"])
    if isinstance(known, Refused):
        return known
    change = disable_person if what == "disable" else new_password
    return change(office, row["login"])


def find(office: Office, login: str) -> Person | Refused:
    """Somebody by login."""
    with office.reading() as books:
        known = people.find_by_login(books, login)
    return (
        known.person if known is not None else refuse_value("person_unknown", "login", login=login)
    )


def persons(office: Office) -> dict[str, Any]:
    """Everybody, by login."""
    with office.reading() as books:
        found = people.everybody(books)
    return {
        "items": [
            {
                "login": one.login,
                "name": one.name,
                "roles": list(one.roles),
                "disabled": one.disabled,
            }
            for one in found
        ]
    }


def _put_person(office: Office, identity: str, row: dict[str, Any]) -> Refused | None:
    now = office.now_ms()
    asked = Asked(
        id=office.fresh_id(), kind="master.put", on=("person", identity), args={"row": row}
    )
    op = WireOp(lseq=0, id=asked.id, body=office.body(asked, SYSTEM, now))
    (result,) = office.receive([op], None, now)
    if result.verdict == "applied":
        return None
    return Refused(
        code=result.code or "wrong_value",
        grounds="value",
        field=result.detail.get("field"),
        params=result.detail.get("params", {}),
    )


def enrol_code(office: Office, login: str) -> dict[str, Any] | Refused:
    """A one-time code that lets one phone of somebody in."""
    invitation = office.invite(login, SYSTEM)
    if invitation is None:
        return refuse_value("person_unknown", "person", login=login)
    return {"text": invitation.text, "code": invitation.code, "expires_at": invitation.expires_at}


def phone(office: Office, what: str, device: str, digits: str) -> dict[str, Any] | Refused:
    """The phones that wait to be let in; or one of them let in or turned away, by the digits that
    it shows, where they are given.
    """
    if what == "list":
        with office.reading() as books:
            found = fleet.unconfirmed(books)
        return {"items": [_waiting(office, one) for one in found]}
    if digits and digits.split() != admission.digits_of(office, device).split():
        return refuse_value("digits_differ", "digits")
    known = what == "confirm"
    fault = (
        admission.confirm(office, device, None) if known else admission.deny(office, device, SYSTEM)
    )
    if fault is not None:
        return refuse_value(fault, "device")
    return {"device": device, "confirmed": known}


def _waiting(office: Office, one: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "person", "login", "name", "app", "address", "created_at", "issuer")
    shown = {name: one[name] for name in names}
    return {**shown, "digits": admission.digits_of(office, one["id"])}


def report(office: Office, asked: Namespace) -> Printed | Refused:
    """The report of a job; `asked` is what the command was given."""
    with office.reading() as books:
        order = order_of(books, asked.wo)
    if order is None:
        return refuse_value("unknown_subject", "wo", value=asked.wo)
    paper = Paper(order=order, size=asked.paper, language=asked.language, now_ms=office.now_ms())
    return printing.printed(office, paper)


def rescued(office: Office, file: Path, *, only_check: bool) -> Any:
    """Take a rescue file in, or say what that would come to; what was told, or a refusal."""
    try:
        source = file.open("rb")
    except OSError:
        return refuse_value("rescue_not_read", "file", file=str(file))
    with source:
        try:
            if only_check:
                return rescue.rehearse(office, source)
            return rescue.take_in(office, source, SYSTEM)
        except Unfit as unfit:
            return refuse_value(unfit.code, "file")
        except NoRoom:
            return refuse_state("no_room")
        except (database.Busy, Unreachable):
            return refuse_state("busy")


def judged_again(office: Office) -> dict[str, Any] | Refused:
    """Judge again what an older release could not; how many got which verdict, or a refusal."""
    way = replays.Round(holder=office.seal().holder, asked=True)
    try:
        while not way.over:
            if not replays.judge_some(office, way) and not way.over:
                return refuse_state("busy")  # a server that has just been started is at it
    except database.Busy:
        return refuse_state("busy")
    return {"app": office.release.app, "judged_again": dict(way.told)}


def intake_key(office: Office) -> dict[str, str]:
    """A key for another system, and the digest that the settings name it by. It is told once."""
    key = base64.urlsafe_b64encode(office.dice(KEY_BYTES)).decode().rstrip("=")
    return {"key": key, "intake_keys": hashlib.sha256(key.encode()).hexdigest()}


def notarise(office: Office) -> None:
    """Number the leaves that wait and sign the head, without a server running."""
    rounds.notarise(office, office.seal())


def audit(chosen: Settings) -> Report:
    """Check the whole audit log of a database, also of a copy, without writing anything.

    With the keys of this server where they are at hand, else with those kept beside the log.
    Raises `server.settings.Unfit` and `server.keys.Exposed`.
    """
    with _read(chosen) as books:
        return auditor.verify(books, keys.publics_in(chosen.keys) or auditor.kept_keys(books))


def exported(chosen: Settings) -> dict[str, Any]:
    """Every leaf and every signed head, for somebody else to check. Raises as `audit` does."""
    with _read(chosen) as books:
        return auditor.exported(books)


@contextmanager
def _read(chosen: Settings) -> Iterator[Any]:
    """The books as they are, by whatever server they were written."""
    engine = database.open_engine(chosen.books, reads_only=True)
    try:
        with database.reading(engine) as books:
            if not database.has_table(books, "tree_head"):
                raise settings.Unfit("this is no Fieldfare database")
            yield books
    except database.Busy as busy:
        raise settings.Unfit(f"there is no Fieldfare database to read: {busy}") from busy
    finally:
        engine.dispose()


def today(now_ms: int) -> str:
    """The day it is in the demo company's zone."""
    return _there(now_ms).date().isoformat()


def minute(now_ms: int) -> int:
    """How far that day has come there, in minutes after midnight; it begins when people work."""
    there = _there(now_ms)
    return max(there.hour * 60 + there.minute + 1, DEMO_BEGINS)


def _there(now_ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(now_ms / 1000, ZONE)
