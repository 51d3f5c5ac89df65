"""What was counted lately is counted again once something was said, and seldom where it is dear."""

import time

from server.lately import DEAR_S, Lately


def test_an_answer_stands_while_nothing_is_said_and_no_longer() -> None:
    lately, asked = Lately(), iter(range(9))
    told = [
        lately.told(lines, question, lambda: next(asked))
        for lines, question in (
            (("e", 1), "a"),
            (("e", 1), "a"),
            (("e", 2), "a"),
            (("f", 2), "a"),
            (("f", 2), "b"),
            (("f", 2), "a"),
        )
    ]
    assert told == [0, 0, 1, 2, 3, 2]


def test_only_so_many_answers_are_kept() -> None:
    lately, asked = Lately(kept_max=1), iter(range(9))
    told = [lately.told(("e", 1), one, lambda: next(asked)) for one in ("a", "b", "a")]
    assert told == [0, 1, 2]


def test_what_is_dear_stands_a_while_although_something_was_said() -> None:
    lately, asked = Lately(), iter(range(9))

    def dear() -> int:
        until = time.thread_time() + DEAR_S * 1.1
        while time.thread_time() < until:
            pass
        return next(asked)

    assert [lately.told(("e", lines), "a", dear) for lines in range(4)] == [0] * 4
