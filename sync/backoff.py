"""How long to wait before trying again: longer each time, never in step with other phones."""

FIRST_MS = 1_000
LONGEST_MS = 5 * 60_000
DOUBLINGS_MAX = 9


def delay_ms(failures: int, dice: float) -> int:
    """The wait after so many failures in a row; `dice` is a number from 0 to 1.

    Between half and the whole of a doubling wait, so that a thousand phones that lost the same
    server do not all come back in the same second.
    """
    whole = min(LONGEST_MS, FIRST_MS << min(max(failures - 1, 0), DOUBLINGS_MAX))
    return int(whole * (0.5 + dice / 2))
