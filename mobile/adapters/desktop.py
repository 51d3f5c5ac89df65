"""Any machine that is no Android phone: what it has of a device's abilities."""

import locale
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from mobile.adapters.ports import (
    Adapters,
    Feeling,
    Ground,
    Host,
    Passed,
    Position,
)
from mobile.device import write_private

PICTURES: Final = "camera"
PICTURE_ENDS: Final = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".gif")
POSITION: Final = "position.json"
SECRETS: Final = "secrets"
SHARED: Final = "shared"
# The kernel's tables of routes, on Linux.
ROUTES: Final = (Path("/proc/net/route"), Path("/proc/net/ipv6_route"))
WORDS_4, WORDS_6 = 11, 10  # in a line of each
NOUGHT_4, NOUGHT_6 = "0" * 8, "0" * 32  # everywhere


def adapters(folder: Path, host: Host) -> Adapters:
    """All of them, for an installation's folder."""
    return Adapters(
        camera=PictureFolder(folder / PICTURES),
        location=PositionFile(folder / POSITION),
        connectivity=LastTalk(),
        share=Clipboard(host.copy, folder / SHARED),
        keystore=SecretFiles(folder / SECRETS),
        haptics=NoHaptics(),
        text_entry=NoTextEntry(),
        surroundings=Desktop(),
    )


class PictureFolder:
    """A camera whose pictures are put into a folder by hand: the newest one is taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, path: Path, taken: Callable[[Path | None], None]) -> None:
        """Copy the newest picture; None where there is none."""
        newest = self._newest(1)
        _copy(newest, [path])
        taken(path if newest else None)

    def pick(self, paths: Sequence[Path], picked: Callable[[int], None]) -> None:
        """Copy as many of the newest pictures as are wanted, the oldest of them first."""
        chosen = self._newest(len(paths))[::-1]
        _copy(chosen, paths)
        picked(len(chosen))

    def _newest(self, count: int) -> list[Path]:
        found = [one for one in self._folder.glob("*") if one.suffix.lower() in PICTURE_ENDS]
        found.sort(key=lambda one: (one.stat().st_mtime_ns, one.name), reverse=True)
        return found[:count]


def _copy(pictures: Iterable[Path], paths: Iterable[Path]) -> None:
    for picture, path in zip(pictures, paths, strict=False):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, path)


class PositionFile:
    """A place that somebody wrote down: a `Position` as JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(self, told: Callable[[Position | None], None]) -> None:
        """Tell what the file says; None where there is none or it cannot be read."""
        try:
            told(msgspec.json.decode(self._path.read_bytes(), type=Position))
        except (OSError, msgspec.DecodeError):
            told(None)


class LastTalk:
    """A network that is known by whether the last conversation reached the server.

    Where the kernel tells which ways lead out of the machine, it is also known by them; a server on
    the machine itself needs none.
    """

    def __init__(self, routes: Sequence[Path] = ROUTES) -> None:
        self._routes = routes
        self._reached: bool | None = None

    def is_online(self) -> bool | None:
        """How the last conversation went; None before there was one."""
        return self._reached

    def network(self) -> str | None:
        """The ways that lead out; None where there are none, and only a talk can tell."""
        ways = [way for path in self._routes for way in _ways_out(path)]
        return " ".join(ways) or None

    def is_metered(self) -> bool | None:
        """A desk does not know."""
        return None

    def heard(self, *, reached: bool) -> None:
        """Remember how a conversation went."""
        self._reached = reached


def _ways_out(path: Path) -> Iterator[str]:
    """The default routes in one of the kernel's tables: interface and gateway."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        words = line.split()
        if len(words) == WORDS_4 and words[1] == NOUGHT_4 == words[7]:
            yield f"{words[0]}:{words[2]}"
        elif len(words) == WORDS_6 and words[:2] == [NOUGHT_6, "00"] and words[9] != "lo":
            yield f"{words[9]}:{words[4]}"


class Clipboard:
    """Without other apps to hand anything to, everything is copied."""

    def __init__(self, copy: Callable[[str], bool], folder: Path) -> None:
        self._copy = copy
        self._folder = folder

    def text(self, text: str) -> Passed:
        """Copy a text."""
        return "copied" if self._copy(text) else ""

    def call(self, number: str) -> Passed:
        """Copy a number."""
        return self.text(number)

    def message(self, number: str, text: str) -> Passed:
        """Copy the text of a message."""
        del number
        return self.text(text)

    def map(self, address: str) -> Passed:
        """Copy an address."""
        return self.text(address)

    def file(self, path: Path, mime: str) -> str:
        """Copy a file into a folder beside the work; empty where there is no room."""
        del mime
        target = self._folder / path.name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        except OSError:
            return ""
        return str(target)


class SecretFiles:
    """Secrets in files that only their owner may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, secret: bytes) -> None:
        """Write a secret down, whole or not at all."""
        write_private(self._folder / name, secret)

    def read(self, name: str) -> bytes | None:
        """The secret of this name, if there is one."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, name: str) -> None:
        """Forget a secret."""
        (self._folder / name).unlink(missing_ok=True)


class NoHaptics:
    """A machine that nobody holds in the hand."""

    def feel(self, feeling: Feeling) -> None:
        """Nothing is felt."""


class NoTextEntry:
    """A machine with a keyboard needs no editor of its own."""

    def edit(self, title: str, text: str, done: Callable[[str | None], None]) -> bool:
        """There is none: the app's own field is used."""
        del title, text, done
        return False


class Desktop:
    """A window on a desk."""

    def language(self) -> str:
        """The language of the messages, such as `zh-CN`; empty where none is set."""
        named = locale.getlocale(locale.LC_CTYPE)[0] or ""
        return named.partition(".")[0].replace("_", "-")

    def ground(self) -> Ground:
        """A desk is light."""
        return "light"

    def insets(self) -> tuple[int, int]:
        """A window has its own frame."""
        return (0, 0)
