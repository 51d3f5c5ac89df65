"""Asking for an invoice: its title, a tax number that is checked as it is typed, where it goes."""

from typing import Any, Final

from mobile.queries import Sheet as JobSheet
from mobile.screens import drafted
from mobile.screens.charge import Priced
from mobile.views.bill import total
from mobile.views.invoice import begun, checked, deliveries, types
from mobile.widgets.choices import Choice
from mobile.widgets.fields import TextField
from mobile.widgets.text import Para
from shared.amounts import tidy
from shared.errors import Refused
from shared.money import written as money
from shared.tax_numbers import plain

WORDS_OF: Final = {"title": "name"}  # fields whose word has another code
FIELDS: Final = ("title", "tax_number", "address", "bank")


class InvoiceSheet(Priced):
    """Begins with the customer's name; everything typed is kept until the office is asked."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw what goes on the invoice."""
        words, prices = self.words, self.prices_now()
        if prices is None or self.bill is None:
            return
        self.prices = prices
        sums = total(self.bill, prices)
        amount = money(sums.total if sums is not None else 0, prices.currency)
        known = begun(self.bill)
        self.title = words("bill_invoice", "title")
        self.add_widget(Para(text=words("bill_invoice", "lead", amount=amount), tone="text_2"))
        self.choices: dict[str, Choice] = {}
        self.fields: dict[str, TextField] = {}
        self._choice("type", types(words), known)
        for name in ("title", "tax_number"):
            self._field(name, known)
        self.fields["tax_number"].bind(on_typed=lambda _field, text: self._check(text))
        self._choice("delivery", deliveries(words), known)
        for name in ("address", "bank"):
            self._field(name, known)
        self.foot(("confirm", words("bill_invoice", "confirm"), "primary", self.ask))
        self._check(self.fields["tax_number"].text)

    def ask(self) -> None:
        """Ask the office; what is wrong stands beside its field."""
        typed = {name: tidy(field.text) for name, field in self.fields.items()}
        number = plain(typed["tax_number"])
        if not checked(number, self.words).is_fit:
            self.fields["tax_number"].error = self.words("bill_invoice", "unfit")
            return
        args: dict[str, Any] = {
            **{name: text for name, text in typed.items() if text or name == "title"},
            **{name: choice.value for name, choice in self.choices.items()},
            "price_list": self.prices.id,
        }
        if number:
            args["tax_number"] = number
        refused = self.say("invoice.ask", args)
        if refused is not None:
            self._fail(refused)
            return
        self.shell.drafts.clear(self.key("invoice") + "/")
        self.done(self.words("bill_invoice", "done"))

    def _choice(
        self, name: str, options: tuple[tuple[str, str], ...], known: dict[str, str]
    ) -> None:
        label = self.words("bill_invoice", name)
        self.add_widget(Para(text=label, role="label", tone="text_2"))
        chosen = self.read("invoice", name, otherwise=known.get(name, ""))
        choice = self.choices[name] = Choice(options=list(options), value=chosen)
        choice.bind(on_pick=lambda _choice, key: self._pick(name, key))
        self.add_widget(choice)

    def _field(self, name: str, known: dict[str, str]) -> None:
        code = WORDS_OF.get(name, name)
        field = self.fields[name] = drafted.text_field(
            self.shell,
            self.key("invoice", name),
            else_text=known.get(name, ""),
            label=self.words("bill_invoice", code),
            hint=self.words("bill_invoice", f"{code}_hint"),
        )
        self.add_widget(field)

    def _pick(self, name: str, key: str) -> None:
        self.choices[name].value = key
        self.shell.drafts.keep(self.key("invoice", name), key)

    def _check(self, text: str) -> None:
        found, field = checked(text, self.words), self.fields["tax_number"]
        is_wrong = found.tone == "danger"
        field.warning, field.note = (found.text, "") if is_wrong else ("", found.text)

    def _fail(self, refused: Refused) -> None:
        at = (refused.field or "").removeprefix("args.")
        self.fields.get(at, self.fields["title"]).error = self.words.explain(refused)
