"""The phone's files on their way to the server: what is kept of each, and the port for it."""

from collections.abc import Collection, Iterable
from typing import Literal, Protocol

from msgspec import Struct, structs

from shared.records import Aggregate
from sync.protocol import Files

THUMBNAIL, REQUIRED, OTHER, DRAWING = range(4)  # what goes first

FileState = Literal["waiting", "safe", "set_aside"]
FileFault = Literal["", "mismatch", "missing", "too_large", "refused"]


class File(Struct, frozen=True, kw_only=True):
    """One file of this phone, by the hash of its bytes, and how far it is on its way.

    `on` is what it was taken for, `recorded` when (ms); the lower its `rank`, the sooner it goes.
    Of one that waits `upload` is where its upload stands, as far as that is known, `sent` how many
    bytes of it the server is known to have; `begun` tells that an upload may exist that this phone
    was never told of. `fault` is why it was set aside. One that is safe was so by `safe_by` (the
    server's ms, None until the server was asked); `unsure` when that may be true no more.
    """

    sha256: str
    size: int
    rank: int
    on: Aggregate
    recorded: int
    state: FileState = "waiting"
    sent: int = 0
    upload: str | None = None
    begun: bool = False
    mismatches: int = 0
    fault: FileFault = ""
    safe_by: int | None = None
    unsure: bool = False


def is_open(file: File) -> bool:
    """Whether the server is not known to have a file yet, but may have it one day."""
    return file.state == "waiting" or file.unsure


def after(file: File, told: Files, now: int) -> File:
    """A file as it stands after an answer about it at a time (the server's ms)."""
    if file.sha256 in told.have:
        return structs.replace(
            file, state="safe", unsure=False, safe_by=now, sent=file.size, upload=None, fault=""
        )
    known = structs.replace(file, unsure=False, safe_by=None, sent=0, upload=None)
    if file.sha256 in told.wanted:
        return structs.replace(known, state="waiting", begun=True, mismatches=0, fault="")
    return structs.replace(known, state="set_aside", fault="mismatch")


def is_asked_about(file: File) -> bool:
    """Whether the server has yet to say in a conversation how a file stands.

    What came by the lane of the files moves no token: a server that was put back to before it could
    not be told from one that has it.
    """
    return file.unsure or (file.state == "safe" and file.safe_by is None)


def is_ours_alone(file: File) -> bool:
    """Whether bytes that are on this phone may be nowhere else."""
    return is_open(file) or (file.state == "set_aside" and file.fault != "missing")


class Shelf(Protocol):
    """The files of a phone, inside one transaction of its database."""

    def hold(self, files: Iterable[File]) -> None:
        """Let files wait to be sent. One that is known already keeps its state and better rank."""

    def files(self, hashes: Collection[str]) -> dict[str, File]:
        """Those of these files that are known, by hash."""

    def keep(self, file: File) -> None:
        """Keep a changed file (found by its hash)."""

    def next_file(self, rank_max: int, but: Collection[str] = ()) -> File | None:
        """The waiting file that is to go first, of those up to a rank, but none of these."""

    def is_awaited(self, things: Collection[Aggregate]) -> bool:
        """Whether a file that was taken for one of these is not safe yet."""

    def doubt(self) -> None:
        """What was safe may be so no more, nor what was set aside: the server is another."""

    def unsure(self, limit: int) -> list[str]:
        """Hashes of files that the server is to be asked about (`is_asked_about`), in order."""

    def unsent_files(self) -> int:
        """How many files are on this phone only, or may be, also those that were set aside."""

    def unsent_bytes(self) -> int:
        """How many bytes of files wait to be sent."""

    def hear(self, asked: Collection[str], told: Files, now: int) -> None:
        """Take in what the server told at a time (its ms) about the files it was asked for.

        Those it has are safe by now, those it wants wait again; one that it neither has nor wants
        is set aside.
        """
