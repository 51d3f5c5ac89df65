"""The first screen of a job: what is wrong, where, with what, what comes next, its parts."""

from functools import partial
from typing import Any, Final

from kivy.clock import Clock

from mobile.device import free_bytes
from mobile.queries import Sheet
from mobile.screens import job_acts, job_cards, report_cards, telling
from mobile.screens.job_page import Card, JobPage, StepFooter
from mobile.screens.ticking import Ticking
from mobile.shell import Place, Shell
from mobile.views.clocks import clock_mark
from mobile.views.feedback import feedback
from mobile.views.report import seal
from mobile.views.work_order import SECTIONS, work_order

TELL: Final = "tell:"
ACTS: Final = {
    "call": job_acts.ring_up,
    "navigate": job_acts.navigate,
    "copy": job_acts.copy_address,
}


class WorkOrderScreen(JobPage):
    """A job at a glance. Opening it is told to the office, once."""

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.ticking = Ticking(self._tick, self.shell)
        self.step = StepFooter(self)
        self.foot = self.step
        self.add_widget(self.step)

    def show(self, args: dict[str, str]) -> None:
        """Show the job, and tell the office that it was seen."""
        super().show(args)
        Clock.schedule_once(self._see)
        self.ticking.begin()

    def leave(self) -> None:
        """Another screen is shown from now on."""
        super().leave()
        self.ticking.stop()

    def _see(self, _passed: float) -> None:
        """Not before there is something to see: what is written waits for the disk."""
        if self.sheet is not None and self.parent is not None:
            job_acts.see(self.shell, self.sheet)

    def draw(self, sheet: Sheet) -> None:
        """Draw its cards, the most urgent first."""
        words = self.words
        phone, now = self.shell.phone, self.shell.now
        lacks = phone.queries.unready(free_bytes(phone.folder), now)
        view = work_order(sheet, phone.owner.person, words, now, lacks)
        self.title = view.number
        self.subtitle = view.place.customer
        top = (
            view.title,
            view.status,
            view.priority,
            view.planned,
            view.sync,
            view.alerts,
            view.needs,
            view.ready,
        )
        alarms = (view.alerts, view.needs)
        told = (view.problem, view.order_note, view.terms)
        proof = seal(sheet, words) if sheet.completions else None
        self.lay(
            [
                ("heading", (top, alarms), partial(job_cards.heading, view=view)),
                *self._clock(sheet),
                *self._to_tell(sheet),
                *(
                    [("proof", proof, partial(report_cards.proof, told=proof, words=words))]
                    if proof is not None
                    else []
                ),
                ("sections", view.sections, partial(job_cards.sections, view=view)),
                ("problem", told, partial(job_cards.problem, view=view, words=words)),
                ("place", view.place, partial(job_cards.place, at=view.place, words=words)),
                (
                    "machine",
                    view.machine,
                    partial(job_cards.machine, what=view.machine, words=words),
                ),
                self._said(sheet),
            ]
        )
        self.step.show(sheet)

    def _clock(self, sheet: Sheet) -> list[Card]:
        """What is due next on the ticket, if anything is."""
        mark = clock_mark(sheet.job.timed, self.words, self.shell.phone.office_now())
        if mark is None:
            return []
        return [("clock", mark, partial(job_cards.clock, mark=mark, words=self.words))]

    def _said(self, sheet: Sheet) -> Card:
        """What the customer said of the request, and the way to write something down."""
        told = feedback(sheet, self.words, self.shell.now)
        return ("said", told, partial(job_cards.said, view=told, words=self.words))

    def _to_tell(self, sheet: Sheet) -> list[Card]:
        """What the customer is to be told by this phone, if anything is."""
        if not sheet.to_tell or sheet.job.leaving:
            return []
        told = partial(telling.to_tell, messages=sheet.to_tell, words=self.words)
        return [("to_tell", sheet.to_tell, told)]

    def _tick(self) -> None:
        if self.sheet is not None and self.get_parent_window() is not None:
            self.draw(self.sheet)

    def _tell(self, sheet: Sheet, identity: str) -> None:
        for one in sheet.to_tell:
            if one.id == identity:
                telling.send(self.shell, sheet, one)

    def style(self, name: str) -> dict[str, Any]:
        """The tiles stand on the ground itself."""
        return {"is_card": False, "pad_dp": 0} if name == "sections" else {}

    def tapped(self, name: str) -> None:
        """Go to a part of the job, or do what a button says."""
        assert self.sheet is not None
        if name in SECTIONS:
            self.shell.go(Place(name, {"id": self.sheet.order.id}))
        elif name in job_acts.LED:
            self.shell.go(Place(job_acts.LED[name], {"id": self.sheet.order.id}))
        elif name.startswith(TELL):
            self._tell(self.sheet, name.removeprefix(TELL))
        elif name == "customer_says":
            self.shell.show_sheet("customer_says", job=self.sheet.order.id)
        elif name == "clocks":
            self.shell.show_sheet("clocks", job=self.sheet.order.id)
        elif name == "outbox":
            self.show_outbox()
        elif name in ACTS:
            ACTS[name](self.shell, self.sheet)
