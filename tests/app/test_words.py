"""Dates, times and lengths of time, as each language writes them."""

from datetime import UTC, date, timedelta, timezone

from mobile.texts import HOUR_MS, MINUTE_MS, Words, catalogue
from shared.errors import refuse_state

EN, ZH = (Words(language, zone=timezone(timedelta(hours=8))) for language in ("en", "zh"))
MONDAY = date(2026, 11, 23)
NOW = 1_795_401_000_000  # 10:30 on that Monday, eight hours east of Greenwich


def test_a_day_is_written_as_people_write_it() -> None:
    assert EN.day(MONDAY) == "Mon, 23 Nov"
    assert ZH.day(MONDAY) == "11月23日 周一"
    assert ZH.day("2026-11-23T09:30") == "11月23日 周一"
    assert EN.day(date(2025, 1, 2), MONDAY) == "2 Jan 2025"
    assert ZH.day(date(2025, 1, 2), MONDAY) == "2025年1月2日"
    assert (EN.short_day(MONDAY), ZH.short_day(MONDAY)) == ("23 Nov", "11月23日")


def test_a_near_day_has_a_name() -> None:
    near = [MONDAY + timedelta(days=after) for after in (-1, 0, 1, 2)]
    assert [EN.near_day(day, MONDAY) for day in near] == [
        *("Yesterday", "Today", "Tomorrow", "Wed, 25 Nov")
    ]
    assert [ZH.near_day(day, MONDAY) for day in near] == ["昨天", "今天", "明天", "11月25日 周三"]


def test_a_span_names_its_days_only_where_they_differ() -> None:
    assert EN.span("2026-11-23T09:30", "2026-11-23T11:00") == "09:30–11:00"
    assert EN.span("2026-11-23T09:30", None) == "09:30"
    assert EN.span(None, None) == ""
    assert ZH.span("2026-11-23T22:00", "2026-11-24T02:00") == "11月23日 – 11月24日"


def test_a_moment_is_told_by_the_clock_of_the_phone() -> None:
    assert EN.wall(NOW) == "2026-11-23T10:30"
    assert EN.time(NOW) == EN.time("2026-11-23T10:30") == "10:30"
    assert Words("en", zone=UTC).wall(NOW) == "2026-11-23T02:30"
    assert EN.moment(NOW - 24 * HOUR_MS, NOW) == "Yesterday, 10:30"
    assert ZH.moment(NOW - 24 * HOUR_MS, NOW) == "昨天 10:30"
    assert EN.today(NOW) == MONDAY


def test_how_long_ago_is_told_roughly() -> None:
    gone = (0, 5 * MINUTE_MS, 3 * HOUR_MS, 20 * HOUR_MS)
    assert [EN.ago(NOW - one, NOW) for one in gone] == [
        *("just now", "5 min ago", "3 h ago", "Yesterday, 14:30")
    ]
    assert [ZH.ago(NOW - one, NOW) for one in gone] == [
        *("刚刚", "5 分钟前", "3 小时前", "昨天 14:30")
    ]


def test_a_length_of_time_has_no_more_digits_than_it_needs() -> None:
    lengths = (40_000, 26 * MINUTE_MS, 72 * MINUTE_MS, 2 * HOUR_MS, 75 * HOUR_MS)
    assert [EN.duration(one) for one in lengths] == [
        *("40 s", "26 min", "1 h 12 min", "2 h", "3 days")
    ]
    assert ZH.duration(72 * MINUTE_MS) == "1 小时 12 分钟"


def test_a_week_begins_on_monday() -> None:
    week = EN.week(date(2026, 11, 29))
    assert (week[0], len(week)) == (MONDAY, 7)
    assert [ZH.weekday(day, short=True) for day in week] == list("一二三四五六日")


def test_bytes_are_told_in_the_unit_people_know() -> None:
    assert [EN.size(count) for count in (1, 640_000, 12_500_000, 3_200_000_000)] == [
        *("1 kB", "640 kB", "12.5 MB", "3.2 GB")
    ]


def test_a_refusal_is_explained() -> None:
    assert ZH.explain(refuse_state("disk_full")) == catalogue("zh").groups["refusals"]["disk_full"]


def test_what_is_missing_leaves_no_dot_behind() -> None:
    assert EN.join("a", "", None, "b") == "a · b"
