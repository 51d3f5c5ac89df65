"""Many files on a slow line, by a clock of its own: what waits for them, and who gives up."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from sync.shelf import OTHER, THUMBNAIL
from sync.transfer import (
    FAILURES_MAX,
    PIECE_BYTES_MIN,
    PIECE_S,
    Answer,
    Asked,
    Create,
    Failed,
    Patch,
    Reached,
)
from tests.depot import Office
from tests.sync.test_transfer import Phone

SHOWN_BYTES, PHOTO_BYTES = 20_000, 200_000
MEGABIT: Final = 125_000  # bytes in a second
WAY_S: Final = 0.1  # there and back, however little is said
GATEWAY_S: Final = 30  # after so long somebody between phone and server gives up on a request
ROUNDS_MAX: Final = 100


class Line(Struct, kw_only=True):
    """A line that bears so much, and a gateway that keeps a request to itself until it is whole."""

    office: Office
    bytes_per_s: Callable[[float], int]
    now: float = 0.0
    given_up: int = 0

    def answer(self, asked: Asked, body: bytes) -> Answer:
        takes_s = WAY_S + len(body) / self.bytes_per_s(self.now)
        if takes_s > GATEWAY_S:
            self.now += GATEWAY_S
            self.given_up += 1
            return Failed()  # of the server's half nothing was heard, and the server heard nothing
        self.now += takes_s
        answer = self.office.answer(asked, body)
        if isinstance(answer, Reached):
            return Reached(offset=answer.offset, upload=answer.upload, took_ms=int(takes_s * 1_000))
        return answer


def talk(phone: Phone, line: Line, watch: Callable[[], None] = lambda: None) -> list[Asked]:
    """One conversation; `watch` looks at the clock after each answer."""
    phone.begin()
    said: list[Asked] = []
    try:
        asked = next(phone.lane)
        while True:
            said.append(asked)
            answer = line.answer(asked, phone.body(asked))
            watch()
            asked = phone.lane.send(answer)
    except StopIteration:
        return said


def waits(phone: Phone) -> bool:
    return "waiting" in phone.states()


def test_acts_go_before_three_hundred_photos_on_a_line_of_a_megabit() -> None:
    """C39: an act every twenty seconds, while the photos of fifteen sites are on their way."""
    phone = Phone(
        *((f"shown {one}", SHOWN_BYTES, THUMBNAIL) for one in range(300)),
        *((f"photo {one}", PHOTO_BYTES, OTHER) for one in range(300)),
    )
    line = Line(office=Office(), bytes_per_s=lambda _: MEGABIT)
    recorded, waited, said = 20.0, list[float](), list[Asked]()

    def watch() -> None:
        phone.ops_wait = line.now >= recorded

    while waits(phone):
        said += talk(phone, line, watch)
        if phone.ops_wait:  # the photos have stepped aside
            waited.append(line.now - recorded)
            line.now += 2 * WAY_S
            recorded, phone.ops_wait = line.now + 20.0, False
    assert (line.office.done, line.office.needless) == (phone.bytes, 0)
    assert len(waited) > 20
    assert max(waited) < PIECE_S
    whole_s = 300 * (SHOWN_BYTES + PHOTO_BYTES) / MEGABIT
    assert line.now < 1.3 * whole_s
    first = {one.sha256 for one in said if isinstance(one, Create) and one.size == PHOTO_BYTES}
    sizes = [one.size for one in said if isinstance(one, Create)]
    assert sizes[:300] == [SHOWN_BYTES] * 300
    assert len(first) == 300


def test_a_gateway_that_gives_up_after_half_a_minute_stops_none_of_a_thousand_files() -> None:
    """C41: the line falls from a megabit to a kilobyte a second, and stays so."""
    phone = Phone(*((f"photo {one}", 31_000 + one, OTHER) for one in range(1_000)))
    line = Line(office=Office(), bytes_per_s=lambda now: MEGABIT if now < 60 else 1_000)
    rounds = 0
    while waits(phone):
        talk(phone, line)
        rounds += 1
        assert rounds < ROUNDS_MAX, "no end"
    assert line.office.done == phone.bytes
    assert 0 < line.given_up < FAILURES_MAX


def test_what_nobody_answered_in_time_is_never_sent_as_large_again() -> None:
    """C41."""
    phone = Phone(("photo", 900_000, OTHER))
    line = Line(office=Office(), bytes_per_s=lambda _: 1_000)
    lengths = list[int]()
    for _ in range(3):
        for asked in talk(phone, line):
            lengths += [asked.length] if isinstance(asked, Create | Patch) else []
    assert lengths[:4] == [64_000, 0, 16_000, PIECE_BYTES_MIN]
    assert max(lengths[3:]) == PIECE_BYTES_MIN
    assert (line.given_up, waits(phone)) == (1, False)
