"""A phone reckons the clocks of its tickets by itself, and by the office's time."""

from pathlib import Path

import pytest
from msgspec import structs

from mobile.queries.clocks import FIELD
from shared.clock import At, Sighting
from shared.clocks import Clock
from shared.ids import derive
from shared.ops import SYSTEM
from shared.policy import CHOICE
from tests.app.folders import LIMITS
from tests.mobile.phones import Phone
from tests.world import ANN, VAN_ANN, World

HOUR = 3_600_000


@pytest.fixture
def timed(tmp_path: Path) -> Phone:
    """Ann's phone, in a company with a policy; its first job is of that policy's time."""
    return with_policy(World(), tmp_path)


def with_policy(world: World, tmp_path: Path) -> Phone:
    policy = {
        "name": "hotline",
        "valid_from": "2020-01-01",
        "en": "H",
        "zh": "热",
        "limits": [*LIMITS, RETURN],
    }
    world.must(world.office("policy.publish", ("service_policy", ""), policy, by=SYSTEM))
    choice = {"choice": {"policy": "hotline", "valid_from": "2020-01-01"}}
    world.must(world.office("policy.choose", ("policy_choice", CHOICE), choice, by=SYSTEM))
    return Phone(tmp_path, world)


RETURN = {
    "id": "return",
    "node": "return",
    "start": "return_asked",
    "stop": "return_done",
    "amount": 48,
}


def clocks(phone: Phone) -> dict[str, Clock]:
    (job,) = phone.queries.jobs()
    assert job.timed is not None
    at = phone.queries.office_time(phone.world.clock(phone.replica))
    return {one.node: one for one in job.timed.clocks(at)}


def test_a_technician_sees_the_clocks_of_the_field_and_none_of_the_office(timed: Phone) -> None:
    assert set(clocks(timed)) <= set(FIELD)
    assert {name: one.state for name, one in clocks(timed).items()} == {
        "contact": "running",
        "arrive": "running",
        "solve": "running",
    }
    timed.connection.close()


def test_what_is_done_without_a_network_stops_the_clock_at_once(timed: Phone) -> None:
    """R-SLA-10."""
    timed.must("work_order.contact", {"means": "phone", "reached": False})
    assert clocks(timed)["contact"].state == "running"
    timed.must("work_order.contact", {"means": "phone", "reached": True})
    assert clocks(timed)["contact"].state == "met"
    timed.must("work_order.accept")
    timed.must("work_order.depart")
    timed.must("work_order.arrive")
    before = clocks(timed)
    assert before["arrive"].state == "met"
    timed.sync()
    after = clocks(timed)
    assert {name: one.state for name, one in after.items()} == {
        name: one.state for name, one in before.items()
    }
    timed.connection.close()


def test_a_return_has_its_clock_on_the_phone_as_in_the_office(timed: Phone) -> None:
    """R-SLA-45."""
    (job,) = timed.queries.jobs()
    assert job.timed is not None
    on = ("ticket", job.timed.ticket)
    timed.world.must(timed.world.office("return.ask", on, {"wish": "return"}, by=SYSTEM))
    timed.sync()
    assert clocks(timed)["return"].state == "running"
    timed.world.must(timed.world.office("return.drop", on, {"reason": "Kept it"}, by=SYSTEM))
    timed.sync()
    assert clocks(timed)["return"].state == "met"
    timed.connection.close()


def test_a_phone_whose_clock_is_wrong_goes_by_the_offices(timed: Phone) -> None:
    identity = timed.replica.identity()
    seen = Sighting(boot="b", mono=1_000, wall=9_000_000, received=9_000_000 + 2 * HOUR)
    with timed.replica.transaction():
        timed.replica.identify(structs.replace(identity, sighting=seen))
    later = At(wall=9_000_000 - HOUR, boot="b", mono=61_000, src="boottime")
    # Within one boot nobody can set the clock that counts.
    assert timed.queries.office_time(later) == seen.received + 60_000
    # After a restart the wall clock is as wrong as it was.
    again = At(wall=9_060_000, boot="c", mono=5, src="boottime")
    assert timed.queries.office_time(again) == seen.received + 60_000
    timed.connection.close()


def test_a_phone_reckons_by_the_hours_of_the_team_that_has_the_ticket(tmp_path: Path) -> None:
    night = derive("team", "night")
    world = World()
    world.must(world.office("master.put", ("team", night), {"row": {"name": "Night"}}, by=SYSTEM))
    row = {"login": "ann", "name": "Ann", "roles": ["technician"], "van_id": VAN_ANN}
    put = {"row": {**row, "team_id": night}}
    world.must(world.office("master.put", ("person", ANN), put, by=SYSTEM))
    hours = {"team": night, "week": [[["00:00", "24:00"]]] * 7}
    world.must(world.office("calendar.set", ("working_calendar", night), hours, by=SYSTEM))
    phone = with_policy(world, tmp_path)
    (job,) = phone.queries.jobs()
    assert job.timed is not None
    assert [one.team for one in job.timed.case.stretches] == [night]
    assert (job.timed.team, job.timed.team_since) == ("Night", job.timed.case.stretches[0].since)
    assert {one.id for one in job.timed.calendars} == {night}
    phone.connection.close()
