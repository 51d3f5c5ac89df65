"""Access tokens: a signed nonce is good once, whoever carries it how often."""

from pathlib import Path

import pytest

from mobile.keys import next_key
from mobile.passes import Passes
from mobile.wire import Unauthorised
from sync.enrolment import Access


class Counter:
    """Gives tokens out; a network in between brings it the first requests twice."""

    def __init__(self, doubles: int = 0, says: str = "wrong_signature") -> None:
        self.doubles = doubles
        self.says = says
        self.asked: list[str] = []

    def nonce(self, device: str) -> str:
        self.asked.append(f"nonce {len(self.asked)} of {device}")
        return self.asked[-1]

    def access(self, device: str, nonce: str, signature: str) -> Access:
        if self.doubles:  # the copy came first and has the token; this one is too late
            self.doubles -= 1
            raise Unauthorised(self.says)
        return Access(token=f"for {nonce}", expires_in=600)


def passes(counter: Counter, folder: Path) -> Passes:
    return Passes(counter, next_key(folder), lambda: 0.0)


def test_a_request_for_a_token_that_a_network_doubled_is_asked_once_more(tmp_path: Path) -> None:
    counter = Counter(doubles=1)
    assert passes(counter, tmp_path).use("d", lambda token: token) == "for nonce 1 of d"
    assert counter.asked == ["nonce 0 of d", "nonce 1 of d"]


@pytest.mark.parametrize(
    ("counter", "asked"), [(Counter(doubles=9), 2), (Counter(doubles=9, says="device_revoked"), 1)]
)
def test_who_is_turned_away_for_good_does_not_go_on_asking(
    counter: Counter, asked: int, tmp_path: Path
) -> None:
    with pytest.raises(Unauthorised, match=counter.says):
        passes(counter, tmp_path).use("d", lambda token: token)
    assert len(counter.asked) == asked
