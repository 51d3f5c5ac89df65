"""Taking money: how, how much, from whom; and taking back what was recorded by mistake."""

from functools import partial
from typing import Any, Final

import segno
from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.papers import Asked
from mobile.queries import Sheet as JobSheet
from mobile.screens import bill_rows, drafted, printing
from mobile.screens.charge import Priced
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.screens.slip import SlipPhoto
from mobile.texts import Words
from mobile.views.payment import PaymentView, paid_named, payment
from mobile.widgets.buttons import PushButton
from shared.amounts import tidy
from shared.money import written as money
from shared.payments import ON_ACCOUNT, Payment
from shared.typed import major

QUIET: Final = 4  # modules of white around a QR code (ISO/IEC 18004)
QR_DP: Final = 264


class QrCode(Widget):
    """A text as a QR code, black on white whatever the theme, as large as there is room."""

    text = StringProperty("")
    a11y = StringProperty("")

    def __init__(self, **given: Any) -> None:
        super().__init__(size_hint_y=None, height=0, **given)
        for name in ("pos", "width", "text"):
            self.fbind(name, self._draw)
        self._draw()

    def _draw(self, *_: Any) -> None:
        self.canvas.clear()
        self.height = min(dp(QR_DP), self.width) if self.text else 0
        if not self.text:
            return
        texture = _code(self.text)
        count = texture.width
        side = max(int(self.height // count), 1) * count  # every module the same whole pixels
        corner = (round(self.center_x - side / 2), round(self.center_y - side / 2))
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(texture=texture, pos=corner, size=(side, side))


class PaymentSheet(Priced):
    """The amount begins with what is due; above the limit the way to an invoice is shown."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw what is asked."""
        words, prices = self.words, self.prices_now()
        if prices is None or self.bill is None:
            return
        self.prices = prices
        begun = payment(self.bill, prices, ("cash", ""), words)
        self.title = words("bill_payment", "title")
        self.method = self.read("payment", "method", otherwise="cash")
        self.ways = begun.methods
        self.methods = Drawn(is_card=False, pad_dp=0)
        self.rows(self.methods, self._pick)
        self.code = QrCode()
        self.dealing = Drawn(is_card=False, pad_dp=0)
        self.amount = drafted.number_field(
            self.shell,
            self.key("payment", "amount"),
            else_text=major(begun.due, prices.currency) if begun.due else "",
            label=words("bill_payment", "amount"),
            unit=prices.currency,
            size_sp=24,
        )
        self.amount.bind(on_typed=lambda *_: self._show())
        close = BoxLayout(orientation="vertical", size_hint_y=None, height=0)
        close.bind(minimum_height=close.setter("height"))
        close.add_widget(self.code)
        close.add_widget(self.dealing)
        self.add_widget(close)
        self.add_widget(self.amount)
        self.payer = drafted.text_field(
            self.shell,
            self.key("payment", "payer"),
            else_text=self.bill.customer.name if self.bill.customer is not None else "",
            label=words("bill_payment", "payer"),
            hint=words("bill_payment", "payer_hint"),
        )
        self.transaction = drafted.text_field(
            self.shell,
            self.key("payment", "transaction"),
            label=words("bill_payment", "transaction"),
            hint=words("bill_payment", "transaction_hint"),
        )
        self.slip = SlipPhoto(self.shell, self.args["job"])
        self.add_widget(self.payer)
        self.foot(
            ("confirm", "", "primary", self.take),
            ("invoice", words("bill_payment", "to_invoice"), "outline", self.to_invoice),
        )
        self._show()

    def refresh(self) -> None:
        """Also when a picture has become a photo."""
        super().refresh()
        if self.buttons:
            self.slip.show()

    def take(self) -> None:
        """Record it; what is wrong stands beside the amount."""
        view = self._view()
        if not view.amount:
            self.amount.error = self.words("bill_payment", "no_amount")
            return
        if view.over:
            return
        slip = self.slip.state()
        if view.asks_transaction and slip.code == "making":
            self.slip.tell(self.words("bill_payment", "slip_wait"), is_wrong=True)
            return
        args: dict[str, Any] = {
            "method": self.method,
            "amount": view.amount,
            "currency": view.currency,
            "price_list": self.prices.id,
            "payer": tidy(self.payer.text),
        }
        if view.asks_transaction:
            args["transaction"] = tidy(self.transaction.text)
            args |= {"photo": slip.photo} if slip.photo else {}
        refused = self.say("payment.take", args)
        if refused is not None:
            self.amount.error = self.words.explain(refused)
            return
        self.shell.drafts.clear(self.key("payment") + "/")
        self.done(self.words("bill_payment", "done"))
        bill = self.shell.phone.queries.bill(self.args["job"])
        if bill is not None and bill.payments:
            self.shell.show_sheet("paid", job=self.args["job"], payment=bill.payments[-1].id)

    def to_invoice(self) -> None:
        """Ask for an invoice instead."""
        self.shell.show_sheet("invoice", job=self.args["job"])

    def _pick(self, key: str) -> None:
        self.method = key
        self.shell.drafts.keep(self.key("payment", "method"), key)
        self._show()
        self.ids.body.scroll_y = 1  # a code is to be seen whole

    def _view(self) -> PaymentView:
        assert self.bill is not None
        typed = (self.method, self.amount.text)
        return payment(self.bill, self.prices, typed, self.words)

    def _show(self) -> None:
        words, view = self.words, self._view()
        self.methods.show(partial(bill_rows.methods, ways=self.ways, chosen=self.method))
        self.amount.warning = view.beyond or view.over  # a slip of the hand before the limit
        self.code.text = view.qr
        self.dealing.show(partial(bill_rows.dealing, told=view.told, account=view.account))
        self._put_transaction(is_asked=view.asks_transaction)
        confirm = self.buttons["confirm"]
        code = "confirm_account" if self.method == ON_ACCOUNT else "confirm"
        confirm.text = words("bill_payment", code, amount=view.amount_text)
        confirm.disabled = bool(view.over)
        self._put_invoice(self.buttons["invoice"], is_offered=bool(view.over))

    def _put_transaction(self, *, is_asked: bool) -> None:
        for one in (self.transaction, self.slip):
            if is_asked and one.parent is None:
                self.add_widget(one)
            elif not is_asked and one.parent is not None:
                self.ids.body.remove_widget(one)

    def _put_invoice(self, button: PushButton, *, is_offered: bool) -> None:
        footer = self.buttons["confirm"].parent
        if is_offered and button.parent is None:
            footer.add_widget(button)
        elif not is_offered and button.parent is not None:
            footer.remove_widget(button)


class PaidSheet(Asking):
    """One payment: its receipt, and the way to take it back."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw what was recorded."""
        words, one = self.words, self._payment()
        if one is None:
            self.leave_soon()
            return
        self.title = words("bill_payment", "paid_title", receipt=one.receipt)
        draw = partial(_paid, one=one, words=words, when=words.moment(one.at, self.shell.now))
        self.add_widget(Drawn(draw, is_card=False, pad_dp=0))
        self.reason = drafted.text_field(
            self.shell,
            self.key("void", one.id),
            label=words("bill_payment", "mistake"),
            hint=words("bill_payment", "mistake_why"),
        )
        self.add_widget(self.reason)
        self.foot(
            ("receipt", words("bill_payment", "receipt"), "primary", self.receipt),
            ("void", words("bill_payment", "mistake_confirm"), "danger", self.void),
        )

    def receipt(self) -> None:
        """Make the receipt as a paper for a small printer, and hand it on."""
        asked = Asked(
            number=self.args["job"],
            kind="receipt",
            paper="80mm",
            language=self.words.language,
            subject=self.args["payment"],
            now_ms=self.shell.now,
        )
        printing.receipt(self.shell, asked, self.buttons["receipt"])

    def void(self) -> None:
        """Take it back; it stays in the books as taken back."""
        reason = tidy(self.reason.text)
        if not reason:
            self.reason.error = self.words("bill_payment", "no_reason")
            return
        refused = self.say("payment.void", {"payment": self.args["payment"], "reason": reason})
        if refused is not None:
            self.reason.error = self.words.explain(refused)
            return
        self.shell.drafts.drop(self.key("void", self.args["payment"]))
        self.done(self.words("bill_payment", "voided"))

    def _payment(self) -> Payment | None:
        bill = self.shell.phone.queries.bill(self.args["job"])
        return paid_named(bill, self.args.get("payment", "")) if bill is not None else None


def _code(text: str) -> Any:
    """A QR code with its quiet zone, one pixel a module."""
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=QUIET))
    pixels = bytes(0 if dark else 255 for row in reversed(rows) for dark in row)
    texture = Texture.create(size=(len(rows), len(rows)), colorfmt="luminance", mipmap=False)
    texture.blit_buffer(pixels, colorfmt="luminance", bufferfmt="ubyte")
    texture.mag_filter = texture.min_filter = "nearest"
    return texture


def _paid(pen: Pen, one: Payment, words: Words, when: str) -> None:
    amount = money(one.amount, one.currency)
    pen.pair(words("payment_methods", one.method), amount, "title_s", end="total")
    pen.gap(4)
    pen.text(words.join(when, one.payer, one.transaction), "body_s", "text_2")
    if one.photo_id is not None:
        pen.gap(4)
        pen.mark("photo_camera", words("bill_payment", "slip_there"), "body_s", "text_2")
