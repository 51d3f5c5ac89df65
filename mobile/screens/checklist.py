"""The checklist of a job: most answers by one tap, the others by a sheet that goes on by itself."""

from functools import partial
from typing import Any

from mobile.queries import Sheet
from mobile.screens import job_rows
from mobile.screens.job_page import Card, JobPage, StepFooter
from mobile.screens.readings import answer
from mobile.shell import Shell
from mobile.views.checklist import NOT_APPLICABLE, ChecklistView, checklist
from mobile.widgets.press import rest


class ChecklistScreen(JobPage):
    """Every check of the job, and how far it is."""

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.step = StepFooter(self, leads_to_checks=self.show_missing)
        self.foot = self.step
        self.add_widget(self.step)
        self.view: ChecklistView | None = None

    def draw(self, sheet: Sheet) -> None:
        """Draw the checks; what is out of sight comes with the next frames."""
        words = self.words
        self.title = words("job_checks", "title")
        self.subtitle = words.called(sheet.order)
        self.view = view = checklist(sheet, words, self.shell.now)
        self.step.show(sheet)
        if not view.checks:
            self.lay([])
            self.say_empty(
                "checklist", words("job_checks", "none"), words("job_checks", "none_detail")
            )
            return
        far = (view.progress, view.left, view.bad)
        cards: list[Card] = [("progress", far, partial(job_rows.progress, view=view))]
        for one in view.checks:
            draw = partial(job_rows.check, one=one, words=words, is_open=view.is_open)
            cards.append((f"check:{one.code}", (one, view.is_open), draw))
        self.lay(cards)

    def show_missing(self) -> None:
        """Bring the first required check without an answer into sight."""
        if self.view is None or not self.view.first_missing:
            return
        self.lay_all()
        card = self.cards[f"check:{self.view.first_missing}"]
        self.ids.body.scroll_to(card, padding=card.height / 2)

    def tapped(self, name: str) -> None:
        """Answer a check, or open what is needed to answer it."""
        assert self.sheet is not None
        what, _, on = name.partition(":")
        job = self.sheet.order.id
        if what == "answer":
            code, _, given = on.partition(":")
            if given == self._standing(code):
                return  # said already
            rest.begin()  # an answered card may be lower, and another answer under the finger
            if answer(self.shell, self.sheet, code, given) is None:
                self.shell.adapters.haptics.feel("tap")
        elif what == "fill":
            self.shell.show_sheet("reading", job=job, item=on)
        elif what == "comment":
            self.shell.show_sheet("comment", job=job, item=on)

    def _standing(self, code: str) -> str:
        """What a check has been answered with."""
        assert self.sheet is not None
        for one in self.sheet.checklist:
            if one.item.code == code and one.reading is not None:
                return NOT_APPLICABLE if one.reading.not_applicable else one.reading.value
        return ""
