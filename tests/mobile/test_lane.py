"""How long a lane waits, when it gives up, and who takes its place."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from mobile import database
from mobile.courier import Busy, Courier, HandInLater, Report
from mobile.lane import CALM_S, CONFIRM_S, POKED_S, Abandoned, Lane, Outcome, Pace, Watchdog
from mobile.replica import Replica
from mobile.wire import Problem, Refused, Throttled, Unauthorised, Unreachable
from tests.mobile.phones import Phone
from tests.mobile.test_courier import Clock, Spoken
from tests.world import BOB


class Bell:
    """A bell that nobody waits at; it remembers for how long somebody would have."""

    def __init__(self, clock: Clock, rounds: int = 0) -> None:
        self.clock = clock
        self.rounds = rounds
        self.lane: Lane | None = None
        self.waited: list[float] = []
        self.rung = 0

    def wait(self, timeout: float) -> bool:
        self.waited.append(timeout)
        self.clock.now += timeout
        if len(self.waited) == self.rounds and self.lane is not None:
            self.lane.abandon()
        return False

    def set(self) -> None:
        self.rung += 1

    def clear(self) -> None:
        """Nothing to do."""


NEWS = Report(pushed=0, verdicts={}, pulled_rows=3, pending_ops=0, checksum_ok=True)
DONE = Report(pushed=0, verdicts={}, pulled_rows=0, pending_ops=0, checksum_ok=True)
SLOW = Report(pushed=0, verdicts={}, pulled_rows=0, pending_ops=3, checksum_ok=True, timed_out=True)


def waits(*ends: Report | Exception) -> list[float]:
    """How long a lane waits after conversations that ended so."""
    clock = Clock()
    coming: Iterator[Report | Exception] = iter(ends)

    def talk(progress: Callable[[], None]) -> Report:
        progress()
        end = next(coming)
        if isinstance(end, Exception):
            raise end
        return end

    bell = Bell(clock, len(ends))
    bell.lane = Lane(talk, Pace(bell=bell, dice=lambda: 1.0, monotonic=clock))
    bell.lane.run()
    return bell.waited


def test_it_waits_longer_after_each_failure_and_begins_anew_after_a_success() -> None:
    """C16."""
    lost = [Unreachable() for _ in range(11)]
    assert waits(*lost, DONE, SLOW, Unreachable()) == [
        *(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0),
        60.0,
        1.0,
        2.0,
    ]


def test_every_ending_has_its_wait() -> None:
    """C16."""
    refused = Refused(Problem(status=403, code="device_revoked"))
    ends = (Busy(), Throttled(7), Unauthorised(), refused, database.Full())
    assert waits(*ends) == [60.0, 7.0, 300.0, 300.0, 300.0]
    assert waits(HandInLater(3_600), HandInLater(7), Unreachable()) == [60.0, 7.0, 1.0]


def test_a_phone_that_waits_to_be_let_in_asks_often_at_first_and_seldom_later() -> None:
    """S5."""
    told = [Refused(Problem(status=403, code="device_unconfirmed")) for _ in range(130)]
    waited = waits(*told, DONE)
    assert (waited[:10], waited[29], waited[129], waited[130]) == ([5.0] * 10, 15.0, 60.0, 60.0)


def test_after_news_the_server_is_soon_told_that_it_is_there() -> None:
    assert waits(NEWS, DONE) == [CONFIRM_S, 60.0]


def test_a_bug_does_not_end_the_lane(caplog: pytest.LogCaptureFixture) -> None:
    """C16."""
    assert waits(ZeroDivisionError("ours"), DONE) == [1.0, 60.0]
    assert "ours" in caplog.text


def test_a_ring_ends_the_wait_but_not_the_servers_patience() -> None:
    """C64."""
    clock = Clock()
    talks: list[float] = []

    def talk(progress: Callable[[], None]) -> Report:
        talks.append(clock.now)
        raise Throttled(7) if len(talks) == 1 else Unreachable

    bell = Bell(clock)
    lane = Lane(talk, Pace(bell=bell, dice=lambda: 1.0, monotonic=clock))
    assert lane.round() == 7.0
    lane.ring()
    assert bell.rung == 1
    clock.now += 3
    assert lane.round() == 4.0
    clock.now += 4
    assert lane.round() == 1.0
    assert lane.round() == 2.0
    lane.ring()
    assert lane.round() == 1.0
    assert talks == [1_000.0, 1_007.0, 1_007.0, 1_007.0]


def test_many_pokes_are_one_conversation_and_end_no_wait_after_a_failure() -> None:
    clock = Clock()
    talks: list[float] = []
    ends: list[Report | Exception] = [DONE, DONE, Unreachable(), Unreachable(), DONE]

    def talk(progress: Callable[[], None]) -> Report:
        talks.append(clock.now)
        end = ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    bell = Bell(clock)
    pace = Pace(bell=bell, dice=lambda: 1.0, monotonic=clock, idle_s=lambda: POKED_S)
    lane = Lane(talk, pace)
    assert lane.round() == POKED_S
    for _ in range(50):
        lane.poke()
        assert lane.round() == CALM_S
    clock.now += CALM_S
    assert (lane.round(), bell.rung) == (POKED_S, 50)
    clock.now += CALM_S
    lane.poke()
    assert lane.round() == 1.0
    lane.poke()
    assert bell.rung == 51  # the wait after a failure is as long as it was
    clock.now += 1.0
    assert lane.round() == 2.0
    lane.ring()  # somebody who taps is another matter
    assert lane.round() == POKED_S
    assert talks == [1_000.0, 1_002.0, 1_004.0, 1_005.0, 1_005.0]


def test_the_wait_after_a_failure_ends_by_itself_in_the_lane_s_own_thread() -> None:
    """C16."""
    talks = threading.Semaphore(0)

    def talk(progress: Callable[[], None]) -> Report:
        talks.release()
        raise Unreachable

    lane = Lane(talk, Pace(dice=lambda: 0.0, monotonic=time.monotonic))
    thread = threading.Thread(target=lane.run)
    began = time.monotonic()
    thread.start()
    try:
        assert all(talks.acquire(timeout=20) for _ in range(2))
        assert time.monotonic() - began >= 0.5  # half of the first wait
    finally:
        lane.abandon()
        thread.join(timeout=20)
    assert not thread.is_alive()


def test_a_lane_that_shows_no_life_is_replaced_and_takes_nothing_in(phone: Phone) -> None:
    """C16."""
    clock = Clock()
    ended: list[Outcome | Exception] = []
    stuck: list[Callable[[], None]] = []

    def talk(progress: Callable[[], None]) -> Report:
        stuck.append(progress)
        return DONE

    def start() -> Lane:
        return Lane(
            talk, Pace(bell=threading.Event(), dice=lambda: 1.0, monotonic=clock), ended.append
        )

    watchdog = Watchdog(start, clock)
    first = watchdog.lane
    first.round()
    clock.now += 100
    stuck[0]()
    clock.now += 100
    assert not watchdog.look()
    clock.now += 100
    assert watchdog.look()
    assert watchdog.lane is not first
    with pytest.raises(Abandoned):
        stuck[0]()
    assert not watchdog.look()


def test_a_lane_talks_from_a_thread_of_its_own_and_can_be_rung(phone: Phone) -> None:
    spoken = Spoken(phone)
    done = threading.Semaphore(0)

    def talk(progress: Callable[[], None]) -> Report:
        with closing(database.connect(phone.path)) as connection:
            courier = Courier(Replica(connection), spoken.courier._post, spoken.courier._around)
            return courier.talk(progress)

    reports: list[Outcome | Exception] = []

    def told(ended: Outcome | Exception) -> None:
        reports.append(ended)
        done.release()

    lane = Lane(talk, Pace(dice=lambda: 1.0, monotonic=spoken.clock), told)
    thread = threading.Thread(target=lane.run)
    thread.start()
    try:
        assert done.acquire(timeout=20)
        phone.must("work_order.accept")
        lane.ring()
        assert done.acquire(timeout=20)
    finally:
        lane.abandon()
        thread.join(timeout=20)
    assert [one.pushed for one in reports if isinstance(one, Report)] == [0, 1]
    assert phone.world.job(BOB)
