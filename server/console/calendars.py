"""Calendars: hours per team, the year as a month grid, and days imported after a dry run."""

import calendar as months
import datetime
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from server import almanac
from server.console import calendar_files, frame, saying
from server.console.addresses import Query, listing, opt
from server.console.calendar_files import Fault, spans_of
from server.console.forms import Form, is_whole
from server.console.policies import today_of
from server.console.saying import Act
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.problems import wrong_parameter
from server.queries import policies, teams
from server.sessions import Actor
from shared.amounts import is_real
from shared.calendars import (
    COMPANY,
    PLAIN,
    WEEK,
    Day,
    Spans,
    WorkingCalendar,
    calendar_id,
    overlaid,
)
from shared.people import may

PATH: Final = "/calendars"
READ: Final = "read.tickets"
SET: Final = "calendar.set"
YEARS: Final = (2000, 2200)
MONTHS: Final = range(1, 13)
TEXT_CHARS_MAX: Final = 60_000
AS_USUAL, OFF, WORKED = "usual", "off", "worked"


class Cell(Struct, frozen=True, kw_only=True):
    """One day of the grid: its number, what it is, what it is called."""

    date: str
    number: int
    kind: str
    name: str
    provisional: bool
    today: bool


class Month(Struct, frozen=True, kw_only=True):
    """A month as weeks from Monday; days of other months are empty."""

    name: str
    weeks: list[list[Cell | None]]


class Proposal(Struct, frozen=True, kw_only=True):
    """What an import comes to: the days that are otherwise then, and lines that say none."""

    kind: str
    text: str
    days: list[tuple[Day, Day | None]]
    dropped: list[Day]
    after: tuple[Day, ...]
    same: int
    faults: tuple[Fault, ...]
    provisional: bool = False


@get(PATH, opt=opt(READ, "team", "year", "day"), sync_to_thread=True)
def show(  # noqa: PLR0913  a calendar's filters are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    team: Query = "",
    year: Query = "",
    day: Query = "",
) -> Response[str]:
    """A year of a calendar."""
    if day and not is_real(day):
        raise wrong_parameter("day")
    return _page(request, office, actor, (team, _year(office, day[:4] or year)), {"day": day})


def _year(office: Office, told: str) -> int:
    if not told:
        return int(today_of(office)[:4])
    if not is_whole(told) or not YEARS[0] <= int(told) <= YEARS[1]:
        raise wrong_parameter("year")
    return int(told)


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    which: tuple[str, int],
    told: dict[str, Any],
) -> Response[str]:
    speech, (team, year) = frame.speech_of(request, office), which
    with office.reading() as books:
        known, named = policies.calendars(books), teams.teams(books)
    names = {one.id: one.name for one in named if not one.retired or one.id == team}
    if team and team not in names:
        raise wrong_parameter("team")
    kept = next((one for one in known if one.id == calendar_id(team)), None)
    shown = kept or structs.replace(_company(known), id=calendar_id(team), team=team, version=None)
    by_date = {one.date: one for one in shown.days}
    day = told.get("day", "")
    context = {
        "team": team,
        "year": year,
        "name": names.get(team, ""),
        "teams": _teams(speech, names, team, year),
        "calendar": shown,
        "own": kept is not None,
        "seen": kept.version if kept is not None else "",
        "week": [(place, hours_text(spans)) for place, spans in enumerate(shown.week)],
        "months": [_month(speech, shown, year, one, today_of(office)) for one in MONTHS],
        "listed": [one for one in shown.days if one.date.startswith(f"{year}-")],
        "before": listing(PATH, {"team": team, "year": year - 1}),
        "after": listing(PATH, {"team": team, "year": year + 1}),
        "is_provisional": year in shown.open_years,
        "countries": almanac.countries(),
        "hours_text": hours_text,
        "may_set": may(actor.person.roles, SET),
        "said": None,
        "wrong": {},
        "typed": {},
        "proposal": None,
        "section": "policies",
        **told,
        "day": day,
        "at": by_date.get(day),
    }
    return frame.page(request, office, actor, "calendars.html", context)


def _company(known: list[WorkingCalendar]) -> WorkingCalendar:
    return next((one for one in known if one.id == COMPANY), PLAIN)


def _teams(
    s: Speech, names: Mapping[str, str], team: str, year: int
) -> list[tuple[str, str, None, bool]]:
    told = {"": s.text("console.calendars", "company"), **names}
    return [
        (listing(PATH, {"team": one, "year": year}), name, None, one == team)
        for one, name in told.items()
    ]


def hours_text(spans: Spans) -> str:
    """Hours as they stand in a field: `09:00-12:00, 13:00-18:00`."""
    return ", ".join(f"{one.start}-{one.end}" for one in spans)


def _month(s: Speech, shown: WorkingCalendar, year: int, month: int, today: str) -> Month:
    by_date = {one.date: one for one in shown.days}
    weeks = [
        [
            _cell(shown, one, by_date.get(one.isoformat()), today) if one.month == month else None
            for one in week
        ]
        for week in months.Calendar().monthdatescalendar(year, month)
    ]
    return Month(name=s.text("dates.months", str(month)), weeks=weeks)


def _cell(shown: WorkingCalendar, day: datetime.date, special: Day | None, today: str) -> Cell:
    usual = "open" if shown.week[day.weekday()] else "closed"
    kind = usual if special is None else "made_up" if special.works else "holiday"
    return Cell(
        date=day.isoformat(),
        number=day.day,
        kind=kind,
        name=special.name if special is not None else "",
        provisional=special is not None and special.provisional,
        today=day.isoformat() == today,
    )


@post("/calendars/week", opt=opt(SET, shows=READ), status_code=200, sync_to_thread=True)
def week(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """The hours of the week, the zone by which they are counted, and whose holidays count."""
    speech = frame.speech_of(request, office)
    wrong, weeks = {}, []
    for place in range(WEEK):
        spans = spans_of(form.text(f"d{place}"))
        if spans is None:
            wrong[f"d{place}"] = speech.text("console.calendars", "wrong_hours")
        weeks.append(spans or ())
    if not wrong and not any(weeks):
        wrong["d0"] = speech.text("console.calendars", "no_hours")
    told = {"typed": {name: form.text(name) for name in form.fields}, "wrong": wrong}
    team, year = form.text("team"), _year(office, form.text("year"))
    if wrong:
        return frame.refused(_page(request, office, actor, (team, year), told))
    changes = {
        "week": tuple(weeks),
        "time_zone": form.text("time_zone"),
        "country": form.text("country"),
    }
    return _set(request, office, actor, form, (changes, told))


@post("/calendars/day", opt=opt(SET, shows=READ), status_code=200, sync_to_thread=True)
def one_day(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """One day: off, worked, or as any other of its weekday."""
    speech = frame.speech_of(request, office)
    date, kind, spans = form.text("date"), form.text("kind"), spans_of(form.text("hours"))
    wrong = {}
    if not is_real(date):
        wrong["date"] = speech.text("console.refusals", "no_day")
    if spans is None or (spans and kind != WORKED):
        wrong["hours"] = speech.text("console.calendars", "wrong_hours")
    told = {
        "typed": {name: form.text(name) for name in form.fields},
        "wrong": wrong,
        "day": date if is_real(date) else "",
    }
    if wrong:
        which = (form.text("team"), _year(office, form.text("year")))
        return frame.refused(_page(request, office, actor, which, told))
    others = tuple(one for one in _kept(office, form.text("team")).days if one.date != date)
    said = Day(
        date=date,
        works=kind == WORKED,
        name=form.text("name"),
        spans=spans or (),
    )
    days = others if kind == AS_USUAL else overlaid(others, (said,))
    return _set(request, office, actor, form, ({"days": days}, told))


def _kept(office: Office, team: str) -> WorkingCalendar:
    """A team's calendar as it stands; the company's hours where it has none of its own yet."""
    with office.reading() as books:
        known = policies.calendars(books)
    found = next((one for one in known if one.id == calendar_id(team)), None)
    return found or structs.replace(_company(known), id=calendar_id(team), team=team, version=None)


def _set(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    form: Form,
    changes: tuple[dict[str, Any], dict[str, Any]],
) -> Response[Any]:
    """Say the calendar as it is with these changes, if it is still the one that was seen."""
    team = form.text("team")
    before = _kept(office, team)
    told = structs.replace(before, team=team, **changes[0])
    args = {
        name: msgspec.to_builtins(getattr(told, name))
        for name in ("team", "time_zone", "week", "days", "country", "open_years")
    }
    act = Act(
        kind=SET,
        on=("working_calendar", calendar_id(team)),
        args={**args, "seen": form.number("version")},
    )
    said = saying.say(request, office, actor, form, act)
    year = _year(office, form.text("year"))
    if not said.ok:
        context = {**changes[1], "said": said}
        return frame.refused(_page(request, office, actor, (team, year), context))
    return saying.go(request, office, said, listing(PATH, {"team": team, "year": year}))


@post("/calendars/import", opt=opt(SET, shows=READ), status_code=200, sync_to_thread=True)
def take_in(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Days out of a file or of the law: looked at first, and written down by a second click."""
    speech = frame.speech_of(request, office)
    team, year = form.text("team"), _year(office, form.text("year"))
    before = _kept(office, team)
    told: dict[str, Any] = {"typed": {name: form.text(name) for name in form.fields}}
    found = _proposed(speech, form, before, year)
    if found.kind == "law" and not found.days and not found.same:
        told["wrong"] = {"country": speech.text("console.calendars", "no_country")}
        return frame.refused(_page(request, office, actor, (team, year), told))
    if not found.days and not found.same:
        told["wrong"] = {"text": speech.text("console.calendars", "no_days")}
        told["proposal"] = found if found.faults else None
        return frame.refused(_page(request, office, actor, (team, year), told))
    if form.text("then") != "take":
        return _page(request, office, actor, (team, year), {**told, "proposal": found})
    changes: dict[str, Any] = {"days": found.after, "open_years": _years(before, found, year)}
    if found.kind == "law":
        changes["country"] = form.text("country")
    return _set(request, office, actor, form, (changes, {**told, "proposal": found}))


def _proposed(s: Speech, form: Form, before: WorkingCalendar, year: int) -> Proposal:
    """What a file, or the law of a country, says otherwise than the calendar does."""
    kind, text, provisional = form.text("source"), form.text("text"), False
    faults: tuple[Fault, ...] = ()
    if kind == "law":
        law = almanac.statutory(form.text("country"), (year,), s.language)
        days, provisional = law.days, year in law.open_years
    else:
        kind = "file"
        said = calendar_files.read(text[:TEXT_CHARS_MAX], range(year - 1, year + 3))
        days, faults = said.days, said.faults
        if len(text) > TEXT_CHARS_MAX:
            faults = (*faults, Fault(line=0, text="", code="too_many"))
    known = {one.date: one for one in before.days}
    # What the law said of this year before is said anew: a day it moved is no holiday any more.
    kept = [one for one in before.days if not (kind == "law" and _is_law(one, year))]
    after = {one.date: one for one in overlaid(kept, days)}
    changed = [(one, known.get(one.date)) for one in days if after[one.date] != known.get(one.date)]
    return Proposal(
        kind=kind,
        text=text,
        days=changed,
        dropped=[known[date] for date in known if date not in after],
        after=tuple(after.values()),
        same=len(days) - len(changed),
        faults=faults,
        provisional=provisional,
    )


def _is_law(day: Day, year: int) -> bool:
    return day.origin == "statutory" and day.date.startswith(f"{year}-")


def _years(before: WorkingCalendar, found: Proposal, year: int) -> tuple[int, ...]:
    """The years of which the last word has not been said, after what was found of this one."""
    if found.kind != "law":
        return before.open_years
    others = {one for one in before.open_years if one != year}
    return tuple(sorted({*others, year} if found.provisional else others))


ROUTES: Final[list[Any]] = [show, week, one_day, take_in]
