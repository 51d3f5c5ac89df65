"""What a phone makes of the line on which it is poked."""

import pytest

from sync.pokes import KEEP_ALIVE_S, LINE_BYTES_MAX, SILENT_S, Babble, Ear

SAID = (
    b": open\r\n\r\nevent: poke\r\ndata: 1\r\n\r\n"
    b": alive\n\nevent: other\ndata: poke\n\nevent: poke\n"
)


@pytest.mark.parametrize("size", [1, 2, 7, len(SAID)])
def test_what_is_heard_does_not_depend_on_the_pieces_it_comes_in(size: int) -> None:
    ear = Ear()
    pieces = [SAID[start : start + size] for start in range(0, len(SAID), size)]
    heard = [one for piece in pieces for one in ear.take(piece)]
    assert heard == ["alive", "poke", "alive", "poke"]
    assert ear.rest == b""


def test_a_line_that_does_not_end_is_not_kept() -> None:
    ear = Ear()
    assert ear.take(b":" + b"x" * (LINE_BYTES_MAX - 1)) == []
    with pytest.raises(Babble):
        ear.take(b"x")


def test_nobody_is_taken_for_dead_who_lost_one_sign_of_life() -> None:
    assert SILENT_S > 2 * KEEP_ALIVE_S
