"""The bill of a job by touches: who pays, lines, quote, payment, invoice, and items taken along."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from mobile.queries.bill import Bill
from tests.app.billed import PAY_TEXT, billed
from tests.app.driver import Driver
from tests.app.folders import NOW_MS
from tests.app.test_photos import shoot
from tests.app.test_sign_off import scrawl, unlock


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, str]]:
    folder = tmp_path_factory.mktemp("billed")
    return folder, billed(folder)


@pytest.fixture
def bills(
    driver: Driver, template: tuple[Path, tuple[str, str]], tmp_path: Path
) -> Callable[..., Driver]:
    """The app open at a bill: of a job out of warranty, or of one in it."""
    folder, orders = template
    copy = tmp_path / "phone"
    shutil.copytree(folder, copy)

    def opened(which: str = "chargeable", **look: Any) -> Driver:
        look.setdefault("now_ms", NOW_MS)
        hand = driver.start(copy, **look)
        return hand.go("bill", id=orders[which != "chargeable"])

    return opened


def bill_of(hand: Driver) -> Bill:
    found = hand.app.phone.queries.bill(hand.place.args["id"])
    assert isinstance(found, Bill)
    return found


def sheet(driver: Driver, name: str, **args: str) -> None:
    driver.app.show_sheet(name, job=driver.place.args["id"], **args)
    driver.until(lambda: driver.sheet is not None)
    driver.frames(2)


def press(hand: Driver, text: str) -> None:
    """Press a button of a sheet."""
    hand.tap(hand.find(text, "PushButton"))


def tap(hand: Driver, zone: str) -> None:
    """Tap a card; what was just said may lie over it."""
    hand.root.hush()
    hand.tap(zone)


def lines(hand: Driver) -> list[tuple[str, int, bool]]:
    """What is on the bill; the clock stands, so nothing came before anything else."""
    return sorted((one.en, one.net, one.covered) for one in bill_of(hand).charges)


def test_who_pays_is_proposed_with_its_reason_and_accepted_in_one_tap(bills: Any) -> None:
    hand = bills("warranty")
    assert hand.sees("C · Free in warranty")
    assert hand.sees("1 Mar 2030")
    hand.tap("Accept who pays")
    decision = bill_of(hand).decision
    assert decision is not None
    assert (decision.category, decision.basis, decision.code) == (
        "C",
        "warranty",
        "in_warranty_delivery",
    )
    tap(hand, "Add 2 lines")
    assert lines(hand) == [("Filter", 9_100, True), ("Visit in town", 8_000, True)]
    assert hand.sees("Not charged")
    assert hand.zone("pay") is None  # nothing is to be paid
    assert "¥0.00" in hand.page.total.a11y


def test_the_parts_that_were_fitted_are_proposed_and_add_up_with_tax(bills: Any) -> None:
    hand = bills()
    hand.tap("Accept who pays")
    tap(hand, "Add 2 lines")
    assert lines(hand) == [("Filter", 9_100, False), ("Visit in town", 8_000, False)]
    tap(hand, "Price")  # the board is in no price list
    hand.until(lambda: hand.sheet is not None)
    hand.type("Price for one", "1,200.5")
    press(hand, "Add · ¥1,200.50")
    board = next(one for one in bill_of(hand).charges if one.price == 120_050)
    assert (board.kind, board.use_id is not None) == ("part", True)
    assert "¥1,371.50" in hand.page.total.a11y
    assert hand.sees("Tax 6 % is included")


def test_otherwise_than_the_papers_say_needs_a_reason(bills: Any) -> None:
    hand = bills()
    tap(hand, "Change")
    hand.until(lambda: hand.sheet is not None)
    hand.tap("goodwill")
    press(hand, "Record: C")
    assert hand.sees("Say why in a few words.")
    hand.type("Why it is otherwise", "Third visit in a month")
    hand.again(now_ms=NOW_MS)
    press(hand, "Record: C")
    decision = bill_of(hand).decision
    assert decision is not None
    assert (decision.category, decision.basis, decision.note) == (
        "C",
        "goodwill",
        "Third visit in a month",
    )
    assert hand.app.drafts.keys("job/") == ()


def test_a_line_is_found_measured_changed_and_taken_off(bills: Any) -> None:
    hand = bills()
    sheet(hand, "charge")
    hand.type(next(hand.widgets("SearchField")), "人工")
    hand.tap("labour")
    hand.until(lambda: hand.sheet.args.get("item") == "labour")
    hand.tap("One more")
    press(hand, "Add · ¥180.00")  # hours go by the half
    assert lines(hand) == [("Labour", 18_000, False)]
    tap(hand, f"line:{bill_of(hand).charges[0].id}")
    hand.until(lambda: hand.sheet is not None)
    hand.tap("One more")
    press(hand, "Change · ¥240.00")
    assert lines(hand) == [("Labour", 24_000, False)]
    tap(hand, f"line:{bill_of(hand).charges[0].id}")
    hand.until(lambda: hand.sheet is not None)
    press(hand, "Take it off the bill")
    assert lines(hand) == []


def test_what_is_in_no_price_list_is_named_and_priced_by_hand(bills: Any) -> None:
    hand = bills()
    sheet(hand, "charge", hand="yes")
    assert hand.sheet.title == "Name and price of your own"
    press(hand, "Add · ¥0.00")
    assert hand.sees("Say what it is.")
    hand.type("What it is", "Crane for the roof")
    hand.type("Price for one", "dear")
    press(hand, "Add · ¥0.00")
    assert hand.sees("Enter an amount, such as 80 or 80.50.")
    hand.again(now_ms=NOW_MS)
    assert hand.find("What it is", "TextField").text == "Crane for the roof"
    hand.type("Price for one", "800")
    press(hand, "Add · ¥800.00")
    (line,) = bill_of(hand).charges
    assert (line.kind, line.zh, line.net) == ("other", "Crane for the roof", 80_000)


def test_a_discount_is_one_tap(bills: Any) -> None:
    hand = bills()
    hand.tap("Accept who pays")
    tap(hand, "Add 2 lines")
    tap(hand, "discount")
    hand.until(lambda: hand.sheet is not None)
    hand.tap("10 %", "ChoiceItem")
    press(hand, "Take off ¥17.10")
    assert lines(hand)[0] == ("Discount 10 %", -1_710, False)
    assert "¥153.90" in hand.page.total.a11y


def test_a_discount_that_is_changed_stays_a_discount(bills: Any) -> None:
    hand = bills()
    sheet(hand, "charge", hand="yes")
    hand.type("What it is", "Crane")
    hand.type("Price for one", "800")
    press(hand, "Add · ¥800.00")
    sheet(hand, "discount")
    hand.type("Or an amount", "20")
    hand.type("Why", "Late")
    press(hand, "Take off ¥20.00")
    discount = next(one for one in bill_of(hand).charges if one.kind == "discount")
    tap(hand, f"line:{discount.id}")
    hand.until(lambda: hand.sheet is not None)
    assert hand.find("Why", "TextField").text == "Late"
    hand.type("Or an amount", "30")
    press(hand, "Take off ¥30.00")
    assert lines(hand) == [("Crane", 80_000, False), ("Discount", -3_000, False)]
    discount = next(one for one in bill_of(hand).charges if one.kind == "discount")
    assert discount.note == "Late"
    tap(hand, f"line:{discount.id}")
    hand.until(lambda: hand.sheet is not None)
    press(hand, "Take it off the bill")
    assert lines(hand) == [("Crane", 80_000, False)]


@pytest.mark.slow
def test_a_line_by_hand_that_is_changed_keeps_its_tax(bills: Any) -> None:
    hand = bills()
    sheet(hand, "charge", hand="yes")
    hand.type("What it is", "Crane")
    hand.type("Price for one", "800")
    hand.tap("13 %", "ChoiceItem")
    press(hand, "Add · ¥800.00")
    tap(hand, f"line:{bill_of(hand).charges[0].id}")
    hand.until(lambda: hand.sheet is not None)
    hand.type("Price for one", "900")
    press(hand, "Change · ¥900.00")
    (line,) = bill_of(hand).charges
    assert (line.net, line.tax) == (90_000, 1_300)


def test_a_change_that_is_not_possible_leaves_the_line_on_the_bill(bills: Any) -> None:
    hand = bills()
    sheet(hand, "charge", item="clean")
    press(hand, "Add · ¥180.00")
    tap(hand, f"line:{bill_of(hand).charges[0].id}")
    hand.until(lambda: hand.sheet is not None)
    note = hand.find("Note on the bill", "TextField")
    hand.type(note, "长" * 201)
    press(hand, "Change · ¥180.00")
    assert note.error
    assert lines(hand) == [("Deep cleaning of the indoor unit", 18_000, False)]


def test_a_quote_is_made_shown_and_declined_with_its_reason(bills: Any) -> None:
    hand = bills()
    job = hand.place.args["id"]
    sheet(hand, "quote")
    assert hand.find("Save and show", "PushButton").disabled
    press(hand, "Add a line")
    hand.tap("clean")
    hand.until(lambda: hand.sheet.args.get("item") == "clean")
    press(hand, "Add · ¥180.00")
    hand.until(lambda: hand.place.sheet == "quote")
    hand.again(now_ms=NOW_MS)
    press(hand, "Save and show to the customer")
    quote = bill_of(hand).quotes[-1]
    assert (quote.total, quote.lines[0].item) == (18_000, "clean")
    assert hand.place.screen == "sign_off"
    assert hand.place.args == {"id": job, "purpose": "quote", "subject": quote.id}
    hand.go("bill", id=job)
    tap(hand, "decline")
    hand.until(lambda: hand.sheet is not None)
    assert hand.sees("The visit can then end with “Price refused after diagnosis”.")
    hand.tap("Too expensive")
    assert bill_of(hand).quotes[-1].decline_reason == "Too expensive"
    assert hand.sees("Declined · Too expensive")


def test_money_is_taken_up_to_the_limit_and_can_be_taken_back(bills: Any) -> None:
    hand = bills()
    assert hand.folder is not None
    hand.tap("Accept who pays")
    tap(hand, "Add 2 lines")
    tap(hand, "pay")
    hand.until(lambda: hand.sheet is not None)
    assert hand.find("Amount", "TextField").text == "171.00"
    press(hand, "Received ¥171.00")
    hand.until(lambda: hand.place.sheet == "paid")
    (paid,) = bill_of(hand).payments
    assert (paid.method, paid.amount, paid.payer) == ("cash", 17_100, "江州明湖大酒店")
    assert hand.sees(f"Payment {paid.receipt}")
    press(hand, "Show the receipt")
    hand.until(lambda: not hand.find("Show the receipt", "PushButton").disabled)
    assert [path.read_bytes()[:5] for path in (hand.folder / "papers").glob("*.pdf")] == [b"%PDF-"]
    press(hand, "Take this payment back")
    assert hand.sees("Say why in a few words.")
    hand.type("Why it is taken back", "Paid by card at the desk")
    press(hand, "Take this payment back")
    assert bill_of(hand).payments == ()
    assert hand.sees("¥171.00")


@pytest.mark.slow
def test_a_photo_of_the_slip_is_attached_to_the_payment_it_was_taken_for(
    bills: Any,
) -> None:
    hand = bills()
    shoot(hand)
    sheet(hand, "charge", item="clean")
    press(hand, "Add · ¥180.00")
    sheet(hand, "payment")
    assert not hand.sees("Photograph the slip"), "cash has none"
    hand.tap("transfer")
    press(hand, "Photograph the slip")
    hand.until(lambda: hand.sees("A photo of the slip is attached. Only your company sees it."))
    press(hand, "Received ¥180.00")
    hand.until(lambda: hand.place.sheet == "paid")
    (paid,), job = bill_of(hand).payments, hand.place.args["id"]
    (photo,) = [one.photo for one in hand.app.phone.queries.photos(job)]
    assert (paid.photo_id, photo.audience, photo.caption) == (photo.id, "internal", "Payment slip")
    assert hand.sees("A photo of the slip is attached. Only your company sees it.")
    sheet(hand, "payment")
    hand.tap("transfer")
    assert hand.sees("Photograph the slip"), "each payment has its own"


def test_more_than_is_due_is_said_before_it_is_taken(bills: Any) -> None:
    hand = bills()
    sheet(hand, "charge", item="clean")
    press(hand, "Add · ¥180.00")
    sheet(hand, "payment")
    amount = hand.find("Amount", "TextField")
    assert amount.warning == ""
    hand.type(amount, "1800")
    assert amount.warning == "This is ¥1,620.00 more than is due."


def test_what_is_too_long_is_named_with_its_length_and_what_there_is_room_for(
    bills: Any,
) -> None:
    hand = bills()
    sheet(hand, "charge", item="clean")
    long, told = "x" * 231, "“{}” has 231 characters; there is room for 200. Shorten it."
    hand.type("Note on the bill", long)
    assert hand.find("Note on the bill", "TextField").long == told.format("Note on the bill")
    press(hand, "Add · ¥180.00")
    assert bill_of(hand).charges == ()
    hand.type("Note on the bill", "y" * 200)
    assert hand.find("Note on the bill", "TextField").long == ""
    press(hand, "Add · ¥180.00")
    assert [one.note for one in bill_of(hand).charges] == ["y" * 200]
    sheet(hand, "payment")
    hand.type("Who pays", long)
    press(hand, "Received ¥180.00")
    assert hand.find("Amount", "TextField").error == told.format("Who pays")
    assert bill_of(hand).payments == ()


def test_a_line_too_long_for_a_quote_is_not_put_on_it(bills: Any) -> None:
    hand = bills()
    sheet(hand, "charge", item="clean", to="quote")
    hand.type("Note on the bill", "x" * 201)
    press(hand, "Add · ¥180.00")
    assert hand.place.sheet == "charge"
    assert hand.sees("“Note on the bill” has 201 characters; there is room for 200. Shorten it.")


def test_the_limit_is_for_all_that_is_taken_on_the_spot(bills: Any) -> None:
    hand = bills()
    sheet(hand, "charge", hand="yes")
    hand.type("What it is", "New compressor")
    hand.type("Price for one", "1800")
    press(hand, "Add · ¥1,800.00")
    sheet(hand, "payment")
    hand.type("Amount", "900")
    press(hand, "Received ¥900.00")
    sheet(hand, "payment")
    assert hand.find("Amount", "TextField").text == "900.00"
    assert hand.sees("Up to ¥1,000.00 may be collected on the spot.")
    assert hand.find("Received ¥900.00", "PushButton").disabled


@pytest.mark.slow
def test_above_the_limit_the_way_to_an_invoice_is_shown(bills: Any) -> None:
    hand = bills()
    sheet(hand, "charge", hand="yes")
    hand.type("What it is", "New compressor")
    hand.type("Price for one", "2600")
    press(hand, "Add · ¥2,600.00")
    sheet(hand, "payment")
    assert hand.sees("Up to ¥1,000.00 may be collected on the spot.")
    assert hand.find("Received ¥2,600.00", "PushButton").disabled
    press(hand, "Invoice instead")
    hand.until(lambda: hand.place.sheet == "invoice")
    number = hand.find("Tax number", "TextField")
    hand.type(number, "91350100M000100Y4")
    assert number.note == "17 characters so far"
    hand.type(number, "91350100M000100Y44")
    assert number.warning == "The check digit is wrong. Compare it letter by letter."
    press(hand, "Ask for the invoice")
    assert bill_of(hand).invoices == ()
    hand.type(number, "91350100m000100y43")
    assert number.note == "The check digit is right."
    hand.type("Where to", "accounts@minghu.example")
    hand.again(now_ms=NOW_MS)
    press(hand, "Ask for the invoice")
    (asked,) = bill_of(hand).invoices
    assert (asked.title, asked.tax_number, asked.type, asked.delivery, asked.amount) == (
        "江州明湖大酒店",
        "91350100M000100Y43",
        "plain",
        "email",
        260_000,
    )


def test_the_payment_code_on_the_screen_can_be_scanned(bills: Any, tmp_path: Path) -> None:
    hand = bills(theme="dark")
    hand.tap("Accept who pays")
    tap(hand, "Add 2 lines")
    sheet(hand, "payment")
    hand.tap("qr")
    hand.still()
    with Image.open(hand.shot(tmp_path / "qr.png")) as picture:
        found = zxingcpp.read_barcodes(picture)
    assert [one.text for one in found] == [PAY_TEXT]


def test_an_item_is_taken_along_with_what_is_known_of_it(bills: Any) -> None:
    hand = bills()
    job = hand.place.args["id"]
    sheet(hand, "take_away")
    assert hand.find("What", "TextField").text == "Machine KFR-72LW/B3"
    press(hand, "Save and let the customer sign")
    assert hand.find("Why it is taken along", "TextField").error
    hand.type("Why it is taken along", "Board to be reworked")
    hand.tap("Scratched")
    hand.tap("14 days", "ChoiceItem")
    hand.again(now_ms=NOW_MS)
    press(hand, "Save and let the customer sign")
    (item,) = bill_of(hand).items
    assert (item.reason, item.condition, item.back_by, item.serial) == (
        "Board to be reworked",
        "Scratched",
        "2026-12-07",
        "S-7",
    )
    assert hand.place.args == {"id": job, "purpose": "take_away", "subject": item.id}
    hand.go("bill", id=job)
    assert hand.sees("not signed for yet")
    tap(hand, f"item:{item.id}")
    hand.until(lambda: hand.sheet is not None)
    assert hand.sees("Let the customer sign for it")
    press(hand, "Show the receipt")
    hand.until(lambda: not hand.find("Show the receipt", "PushButton").disabled)
    assert len(list((hand.app.phone.folder / "papers").glob("*.pdf"))) == 1


def test_an_item_that_nobody_would_sign_for_says_so(bills: Any) -> None:
    hand = bills()
    job = hand.place.args["id"]
    assert hand.app.say("item.take", ("work_order", job), {"what": "Pump", "reason": "Leaks"})
    hand.frames(4)
    (item,) = bill_of(hand).items
    hand.go("sign_off", id=job, purpose="take_away", subject=item.id)
    hand.page.hand_over()
    hand.page.change(refusal="I want to ask somebody first")
    hand.page.turn("technician")
    scrawl(hand)
    press(hand, "Save the sign-off")
    unlock(hand)
    assert hand.place.screen == "bill"
    assert hand.sees("nobody signed: I want to ask somebody first")
    tap(hand, f"item:{item.id}")
    hand.until(lambda: hand.sheet is not None)
    assert hand.sees("nobody signed: I want to ask somebody first")
    assert hand.sees("Give it back and let the customer sign")


def test_without_a_price_list_nothing_is_charged_and_that_is_said(app: Any) -> None:
    hand = app("ordinary")
    job = hand.app.phone.queries.jobs()[0].id
    hand.go("bill", id=job)
    assert hand.sees("No price list is on this phone yet.")
    hand.app.show_sheet("payment", job=job)
    hand.frames(4)
    assert hand.sheet is None


def test_the_whole_bill_is_settled_in_chinese_without_a_network(bills: Any) -> None:
    hand = bills(language="zh", text_scale=1.6)
    hand.tap("确认由谁承担")
    tap(hand, "计入 2 个项目")
    tap(hand, "pay")
    hand.until(lambda: hand.sheet is not None)
    press(hand, "已收 ¥171.00")
    hand.until(lambda: hand.place.sheet == "paid")
    hand.back()
    kinds = [line.kind for line in hand.app.phone.queries.sheet(hand.place.args["id"]).ops]
    assert kinds[-4:] == ["charge.decide", "charge.add", "charge.add", "payment.take"]
    assert "¥0.00" in hand.page.cards["payments"].a11y
