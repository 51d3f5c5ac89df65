"""How the visit ended: one of the outcomes in plain words, then what belongs to it."""

from functools import partial
from typing import Any, Final

from mobile.queries import Sheet as JobSheet
from mobile.screens import drafted
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.shell import Place
from mobile.views.outcome import Way, ending, ways
from mobile.widgets.fields import TextField

ROWS: Final = {"diagnosis": 3, "work_done": 3, "remark": 1}


class OutcomeSheet(Asking):
    """Without `args["outcome"]` it asks for one; with it, for what is to be written down."""

    fields: dict[str, TextField]

    def build(self, sheet: JobSheet) -> None:
        """Draw the list of outcomes, or the form of the chosen one."""
        self.fields = {}
        outcome = self.args.get("outcome", "")
        form = ending(sheet, outcome, self.words) if outcome else None
        if form is None:
            self._ask(ways(sheet, self.words))
            return
        words = self.words
        self.title = form.way.label
        self.add_widget(Drawn(partial(_told, way=form.way), is_card=False, pad_dp=0))
        if form.way.blocked:
            self.foot(
                (
                    "checks",
                    words("job_end", f"to_{form.way.lacks}"),
                    "primary",
                    partial(self.show_missing, form.way.lacks),
                ),
                ("change", words("job_end", "change"), "text", self.change),
            )
            return
        for name in form.fields:
            self.fields[name] = self._field(name)
            self.add_widget(self.fields[name])
        self.foot(
            ("confirm", form.confirm, "primary", self.end),
            ("change", words("job_end", "change"), "text", self.change),
        )

    def end(self) -> None:
        """End the visit; a refusal stands beside the field at fault."""
        outcome = self.args["outcome"]
        written = {name: field.text.strip() for name, field in self.fields.items()}
        args = {"outcome": outcome, **{name: text for name, text in written.items() if text}}
        refused = self.say("work_order.complete", args)
        if refused is None:
            self.shell.drafts.clear(self.key("end") + "/")
            told = "done" if outcome == "done" else "end"
            self.done(self.words("job_taken", told))
            return
        at_fault = (refused.field or "").removeprefix("args.")
        field = self.fields.get(at_fault, self.fields["remark"])
        field.error = self.words.explain(refused)

    def change(self) -> None:
        """Ask for another outcome; what was written is kept."""
        self.shell.show_sheet("outcome", job=self.args["job"])

    def show_missing(self, screen: str) -> None:
        """Go where what is missing can be done."""
        self.shell.close_sheet()
        self.shell.go(Place(screen, {"id": self.args["job"]}))

    def _ask(self, found: tuple[Way, ...]) -> None:
        self.title = self.words("job_end", "title")
        card = Drawn(partial(_listed, found=found), is_card=False, pad_dp=0)
        self.rows(card, self._picked)

    def _picked(self, outcome: str) -> None:
        self.shell.show_sheet("outcome", job=self.args["job"], outcome=outcome)

    def _field(self, name: str) -> TextField:
        words, rows = self.words, ROWS[name]
        more: dict[str, Any] = {"rows": rows} if rows > 1 else {}
        return drafted.text_field(
            self.shell,
            self.key("end", name),
            label=words("job_end", name),
            hint=words("job_end", f"{name}_hint"),
            **more,
        )


def _listed(pen: Pen, found: tuple[Way, ...]) -> None:
    for index, way in enumerate(found):
        if index:
            pen.line()
        lines = [(way.label, "body_strong", "text"), (way.meaning, "body_s", "text_2")]
        lines.append((way.consequence, "body_s", "success" if way.ends else "info"))
        if way.blocked:
            lines.append((way.blocked, "body_s", "warning"))
        pen.row(way.code, lines, way.icon, tone="primary")


def _told(pen: Pen, way: Way) -> None:
    pen.text(way.meaning, "body", "text_2")
    pen.gap()
    if way.blocked:
        pen.notice("error", way.blocked, "warning")
    else:
        pen.notice("task_alt" if way.ends else "event_repeat", way.consequence, "info")
