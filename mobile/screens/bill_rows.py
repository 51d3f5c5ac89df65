"""How the bill of a job is drawn: who pays, the lines, the quote, what was paid and taken away."""

from collections.abc import Sequence
from typing import Any

from kivy.metrics import dp, sp

from mobile.screens.pen import Pen
from mobile.screens.sketch import CONTROL, Mark, Zone
from mobile.texts import Words
from mobile.views.bill import BillView, LineRow, NextStep, Payer, QuoteRow
from mobile.views.money_rows import ICONS, ItemRow, PaidRow
from mobile.views.proposals import Proposal

Box = tuple[float, float, float, float]


def payer(pen: Pen, who: Payer, words: Words, *, is_open: bool) -> None:
    """Who pays and why: proposed in words, accepted with one tap, changed with a reason."""
    pen.head("wallet", words("bill", "payer"), "" if who.is_decided else words("bill", "proposed"))
    pen.chips([(who.name, who.tone, "check_circle" if who.is_decided else "")])
    pen.gap()
    pen.text(who.why)
    if who.note:
        pen.gap(4)
        pen.text(who.note, "body_s", "text_2")
    if is_open:
        pen.gap(10)
        accept = [("accept", words("bill", "accept"), "check")] if not who.is_decided else []
        pen.buttons([*accept, ("change", words("bill", "change"), "edit")])


def lines(pen: Pen, view: BillView, words: Words) -> None:
    """What is on the bill; a tap on a line changes it."""
    pen.head("receipt_long", words("bill", "title"))
    if not view.lines:
        pen.text(words("bill", "none"), "body", "text_2")
    for index, one in enumerate(view.lines):
        if index:
            pen.line()
        _line(pen, one, is_open=view.is_open)
    if view.lines:
        pen.rule()
        for name, amount in view.sums:
            pen.pair(name, amount, "body", "text_2")
            pen.gap(2)
        pen.gap(4)
        pen.pair(words("bill", "total"), view.total, "title", end="title")
    pen.gap()
    pen.text(view.prices, "body_s", "text_2")
    if view.is_open and view.is_priced:
        pen.gap(10)
        pen.buttons(
            [
                ("add", words("bill", "add"), "add"),
                ("discount", words("bill", "discount_give"), "percent"),
            ]
        )


def _line(pen: Pen, one: LineRow, *, is_open: bool) -> None:
    top = pen.y
    pen.gap(8)
    pen.pair(one.name, one.amount, "body_strong")
    pen.text(one.under, "body_s", "text_2")
    if one.covered:
        pen.text(one.covered, "label_s", "success")
    if one.note:
        pen.text(one.note, "body_s", "text_2")
    pen.gap(8)
    if is_open:
        pen.zone(f"line:{one.id}", one.name, top)


def proposals(pen: Pen, found: Sequence[Proposal], words: Words) -> None:
    """What belongs on the bill and is not there yet; one tap takes each over."""
    pen.head("playlist_add", words("bill", "proposals"), str(len(found)))
    for index, one in enumerate(found):
        if index:
            pen.rule()
        top = pen.y
        label = words("bill", "take_over" if one.wish is not None else "price_it")
        room = pen.side_width(label) + 12
        pen.text(one.name, "body_strong", right=room)
        pen.gap(2)
        pen.text(one.under, "body_s", "text_2", right=room)
        pen.text(one.amount, "label", "text", right=room)
        pen.side(f"propose:{one.key}", label, "add", top)


def quote(pen: Pen, view: BillView, words: Words) -> None:
    """What was quoted before the repair, and whether the customer agreed."""
    pen.head("request_quote", words("bill", "quote"))
    one = view.quote
    if one is None:
        pen.text(words("bill_quote", "none"), "body", "text_2")
    else:
        pen.pair(one.told, one.total, "body", "text", end="title_s")
    if not view.is_open:
        return
    pen.gap(10)
    offered = _answers(one, words) if one is not None else []
    if offered:
        pen.buttons(offered)
        pen.gap()
    label = "quote_make" if one is None else "quote_again"
    pen.buttons([("quote", words("bill", label), "request_quote")])


def _answers(one: QuoteRow, words: Words) -> list[tuple[str, str, str]]:
    """How a quote can be answered; who declined it may still agree."""
    if one.state == "agreed":
        return []
    code = "quote_show" if one.state == "made" else "quote_show_again"
    show = ("show_quote", words("bill", code), "signature")
    decline = ("decline", words("bill", "quote_declined"), "block")
    return [show, decline] if one.state == "made" else [show]


def payments(pen: Pen, rows: Sequence[PaidRow], view: BillView, words: Words) -> None:
    """What was paid, asked to be invoiced, and what is still due."""
    pen.head("payments", words("bill", "payment"))
    for one in rows:
        top = pen.y
        pen.gap(4)
        pen.pair(one.name, one.amount, "body_strong")
        pen.gap(4)
        pen.mark(one.icon, one.told, "body_s", "text_2", sign_tone=one.tone)
        pen.gap(4)
        if one.zone:
            pen.zone(one.zone, one.name, top)
    if rows:
        pen.rule()
    pen.pair(words("bill", "due"), view.due_text, "title_s", end="title_s")
    if view.is_open:
        pen.gap(10)
        collect = [("pay", words("bill", "pay"), "payments")] if view.due > 0 else []
        pen.buttons([*collect, ("invoice", words("bill", "invoice"), "article")])


def items(pen: Pen, rows: Sequence[ItemRow], words: Words, *, is_open: bool) -> None:
    """What was taken along for repair, and whether it is back."""
    pen.head("home_repair_service", words("bill", "items"))
    if not rows:
        pen.text(words("bill", "no_items"), "body", "text_2")
    for index, one in enumerate(rows):
        if index:
            pen.line()
        top = pen.y
        pen.gap(6)
        pen.text(one.name, "body_strong")
        pen.text(one.under, "body_s", "text_2")
        pen.gap(4)
        pen.chips([(one.state, one.tone, "")])
        pen.gap(6)
        if one.zone:
            pen.zone(one.zone, one.name, top)
    if is_open:
        pen.gap(10)
        pen.buttons([("take_away", words("bill", "take_away"), "move_item")])


def foot(pen: Pen, view: BillView, step: NextStep, words: Words) -> None:
    """The total, always in full, and what comes next."""
    pen.pair(words("bill", "total"), view.total, "title_s", end="total")
    if step.action:
        pen.gap(8)
        pen.action(step.action, step.label, step.detail, step.icon)


def methods(pen: Pen, ways: Sequence[tuple[str, str]], chosen: str) -> None:
    """The ways to pay, two beside each other, one of them chosen."""
    gap = dp(8)
    each = (pen.width - gap) / 2
    top = pen.y
    for first in range(0, len(ways), 2):
        pair = ways[first : first + 2]
        texts = [
            pen.set(text, "label", width=each - sp(22) - dp(30), wrap=True) for _, text in pair
        ]
        height = max(dp(CONTROL), *(one.height + dp(20) for one in texts))
        for index, (key, label) in enumerate(pair):
            box = (pen.left + index * (each + gap), top, each, height)
            _method(pen, (key, label), texts[index], box, is_on=key == chosen)
        top += height + gap
    pen.y = top - gap


def _method(pen: Pen, way: tuple[str, str], text: Any, box: Box, *, is_on: bool) -> None:
    x, y, width, height = box
    ink = "primary_c_fg" if is_on else "text"
    if is_on:
        pen.marks.append(Mark("box", *box, "primary_c", None, dp(12)))
    pen.marks.append(Mark("frame", *box, ink if is_on else "control", None, dp(12)))
    sign = pen.ink.icon(ICONS[way[0]], 22, filled=is_on)
    pen.put(sign, x + dp(12), y + (height - sign.height) / 2, ink)
    pen.put(text, x + dp(20) + sign.width, y + (height - text.height) / 2, ink)
    pen.zones.append(Zone(way[0], way[1], x, y, width, height))


def dealing(pen: Pen, told: str, account: str) -> None:
    """What has to be known of the way that was chosen, if anything."""
    pen.text(told, "body", "text_2")
    if account:
        pen.gap(2)
        pen.text(account, "body_strong")
