"""What the day, the list of jobs and the search tell, as values."""

from datetime import timedelta, timezone
from typing import Any

from msgspec import structs

from mobile.queries import Job, Sync
from mobile.texts import Words
from mobile.views.job_card import job_card, trade_icon
from mobile.views.jobs import jobs
from mobile.views.today import removed, today
from mobile.views.work_order import status_tone
from shared.ids import derive

EN, ZH = Words("en"), Words("zh")
# 23 November 2026, 10:30 in Shanghai, where the work is; 02:30 in London.
NOW = 1_795_401_000_000
WALL = "2026-11-23T10:30"


def a_job(called: str, begin: str | None = None, end: str | None = None, **more: Any) -> Job:
    known = Job(
        id=derive("job", called),
        number=f"WO-{called}",
        status="accepted",
        customer="明湖大酒店",
        planned_from=f"2026-11-{begin}" if begin else None,
        planned_to=f"2026-11-{end}" if end else None,
        priority="normal",
        summary="冷水机组高压跳机",
        sync="safe",
        address="湖心大道 188 号",
        time_zone="Asia/Shanghai",
        machine="KFR-26GW",
        trade="room_ac",
    )
    return structs.replace(known, **more)


DAY = [
    a_job("late", "23T08:00", "23T09:00"),
    a_job("now", "23T09:00", "23T11:00", status="working", sync="waiting"),
    a_job("soon", "23T13:00", "23T15:30", priority="emergency"),
    a_job("yesterday", "22T13:00", "22T15:00"),
    a_job("done", "23T07:00", "23T07:30", status="done"),
    a_job("tomorrow", "24T09:00", "24T10:00"),
    a_job("some day"),
    a_job("gone", "23T16:00", "23T17:00", leaving=True, sync="attention"),
]


def names(groups: Any) -> dict[str, list[str]]:
    return {one.name: [card.number[3:] for card in one.cards] for one in groups}


def test_a_job_that_is_come_back_to_says_how_the_last_visit_ended() -> None:
    again = a_job("again", outcome="waits_for_part")
    assert job_card(again, EN, WALL).note == "Last visit: Waits for a part"
    assert job_card(again, ZH, WALL).note == "上次上门：待配件"
    assert job_card(structs.replace(again, status="working"), EN, WALL).note == ""
    unsigned = structs.replace(again, signature="unsigned")
    assert job_card(unsigned, EN, WALL).note == "Not signed yet"


def test_today_puts_first_what_is_going_on_and_what_is_late() -> None:
    view = today(DAY, EN, NOW)
    assert names(view.groups) == {
        "now": ["now"],
        "overdue": ["late", "yesterday"],
        "later": ["soon"],
        "unplanned": ["some day"],
        "office": ["gone"],
        "closed": ["done"],
    }
    assert (view.title, view.subtitle, view.nothing) == ("Today", "Mon, 23 Nov", None)
    assert view.summary == "3 jobs left · 5 h 30 min planned · 1 done"
    assert today(DAY[:1], ZH, NOW).summary == "待办 1 单 · 计划 1 小时"


def test_the_strip_shows_seven_days_from_yesterday_and_follows_a_day_far_away() -> None:
    days = today(DAY, ZH, NOW).days
    assert [(one.weekday, one.number, one.count) for one in days[:3]] == [
        ("周日", "22", 1),
        ("周一", "23", 3),
        ("周二", "24", 1),
    ]
    assert [one.number for one in days if one.chosen] == ["23"]
    away = today(DAY, EN, NOW, day="2026-12-03")
    assert [one.number for one in away.days] == ["29", "30", "1", "2", "3", "4", "5"]
    assert away.nothing is not None
    assert (away.nothing.title, away.title) == ("Nothing planned for this day", "Thu, 3 Dec")


def test_times_and_days_are_those_of_the_site_wherever_the_phone_is() -> None:
    zones = [timezone(timedelta(hours=east)) for east in (-11, 0, 8, 14)]
    days = [today(DAY, Words("en", zone=zone), NOW) for zone in zones]
    lists = [jobs(DAY, Words("en", zone=zone), NOW, only_open=False) for zone in zones]
    assert all(view == days[0] for view in days)
    assert all(view == lists[0] for view in lists)
    assert names(days[0].groups)["overdue"] == ["late", "yesterday"]


def test_another_day_shows_what_is_planned_for_it() -> None:
    view = today(DAY, EN, NOW, day="2026-11-24")
    assert names(view.groups) == {"that_day": ["tomorrow"]}
    assert not view.is_today


def test_a_phone_without_jobs_says_what_to_do() -> None:
    view = today([], EN, NOW)
    assert view.groups == ()
    assert view.nothing is not None
    assert view.nothing.text.startswith("Jobs appear here as soon as the office")


def test_a_clock_that_is_behind_the_office_is_doubted_where_the_day_is_told() -> None:
    in_1970 = today([], EN, 86_400_000, heard=NOW)
    assert in_1970.subtitle == "Clock is behind · Fri, 2 Jan"
    assert in_1970.nothing is not None
    assert in_1970.nothing.text.startswith("This phone's clock is behind the office's.")
    assert today([], EN, NOW, heard=NOW + 60_000).subtitle == "Mon, 23 Nov"


def test_a_card_tells_state_and_safety_in_words_and_never_cuts_the_number() -> None:
    card = job_card(DAY[1], EN, WALL)
    assert (card.time, card.status, card.sync_text) == (
        "09:00–11:00",
        "Working",
        "To be sent",
    )
    assert (card.number, card.icon, card.late, card.faded) == ("WO-now", "ac_unit", False, False)
    urgent = job_card(DAY[2], ZH, WALL)
    assert (urgent.priority, urgent.priority_tone) == (ZH("priorities", "emergency"), "danger")
    gone = job_card(DAY[7], EN, WALL)
    assert (gone.note, gone.faded) == ("No longer yours · waiting for the office", True)
    assert job_card(DAY[5], ZH, WALL, with_day=True).time == "11月24日 · 09:00–10:00"
    assert job_card(DAY[6], EN, WALL).time == "No time set"
    assert trade_icon("nothing known") == "handyman"


def test_all_jobs_stand_by_their_day_and_what_is_over_comes_last() -> None:
    view = jobs(DAY, EN, NOW, only_open=False)
    assert [one.title for one in view.groups] == [
        *("Now", "Overdue", "Today", "Tomorrow", "No time set yet"),
        *("Waiting for the office", "Closed"),
    ]
    assert "closed" not in names(jobs(DAY, EN, NOW).groups)


def test_a_search_shows_all_that_was_found_whether_open_or_not() -> None:
    view = jobs([DAY[4]], EN, NOW, text=" done ")
    assert (names(view.groups), view.result) == ({"closed": ["done"]}, "1 job found")
    nothing = jobs([], EN, NOW, text="鹤").nothing
    assert nothing is not None
    assert (nothing.title, nothing.action) == ("Nothing found for “鹤”", "Clear the search")


def test_very_many_jobs_are_not_all_shown_at_once() -> None:
    view = jobs([a_job(f"{one}", "23T11:00") for one in range(250)], EN, NOW)
    assert sum(len(one.cards) for one in view.groups) == 200
    assert view.more == "Only the first 200 are shown. Type more to narrow it down."


def test_nothing_is_green_before_the_office_has_it() -> None:
    """C08."""
    syncs: tuple[Sync, ...] = ("safe", "waiting", "attention", "refused")
    assert [status_tone("done", sync) for sync in syncs] == ["success", "info", "info", "info"]
    assert [status_tone("paused", sync) for sync in syncs] == ["warning"] * 4


def test_a_phone_that_dropped_its_jobs_says_why_and_how_they_come_back() -> None:
    gone = removed(EN, 30)
    assert (gone.title, gone.action) == ("Jobs were removed from this phone", "Sync now")
    assert gone.text.startswith("It had not reached the office for 30 days")
    assert "30 天没有联系上公司" in removed(ZH, 30).text
