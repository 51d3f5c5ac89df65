"""How a phone listens for pokes: what it does with them, and what it does where none come."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobile.courier import Report
from mobile.couriers import OPS, Couriers
from mobile.lane import PARKED_S, Lane, Pace, Watchdog
from mobile.listener import AGAIN_S, Listener
from mobile.wire import Problem, Refused, Throttled, Unauthorised, Unreachable
from sync.pokes import KEEP_ALIVE_S, LINE_BYTES_MAX, SILENT_S
from tests.mobile.test_courier import Clock
from tests.mobile.test_lane import Bell

OPEN, ALIVE, POKE = b": open\n\n", b": alive\n\n", b"event: poke\ndata: 1\n\n"
Said = tuple[float, bytes | Exception]  # after so many seconds
LASTS: tuple[Said, ...] = ((0.0, OPEN), *(((KEEP_ALIVE_S, ALIVE),) * 3))


class Line:
    """A line over which a server says what a test tells it to."""

    def __init__(self, clock: Clock, said: tuple[Said, ...]) -> None:
        self.clock = clock
        self.said = said
        self.hung_up = False

    def __iter__(self) -> Iterator[bytes]:
        if self.hung_up:
            raise Unreachable
        for seconds, what in self.said:
            self.clock.now += seconds
            if isinstance(what, Exception):
                raise what
            yield what

    def hang_up(self) -> None:
        self.hung_up = True


class Heard(list[str]):
    """What a listener tells, in its order."""

    def opened(self) -> None:
        self.append("opened")

    def poked(self) -> None:
        self.append("poked")

    def lost(self) -> None:
        self.append("lost")


class Phone:
    """A listener whose lines say one thing after the other."""

    def __init__(self, *lines: tuple[Said, ...], dice: float = 1.0) -> None:
        self.clock = Clock()
        self.heard = Heard()
        self.lines = [Line(self.clock, said) for said in lines]
        coming = iter(self.lines)
        pace = Pace(bell=threading.Event(), dice=lambda: dice, monotonic=self.clock)
        self.listener = Listener(lambda: next(coming), pace, self.heard)

    def waits(self) -> list[float]:
        """How long it waits after each of its lines."""
        return [self.listener.round() for _ in self.lines]


def test_what_opens_a_line_asks_once_and_each_poke_is_passed_on() -> None:
    phone = Phone(((0.0, OPEN), (1.0, POKE), (0.0, POKE[:9]), (1.0, POKE[9:] + ALIVE), (40, POKE)))
    assert phone.waits() == [AGAIN_S]
    assert phone.heard == ["opened", "poked", "poked", "poked"]
    assert phone.listener.is_poked


def test_phones_that_lost_the_same_server_do_not_all_come_back_at_once() -> None:
    assert [Phone(LASTS, dice=dice).waits() for dice in (0.0, 0.5)] == [[0.0], [AGAIN_S / 2]]


def test_a_line_that_never_lasts_is_tried_less_and_less_and_pokes_are_not_relied_on() -> None:
    short = ((0.0, OPEN), (1.0, Unreachable()))
    phone = Phone(*(short for _ in range(10)))
    assert phone.waits() == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0]
    assert not phone.listener.is_poked
    assert phone.heard == ["opened", *(["opened", "lost"] * 9)]


@pytest.mark.parametrize(
    "line",
    [
        (),  # the head of the answer is held back, too
        ((0.0, b""), (SILENT_S + 1.0, b"\n")),
        tuple((10.0, b"\n") for _ in range(6)),  # trickles, and says nothing
        ((0.0, b"x" * (LINE_BYTES_MAX + 1)),),
    ],
    ids=["nothing", "silence", "trickle", "babble"],
)
def test_where_no_sign_of_life_comes_through_the_phone_asks_by_itself(
    line: tuple[Said, ...],
) -> None:
    phone = Phone(line, line)
    assert phone.waits() == [1.0, 2.0]
    assert phone.heard == []
    assert not phone.listener.is_poked


def test_a_line_that_falls_silent_is_given_up_and_after_two_the_phone_is_told() -> None:
    phone = Phone(LASTS, ((SILENT_S + 1.0, b"\n"),), ((SILENT_S + 1.0, b"\n"),))
    assert phone.waits() == [AGAIN_S, 1.0, 2.0]
    assert phone.heard == ["opened", "lost"]


def test_every_refusal_has_its_wait() -> None:
    missing = Refused(Problem(status=404, code="not_found"))
    ends = (Throttled(300, 429), Unauthorised(), missing)
    phone = Phone(*(((0.0, end),) for end in ends))
    assert phone.waits() == [300, PARKED_S, PARKED_S]
    revoked = Phone((*LASTS, (1.0, Refused(Problem(status=403, code="device_revoked")))))
    assert revoked.waits() == [PARKED_S]
    assert (revoked.heard, revoked.listener.is_poked) == (["opened", "lost"], False)


def test_while_nobody_looks_no_line_is_open_and_whoever_looks_again_is_heard_at_once() -> None:
    phone = Phone(((0.0, Unreachable()),), ((0.0, Unreachable()),), LASTS)
    assert [phone.listener.round() for _ in range(2)] == [1.0, 2.0]
    phone.listener.rest()
    assert (phone.listener.round(), phone.heard) == (3_600.0, [])
    phone.listener.wake()
    assert (phone.listener.round(), phone.heard) == (AGAIN_S, ["opened"])


def test_an_open_line_is_hung_up_when_nobody_looks_any_more() -> None:
    phone = Phone(LASTS)
    (line,) = phone.lines

    def opened() -> None:
        phone.listener.rest()
        assert line.hung_up

    phone.heard.opened = opened  # type: ignore[method-assign]
    assert (phone.listener.round(), phone.listener.is_poked) == (0.0, False)


def test_another_network_than_before_ends_all_waits_and_the_loss_of_one_ends_none(
    tmp_path: Path,
) -> None:
    """C64."""
    clock = Clock()
    bell = Bell(clock)
    names = [""]

    def talk(progress: object) -> Report:
        raise Unreachable

    lane = Lane(talk, Pace(bell=bell, dice=lambda: 1.0, monotonic=clock))
    couriers = Couriers(
        tmp_path, lambda act: act(), lambda *, changed: None, network=lambda: names[-1]
    )
    couriers._dogs = {OPS: Watchdog(lambda: lane, clock)}
    couriers.look()  # started in airplane mode
    assert [lane.round() for _ in range(3)] == [1.0, 2.0, 4.0]
    rung = []
    for name in ("", "wlan0", "wlan0", "rmnet0", "", ""):
        names.append(name)
        couriers.look()
        rung.append(bell.rung)
    assert rung == [0, 1, 1, 2, 2, 2]
    assert lane.round() == 1.0


def test_a_phone_that_is_let_in_listens_at_once(tmp_path: Path) -> None:
    phone = Phone(((0.0, Refused(Problem(status=403, code="device_unconfirmed"))),), LASTS)
    couriers = Couriers(tmp_path, lambda act: act(), lambda *, changed: None)
    couriers._listener = phone.listener
    assert phone.listener.round() == PARKED_S
    bell = phone.listener._pace.bell
    couriers._heard(Refused(Problem(status=403, code="device_unconfirmed")))
    assert not bell.wait(0)
    done = Report(pushed=0, verdicts={}, pulled_rows=0, pending_ops=0, checksum_ok=True)
    couriers._heard(done)
    assert bell.wait(0)
    bell.clear()
    couriers._heard(done)
    assert not bell.wait(0)
