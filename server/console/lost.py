"""A lost phone, step by step: revoke, what it held, a new phone, what came in since, and a wipe."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from server import admission, wiping
from server.console import frame
from server.console.addresses import opt
from server.console.forms import Form
from server.console.phones import overhear
from server.console.toasts import Toast
from server.office import AnyRequest, Asked, Office
from server.problems import Problem
from server.queries import parting
from server.queries.fleet import phone
from server.queries.pages import Item
from server.sessions import Actor
from server.wiping import Held
from shared.amounts import LINE_CHARS_MAX
from shared.ids import derive
from shared.kinds import REGISTRY
from shared.ops import Verdict
from shared.people import may
from sync.protocol import WireOp

PATH: Final = "/phones/{device:str}/lost"
READ: Final = "read.devices"
ISSUE: Final = "enrolment.issue"
TAKE_BACK: Final = "device.take_back"
WIPE: Final = "device.wipe"
ALL: Final = "all"
AT_ONCE: Final = 100  # ops that are settled in one transaction
DAY_MS: Final = 24 * 3_600_000


class Wrong(Struct, frozen=True):
    """Why something was not done, and the reason that was typed with it."""

    fault: str = ""
    reason: str = ""


Step = Callable[[Office, str, str], str | None]
STEPS: Final[Mapping[str, Step]] = {
    "close": wiping.close_drain,
    "ask": wiping.ask,
    "confirm": wiping.confirm,
    "cancel": wiping.cancel,
}


@get(PATH, opt=opt(READ), sync_to_thread=True)
def show(
    device: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """Everything about a phone that is gone, and what is to be done next."""
    return _draw(request, office, actor, device, Wrong())


@post(PATH + "/revoke", opt=opt(ISSUE, shows=READ), status_code=200, sync_to_thread=True)
def revoke(
    device: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Take the phone off: it reads nothing any more."""
    if not office.revoke(device, actor.person.id):
        raise Problem("not_found")
    return _on(request, office, device, Toast(code="phone_revoked"))


@post(PATH + "/step", opt=opt(WIPE, shows=READ), status_code=200, sync_to_thread=True)
def step(
    device: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Close the drain; ask for a wipe, confirm it, or take it back."""
    known = STEPS.get(form.text("step"))
    if known is None:
        raise Problem("wrong_request")
    return _done(request, office, actor, device, known(office, device, actor.person.id))


@post(PATH + "/give-up", opt=opt(WIPE, shows=READ), status_code=200, sync_to_thread=True)
def give_up(
    device: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Say how much may be lost; whoever says so types the number of entries and of files."""
    held = Held(ops=form.number("ops"), files=form.number("files"))
    fault = wiping.give_up(office, device, actor.person.id, held)
    return _done(request, office, actor, device, fault)


@post(
    PATH + "/accept",
    opt=opt("op.accept", shows="read.conflicts"),
    status_code=200,
    sync_to_thread=True,
)
def accept(
    device: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Take over what the phone handed in, one entry or all of it, as it came."""

    def args(op: Mapping[str, Any]) -> dict[str, Any]:
        return {"of": op["op_id"], "body_fingerprint": op["fingerprint"]}

    return _settle(request, office, actor, form, (device, "op.accept", args))


@post(
    PATH + "/discard",
    opt=opt("op.discard", shows="read.conflicts"),
    status_code=200,
    sync_to_thread=True,
)
def discard(
    device: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Give up what the phone handed in, one entry or all of it, with a reason."""
    reason = form.text("reason")
    if not reason:
        return frame.refused(_draw(request, office, actor, device, Wrong("no_reason")))

    def args(op: Mapping[str, Any]) -> dict[str, Any]:
        return {"of": op["op_id"], "reason": reason}

    return _settle(request, office, actor, form, (device, "op.discard", args))


@post(PATH + "/take-back", opt=opt(TAKE_BACK, shows=READ), status_code=200, sync_to_thread=True)
def take_back(
    device: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Undo that the phone was revoked; it waits to be let in again, by its digits."""
    reason = form.text("reason")
    if not reason or len(reason) > LINE_CHARS_MAX:
        return frame.refused(_draw(request, office, actor, device, Wrong("back_no_reason")))
    if not form.has("seen"):
        return frame.refused(_draw(request, office, actor, device, Wrong("back_not_seen", reason)))
    fault = admission.take_back(office, device, actor.person, reason)
    if fault == "not_found":
        raise Problem("not_found")
    if fault is not None:
        return frame.refused(_draw(request, office, actor, device, Wrong(fault, reason)))
    return frame.go_with(request, office, Toast(code="phone_taken_back"), f"/phones/{device}")


def _settle(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    form: Form,
    what: tuple[str, str, Callable[[Mapping[str, Any]], dict[str, Any]]],
) -> Response[Any]:
    """Say one act for each entry that waits, in the order in which they were done."""
    device, kind, args = what
    chosen = _chosen(office, form, device)
    if chosen is None:
        return frame.refused(_draw(request, office, actor, device, Wrong("more_came")))
    settled = 0
    for start in range(0, len(chosen), AT_ONCE):
        some = chosen[start : start + AT_ONCE]
        ops = [_said(office, actor, form.op, (kind, op["op_id"], args(op))) for op in some]
        results = office.receive(ops, actor.person.id, office.now_ms())
        settled += sum(one.verdict in (Verdict.APPLIED, Verdict.MERGED) for one in results)
    left = len(chosen) - settled
    code = "lost_settled" if not left else "lost_partly"
    toast = Toast(
        code=code, params={"count": settled, "left": left}, tone="warning" if left else "done"
    )
    return _on(request, office, device, toast)


def _chosen(office: Office, form: Form, device: str) -> list[Item] | None:
    """What a form is about: one entry, or all by that word; a form without says nothing.

    All is what waited when the page was drawn: a thief's phone may hand in more before the click.
    None where more came in that very moment, and nobody can tell which of it was on the page.
    """
    of = form.text("of")
    count, last = form.number("count") or 0, form.number("last") or 0
    with office.reading() as books:
        found = parting.handed_in(books, device, parting.waiting(books, device)[0])
    if of != ALL:
        return [op for op in found if op["op_id"] == of]
    known = [op for op in found if op["received"] <= last]
    return known if len(known) <= count else None


def _said(
    office: Office, actor: Actor, form_op: str, what: tuple[str, str, dict[str, Any]]
) -> WireOp:
    """An act on an entry. The same form sent twice says the same acts."""
    kind, of, args = what
    asked = Asked(
        id=derive(form_op, kind, of), kind=kind, on=("op", of), args=args, v=_version(kind)
    )
    body = office.body(asked, actor.person.id, office.now_ms(), origin="console")
    return WireOp(lseq=0, id=asked.id, body=body)


def _version(kind: str) -> int:
    return REGISTRY.kinds[kind].version


def _done(
    request: AnyRequest, office: Office, actor: Actor, device: str, fault: str | None
) -> Response[Any]:
    if fault is not None:
        return frame.refused(_draw(request, office, actor, device, Wrong(fault)))
    return _on(request, office, device, Toast(code="saved"))


def _on(request: AnyRequest, office: Office, device: str, toast: Toast) -> Response[Any]:
    return frame.go_with(request, office, toast, f"/phones/{device}/lost")


def _draw(
    request: AnyRequest, office: Office, actor: Actor, device: str, wrong: Wrong
) -> Response[str]:
    roles = actor.person.roles
    with office.reading() as books:
        found = phone(books, device)
        if found is None:
            raise Problem("not_found")
        count, last = parting.waiting(books, device)
        context: Item = {
            "one": found,
            "jobs": parting.jobs(books, found["person_id"]),
            "ops": parting.handed_in(books, device) if may(roles, "read.conflicts") else [],
            "count": count,
            "last": last,
            "wipe": parting.wipe(books, device),
        }
    overhear(office, found)
    me = actor.person.id
    context |= {
        "said_already": _has_said(context["wipe"], found, me),
        "fault": wrong.fault,
        "reason": wrong.reason,
        "drain_until": _drain_until(office, found),
        "may_wipe": may(roles, WIPE),
        "may_revoke": may(roles, ISSUE),
        "may_take_back": may(roles, TAKE_BACK),
        "may_mend": may(roles, "op.accept") and may(roles, "read.conflicts"),
        "delay_ms": office.settings.limits.wipe_delay_hours * wiping.HOUR_MS,
        "me": me,
        "line_max": LINE_CHARS_MAX,
        "known_kinds": REGISTRY.kinds.keys(),
    }
    return frame.page(request, office, actor, "lost.html", context)


def _has_said(wipe: Item | None, found: Item, me: str) -> bool:
    """Whether somebody has said already that just what the phone holds now may be lost."""
    if wipe is None or me not in (wipe["given_up_by"], wipe["given_up_with"]):
        return False
    held = (found["unsent"] or 0, found["unsent_files"] or 0)
    return (wipe["ops"], wipe["files"]) == held


def _drain_until(office: Office, found: Mapping[str, Any]) -> int | None:
    """Until when (ms) a revoked phone may still hand in; None if it may not any more."""
    if found["revoked_at"] is None or found["drain_closed_at"] is not None:
        return None
    until: int = found["revoked_at"] + office.settings.limits.drain_days * DAY_MS
    return until if office.now_ms() < until else None


ROUTES: Final = [show, revoke, step, give_up, accept, discard, take_back]
