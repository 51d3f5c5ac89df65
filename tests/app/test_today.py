"""The day, the list of jobs and the search, by touches in a window."""

from collections.abc import Callable
from typing import Any

from kivy.core.window import Window
from kivy.metrics import dp

from mobile.shell import Place

Open = Callable[..., Any]


def whole_cards(hand: Any) -> list[str]:
    """The numbers of the cards that are wholly on the screen, from the top."""
    found = []
    for card in hand.widgets("JobCard"):
        top = card.to_window(card.x, card.top)[1]
        bottom = card.to_window(card.x, card.y)[1]
        body = card.parent.parent
        floor, roof = body.to_window(body.x, body.y)[1], body.to_window(body.x, body.top)[1]
        if bottom >= floor - 1 and top <= roof + 1:
            found.append((top, card.card.number))
    return [number for _, number in sorted(found, reverse=True)]


def pull(hand: Any) -> None:
    """Draw the list down with a finger."""
    middle = Window.width / 2
    hand.swipe((middle, Window.height * 0.6), (middle, Window.height * 0.15))
    hand.still()


def test_a_day_shows_what_is_going_on_first_and_a_tap_opens_it(app: Open) -> None:
    hand = app("ordinary")
    assert hand.place == Place("today")
    assert [card.card.number for card in hand.widgets("JobCard")][:1] == ["WO-26-000003"]
    for said in ("Now", "Overdue", "6 jobs left · 9 h planned", "Waiting to sync"):
        assert hand.sees(said), said
    hand.tap(next(iter(hand.widgets("JobCard"))))
    assert hand.place.screen == "work_order"
    assert hand.sees("Lift 4 door reopening fault")
    hand.back()
    assert hand.place == Place("today")


def test_three_whole_cards_or_five_short_ones_stand_on_a_small_screen(app: Open) -> None:
    hand = app("ordinary")
    assert len(whole_cards(hand)) >= 3
    hand.app.change(_short(hand))
    hand.frames(4)
    assert len(whole_cards(hand)) >= 5


def _short(hand: Any) -> Any:
    from msgspec import structs

    return structs.replace(hand.app.settings, list_style="compact")


def test_another_day_is_shown_and_kept_by_a_kill(app: Open) -> None:
    hand = app("ordinary")
    hand.tap(next(day for day in hand.widgets("WeekDay") if day.number == "24"))
    assert hand.sees("Tue, 24 Nov")
    assert [card.card.title for card in hand.widgets("JobCard")] == ["Second visit"]
    hand.again(now_ms=hand.app.now)
    assert hand.sees("Tue, 24 Nov")
    hand.tap(next(day for day in hand.widgets("WeekDay") if day.number == "23"))
    assert hand.place == Place("today")


def test_pulling_the_list_down_asks_the_office_without_waiting(app: Open) -> None:
    """C64."""
    hand = app("ordinary")
    rung: list[bool] = []
    hand.app.couriers.ring = lambda: rung.append(True)
    pull(hand)
    hand.until(lambda: rung)
    hand.until(lambda: hand.sees("Asking the office in the background. Go on working."))
    assert rung == [True]


def test_a_phone_without_jobs_says_what_to_do_in_both_languages(app: Open) -> None:
    hand = app("empty", language="zh")
    assert hand.sees("今天没有安排")
    hand.tap("立即同步")
    hand.until(lambda: hand.sees("正在后台向公司查询，可以继续工作。"))
    hand.go("jobs")
    assert hand.sees("手机上没有派工单")


def test_a_job_is_found_by_one_character_and_what_was_looked_for_outlives_a_kill(
    app: Open,
) -> None:
    hand = app("ordinary", language="zh")
    hand.tap("查找派工单", "IconButton")
    assert hand.place.screen == "jobs"
    hand.type("查找派工单", "湖")
    assert [card.card.title for card in hand.widgets("JobCard")] == ["空调不制冷"]
    hand.again(language="zh", now_ms=hand.app.now)
    assert hand.sees("找到 1 单")
    hand.type("查找派工单", "鹤")
    assert hand.sees("没有找到“鹤”")
    hand.tap("清除搜索", "PushButton")
    assert len(list(hand.widgets("JobCard"))) > 1


def test_the_list_shows_open_jobs_or_all_of_them(app: Open) -> None:
    hand = app("ordinary")
    hand.go("jobs")
    assert [entry[0] for entry in hand.page.entries if isinstance(entry, tuple)] == [
        *("Now", "Overdue", "Today", "Tomorrow"),
    ]
    hand.tap("All", "FilterChip")
    heads = [entry[0] for entry in hand.page.entries if isinstance(entry, tuple)]
    assert heads[-1] == "Closed"


def test_very_many_jobs_scroll_without_a_widget_for_each(app: Open) -> None:
    hand = app("worst")
    hand.go("jobs")
    assert len(hand.page.entries) > 40
    assert len(list(hand.widgets("JobCard"))) < 12
    hand.page.ids.list.scroll_y = 0
    hand.frames(3)
    assert dp(100) < sum(card.height for card in hand.widgets("JobCard"))


def test_a_day_that_is_shorter_than_the_last_asks_the_office_for_nothing(app: Open) -> None:
    hand = app("worst")
    hand.root.scroll(0.0)
    hand.frames(3)
    hand.go("today", day="2026-11-26")
    hand.still()
    assert not hand.sees(hand.app.words("today", "asked"))
