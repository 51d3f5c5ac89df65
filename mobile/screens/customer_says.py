"""What a customer says on site: a complaint, a suggestion or an issue, in a few words."""

from typing import Any, Final

from mobile.queries import Sheet as JobSheet
from mobile.screens import drafted
from mobile.screens.job_sheet import Asking
from mobile.views.feedback import OFFERED
from mobile.widgets.choices import Choice
from mobile.widgets.text import Para
from shared.amounts import tidy
from shared.feedback import TYPES

SAYS: Final = "says"  # the key under which what is half typed is kept
RECORD: Final = "feedback.record"
CHOSEN: Final = ("kind", "type")


class CustomerSaysSheet(Asking):
    """The customer's words. The office has them with the next network, and its times run then."""

    def build(self, sheet: JobSheet) -> None:
        """Ask of which kind it is, what it is about, and for the words."""
        words = self.words
        self.title = words("job_says", "add")
        self.add_widget(Para(text=words("job_says", "lead"), tone="text_2"))
        self.choices = {"kind": self._choice("kind", "feedback_kinds", OFFERED)}
        self.field = drafted.text_field(
            self.shell,
            self.key(SAYS, "text"),
            label=words("job_says", "text"),
            hint=words("job_says", "hint"),
            rows=3,
        )
        self.add_widget(self.field)
        self.add_widget(Para(text=words("job_says", "type"), role="label", tone="text_2"))
        self.choices["type"] = self._choice("type", "feedback_types", TYPES)
        contact = sheet.site.contact_name if sheet.site is not None else ""
        customer = sheet.customer.name if sheet.customer is not None else ""
        self.said_by = drafted.text_field(
            self.shell,
            self.key(SAYS, "said_by"),
            else_text=contact or customer,
            label=words("fields", "said_by"),
        )
        self.add_widget(self.said_by)
        self.foot(("confirm", words("job_says", "save"), "primary", self.save))

    def save(self) -> None:
        """Write it down, network or not."""
        if self.sheet is None:
            return
        text = tidy(self.field.text)
        if not text:
            self.field.error = self.words("job_says", "empty")
            return
        args: dict[str, Any] = {
            "ticket": self.sheet.order.ticket_id,
            "work_order": self.sheet.order.id,
            "means": "in_person",
            "text": text,
            **{name: one.value for name, one in self.choices.items() if one.value},
        }
        if tidy(self.said_by.text):
            args["said_by"] = tidy(self.said_by.text)
        refused = drafted.too_long(self, args)
        if refused is None:
            refused = self.shell.record(RECORD, ("feedback", ""), args)
        self.shell.adapters.haptics.feel("wrong" if refused is not None else "done")
        if refused is not None:
            self.field.error = self.words.explain(refused)
            return
        self.shell.drafts.clear(self.key(SAYS) + "/")
        self.done(self.words("job_says", "saved"))

    def _choice(self, name: str, group: str, codes: tuple[str, ...]) -> Choice:
        options = [(code, self.words(group, code)) for code in codes]
        kept = self.read(SAYS, name, otherwise=codes[0] if name == "kind" else "")
        value = kept if kept in codes else ""
        choice = Choice(options=options, value=value, style="auto")
        choice.bind(on_pick=lambda _choice, code: self._picked(name, code))
        self.add_widget(choice)
        return choice

    def _picked(self, name: str, code: str) -> None:
        self.choices[name].value = code
        self.shell.drafts.keep(self.key(SAYS, name), code)
