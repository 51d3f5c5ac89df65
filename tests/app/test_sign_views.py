"""What a customer reads and what a report tells, without a window."""

from typing import Any

import pytest
from msgspec import structs

from mobile import papers
from mobile.queries import Sheet
from mobile.queries.proof import Signing
from mobile.texts import Words
from mobile.views import sign_off as views
from mobile.views.report import report, seal
from mobile.views.sign_off import Begun
from mobile.views.step import step
from mobile.views.summary import Summary, summary, words_of
from shared.checklist import PhotoSlot
from shared.document import Document, SeenCoverage
from shared.errors import Refused
from shared.showing import build
from shared.sign_off import SignOff
from tests.mobile.phones import Phone
from tests.mobile.test_signing import args_of, finish, shown
from tests.proof import INK
from tests.shared.company import ident
from tests.shared.proven import COVERED, PUMP, QUOTED, asked, books, document
from tests.world import ANN, World

EN, ZH = Words("en"), Words("zh")


@pytest.fixture
def phone(tmp_path: Any) -> Any:
    """Ann's phone with one job assigned to her."""
    found = Phone(tmp_path, World())
    yield found
    found.connection.close()


def told(known: Any = None, **more: Any) -> Summary:
    """The document of the finished visit, in words."""
    made = document(known, **more)
    return summary(made, words_of(made))


def texts(given: Summary) -> str:
    return repr(given)


def test_everything_that_is_signed_stands_in_the_summary() -> None:
    made = document(language="en")
    read = summary(made, words_of(made))
    (job,) = read.jobs
    assert (read.title, read.company) == ("Please check", "Cloud Brook Service")
    titles = [block.title for block in job.blocks]
    assert titles[:3] == ["What was wrong", "What we did", "Parts that went in"]
    assert {"Checks", "Photos", "Please note"} <= set(titles)
    assert read.bill is not None
    assert read.bill.total is not None
    assert made.sum is not None
    assert read.total == read.bill.total.value
    assert read.declaration == "The work was done as written above."


def test_readings_that_are_not_as_they_should_be_are_told_one_by_one() -> None:
    (job,) = told(language="en").jobs
    checks = next(block for block in job.blocks if block.title == "Checks")
    assert checks.texts == ("2 checks; not as they should be: 1",)
    assert [row.tone for row in checks.rows] == ["warning"]
    assert checks.rows[0].note.startswith("Should be ")


def test_why_somebody_pays_has_its_days_as_people_say_them() -> None:
    made = document(language="zh")
    params = {"until": "2021-03-01", "since": "2015-03-01"}
    said = {"category": "A", "basis": "none", "code": "warranty_over_delivery"}
    decided = SeenCoverage(id=ident("decided"), params=dict(params), **said)
    jobs = (structs.replace(made.jobs[0], coverage=decided), *made.jobs[1:])
    made = structs.replace(made, jobs=jobs)
    read = summary(made, words_of(made))
    assert read.bill is not None
    assert read.bill.notes[0] == "已过保修期：至 2021年3月1日（交付日期 2015年3月1日）"


def test_what_is_covered_is_shown_and_costs_nothing() -> None:
    read = told(language="en")
    assert read.bill is not None
    free = [row for row in read.bill.rows if row.value == "covered"]
    assert [row.label for row in free] == [COVERED.en]


def test_it_is_in_the_customers_language() -> None:
    read = told(language="zh")
    assert (read.title, read.company) == ("请核对", "云溪服务")
    assert "Please" not in texts(read)


def test_a_quote_shows_what_it_would_cost_and_asks_for_agreement() -> None:
    made = build(books(QUOTED), asked("quote", subject=QUOTED.id, language="en"))
    assert isinstance(made, Document)
    read = summary(made, words_of(made))
    assert (read.title, read.declaration) == (
        "Our quote",
        "I agree to this quote. Please do the repair.",
    )
    assert read.bill is not None
    assert read.bill.title == "What it would cost"
    assert len(read.bill.rows) == len(QUOTED.lines)
    assert read.jobs[0].ending is None


def test_an_item_that_is_taken_along_is_described_and_costs_nothing_yet() -> None:
    made = build(books(PUMP), asked("take_away", subject=PUMP.id, language="en"))
    assert isinstance(made, Document)
    read = summary(made, words_of(made))
    assert read.bill is None
    assert PUMP.what in texts(read)
    assert PUMP.receipt in texts(read)


def test_a_zone_that_nobody_knows_harms_nothing() -> None:
    made = structs.replace(document(language="en"), time_zone="Nowhere/None")
    assert summary(made, words_of(made)).jobs[0].when


def test_another_document_clears_ink_and_tick_and_keeps_the_name() -> None:
    begun = Begun(step="ink", signer="Chen", signer_role="customer", agreed=True, ink=INK)
    after = views.renewed(begun, "b" * 64, 9)
    assert (after.step, after.ink, after.agreed, after.news) == (
        "check",
        None,
        False,
        "changed_ink",
    )
    assert (after.signer, after.signer_role, after.shown_hash, after.made_at) == (
        "Chen",
        "customer",
        "b" * 64,
        9,
    )
    assert views.renewed(structs.replace(begun, ink=None), "b" * 64, 9).news == "changed"


def test_while_the_pin_is_asked_for_the_lock_stays_when_something_changes() -> None:
    begun = Begun(step="leave", back_to="ink", handed=True, ink=INK)
    after = views.renewed(begun, "b" * 64, 9)
    assert (after.step, after.back_to, after.handed) == ("leave", "check", True)


def test_what_is_kept_is_read_again_and_rubbish_begins_anew() -> None:
    begun = Begun(step="who", signer="陈", language="zh", ink=INK, handed=True)
    assert views.read(views.kept(begun), "en") == begun
    assert views.read("{", "zh") == Begun(language="zh")
    assert views.read(None, "en") == Begun()


def test_what_is_too_much_for_one_signature_is_said_before_anybody_signs() -> None:
    (found,) = views.too_much("长" * 30_000, EN)
    assert found.text.startswith("This is more than fits under one signature.")
    assert views.too_much("x" * 85_000, EN) == ()


def told_of(sheet: Sheet, purpose: str = "visit", preparing: int = 0) -> list[tuple[str, str]]:
    """What is in the way, and where it is put right."""
    return [(one.code, one.place) for one in views.obstacles(sheet, purpose, preparing, EN)]


def test_what_is_required_and_not_there_is_named_with_the_place_to_go(phone: Phone) -> None:
    finish(phone)
    sheet = standing(phone)
    assert told_of(sheet) == []
    unread = tuple(structs.replace(one, reading=None) for one in sheet.checklist)
    slots = (PhotoSlot(code="plate", en="Rating plate", zh="铭牌", required=True),)
    bare = structs.replace(sheet, checklist=unread, slots=slots)
    assert told_of(bare) == [("incomplete", "checklist"), ("photos", "photos")]
    assert told_of(bare, "quote") == []
    first, second = views.obstacles(bare, "visit", 0, EN)
    assert first.text == "1 required check is still missing: No leaks"
    assert second.text == "1 required photo is still missing: Rating plate"
    partial = structs.replace(bare, order=structs.replace(bare.order, outcome="waits_for_part"))
    assert told_of(partial, preparing=2) == [("preparing", "")]


def test_nobody_signs_at_a_door_that_nobody_has_reached(phone: Phone) -> None:
    for verb in ("accept", "depart"):
        phone.must(f"work_order.{verb}")
    assert told_of(standing(phone)) == [("not_arrived", "work_order")]
    assert told_of(standing(phone), "item_return") == []
    phone.must("work_order.arrive")
    assert told_of(standing(phone)) == [("not_finished", "work_order")]
    assert told_of(standing(phone), "quote") == []
    assert [one.code for one in views.obstacles(None, "visit", 0, EN)] == ["gone"]


def standing(phone: Phone) -> Sheet:
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    return sheet


def test_only_the_office_can_say_that_a_seal_holds(phone: Phone) -> None:
    finish(phone)
    assert seal(standing(phone), EN).standing == "unsigned"
    phone.must("sign_off.take", args_of(shown(phone)))
    assert seal(standing(phone), EN).standing == "pending"
    phone.sync()
    told_of = seal(standing(phone), EN)
    assert (told_of.standing, told_of.tone, told_of.title) == ("sealed", "success", "Sealed")


def test_a_seal_that_does_not_hold_says_so(phone: Phone) -> None:
    finish(phone)
    phone.must("sign_off.take", args_of(shown(phone)))
    phone.sync()
    sheet = standing(phone)
    signed = sheet.signing.sign_off
    assert signed is not None
    assert not isinstance(signed, Refused)
    broken: SignOff = structs.replace(signed, state="diverged")
    told_of = seal(structs.replace(sheet, signing=Signing(sign_off=broken)), EN)
    assert (told_of.standing, told_of.tone) == ("diverged", "danger")
    assert "the dispatcher looks into it" in told_of.text


def test_a_second_visit_has_a_seal_of_its_own_and_is_to_be_signed_for_again(phone: Phone) -> None:
    finish(phone, "waits_for_part")
    phone.must("sign_off.take", args_of(shown(phone)))
    first = standing(phone)
    assert (first.signing.signature, seal(first, EN).standing) == ("signed", "pending")
    for verb in ("depart", "arrive", "start"):
        phone.must(f"work_order.{verb}")
    under_way = standing(phone)
    assert seal(under_way, EN).standing == "under_way"
    phone.must("work_order.complete", {"outcome": "done", "work_done": "New board"})
    second = standing(phone)
    assert seal(second, EN).standing == "unsigned"
    assert step(second, ANN, EN).action in ("charges", "sign")
    view = report(second, EN, phone.world.now_ms)
    assert (view.code, view.signed, view.hashes) == ("", (), ())
    assert first.signing.sign_off is not None
    assert [row.value for row in view.earlier] == [
        f"Signed, on its way · {first.signing.sign_off.code}"
    ]
    asked_for = papers.Asked(number=phone.job, subject=second.signing.visit, now_ms=0)
    printed = papers.print_out(phone.queries, phone.folder, asked_for)
    assert not isinstance(printed, Refused)
    assert printed.state == "unsigned"
    phone.world.tick(60_000)
    phone.must("sign_off.take", args_of(shown(phone)))
    again = standing(phone)
    assert (again.signing.signature, seal(again, EN).standing) == ("signed", "pending")
    assert len(report(again, EN, phone.world.now_ms).earlier) == 1


def test_a_report_names_signer_code_and_hashes(phone: Phone) -> None:
    finish(phone)
    phone.must("sign_off.take", args_of(shown(phone)))
    view = report(standing(phone), ZH, phone.world.now_ms)
    signed = standing(phone).signing.sign_off
    assert signed is not None
    assert view.code == signed.code
    facts = {row.label: row.value for row in view.signed}
    assert (facts["签字人"], facts["评分"]) == ("陈美玲 · 家属 · wife", "★★★★")
    assert [row.value.replace(" ", "") for row in view.hashes] == [
        signed.shown_hash,
        signed.seal,
    ]
