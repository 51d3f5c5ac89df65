"""A job that somebody has open: the forms beside its page, and whatever is said of it by one."""

from collections.abc import Callable
from typing import Any

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct, structs

from server.console import frame, saying, told
from server.console.addresses import home
from server.console.forms import Form
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.console.work_order import context, found
from server.office import AnyRequest, Office
from server.queries import board
from server.sessions import Actor


class Opened(Struct, frozen=True, kw_only=True):
    """A job with what lives with it and its story, and who has it open."""

    request: AnyRequest
    office: Office
    actor: Actor
    order: dict[str, Any]
    story: list[dict[str, Any]]

    @property
    def speech(self) -> Speech:
        """How pages speak to whoever has it open."""
        return frame.speech_of(self.request, self.office)

    @property
    def home(self) -> str:
        """Where the job is."""
        return home(self.order["number"] or self.order["id"])

    def act(self, kind: str, **args: Any) -> Act:
        """An act on this job."""
        return Act(kind=kind, on=("work_order", self.order["id"]), args=args)

    def refusal(
        self, form: Form, act: Act, code: str, field: str | None = None, **params: Any
    ) -> Said:
        """An act on it that the console itself refuses."""
        return saying.refusal(self.speech, act, form.op, code, field, **params)

    def say(self, form: Form, act: Act, same: saying.Same | None = None) -> Said:
        """Say an act; if `same` is given, only where that finds nothing changed."""
        if same is None:
            return saying.say(self.request, self.office, self.actor, form, act)
        return saying.say_if(self.request, self.office, self.actor, form, act, same=same)

    def act_on(
        self, form: Form, act: Act, again: "Again | None" = None, undo: Act | None = None
    ) -> Response[Any]:
        """Say what a form says, and go on to the job; or its form `again`, with why not."""
        return self.went(self.say(form, act), again, undo=undo)

    def went(
        self, said: Said, again: "Again | None" = None, *, to: str = "", undo: Act | None = None
    ) -> Response[Any]:
        """Where to after an act: on, or back to the form that was refused, the job read anew."""
        if not said.ok and again is not None:
            order, story = found(self.office, self.order["id"])
            return frame.refused(again(structs.replace(self, order=order, story=story), said))
        return saying.go(self.request, self.office, said, to or self.home, undo)

    def panel(self, template: str, said: Said | None = None, **more: Any) -> Response[str]:
        """The page of the job with one of its forms beside it."""
        with self.office.reading() as books:
            people = board.technicians(books)
        visit = more.get("visit")
        whole = {
            **context(self.speech, self.order, self.story, self.actor.person.roles),
            "person_choices": [(one["id"], one["name"]) for one in people],
            "now_window": told.window(self.speech, visit["planned_from"], visit["planned_to"])
            if visit
            else "",
            "said": said,
            "wrong": {said.field: said.reason} if said is not None and said.field else {},
            **more,
            "panel": template,
        }
        return frame.page(self.request, self.office, self.actor, "work_order.html", whole)


Again = Callable[[Opened, Said], Response[str]]


def open_job(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Opened:
    """The job that an address names. Raises `Problem` where there is none."""
    order, story = found(office, number)
    return Opened(request=request, office=office, actor=actor, order=order, story=story)
