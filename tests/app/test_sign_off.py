"""The customer's moment: handed over, locked, read, signed, taken back; and what may go wrong."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from kivy.core.window import Window
from kivy.tests import UnitTestTouch

from mobile.device import dice
from mobile.shell import Place
from shared.charges import Quote
from shared.document import code_of, hash_of, read
from shared.sign_off import SignOff
from shared.take_away import TakenItem
from tests.app.conftest import Open
from tests.app.driver import Driver
from tests.app.folders import NOW_MS
from tests.app.signed import two_of_one_place
from tests.world import known

JOB: Final = "Lift 4 door reopening fault"
OTHERS: Final = ("空调不制冷", "江州明湖大酒店", "WO-26-000002")
# What a customer sees of a job, and what not.
SEEN: Final = ("charge.decide", {"category": "C", "basis": "goodwill", "code": "no_date"})
UNSEEN: Final = ("edit", {"fields": {"access_notes": "Ring at the gate"}})


@pytest.fixture
def signing(app: Open) -> Callable[..., Driver]:
    """The app at the sign-off of a finished job: `signing(language="zh")`."""

    def opened(*, finished: bool = True, outcome: str = "done", **look: Any) -> Driver:
        hand = app("ordinary", **look)
        job = job_of(hand)
        if finished:
            finish(hand, outcome)
        return hand.go("sign_off", id=job, purpose="visit")

    return opened


def job_of(hand: Driver) -> str:
    jobs = hand.app.phone.queries.jobs()
    return str(next(one.id for one in jobs if one.summary == JOB))


def finish(hand: Driver, outcome: str = "done") -> None:
    """The visit, to its end."""
    on = ("work_order", job_of(hand))
    told = {"outcome": outcome, "diagnosis": "The belt had worn through", "work_done": "New belt"}
    assert hand.app.say("checklist.answer", on, {"item": "leaks", "value": "pass"})
    assert hand.app.say("work_order.complete", on, told)


def scrawl(hand: Driver) -> None:
    """Write something on the pad, once it stands still."""
    hand.still()
    pad = next(hand.widgets("InkPad"))
    left, bottom = pad.to_window(*pad.pos)
    spots = [
        (left + pad.width * (0.2 + 0.02 * step), bottom + pad.height * (0.5 + math.sin(step) / 5))
        for step in range(24)
    ]
    stroke(hand, spots)


def stroke(hand: Driver, spots: list[tuple[float, float]]) -> None:
    touch = UnitTestTouch(*spots[0])
    touch.touch_down()
    for spot in spots[1:]:
        touch.touch_move(*spot)
        hand.frames(1)
    touch.touch_up()
    hand.frames(2)


def fill_in(hand: Driver, name: str = "Chen Hui") -> None:
    """Everything a customer is asked before the ink."""
    hand.type("Your name in print", name)
    hand.tap("The customer", "Answer")
    hand.tap("The work was done as written above.", "TickBox")


def to_the_ink(hand: Driver) -> None:
    hand.tap("Hand the phone over")
    hand.tap("Looks right: go on")
    fill_in(hand)
    hand.tap("Go on to sign")


def at_the_ink(hand: Driver) -> None:
    """At the pad at once, with everything before it filled in."""
    hand.page.hand_over()
    hand.page.change(signer="Chen Hui", signer_role="customer", agreed=True)
    hand.page.turn("ink")
    hand.frames(4)


def unlock(hand: Driver) -> None:
    """Hold the button, as a technician without a PIN does; most of the time has passed already."""
    hand.tap("Technician: unlock")
    button = next(hand.widgets("HoldButton"))
    touch = UnitTestTouch(*button.to_window(*button.center))
    touch.touch_down()
    button.share = 0.95
    hand.until(lambda: not hand.page.kept)
    touch.touch_up()
    hand.frames(4)


def signed(hand: Driver) -> SignOff | None:
    sheet = hand.app.phone.queries.sheet(job_of(hand))
    assert sheet is not None
    found = sheet.signing.sign_off
    assert found is None or isinstance(found, SignOff)
    return found


def said(hand: Driver) -> str:
    """All that can be read, also on the cards."""
    cards = [one.a11y for one in hand.widgets("Drawn")]
    return "\n".join([*hand.texts(), *cards])


def test_a_visit_is_signed_for_by_touches(signing: Any) -> None:
    """R4."""
    hand = signing()
    hand.tap("Hand the phone over")
    assert "The belt had worn through" in said(hand)
    code = hand.page.begun.shown_hash
    assert code_of(code) in said(hand)
    hand.tap("Looks right: go on")
    assert next(hand.widgets("TickBox")).active is False
    assert hand.find("Your name in print", "TextField").text == ""
    assert [one.text for one in hand.widgets("Answer") if one.active] == []
    fill_in(hand)
    hand.tap("4 stars")
    hand.tap("Go on to sign")
    assert code_of(code) in said(hand)
    scrawl(hand)
    hand.tap("Signed", "PushButton")
    scrawl(hand)
    hand.tap("Save the sign-off")
    assert hand.sees("Thank you!")
    found = signed(hand)
    assert found is not None
    assert (found.signer, found.signer_role, found.rating, found.shown_hash) == (
        "Chen Hui",
        "customer",
        4,
        code,
    )
    kept = hand.app.phone.queries.signed_document(found)
    assert kept is not None
    assert (hash_of(kept.document), read(kept.document).jobs[0].work_done) == (code, "New belt")
    assert kept.ink is not None
    assert kept.technician_ink is not None
    assert code_of(code) in said(hand)


def test_a_customer_cannot_get_away_from_it(signing: Any) -> None:
    hand = signing()
    hand.app.note("Done at the hotel", action=("Open", lambda: None))
    hand.tap("Hand the phone over")
    here = hand.place
    hand.back()
    hand.app.go(Place("jobs"))
    hand.app.replace(Place("today"))
    hand.app.show_sheet("other", job=job_of(hand))
    hand.app.note("Job of somebody else", action=("Open", lambda: None))
    hand.frames(4)
    assert (hand.place, hand.sheet) == (here, None)
    assert not hand.sees("Job of somebody else")
    assert not hand.sees("Done at the hotel")
    assert not list(hand.widgets("NavItem"))
    assert not any(secret in said(hand) for secret in OTHERS)
    hand.app.on_pause()
    hand.app.on_resume()
    hand.again(now_ms=NOW_MS)
    assert (hand.place.screen, hand.page.kept) == ("sign_off", True)
    hand.app.go(Place("today"))
    assert hand.place.screen == "sign_off"


def test_back_leads_no_further_than_the_customers_own_steps(signing: Any) -> None:
    hand = signing()
    to_the_ink(hand)
    steps = []
    for _ in range(4):
        hand.back()
        steps.append(hand.page.begun.step)
    assert steps == ["who", "check", "check", "check"]


def test_what_was_begun_is_there_after_a_kill(signing: Any) -> None:
    hand = signing()
    at_the_ink(hand)
    scrawl(hand)
    ink = hand.page.begun.ink
    hand.again(now_ms=NOW_MS + 90_000)
    assert (hand.page.begun.step, hand.page.begun.ink) == ("ink", ink)
    assert next(hand.widgets("InkPad")).ink == ink
    hand.tap("Signed", "PushButton")
    assert hand.page.begun.step == "technician"
    hand.back()
    hand.back()
    assert hand.find("Your name in print", "TextField").text == "Chen Hui"


def test_the_technician_gets_the_phone_back_by_holding_a_button(signing: Any) -> None:
    hand = signing()
    at_the_ink(hand)
    scrawl(hand)
    hand.tap("Technician: unlock")
    hand.tap(next(hand.widgets("HoldButton")))
    assert hand.page.kept
    hand.tap("Back to the customer")
    assert hand.page.begun.step == "ink"
    unlock(hand)
    assert hand.page.begun.ink is None, "nobody else's ink stays in the technician's hands"
    hand.app.go(Place("today"))
    assert hand.place.screen == "today"


def test_with_a_pin_only_the_pin_gives_it_back(signing: Any) -> None:
    hand = signing()
    hand.app.lock.put("4711", dice)
    hand.tap("Hand the phone over")
    hand.tap("Technician: unlock")
    assert not list(hand.widgets("HoldButton"))
    for digits in ("0000", "4711"):
        for digit in digits:
            hand.tap(next(one for one in hand.widgets("PadKey") if one.text == digit))
        assert hand.page.kept
        hand.tap("Unlock", "PushButton")
    assert not hand.page.kept
    assert hand.sees("Hand the phone over")


def test_after_the_signature_the_report_is_behind_the_lock(signing: Any) -> None:
    hand = signing()
    at_the_ink(hand)
    for label in ("Signed", "Save the sign-off"):
        scrawl(hand)
        hand.tap(label, "PushButton")
    hand.back()
    assert hand.place.screen == "sign_off"
    unlock(hand)
    assert hand.place.screen == "report"
    assert hand.app.drafts.keys("sign/") == ()


def test_what_is_missing_is_said_beside_where_it_is_missing(signing: Any) -> None:
    hand = signing()
    hand.tap("Hand the phone over")
    hand.tap("Looks right: go on")
    hand.tap("Go on to sign")
    assert hand.find("Your name in print", "TextField").error == "Please write your name."
    assert hand.sees("Please say as whom you sign.")
    assert next(hand.widgets("TickBox")).wrong
    hand.tap("Somebody else", "Answer")
    fill_in(hand)
    hand.tap("Somebody else", "Answer")
    hand.tap("Go on to sign")
    related = hand.find("How you are related to the customer", "TextField")
    assert related.error == "Please say how you are related to the customer."
    hand.type(related, "Caretaker")
    hand.tap("Go on to sign")
    hand.tap("Signed", "PushButton")
    assert hand.sees("There is no signature on the pad yet.")
    assert signed(hand) is None


def test_a_very_long_name_is_not_taken(signing: Any) -> None:
    hand = signing()
    hand.tap("Hand the phone over")
    hand.tap("Looks right: go on")
    fill_in(hand, "长" * 2_000)
    field = hand.find("Your name in print", "TextField")
    told = "That is longer than the 200 characters there is room for. Please shorten it."
    assert field.error == told
    hand.tap("Go on to sign")
    assert (hand.page.begun.step, field.error) == ("who", told)


def test_news_under_the_customers_eyes_are_told_and_the_ink_is_cleared(signing: Any) -> None:
    hand = signing()
    at_the_ink(hand)
    scrawl(hand)
    before = hand.page.begun.shown_hash
    kind, args = SEEN
    assert hand.app.say(kind, ("work_order", job_of(hand)), args)
    hand.frames(4)
    begun = hand.page.begun
    assert (begun.step, begun.ink, begun.agreed, begun.signer) == ("check", None, False, "Chen Hui")
    assert begun.shown_hash != before
    assert "your signature was cleared" in said(hand)
    assert code_of(begun.shown_hash) in said(hand)
    assert hand.page.kept


def test_news_that_the_customer_does_not_see_change_nothing(signing: Any) -> None:
    hand = signing()
    at_the_ink(hand)
    scrawl(hand)
    ink = hand.page.begun.ink
    kind, args = UNSEEN
    assert hand.app.say(kind, ("work_order", job_of(hand)), args)
    hand.frames(4)
    assert (hand.page.begun.step, hand.page.begun.ink) == ("ink", ink)


def test_another_language_is_another_text_and_the_apps_own_stays(signing: Any) -> None:
    hand = signing()
    hand.tap("Hand the phone over")
    code = hand.page.begun.shown_hash
    hand.tap("中文", "PushButton")
    assert hand.sees("请核对")
    assert hand.page.begun.shown_hash != code
    assert (hand.app.words.language, hand.app.settings.language) == ("en", "en")
    hand.tap("内容无误，继续")
    assert hand.find("签字人姓名（正楷）", "TextField").text == ""


def test_another_language_is_no_change_and_ink_under_the_first_is_cleared(signing: Any) -> None:
    hand = signing()
    hand.tap("Hand the phone over")
    hand.tap("中文", "PushButton")
    assert hand.page.begun.news == ""
    at_the_ink(hand)
    scrawl(hand)
    hand.back()
    hand.back()
    hand.tap("English", "PushButton")
    assert (hand.page.begun.news, hand.page.begun.ink) == ("translated_ink", None)
    assert hand.sees("a code of its own, so your signature was cleared")
    kind, args = SEEN
    assert hand.app.say(kind, ("work_order", job_of(hand)), args)
    hand.frames(4)
    assert hand.page.begun.news == "changed"


def test_whoever_does_not_sign_says_why(signing: Any) -> None:
    """R4."""
    hand = signing()
    hand.tap("Hand the phone over")
    hand.tap("Something is not right")
    hand.tap("Note this, do not sign")
    assert hand.sees("Please say why, in a word or two.")
    hand.tap("I do not agree with the price", "ChoiceItem")
    hand.tap("Note this, do not sign")
    scrawl(hand)
    hand.tap("Save the sign-off")
    assert hand.sees("We have noted it.")
    found = signed(hand)
    assert found is not None
    assert (found.refusal, found.rating) == ("I do not agree with the price", None)


@pytest.mark.parametrize(
    ("outcome", "title", "then"),
    [
        ("waits_for_part", "Not finished yet: a part is missing", "We order the part"),
        pytest.param(
            *("price_refused", "Not repaired: price not agreed", "You pay for the diagnosis only."),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_partial_visit_says_how_it_ended_and_what_comes_next(
    signing: Any, outcome: str, title: str, then: str
) -> None:
    hand = signing(outcome=outcome)
    hand.tap("Hand the phone over")
    assert title in said(hand)
    assert then in said(hand)


def test_nothing_is_handed_over_before_the_visit_is_finished(signing: Any) -> None:
    hand = signing(finished=False)
    assert "finish it with its outcome first" in said(hand)
    hand.tap("Hand the phone over")
    assert not hand.page.kept
    hand.tap("To the job")
    assert hand.place.screen == "work_order"


def test_a_picture_that_is_still_being_prepared_is_waited_for(
    signing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = signing()
    slip = type("Slip", (), {"fault": ""})()
    monkeypatch.setattr(hand.app.darkroom, "waiting", lambda _job: (slip,))
    hand.page.refresh()
    hand.frames(2)
    assert "1 photo is still being prepared" in said(hand)
    hand.tap("Hand the phone over")
    assert not hand.page.kept


def test_a_picture_that_is_no_photo_is_told_before_the_customer_signs(
    signing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = signing()
    slip = type("Slip", (), {"fault": "picture_heic"})()
    monkeypatch.setattr(hand.app.darkroom, "waiting", lambda _job: (slip,))
    hand.page.refresh()
    hand.frames(2)
    assert hand.sees("1 picture could not become a photo, so it is not on the report.")
    monkeypatch.undo()
    hand.tap("To the photos")
    assert hand.place.screen == "photos"
    hand.back()
    hand.page.refresh()
    assert not hand.sees("could not become a photo")
    hand.tap("Hand the phone over")
    assert hand.page.kept


def test_undo_and_clear_stand_apart_and_clear_asks_once(signing: Any) -> None:
    hand = signing()
    at_the_ink(hand)
    pad = next(hand.widgets("InkPad"))
    scrawl(hand)
    scrawl(hand)
    undo, clear = hand.find("Undo", "PushButton"), hand.find("Clear", "PushButton")
    assert clear.x - undo.right > 48
    hand.tap(undo)
    assert len(pad.ink.strokes) == 1
    hand.tap("Clear", "PushButton")
    assert len(pad.ink.strokes) == 1
    hand.tap("Keep it", "PushButton")
    hand.tap("Clear", "PushButton")
    hand.tap("Clear all of it", "PushButton")
    assert (pad.ink, hand.page.begun.ink) == (None, None)


def test_a_palm_beside_the_finger_writes_nothing(signing: Any) -> None:
    hand = signing()
    at_the_ink(hand)
    hand.frames(3)
    pad = next(hand.widgets("InkPad"))
    left, bottom = pad.to_window(*pad.pos)
    finger, palm = (UnitTestTouch(left + 40, bottom + 90), UnitTestTouch(left + 200, bottom + 20))
    finger.touch_down()
    palm.touch_down()
    for step in range(12):
        finger.touch_move(left + 40 + 9 * step, bottom + 90 + 5 * step)
        palm.touch_move(left + 200 + step, bottom + 20)
        hand.frames(1)
    palm.touch_up()
    finger.touch_up()
    assert len(pad.ink.strokes) == 1
    assert max(pad.ink.strokes[0][0::3]) < 10 * 160


def test_a_phone_that_is_turned_keeps_the_ink_as_it_was(signing: Any) -> None:
    hand = signing(size=(412, 915))
    at_the_ink(hand)
    scrawl(hand)
    ink = hand.page.begun.ink
    hand.resize((900, 412))
    hand.frames(4)
    pad = next(hand.widgets("InkPad"))
    assert Window.width > Window.height
    assert pad.ink == ink
    scrawl(hand)
    assert pad.ink.strokes[0] == ink.strokes[0]
    assert (pad.ink.width, pad.ink.height) == (ink.width, ink.height)
    assert all(0 <= x <= ink.width for x in pad.ink.strokes[1][0::3])


@pytest.mark.slow
def test_two_jobs_of_one_place_are_signed_in_one_go(tmp_path: Path, driver: Driver) -> None:
    first, second = two_of_one_place(tmp_path)
    hand = driver.start(tmp_path, now_ms=NOW_MS).go("sign_off", id=first, purpose="visit")
    code = hand.page.begun.shown_hash
    hand.tap("Water heater does not light")
    assert hand.page.begun.also == (second,)
    assert hand.page.begun.shown_hash != code
    hand.tap("Hand the phone over")
    assert "Water heater does not light" in said(hand)
    assert "¥160.00" in said(hand)
    at_the_ink(hand)
    for label in ("Sign · ¥160.00", "Save the sign-off"):
        scrawl(hand)
        hand.tap(label, "PushButton")
    signatures = {job.id: job.signature for job in hand.app.phone.queries.jobs()}
    assert signatures[first] == signatures[second] == "signed"


@pytest.mark.parametrize(
    ("purpose", "title", "sentence"),
    [
        pytest.param(
            *("quote", "Our quote", "I agree to this quote. Please do the repair."),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *(
                "take_away",
                "We take this along",
                "I hand over the item described above for repair.",
            ),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("item_return", "Your item is back", "I have received the item described above."),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_quote_and_an_item_are_signed_for_and_one_comes_back_to_where_one_was(
    tmp_path: Path, driver: Driver, purpose: str, title: str, sentence: str
) -> None:
    first, _ = two_of_one_place(tmp_path)
    hand = driver.start(tmp_path, now_ms=NOW_MS).go("bill", id=first)
    on, prices = ("work_order", first), known("prices 3")
    line = {"kind": "visit", "quantity": "1", "item": "suburb"}
    if purpose == "quote":
        assert hand.app.say("quote.make", on, {"lines": [line], "price_list": prices})
    else:
        assert hand.app.say("item.take", on, {"what": "Pump", "reason": "Leaks"})
    state = hand.app.phone.queries.shown([first])
    kind = Quote if purpose == "quote" else TakenItem
    (subject,) = [one.id for one in state.of(kind, first)]
    hand.go("sign_off", id=first, purpose=purpose, subject=subject)
    hand.page.hand_over()
    hand.frames(2)
    assert hand.sees(title)
    hand.tap("Looks right: go on")
    assert hand.sees(sentence)
    assert not list(hand.widgets("Stars"))
    at_the_ink(hand)
    for label in ("Sign", "Save the sign-off"):
        scrawl(hand)
        button = next(one for one in hand.widgets("PushButton") if one.text.startswith(label))
        hand.tap(button)
    unlock(hand)
    assert hand.place.screen == "bill"
    after = hand.app.phone.queries.shown([first])
    found = next(one for one in after.of(kind, first) if one.id == subject)
    settled = {
        "quote": "agreed_at",
        "take_away": "sign_off_id",
        "item_return": "returned_at",
    }
    assert getattr(found, settled[purpose]) is not None


def test_what_the_technician_was_told_is_gone_once_the_phone_is_handed_over(signing: Any) -> None:
    hand = signing()
    hand.app.note("For the technician")
    hand.frames(2)
    assert hand.sees("For the technician")
    hand.page.hand_over()
    hand.frames(2)
    assert not hand.sees("For the technician")


def test_who_refuses_a_quote_in_the_customers_hands_has_declined_it(
    tmp_path: Path, driver: Driver
) -> None:
    first, _ = two_of_one_place(tmp_path)
    hand = driver.start(tmp_path, now_ms=NOW_MS).go("bill", id=first)
    line = {"kind": "visit", "quantity": "1", "item": "suburb"}
    args = {"lines": [line], "price_list": known("prices 3")}
    assert hand.app.say("quote.make", ("work_order", first), args)
    (quote,) = hand.app.phone.queries.shown([first]).of(Quote, first)
    hand.go("sign_off", id=first, purpose="quote", subject=quote.id)
    hand.page.hand_over()
    hand.frames(2)
    for label in ("I do not agree", "I have another offer", "Note this, do not agree"):
        hand.tap(label)
    scrawl(hand)
    hand.tap("Save the sign-off", "PushButton")
    assert hand.sees("The quote was not agreed to. The office reads why.")
    unlock(hand)
    assert hand.place.screen == "bill"
    assert hand.sees("Declined · I have another offer")
    assert hand.sees("Show it again")
    assert [one.kind for one in hand.app.phone.replica.all_ops()][-1] == "sign_off.take"


def test_what_is_pressed_stays_under_the_finger_when_news_come(signing: Any) -> None:
    hand = signing()
    button = hand.find("Hand the phone over", "PushButton")
    touch = UnitTestTouch(*button.to_window(*button.center))
    touch.touch_down()
    hand.frames(4)
    kind, args = SEEN
    assert hand.app.say(kind, ("work_order", job_of(hand)), args)
    hand.frames(4)
    touch.touch_up()
    hand.frames(4)
    assert hand.page.kept
