"""The details of a job: each is written down as soon as its field is left."""

from functools import partial
from typing import Any, Final

from kivy.metrics import dp

from mobile.queries import Sheet
from mobile.screens import drafted, job_acts
from mobile.screens.job_page import JobPage
from mobile.screens.pen import Pen
from mobile.shell import Shell
from mobile.texts import Words
from mobile.views.details import Blank, DetailsView, details
from mobile.widgets.blocks import Card
from mobile.widgets.fields import TextField
from mobile.widgets.text import Para
from shared.amounts import tidy

INPUTS: Final = {"text": "text", "phone": "tel", "long": "text"}
ROWS: Final = {"long": 3}


class DetailsScreen(JobPage):
    """A form. What was typed and not yet written down is kept, and is there after a kill."""

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.fields: dict[str, TextField] = {}
        self.values: dict[str, str] = {}

    def draw(self, sheet: Sheet) -> None:
        """Draw the form; a field that is being typed into is left alone."""
        words = self.words
        self.title = words("job_details", "title")
        self.subtitle = words.called(sheet.order)
        view = details(sheet, words, self.shell.now)
        wish = (view.planned, view.planned_office, view.is_open)
        self.lay([("wish", wish, partial(_wish, view=view, words=words))])
        if not self.fields:
            self._begin(view)
        for blank in view.blanks:
            self._update(blank)

    def forget(self) -> None:
        """Also the form; what was begun in it is kept as drafts."""
        super().forget()
        self.fields, self.values = {}, {}

    def tapped(self, name: str) -> None:
        """The customer wishes another time."""
        if name == "wish" and self.sheet is not None:
            self.shell.show_sheet("wish", job=self.sheet.order.id)

    def leave(self) -> None:
        """What was typed is written down before one goes elsewhere."""
        super().leave()
        for name in self.fields:
            self.save(name)

    def save(self, name: str) -> None:
        """Write one detail down, if it is another one now."""
        field, sheet = self.fields[name], self.sheet
        if sheet is None or tidy(field.text) == self.values[name]:
            self.shell.drafts.drop(self._key(name))
            return
        fields = {"fields": {name: tidy(field.text)}}
        refused = drafted.too_long(field, fields)
        if refused is None:
            refused = self.shell.record("edit", job_acts.on(sheet), fields)
        if refused is not None:
            field.error = self.words.explain(refused)
            self.shell.adapters.haptics.feel("wrong")
            return
        field.error = ""
        self.values[name] = tidy(field.text)  # leaving the field right after Enter says no more
        self.shell.drafts.drop(self._key(name))
        self.shell.adapters.haptics.feel("done")
        self.shell.note(self.words("job_details", "saved"))

    def _begin(self, view: DetailsView) -> None:
        card = Card(spacing=dp(14))
        self.fields = {}
        if not view.is_open:
            card.add_widget(Para(text=view.closed, tone="text_2"))
        for blank in view.blanks:
            rows = ROWS.get(blank.keyboard, 1)
            field = drafted.text_field(
                self.shell,
                self._key(blank.name),
                else_text=blank.value,
                label=blank.label,
                hint=blank.hint,
                input_type=INPUTS[blank.keyboard],
                disabled=not view.is_open,
                **({"rows": rows} if rows > 1 else {}),
            )
            field.bind(
                on_left=lambda _field, name=blank.name: self.save(name),
                on_enter=lambda _field, name=blank.name: self.save(name),
            )
            self.fields[blank.name] = field
            card.add_widget(field)
        self.ids.body.add_widget(card)

    def _update(self, blank: Blank) -> None:
        """Show what the job has now, unless somebody has begun to write something else."""
        field = self.fields[blank.name]
        self.values[blank.name] = blank.value
        field.note = blank.office
        begun = self.shell.drafts.read(self._key(blank.name)) is not None
        if not begun and not field.focused and field.text != blank.value:
            field.text = blank.value

    def _key(self, name: str) -> str:
        return job_acts.draft(self.args.get("id", ""), "detail", name)


def _wish(pen: Pen, view: DetailsView, words: Words) -> None:
    """When somebody is expected, and the way to say that another time suits better."""
    pen.head("schedule", view.planned)
    if view.planned_office:
        pen.text(view.planned_office, "body_s", "text_2")
        pen.gap(4)
    pen.text(view.lead, "body_s", "text_2")
    if view.is_open:
        pen.gap(10)
        pen.buttons([("wish", words("job_details", "wish_change"), "edit_calendar")])
