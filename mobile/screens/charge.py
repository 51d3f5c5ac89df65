"""Putting a line on the bill: from the price list or by hand, how much of it, charged or not."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec

from mobile.queries import Sheet as JobSheet
from mobile.queries.bill import Bill
from mobile.screens import drafted
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.texts import Words
from mobile.views import charge
from mobile.views.bill import edition
from mobile.views.charge import MEASURED, Listed, net_text, stepped
from mobile.views.proposals import counted, covers
from mobile.widgets.choices import Choice, Stepper, Toggle
from mobile.widgets.fields import SearchField, TextField
from mobile.widgets.text import Para
from shared.amounts import tidy
from shared.charges import Wish
from shared.errors import Refused
from shared.prices import PriceItem, PriceList, item_of
from shared.pricing import Till
from shared.typed import minor, quantity as quantity_of

SHOWN_MAX: Final = 30
HAND: Final = "by hand"  # the zone of what is in no price list
PIECE: Final = "piece"


class Priced(Asking):
    """A sheet that needs the bill and its price list; without one there is nothing to ask."""

    def prices_now(self) -> PriceList | None:
        """The edition that lines are put on at; None, and the sheet goes away, without one."""
        self.bill: Bill | None = self.shell.phone.queries.bill(self.args.get("job", ""))
        today = self.words.today(self.shell.now).isoformat()
        found = edition(self.bill, today) if self.bill is not None else None
        if found is None:
            self.shell.note(self.words("bill", "no_prices"))
            self.leave_soon()
        return found

    def put(self, wish: Wish, prices: PriceList) -> Refused | None:
        """Put a line on the bill, in place of the one it is `instead` of; or all stays as is."""
        refused = self._unfit(wish, prices) or self.drop()
        said = {"line": charge.said(wish), "price_list": prices.id}
        return refused or self.say("charge.add", said)

    def drop(self) -> Refused | None:
        """Take the line off the bill that another is put on `instead` of, if there is one."""
        instead = self.args.get("instead")
        return self.say("charge.drop", {"charge": instead}) if instead else None

    def _unfit(self, wish: Wish, prices: PriceList) -> Refused | None:
        job = self.args["job"]
        till = Till(order_id=job, prices=prices, path="args.line")
        known = self.shell.phone.queries.shown((job,))
        return drafted.too_long(self, charge.said(wish)) or charge.unfit(wish, till, known)


class ChargeSheet(Priced):
    """Without `item` or `hand` it searches the price list; with either, it asks how much.

    `called` is its name by hand, `use` the part use it is for, `instead` the line it replaces;
    `to` is `quote` where the line goes to the quote that is being made.
    """

    item: PriceItem | None = None

    def build(self, _sheet: JobSheet) -> None:
        """Draw the search, or what is asked of one thing."""
        prices = self.prices_now()
        if prices is None:
            return
        self.prices = prices
        self.item = item_of(prices, self.args.get("item", ""))
        if self.item is not None or self.args.get("hand"):
            self._ask()
            return
        self._search()

    # Finding it

    def _search(self) -> None:
        words = self.words
        self.title = words("bill_charge", "find")
        text = self.read("charge", "find")
        self.field = SearchField(
            hint=words("bill_charge", "hint"), text=text, clear_a11y=words("kit.act", "clear")
        )
        self.field.bind(on_typed=lambda _field, typed: self._typed(typed))
        self.add_widget(self.field)
        self.list = Drawn(is_card=False, pad_dp=0)
        self.rows(self.list, self._picked)
        self._show(text)

    def _typed(self, text: str) -> None:
        self.shell.drafts.keep(self.key("charge", "find"), text)
        self._show(text)

    def _show(self, text: str) -> None:
        shown = charge.find(self.prices, text, self.words)[:SHOWN_MAX]
        self.list.show(partial(_found, shown=shown, words=self.words))

    def _picked(self, code: str) -> None:
        self.shell.drafts.drop(self.key("charge", "find"))
        more = {"hand": "yes"} if code == HAND else {"item": code}
        kept = {name: self.args[name] for name in ("to",) if name in self.args}
        self.shell.show_sheet("charge", job=self.args["job"], **kept, **more)

    # How much of it

    def _ask(self) -> None:
        words, item = self.words, self.item
        self.quantity = self.read(*self._draft("quantity"), otherwise=self._begun("quantity", "1"))
        self.title = (
            str(getattr(item, words.language)) if item is not None else words("bill_charge", "own")
        )
        self.fields: dict[str, TextField] = {}
        if item is None:
            self._ask_by_hand()
        else:
            told = charge.price_of(item, self.prices, words)
            self.add_widget(Para(text=told, tone="text_2"))
        self._ask_quantity(item.unit if item is not None else PIECE)
        free = item is not None and self.bill is not None and item.kind in covers(self.bill)
        chosen = self.read(
            *self._draft("covered"), otherwise=self._begun("covered", "yes" if free else "no")
        )
        self.covered = Toggle(
            title=words("bill_charge", "covered"),
            subtitle=words("bill_charge", "covered_why"),
            active=chosen == "yes",
        )
        self.covered.bind(on_flip=lambda _toggle, on: self._flip(is_on=on))
        self.add_widget(self.covered)
        self.fields["note"] = self._field("note", words("bill_charge", "note"))
        self.add_widget(self.fields["note"])
        buttons = [("confirm", "", "primary", self.save)]
        if self.args.get("instead"):
            buttons.append(("remove", words("bill_charge", "remove"), "danger", self.remove))
        self.foot(*buttons)
        self._changed()

    def _ask_by_hand(self) -> None:
        words = self.words
        self.fields["name"] = self._field("name", words("bill_charge", "name"))
        key = self.key(*self._draft("price"))
        self.fields["price"] = drafted.number_field(
            self.shell,
            key,
            else_text=self._begun("price", ""),
            label=words("bill_charge", "price"),
            unit=self.prices.currency,
        )
        self.fields["price"].bind(on_typed=lambda *_: self._changed())
        for one in ("name", "price"):
            self.add_widget(self.fields[one])
        known = charge.rates(self.prices, words)
        usual = self._begun("rate", known[0][0] if known else "0")
        chosen = self.read(*self._draft("rate"), otherwise=usual)
        self.rate = Choice(options=known, value=chosen)
        self.rate.bind(on_pick=lambda _choice, rate: self._rated(rate))
        if len(known) > 1:
            self.add_widget(Para(text=words("bill_charge", "rate"), role="label", tone="text_2"))
            self.add_widget(self.rate)

    def _ask_quantity(self, unit: str) -> None:
        words = self.words
        self.unit, self.stepper = unit, None
        label = words("bill_charge", "quantity")
        if unit in MEASURED:
            self._type_quantity(label)
            return
        self.add_widget(Para(text=label, role="label", tone="text_2"))
        self.stepper = Stepper(
            less_a11y=words("kit.act", "less"), more_a11y=words("kit.act", "plus")
        )
        self.stepper.bind(on_step=lambda _stepper, by: self._stepped(by))
        self.add_widget(self.stepper)

    def _type_quantity(self, label: str) -> None:
        field = drafted.number_field(
            self.shell,
            self.key(*self._draft("quantity")),
            else_text=self.quantity,
            label=label,
            unit=self.words("units", self.unit),
        )
        field.bind(on_typed=lambda _field, text: self._measured(text))
        self.fields["quantity"] = field
        self.add_widget(field)

    def _stepped(self, by: int) -> None:
        self.shell.drafts.keep(
            self.key(*self._draft("quantity")), stepped(self.quantity, by, self.unit)
        )
        self._measured(stepped(self.quantity, by, self.unit))

    def _measured(self, text: str) -> None:
        self.quantity = text
        self._changed()

    def _flip(self, *, is_on: bool) -> None:
        self.covered.active = is_on
        self.shell.drafts.keep(self.key(*self._draft("covered")), "yes" if is_on else "no")
        self._changed()

    def _rated(self, rate: str) -> None:
        self.rate.value = rate
        self.shell.drafts.keep(self.key(*self._draft("rate")), rate)

    def _changed(self) -> None:
        """Show the quantity, and what it comes to on the button."""
        words = self.words
        if self.stepper is not None:
            self.stepper.text = counted(self.quantity, self.unit, words)
            self.stepper.can_less = stepped(self.quantity, -1, self.unit) != self.quantity
        price = self.item.price if self.item is not None else self._price() or 0
        amount = net_text(price, self.quantity, self.prices.currency, covered=self.covered.active)
        code = "confirm_change" if self.args.get("instead") else "confirm"
        self.buttons["confirm"].text = words("bill_charge", code, amount=amount)

    def _price(self) -> int | None:
        return minor(self.fields["price"].text, self.prices.currency)

    def save(self) -> None:
        """Put it on the bill, or on the quote that is being made."""
        wish = self._wish()
        if wish is None:
            return
        to_quote = self.args.get("to") == "quote"
        refused = self._unfit(wish, self.prices) if to_quote else self.put(wish, self.prices)
        if refused is not None:
            self._fail(refused)
        elif to_quote:
            self._to_quote(wish)
        else:
            self._forget()
            self.done(self.words("bill_charge", "added"))

    def remove(self) -> None:
        """Take the line off the bill."""
        refused = self.drop()
        if refused is not None:
            self._fail(refused)
            return
        self._forget()
        self.done(self.words("bill_charge", "removed"))

    def _wish(self) -> Wish | None:
        """What is asked for; None, and said beside the field, where something is missing."""
        words, quantity = self.words, quantity_of(self.quantity)
        if not quantity:
            self.fields["quantity"].error = words("bill_charge", "no_quantity")
            return None
        shared: dict[str, Any] = {"covered": self.covered.active, "quantity": quantity}
        shared |= {"note": tidy(self.fields["note"].text), "use": self.args.get("use")}
        if self.item is not None:
            return Wish(kind=self.item.kind, item=self.item.code, **shared)
        name, price = tidy(self.fields["name"].text), self._price()
        if not name:
            self.fields["name"].error = words("bill_charge", "no_name")
        if price is None:
            self.fields["price"].error = words("bill_charge", "no_amount")
        if not name or price is None:
            return None
        kind = "part" if self.args.get("use") else charge.HAND_KIND
        return Wish(kind=kind, name=name, price=price, tax=int(self.rate.value), **shared)  # type: ignore[arg-type]

    def _to_quote(self, wish: Wish) -> None:
        key = self.key("quote", "lines")
        kept = msgspec.json.decode(self.shell.drafts.read(key) or "[]", type=list[Wish])
        self.shell.drafts.keep(key, msgspec.json.encode([*kept, wish]).decode())
        self._forget()
        self.shell.show_sheet("quote", job=self.args["job"])

    def _fail(self, refused: Refused) -> None:
        at = (refused.field or "").rpartition(".")[2]
        self.fields.get(at, self.fields["note"]).error = self.words.explain(refused)

    def _forget(self) -> None:
        self.shell.drafts.clear(self.key(*self._draft("")))

    def _field(self, name: str, label: str) -> TextField:
        begun = self._begun("called" if name == "name" else name, "")
        return drafted.text_field(
            self.shell, self.key(*self._draft(name)), else_text=begun, label=label
        )

    def _begun(self, name: str, otherwise: str) -> str:
        return self.args.get(name, otherwise)

    def _draft(self, name: str) -> tuple[str, ...]:
        what = self.args.get("instead") or self.args.get("use") or self.args.get("item") or "hand"
        return ("charge", what, name)


def _found(pen: Pen, shown: Sequence[Listed], words: Words) -> None:
    if not shown:
        pen.text(words("bill_charge", "nothing"), "body", "text_2")
        pen.gap()
    for index, one in enumerate(shown):
        if index:
            pen.line()
        lines = [(one.name, "body_strong", "text")]
        lines.append((words.join(one.price, one.kind), "body_s", "text_2"))
        pen.row(one.code, lines)
    if shown:
        pen.line()
    pen.row(HAND, [(words("bill_charge", "by_hand"), "body_strong", "text")], "edit_note")
