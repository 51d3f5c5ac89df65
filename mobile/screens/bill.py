"""The bill of a job: who pays and why, its lines, quote, payment, and what was taken along."""

from functools import partial
from typing import Any

from mobile.queries import Sheet
from mobile.queries.bill import Bill
from mobile.screens import bill_rows, job_acts
from mobile.screens.drawn import Drawn
from mobile.screens.job_page import Card, JobPage
from mobile.shell import Place, Shell
from mobile.views import bill as bills, charge
from mobile.views.bill import BillView, NextStep, Payer
from mobile.views.coverage import args_of, payer, proposed
from mobile.views.money_rows import item_rows, paid_rows
from mobile.views.proposals import Proposal
from mobile.widgets.page import Footer
from mobile.widgets.press import rest
from shared.charges import Wish

# A tap that opens a sheet of the same job.
OPENS = {
    "change": "coverage",
    "add": "charge",
    "discount": "discount",
    "quote": "quote",
    "decline": "decline_quote",
    "pay": "payment",
    "invoice": "invoice",
    "take_away": "take_away",
}


class BillScreen(JobPage):
    """Everything about money on one screen; the total stays in sight."""

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.bill: Bill | None = None
        self.view: BillView | None = None
        self.who: Payer | None = None
        self.step = NextStep(action="")
        self.foot = Footer()
        self.total = Drawn(is_card=False, pad_dp=0)
        self.total.bind(on_zone=lambda _card, name: self.tapped(name))
        self.foot.add_widget(self.total)
        self.add_widget(self.foot)

    def draw(self, sheet: Sheet) -> None:
        """Draw its cards, and the total under them."""
        words, today = self.words, self.today
        self.title = words("bill", "title")
        self.subtitle = words.called(sheet.order)
        bill = self.shell.phone.queries.bill(sheet.order.id)
        if bill is None:
            return
        self.bill = bill
        view = self.view = bills.view(sheet, bill, words, today)
        self.who = payer(bill, words, today)
        self.lay(self._cards(bill, view, self.who))
        step = bills.next_step(sheet, view, self.who, words)
        if step.action != self.step.action:
            rest.begin(self.foot)
        self.step = step
        self.total.show(partial(bill_rows.foot, view=view, step=step, words=words))

    @property
    def today(self) -> str:
        """Which day it is here."""
        return self.words.today(self.shell.now).isoformat()

    def tapped(self, name: str) -> None:
        """Do what was tapped."""
        if self.sheet is None or self.view is None:
            return
        what, _, identity = name.partition(":")
        job = self.sheet.order.id
        if what in OPENS:
            self.shell.show_sheet(OPENS[what], job=job)
        elif what in ("line", "payment", "item"):
            self._open(what, identity)
        elif what == "accept":
            self.accept()
        elif what == "add_all":
            self.take_over([one.wish for one in self.view.proposals if one.wish is not None])
        elif what == "propose":
            self.propose(identity)
        elif what in ("sign", "show_quote"):
            self.sign(what)

    def accept(self) -> None:
        """Record who pays, as it is proposed."""
        if self.bill is None or self.sheet is None:
            return
        rest.begin()
        args = args_of(proposed(self.bill, self.today))
        if self.shell.say("charge.decide", job_acts.on(self.sheet), args):
            self.shell.adapters.haptics.feel("done")
            self.shell.note(self.words("bill", "accepted"))

    def propose(self, key: str) -> None:
        """Take one proposed line over, or ask for its price."""
        assert self.view is not None
        one = next((one for one in self.view.proposals if one.key == key), None)
        if one is None:
            return
        if one.wish is not None:
            self.take_over([one.wish])
        else:
            self.shell.show_sheet("charge", job=self.args["id"], **_by_hand(one))

    def take_over(self, wishes: list[Wish]) -> None:
        """Put lines on the bill; the first that is refused ends it, and is said."""
        assert self.bill is not None
        prices = bills.edition(self.bill, self.today)
        if self.sheet is None or prices is None:
            return
        rest.begin(self.foot)
        count = 0
        for wish in wishes:
            args = {"line": charge.said(wish), "price_list": prices.id}
            if not self.shell.say("charge.add", job_acts.on(self.sheet), args):
                return
            count += 1
        self.shell.adapters.haptics.feel("done")
        self.shell.note(self.words("bill", "taken_over", count=count))

    def sign(self, what: str) -> None:
        """Hand over to the customer."""
        assert self.view is not None
        args = {"id": self.args["id"], "purpose": "visit"}
        if what == "show_quote" and self.view.quote is not None:
            args |= {"purpose": "quote", "subject": self.view.quote.id}
        self.shell.go(Place("sign_off", args))

    def _open(self, what: str, identity: str) -> None:
        """The sheet of a line, a payment or an item."""
        assert self.bill is not None
        job = self.args["id"]
        line = next((one for one in self.bill.charges if one.id == identity), None)
        if line is not None:
            prices = bills.edition(self.bill, self.today)
            began = charge.again(line, prices.currency if prices is not None else "")
            self.shell.show_sheet(charge.sheet_of(line), job=job, **began)
        elif what != "line":
            sheet = {"payment": "paid", "item": "item"}[what]
            self.shell.show_sheet(sheet, job=job, **{what: identity})

    def _cards(self, bill: Bill, view: BillView, who: Payer | None) -> list[Card]:
        words, rows = self.words, bill_rows
        cards: list[Card] = []
        if who is not None:
            draw = partial(rows.payer, who=who, words=words, is_open=view.is_open)
            cards.append(("payer", (who, view.is_open), draw))
        if view.proposals and view.is_open:
            draw = partial(rows.proposals, found=view.proposals, words=words)
            cards.append(("proposals", view.proposals, draw))
        cards.append(("lines", view, partial(rows.lines, view=view, words=words)))
        quoted = (view.quote, view.is_open)
        cards.append(("quote", quoted, partial(rows.quote, view=view, words=words)))
        paid = paid_rows(bill, words, self.shell.now)
        draw = partial(rows.payments, rows=paid, view=view, words=words)
        cards.append(("payments", (paid, view.due, view.is_open), draw))
        taken = item_rows(bill, words)
        draw = partial(rows.items, rows=taken, words=words, is_open=view.is_open)
        cards.append(("items", (taken, view.is_open), draw))
        return cards


def _by_hand(one: Proposal) -> dict[str, str]:
    """What the sheet is opened with that asks for the price of a part."""
    return {"hand": "part", "called": one.name, "use": one.key, "quantity": one.quantity}
