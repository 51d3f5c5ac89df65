"""The audit log: looking for entries, the proof of one, and a check of the whole."""

import threading
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import auditor, queries
from server.console import frame
from server.console.addresses import After, Query, following, listing, opt
from server.discretion import discreet_text
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import Problem, wrong_parameter
from server.queries import audit
from server.queries.audit import Sieve
from server.sessions import Actor
from shared.ids import is_id
from shared.kinds import REGISTRY

PATH: Final = "/audit"
PAGE: Final = 50
FILTERS: Final = ("person", "thing", "kind", "since", "until")
READ: Final = "read.audit"
EVENTS: Final = (
    "backup.restore",
    "backup.verify",
    "device.branched",
    "device.confirm",
    "device.damage",
    "device.deny",
    "device.distrust",
    "device.enrol",
    "device.fork",
    "device.gap",
    "device.revoke",
    "device.take_back",
    "device.tear",
    "device.unlinked",
    "drain.close",
    "enrolment.issue",
    "epoch.begin",
    "link.take_back",
    "op.judge_again",
    "evidence.read",
    "papers.read",
    "password.change",
    "password.reset",
    "phone.reveal",
    "rescue.take",
    "wipe.ask",
    "wipe.cancel",
    "wipe.confirm",
    "wipe.done",
    "wipe.give_up",
    "wipe.send",
)

_one_check = threading.Lock()  # a check reads everything: one at a time is plenty


@get("/audit", opt=opt(READ, *FILTERS), sync_to_thread=True)
def show(  # noqa: PLR0913 - a list's filters are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    person: Query = "",
    thing: Query = "",
    kind: Query = "",
    since: Query = "",
    until: Query = "",
    after: After = None,
) -> Response[str]:
    """Entries, newest first."""
    chosen = {"person": person, "thing": thing.strip(), "kind": kind}
    chosen |= {"since": since, "until": until}
    return _page(request, office, actor, chosen, {"after": after})


@get("/audit/{op:str}", opt=opt(READ), sync_to_thread=True)
def one(
    op: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """One entry with its proof, checked here and now."""
    with office.reading() as books:
        found = audit.entry(books, op)
        proof = queries.proof(books, op)
        publics = {key: signer.public_key() for key, signer in office.keys.notary.items()}
        (finding,) = auditor.examine(books, publics, [op]) if found else (None,)
    if found is None:
        raise Problem("not_found")
    beside = {**found, "proof": proof, "finding": finding, "data": _laid_out(found["data"])}
    beside["body"] = _laid_out(discreet_text(found["body"], actor.person.roles))
    return _page(request, office, actor, dict.fromkeys(FILTERS, ""), {"beside": beside})


@post("/audit/verify", opt=opt(READ), status_code=200, sync_to_thread=True)
def verify(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """Check the whole log: every leaf, the tree, every signed head, and what the rows say."""
    if not _one_check.acquire(blocking=False):
        raise Problem("busy")
    try:
        publics = {key: signer.public_key() for key, signer in office.keys.notary.items()}
        with office.reading() as books:
            report = auditor.verify(books, publics)
    finally:
        _one_check.release()
    return _page(request, office, actor, dict.fromkeys(FILTERS, ""), {"report": report})


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    chosen: Mapping[str, str],
    given: Mapping[str, Any],
) -> Response[str]:
    speech = frame.speech_of(request, office)
    sieve = _sieve(office, chosen)
    after = given.get("after")
    with office.reading() as books:
        listed = audit.entries(books, by_number(after, PAGE), sieve)
        authors = audit.authors(books)
        state = audit.log_state(books)
    for item in listed.items:
        item["reason"] = speech.why(item["code"], item["detail"]) if item["code"] else None
    context = {
        **{f"by_{name}": value for name, value in chosen.items()},
        "entries": listed.items,
        "authors": [(login, f"{name} · {login}") for login, name in authors],
        "kinds": _kinds(speech),
        "state": state,
        "next": following(PATH, chosen, listed),
        "first": listing(PATH, chosen) if after else None,
        "filtered": any(chosen.values()),
        "report": given.get("report"),
        "beside": given.get("beside"),
    }
    return frame.page(request, office, actor, "audit.html", context)


def _kinds(speech: Any) -> list[tuple[str, str]]:
    told = [(kind, speech.text("buttons", kind)) for kind in REGISTRY.kinds]
    events = [(kind, speech.text("console.events", kind)) for kind in EVENTS]
    return [*sorted(told, key=lambda one: one[1]), *events]


def _sieve(office: Office, chosen: Mapping[str, str]) -> Sieve:
    thing = chosen["thing"]
    until = _midnight(office, "until", chosen["until"])
    return Sieve(
        person=chosen["person"],
        thing=thing.lower() if is_id(thing.lower()) else thing,
        kind=chosen["kind"],
        since=_midnight(office, "since", chosen["since"]),
        until=None if until is None else until + int(timedelta(days=1).total_seconds()) * 1000,
    )


def _midnight(office: Office, name: str, day: str) -> int | None:
    """When a day (2026-11-23) begins in the organisation's zone, in ms."""
    if not day:
        return None
    try:
        begins = datetime.combine(date.fromisoformat(day), time(), office.settings.zone)
        return int(begins.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise wrong_parameter(name) from None


def _laid_out(text: str | None) -> str | None:
    """JSON for reading; anything else as it is."""
    if text is None:
        return None
    try:
        return msgspec.json.format(text, indent=1)
    except msgspec.DecodeError:
        return text


ROUTES: Final = [show, one, verify]
