"""An answer that no server of ours gives is refused by name, whole; the phone goes on after it."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from mobile.courier import Courier, Post
from mobile.wire import Unreachable
from tests.mobile.phones import Phone
from tests.mobile.test_courier import Key, Line, Spoken
from tests.world import ANN, CHECKLIST

BEYOND: Final = 2**63
Told = dict[str, Any]


class Bent(Line):
    """The wire to the server of the small company, whose answers come with something wrong."""

    def __init__(self, phone: Phone, bend: Callable[[bytes], bytes]) -> None:
        super().__init__(phone)
        self._bend = bend

    def sync(self, request: bytes, token: str) -> bytes:
        return self._bend(super().sync(request, token))


def saying(change: Callable[[Told], Any]) -> Callable[[bytes], bytes]:
    """An answer that says something else."""

    def bend(honest: bytes) -> bytes:
        told = json.loads(honest)
        change(told)
        return json.dumps(told).encode()

    return bend


def page(**said: Any) -> Callable[[bytes], bytes]:
    """An answer whose first page says something else."""
    return saying(lambda told: told["streams"][0].update(said))


def stamped(**said: Any) -> Callable[[bytes], bytes]:
    return saying(lambda told: told["stamp"].update(said))


def headed(**said: Any) -> Callable[[bytes], bytes]:
    """An answer with a head of the log."""
    head = {"epoch": "e", "size": 1, "root": "", "at": 1, "key": "k", "signature": "", **said}
    return saying(lambda told: told.update(head=head))


def differing(**said: Any) -> Callable[[bytes], bytes]:
    """An answer that compares a stream, unasked."""
    found = {"stream": "catalog", "to": 1, "sums": [0, 0], **said}
    return saying(lambda told: told.update(differences=found))


WRONG: Final[dict[str, Callable[[bytes], bytes]]] = {
    "no text": lambda honest: honest.replace(b'"token":"', b'"token":"\xc0', 1),
    "brackets without end": lambda honest: honest[:-1] + b',"x":' + b"[" * 100_000,
    "a position beyond all": page(to=BEYOND),
    "a position before all": page(since=-1),
    "a head beyond all": page(head=BEYOND),
    "a floor beyond all": page(floor=BEYOND),
    "a sum of more than its lane": page(sums=[2**32, 0]),
    "a stream with a name without end": page(stream="wo:" + "x" * 500),
    "a stream that nobody can name": page(stream="wo:\n"),
    "a token without end": saying(lambda told: told.update(token="x" * 500)),
    "a token that nobody can say": saying(lambda told: told.update(token="a\nb")),
    "an epoch without end": saying(lambda told: told.update(server_epoch="x" * 500)),
    "a time beyond all": saying(lambda told: told.update(now=BEYOND)),
    "a time before all": saying(lambda told: told.update(now=-5)),
    "a stamp without end": stamped(epoch="x" * 300_000),
    "a stamp of a time beyond all": stamped(server_ms=BEYOND),
    "a stamp that nobody can say": stamped(mac8="\x00"),
    "a result at a place beyond all": saying(
        lambda told: told["results"][0].update(at={"catalog": BEYOND})
    ),
    "a result received before all": saying(lambda told: told["results"][0].update(received=-1)),
    "a stream to drop that nobody can name": saying(lambda told: told.update(drop=["x" * 500])),
    "a scope that nobody can name": saying(lambda told: told.update(scope=["a\nb"])),
    "a head of a log beyond all": headed(size=BEYOND),
    "a head of a log with an epoch without end": headed(epoch="x" * 500),
    "a backup in the far future": saying(lambda told: told.update(durable_through=BEYOND)),
    "an order to empty that nobody can repeat": saying(
        lambda told: told.update(wipe={"order": "x" * 500})
    ),
    "prints cut in the middle": differing(gone="AAAA"),
    "buckets that there are not": differing(buckets=[-1]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_that_cannot_be_kept_changes_nothing(phone: Phone, wrong: str) -> None:
    phone.work()
    phone.world.job(ANN, checklist=CHECKLIST)
    before = list(phone.connection.iterdump())
    spoken = Spoken(phone)
    post = Post(
        wire=Bent(phone, WRONG[wrong]), key=Key(), folder=phone.folder, monotonic=spoken.clock
    )

    with pytest.raises(Unreachable):
        Courier(phone.replica, post, spoken.courier._around).talk()

    assert list(phone.connection.iterdump()) == before
    assert Spoken(phone).courier.talk().pending_ops == 0


@pytest.mark.parametrize(
    ("before", "added"), [(b'"summary":"', b"\xed"), (b'"version":', b"1" * 30)]
)
def test_a_row_that_nobody_can_read_is_not_shown_until_it_came_again(
    phone: Phone, before: bytes, added: bytes
) -> None:
    job = phone.world.job(ANN, checklist=CHECKLIST)
    spoken, wrong = Spoken(phone), [added]

    def once(honest: bytes) -> bytes:
        assert before in honest or not wrong
        return honest.replace(before, before + (wrong.pop() if wrong else b""))

    post = Post(wire=Bent(phone, once), key=Key(), folder=phone.folder, monotonic=spoken.clock)

    report = Courier(phone.replica, post, spoken.courier._around).talk()

    assert (wrong, report.checksum_ok) == ([], False)
    assert {one.id for one in phone.queries.jobs()} == {phone.job, job}
