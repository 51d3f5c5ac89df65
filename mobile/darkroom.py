"""Pictures on their way to being photos: what was taken lies on the disk until it is recorded.

A slip is written before a picture is: a camera that outlives the app leaves nothing that nobody
knows. One thread prepares a picture after the other; recording is for the window's thread.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from mobile import evidence, pictures
from mobile.database import Full, room
from mobile.device import write_private
from mobile.pictures import Line, Prepared
from shared.amounts import Id
from shared.errors import Params, Refused, refuse_state
from shared.ids import is_id
from shared.photos import Audience
from shared.records import Aggregate

FOLDER: Final = "incoming"
SLIP: Final = ".json"
RAW: Final = ".raw"
KNOWN: Final = "already_so"  # the same picture at the same place again is no second photo
LEFT_S: Final = 3600.0  # a camera that was opened so long ago brings nothing any more
STOP_S: Final = 10.0


class Slip(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a picture before it is a photo. `fault` is why it cannot become one.

    A drawing names the photo it is on and that one's bytes, and brings `lines` instead of a file.
    """

    id: Id
    person: Id
    job: Id
    at: int
    slot: str = ""
    caption: str = ""
    audience: Audience = "customer"  # a picture is for the report unless somebody says otherwise
    asset: Id | None = None
    drawn_on: Id | None = None
    sha256: str = ""
    lines: tuple[Line, ...] = ()
    fault: str = ""
    params: Params = {}


Record = Callable[[str, Aggregate, dict[str, Any]], Refused | None]
Later = Callable[[Callable[[], None]], None]


class Darkroom:
    """The pictures of one installation that are not photos yet.

    They are prepared in a thread of their own; `record` and `moved` are called in the window's.
    """

    def __init__(
        self, folder: Path, later: Later, record: Record, moved: Callable[[], None]
    ) -> None:
        self._home = folder
        self._folder = folder / FOLDER
        self._later = later
        self._record = record
        self._moved = moved
        self._asked: SimpleQueue[Slip | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._known: set[str] = set()  # out with a camera, or waiting for the thread
        self._stopped = False

    @property
    def home(self) -> Path:
        """The folder of the installation, also of one that cannot be opened."""
        return self._home

    def reserve(self, slip: Slip) -> Path | Refused:
        """Where a picture is to be put that a camera is about to take, if there is room."""
        self._known.add(slip.id)
        return evidence.no_room(self._home) or self._keep(slip) or self._raw(slip.id)

    def put(self, slip: Slip) -> Refused | None:
        """The picture is where it was to be; or a drawing, which needs none."""
        self._known.add(slip.id)
        refused = self._keep(slip)
        if refused is not None and not self._slip(slip.id).exists():
            return refused
        self._ask(slip)  # on a full disk the slip stands as it was reserved
        return None

    def discard(self, identity: str) -> None:
        """Let go of a picture that is not wanted, or was never taken."""
        self._known.discard(identity)
        for path in (self._slip(identity), self._raw(identity)):
            path.unlink(missing_ok=True)

    def again(self, identity: str) -> None:
        """Try once more what went wrong."""
        slip = _slip_in(self._slip(identity))
        if slip is not None:
            self.put(structs.replace(slip, fault="", params={}))

    def waiting(self, job: str) -> tuple[Slip, ...]:
        """The pictures of a job that are not photos yet, in the order they were taken."""
        return tuple(one for one in self._slips() if one.job == job and self._is_there(one))

    def resume(self, person: str, now_ms: int) -> None:
        """Take up what a stop or a kill has interrupted; forget what no camera brought."""
        for slip in self._slips():
            if slip.id in self._known or slip.person != person or slip.fault:
                continue
            if self._is_there(slip):
                self._known.add(slip.id)
                self._ask(slip)
            elif now_ms - slip.at > LEFT_S * 1000:
                self.discard(slip.id)

    def raw(self, identity: str) -> Path | None:
        """The picture as it was taken, if it is there."""
        path = self._raw(identity)
        return path if path.exists() else None

    def stop(self) -> None:
        """Let the thread end; what waits is taken up the next time."""
        self._stopped = True
        with suppress(Empty):
            while True:
                self._asked.get_nowait()
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join(STOP_S)

    def _ask(self, slip: Slip) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._work, name="darkroom", daemon=True)
            self._thread.start()
        self._asked.put(slip)

    def _work(self) -> None:
        while (slip := self._asked.get()) is not None:
            try:
                with room():
                    made = self._made(slip)
            except Full:
                made = refuse_state("disk_full")
            self._tell(slip, made)

    def _made(self, slip: Slip) -> Prepared | Refused:
        if slip.drawn_on is not None:
            return pictures.draw_on(slip.sha256, slip.lines, self._home)
        return pictures.prepare(self._raw(slip.id), self._home)

    def _tell(self, slip: Slip, found: Prepared | Refused) -> None:
        self._later(lambda: self._finish(slip, found))

    def _finish(self, slip: Slip, found: Prepared | Refused) -> None:
        """In the window's thread: record the photo, or keep why there is none."""
        if self._stopped or not self._slip(slip.id).exists():
            return  # discarded meanwhile
        refused = found if isinstance(found, Refused) else self._say(slip, found)
        if refused is None:
            self.discard(slip.id)
        else:
            self._known.discard(slip.id)
            self._keep(structs.replace(slip, fault=refused.code, params=refused.params))
        self._moved()

    def _say(self, slip: Slip, made: Prepared) -> Refused | None:
        refused = self._record("photo.add", ("work_order", slip.job), photo_args(slip, made))
        return None if refused is not None and refused.code == KNOWN else refused

    def _keep(self, slip: Slip) -> Refused | None:
        """Write a slip down; the refusal where the disk is full."""
        try:
            with room():
                write_private(self._slip(slip.id), msgspec.json.encode(slip))
        except Full:
            return refuse_state("disk_full")
        return None

    def _slips(self) -> list[Slip]:
        return list(_slips(self._folder))

    def _is_there(self, slip: Slip) -> bool:
        if slip.drawn_on is not None:
            return True
        try:
            return self._raw(slip.id).stat().st_size > 0
        except FileNotFoundError:
            return False

    def _slip(self, identity: str) -> Path:
        assert is_id(identity), identity
        return self._folder / f"{identity}{SLIP}"

    def _raw(self, identity: str) -> Path:
        assert is_id(identity), identity
        return self._folder / f"{identity}{RAW}"


def left(folder: Path, person: str) -> int:
    """How many pictures of somebody wait to be photos: nobody has them but this phone."""
    raws = {path.stem for path in (folder / FOLDER).glob(f"*{RAW}")}
    mine = [slip for slip in _slips(folder / FOLDER) if slip.person == person]
    return sum(slip.id in raws or slip.drawn_on is not None for slip in mine)


def forget(folder: Path, person: str) -> None:
    """Remove what somebody took and never recorded; what others took stays."""
    for slip in _slips(folder / FOLDER):
        for end in (RAW, SLIP) if slip.person == person else ():
            (folder / FOLDER / f"{slip.id}{end}").unlink(missing_ok=True)


def _slips(folder: Path) -> Iterator[Slip]:
    """Every slip in a folder that can be read."""
    for path in sorted(folder.glob(f"*{SLIP}")):
        slip = _slip_in(path)
        if slip is not None:
            yield slip


def _slip_in(path: Path) -> Slip | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Slip)
    except (OSError, msgspec.DecodeError):
        return None


def photo_args(slip: Slip, made: Prepared) -> dict[str, Any]:
    """What `photo.add` says of a picture that is prepared."""
    said = {**structs.asdict(made), "audience": slip.audience}
    more = {"slot": slip.slot, "caption": slip.caption}
    named = {"asset": slip.asset, "drawn_on": slip.drawn_on}
    return {**said, **more, **{name: one for name, one in named.items() if one is not None}}


def fault(slip: Slip) -> Refused:
    """Why a picture is no photo yet."""
    return refuse_state(slip.fault, **slip.params)
