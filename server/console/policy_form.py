"""The form for the next version of a policy: what it changes is shown before it is published."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.console import frame, policies as pages, promises, saying
from server.console.addresses import Query, opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.queries import policies
from server.sessions import Actor
from shared import typed
from shared.amounts import is_real
from shared.limits import VALUES
from shared.people import ROLES
from shared.policy import EVENTS, FACTS, NODES, Limit, PauseReason, ServicePolicy

MAKE: Final = "policy.publish"
UNITS: Final = ("min", "h", "day", "working_day")
CALENDARS: Final = ("always", "working")
STANDING: Final[tuple[str, ...]] = get_args(PauseReason)
NEW_ROWS: Final = 2
DIGITS: Final = 6
WARN_MAX: Final = 99
FOUND: Final = {"amount": "warn_amount", "warn": "warn_share"}
# The facts that a new limit can be bound to by a click; others are the company's own words.
BOUND: Final = tuple(fact for fact in FACTS if fact in VALUES)
LINES: Final = ("en", "zh", "about_en", "about_zh")
Texts = dict[str, str]


@get("/policies/{name:str}/next", opt=opt(MAKE, "number"), sync_to_thread=True)
def blank(
    name: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    number: Query = "",
) -> Response[str]:
    """The form, as the version it follows."""
    with office.reading() as books:
        found = policies.versions_of(books, name)
    before = pages.version_of(found, number)
    return _form(request, office, actor, (before, found[0].number), {})


@post("/policies/{name:str}/next", opt=opt(MAKE), status_code=200, sync_to_thread=True)
def make(
    name: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Look at what it changes, then publish it; open tickets keep the version they have."""
    with office.reading() as books:
        found = policies.versions_of(books, name)
    before = pages.version_of(found, form.text("of"))
    told = {field: " ".join(values).strip() for field, values in form.fields.items()}
    known = (before, form.number("after") or 0)
    speech = frame.speech_of(request, office)
    draft, wrong = _draft(speech, before, told, pages.today_of(office))
    if wrong or draft is None:
        return frame.refused(_form(request, office, actor, known, told, wrong=wrong))
    if form.text("then") != "publish" or form.text("looked") != _print(draft):
        return _form(request, office, actor, known, told, draft=draft)
    args = {
        **{field: getattr(draft, field) for field in (*LINES, "name", "valid_from", "trade")},
        **{field: msgspec.to_builtins(getattr(draft, field)) for field in NESTED},
        "after": known[1],
    }
    act = Act(kind=MAKE, on=("service_policy", ""), args=args)
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_form(request, office, actor, known, told, draft=draft, said=said))
    return saying.go(request, office, said, f"{pages.PATH}/{name}")


NESTED: Final = ("limits", "targets", "duties")


def _print(draft: ServicePolicy) -> str:
    """What tells one draft from another: what was not looked at as it is, is not published."""
    told = [draft.valid_from, *(getattr(draft, field) for field in (*LINES, *NESTED))]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _draft(
    s: Speech, before: ServicePolicy, told: Mapping[str, str], today: str
) -> tuple[ServicePolicy | None, Texts]:
    """The version as the form has it, and what is wrong with it, by the names of its fields."""
    wrong: Texts = {}
    begins = told.get("valid_from", "")
    if not is_real(begins):
        wrong["valid_from"] = s.text("console.refusals", "no_day")
    elif begins < today:
        wrong["valid_from"] = s.text("console.refusals", "day_is_past")
    for field in ("en", "zh"):
        if not told.get(field):
            wrong[field] = s.text("console.refusals", "left_empty")
    limits = [*_kept(s, before, told, wrong), *_added(s, before, told, wrong)]
    if wrong:
        return None, wrong
    words = {field: told.get(field, "") for field in LINES}
    told_of = {"valid_from": begins, "limits": tuple(limits), "further": (), **words}
    return msgspec.structs.replace(before, **told_of), wrong


def _kept(s: Speech, before: ServicePolicy, told: Mapping[str, str], wrong: Texts) -> list[Limit]:
    """The limits of the version before, changed where the form says so, but for those that end."""
    found = []
    for place, limit in enumerate(before.every):
        if told.get(f"x_{place}"):
            continue
        changes = _numbers(s, told, place, wrong)
        for field, known in (("unit", UNITS), ("calendar", CALENDARS), ("role", ("", *ROLES))):
            value = told.get(f"{field}_{place}")
            if value in known:
                changes[field] = value
        if changes.get("amount", 0) is None and limit.amount is not None and limit.agreed != "must":
            wrong.setdefault(f"amount_{place}", s.text("console.refusals", "warn_amount"))
        found.append(msgspec.structs.replace(limit, **_by_unit(changes)))
    return found


def _numbers(s: Speech, told: Mapping[str, str], place: int | str, wrong: Texts) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for field, code in FOUND.items():
        name = f"{field}_{place}"
        if name not in told:
            continue
        number = typed.whole(told[name], DIGITS) if told[name] else None
        if told[name] and (not number or (field == "warn" and number > WARN_MAX)):
            wrong[name] = s.text("console.refusals", code)
        if number is not None or field == "amount":
            changes[field] = number
    return changes


def _by_unit(changes: dict[str, Any]) -> dict[str, Any]:
    """Days count by the calendar that their unit names."""
    by_day = {"day": "always", "working_day": "working"}.get(changes.get("unit", ""))
    return {**changes, "calendar": by_day} if by_day else changes


def _added(s: Speech, before: ServicePolicy, told: Mapping[str, str], wrong: Texts) -> list[Limit]:
    """The limits that are new in this version."""
    taken, found = {one.id for one in before.every}, []
    for place in (f"n{row}" for row in range(NEW_ROWS)):
        node = told.get(f"node_{place}", "")
        if not node and not told.get(f"amount_{place}"):
            continue
        numbers = _numbers(s, told, place, wrong)
        start, stop = told.get(f"start_{place}", ""), told.get(f"stop_{place}", "")
        faults = {
            "node": node not in NODES and "left_empty",
            "start": start not in EVENTS and "left_empty",
            "stop": (stop not in EVENTS and "left_empty") or (stop == start and "same_event"),
            "amount": not numbers.get("amount") and "warn_amount",
        }
        for field, code in faults.items():
            if code:
                wrong.setdefault(f"{field}_{place}", s.text("console.refusals", code))
        if any(faults.values()):
            continue
        name = next(
            one
            for one in (f"{node}_{count}" if count else node for count in range(len(taken) + 1))
            if one not in taken
        )
        taken.add(name)
        given = {field: told[f"{field}_{place}"] for field in ("unit", "calendar", "role")}
        told_of = {
            "pauses": [one for one in STANDING if told.get(f"pause_{one}_{place}")],
            "when": {one: [told[f"{one}_{place}"]] for one in BOUND if told.get(f"{one}_{place}")},
        }
        limit = {"id": name, "node": node, "start": start, "stop": stop, **told_of}
        found.append(msgspec.convert({**limit, **_by_unit({**numbers, **given})}, Limit))
    return found


def _form(  # noqa: PLR0913  a form as it was typed, what it comes to, and why it was refused
    request: AnyRequest,
    office: Office,
    actor: Actor,
    known: tuple[ServicePolicy, int],
    told: Mapping[str, str],
    *,
    wrong: Texts | None = None,
    draft: ServicePolicy | None = None,
    said: Said | None = None,
) -> Response[str]:
    s, (before, after) = frame.speech_of(request, office), known
    usual = {
        **{field: getattr(before, field) for field in LINES},
        "valid_from": pages.days_on(pages.today_of(office), 1),
    }
    if draft is not None:
        usual["looked"] = _print(draft)
    context = {
        "before": before,
        "after": after,
        "title": promises.name_of(s, before),
        "typed": {**told, "looked": usual.get("looked", "")} if told else usual,
        "rows": [(one, promises.line(s, one)) for one in before.every],
        "wrong": wrong or {},
        "said": said,
        "draft": draft,
        "changes": list(pages.changed(s, before, draft)) if draft is not None else [],
        "order": pages.disorder(s, draft) if draft is not None else [],
        "new_rows": [f"n{row}" for row in range(NEW_ROWS)],
        "section": "policies",
        **_options(s),
    }
    return frame.page(request, office, actor, "policy_next.html", context)


def _options(s: Speech) -> dict[str, Any]:
    return {
        "units": [(one, s.text("limit_units", one)) for one in UNITS],
        "calendars": [(one, s.text("limit_calendars", one)) for one in CALENDARS],
        "roles_of": [(one, s.text("roles", one)) for one in ROLES],
        "nodes": [(one, s.text("limit_nodes", one)) for one in NODES],
        "events": [(one, s.text("ticket_events", one)) for one in EVENTS],
        "pauses": [(one, s.text("pause_reasons", one)) for one in STANDING],
        "facts": [
            (
                fact,
                s.text("limit_facts", fact),
                [(v, promises.value(s, fact, v)) for v in VALUES[fact] if v],
            )
            for fact in BOUND
        ],
    }


ROUTES: Final[list[Any]] = [blank, make]
