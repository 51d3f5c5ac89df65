"""Taking a customer's item along with a receipt they sign, and giving it back."""

from functools import partial
from typing import Any, Final

from mobile.papers import Asked
from mobile.queries import Sheet as JobSheet
from mobile.queries.bill import Bill
from mobile.screens import drafted, printing
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking, Button
from mobile.screens.pen import Pen
from mobile.shell import Place
from mobile.texts import Words
from mobile.views.money_rows import ItemRow, item_row
from mobile.views.photos import with_words
from mobile.views.take_away import back_by, conditions, item_named, known, next_act, spans
from mobile.widgets.buttons import FilterChip
from mobile.widgets.choices import Choice
from mobile.widgets.fields import TextField
from mobile.widgets.page import Spread
from mobile.widgets.text import Para
from shared.amounts import tidy
from shared.errors import Refused
from shared.take_away import TakenItem
from shared.typed import minor

FIELDS: Final = ("what", "serial", "reason", "accessories", "condition")
HINTED: Final = ("accessories", "condition")
SIGNED_FOR: Final = {"sign": "take_away", "sign_return": "item_return"}


class TakeAwaySheet(Asking):
    """What is taken, in which state, why, and until when; then the customer signs for it."""

    def build(self, sheet: JobSheet) -> None:
        """Draw what is asked."""
        words = self.words
        bill = self.shell.phone.queries.bill(sheet.order.id)
        begun = known(bill) if bill is not None else {}
        self.title = words("bill_take", "title")
        self.fields: dict[str, TextField] = {}
        for name in FIELDS:
            self._field(name, begun.get(name, ""))
        spread = Spread()
        for phrase in conditions(words):
            chip = FilterChip(text=phrase)
            chip.bind(on_release=lambda chip: self._add(chip.text))
            spread.add_widget(chip)
        self.add_widget(spread)
        self.add_widget(Para(text=words("bill_take", "back_by"), role="label", tone="text_2"))
        self.span = Choice(
            options=list(spans(words)), value=self.read("take", "span", otherwise="7")
        )
        self.span.bind(on_pick=lambda _choice, key: self._pick(key))
        self.add_widget(self.span)
        self.estimate = drafted.number_field(
            self.shell, self.key("take", "estimate"), label=words("bill_take", "estimate")
        )
        self.add_widget(self.estimate)
        self.foot(("confirm", words("bill_take", "confirm"), "primary", self.take))

    def take(self) -> None:
        """Record it, and let the customer sign for it."""
        args: dict[str, Any] = {name: tidy(field.text) for name, field in self.fields.items()}
        args = {name: text for name, text in args.items() if text or name in ("what", "reason")}
        until = back_by(self.span.value, self.words.today(self.shell.now))
        if until is not None:
            args["back_by"] = until
        if self.sheet is not None and self.sheet.order.asset_id is not None:
            args["asset"] = self.sheet.order.asset_id
        if tidy(self.estimate.text):
            estimate = minor(self.estimate.text, "")
            if estimate is None:
                self.estimate.error = self.words("bill_payment", "no_amount")
                return
            args["estimate"] = estimate
        refused = self.say("item.take", args)
        if refused is not None:
            self._fail(refused)
            return
        job = self.args["job"]
        self.shell.drafts.clear(self.key("take") + "/")
        self.done(self.words("bill_take", "done"))
        bill = self.shell.phone.queries.bill(job)
        if bill is not None and bill.items:
            args = {"id": job, "purpose": "take_away", "subject": bill.items[-1].id}
            self.shell.go(Place("sign_off", args))

    def _field(self, name: str, otherwise: str) -> None:
        hint = self.words("bill_take", f"{name}_hint") if name in HINTED else ""
        field = self.fields[name] = drafted.text_field(
            self.shell,
            self.key("take", name),
            else_text=otherwise,
            label=self.words("bill_take", name),
            hint=hint,
        )
        self.add_widget(field)

    def _add(self, phrase: str) -> None:
        field = self.fields["condition"]
        field.text = with_words(field.text, phrase)
        field.error = ""
        self.shell.drafts.keep(self.key("take", "condition"), field.text)

    def _pick(self, key: str) -> None:
        self.span.value = key
        self.shell.drafts.keep(self.key("take", "span"), key)

    def _fail(self, refused: Refused) -> None:
        at = (refused.field or "").removeprefix("args.")
        self.fields.get(at, self.fields["what"]).error = self.words.explain(refused)


class ItemSheet(Asking):
    """One item (`args["item"]`): how it stands, and what comes next with it."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw it with its next step."""
        words, bill, one = self.words, self._bill(), self._item()
        if bill is None or one is None:
            self.leave_soon()
            return
        self.title = one.what
        row = item_row(one, bill, words)
        self.add_widget(
            Drawn(partial(_about, row=row, one=one, words=words), is_card=False, pad_dp=0)
        )
        self.fault = Para(text="", role="body_s", tone="danger")
        act = next_act(one)
        buttons: list[Button] = []
        if act == "return":
            self.add_widget(Para(text=words("bill_take", "return_lead"), tone="text_2"))
            label = words("bill_take", "return_confirm")
            buttons.append(("return", label, "primary", self.give_back))
        elif act:
            label = words("bill_take", "sign_confirm")
            buttons.append(("sign", label, "primary", partial(self.sign, SIGNED_FOR[act])))
        buttons.append(("receipt", words("bill_payment", "receipt"), "outline", self.receipt))
        self.add_widget(self.fault)
        self.foot(*buttons)

    def receipt(self) -> None:
        """Make the receipt of what was taken along, and hand it on."""
        asked = Asked(
            number=self.args["job"],
            kind="take_away",
            language=self.words.language,
            subject=self.args["item"],
            now_ms=self.shell.now,
        )
        printing.receipt(self.shell, asked, self.buttons["receipt"])

    def give_back(self) -> None:
        """Record that it is back, and let the customer sign for that."""
        refused = self.say("item.return", {"item": self.args["item"]})
        if refused is not None:
            self.fault.text = self.words.explain(refused)
            return
        self.shell.note(self.words("bill_take", "returned"))
        self.sign("item_return")

    def sign(self, purpose: str) -> None:
        """Hand over to the customer."""
        args = {"id": self.args["job"], "purpose": purpose, "subject": self.args["item"]}
        self.shell.close_sheet()
        self.shell.go(Place("sign_off", args))

    def _bill(self) -> Bill | None:
        return self.shell.phone.queries.bill(self.args["job"])

    def _item(self) -> TakenItem | None:
        bill = self._bill()
        return item_named(bill, self.args.get("item", "")) if bill is not None else None


def _about(pen: Pen, row: ItemRow, one: TakenItem, words: Words) -> None:
    pen.chips([(row.state, row.tone, "")])
    pen.gap()
    pen.text(row.under, "body_s", "text_2")
    for name in ("accessories", "condition", "reason"):
        pen.fact(words("bill_take", name), getattr(one, name))
