"""What happened to users of other offline apps, tried on a phone with its real database."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from mobile import database
from mobile.courier import Busy, Report, alone
from mobile.couriers import Couriers
from mobile.lane import Lane, Pace
from mobile.queries import Queries
from mobile.replica import Replica
from mobile.texts import Words
from mobile.views.chip import SyncChip, chip
from mobile.wire import Problem, Refused, TooSlow, Unauthorised, Unreachable
from shared.tasks import Conflict
from tests.mobile.phones import Phone
from tests.mobile.test_courier import NOTE, Clock, Spoken
from tests.mobile.test_lane import Bell
from tests.mobile.test_parked import kept
from tests.world import SITE

ROOT = Path(__file__).resolve().parents[2]
EN, ZH = Words("en"), Words("zh")


class Shown:
    """What the chip says after each conversation."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.couriers = Couriers(phone.folder, lambda act: act(), lambda **_: None)

    def after(self, talk: Callable[[], Report], words: Words = EN) -> SyncChip:
        """One conversation by a lane, and the chip it leaves."""
        clock = Clock()
        pace = Pace(bell=Bell(clock), dice=lambda: 1.0, monotonic=clock)
        lane = Lane(lambda _: talk(), pace, self.couriers._heard)
        lane.round()
        return chip(self.couriers.traffic, self.phone.queries.waiting(), words)


def test_a_conversation_that_timed_out_is_never_called_done(phone: Phone) -> None:
    """C09."""
    shown = Shown(phone)
    assert shown.after(Spoken(phone).courier.talk).state == "up_to_date"
    slow = Spoken(phone, *(TooSlow() for _ in range(20)))
    assert shown.after(slow.courier.talk).state == "offline"  # though nothing waits
    phone.must("work_order.accept")
    slow = Spoken(phone, *(TooSlow() for _ in range(20)))
    said = shown.after(slow.courier.talk)
    assert (said.text, said.tone) == ("Offline · 1 change", "warning")
    assert shown.after(Spoken(phone).courier.talk).state == "up_to_date"


def test_what_was_sent_in_part_is_told_as_what_is_left(phone: Phone) -> None:
    """C11."""
    phone.work()
    for _ in range(5):
        phone.must("note.add", NOTE)
    spoken = Spoken(phone, None, None, None, Unreachable())
    spoken.courier._around = structs.replace(spoken.courier._around, ops_max=2)
    shown = Shown(phone)
    assert shown.after(spoken.courier.talk).text == "Offline · 3 changes"
    assert sorted(line.state for line in phone.queries.outbox()) == ["safe"] * 6 + ["waiting"] * 3
    assert shown.after(spoken.courier.talk, ZH).state == "up_to_date"


@pytest.mark.parametrize(
    "end",
    [
        Refused(Problem(status=404, code="not_found")),
        Refused(Problem(status=403, code="device_revoked")),
        Refused(Problem(status=400, code="wrong_request")),
        Unauthorised("unknown_device"),
    ],
    ids=str,
)
def test_an_office_that_does_not_know_this_phone_is_told_and_nothing_is_cleared(
    phone: Phone, end: Exception
) -> None:
    """C10."""
    phone.work()
    before = kept(phone)
    said = Shown(phone).after(Spoken(phone, end, end).courier.talk)
    assert (said.state, said.tone) == ("needs_you", "danger")
    assert kept(phone) == before


def test_what_is_wrong_with_everything_is_told_at_the_first_request(phone: Phone) -> None:
    """C67."""
    for _ in range(300):
        phone.must("note.add", NOTE)
    spoken = Spoken(phone, Refused(Problem(status=403, code="device_revoked")))
    assert Shown(phone).after(spoken.courier.talk).state == "needs_you"
    assert len(spoken.line.requests) == 1
    assert len(phone.replica.outgoing(2_000, 10**9)) == 300


def test_after_a_restart_without_a_network_all_goes_as_soon_as_there_is_one(phone: Phone) -> None:
    """C64."""
    phone.work()
    phone.connection.close()
    phone.connection = database.connect(phone.path)
    phone.replica = Replica(phone.connection)
    phone.queries = Queries(phone.connection)
    phone.world.callers[id(phone.replica)] = next(iter(phone.world.callers.values()))
    shown = Shown(phone)
    away = Spoken(phone, Unreachable(), Unreachable())
    for _ in range(2):
        assert shown.after(away.courier.talk).text == "Offline · 4 changes"
    assert shown.after(away.courier.talk).state == "up_to_date"
    assert [line.state for line in phone.queries.outbox()] == ["safe"] * 4


def test_an_open_conflict_is_still_there_after_a_restart(phone: Phone) -> None:
    """C27."""
    office = {"fields": {"contact_phone": ["13800005678", "111"]}}
    edit = {"fields": {"contact_phone": "222"}, "work_order": phone.job}
    phone.must("edit", edit, ("site", SITE))
    phone.world.must(phone.world.office("edit", ("site", SITE), office))
    phone.sync()
    for _ in range(3):
        phone.must("note.add", NOTE)
        phone.sync()
    with closing(database.connect(phone.path)) as connection:
        rows = Replica(connection).living(("site", SITE), Conflict)
    assert [(row.winner, [one.value for one in row.losers]) for row in rows] == [("222", ["111"])]


HOLDING = """
import sys
from pathlib import Path
from mobile.courier import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_on_the_outbox_ends_with_the_process_that_held_it(phone: Phone) -> None:
    """C70."""
    phone.must("work_order.accept")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(phone.folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy), alone(phone.folder):
            raise AssertionError
        holder.kill()
        holder.wait()
        assert Spoken(phone).courier.talk().pushed == 1
