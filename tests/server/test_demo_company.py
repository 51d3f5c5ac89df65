"""The demo company obeys the rules it is there to show."""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import TypeVar

import pytest
from msgspec import structs

from server import presets
from server.demo import Company, DemoOp, company
from shared.calendars import PLAIN, WorkingCalendar
from shared.checklist import Reading
from shared.errors import Refused
from shared.ids import is_id
from shared.kinds import REGISTRY, TABLES
from shared.ops import SYSTEM
from shared.parts import OLD_PARTS, PartUse, PlannedPart
from shared.people import Person, may
from shared.pressing import is_at_risk, is_over, presses
from shared.records import Record, State, home, stream_of, table
from shared.registry import Act
from shared.site import Asset, Customer, Site
from shared.standing import Grounds, Rules
from shared.tasks import Task
from shared.ticket import Ticket
from shared.visit import Visit
from shared.work_order import Assignment, Completion, WorkOrder, current
from tests.shared.test_clocks import at, policy
from tests.shared.test_thresholds import FOLDER

R = TypeVar("R", bound=Record)

DAY, SEED = "2026-11-21", 2026
MADE = company(DAY, SEED)
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
MIDNIGHT = at(f"{DAY}T00:00")
POLICY = policy(*presets.read(FOLDER, "p-default", "2026-01-01").limits)
COMPUTER = Person(id=SYSTEM, login="system", name="System", roles=("administrator",))


def apply(state: State, ops: Iterable[DemoOp]) -> list[str]:
    """Judge ops in order by the rules themselves; returns what was refused or flagged short."""
    complaints: list[str] = []
    for op in ops:
        by = state.find(Person, op.by)
        assert by is not None
        if op.by != SYSTEM and not may(by.roles, op.kind):
            complaints.append(f"{op.kind}: not permitted to {by.roles}")
        kind = REGISTRY.kinds[op.kind]
        act = Act(
            op_id=op.id,
            kind=op.kind,
            on=op.on,
            by=by,
            at=op.at,
            origin="console",
            visit=op.visit,
            args=REGISTRY.args(op.kind, json.dumps(op.args).encode()),
        )
        outcome = kind.reduce(state, act)
        if isinstance(outcome, Refused):
            complaints.append(f"{op.kind}: {outcome.code} {outcome.field} {outcome.params}")
            continue
        for row in outcome.rows:
            state.put(row)
        for emit in outcome.emits:
            landing = REGISTRY.absorbs[emit.name](state, emit, op.id, op.at)
            for row in landing.rows:
                state.put(row)
            for row in landing.removed:
                state.remove(row)
            complaints += [f"{op.kind}: {flag.code}" for flag in landing.flags]
    return complaints


@pytest.fixture(scope="module")
def loaded() -> State:
    state = State([COMPUTER])
    assert apply(state, MADE.ops) == []
    assert apply(state, MADE.field) == []
    assert apply(state, MADE.after) == ["stock.move: short"]
    return state


def count(state: State) -> Counter[str]:
    return Counter(table(type(row)) for row in state.changed.values())


def test_nothing_the_company_did_is_refused(loaded: State) -> None:
    counted = count(loaded)
    assert {
        table: counted[table]
        for table in (
            *("person", "location", "part", "checklist", "customer", "site", "asset"),
            *("team", "outlet", "feedback", "return_case"),
        )
    } == {
        "person": 21,
        "location": 14,
        "part": 300,
        "checklist": 8,
        "customer": 40,
        "site": 50,
        "asset": 80,
        "team": 2,
        "outlet": 2,
        "feedback": 10,
        "return_case": 3,
    }
    assert (counted["ticket"], counted["work_order"]) == (109, 103)
    assert counted.keys() <= TABLES.keys()


@pytest.mark.parametrize(("day", "seed"), [("2026-01-01", 2), ("2028-02-29", 7), ("2027-05-01", 0)])
def test_any_day_and_seed_makes_a_company_that_obeys(day: str, seed: int) -> None:
    made = company(day, seed)
    assert apply(State([COMPUTER]), said(made)) == ["stock.move: short"]


def test_the_same_day_and_seed_make_the_same_company() -> None:
    assert company(DAY, SEED) == MADE
    assert company(DAY, 2) != MADE


def test_every_op_has_its_own_id() -> None:
    ids = [op.id for op in (*said(MADE), *MADE.disputes)]
    assert len(ids) == len(set(ids)) <= 3000
    assert [one for one in ids if not is_id(one)] == []


def test_the_company_of_tomorrow_has_the_same_people_and_machines_but_other_acts() -> None:
    tomorrow = company("2026-11-22", SEED)
    kept = {op.on for op in MADE.ops if op.kind == "master.put"}
    assert {op.on for op in tomorrow.ops if op.kind == "master.put"} == kept
    assert {op.id for op in tomorrow.ops} & {op.id for op in MADE.ops} == set()


def test_the_first_technician_has_a_full_day(loaded: State) -> None:
    busy = person(loaded, "T01")
    todays = [
        order.id
        for order in rows(loaded, WorkOrder)
        if any(one.person_id == busy.id for one in current(loaded, order.id))
    ]
    assert len(todays) == 12
    starts = sorted(
        op.args["planned_from"]
        for op in MADE.ops
        if op.kind == "visit.plan" and op.args["person"] == busy.id
    )
    assert (starts[0], starts[-1], len(set(starts))) == (f"{DAY}T08:00", f"{DAY}T17:10", 12)


def test_todays_board_shows_jobs_at_every_stage(loaded: State) -> None:
    today = Counter(loaded.find(WorkOrder, one.work_order_id) for one in visits(loaded, DAY))
    stages = Counter(order.status for order in today if order is not None)
    assert stages.total() == 38
    assert stages.keys() == {
        *("assigned", "accepted", "en_route", "on_site", "working", "paused", "done")
    }
    unplanned = [one for one in rows(loaded, WorkOrder) if one.status == "created"]
    assert len(unplanned) == 7
    known = [one for one in rows(loaded, Assignment) if one.until_ms is None]
    assert sum(one.seen_at is not None and one.accepted_at is None for one in known) > 0
    assert sum(one.seen_at is None for one in known) > 0


def test_nobody_is_in_two_places_at_once(loaded: State) -> None:
    theirs: dict[str, list[tuple[str, str]]] = {}
    for one in rows(loaded, Visit):
        theirs.setdefault(one.person_id, []).append((one.planned_from or "", one.planned_to or ""))
    twice = [
        (one, other)
        for times in theirs.values()
        for one, other in pairwise(sorted(times))
        if one[1] > other[0]
    ]
    assert twice == []


def test_tickets_stand_as_their_work_does(loaded: State) -> None:
    tickets = {one.id: one.status for one in rows(loaded, Ticket)}
    stages = {(one.status, tickets.pop(one.ticket_id)) for one in rows(loaded, WorkOrder)}
    assert stages == {
        *(("created", "planned"), ("assigned", "planned"), ("accepted", "planned")),
        *(("en_route", "planned"), ("on_site", "in_progress"), ("working", "in_progress")),
        *(("paused", "in_progress"), ("accepted", "in_progress"), ("done", "resolved")),
        ("done", "closed"),
        ("cancelled", "withdrawn"),
    }
    assert list(tickets.values()) == ["new"] * 6


def test_something_waits_for_everybody_in_the_office(loaded: State) -> None:
    open_ = Counter(one.code for one in rows(loaded, Task) if not one.done)
    closed = Counter(one.code for one in rows(loaded, Task) if one.done)
    assert open_.keys() == {
        *("declined", "order_part", "plan_next_visit", "recount"),
        *("low_score", "not_solved", "serious_complaint"),
    }
    assert closed.keys() == {"order_part", "plan_next_visit", "low_score"}
    outcomes = {one.outcome for one in rows(loaded, Completion)}
    assert outcomes == {
        *("done", "no_fault_found", "waits_for_part", "customer_not_in", "price_refused"),
        *("customer_moved_date", "unsafe", "taken_back"),
    }
    assert len(rows(loaded, PlannedPart)) > 20
    assert {one.old_part for one in rows(loaded, PartUse)} >= set(OLD_PARTS)
    assert any(one.returned for one in rows(loaded, PartUse))


def test_machines_of_today_have_a_past_with_readings(loaded: State) -> None:
    past = {one.asset_id for one in rows(loaded, WorkOrder) if one.status == "done"}
    today = {
        order.asset_id
        for one in visits(loaded, DAY)
        if (order := loaded.find(WorkOrder, one.work_order_id)) is not None
    }
    assert len(today & past) > 20
    assert min(Counter(one.work_order_id for one in rows(loaded, Reading)).values()) >= 1


def test_the_disputes_contradict_each_other() -> None:
    office, field = MADE.disputes
    assert (office.kind, office.on) == (field.kind, field.on)
    assert office.args["fields"]["priority"][0] == field.args["fields"]["priority"][0]
    assert office.args["fields"]["priority"][1] != field.args["fields"]["priority"][1]


def test_customers_write_in_their_own_language(loaded: State) -> None:
    for ticket in rows(loaded, Ticket):
        customer = loaded.find(Customer, ticket.customer_id)
        assert customer is not None
        assert ticket.problem.isascii() == (customer.language == "en")


def test_sites_in_another_time_zone_and_names_are_within_reason(loaded: State) -> None:
    assert {site.time_zone for site in rows(loaded, Site)} == {"Asia/Shanghai", "Asia/Urumqi"}
    assert {asset.product_class for asset in rows(loaded, Asset)} == {
        "room_ac",
        "washer",
        "water_heater",
        "vrf",
        "cold_room",
        "pump",
        "compressor",
    }


def test_nothing_happens_after_this_morning() -> None:
    latest = max(op.at for op in (*said(MADE), *MADE.disputes))
    # half past ten in Shanghai on that day
    assert latest < 1_795_228_200_000


@pytest.mark.parametrize("until", [10 * 60 + 30, 15 * 60, 19 * 60])
def test_whenever_it_is_looked_at_a_few_requests_press_and_the_worst_is_hours_late(
    until: int,
) -> None:
    state, now = State([COMPUTER]), MIDNIGHT + until * MINUTE_MS
    assert apply(state, said(company(DAY, SEED, until=until))) == ["stock.move: short"]
    rules = Rules(policies={POLICY.id: POLICY}, calendars=(PLAIN, *rows(state, WorkingCalendar)))
    grounds = Grounds(rules, state.changed.values())
    pressing = [
        first
        for one in rows(state, Ticket)
        for ticket in (structs.replace(one, policy_id=POLICY.id),)
        if (first := presses(ticket, grounds.standing(ticket, now).clocks, now)) is not None
        and is_at_risk(first, now)
    ]
    late = sorted(round((now - (one.due or now)) / HOUR_MS, 1) for one in pressing if is_over(one))
    assert late == [0.3, 2.2]
    assert sorted(one.node for one in pressing if not is_over(one)) == [
        *("assign", "complaint_contact", "respond"),
    ]


def test_everybody_can_sign_in_and_every_technician_has_a_van(loaded: State) -> None:
    people = rows(loaded, Person)
    assert {(one.person_id, one.login, one.name, one.roles) for one in MADE.logins} == {
        (one.id, one.login, one.name, one.roles) for one in people
    }
    vans = {one.code: one.van_id for one in people if one.code}
    assert sorted(vans) == [f"T{number:02d}" for number in range(1, 13)]
    assert len(set(vans.values())) == 12


def test_every_row_has_a_stream_or_stays_on_the_server(loaded: State) -> None:
    homes = {table(type(row)) for row in loaded.changed.values() if home(row) is None}
    assert homes == {"movement"}
    assert all(stream_of(place) for row in loaded.changed.values() if (place := home(row)))


def said(made: Company) -> list[DemoOp]:
    """All that everybody said, but for what they disagreed about."""
    return [*made.ops, *made.field, *made.after]


def visits(state: State, day: str) -> list[Visit]:
    return [one for one in rows(state, Visit) if (one.planned_from or "").startswith(day)]


def rows(state: State, kind: type[R]) -> list[R]:
    return [row for row in state.changed.values() if isinstance(row, kind)]


def person(state: State, code: str) -> Person:
    (found,) = [one for one in rows(state, Person) if one.code == code]
    return found
