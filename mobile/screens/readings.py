"""Filling in one check: a number or words, then the next one that is still open."""

from functools import partial
from typing import Any, Final

from kivy.clock import Clock

from mobile.queries import Sheet as JobSheet
from mobile.screens import drafted, job_acts
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.shell import Shell
from mobile.texts import Words
from mobile.views.checklist import NOT_APPLICABLE, Check, as_number, checklist
from shared.errors import Refused

FILLED: Final = ("number", "text")


def answer(shell: Shell, sheet: JobSheet, item: str, given: str) -> Refused | None:
    """Record one answer; `not_applicable` is one, too. Says it where nobody else does."""
    args: dict[str, Any] = {"item": item, "value": given}
    if given == NOT_APPLICABLE:
        args["not_applicable"] = True
    if sheet.order.asset_id is not None:
        args["asset"] = sheet.order.asset_id
    return shell.record("checklist.answer", job_acts.on(sheet), args)


class ReadingSheet(Asking):
    """One check to be filled in, large."""

    def build(self, sheet: JobSheet) -> None:
        """Draw the check, its field and its buttons."""
        words = self.words
        one = self._check(sheet)
        if one is None:
            return
        self.title = one.label
        self.add_widget(Drawn(partial(_around, one=one, words=words), is_card=False, pad_dp=4))
        make = drafted.number_field if one.type == "number" else drafted.text_field
        self.field = make(
            self.shell,
            self.key(one.code),
            else_text=one.value,
            label="",
            hint=words("job_checks", "enter" if one.type == "number" else "write"),
            unit=one.unit,
            **({} if one.type == "number" else {"rows": 3}),
        )
        self.field.bind(on_enter=lambda *_: self.save())
        self.add_widget(self.field)
        if one.type == "number":  # a number is typed at once; words may be spoken or picked
            Clock.schedule_once(lambda _passed: self.field.focus())
        self.foot(
            ("save", words("job_checks", "save"), "primary", self.save),
            ("skip", words("job_checks", "was_not_applicable"), "outline", self.skip),
        )

    def save(self) -> None:
        """Record what was typed, and go on to the next check that is to be typed."""
        one = self._check(self.sheet) if self.sheet is not None else None
        if one is None:
            return
        text = self.field.text
        given = as_number(text) if one.type == "number" else text.strip()
        if given is None:
            self.field.error = self.words("job_checks", "not_a_number", value=text.strip())
            return
        if not given:
            self.field.error = self.words("job_checks", "empty")
            return
        self._record(one, given)

    def skip(self) -> None:
        """Record that the check does not apply here."""
        one = self._check(self.sheet) if self.sheet is not None else None
        if one is not None:
            self._record(one, NOT_APPLICABLE)

    def _record(self, one: Check, given: str) -> None:
        assert self.sheet is not None
        refused = answer(self.shell, self.sheet, one.code, given)
        if refused is not None:
            self.field.error = self.words.explain(refused)
            return
        self.shell.drafts.drop(self.key(one.code))
        self.shell.adapters.haptics.feel("done")
        self._go_on(one.code)

    def _go_on(self, code: str) -> None:
        """Open the next check that is to be typed and is not yet, if it comes right after."""
        fresh = self.shell.phone.queries.sheet(self.args["job"])
        checks = checklist(fresh, self.words, self.shell.now).checks if fresh is not None else ()
        codes = [one.code for one in checks]
        after = checks[codes.index(code) + 1 :] if code in codes else ()
        following = next(iter(after), None)
        if following is None or following.type not in FILLED or following.standing != "open":
            self.shell.close_sheet()
            return
        self.shell.show_sheet("reading", job=self.args["job"], item=following.code)

    def _check(self, sheet: JobSheet) -> Check | None:
        checks = checklist(sheet, self.words, self.shell.now).checks
        return next((one for one in checks if one.code == self.args.get("item")), None)


class CommentSheet(Asking):
    """A few words on one check; they become a note of the job."""

    def build(self, sheet: JobSheet) -> None:
        """Draw the field."""
        words = self.words
        self.title = words("job_checks", "comment")
        item = self.args.get("item", "")
        self.named = next(
            (getattr(a.item, words.language) for a in sheet.checklist if a.item.code == item), item
        )
        hint = words("job_checks", "comment_hint")
        self.field = drafted.text_field(
            self.shell, self.key("comment", item), label=self.named, hint=hint, rows=3
        )
        self.add_widget(self.field)
        self.foot(("save", words("job_checks", "save"), "primary", self.save))

    def save(self) -> None:
        """Write it down as a note, with the check's name before it."""
        text = self.field.text.strip()
        if not text:
            self.field.error = self.words("job_notes", "empty")
            return
        said = self.words("job_checks", "comment_on", name=self.named, text=text)
        refused = self.say("note.add", {"text": said, "audience": "internal"})
        if refused is not None:
            self.field.error = self.words.explain(refused)
            return
        self.shell.drafts.drop(self.key("comment", self.args.get("item", "")))
        self.done(self.words("job_notes", "saved"))


def _around(pen: Pen, one: Check, words: Words) -> None:
    """The limits, and what was read last time."""
    if one.limits:
        pen.mark("straighten", one.limits, "body", "text_2")
    if one.last:
        pen.gap(4)
        pen.mark("history", one.last, "body", "text_2")
    if one.required and one.standing == "open":
        pen.gap(4)
        pen.mark("priority_high", words("job_checks", "required"), "body", "warning")
    if one.warning:
        pen.gap(6)
        pen.mark("error", one.warning, "body", "danger", sign_tone="danger")
