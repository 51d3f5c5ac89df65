"""How full a technician's day is: a bar of what is done, on now and planned."""

from typing import Final

from msgspec import Struct

from server.queries.pages import Item

SHIFT_MINUTES: Final = 8 * 60  # the scale of a load bar; nobody's shifts are known yet
BAR: Final = 100


class Load(Struct, frozen=True, kw_only=True):
    """One technician's day: minutes, and the bar's pieces as parts of a hundred."""

    name: str
    minutes: int
    visits: int
    done: int
    now: int
    planned: int
    over: int


def load_of(one: Item) -> Load:
    """The bar's pieces; what goes beyond the scale is cut off it and shown as over."""
    minutes = one["done"] + one["now"] + one["planned"]
    scale = max(SHIFT_MINUTES, minutes)
    over = max(0, minutes - SHIFT_MINUTES) * BAR // scale
    done, now = (one[key] * BAR // scale for key in ("done", "now"))
    planned = max(0, minutes * BAR // scale - done - now - over)
    return Load(
        name=one["name"],
        minutes=minutes,
        visits=one["visits"],
        done=done,
        now=now,
        planned=planned,
        over=over,
    )
