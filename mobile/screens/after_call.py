"""After a call: reached, no answer, or a time agreed, in one tap; and which time that is."""

from functools import partial
from typing import Final

from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout

from mobile.queries import Sheet as JobSheet
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.texts import Words
from mobile.views.call import ANSWERS, call, note_of
from mobile.views.wish import (
    Part,
    Wish,
    is_planned_by_office,
    kept,
    restored,
    stepped,
    walls,
    wish_of,
    wish_view,
)
from mobile.widgets.blocks import Banner
from mobile.widgets.choices import Stepper
from mobile.widgets.text import Para

ICONS: Final = {
    "reached": "phone_in_talk",
    "no_answer": "phone_disabled",
    "agreed": "event_available",
    "not_called": "close",
}
CONTACT: Final = "work_order.contact"  # what stops the clock of the first call
PARTS: Final[tuple[Part, ...]] = ("day", "begin", "end")


class AfterCallSheet(Asking):
    """How the call went. What is said becomes a note of the job."""

    def build(self, sheet: JobSheet) -> None:
        """Draw the three answers, and a way out for whoever did not call."""
        words, whom = self.words, call(sheet)
        self.title = words("job_call", "title")
        self.number = whom.number if whom is not None else ""
        told = words.join(whom.name, whom.number) if whom is not None else ""
        self.add_widget(Para(text=told, tone="text_2"))
        if self.args.get("copied"):
            unable = words("job_call", "unable", text=self.number)
            self.add_widget(Banner(text=unable, icon="content_copy"))
        card = Drawn(partial(_answers, words=words), is_card=False, pad_dp=0)
        self.rows(card, self._picked)

    def _picked(self, answer: str) -> None:
        if answer == "not_called":
            self.shell.close_sheet()
        elif answer == "agreed":
            self.shell.show_sheet("wish", job=self.args["job"], called=self.number)
        else:
            text = note_of(answer, self.number, self.words)
            refused = self.say("note.add", {"text": text, "audience": "internal"})
            if refused is None:
                refused = self.say(CONTACT, {"means": "phone", "reached": answer == "reached"})
            told = self.words("job_notes", "saved")
            self.done(told if refused is None else self.words.explain(refused))


class WishSheet(Asking):
    """When the customer wishes the visit. `args["called"]` is the number that was called."""

    def build(self, sheet: JobSheet) -> None:
        """Draw three steppers: the day, from when, until when."""
        words = self.words
        self.title = words("job_details", "wish_title")
        today = words.today(self.shell.now)
        self.wish: Wish = restored(self.read("wish")) or wish_of(sheet, today)
        self.steppers: dict[str, Stepper] = {}
        for part in PARTS:
            self.add_widget(self._line(part))
        self.fault = Para(text=words("job_details", "wish_lead"), role="body_s", tone="text_2")
        self.add_widget(self.fault)
        self.foot(("confirm", "", "primary", self.save))
        self._show()

    def save(self) -> None:
        """Write the wish down; the office decides where it has planned a visit itself."""
        sheet = self.sheet
        if sheet is None:
            return
        begin, end = walls(self.wish)
        person = self.shell.phone.owner.person
        refused = None
        if not is_planned_by_office(sheet, person):
            fields = {"planned_from": begin, "planned_to": end}
            refused = self.say("edit", {"fields": fields})
        if refused is None:
            note = self._note()
            refused = self.say("note.add", {"text": note, "audience": "internal"})
        if refused is None and self.args.get("called"):
            agreed = {"means": "phone", "reached": True, "visit_at": begin}
            refused = self.say(CONTACT, agreed)
        if refused is not None:
            self.fault.text, self.fault.tone = self.words.explain(refused), "danger"
            return
        self.shell.drafts.drop(self.key("wish"))
        self.done(self.words("job_details", "saved"))

    def _note(self) -> str:
        whole = wish_view(self.wish, self.words, self.words.today(self.shell.now)).whole
        called = self.args.get("called", "")
        if called:
            return note_of("agreed", called, self.words, whole)
        return self.words("job_details", "wish_note", when=whole)

    def _line(self, part: Part) -> BoxLayout:
        words = self.words
        line = BoxLayout(orientation="vertical", size_hint_y=None, spacing=dp(4))
        line.bind(minimum_height=line.setter("height"))
        line.add_widget(Para(text=words("job_details", part), role="label", tone="text_2"))
        stepper = Stepper(
            less_a11y=words("job_details", "earlier"), more_a11y=words("job_details", "later")
        )
        stepper.size_hint_x = 1
        stepper.bind(on_step=lambda _stepper, by: self._step(part, by))
        self.steppers[part] = stepper
        line.add_widget(stepper)
        return line

    def _step(self, part: Part, by: int) -> None:
        self.wish = stepped(self.wish, part, by, self.words.today(self.shell.now))
        self.shell.drafts.keep(self.key("wish"), kept(self.wish))
        self._show()

    def _show(self) -> None:
        view = wish_view(self.wish, self.words, self.words.today(self.shell.now))
        for part in PARTS:
            self.steppers[part].text = getattr(view, part)
        text = self.words("job_details", "confirm_wish", when=view.whole)
        self.buttons["confirm"].text = text


def _answers(pen: Pen, words: Words) -> None:
    for index, answer in enumerate((*ANSWERS, "not_called")):
        if index:
            pen.line()
        line = (words("job_call", answer), "body_strong", "text")
        pen.row(answer, [line], ICONS[answer], tone="primary")
