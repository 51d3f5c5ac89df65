"""Photos, bills, payments and items in words: what is proposed, and what it comes to."""

from collections.abc import Iterator
from datetime import date, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mobile import database
from mobile.darkroom import FOLDER, Darkroom, Slip, photo_args
from mobile.pictures import Prepared
from mobile.queries import Queries, Sheet
from mobile.queries.bill import Bill
from mobile.queries.photos import Pictured
from mobile.texts import Words
from mobile.views import bill as bills, charge, coverage, framing
from mobile.views.framing import Box, Glass
from mobile.views.invoice import checked
from mobile.views.payment import payment
from mobile.views.photos import photo, photos, with_words
from mobile.views.proposals import agreed_lines, hours_on_site, proposals
from mobile.views.quote import begun, quoted
from mobile.views.report import photos as photos_on_report
from mobile.views.take_away import back_by, next_act
from mobile.views.work_order import work_order
from shared.charges import Quote, Wish
from shared.checklist import PhotoSlot
from shared.money import written as money
from shared.photos import Photo
from shared.prices import current
from shared.take_away import TakenItem
from shared.visit import Attendance
from tests.app.billed import billed
from tests.app.folders import NOW_MS
from tests.world import ANN, known

EN, ZH = (Words(language, zone=timezone(timedelta(hours=8))) for language in ("en", "zh"))
TODAY = "2026-11-23"
SLOTS = (
    PhotoSlot(code="before", en="Before", zh="维修前"),
    PhotoSlot(code="plate", en="Nameplate", zh="铭牌", required=True),
)
DONE = Prepared(sha256="a" * 64, size=9, width=800, height=600, thumb_sha256="b" * 64, thumb_size=3)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, tuple[str, str]]]:
    folder = tmp_path_factory.mktemp("views")
    orders = billed(folder)
    with database.opened(database.path_of(folder, ANN)) as connection:
        yield Queries(connection), orders


def of(read: Any, which: int = 0) -> tuple[Sheet, Bill]:
    queries, orders = read
    sheet, bill = queries.sheet(orders[which]), queries.bill(orders[which])
    assert sheet is not None
    assert bill is not None
    return sheet, bill


def slip(**more: Any) -> Slip:
    return Slip(id=known("slip"), person=ANN, job=known("job"), at=NOW_MS, **more)


def pictured(name: str, state: Any = "waiting", **more: Any) -> Pictured:
    row = {"width": 800, "height": 600, "size": 9, "thumb_size": 3, "audience": "customer"}
    row |= {"sha256": "a" * 64, "thumb_sha256": "b" * 64, "at": NOW_MS, "person_id": ANN}
    made = Photo(id=known(name), work_order_id=known("job"), **{**row, **more})
    return Pictured(photo=made, state=state, percent=40)


def test_the_places_that_must_be_filled_come_first_and_a_filled_one_is_gone(read: Any) -> None:
    sheet = structs.replace(of(read)[0], slots=SLOTS)
    empty = photos(sheet, (), (), EN, NOW_MS)
    assert [(one.label, one.required) for one in empty.slots] == [
        ("Nameplate", "Required"),
        ("Before", ""),
    ]
    taken = photos(sheet, (pictured("one", slot="plate"),), (slip(slot="before"),), ZH, NOW_MS)
    assert taken.slots == ()
    assert [one.caption for one in taken.tiles] == ["维修前", "铭牌"]
    failed = photos(sheet, (), (slip(slot="plate", fault="picture_heic"),), EN, NOW_MS)
    assert [one.code for one in failed.slots] == ["plate", "before"]


def test_how_safe_the_photos_are_is_told_as_numbers_and_then_in_words(read: Any) -> None:
    sheet = of(read)[0]
    some = (pictured("one", "safe"), pictured("two", "sending"), pictured("three"))
    view = photos(sheet, some, (), EN, NOW_MS)
    assert (view.progress, view.tone) == ("3 photos, 1 with the office", "info")
    assert [one.state.text for one in view.tiles] == ["On this phone", "Sending 40 %", "Safe"]
    done = photos(sheet, (pictured("one", "safe"),), (), ZH, NOW_MS)
    assert (done.progress, done.detail, done.tone) == (
        "1 张照片，公司已全部收到",
        "公司已逐张核对无误。",
        "success",
    )
    wrong = photos(sheet, (pictured("one", "set_aside"),), (slip(fault="disk_full"),), EN, NOW_MS)
    assert (wrong.progress, wrong.detail) == (
        "1 photo, not with the office yet",
        "2 photos need a look.",
    )
    assert photos(sheet, (), (), EN, NOW_MS).progress == "No photos yet"


@pytest.mark.parametrize(
    ("taken", "safe", "tile", "words"),
    [
        (0, 0, ("", "", "neutral"), ""),
        (2, 0, ("2", "cloud_upload", "info"), "2 photos, none with the office yet"),
        (2, 1, ("2", "cloud_upload", "info"), "2 photos, 1 with the office"),
        (2, 2, ("2", "cloud_done", "success"), "2 photos, all with the office"),
    ],
)
def test_overview_page_and_report_say_the_same_of_how_many_photos_were_taken_and_sent(
    read: Any, taken: int, safe: int, tile: tuple[str, str, str], words: str
) -> None:
    some = tuple(
        pictured(f"photo {index}", "safe" if index < safe else "waiting") for index in range(taken)
    )
    photographed = {"photos": tuple(one.photo for one in some), "photos_safe": safe}
    sheet = structs.replace(of(read)[0], **photographed)
    sections = work_order(sheet, ANN, EN, NOW_MS).sections
    found = [(one.count, one.sign, one.tone) for one in sections if one.name == "photos"]
    assert found == [tile]
    assert photos_on_report(sheet, EN) == words
    assert photos(sheet, some, (), EN, NOW_MS).progress == (words or "No photos yet")


def test_a_photo_says_in_a_sentence_how_safe_it_is(read: Any) -> None:
    sheet = structs.replace(of(read)[0], slots=SLOTS)
    one = photo(sheet, pictured("one", "elsewhere", slot="plate", audience="internal"), EN, NOW_MS)
    assert (one.title, one.audience, one.is_internal) == ("Nameplate", "For the office only", True)
    assert one.told == "A colleague took this photo. It goes to the office from that phone."
    assert with_words(" Coil ", "Damage") == "Coil Damage"


def test_a_slip_becomes_what_the_op_says() -> None:
    plain = photo_args(slip(slot="plate"), DONE)
    assert (plain["slot"], plain["sha256"], plain["audience"]) == ("plate", "a" * 64, "customer")
    assert "drawn_on" not in plain
    drawn = photo_args(slip(drawn_on=known("one"), asset=known("asset")), DONE)
    assert (drawn["drawn_on"], drawn["asset"]) == (known("one"), known("asset"))


def test_parts_and_the_visit_are_proposed_and_covered_ones_cost_nothing(read: Any) -> None:
    sheet, bill = of(read, 1)
    prices = current(bill.prices, TODAY)
    assert prices is not None
    assert [(one.name, one.under, one.amount) for one in proposals(bill, prices, EN)] == [
        ("Visit in town", "1 × ¥80.00", "¥80.00"),
        ("Filter", "2 pc × ¥45.50", "¥91.00"),
    ]
    who = coverage.payer(bill, ZH, TODAY)
    assert (who.name, who.is_decided, who.tone) == ("C · 免费服务", False, "success")
    view = bills.view(sheet, bill, EN, TODAY)
    assert (view.total, view.due, view.is_open, view.is_priced) == ("¥0.00", 0, True, True)
    assert bills.next_step(sheet, view, who, EN).action == "accept"
    decided_who = structs.replace(who, is_decided=True)
    assert bills.next_step(sheet, view, decided_who, EN).label == "Add 2 lines"
    closed = structs.replace(view, is_open=False)
    assert bills.next_step(sheet, closed, who, EN).action == ""


def test_what_was_agreed_is_charged_at_the_prices_it_was_agreed_at(read: Any) -> None:
    sheet, bill = of(read)
    (old,) = bill.prices
    new = structs.replace(old, id=known("prices 4"), edition=4, valid_from="2026-11-20")
    lines = tuple(
        charge.line_of(one, old) for one in (Wish(kind="other", quantity="1", item="clean"),)
    )
    quote = Quote(
        id=known("quote"),
        work_order_id=sheet.order.id,
        price_list_id=old.id,
        lines=lines,
        total=18_000,
        tax_total=1_019,
        currency="CNY",
        person_id=ANN,
        at=NOW_MS,
    )
    agreed = structs.replace(quote, agreed_at=NOW_MS)
    bill = structs.replace(bill, prices=(old, new))
    used = [bills.edition(structs.replace(bill, quotes=(one,)), TODAY) for one in (quote, agreed)]
    assert used == [new, old]
    # Another quote was made later and agreed to before; the customer came back to the first one.
    later = structs.replace(
        quote, id=known("later"), price_list_id=new.id, at=NOW_MS + 1, agreed_at=NOW_MS - 1
    )
    both = structs.replace(bill, quotes=(agreed, structs.replace(later, lines=lines * 2)))
    assert bills.edition(both, TODAY) == old
    assert agreed_lines(both) == lines


def test_hours_are_counted_by_the_begun_half_hour_once_the_visit_is_over(read: Any) -> None:
    bill = of(read)[1]
    assert bill.visit is not None
    assert hours_on_site(bill) == 0
    came = Attendance(person_id=ANN, arrived_at=NOW_MS)
    for minutes, hours in ((1, 500), (30, 500), (31, 1_000), (125, 2_500)):
        visit = structs.replace(
            bill.visit, attendance=(came,), ended_at=NOW_MS + minutes * 60_000, person_id=ANN
        )
        assert hours_on_site(structs.replace(bill, visit=visit)) == hours


def test_every_way_to_decide_is_named_and_only_the_papers_need_no_reason(read: Any) -> None:
    bill = of(read)[1]
    found = coverage.options(bill, EN, TODAY)
    assert [(one.key, one.name[0], one.needs_note) for one in found] == [
        ("warranty_over_delivery", "A", False),
        ("goodwill", "C", True),
        ("damage", "A", True),
        ("excluded", "A", True),
        ("agreed", "A", True),
    ]
    chosen = coverage.named(bill, "goodwill", TODAY)
    assert chosen is not None
    assert coverage.args_of(chosen, "Third visit")["note"] == "Third visit"
    assert coverage.named(bill, "no such", TODAY) is None


def test_a_quantity_goes_by_its_own_steps() -> None:
    assert [charge.stepped("1", 1, "hour"), charge.stepped("0.5", -1, "hour")] == ["1.5", "0.5"]
    assert [charge.stepped("2", -1, "piece"), charge.stepped("1", -1, "piece")] == ["1", "1"]
    assert charge.stepped("no number", 1, "piece") == "1"
    assert charge.net_text(4_550, "1,5", "CNY", covered=False) == "¥68.25"
    assert charge.net_text(4_550, "many", "CNY", covered=False) == "–"
    assert charge.net_text(4_550, "2", "CNY", covered=True) == "¥0.00"


def test_the_price_list_is_searched_in_both_languages(read: Any) -> None:
    prices = current(of(read)[1].prices, TODAY)
    assert prices is not None
    assert [one.code for one in charge.find(prices, "上门", EN)] == ["visit", "suburb"]
    assert [one.code for one in charge.find(prices, "deep indoor", ZH)] == ["clean"]
    assert charge.find(prices, "nothing at all", EN) == ()
    assert len(charge.find(prices, " ", EN)) == 7


def test_a_quote_adds_up_as_a_bill_does(read: Any) -> None:
    bill = of(read)[1]
    prices = current(bill.prices, TODAY)
    assert prices is not None
    assert begun(bill, prices) == []
    lines = [
        Wish(kind="visit", quantity="1", item="visit"),
        Wish(kind="other", quantity="2", name="Crane", price=30_000, tax=600),
        Wish(kind="discount", quantity="1", name="Discount", price=1_000, tax=600),
        Wish(kind="labour", quantity="1.5", item="labour", covered=True),
    ]
    view = quoted(lines, prices, EN)
    assert [amount for _, _, amount in view.lines] == [
        *("¥80.00", "¥600.00", money(-1_000, "CNY"), "¥0.00"),
    ]
    assert view.total == "¥670.00"


def test_money_above_the_limit_is_explained_unless_it_goes_on_account(read: Any) -> None:
    bill = of(read)[1]
    prices = current(bill.prices, TODAY)
    assert prices is not None
    over = payment(bill, prices, ("cash", "1000.01"), EN)
    assert over.over.startswith("Up to ¥1,000.00 may be collected")
    assert payment(bill, prices, ("cash", "1000"), EN).over == ""
    assert payment(bill, prices, ("account", "1000.01"), EN).over == ""
    code = payment(bill, prices, ("qr", "5"), EN)
    assert (code.qr[:8], code.told) == ("https://", "Let the customer scan this")
    nobody = payment(structs.replace(bill, organisation=None), prices, ("qr", "5"), ZH)
    assert (nobody.qr, nobody.told) == ("", "公司尚未登记收款码，请选择其他方式。")
    assert "6222" in payment(bill, prices, ("transfer", "5"), EN).account


@pytest.mark.parametrize(
    ("typed", "tone", "is_fit"),
    [
        ("", "neutral", True),
        ("9135", "neutral", False),
        ("91350100M000100Y43", "success", True),
        ("９１３５０１００m000100y43", "success", True),
        ("91350100M000100Y44", "danger", False),
        ("91350100M000100Y43XX1", "danger", False),
        ("350100000100043", "success", True),
    ],
)
def test_a_tax_number_is_judged_while_it_is_typed(typed: str, tone: str, is_fit: bool) -> None:
    found = checked(typed, EN)
    assert (found.tone, found.is_fit) == (tone, is_fit)


def test_an_item_is_signed_for_both_ways() -> None:
    item = TakenItem(
        id=known("item"),
        work_order_id=known("job"),
        receipt="7F3A-91C2",
        what="Board",
        reason="Rework",
        state="taken",
        person_id=ANN,
        at=NOW_MS,
    )
    signed = structs.replace(item, sign_off_id=known("sign"))
    back = structs.replace(signed, state="returned")
    done = structs.replace(back, return_sign_off_id=known("back"))
    assert [next_act(one) for one in (item, signed, back, done)] == [
        "sign",
        "return",
        "sign_return",
        "",
    ]
    assert back_by("14", date(2026, 11, 23)) == "2026-12-07"
    assert back_by("open", date(2026, 11, 23)) is None


def test_a_picture_lies_whole_in_its_frame_and_never_leaves_it() -> None:
    frame = Box(10, 20, 200, 100)
    assert framing.fitted((400, 400), frame) == Box(60, 20, 100, 100)
    far = framing.held((400, 400), frame, Glass(50, 9_000, -9_000))
    assert far.zoom == framing.ZOOM_MAX
    seen = framing.seen((400, 400), frame, far)
    assert (seen.x <= 10, seen.x + seen.w >= 210, seen.y + seen.h >= 120) == (True, True, True)
    assert framing.held((400, 400), frame, Glass(0.2, 5, 5)) == Glass(1, 0, 0)


def test_what_is_under_the_fingers_stays_there_when_a_picture_grows() -> None:
    frame, spot = Box(0, 0, 300, 300), (75.0, 225.0)
    before = framing.share(framing.seen((300, 300), frame, Glass()), *spot)
    glass = framing.larger(frame, Glass(), 3, spot)
    after = framing.share(framing.seen((300, 300), frame, glass), *spot)
    assert after == pytest.approx(before)
    assert framing.spot(framing.seen((300, 300), frame, glass), *after) == pytest.approx(spot)


def test_a_tile_shows_the_middle_of_a_picture() -> None:
    assert framing.cover((400, 100), 2) == (100, 0, 200, 100)
    assert framing.cover((100, 400), 2) == (0, 175, 100, 50)


def test_a_draft_of_a_folder_is_no_slip(tmp_path: Path) -> None:
    room = Darkroom(tmp_path, lambda act: act(), lambda *_: None, lambda: None)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "x.json").write_text("{not json")
    assert room.waiting(known("job")) == ()
    room.resume(ANN, NOW_MS)
    assert (tmp_path / FOLDER / "x.json").exists()
    room.stop()
