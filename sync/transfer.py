"""The media lane's half of the conversation: it yields what to ask, and is sent the answer.

Files go by tus 1.0, one piece after the other, the most valuable file first. Whoever drives it may
stop at any yield and begin again later: what is known is kept before anything is asked.
"""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Final, Protocol

from msgspec import Struct, field, structs

from sync.session import TimedOut
from sync.shelf import DRAWING, REQUIRED, File, FileFault, Shelf

PIECE_BYTES_FIRST: Final = 64_000
PIECE_BYTES_MIN: Final = 8_000
PIECE_BYTES_MAX: Final = 1_000_000
PIECE_S: Final = 5  # how long a piece may take at the speed that was observed
GROWTH_MAX: Final = 4
MISMATCHES_MAX: Final = 3
STALLS_MAX: Final = 4  # answers in a row that brought nothing on
FAILURES_MAX: Final = 3  # files in a row that the server failed at
ROUNDS_MAX: Final = 100_000


class Create(Struct, frozen=True):
    """Begin an upload of a file; its first `length` bytes come along (0: none)."""

    sha256: str
    size: int
    length: int


class Head(Struct, frozen=True):
    """Ask how much of an upload the server has."""

    sha256: str
    upload: str


class Patch(Struct, frozen=True):
    """Send `length` bytes of a file from `offset` on."""

    sha256: str
    upload: str
    offset: int
    length: int


class Terminate(Struct, frozen=True):
    """Give up an upload of which nothing more can come."""

    sha256: str
    upload: str


class Reached(Struct, frozen=True, kw_only=True):
    """The server has so many bytes of the upload, whose address may be new; all: it is safe."""

    offset: int
    upload: str | None = None
    took_ms: int = 0


class Elsewhere(Struct, frozen=True):
    """The upload is not where the piece goes on, but at `offset`, if that was said."""

    offset: int | None = None


class Gone(Struct, frozen=True):
    """There is no such upload, or no more."""


class Disagreed(Struct, frozen=True):
    """All bytes came and do not agree with the hash. The upload is at its beginning again."""


class Unfit(Struct, frozen=True):
    """This file will not be taken, or cannot be sent, for a reason that does not pass."""

    fault: FileFault


class Failed(Struct, frozen=True):
    """The server failed at this file; it may not fail at another."""


Asked = Create | Head | Patch | Terminate
Answer = Reached | Elsewhere | Gone | Disagreed | Unfit | Failed | TimedOut


class Keeping(Shelf, Protocol):
    """The shelf, and how its transactions begin."""

    def transaction(self) -> AbstractContextManager[None]:
        """One transaction, durable when it ends; nothing stays when it raises."""


class Around(Struct, frozen=True, kw_only=True):
    """What the lane may not know by itself.

    `ops_wait` tells whether the data lane has something to push: it goes first. `metered` tells
    that bytes cost money, so that only thumbnails and what is required go now.
    """

    ops_wait: Callable[[], bool]
    metered: Callable[[], bool] = lambda: False


class Pace(Struct, kw_only=True):
    """How large a piece may be. It is kept from one conversation to the next."""

    piece_bytes: int = PIECE_BYTES_FIRST

    def note(self, length: int, took_ms: int) -> None:
        """A piece of so many bytes took so long: the next may take `PIECE_S`."""
        if length < PIECE_BYTES_MIN:
            return
        wanted = length * 1000 * PIECE_S // max(took_ms, 1)
        ceiling = max(min(length * GROWTH_MAX, PIECE_BYTES_MAX), self.piece_bytes)
        self.piece_bytes = max(min(wanted, ceiling), PIECE_BYTES_MIN)

    def slow_down(self) -> None:
        """A piece did not get through in time."""
        self.piece_bytes = max(self.piece_bytes // GROWTH_MAX, PIECE_BYTES_MIN)


class Delivered(Struct, kw_only=True):
    """What one conversation came to. `paused`: the data lane goes first."""

    files: int = 0
    bytes: int = 0
    set_aside: int = 0
    paused: bool = False
    timed_out: bool = False


class _Talk(Struct, kw_only=True):
    """What is known while a conversation lasts: where uploads are for sure, and what stalls."""

    pace: Pace
    delivered: Delivered = field(default_factory=Delivered)
    sure: dict[str, int] = {}
    later: set[str] = field(default_factory=set)
    stalls: int = 0
    failures: int = 0
    given_up: Terminate | None = None


def transfer(shelf: Keeping, around: Around, pace: Pace) -> Generator[Asked, Answer, Delivered]:
    """Send what waits, until nothing is left that may go now."""
    talk = _Talk(pace=pace)
    asked: Asked | None = None
    answer: Answer | None = None
    for _ in range(ROUNDS_MAX):
        talk.delivered.paused = around.ops_wait()
        rank_max = REQUIRED if around.metered() else DRAWING
        with shelf.transaction():
            if asked is not None and answer is not None:
                _take(shelf, talk, asked, answer)
            asked = _compose(shelf, talk, rank_max)
        if asked is None:
            break
        answer = yield asked
    talk.delivered.timed_out = bool(talk.later) or talk.stalls > STALLS_MAX
    return talk.delivered


def _compose(shelf: Shelf, talk: _Talk, rank_max: int) -> Asked | None:
    """What to ask next, about the most valuable file that waits; noted before it is asked."""
    if talk.given_up is not None:
        asked, talk.given_up = talk.given_up, None
        return asked
    if talk.delivered.paused or talk.stalls > STALLS_MAX or talk.failures >= FAILURES_MAX:
        return None
    file = shelf.next_file(rank_max, talk.later)
    if file is None:
        return None
    if file.upload is None:
        if not file.begun:
            shelf.keep(structs.replace(file, begun=True))
        # Where an upload may have been begun that this phone was not told of, the server is first
        # asked to begin without any bytes: it may have some already.
        length = 0 if file.begun else min(talk.pace.piece_bytes, file.size)
        return Create(file.sha256, file.size, length)
    offset = talk.sure.get(file.sha256)
    if offset is None:
        return Head(file.sha256, file.upload)
    length = min(talk.pace.piece_bytes, file.size - offset)
    return Patch(file.sha256, file.upload, offset, length)


def _take(shelf: Shelf, talk: _Talk, asked: Asked, answer: Answer) -> None:
    """Keep what an answer says about the file that was asked about."""
    file = shelf.files([asked.sha256]).get(asked.sha256)
    if file is None or file.state != "waiting" or isinstance(asked, Terminate):
        return  # somebody else learnt of it meanwhile
    if isinstance(answer, Reached):
        after = _reached(talk, asked, answer, file)
    else:
        talk.sure.pop(file.sha256, None)
        after = _hindered(talk, answer, file)
    if after != file:
        shelf.keep(after)
    if after.state == "set_aside":
        talk.delivered.set_aside += 1


def _reached(talk: _Talk, asked: Asked, answer: Reached, file: File) -> File:
    length = asked.length if isinstance(asked, Create | Patch) else 0
    start = asked.offset if isinstance(asked, Patch) else 0
    talk.stalls = 0 if length and answer.offset > start else talk.stalls + 1
    talk.pace.note(length, answer.took_ms)
    talk.delivered.bytes += max(answer.offset - start, 0) if length else 0
    if answer.offset >= file.size:
        talk.sure.pop(file.sha256, None)
        talk.stalls = talk.failures = 0
        talk.delivered.files += 1
        return structs.replace(
            file, state="safe", sent=file.size, upload=None, fault="", safe_by=None
        )
    talk.sure[file.sha256] = answer.offset
    return structs.replace(file, sent=answer.offset, upload=answer.upload or file.upload)


def _hindered(talk: _Talk, answer: Answer, file: File) -> File:
    """What an answer means that did not take the piece."""
    if isinstance(answer, Unfit):
        if file.upload is not None:
            talk.given_up = Terminate(file.sha256, file.upload)
        return structs.replace(file, state="set_aside", fault=answer.fault)
    if isinstance(answer, Disagreed):
        return _disagreed(talk, file)
    if isinstance(answer, Failed):
        talk.pace.slow_down()  # somebody on the way may have given up on a piece as large as this
        talk.later.add(file.sha256)
        talk.failures += 1
        return file
    talk.stalls += 1
    if isinstance(answer, Gone):
        return structs.replace(file, upload=None, sent=0)
    if isinstance(answer, TimedOut):
        talk.pace.slow_down()
    if isinstance(answer, Elsewhere) and answer.offset is not None and answer.offset < file.size:
        talk.sure[file.sha256] = answer.offset
        return structs.replace(file, sent=answer.offset)
    return file


def _disagreed(talk: _Talk, file: File) -> File:
    """Once more from the beginning, but not for ever."""
    count = file.mismatches + 1
    if count >= MISMATCHES_MAX:
        return structs.replace(file, state="set_aside", fault="mismatch", mismatches=count)
    talk.sure[file.sha256] = 0
    return structs.replace(file, sent=0, mismatches=count)
