"""The way somebody took through the screens: where they are, and where back leads."""

from typing import Final

import msgspec
from msgspec import structs

from mobile.shell import Args, Place

DEEP: Final = 12  # places one can go back; what lies further is forgotten
AWAY: Final = "enrol"  # who has forgotten the PIN of a phone that is held gets on by a new code


class Trail:
    """A stack of places. The lowest is one of `roots`, the places of the bottom bar."""

    def __init__(self, roots: tuple[str, ...], places: tuple[Place, ...] = ()) -> None:
        assert roots
        self._roots = roots
        self._held = False
        self._places = places if places else (Place(roots[0]),)

    @property
    def top(self) -> Place:
        """Where one is."""
        return self._places[-1]

    @property
    def root(self) -> str:
        """Which place of the bottom bar one set out from."""
        return self._places[0].screen

    @property
    def can_go_back(self) -> bool:
        """Whether there is anything to close or to go back to."""
        return bool(self.top.sheet) or len(self._places) > 1 or self.root != self._roots[0]

    def hold(self, *, held: bool) -> None:
        """Stay where one is, whatever is asked, or not any more."""
        self._held = held

    def begin(self) -> None:
        """Be at the first place of the bottom bar, with nothing to go back to, held or not."""
        self._held = False
        self._places = (Place(self._roots[0]),)

    def go(self, place: Place) -> None:
        """Be at a place; one of the bottom bar is a new beginning."""
        if self._held and place.screen != AWAY:
            return
        if place.screen in self._roots:
            self._places = (place,)
            return
        lower = [
            one for one in self._places if (one.screen, one.args) != (place.screen, place.args)
        ]
        bare = [structs.replace(one, sheet="", sheet_args={}) for one in lower]
        self._places = (*(bare or [Place(self._roots[0])])[-DEEP:], place)

    def replace(self, place: Place) -> None:
        """Be at another place instead."""
        if self._held:
            return
        self._places = (*self._places[:-1], place)

    def back(self) -> bool:
        """Close the sheet, or go where one came from; whether there was anything to leave."""
        if self._held or not self.can_go_back:
            return self._held
        if self.top.sheet:
            self.close_sheet()
        elif len(self._places) > 1:
            self._places = self._places[:-1]
        else:
            self._places = (Place(self._roots[0]),)
        return True

    def open_sheet(self, name: str, args: Args) -> None:
        """Lay a sheet over where one is."""
        self.replace(structs.replace(self.top, sheet=name, sheet_args=args))

    def close_sheet(self) -> None:
        """Take it away."""
        self.replace(structs.replace(self.top, sheet="", sheet_args={}))

    def text(self) -> str:
        """The way, to be kept."""
        return msgspec.json.encode(self._places).decode()


def read(
    text: str | None, roots: tuple[str, ...], screens: frozenset[str], sheets: frozenset[str]
) -> Trail:
    """A way that was kept; of another version of the app, what this one still knows of it."""
    try:
        places = msgspec.json.decode(text or "[]", type=tuple[Place, ...])
    except msgspec.DecodeError:
        places = ()
    known = [
        one if one.sheet in sheets else structs.replace(one, sheet="", sheet_args={})
        for one in places
        if one.screen in screens
    ]
    if known and known[0].screen not in roots:
        known.insert(0, Place(roots[0]))
    return Trail(roots, tuple(known))
