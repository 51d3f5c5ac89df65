"""Ops set aside: what they say as a form, to be corrected and sent again, or given up."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import queries
from server.console import frame, saying
from server.console.addresses import After, following, opt
from server.console.forms import Form
from server.console.saying import Act
from server.console.speech import Speech
from server.discretion import HEAR
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import exceptions
from server.sessions import Actor
from shared.amounts import LINE_CHARS_MAX
from shared.ids import is_id
from shared.kinds import REGISTRY
from shared.mending import choices_of, label_of
from shared.ops import PROVISIONAL
from shared.people import may

PATH: Final = "/conflicts/set-aside"
SHOWN: Final = 40
REST: Final = "rest"  # the field for what is no plain text
_PREFIX: Final = "arg."
_SPOKEN: Final = re.compile(r"^[a-z_]+$")


@get("/conflicts/set-aside", opt=opt("read.conflicts", "after"), sync_to_thread=True)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    after: After = None,
) -> Response[str]:
    """Every op that waits for a person, newest first."""
    return _draw(request, office, actor, after, {})


@get("/conflicts/set-aside/{op:str}", opt=opt("read.conflicts"), sync_to_thread=True)
def ask(
    op: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """What one op says, as a form."""
    found = _found(office, op)
    return _draw(request, office, actor, None, {"one": found, "typed": _typed(found)})


@post(
    "/conflicts/set-aside/{op:str}/repair",
    opt=opt("op.repair", shows="read.conflicts"),
    status_code=200,
    sync_to_thread=True,
)
def repair(
    op: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Send an op again as it should have been said; its author, device and time stay."""
    found = _found(office, op)
    typed = _retyped(form)
    args, fault = _args(typed)
    if fault is not None:
        speech = frame.speech_of(request, office)
        context: dict[str, Any] = {
            "one": found,
            "typed": typed,
            "fault": speech.text("plan.aside", fault),
        }
        return frame.refused(_draw(request, office, actor, None, context))
    said = saying.say(request, office, actor, form, _repairing(office, found, typed, args))
    if not said.ok:
        context = {"one": found, "typed": typed, "said": said}
        return frame.refused(_draw(request, office, actor, None, context))
    return saying.go(request, office, said, PATH)


def _repairing(
    office: Office, found: Mapping[str, Any], typed: Mapping[str, Any], args: dict[str, Any]
) -> Act:
    kind = REGISTRY.kinds.get(typed["kind"])
    noun = next(iter(sorted(kind.nouns)), "work_order") if kind is not None else "work_order"
    told = found["said"].get("on")
    known = told if isinstance(told, list) and len(told) == 2 else [found["noun"] or noun, ""]
    subject = typed["subject"]
    if not is_id(subject):
        with office.reading() as books:
            subject = exceptions.id_of(books, str(known[0]), subject) or subject
    return Act(
        kind="op.repair",
        on=("op", found["op_id"]),
        args={
            "of": found["op_id"],
            "body_fingerprint": found["fingerprint"],
            "kind": typed["kind"],
            "v": kind.version if kind is not None else found["v"] or 1,
            "on": [known[0], subject],
            "args": args,
        },
    )


@post(
    "/conflicts/set-aside/{op:str}/discard",
    opt=opt("op.discard", shows="read.conflicts"),
    status_code=200,
    sync_to_thread=True,
)
def discard(
    op: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Give an op up for good, with a reason."""
    found = _found(office, op)
    args = {"of": found["op_id"], "reason": form.text("reason")}
    act = Act(kind="op.discard", on=("op", found["op_id"]), args=args)
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        context = {"one": found, "typed": _typed(found), "gives_up": said}
        return frame.refused(_draw(request, office, actor, None, context))
    return saying.go(request, office, said, PATH)


def _found(office: Office, op: str) -> dict[str, Any]:
    with office.reading() as books:
        found = exceptions.set_aside(books, op)
        if found is None:
            raise Problem("not_found")
        found["behind"] = exceptions.behind(books, found)
    found["said"] = _read(found["body"])
    found["waits"] = found["verdict"] in PROVISIONAL
    return found


def _read(body: str | None) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(body or "")
    except msgspec.DecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _typed(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows at first: the op as it came, plain texts in fields of their own."""
    said = found["said"].get("args")
    args = said if isinstance(said, dict) else {}
    plain = {name: one for name, one in args.items() if isinstance(one, str) and _is_plain(name)}
    rest = {name: one for name, one in args.items() if name not in plain}
    return {
        "kind": found["kind"] or str(found["said"].get("kind", "")),
        "subject": found["number"] or found["on_id"] or _subject(found["said"]),
        "args": plain,
        REST: msgspec.json.format(msgspec.json.encode(rest)).decode() if rest else "",
    }


def _subject(said: Mapping[str, Any]) -> str:
    on = said.get("on")
    return str(on[1]) if isinstance(on, list) and len(on) == 2 else ""


def _is_plain(name: str) -> bool:
    return _SPOKEN.fullmatch(name) is not None and name != REST


def _retyped(form: Form) -> dict[str, Any]:
    args = {
        name.removeprefix(_PREFIX): form.text(name)
        for name in form.fields
        if name.startswith(_PREFIX)
    }
    return {
        "kind": form.text("kind"),
        "subject": form.text("subject"),
        "args": args,
        REST: form.text(REST),
    }


def _args(typed: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The arguments as corrected; a field that was emptied is left out."""
    rest: Any = {}
    if typed[REST]:
        try:
            rest = msgspec.json.decode(typed[REST])
        except msgspec.DecodeError:
            return {}, "not_object"
    if not isinstance(rest, dict):
        return {}, "not_object"
    return {**rest, **{name: text for name, text in typed["args"].items() if text}}, None


def _draw(
    request: AnyRequest, office: Office, actor: Actor, after: str | None, more: dict[str, Any]
) -> Response[str]:
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        listed = queries.waiting(books, by_number(after, SHOWN), verdict=None)
        counts = exceptions.counts(books, hears=may(actor.person.roles, HEAR))
    context = {
        "ops": listed.items,
        "next": following(PATH, {}, listed),
        "waits": counts,
        "path": PATH,
        "kinds": _kinds(speech),
        "known_kinds": set(REGISTRY.kinds),
        "choices": _choices(speech, (more.get("typed") or {}).get("kind", "")),
        "label_of": label_of,
        "can_mend": may(actor.person.roles, "op.repair"),
        "line_max": LINE_CHARS_MAX,
        "one": None,
        "typed": None,
        "said": None,
        "fault": "",
        "gives_up": None,
        "section": "conflicts",
        **more,
    }
    return frame.page(request, office, actor, "set_aside.html", context)


def _kinds(speech: Speech) -> list[tuple[str, str]]:
    """What a phone may say, by what stands on its button."""
    found = [
        (name, speech.text("buttons", name))
        for name, kind in REGISTRY.kinds.items()
        if kind.device and not name.startswith("op.")
    ]
    return sorted(found, key=lambda one: one[1])


def _choices(speech: Speech, kind: str) -> dict[str, list[tuple[str, str]]]:
    """What may be chosen in a field that takes one of a few codes, in words."""
    return {
        name: [(code, speech.text(group, code)) for code in codes]
        for name, (group, codes) in choices_of(kind).items()
    }


ROUTES: Final = [show, ask, repair, discard]
