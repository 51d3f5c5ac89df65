"""Small questions before a step: what else may be done, why to pause, why to decline."""

from functools import partial

from mobile.queries import Sheet as JobSheet
from mobile.screens import drafted, job_acts
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.texts import Words
from mobile.views.outcome import DECLINE_REASONS, PAUSE_REASONS
from mobile.views.step import Choice as Beside, step
from mobile.widgets.choices import Choice
from mobile.widgets.text import Para

NAMED = "reason"


class OtherSheet(Asking):
    """What else may be done now."""

    def build(self, sheet: JobSheet) -> None:
        """Draw the steps beside the big button."""
        self.title = self.words("job", "other")
        found = step(sheet, self.shell.phone.owner.person, self.words)
        card = Drawn(partial(_others, found=found.beside), is_card=False, pad_dp=0)
        self.rows(card, self._picked)

    def _picked(self, name: str) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        found = step(sheet, self.shell.phone.owner.person, self.words)
        for one in found.beside:
            if one.action == name:
                self.shell.close_sheet()
                job_acts.take(self.shell, sheet, one.action)


class PauseSheet(Asking):
    """Why work is paused: one tap, or in one's own words."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw the usual reasons and a field."""
        words = self.words
        self.title = words("job_pause", "title")
        self.add_widget(Para(text=words("job_pause", "lead"), tone="text_2"))
        card = Drawn(partial(_reasons, words=words), is_card=False, pad_dp=0)
        self.rows(card, lambda code: self._pause(words("job_pause", code)))
        self.field = drafted.text_field(
            self.shell, self.key("pause"), label=words("job_pause", "reason")
        )
        self.add_widget(self.field)
        self.foot(("confirm", words("job_pause", "confirm"), "primary", self.pause))

    def pause(self) -> None:
        """Pause for the reason that was typed."""
        text = self.field.text.strip()
        if not text:
            self.field.error = self.words("job_pause", "unchosen")
            return
        self._pause(text)

    def _pause(self, reason: str) -> None:
        refused = self.say("work_order.pause", {"reason": reason})
        if refused is not None:
            self.field.error = self.words.explain(refused)
            return
        self.shell.drafts.drop(self.key("pause"))
        self.done(self.words("job_taken", "pause"))


class DeclineSheet(Asking):
    """Why the job is declined. The office gives it to somebody else."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw the reasons and a field for a word to the office."""
        words = self.words
        self.title = words("job_decline", "title")
        self.add_widget(Para(text=words("job_decline", "lead"), tone="text_2"))
        options = [(code, words("job_decline", code)) for code in DECLINE_REASONS]
        self.choice = Choice(options=options, value=self.read("decline", NAMED), style="list")
        self.choice.bind(on_pick=self._picked)
        self.add_widget(self.choice)
        self.field = drafted.text_field(
            self.shell,
            self.key("decline", "note"),
            label=words("job_decline", "note"),
            hint=words("job_decline", "note_hint"),
            rows=2,
        )
        self.add_widget(self.field)
        self.foot(("confirm", words("job_decline", "confirm"), "danger", self.decline))

    def decline(self) -> None:
        """Decline the job for the reason that was chosen."""
        code = self.choice.value
        if not code:
            self.field.error = self.words("job_decline", "unchosen")
            return
        args = {"reason": self.words("job_decline", code)}
        note = self.field.text.strip()
        refused = self.say("work_order.decline", {**args, **({"note": note} if note else {})})
        if refused is not None:
            self.field.error = self.words.explain(refused)
            return
        self.shell.drafts.clear(self.key("decline") + "/")
        self.done(self.words("job_taken", "decline"))

    def _picked(self, _choice: Choice, code: str) -> None:
        self.choice.value = code
        self.field.error = ""
        self.shell.drafts.keep(self.key("decline", NAMED), code)


def _others(pen: Pen, found: tuple[Beside, ...]) -> None:
    for index, one in enumerate(found):
        if index:
            pen.line()
        pen.row(one.action, [(one.label, "body_strong", "text")], one.icon, tone="primary")


def _reasons(pen: Pen, words: Words) -> None:
    for index, code in enumerate(PAUSE_REASONS):
        if index:
            pen.line()
        pen.row(code, [(words("job_pause", code), "body_strong", "text")])
