"""What a screen may ask of the app around it, and the small values they pass each other."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, Protocol

import msgspec
from msgspec import Struct

from mobile.adapters.ports import Adapters
from mobile.darkroom import Darkroom
from mobile.drafts import Drafts
from mobile.lock import Lock
from mobile.service import Phone
from mobile.texts import Words
from mobile.theme import Named
from mobile.views.chip import SyncChip, Traffic
from shared.errors import Refused
from shared.records import Aggregate
from shared.texts import Language

Args = dict[str, str]
Action = tuple[str, Callable[[], None]]


class Place(Struct, frozen=True):
    """Where one is: a screen, what it shows, and the sheet that lies over it. Kept on the disk."""

    screen: str
    args: Args = {}
    sheet: str = ""
    sheet_args: Args = {}


class Settings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How its person wants the app. No language or theme: as the device is set."""

    language: Language | None = None
    theme: Named | None = None
    text_scale: float = 1.0
    list_style: Literal["full", "compact"] = "full"
    photos: Literal["all", "needed"] = "all"  # what goes where bytes cost money


def settings_of(text: str | None) -> Settings:
    """Settings as they were kept; the usual ones where nothing can be read."""
    try:
        return msgspec.json.decode(text or "{}", type=Settings)
    except msgspec.DecodeError:
        return Settings()


def spares(shell: "Shell") -> bool:
    """Whether only what is needed goes now, because bytes cost money. Asked by any thread."""
    wanted = shell.settings.photos == "needed"
    return wanted and bool(shell.adapters.connectivity.is_metered())


class Shell(Protocol):
    """The app, as its screens know it.

    `settings` are as chosen, `theme` is what is shown. `is_enrolled` tells whether there is a
    `phone`; before that only `enrol` can be asked for.
    """

    words: Words
    drafts: Drafts
    adapters: Adapters
    settings: Settings
    traffic: Traffic
    lock: Lock
    darkroom: Darkroom

    @property
    def phone(self) -> Phone:
        """The installation: `queries`, `journal`, `clock`, `owner`, `condition()`."""

    @property
    def is_enrolled(self) -> bool:
        """Whether this phone belongs to somebody yet."""

    @property
    def theme(self) -> Named:
        """The theme that is shown."""

    @property
    def now(self) -> int:
        """The wall clock, in milliseconds."""

    def say(
        self, kind: str, on: Aggregate, args: dict[str, Any], *, visit: str | None = None
    ) -> bool:
        """One act. A refusal is shown in words and False returned; else the courier is rung."""

    def record(
        self, kind: str, on: Aggregate, args: dict[str, Any], *, visit: str | None = None
    ) -> Refused | None:
        """One act, as `say`, for a screen that shows a refusal beside the field at fault."""

    def acknowledge(self, notices: Iterable[str], op_id: str | None = None) -> None:
        """Keep that its person has read these notices, and what became of an op of theirs."""

    def go(self, place: Place) -> None:
        """Show a screen. One of the bottom bar begins anew; others lie on top of it."""

    def hold(self, *, held: bool) -> None:
        """Keep one on the screen that is shown, or let one go. While one is kept, `go`, `replace`,
        `show_sheet` and what is told in passing do nothing, and back is the screen's own."""

    def back(self) -> None:
        """Close the sheet, or go where one came from. On the first screen: leave the app."""

    def replace(self, place: Place) -> None:
        """Be at another place instead, with nothing to go back to in between."""

    def show_sheet(self, name: str, **args: str) -> None:
        """Lay a sheet over the screen."""

    def close_sheet(self) -> None:
        """Take the sheet away."""

    def note(self, text: str, *, action: Action | None = None, tone: str = "") -> None:
        """Tell something in passing; `action` is one thing that can be done about it."""

    def here(self) -> Place:
        """Where one is."""

    def chip(self) -> SyncChip:
        """How this phone stands with the office."""

    def refresh(self) -> None:
        """Draw anew what is shown: something changed that was not said, such as what was seen."""

    def ring(self) -> None:
        """Talk to the office as soon as one may."""

    def change(self, settings: Settings) -> None:
        """Keep other settings, and show everything by them at once."""

    def enrol(self, text: str, server: str, ended: Callable[[Refused | None], None]) -> None:
        """Make this phone somebody's, in the background; `ended` hears how that went."""

    def unlock(self) -> None:
        """The PIN was right: show what lies behind it."""

    def lock_now(self) -> None:
        """Ask for the PIN, if there is one."""
