"""A phone that has not reached its office for long drops what it knows of customers, by itself."""

import msgspec
import pytest

from shared.clock import Absence, At, absent
from shared.ops import SYSTEM
from shared.prices import AWAY_DAYS, ORGANISATION
from shared.work_order import WorkOrder
from sync.absence import DAY_MS, look
from sync.memory import MemoryPhone
from sync.ports import Notice, Outboxed
from tests import proof
from tests.world import ANN, BOB, CUSTOMER, SITE, START_MS, World

OF_CUSTOMERS = {"wo", "ticket", "site", "customer"}
HOUR_MS = 3_600_000


class Drawer:
    """Ann's phone, with two jobs of one customer, which is forgotten in a drawer."""

    def __init__(self) -> None:
        self.world = World()
        phone = self.world.phone(ANN)
        assert isinstance(phone, MemoryPhone)
        self.phone = phone
        self.world.sync(phone)
        self.world.tick()
        self.jobs = [self.world.job(ANN) for _ in range(2)]
        self.world.sync(phone)
        self.world.sync(phone)

    def lies(self, days: float, *, off: bool = False, wall_ms: int = 0) -> bool:
        """Look at it after so many days; `off` means that it was, and was begun anew."""
        self.world.tick(int(days * DAY_MS))
        now = self.world.clock(self.phone)
        boot = f"boot-{self.world.now_ms}" if off else now.boot
        seen = msgspec.structs.replace(now, boot=boot, wall=now.wall + wall_ms)
        return look(self.phone, seen)

    def streams(self) -> set[str]:
        return {stream.partition(":")[0] for stream in self.phone.disk.base}

    def notices(self, kind: str) -> list[Notice]:
        return [one for one in self.phone.disk.notices.values() if one.kind == kind]


def test_after_so_many_days_customers_leave_and_come_back_with_the_next_contact() -> None:
    """S2."""
    drawer = Drawer()
    assert [drawer.lies(AWAY_DAYS - 0.1), drawer.streams() >= OF_CUSTOMERS] == [False, True]
    assert [drawer.lies(0.2), drawer.streams()] == [True, {"tech", "stock", "catalog"}]
    assert drawer.lies(9) is False
    (told,) = drawer.notices("away")
    assert told.params == {"days": AWAY_DAYS}
    known = drawer.phone.disk.told
    assert known.keys().isdisjoint({("site", SITE), ("customer", CUSTOMER)})
    assert "summary" not in known[("work_order", drawer.jobs[0])]
    before = set(drawer.phone.disk.notices)
    drawer.world.sync(drawer.phone)
    shown = {key[1] for key in drawer.phone.shown(base=False) if key[0] is WorkOrder}
    assert (shown, drawer.streams() >= OF_CUSTOMERS) == (set(drawer.jobs), True)
    assert (set(drawer.phone.disk.notices), drawer.phone.identity().absence) == (before, None)


def test_what_the_office_did_meanwhile_is_told_then() -> None:
    drawer = Drawer()
    first, second = (("work_order", one) for one in drawer.jobs)
    drawer.lies(AWAY_DAYS + 1)
    drawer.world.must(drawer.world.office("work_order.reassign", first, {"person": BOB}))
    drawer.world.must(drawer.world.office("work_order.cancel", second, {"reason": "sold"}))
    drawer.world.sync(drawer.phone)
    told = {(one.kind, one.job) for one in drawer.phone.disk.notices.values()}
    assert told >= {("taken_away", first[1]), ("cancelled", second[1])}
    assert ("work_order", first[1]) not in drawer.phone.disk.told


def test_what_waits_to_be_sent_stays_with_the_rows_under_it() -> None:
    """S2."""
    drawer = Drawer()
    on = ("work_order", drawer.jobs[0])
    photo = drawer.world.tap(drawer.phone, "photo.add", on, proof.picture("plate"))
    assert isinstance(photo, Outboxed)
    assert drawer.lies(AWAY_DAYS + 1)
    kept = {one for one in drawer.phone.disk.base if one.startswith("wo:")}
    assert kept == {f"wo:{drawer.jobs[0]}"}
    assert [one.op_id for one in drawer.phone.all_ops()] == [photo.op_id]
    assert drawer.world.sync(drawer.phone).verdicts == {"applied": 1}
    shown = {key[1] for key in drawer.phone.shown(base=False) if key[0] is WorkOrder}
    assert shown == set(drawer.jobs)


def test_the_company_says_how_many_days_and_the_phone_knows_it_without_a_network() -> None:
    drawer = Drawer()
    house = {"row": {"en": "x", "zh": "x", "away_days": 3}}
    on = ("organisation", ORGANISATION)
    drawer.world.must(drawer.world.office("master.put", on, house, by=SYSTEM))
    drawer.world.sync(drawer.phone)
    assert [drawer.lies(2.9), drawer.lies(0.2)] == [False, True]


def test_setting_the_date_back_gives_no_time_and_restarts_take_none_away() -> None:
    """S2."""
    drawer = Drawer()
    assert drawer.lies(20, off=True) is False
    year_back = -365 * DAY_MS
    assert drawer.lies(0.1, off=True, wall_ms=year_back) is False
    assert drawer.lies(9.8, off=True, wall_ms=year_back) is False
    assert drawer.lies(0.3, off=True, wall_ms=year_back) is True


@pytest.mark.parametrize(
    ("mono", "wall", "boot", "ms"),
    [
        (5, 100, "same", 5),
        (5, -100, "same", 5),
        (-5, 100, "same", 0),
        (5, 100, "other", 100),
        (5, -100, "other", 0),
    ],
)
def test_an_absence_goes_on_by_the_best_clock_there_is(
    mono: int, wall: int, boot: str, ms: int
) -> None:
    then = At(wall=START_MS, boot="same", mono=1_000, src="boottime")
    now = At(wall=START_MS + wall, boot=boot, mono=1_000 + mono, src="boottime")
    assert absent(Absence(ms=7, seen=then), now) == Absence(ms=7 + ms, seen=now)


def test_it_is_looked_at_once_an_hour_and_never_before_the_first_contact() -> None:
    drawer, fresh = Drawer(), World()
    drawer.lies(0.5 / 24)
    assert drawer.phone.identity().absence is None
    drawer.lies(0.6 / 24)
    absence = drawer.phone.identity().absence
    assert absence is not None
    assert HOUR_MS < absence.ms < 2 * HOUR_MS
    phone = fresh.phone(ANN)
    fresh.tick(400 * DAY_MS)
    assert look(phone, fresh.clock(phone)) is False


def test_handing_in_alone_does_not_bring_back_what_was_dropped_and_a_pull_does() -> None:
    drawer = Drawer()
    drawer.lies(AWAY_DAYS + 1)
    drawer.world.sync(drawer.phone, ops_only=True)
    absence = drawer.phone.identity().absence
    assert (absence is not None and absence.dropped, drawer.streams()) == (
        True,
        {"tech", "stock", "catalog"},
    )
    drawer.world.sync(drawer.phone)
    assert drawer.streams() >= OF_CUSTOMERS
