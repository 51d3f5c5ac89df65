"""Saying: what somebody does on a page goes through the one door, once, and is told in words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from litestar.response import Redirect
from msgspec import Struct

from server import queries
from server.console import frame
from server.console.forms import Form
from server.console.speech import Speech
from server.console.toasts import Toast, Undo
from server.office import AnyRequest, Asked, LastAdministrator, Office, Overtaken, Used
from server.queries import dossier
from server.sessions import Actor
from shared.ids import derive
from shared.ops import Verdict
from shared.texts import has_text

# Where the office takes an act not even in, and what the page says of it.
TURNED_AWAY: Final[Mapping[type[Exception], str]] = {
    LastAdministrator: "last_administrator",
    Overtaken: "overtaken",
    Used: "form_used",
}
Same = Callable[[Any], str | None]


class Act(Struct, frozen=True, kw_only=True):
    """Something to be said: which verb, on what, with which arguments.

    An empty id in `on` means: the thing this act makes.
    """

    kind: str
    on: tuple[str, str]
    args: Mapping[str, Any] = {}
    visit: str | None = None


class Said(Struct, frozen=True, kw_only=True):
    """What became of an act; `reason` is in words, `field` the argument at fault.

    `known` is the thing that is on file already, where that is why.
    """

    op: str
    act: Act
    verdict: str
    code: str | None = None
    reason: str | None = None
    field: str | None = None
    number: str | None = None
    known: str | None = None
    seen: int = 0

    @property
    def ok(self) -> bool:
        """Whether it has happened, or had happened already."""
        return self.verdict in (Verdict.APPLIED, Verdict.MERGED)


def say(request: AnyRequest, office: Office, actor: Actor, form: Form, act: Act) -> Said:
    """Say what a form says.

    A form that was drawn from a thing carries `seen` (the macro `k.seen`): how many acts the thing
    had seen then. Where a colleague has done something to it since, the form is refused.
    """
    return say_under(request, office, actor, form.op, act, seen=form.number("seen"))


def say_if(  # noqa: PLR0913  what a form says, by whom, and what has to be so
    request: AnyRequest, office: Office, actor: Actor, form: Form, act: Act, *, same: Same
) -> Said:
    """Say what a form says if `same` finds nothing changed in the books: it answers why not.

    Nobody is overwritten unseen, and an act on another part of the thing is in nobody's way. The
    same form again is the same act once, whatever has happened since.
    """
    with office.reading() as books:
        seen = None if dossier.is_said(books, form.op) else queries.acts_on(books, act.on)
        changed = None if seen is None else same(books)
    if changed is not None:
        return _rejected(act, form.op, "overtaken", changed)
    return say_under(request, office, actor, form.op, act, seen=seen)


def say_under(  # noqa: PLR0913  an act, by whom, under which id, and what its author had seen
    request: AnyRequest,
    office: Office,
    actor: Actor,
    op: str,
    act: Act,
    *,
    seen: int | None = None,
) -> Said:
    """Say one act under an id; further acts of one form take ids derived from the form's."""
    speech = frame.speech_of(request, office)
    on = (act.on[0], act.on[1] or op)
    asked = Asked(id=op, kind=act.kind, on=on, args=dict(act.args), visit=act.visit)
    try:
        done = office.act(asked, actor.person.id, seen=seen)
    except tuple(TURNED_AWAY) as error:
        return refusal(speech, act, op, TURNED_AWAY[type(error)])
    result = done.result
    field = result.detail.get("field")
    return Said(
        op=op,
        act=act,
        verdict=str(result.verdict),
        code=result.code,
        reason=speech.why(result.code, result.detail) if result.code else None,
        field=field.rpartition(".")[2] if isinstance(field, str) else None,
        number=result.detail.get("number"),
        known=result.detail.get("params", {}).get("id") if result.code == "on_file" else None,
        seen=done.seen,
    )


def then(op: str, place: int) -> str:
    """The id of a further act of one form."""
    return op if place == 0 else derive(op, "then", place)


def refusal(
    speech: Speech, act: Act, op: str, code: str, field: str | None = None, **params: Any
) -> Said:
    """An act that the console itself refuses, in words of `console.refusals`."""
    return _rejected(act, op, code, speech.text("console.refusals", code, **params), field)


def _rejected(act: Act, op: str, code: str, reason: str, field: str | None = None) -> Said:
    verdict = str(Verdict.REJECTED)
    return Said(op=op, act=act, verdict=verdict, code=code, reason=reason, field=field)


def close_tasks(
    request: AnyRequest, office: Office, actor: Actor, op: str, what: tuple[dict[str, Any], str]
) -> None:
    """Close the tasks of a job that an act just said has settled, each by an act of its own."""
    order, code = what
    for task in order["tasks"]:
        if task["code"] == code and not task["done"]:
            act = Act(kind="task.close", on=("task", task["id"]))
            say_under(request, office, actor, derive(op, "closes", task["id"]), act)


def go(
    request: AnyRequest, office: Office, said: Said, to: str, undo: Act | None = None
) -> Redirect:
    """On to a page that tells what was done, with a way back where there is an opposite act."""
    catalogue = frame.speech_of(request, office).catalogue
    code = said.act.kind if has_text(catalogue, "toasts", said.act.kind) else "saved"
    way = way_back([undo], said) if undo is not None and said.ok else None
    toast = Toast(code=code, params={"number": said.number or ""}, undo=way)
    return frame.go_with(request, office, toast if said.ok else warning(said), to)


def warning(said: Said) -> Toast:
    """A word about an act that did not come about as it was meant."""
    return Toast(code=f"verdict_{said.verdict}", tone="warning", reason=said.reason)


def way_back(acts: Sequence[Act], said: Said) -> Undo:
    """Acts on one thing that take back what was said of it, as long as nothing else is."""
    first, *more = acts
    on = (first.on[0], first.on[1] or said.op)
    further = tuple((act.kind, dict(act.args)) for act in more)
    return Undo(kind=first.kind, on=on, args=dict(first.args), seen=said.seen, then=further)
