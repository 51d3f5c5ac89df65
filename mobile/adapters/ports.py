"""What the screens may ask of a device; every half keeps these promises."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct

Feeling = Literal["tap", "done", "wrong"]
Ground = Literal["light", "dark"]
Passed = Literal["opened", "copied", ""]


class Host(Struct, frozen=True, kw_only=True):
    """What the window lends: the clipboard, and a way to be called in the window's own thread."""

    copy: Callable[[str], bool]
    later: Callable[[Callable[[], None]], None]


class Position(Struct, frozen=True, kw_only=True):
    """Where the device was: degrees, and how many metres that may be off."""

    latitude: float
    longitude: float
    accuracy_m: float


class Camera(Protocol):
    """Takes pictures with what the device has for that."""

    def take(self, path: Path, taken: Callable[[Path | None], None]) -> None:
        """Take one picture into a file; `taken` hears of it, or of None."""

    def pick(self, paths: Sequence[Path], picked: Callable[[int], None]) -> None:
        """Let pictures of the gallery be chosen, at most as many as there are paths.

        Copies of them fill the first paths; `picked` hears how many that are.
        """


class Location(Protocol):
    """Knows where the device is, if it does and may."""

    def ask(self, told: Callable[[Position | None], None]) -> None:
        """Find out; `told` hears it once, None where nobody knows."""


class Connectivity(Protocol):
    """Whether there is a network. Only a conversation with the server proves that there is one."""

    def is_online(self) -> bool | None:
        """Whether the device has a network; None where it cannot tell."""

    def network(self) -> str | None:
        """A name for the network it is on, another one for each; empty where there is none.

        None where it cannot tell.
        """

    def is_metered(self) -> bool | None:
        """Whether bytes cost money on it; None where it cannot tell. Asked by any thread."""

    def heard(self, *, reached: bool) -> None:
        """How the last conversation with the server went."""


class Share(Protocol):
    """Hands something to another app, or where there is none to the clipboard.

    Each tells which of the two happened; empty where neither did.
    """

    def text(self, text: str) -> Passed:
        """Pass a text on."""

    def call(self, number: str) -> Passed:
        """Dial a number; the person presses the button."""

    def message(self, number: str, text: str) -> Passed:
        """Put a text into a short message to a number; the person sends it."""

    def map(self, address: str) -> Passed:
        """Show an address on a map."""

    def file(self, path: Path, mime: str) -> str:
        """Let the person choose which app gets a file, and tell `opened`.

        Where there are no other apps it is put where its person finds it, and that place is told;
        empty where neither worked.
        """


class Keystore(Protocol):
    """Keeps small secrets where no other app reads them."""

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret under its name."""

    def read(self, name: str) -> bytes | None:
        """The secret of this name, if there is one and it can be read."""

    def drop(self, name: str) -> None:
        """Forget a secret."""


class Haptics(Protocol):
    """Lets the hand feel that something was done."""

    def feel(self, feeling: Feeling) -> None:
        """Give a short tick, if the person has that switched on."""


class TextEntry(Protocol):
    """The device's own editor, with its keyboards, its voice and its screen reader."""

    def edit(self, title: str, text: str, done: Callable[[str | None], None]) -> bool:
        """Open it; `done` hears the new text, or None. False where there is none."""


class Surroundings(Protocol):
    """How the device is set and shaped."""

    def language(self) -> str:
        """The language it is set to, such as `zh-CN`."""

    def ground(self) -> Ground:
        """Whether it shows dark or light grounds."""

    def insets(self) -> tuple[int, int]:
        """How many pixels its bars cover at the top and at the bottom."""


class Adapters(Struct, frozen=True, kw_only=True):
    """All of a device."""

    camera: Camera
    location: Location
    connectivity: Connectivity
    share: Share
    keystore: Keystore
    haptics: Haptics
    text_entry: TextEntry
    surroundings: Surroundings
