"""Small questions of a bill: who pays instead, a discount, and why a quote was declined."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from kivy.metrics import dp

from mobile.queries import Sheet as JobSheet
from mobile.screens import drafted
from mobile.screens.charge import Priced
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.screens.sketch import GAP, Mark, written
from mobile.texts import Words
from mobile.views import charge
from mobile.views.bill import total
from mobile.views.coverage import Option, args_of, named, options
from mobile.widgets.choices import Choice
from mobile.widgets.fields import TextField
from mobile.widgets.text import Para
from shared.amounts import tidy
from shared.charges import Wish
from shared.errors import Refused
from shared.money import written as money
from shared.prices import usual_tax
from shared.typed import minor

OWN: Final = "own"
DECLINED: Final = ("too_high", "elsewhere", "new_machine", "thinks")


class CoverageSheet(Asking):
    """Who pays: as the papers say, or otherwise, with a reason."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw every way to decide."""
        words = self.words
        bill = self.shell.phone.queries.bill(self.args["job"])
        if bill is None:
            self.leave_soon()
            return
        self.bill = bill
        self.today = words.today(self.shell.now).isoformat()
        self.found = options(bill, words, self.today)
        self.title = words("bill_coverage", "title")
        standing = bill.decision.code if bill.decision is not None else self.found[0].key
        self.chosen = self.read("coverage", "key", otherwise=standing)
        self.add_widget(
            Para(text=words("bill_coverage", "lead", name=self.found[0].name), tone="text_2")
        )
        self.list = Drawn(is_card=False, pad_dp=0)
        self.rows(self.list, self._pick)
        self.note = drafted.text_field(
            self.shell,
            self.key("coverage", "note"),
            else_text=bill.decision.note if bill.decision is not None else "",
            label=words("bill_coverage", "note"),
            hint=words("bill_coverage", "note_hint"),
        )
        self.add_widget(self.note)
        self.foot(("confirm", "", "primary", self.decide))
        self._show()

    def decide(self) -> None:
        """Record it; what the papers do not say needs a reason."""
        option, note = self._option(), tidy(self.note.text)
        decision = named(self.bill, option.key, self.today)
        if decision is None:
            return
        if option.needs_note and not note:
            self.note.error = self.words("bill_coverage", "needs_note")
            return
        refused = self.say("charge.decide", args_of(decision, note))
        if refused is not None:
            self.note.error = self.words.explain(refused)
            return
        self.shell.drafts.clear(self.key("coverage") + "/")
        self.done(self.words("bill", "accepted"))

    def _pick(self, key: str) -> None:
        self.chosen = key
        self.note.error = ""
        self.shell.drafts.keep(self.key("coverage", "key"), key)
        self._show()

    def _option(self) -> Option:
        return next((one for one in self.found if one.key == self.chosen), self.found[0])

    def _show(self) -> None:
        option = self._option()
        self.list.show(partial(_ways, found=self.found, chosen=option.key))
        self.buttons["confirm"].text = self.words("bill_coverage", "confirm", name=option.name)


class DiscountSheet(Priced):
    """So many percent of the lines, or an amount; the customer reads why.

    With `instead` a discount is changed: `amount` and `reason` are what it was.
    """

    def build(self, _sheet: JobSheet) -> None:
        """Draw the usual shares, and a field for an amount."""
        words, prices = self.words, self.prices_now()
        if prices is None or self.bill is None:
            return
        self.prices = prices
        sums = total(self.bill, prices)
        self.lines = sums.lines if sums is not None else 0
        self.title = words("bill_discount", "title")
        shares = [
            (str(one), words("bill_discount", "share", percent=one)) for one in charge.PERCENTS
        ]
        changes = self.args.get("instead")
        chosen = self.read(*self._draft("share"), otherwise=OWN if changes else "")
        self.share = Choice(options=shares, value=chosen, style="strip")
        self.share.bind(on_pick=lambda _choice, key: self._pick(key))
        self.add_widget(self.share)
        self.amount = drafted.number_field(
            self.shell,
            self.key(*self._draft("amount")),
            else_text=self.args.get("amount", ""),
            label=words("bill_discount", "own"),
            unit=prices.currency,
        )
        self.amount.bind(on_typed=lambda *_: self._pick(OWN))
        self.add_widget(self.amount)
        self.reason = drafted.text_field(
            self.shell,
            self.key(*self._draft("reason")),
            else_text=self.args.get("reason", ""),
            label=words("bill_discount", "reason"),
            hint=words("bill_discount", "reason_hint"),
        )
        self.add_widget(self.reason)
        remove = ("remove", words("bill_charge", "remove"), "danger", self.remove)
        self.foot(("confirm", "", "primary", self.give), *([remove] if changes else []))
        self._show()

    def give(self) -> None:
        """Put it on the bill."""
        words, off = self.words, self._off()
        if not off:
            self.amount.error = words("bill_discount", "nothing")
            return
        share = self.share.value
        name = (
            words("bill_discount", "plain")
            if share == OWN
            else words("bill_discount", "name", percent=share)
        )
        wish = Wish(
            kind="discount",
            quantity="1",
            name=name,
            price=off,
            tax=usual_tax(self.prices),
            note=tidy(self.reason.text),
        )
        self._end(self.put(wish, self.prices), words("bill_discount", "added"))

    def remove(self) -> None:
        """Take it off the bill again."""
        self._end(self.drop(), self.words("bill_charge", "removed"))

    def _end(self, refused: Refused | None, told: str) -> None:
        if refused is not None:
            self.amount.error = self.words.explain(refused)
            return
        self.shell.drafts.clear(self.key(*self._draft("")))
        self.done(told)

    def _draft(self, name: str) -> tuple[str, ...]:
        return ("discount", self.args.get("instead", "new"), name)

    def _pick(self, key: str) -> None:
        self.share.value = key
        self.amount.error = ""
        self.shell.drafts.keep(self.key(*self._draft("share")), key)
        self._show()

    def _off(self) -> int:
        if self.share.value == OWN:
            return minor(self.amount.text, self.prices.currency) or 0
        return charge.share_of(self.lines, int(self.share.value)) if self.share.value else 0

    def _show(self) -> None:
        words, currency, off = self.words, self.prices.currency, self._off()
        share, amount = self.share.value, money(off, currency)
        lines = money(self.lines, currency)
        self.amount.note = (
            words("bill_discount", "share_is", percent=share, lines=lines, amount=amount)
            if share not in ("", OWN)
            else ""
        )
        self.buttons["confirm"].text = words("bill_discount", "confirm", amount=amount)


class DeclineQuoteSheet(Asking):
    """Why the customer does not agree to the newest quote: one tap, or words."""

    field: TextField

    def build(self, _sheet: JobSheet) -> None:
        """Draw the usual reasons and a field."""
        words = self.words
        self.title = words("bill_quote", "decline_title")
        ending = words("outcomes", "price_refused")
        lead = words("bill_quote", "decline_lead", outcome=ending)
        self.add_widget(Para(text=lead, tone="text_2"))
        card = Drawn(partial(_reasons, words=words), is_card=False, pad_dp=0)
        self.rows(card, lambda code: self._decline(words("bill_quote", code)))
        self.field = drafted.text_field(
            self.shell, self.key("quote", "declined"), label=words("bill_quote", "decline_reason")
        )
        self.add_widget(self.field)
        self.foot(("confirm", words("bill_quote", "decline_confirm"), "danger", self.decline))

    def decline(self) -> None:
        """Record it with the reason that was typed."""
        reason = tidy(self.field.text)
        if not reason:
            self.field.error = self.words("bill_quote", "decline_unchosen")
            return
        self._decline(reason)

    def _decline(self, reason: str) -> None:
        bill = self.shell.phone.queries.bill(self.args["job"])
        quote = bill.quotes[-1] if bill is not None and bill.quotes else None
        if quote is None:
            self.leave_soon()
            return
        refused = self.say("quote.decline", {"quote": quote.id, "reason": reason})
        if refused is not None:
            self.field.error = self.words.explain(refused)
            return
        self.shell.drafts.drop(self.key("quote", "declined"))
        self.done(self.words("bill_quote", "declined_done"))


def _ways(pen: Pen, found: Sequence[Option], chosen: str) -> None:
    for index, one in enumerate(found):
        if index:
            pen.gap(8)
        _way(pen, one, is_on=one.key == chosen)


def _way(pen: Pen, one: Option, *, is_on: bool) -> None:
    """A choice with its meaning: a ring, a name, and a sentence."""
    top, pad = pen.y, dp(14)
    sign = pen.ink.icon("radio_button_checked" if is_on else "radio_button_unchecked", 22)
    indent = pad + sign.width + dp(10)
    room = pen.width - indent - pad
    name = pen.set(one.name, "body_strong", width=room, wrap=True)
    why = pen.set(one.why, "body_s", width=room, wrap=True)
    height = max(dp(56), name.height + why.height + dp(GAP) + 2 * dp(10))
    box = (pen.left, top, pen.width, height)
    if is_on:
        pen.marks.append(Mark("box", *box, f"{one.tone}_c", None, dp(12)))
    edge = written(one.tone) if is_on else "control"
    pen.marks.append(Mark("frame", *box, edge, None, dp(12)))
    y = top + (height - name.height - why.height - dp(2)) / 2
    pen.put(sign, pen.left + pad, top + (height - sign.height) / 2, edge)
    pen.put(name, pen.left + indent, y, "text")
    pen.put(why, pen.left + indent, y + name.height + dp(2), "text" if is_on else "text_2")
    pen.y = top + height
    pen.zone(one.key, one.name, top)


def _reasons(pen: Pen, words: Words) -> None:
    for index, code in enumerate(DECLINED):
        if index:
            pen.line()
        pen.row(code, [(words("bill_quote", code), "body_strong", "text")])
