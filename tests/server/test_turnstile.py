"""A turnstile lets so many by in so many minutes, and remembers only so many."""

from server.turnstile import Turnstile

LIMIT = (3, 10)
MINUTE_MS = 60_000
START = 1_795_401_000_000


def test_so_many_come_by_and_the_next_one_waits_until_the_window_is_over() -> None:
    gate = Turnstile()
    waits = [gate.strike("a", LIMIT, START + minute * MINUTE_MS) for minute in range(5)]
    assert waits == [0, 0, 0, 7 * 60, 6 * 60]
    assert gate.strike("b", LIMIT, START) == 0
    assert gate.strike("a", LIMIT, START + 10 * MINUTE_MS - 1) == 1
    assert gate.strike("a", LIMIT, START + 10 * MINUTE_MS) == 0


def test_a_clock_that_is_set_back_begins_anew() -> None:
    gate = Turnstile()
    for _ in range(4):
        gate.strike("a", LIMIT, START)
    assert gate.strike("a", LIMIT, START - MINUTE_MS) == 0


def test_who_came_longest_ago_is_forgotten_and_no_other() -> None:
    gate = Turnstile(known_max=2)
    for _ in range(3):
        gate.strike("a", LIMIT, START)
        gate.strike("b", LIMIT, START)
    gate.strike("a", LIMIT, START)
    gate.strike("c", LIMIT, START)
    assert gate.strike("a", LIMIT, START) > 0
    assert gate.strike("b", LIMIT, START) == 0
