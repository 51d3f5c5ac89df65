"""All clocks of a job's ticket that concern a technician, and what can be done about the first."""

from functools import partial

from mobile.queries import Sheet as JobSheet
from mobile.screens import job_acts
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.screens.ticking import Ticking
from mobile.views.clocks import ClockLine, clock_lines, wants_contact, whose_hours
from mobile.views.work_order import is_open
from mobile.widgets.text import Para


class ClocksSheet(Asking):
    """How every clock stands, as this phone knows it; it ticks while it is shown."""

    def build(self, sheet: JobSheet) -> None:
        """Draw them, and a button for the call where one is still owed."""
        words = self.words
        self.title = words("clock_words", "title")
        self.lines = self._lines()
        lead = words("clock_words", "lead" if self.lines else "none")
        hours = whose_hours(sheet.job.timed, words, self.shell.phone.office_now())
        told = "\n".join(filter(None, (lead, hours if self.lines else "")))
        self.add_widget(Para(text=told, tone="text_2"))
        self.card = Drawn(partial(_clocks, lines=self.lines))
        self.add_widget(self.card)
        if is_open(sheet) and wants_contact(sheet.job.timed, self.shell.phone.office_now()):
            call = words("clock_words", "call")
            self.foot(("call", call, "primary", self.call))
        self.ticking = Ticking(self._tick, self.shell)
        self.ticking.begin()

    def call(self) -> None:
        """Call the customer, and ask afterwards how that went."""
        if self.sheet is not None:
            sheet = self.sheet
            self.shell.close_sheet()
            job_acts.ring_up(self.shell, sheet)

    def leave(self) -> None:
        """It ticks no more."""
        super().leave()
        if self.sheet is not None:
            self.ticking.stop()

    def _lines(self) -> tuple[ClockLine, ...]:
        timed = self.sheet.job.timed if self.sheet is not None else None
        return clock_lines(timed, self.words, self.shell.phone.office_now())

    def _tick(self) -> None:
        lines = self._lines()
        if self.get_parent_window() is not None and lines != self.lines:
            self.lines = lines
            self.card.show(partial(_clocks, lines=lines))


def _clocks(pen: Pen, lines: tuple[ClockLine, ...]) -> None:
    for index, one in enumerate(lines):
        if index:
            pen.rule()
        ink = "text_2" if one.tone == "neutral" else one.tone
        pen.mark(one.icon, one.step, "body_strong", "text", sign_tone=ink)
        if one.due:
            pen.gap(4)
            pen.text(one.due, "title_s", ink if one.left else "text")
        pen.gap(6)
        pen.chips([(one.left or one.state, one.tone, "")])
        for told in one.told:
            pen.gap(4)
            pen.text(told, "body_s", "text_2")
