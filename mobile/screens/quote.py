"""A quote: what the repair will take, put together before it begins, and shown to the customer."""

from collections.abc import Sequence
from functools import partial

import msgspec

from mobile.queries import Sheet as JobSheet
from mobile.screens.charge import Priced
from mobile.screens.drawn import Drawn
from mobile.screens.pen import Pen
from mobile.shell import Place
from mobile.texts import Words
from mobile.views import charge
from mobile.views.quote import QuoteView, begun, quoted
from mobile.widgets.text import Para
from shared.charges import Wish


class QuoteSheet(Priced):
    """Its lines are kept as they are added; they begin with the bill and the planned parts."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw the lines, their total, and what can be done."""
        words, prices = self.words, self.prices_now()
        if prices is None or self.bill is None:
            return
        self.prices = prices
        self.title = words("bill_quote", "title")
        kept = self.shell.drafts.read(self._draft())
        self.lines = begun(self.bill, prices) if kept is None else _read(kept)
        self.add_widget(Para(text=words("bill_quote", "lead"), role="body_s", tone="text_2"))
        self.list = Drawn(is_card=False, pad_dp=0)
        self.rows(self.list, self._tapped)
        self.fault = Para(text="", role="body_s", tone="danger")
        self.add_widget(self.fault)
        self.foot(
            ("make", words("bill_quote", "make"), "primary", self.make),
            ("add", words("bill_quote", "add"), "outline", self.add),
        )
        self._show()

    def add(self) -> None:
        """Choose one more line."""
        self._keep()
        self.shell.show_sheet("charge", job=self.args["job"], to="quote")

    def make(self) -> None:
        """Record the quote, and let the customer see it."""
        args = {
            "lines": [charge.said(one) for one in self.lines],
            "price_list": self.prices.id,
        }
        refused = self.say("quote.make", args)
        if refused is not None:
            self.fault.text = self.words.explain(refused)
            return
        job = self.args["job"]
        self.shell.drafts.drop(self._draft())
        self.done(self.words("bill_quote", "made_done"))
        bill = self.shell.phone.queries.bill(job)
        if bill is not None and bill.quotes:
            subject = bill.quotes[-1].id
            self.shell.go(Place("sign_off", {"id": job, "purpose": "quote", "subject": subject}))

    def _tapped(self, name: str) -> None:
        """Take a line out again."""
        del self.lines[int(name.partition(":")[2])]
        self._keep()
        self._show()

    def _show(self) -> None:
        view = quoted(self.lines, self.prices, self.words)
        self.list.show(partial(_lines, view=view, words=self.words))
        self.buttons["make"].disabled = not self.lines
        self.fault.text = ""

    def _keep(self) -> None:
        text = msgspec.json.encode(self.lines).decode()
        self.shell.drafts.keep(self._draft(), text)

    def _draft(self) -> str:
        return self.key("quote", "lines")


def _read(kept: str) -> list[Wish]:
    try:
        return msgspec.json.decode(kept, type=list[Wish])
    except msgspec.DecodeError:
        return []


def _lines(pen: Pen, view: QuoteView, words: Words) -> None:
    if not view.lines:
        pen.text(words("bill_quote", "empty"), "body", "text_2")
        return
    label = words("bill_quote", "remove")
    for index, (name, told, amount) in enumerate(view.lines):
        top = pen.y
        pen.gap(6)
        pen.right -= pen.side_width(label) + 12
        pen.text(name, "body_strong")
        pen.text(told, "body_s", "text_2")
        pen.text(amount, "label")
        pen.right += pen.side_width(label) + 12
        pen.gap(6)
        pen.side(f"remove:{index}", label, "close", top)
        pen.gap(4)
        pen.line()
    pen.gap(8)
    _sums(pen, view.sums)
    pen.gap(4)
    pen.pair(words("bill", "total"), view.total, "title", end="total")


def _sums(pen: Pen, rows: Sequence[tuple[str, str]]) -> None:
    for name, amount in rows:
        pen.pair(name, amount, "body", "text_2")
        pen.gap(2)
