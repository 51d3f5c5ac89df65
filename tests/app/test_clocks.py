"""Clocks in a window: on the cards of Today, on a job's page, and all of them on a sheet.

Also what a customer is to be told by the technician, with its text ready.
"""

from collections.abc import Callable
from typing import Any

import pytest

from mobile.shell import Place
from tests.app.test_job_looks import look

Open = Callable[..., Any]
MINUTE = 60_000


def card_of(hand: Any, number: str) -> Any:
    return next(one for one in hand.widgets("JobCard") if one.card.number == number)


def test_a_card_ticks_by_the_minute_and_the_list_stays_as_it_is(app: Open) -> None:
    hand = app("timed", size=(412, 915))
    card = card_of(hand, "WO-26-000003")
    assert (card.card.clock.text, card.card.clock.left) == ("Call customer by 10:36", "6 min left")
    data = hand.page.ids.list.data
    rows = list(data)
    hand.clock.moment += MINUTE
    hand.page.retell()
    hand.frames(2)
    assert card.card.clock.left == "5 min left"
    assert hand.page.ids.list.data is data
    assert all(one is other for one, other in zip(rows, data, strict=True))
    hand.clock.moment += 8 * MINUTE
    hand.page.retell()
    hand.frames(2)
    assert (card.card.clock.left, card.card.clock.tone) == ("2 min late", "danger")
    assert "2 min late" in card.a11y


def test_a_minute_rings_by_itself_while_the_list_is_shown_and_no_longer(app: Open) -> None:
    hand = app("timed", size=(412, 915))
    page = hand.page
    told: list[int] = []
    page.retell = lambda: told.append(1)
    hand.clock.moment += MINUTE - hand.app.phone.office_now() % MINUTE - 20
    page.ticking.stop()
    page.ticking.begin()
    hand.until(lambda: told)
    hand.go("me")
    assert page.ticking._event is None


def test_a_minute_that_begins_after_the_app_was_closed_asks_it_for_nothing(app: Open) -> None:
    hand = app("timed", size=(412, 915))
    ticking = hand.page.ticking
    hand.stop()
    ticking._ring(0)
    assert ticking._event is None


def test_the_page_of_a_job_says_what_is_due_and_a_tap_shows_every_clock(app: Open) -> None:
    hand = app("timed", size=(412, 915))
    hand.tap(card_of(hand, "WO-26-000005"))
    assert hand.sees("Call customer by 07:30 · 2 h 59 min late")
    hand.tap("clocks")
    assert hand.place.sheet == "clocks"
    for said in ("Contact the customer", "Arrive on site", "Solve the problem", "59 min late"):
        assert hand.sees(said), said
    assert not hand.sees("Overdue")
    assert not hand.sees("Assign a technician")


def test_a_sheet_without_any_clock_says_that_there_is_none(app: Open) -> None:
    hand = app("ordinary", language="zh", size=(412, 915))
    job = hand.app.phone.queries.jobs()[0].id
    hand.go("work_order", id=job)
    hand.app.show_sheet("clocks", job=job)
    hand.frames(3)
    assert hand.sees("按本机所知，这项工作没有需要遵守的时限。")


def test_the_call_that_is_owed_is_made_from_there_and_stops_the_clock(app: Open) -> None:
    """R-SLA-10."""
    hand = app("timed", size=(412, 915))
    job = card_of(hand, "WO-26-000003").card.id
    hand.go("work_order", id=job)
    hand.app.show_sheet("clocks", job=job)
    hand.frames(3)
    hand.tap("Call the customer")
    hand.until(lambda: hand.place.sheet == "after_call")
    hand.tap("reached")
    hand.until(lambda: not hand.place.sheet)
    kinds = [one.kind for one in hand.app.phone.queries.outbox() if one.job == job]
    assert kinds[-2:] == ["note.add", "work_order.contact"]
    assert hand.sees("On site by 12:36")
    hand.app.show_sheet("clocks", job=job)
    hand.frames(3)
    assert not hand.sees("Call the customer")


def test_a_call_that_nobody_answered_stops_no_clock(app: Open) -> None:
    hand = app("timed", size=(412, 915))
    job = card_of(hand, "WO-26-000003").card.id
    hand.go("work_order", id=job)
    hand.app.show_sheet("after_call", job=job)
    hand.frames(3)
    hand.tap("no_answer")
    hand.until(lambda: not hand.place.sheet)
    assert hand.sees("Call customer by 10:36 · 6 min left")


def test_the_sheet_ticks_too(app: Open) -> None:
    hand = app("timed", language="zh", size=(412, 915))
    job = card_of(hand, "WO-26-000003").card.id
    hand.go("work_order", id=job)
    hand.app.show_sheet("clocks", job=job)
    hand.frames(3)
    assert hand.sees("还剩 6 分钟")
    hand.clock.moment += MINUTE
    hand.sheet._tick()
    hand.frames(2)
    assert hand.sees("还剩 5 分钟")
    hand.back()
    assert hand.place == Place("work_order", {"id": job})


def test_what_the_customer_is_to_be_told_goes_by_the_technicians_own_phone(app: Open) -> None:
    hand = app("timed", size=(412, 915))
    job = card_of(hand, "WO-26-000005").card.id
    asked: list[tuple[str, str]] = []

    def message_app(*told: str) -> str:
        asked.append((told[0], told[1]))
        return "opened"

    hand.app.adapters.share.message = message_app
    hand.go("work_order", id=job)
    hand.page.lay_all()
    (message,) = hand.page.sheet.to_tell
    hand.tap(f"tell:{message.id}")
    assert asked == [("13800005678", message.text)]
    assert hand.place.sheet == "told"
    assert not hand.sees("This device sends no SMS. The text is copied; it goes to 13800005678")
    hand.tap("It was sent")
    hand.until(lambda: not hand.place.sheet)
    last = hand.app.phone.queries.outbox()[-1]
    assert (last.kind, last.state) == ("message.send", "waiting")
    assert hand.page.sheet.to_tell == ()


def test_until_somebody_says_that_it_was_sent_a_message_waits(app: Open) -> None:
    hand = app("timed", language="zh", size=(412, 915))
    job = card_of(hand, "WO-26-000005").card.id
    hand.go("work_order", id=job)
    hand.page.lay_all()
    (message,) = hand.page.sheet.to_tell
    hand.tap(f"tell:{message.id}")
    assert hand.sees("本设备不能发送短信。内容已复制，请发至 13800005678")
    hand.tap("稍后")
    assert hand.page.sheet.to_tell == (message,)
    hand.tap(f"tell:{message.id}")
    hand.tap("未能发送")
    hand.until(lambda: not hand.place.sheet)
    (failed,) = hand.page.sheet.to_tell
    assert failed.state == "failed"


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_of_clocks_is_cut_or_too_small(app: Open, language: str, scale: float) -> None:
    hand = app("timed", language=language, text_scale=scale)
    found = look(hand, "today")
    for number, sheet in (("3", "clocks"), ("4", "clocks"), ("5", "told")):
        (job,) = [one for one in hand.app.phone.queries.jobs() if str(one.number)[-1] == number]
        hand.go("work_order", id=job.id)
        hand.page.lay_all()
        hand.frames(2)
        found += look(hand, f"job {number}")
        message = "".join(one.id for one in hand.page.sheet.to_tell)
        hand.app.show_sheet(sheet, job=job.id, copied="yes", message=message)
        found += look(hand, f"{sheet} {number}")
        hand.app.close_sheet()
    assert found == []
