"""The almanac knows the days that the law moves, says what is still open, and reads iCal files."""

import datetime

import pytest

from server import almanac
from shared.calendars import DAYS_MAX, Day
from shared.errors import Refused

MADE_UP = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def file(*events: str) -> bytes:
    """A calendar file with these events."""
    lines = [
        f"BEGIN:VEVENT\r\nUID:{number}\r\n{one}\r\nEND:VEVENT" for number, one in enumerate(events)
    ]
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", *lines, "END:VCALENDAR", ""]
    ).encode()


def read(*events: str, years: tuple[int, ...] = (2026,)) -> tuple[Day, ...]:
    days = almanac.read_ical(file(*events), years)
    assert not isinstance(days, Refused), days
    return days


def test_china_works_on_six_weekend_days_of_2026() -> None:
    law = almanac.statutory("CN", (2026,), "zh")
    assert [one.date for one in law.days if one.works] == MADE_UP
    assert law.open_years == ()
    named = {one.date: one.name for one in law.days}
    assert (named["2026-10-01"], named["2026-10-10"]) == ("国庆节", "调休上班")
    assert not any(one.provisional for one in law.days)
    assert {one.origin for one in law.days} == {"statutory"}


def test_a_year_without_a_notice_is_open_and_its_days_are_provisional() -> None:
    law = almanac.statutory("CN", (2026, 2027), "en")
    assert law.open_years == (2027,)
    assert {one.provisional for one in law.days if one.date >= "2027"} == {True}
    assert {one.provisional for one in law.days if one.date < "2027"} == {False}


def test_a_country_that_moves_no_days_is_never_open_and_a_part_has_its_own() -> None:
    bavaria = almanac.statutory("DE-BY", (2026,), "zh")
    assert bavaria.open_years == ()
    assert "2026-01-06" in [one.date for one in bavaria.days]
    assert "2026-01-06" not in [one.date for one in almanac.statutory("DE", (2026,), "en").days]
    assert almanac.statutory("XX", (2026,), "en") == almanac.Statutory()
    assert {"CN", "DE"} <= set(almanac.countries())


def test_an_event_of_days_is_read_without_its_last() -> None:
    days = read(
        "DTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261003\r\nSUMMARY:国庆节 休",
        "DTSTART;VALUE=DATE:20261010\r\nSUMMARY:国庆节 班",
    )
    assert [(one.date, one.works) for one in days] == [
        ("2026-10-01", False),
        ("2026-10-02", False),
        ("2026-10-10", True),
    ]
    assert days[2] == Day(date="2026-10-10", works=True, name="国庆节 班", origin="import")


def test_a_marked_work_day_stands_above_the_festival_of_that_day() -> None:
    marked = "DTSTART;VALUE=DATE:20260214\r\nX-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY\r\nSUMMARY:春节"
    for events in ((marked, "DTSTART;VALUE=DATE:20260214\r\nSUMMARY:情人节"),):
        for order in (events, events[::-1]):
            (day,) = read(*order)
            assert day.works


def test_what_comes_every_year_is_read_for_the_years_that_are_asked_for() -> None:
    yearly = "DTSTART;VALUE=DATE:20200605\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Founders' day"
    assert [one.date for one in read(yearly, years=(2026, 2027))] == ["2026-06-05", "2027-06-05"]
    until = yearly.replace("YEARLY", "YEARLY;UNTIL=20260605")
    assert [one.date for one in read(until, years=(2026, 2027))] == ["2026-06-05"]
    timed = "DTSTART:20260605T080000Z\r\nDTEND:20260605T170000Z\r\nSUMMARY:Outing"
    assert [one.date for one in read(timed)] == ["2026-06-05"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff",
        b"a,b\n1,2\n",
        file("SUMMARY:no date"),
        file("DTSTART;VALUE=DATE:20261399\r\nSUMMARY:x"),
        file("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=SECONDLY\r\nSUMMARY:x"),
        file("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;BYSECOND=1\r\nSUMMARY:x"),
        file("DTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=YEARLY;INTERVAL=0\r\nSUMMARY:x"),
        file("DTSTART;VALUE=DATE:00010101\r\nRRULE:FREQ=YEARLY;BYDAY=MO,TU,WE\r\nSUMMARY:x"),
    ],
)
def test_what_is_no_calendar_is_said_to_be_none(data: bytes) -> None:
    told = almanac.read_ical(data, (2026,))
    assert isinstance(told, Refused)
    assert (told.code, told.field) == ("not_a_calendar", "file")


def test_a_file_that_is_too_large_or_full_is_refused() -> None:
    large = almanac.read_ical(b"x" * (almanac.FILE_BYTES_MAX + 1), (2026,))
    assert isinstance(large, Refused)
    assert large.code == "too_large"
    first = datetime.date(2026, 1, 1)
    many = [
        f"DTSTART;VALUE=DATE:{first + datetime.timedelta(days=number % 300):%Y%m%d}\r\nSUMMARY:x"
        for number in range(DAYS_MAX + 1)
    ]
    full = almanac.read_ical(file(*many), (2026,))
    assert isinstance(full, Refused)
    assert full.code == "too_many"
