"""How much goes at once over a line that is too slow for more, and what does not wait for it."""

from collections.abc import Generator

from sync.memory import MemoryPhone
from sync.protocol import OPS_PER_PUSH_MAX, PULL_BYTES_WANTED, Reply, Request
from sync.session import (
    GENTLE_BYTES_MIN,
    TIMEOUTS_MAX,
    Sizes,
    Summary,
    Surroundings,
    TimedOut,
    converse,
)
from tests.world import ANN, World

NOTE = {"text": "Filter was blocked", "audience": "internal"}


class Line:
    """Between a phone with so many notes and the server: too slow for so many ops or bytes."""

    def __init__(self, count: int) -> None:
        self.world = World()
        self.job = self.world.job(ANN)
        phone = self.world.phone(ANN)
        assert isinstance(phone, MemoryPhone)
        self.phone = phone
        self.world.sync(phone)
        self.note(count)
        self.sizes = Sizes()
        self.ops_max = OPS_PER_PUSH_MAX
        self.bytes_max = PULL_BYTES_WANTED
        self.asked: list[int] = []  # how many ops each request had
        self.wanted: list[int] = []  # how many bytes each asked for

    def note(self, count: int) -> None:
        """So many more notes."""
        for _ in range(count):
            self.world.tap(self.phone, "note.add", ("work_order", self.job), NOTE)

    def begin(self, *, ops_only: bool = False) -> Generator[Request, Reply | TimedOut, Summary]:
        """A conversation to be driven by hand."""
        around = Surroundings(
            now=lambda: self.world.clock(self.phone),
            name=self.world.random_name,
            app="test",
            sizes=self.sizes,
            ops_only=ops_only,
        )
        return converse(self.phone, around)

    def talk(self) -> Summary:
        """One conversation."""
        self.asked, self.wanted = [], []
        talking = self.begin()
        try:
            request = next(talking)
            while True:
                request = talking.send(self.answer(request))
        except StopIteration as end:
            summary: Summary = end.value
            return summary

    def answer(self, request: Request) -> Reply | TimedOut:
        """What comes of a request over this line."""
        wanted = request.want_bytes or PULL_BYTES_WANTED
        self.asked.append(len(request.ops))
        self.wanted.append(wanted)
        if len(request.ops) > self.ops_max or wanted > self.bytes_max:
            return TimedOut()
        return self.world.serve(self.phone, request)


def test_a_push_is_halved_when_it_is_too_slow_and_doubled_when_as_much_got_through() -> None:
    """C09."""
    line = Line(OPS_PER_PUSH_MAX + 20)
    line.ops_max = 9
    assert line.talk().timed_out
    assert line.asked == [256, 0, 128, 0, 64, 0, 32, 0, 16]
    assert TIMEOUTS_MAX == 4
    line.ops_max = OPS_PER_PUSH_MAX
    assert not line.talk().timed_out  # it goes on with what the last one came to
    assert line.asked == [8, 16, 32, 64, 128, 28]
    assert line.sizes == Sizes(ops=256)


def test_a_line_that_bears_one_op_at_a_time_gets_all_through() -> None:
    line = Line(3)
    line.ops_max = 1
    assert not line.talk().timed_out
    assert line.asked == [3, 0, 1, 2, 0, 1, 1]
    line.note(1)
    line.ops_max = 0
    assert line.talk().timed_out
    assert line.asked == [1, 0] * TIMEOUTS_MAX + [1]
    assert line.sizes.ops == 1


def test_less_is_asked_for_where_answers_are_too_slow_and_more_again_where_they_are_not() -> None:
    line = Line(0)
    line.bytes_max = GENTLE_BYTES_MIN
    assert line.talk().timed_out
    asked = [PULL_BYTES_WANTED >> halved for halved in range(TIMEOUTS_MAX + 1)]
    assert line.wanted == asked
    for _ in range(3):
        line.talk()
    assert line.sizes.bytes >= GENTLE_BYTES_MIN
    assert min(line.wanted) == GENTLE_BYTES_MIN
    line.bytes_max = PULL_BYTES_WANTED
    for _ in range(9):
        line.talk()
    assert line.wanted == [PULL_BYTES_WANTED]


def test_who_only_hands_in_asks_for_no_less_news_because_that_was_too_slow() -> None:
    line = Line(2)
    talking = line.begin(ops_only=True)
    told = [len(next(talking).ops)]
    told += [len(talking.send(TimedOut()).ops) for _ in range(TIMEOUTS_MAX)]
    assert (told, line.sizes) == ([2, 0, 1, 0, 1], Sizes(ops=1))


def test_after_a_push_that_was_too_slow_the_next_request_only_asks_for_news() -> None:
    line = Line(10)
    news = line.world.job(ANN)
    talking = line.begin()
    first = next(talking)
    second = talking.send(TimedOut())
    talking.send(line.world.serve(line.phone, second))
    assert (len(first.ops), second.ops, second.pull) == (10, [], True)
    assert f"wo:{news}" in line.phone.marks()


def test_the_first_news_of_the_day_comes_with_the_first_exchange_however_much_waits() -> None:
    line = Line(OPS_PER_PUSH_MAX + 20)
    news = line.world.job(ANN)
    talking = line.begin()
    talking.send(line.world.serve(line.phone, next(talking)))
    assert len(line.phone.outgoing(10_000, 10**9)) == 20
    assert f"wo:{news}" in line.phone.marks()
