"""Running the server by command: a new folder, people, enrolment codes, the audit log."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from server import app, auditor, database, enrolment, keys, people, sessions, settings
from server.api import Office
from server.auditor import Report
from server.demo import DemoOp, company
from server.notary import Seal
from server.settings import FILE, Settings
from shared.clock import At
from shared.errors import Refused, refuse_state, refuse_value
from shared.kinds import REGISTRY
from shared.ops import SYSTEM, Op, encode
from shared.people import Person, may
from sync.desk import Parcel
from sync.enrolment import invitation_text
from sync.intake import receive
from sync.protocol import Result, WireOp

DEMO_SEED: Final = 20_26
DEMO_PASSWORD: Final = "fieldfare-demo-1"  # noqa: S105  of nobody real, on loopback only
OPS_AT_ONCE: Final = 500
SALT_BYTES: Final = 16
HOLDER_BYTES: Final = 8
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


def init(folder: Path, *, demo: str | None, language: str) -> dict[str, Any] | Refused:
    """Make a new data folder; with the demo company as of a day (`2026-11-21`), if one is given.

    Returns the administrator's login with a one-time password, and the demo company's logins.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        return refuse_value("folder_not_empty", "data", folder=str(folder))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = {"language": language, **(DEMO_SETTINGS if demo else {})}
    lines = "".join(
        f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in told.items()
    )
    (folder / FILE).write_text(lines, encoding="utf-8")
    with opened(settings.load({"data": folder})) as office:
        loaded = _load_demo(office, demo) if demo else []
        admin = _admin(office, loaded)
        notarise(office)
    return {
        "admin": admin,
        "demo_logins": [one for one in loaded if one["login"] != admin["login"]],
    }


def _admin(office: Office, loaded: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The administrator: the demo company's own, or a new one."""
    known = next((one for one in loaded if "administrator" in one["roles"]), None)
    if known is not None:
        return new_password(office, str(known["login"]))
    added = add_person(office, {"login": ADMIN_LOGIN, "name": "Admin", "roles": ["administrator"]})
    assert not isinstance(added, Refused), added
    return added


def _load_demo(office: Office, day: str) -> list[dict[str, Any]]:
    staff = company(day, DEMO_SEED)
    for batch in _batches([*staff.ops, *staff.field]):
        for result in _receive(office, [_said(office, one) for one in batch]):
            assert result.verdict == "applied", result
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


def _said(office: Office, one: DemoOp) -> WireOp:
    """An op of the demo company, as the office would have written it down."""
    op = Op(
        id=one.id,
        kind=one.kind,
        v=REGISTRY.kinds[one.kind].version,
        on=one.on,
        by=one.by,
        origin="api",
        at=At(wall=one.at, boot="server", mono=one.at, src="server"),
        salt=office.dice(SALT_BYTES).hex(),
        args=msgspec.Raw(msgspec.json.encode(one.args)),
        visit=one.visit,
    )
    return WireOp(lseq=0, id=one.id, body=encode(op))


def _receive(office: Office, ops: Sequence[WireOp]) -> list[Result]:
    parcel = Parcel(ops=ops, origins=frozenset({"api"}), person=None, received=office.now_ms())
    with office.writing() as books:
        return receive(office.ledger(books), parcel)


def add_person(office: Office, row: dict[str, Any]) -> dict[str, Any] | Refused:
    """Somebody new, with a password for the first sign-in."""
    with office.reading() as books:
        if people.find_by_login(books, row["login"]) is not None:
            return refuse_state("person_exists", login=row["login"])
    return _put_person(office, office.fresh_id(), row) or new_password(office, row["login"])


def new_password(office: Office, login: str) -> dict[str, Any]:
    """A one-time password for somebody who is known; sign-ins with the old one end."""
    secret = people.one_time_password(office.dice)
    hashed = people.hashed(secret)
    with office.writing() as books:
        known = people.find_by_login(books, login)
        assert known is not None
        person = known.person.id
        people.keep_password(books, person, hashed, office.now_ms(), must_change=True)
        sessions.close_all(books, person)
        event = office.event("password.reset", SYSTEM, ("person", person))
        office.ledger(books).note_event(event)
    return {"login": login, "one_time_password": secret}


def disable_person(office: Office, login: str) -> dict[str, Any] | Refused:
    """Somebody leaves: no more sign-ins; what is still on the phone may be handed in."""
    known = find(office, login)
    if isinstance(known, Refused):
        return known
    row = msgspec.to_builtins(known)
    kept = {name: value for name, value in row.items() if name not in ("id", "version")}
    refused = _put_person(office, known.id, {**kept, "disabled": True})
    return refused or {"login": login, "disabled": True}


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
    said = DemoOp(
        id=office.fresh_id(),
        kind="master.put",
        on=("person", identity),
        args={"row": row},
        by=SYSTEM,
        at=now,
    )
    result = _receive(office, [_said(office, said)])[0]
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
    known = find(office, login)
    if isinstance(known, Refused):
        return known
    if known.disabled or not may(known.roles, "sync"):
        return refuse_value("person_unknown", "person", login=login)
    ends = office.ends(office.settings.limits.enrolment_minutes)
    with office.writing() as books:
        code = enrolment.issue(books, (known.id, SYSTEM), office.dice, (office.now_ms(), ends))
        event = office.event("enrolment.issue", SYSTEM, ("person", known.id))
        office.ledger(books).note_event(event)
    text = invitation_text(office.settings.public_url, code, office.pin)
    return {"text": text, "code": code, "expires_at": ends}


def notarise(office: Office) -> None:
    """Number the leaves that wait and sign the head, without a server running."""
    ours = office.keys
    holder = office.dice(HOLDER_BYTES).hex()
    app.notarise(office, Seal(signer=ours.signer, key=ours.notary_key, holder=holder))


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
    engine = database.open_engine(chosen.database_url, reads_only=True)
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
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return datetime.datetime.fromtimestamp(now_ms / 1000, zone).date().isoformat()
