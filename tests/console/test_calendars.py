"""Calendars: hours per team, single days, and days off that are imported after a look."""

import json
import time

import pytest

from server.console.calendar_files import read, spans_of
from shared.calendars import COMPANY, Span
from tests.console.house import Console, Visitor

CSV = """日期,类型,名称,时间
2026-10-01,休,国庆节
2026-10-10,班,调休,09:00-15:00
2026/10/02,off,National Day
soon,off,No day
2026-10-03,perhaps,No kind
2026-10-04,off,Hours on a day off,09:00-12:00
2026-10-01,off,Twice
"""
ICS = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270211
DTEND;VALUE=DATE:20270214
SUMMARY:春节
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270220
SUMMARY:春节
 补班
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260501
RRULE:FREQ=YEARLY
SUMMARY:Labour day
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270401
RRULE:FREQ=DAILY
SUMMARY:Each day
END:VEVENT
BEGIN:VEVENT
SUMMARY:No day at all
END:VEVENT
END:VCALENDAR
"""
IMPORT = "/calendars/import"
YEARS = range(2026, 2029)
PATIENCE_S = 20


def kept(console: Console) -> dict[str, dict[str, object]]:
    rows = console.ask("SELECT days FROM working_calendar WHERE id = ?", COMPANY)
    days = json.loads(rows[0][0]) if rows and isinstance(rows[0][0], str) else rows[0][0]
    return {one["date"]: one for one in days} if rows else {}


@pytest.fixture
def manager(new_console: Console) -> Visitor:
    """Somebody who may set hours, once the server has set those of the company."""
    until = time.monotonic() + PATIENCE_S
    while not new_console.ask("SELECT id FROM working_calendar WHERE id = ?", COMPANY):
        assert time.monotonic() < until
        time.sleep(0.02)
    return new_console.visitor("service_manager")


def test_a_table_says_its_days_and_names_each_line_that_says_none() -> None:
    told = read(CSV, YEARS)
    days = [(one.date, one.works, one.name) for one in told.days]
    assert days == [
        ("2026-10-01", False, "国庆节"),
        ("2026-10-02", False, "National Day"),
        ("2026-10-10", True, "调休"),
    ]
    assert told.days[-1].spans == (Span("09:00", "15:00"),)
    assert [(one.line, one.code) for one in told.faults] == [
        (5, "no_date"),
        (6, "no_kind"),
        (7, "no_hours"),
        (8, "twice"),
    ]


def test_an_icalendar_says_whole_days_and_which_are_worked() -> None:
    told = read(ICS, YEARS)
    assert [(one.date, one.works) for one in told.days] == [
        ("2026-05-01", False),
        ("2027-02-11", False),
        ("2027-02-12", False),
        ("2027-02-13", False),
        ("2027-02-20", True),
        ("2027-05-01", False),
        ("2028-05-01", False),
    ]
    assert told.days[4].name == "春节补班"
    assert [(one.line, one.code) for one in told.faults] == [(17, "no_event"), (22, "no_event")]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        ("9:00-12:00，13:00–18:00", (Span("09:00", "12:00"), Span("13:00", "18:00"))),
        ("22:00-06:00", (Span("22:00", "06:00"),)),
        ("9-12", None),
        ("25:00-26:00", None),
        ("09:00-12:00, 11:00-13:00", None),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, spans: tuple[Span, ...] | None) -> None:
    assert spans_of(text) == spans


def test_a_year_is_shown_and_the_week_is_set(manager: Visitor, new_console: Console) -> None:
    visitor = manager
    page = visitor.get("/calendars?year=2026")
    assert page.status == 200
    told = visitor.send(
        "/calendars?year=2026", "/calendars/week", d5="09:00-12:00", d0="8:30-17:30"
    )
    assert "The calendar is saved" in told.text
    ((week,),) = new_console.ask("SELECT week FROM working_calendar WHERE id = ?", COMPANY)
    told_week = json.loads(week) if isinstance(week, str) else week
    assert told_week[0] == [["08:30", "17:30"]]
    assert told_week[5] == [["09:00", "12:00"]]


def test_hours_that_are_none_lose_nothing_that_was_typed(
    manager: Visitor, new_console: Console
) -> None:
    visitor = manager
    told = visitor.send("/calendars", "/calendars/week", d0="nine to five", d1="10:00-11:00")
    assert told.status == 422
    assert "Write hours such as" in told.text
    form = told.page.form("/calendars/week")
    assert (form["d0"], form["d1"]) == ("nine to five", "10:00-11:00")


def test_one_day_is_off_then_worked_then_as_usual_again(
    manager: Visitor, new_console: Console
) -> None:
    visitor = manager
    at = "/calendars?day=2026-12-05"
    visitor.send(at, "/calendars/day", kind="worked", name="Stocktaking", hours="09:00-12:00")
    day = kept(new_console)["2026-12-05"]
    assert (day["works"], day["name"]) == (True, "Stocktaking")
    assert "Stocktaking" in visitor.get("/calendars?year=2026").text
    visitor.send(at, "/calendars/day", kind="off", hours="")
    assert not kept(new_console)["2026-12-05"].get("works")
    visitor.send(at, "/calendars/day", kind="usual", hours="")
    assert "2026-12-05" not in kept(new_console)


def test_a_file_is_looked_at_with_its_bad_lines_and_then_taken(
    manager: Visitor, new_console: Console
) -> None:
    visitor = manager
    page = "/calendars?year=2026"
    looked = visitor.send(page, IMPORT, {"source": "file"}, text=CSV)
    assert looked.status == 200
    assert "3 days would be otherwise" in looked.text
    assert "4 lines say no day" in looked.text
    assert "Line 5:" in looked.text
    assert kept(new_console)["2026-10-01"]["name"] != "国庆节"
    form = looked.page.form(IMPORT, then="take")
    taken = visitor.post(IMPORT, form)
    assert "The calendar is saved" in taken.text
    days = kept(new_console)
    assert days["2026-10-01"]["name"] == "国庆节"
    assert days["2026-10-10"]["spans"] == [["09:00", "15:00"]]
    assert days["2026-10-03"]["origin"] == "statutory"
    again = visitor.send(page, IMPORT, {"source": "file"}, text=CSV)
    assert "3 days are so already" in again.text


def test_a_day_that_was_set_by_hand_is_not_imported_over(
    manager: Visitor, new_console: Console
) -> None:
    visitor = manager
    visitor.send("/calendars?day=2026-10-01", "/calendars/day", kind="worked", name="We work")
    looked = visitor.send("/calendars?year=2026", IMPORT, {"source": "law"}, country="CN")
    assert "days are so already, or were set by hand and stay." in looked.text
    assert "We work" not in looked.page.by_id("proposal").text
    file = visitor.send("/calendars", IMPORT, {"source": "file"}, text="2026-10-01,off,Holiday")
    assert "1 day is so already, or was set by hand and stays." in file.text
    assert kept(new_console)["2026-10-01"]["name"] == "We work"


def test_a_year_that_is_not_announced_yet_says_so(manager: Visitor, new_console: Console) -> None:
    visitor = manager
    looked = visitor.send("/calendars?year=2031", IMPORT, {"source": "law"}, country="CN")
    assert "not all announced yet" in looked.text
    visitor.post(IMPORT, looked.page.form(IMPORT, then="take"))
    page = visitor.get("/calendars?year=2031")
    assert "The holidays of 2031 are not all announced yet." in page.text
    assert page.page.all("td", cls="provisional")
    assert "not all announced" not in visitor.get("/calendars?year=2026").text


def test_what_says_no_day_at_all_is_refused_and_kept(
    manager: Visitor, new_console: Console
) -> None:
    visitor = manager
    told = visitor.send("/calendars", IMPORT, {"source": "file"}, text="nothing,here")
    assert told.status == 422
    assert "No day was found in this." in told.text
    assert "Line 1:" in told.text


def test_a_calendar_that_a_colleague_changed_meanwhile_is_not_written_over(
    manager: Visitor,
) -> None:
    visitor = manager
    visitor.send("/calendars", "/calendars/week", d0="09:00-17:00")
    stale = visitor.get("/calendars").page.form("/calendars/week")
    visitor.send("/calendars", "/calendars/week", d0="10:00-17:00")
    told = visitor.post("/calendars/week", {**stale, "d0": "07:00-12:00"})
    assert told.status == 422
    assert told.page.form("/calendars/week")["d0"] == "07:00-12:00"


def test_who_may_not_set_hours_only_looks(console: Console) -> None:
    page = console.visitor("dispatcher").get("/calendars")
    assert page.status == 200
    assert "/calendars/week" not in page.response.text
    assert console.visitor("dispatcher").get("/calendars").page.all("table", cls="month")
