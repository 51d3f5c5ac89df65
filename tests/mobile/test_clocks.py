"""A phone reckons the clocks of its tickets by itself, and by the office's time."""

from pathlib import Path

import pytest
from msgspec import structs

from mobile.queries.clocks import FIELD
from shared.clock import At, Sighting
from shared.clocks import Clock
from shared.ops import SYSTEM
from shared.policy import CHOICE
from tests.app.folders import LIMITS
from tests.mobile.phones import Phone
from tests.world import World

HOUR = 3_600_000


@pytest.fixture
def timed(tmp_path: Path) -> Phone:
    """Ann's phone, in a company with a policy; its first job is of that policy's time."""
    world = World()
    policy = {
        "name": "hotline",
        "valid_from": "2020-01-01",
        "en": "H",
        "zh": "热",
        "limits": LIMITS,
    }
    world.must(world.office("policy.publish", ("service_policy", ""), policy, by=SYSTEM))
    choice = {"choice": {"policy": "hotline", "valid_from": "2020-01-01"}}
    world.must(world.office("policy.choose", ("policy_choice", CHOICE), choice, by=SYSTEM))
    return Phone(tmp_path, world)


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
