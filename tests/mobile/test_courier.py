"""How the phone talks to the server: once and whole, again and again, one process at a time."""

import pytest
from msgspec import structs

from mobile import database
from mobile.courier import Busy, Courier, HandInLater, Post, Report, alone
from mobile.wire import Problem, Refused, Throttled, TooSlow, Unauthorised, Unreachable
from sync.enrolment import Access
from sync.protocol import Request, decode_request, encode
from sync.session import Surroundings
from tests.mobile.phones import Phone
from tests.world import ANN, CHECKLIST

NOTE = {"text": "Filter was clogged", "audience": "internal"}


class Key:
    """A key whose signature says what was signed."""

    def public(self) -> str:
        return "public"

    def sign(self, text: str) -> str:
        return f"signed {text}"


class Line:
    """The wire to the server of the small company; `troubles` meet one request each."""

    def __init__(self, phone: Phone, *troubles: Exception | None) -> None:
        self.phone = phone
        self.troubles = list(troubles)
        self.tokens: list[str] = []
        self.requests: list[Request] = []
        self.signatures: list[str] = []

    def sync(self, request: bytes, token: str) -> bytes:
        self.tokens.append(token)
        self.requests.append(decode_request(request))
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        self.phone.world.tick()
        return encode(self.phone.world.serve(self.phone.replica, self.requests[-1]))

    def nonce(self, device: str) -> str:
        return f"n{len(self.signatures) + 1}"

    def access(self, device: str, nonce: str, signature: str) -> Access:
        self.signatures.append(signature)
        return Access(token=f"t{len(self.signatures)}", expires_in=600)


class Clock:
    """A clock that runs only when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Spoken:
    """A courier with everything around it."""

    def __init__(self, phone: Phone, *troubles: Exception | None) -> None:
        self.line = Line(phone, *troubles)
        self.clock = Clock()
        post = Post(wire=self.line, key=Key(), folder=phone.folder, monotonic=self.clock)
        around = Surroundings(
            now=lambda: phone.world.clock(phone.replica),
            name=phone.world.random_name,
            app="test",
        )
        self.courier = Courier(phone.replica, post, around)


def test_a_conversation_says_what_it_came_to(phone: Phone) -> None:
    """C13."""
    phone.work()
    spoken = Spoken(phone)
    report = spoken.courier.talk()
    assert report.pulled_rows > 0
    assert report == Report(
        pushed=4,
        verdicts={"applied": 4},
        pulled_rows=report.pulled_rows,
        pending_ops=0,
        checksum_ok=True,
        server_epoch=phone.replica.identity().epoch,
    )
    assert [job.sync for job in phone.queries.jobs()] == ["safe"]


def test_one_access_token_serves_until_it_runs_out(phone: Phone) -> None:
    spoken = Spoken(phone)
    device = phone.replica.identity().device
    spoken.courier.talk()
    spoken.clock.now += 569
    spoken.courier.talk()
    spoken.clock.now += 2
    spoken.courier.talk()
    assert set(spoken.line.tokens) == {"t1", "t2"}
    assert spoken.line.signatures == [
        f"signed fieldfare-token|{device}|n1",
        f"signed fieldfare-token|{device}|n2",
    ]


def test_a_token_that_is_not_taken_is_renewed_once(phone: Phone) -> None:
    spoken = Spoken(phone)
    spoken.courier.talk()
    spoken.line.troubles = [Unauthorised()]
    spoken.courier.talk()
    assert len(spoken.line.signatures) == 2
    spoken.line.troubles = [Unauthorised(), Unauthorised()]
    with pytest.raises(Unauthorised):
        spoken.courier.talk()


def test_a_fresh_token_that_is_not_taken_is_an_answer(phone: Phone) -> None:
    spoken = Spoken(phone, Unauthorised())
    with pytest.raises(Unauthorised):
        spoken.courier.talk()
    assert len(spoken.line.requests) == 1


def test_what_was_answered_before_the_network_went_is_kept(phone: Phone) -> None:
    """C11."""
    phone.work()
    spoken = Spoken(phone, None, Unreachable())
    spoken.courier._around = Surroundings(
        now=lambda: phone.world.clock(phone.replica),
        name=phone.world.random_name,
        app="test",
        ops_max=2,
    )
    with pytest.raises(Unreachable):
        spoken.courier.talk()
    assert [one.verdict for one in phone.replica.all_ops()] == ["applied", "applied", None, None]
    assert spoken.courier.talk().pushed == 2


def test_after_a_timeout_it_first_asks_what_the_server_has(phone: Phone) -> None:
    phone.work()
    spoken = Spoken(phone, TooSlow())
    report = spoken.courier.talk()
    assert report.pending_ops == 0
    assert [len(one.ops) for one in spoken.line.requests[:3]] == [4, 0, 2]


def test_a_request_too_large_is_made_smaller(phone: Phone) -> None:
    phone.work()
    for _ in range(4):
        phone.must("note.add", NOTE)
    too_large = Refused(Problem(status=413, code="too_large"))
    spoken = Spoken(phone, too_large)
    assert spoken.courier.talk().pending_ops == 0


def test_a_network_that_stays_too_slow_is_given_up(phone: Phone) -> None:
    """C09."""
    phone.work()
    spoken = Spoken(phone, *(TooSlow() for _ in range(20)))
    report = spoken.courier.talk()
    assert (report.timed_out, report.pushed, report.pending_ops) == (True, 0, 4)


def test_a_refusal_is_passed_on(phone: Phone) -> None:
    spoken = Spoken(phone, Refused(Problem(status=400, code="wrong_request")))
    with pytest.raises(Refused):
        spoken.courier.talk()


def test_an_answer_nobody_can_read_changes_nothing(phone: Phone) -> None:
    """C14."""

    class Babble(Line):
        def sync(self, request: bytes, token: str) -> bytes:
            return b'{"hello":1}'

    phone.work()
    spoken = Spoken(phone)
    spoken.courier._post = Post(
        wire=Babble(phone), key=Key(), folder=phone.folder, monotonic=spoken.clock
    )
    with pytest.raises(Unreachable):
        spoken.courier.talk()
    assert [one.verdict for one in phone.replica.all_ops()] == [None] * 4


def test_an_answer_there_is_no_room_for_is_not_taken_and_comes_again(phone: Phone) -> None:
    """C19."""
    phone.work()
    before = list(phone.connection.iterdump())
    for _ in range(40):
        phone.world.job(ANN, checklist=CHECKLIST)
    phone.connection.execute("PRAGMA max_page_count = 1")  # no more than there are
    with pytest.raises(database.Full):
        Spoken(phone).courier.talk()
    assert list(phone.connection.iterdump()) == before
    phone.connection.execute("PRAGMA max_page_count = 1000000")
    assert Spoken(phone).courier.talk().pending_ops == 0
    assert len(phone.queries.jobs()) == 41


def test_who_has_handed_in_enough_for_now_still_gets_news(phone: Phone) -> None:
    phone.work()
    spoken = Spoken(phone, Throttled(600, 429))
    phone.world.job(ANN, checklist=CHECKLIST)
    with pytest.raises(HandInLater) as later:
        spoken.courier.talk()
    assert (later.value.retry_after_s, len(phone.queries.jobs())) == (600, 2)
    assert [len(one.ops) for one in spoken.line.requests] == [
        4,
        *[0] * (len(spoken.line.requests) - 1),
    ]
    phone.world.job(ANN, checklist=CHECKLIST)
    spoken.clock.now += 60
    with pytest.raises(HandInLater) as later:
        spoken.courier.talk()
    assert (later.value.retry_after_s, len(phone.queries.jobs())) == (540, 3)
    assert len([one for one in spoken.line.requests if one.ops]) == 1
    spoken.clock.now += 540
    assert (spoken.courier.talk().pushed, phone.replica.outgoing(9, 9)) == (4, [])


def test_a_busy_server_is_left_alone(phone: Phone) -> None:
    phone.work()
    spoken = Spoken(phone, Throttled(7, 503))
    with pytest.raises(Throttled) as busy:
        spoken.courier.talk()
    assert not isinstance(busy.value, HandInLater)
    assert len(spoken.line.requests) == 1


def test_who_only_pushes_is_not_given_news_instead(phone: Phone) -> None:
    phone.work()
    spoken = Spoken(phone, Throttled(600, 429))
    spoken.courier._around = structs.replace(spoken.courier._around, ops_only=True)
    with pytest.raises(HandInLater):
        spoken.courier.talk()
    assert len(spoken.line.requests) == 1


def test_only_one_talks_while_anybody_records(phone: Phone) -> None:
    spoken = Spoken(phone)
    with alone(phone.folder):
        with pytest.raises(Busy):
            spoken.courier.talk()
        phone.must("work_order.accept")
    assert spoken.courier.talk().pushed == 1


def test_what_is_recorded_while_it_talks_goes_with_it(phone: Phone) -> None:
    class Tapping(Line):
        """Somebody taps while the request is on its way."""

        def sync(self, request: bytes, token: str) -> bytes:
            if not self.requests:
                phone.must("work_order.depart")
            return super().sync(request, token)

    phone.must("work_order.accept")
    spoken = Spoken(phone)
    line = Tapping(phone)
    spoken.courier._post = Post(wire=line, key=Key(), folder=phone.folder, monotonic=spoken.clock)
    report = spoken.courier.talk()
    assert (report.pushed, report.pending_ops) == (2, 0)


def test_an_abandoned_conversation_takes_nothing_in(phone: Phone) -> None:
    phone.work()
    spoken = Spoken(phone)

    def given_up() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        spoken.courier.talk(given_up)
    assert [one.verdict for one in phone.replica.all_ops()] == [None] * 4
