"""Acts that hold only while what their author saw still stands: nobody is overwritten unseen."""

from collections.abc import Callable
from typing import Any

from server import queries
from server.console import frame
from server.console.frame import Act, Said
from server.office import AnyRequest, Office, Overtaken, Used
from server.queries import dossier
from server.sessions import Actor
from shared.ids import derive
from shared.ops import Verdict

Same = Callable[[Any], str | None]


def say(  # noqa: PLR0913  what is said, by whom, under which id, and what has to be so
    request: AnyRequest, office: Office, actor: Actor, op: str, act: Act, *, same: Same
) -> Said:
    """Say an act if `same` finds nothing changed in the books; it answers why not, in words.

    The same act under the same id again is the same act once, whatever has happened since.
    """
    with office.reading() as books:
        seen = None if dossier.is_said(books, op) else queries.acts_on(books, act.on)
        changed = None if seen is None else same(books)
    if changed is not None:
        return overtaken(op, act, changed)
    asked = frame.asked_of(op, act)
    speech = frame.speech_of(request, office)
    try:
        done = office.act(asked, actor.person.id, seen=seen)
    except Overtaken:
        return overtaken(op, act, speech.text("plan.refusals", "overtaken"))
    except Used:
        return overtaken(op, act, speech.text("console.refusals", "form_used"))
    return frame.as_said(speech, act, op, done)


def then(op: str, place: int) -> str:
    """The id of a further act of one form."""
    return op if place == 0 else derive(op, "then", place)


def overtaken(op: str, act: Act, reason: str) -> Said:
    """What was not said, and why."""
    return Said(
        op=op, act=act, verdict=str(Verdict.REJECTED), code="overtaken_meanwhile", reason=reason
    )


def close_tasks(
    request: AnyRequest, office: Office, actor: Actor, op: str, what: tuple[dict[str, Any], str]
) -> None:
    """Close the tasks of a job that an act just said has settled, each by an act of its own."""
    order, code = what
    for task in order["tasks"]:
        if task["code"] == code and not task["done"]:
            act = Act(kind="task.close", on=("task", task["id"]))
            frame.said_with(request, office, actor, derive(op, "closes", task["id"]), act)
