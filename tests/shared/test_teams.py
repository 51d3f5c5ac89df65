"""Teams: one for each person, proposed by a table, whose hours count for what it has."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from shared.assignment import AssignArgs
from shared.calendars import COMPANY, PLAIN, Day, Span, WorkingCalendar, calendar_id
from shared.casework import Request, case_of, stretches_of
from shared.clocks import clocks
from shared.policy import Limit, ServicePolicy
from shared.registry import Act, Outcome
from shared.relay import relayed
from shared.story import Stretch
from shared.teams import Outlet, Proposal, Team, propose, spoken
from shared.ticket import TicketEvent
from shared.timetable import Timetable, laid_out
from tests.shared.company import (
    ANN,
    BEN,
    DORA,
    LEAD,
    NOW,
    ORDER,
    SITE,
    TICKET,
    act,
    done,
    ident,
    land,
    refusal,
    state,
)

SHOP = Outlet(id=ident("shop"), en="City shop", zh="市区网点", kind="own", address_zh="桂月路 1 号")
NIGHT = Team(id=ident("night"), name="Night", outlet_id=SHOP.id)
DAY = Team(id=ident("day"), name="Day")
SOFT = structs.replace(DAY, takes={"tag": ("routing:software",)})
ROUND_THE_CLOCK = WorkingCalendar(
    id=calendar_id(NIGHT.id), team=NIGHT.id, week=((Span("00:00", "24:00"),),) * 7
)
ZONE = "Asia/Shanghai"


def putting(noun: str, identity: str, row: dict[str, Any]) -> Act:
    return act("master.put", {"row": row}, on=(noun, identity), by=DORA)


def at(local: str) -> int:
    there = datetime.datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(ZONE))
    return round(there.timestamp() * 1000)


# The rows


def test_a_team_is_written_down_with_the_outlet_it_belongs_to() -> None:
    row = {"name": "Night", "outlet_id": SHOP.id}
    assert done(state(SHOP), putting("team", NIGHT.id, row)) == Outcome(rows=(NIGHT,))
    assert refusal(state(), putting("team", NIGHT.id, row)) == (
        "unknown_subject",
        "args.row.outlet_id",
    )


def test_two_teams_have_two_names_until_one_is_no_more() -> None:
    again = putting("team", ident("other"), {"name": "Night"})
    assert refusal(state(NIGHT), again) == ("already_exists", "args.row.name")
    gone = structs.replace(NIGHT, retired=True)
    assert done(state(gone), again).rows == (Team(id=ident("other"), name="Night"),)
    renamed = putting("team", NIGHT.id, {"name": "Nights"})
    assert done(state(NIGHT, SHOP), renamed).rows == (Team(id=NIGHT.id, name="Nights"),)


def test_a_person_is_in_a_team_that_is_there() -> None:
    row = {"login": "ann", "name": "Ann", "roles": ["technician"], "team_id": NIGHT.id}
    assert refusal(state(), putting("person", ANN.id, row)) == (
        "unknown_subject",
        "args.row.team_id",
    )
    (kept,) = done(state(NIGHT), putting("person", ANN.id, row)).rows
    assert getattr(kept, "team_id", "") == NIGHT.id


def test_an_outlet_says_its_address_in_the_language_it_has() -> None:
    assert spoken(SHOP, "address", "zh") == spoken(SHOP, "address", "en") == "桂月路 1 号"
    both = structs.replace(SHOP, address_en="1 Guiyue Road")
    assert (spoken(both, "address", "en"), spoken(both, "hours", "en")) == ("1 Guiyue Road", "")
    assert refusal(state(), putting("outlet", SHOP.id, {"en": "x", "zh": "x", "kind": "ours"})) == (
        "wrong_value",
        "args.row",
    )


# R-DSP-02, R-DSP-12: what is proposed

HARD = Team(id=ident("hard"), name="Field", takes={"tag": ("routing:hardware", "faults:leak")})
VIP = Team(
    id=ident("vip"), name="Key accounts", takes={"tag": ("routing:hardware",), "tier": ("key",)}
)


@pytest.mark.parametrize(
    ("told", "team", "because"),
    [
        ({"tag": ("routing:software",)}, SOFT, (("tag", "routing:software"),)),
        ({"tag": ("x:y", "faults:leak")}, HARD, (("tag", "faults:leak"),)),
        (
            {"tag": ("routing:hardware",), "tier": ("key",)},
            VIP,
            (("tag", "routing:hardware"), ("tier", "key")),
        ),
        ({"tag": ("routing:hardware",), "tier": ("new",)}, HARD, (("tag", "routing:hardware"),)),
    ],
)
def test_the_team_that_names_most_of_a_request_is_proposed(
    told: dict[str, tuple[str, ...]], team: Team, because: tuple[tuple[str, str], ...]
) -> None:
    assert propose((SOFT, HARD, VIP, NIGHT), told) == Proposal(team=team, because=because)


def test_nothing_is_proposed_where_no_team_is_there_for_it() -> None:
    assert propose((SOFT, HARD, NIGHT), {"tag": ("routing:usage",), "kind": ("",)}) is None
    assert propose((structs.replace(SOFT, retired=True),), {"tag": ("routing:software",)}) is None


# Whose hours count


def test_whoever_leads_brings_the_ticket_to_their_team_and_a_helper_does_not() -> None:
    ann = structs.replace(ANN, team_id=NIGHT.id)
    rows = state(structs.replace(ORDER, status="created"), ann, without=LEAD)
    assert [
        getattr(event, "team_id", "")
        for person, role in ((ann, "lead"), (BEN, "helper"))
        for event in _given(rows, person.id, role)
    ] == [NIGHT.id, None]
    back = act("work_order.reassign", {"person": BEN.id}, by=DORA, op="back")
    ended = land(rows, done(rows, back))
    assert [row.team_id for one in ended for row in one.rows if isinstance(row, TicketEvent)] == [
        COMPANY
    ]


def _given(rows: Any, person: str, role: str) -> list[TicketEvent]:
    told = {"person": person, "role": role}
    said = act("work_order.assign", told, by=DORA, op=f"to {person}")
    assert isinstance(said.args, AssignArgs)
    landed = land(rows, done(rows, said))
    return [row for one in landed for row in one.rows if isinstance(row, TicketEvent)]


WORKING = Limit(
    id="solve",
    node="solve",
    start="received",
    stop="resolved",
    amount=4,
    unit="h",
    calendar="working",
)
POLICY = ServicePolicy(
    id=ident("policy"),
    name="p",
    number=1,
    valid_from="2026-01-01",
    en="P",
    zh="P",
    limits=(WORKING, structs.replace(WORKING, id="days", node="repair", unit="working_day")),
    by=DORA.id,
    at=NOW,
)
FRIDAY = at("2026-11-27T17:00")


def due(*passed: tuple[str, str], now: str) -> tuple[int | None, int | None]:
    """When four hours and four working days from a Friday at five are over."""
    lines = [
        TicketEvent(
            id=ident(local),
            ticket_id=TICKET.id,
            what="work_order.assign",
            status="planned",
            by=DORA.id,
            at=at(local),
            events=("assigned",),
            team_id=team,
        )
        for local, team in passed
    ]
    ticket = structs.replace(TICKET, opened_at=FRIDAY)
    case = case_of(Request(ticket=ticket, events=lines, site=SITE))
    hours, days = clocks(case, POLICY, laid_out((PLAIN, ROUND_THE_CLOCK)), at(now))
    return hours.due, days.due


def test_before_anybody_has_it_the_companys_hours_count() -> None:
    assert due(now="2026-11-27T17:00") == (at("2026-11-30T12:00"), at("2026-12-03T18:00"))


def test_from_the_assignment_on_the_hours_of_the_team_count() -> None:
    """An hour of the company's is over by six; the night shift has three more from then on."""
    got = ("2026-11-27T18:00", NIGHT.id)
    assert due(got, now="2026-11-27T19:00") == (at("2026-11-27T21:00"), at("2026-12-02T00:00"))


def test_what_has_passed_is_not_counted_anew_by_whoever_gets_it() -> None:
    """Handed back on Friday at eight: one hour is left, and the company's begins on Monday."""
    told = (("2026-11-27T18:00", NIGHT.id), ("2026-11-27T20:00", COMPANY))
    assert due(*told, now="2026-11-27T20:00") == (at("2026-11-30T10:00"), at("2026-12-03T18:00"))


def test_a_team_without_hours_of_its_own_changes_nothing() -> None:
    got = ("2026-11-27T17:30", DAY.id)
    assert due(got, now="2026-11-27T18:00") == due(now="2026-11-27T18:00")
    table = Timetable(PLAIN)
    assert relayed(table, ZONE, (Stretch(NOW, DAY.id),)) is table.hours(ZONE)


def test_a_late_clock_stays_late_whoever_it_is_given_to() -> None:
    """It was due on Monday at noon; a team that does not work on Mondays makes that no later."""
    sundays = ((), (), (), (), (), (), (Span("10:00", "12:00"),))
    weekend = WorkingCalendar(id=calendar_id(DAY.id), team=DAY.id, week=sundays)
    table = laid_out((PLAIN, weekend))
    hours = relayed(table, ZONE, (Stretch(at("2026-11-30T15:00"), DAY.id),))
    assert hours.advance(FRIDAY, 4 * 3_600_000) == at("2026-11-30T12:00")
    assert hours.between(FRIDAY, at("2026-12-06T11:00")) == (1 + 3 + 2 + 1) * 3_600_000


def test_hours_that_pass_on_say_when_they_are_open_and_which_days_they_end() -> None:
    open_year = structs.replace(
        ROUND_THE_CLOCK,
        open_years=(2026,),
        days=(Day(date="2026-11-29", works=False),),
    )
    table = laid_out((PLAIN, open_year))
    hours = relayed(table, ZONE, (Stretch(at("2026-11-28T12:00"), NIGHT.id),))
    moments = ("2026-11-28T11:00", "2026-11-28T13:00", "2026-11-29T13:00")
    assert [hours.is_open(at(one)) for one in moments] == [False, True, False]
    assert [hours.is_provisional(at(one)) for one in moments] == [False, True, True]
    assert [hours.opens(at(one)) for one in moments] == [
        at("2026-11-28T12:00"),
        at("2026-11-28T13:00"),
        at("2026-11-30T00:00"),
    ]
    assert hours.end_of_day(FRIDAY, 1) == at("2026-11-29T00:00")
    assert hours.start_of_day(FRIDAY, 1) == at("2026-11-28T00:00")
    assert hours.end_of_working_day(FRIDAY, 1) == at("2026-12-01T00:00")


def test_a_story_says_who_had_it_when() -> None:
    line = TicketEvent(id="x", ticket_id="t", what="x", status="new", by="b", at=7)
    told = (line, structs.replace(line, at=9, team_id=NIGHT.id))
    assert stretches_of(told) == (Stretch(9, NIGHT.id),)
