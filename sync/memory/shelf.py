"""The phone's files in memory: `Shelf`."""

from collections.abc import Collection, Iterable

from msgspec import Struct, field, structs

from shared.records import Aggregate
from sync.protocol import Files
from sync.shelf import File, after, is_asked_about, is_open, is_ours_alone


class Filed(Struct, kw_only=True):
    """Files by their hash."""

    files: dict[str, File] = field(default_factory=dict)


class MemoryShelf:
    """Keeps files with the rest of what is on a disk."""

    disk: Filed

    def hold(self, files: Iterable[File]) -> None:
        """As `Shelf.hold`."""
        for file in files:
            known = self.disk.files.get(file.sha256)
            better = known is not None and file.rank < known.rank
            if known is None or better:
                self.disk.files[file.sha256] = (
                    structs.replace(known, rank=file.rank) if known is not None else file
                )

    def files(self, hashes: Collection[str]) -> dict[str, File]:
        """As `Shelf.files`."""
        return {one: self.disk.files[one] for one in hashes if one in self.disk.files}

    def keep(self, file: File) -> None:
        """As `Shelf.keep`."""
        assert file.sha256 in self.disk.files
        self.disk.files[file.sha256] = file

    def next_file(self, rank_max: int, but: Collection[str] = ()) -> File | None:
        """As `Shelf.next_file`."""
        waiting = (one for one in self.disk.files.values() if one.state == "waiting")
        allowed = (one for one in waiting if one.rank <= rank_max and one.sha256 not in but)
        return min(allowed, key=lambda one: (one.rank, one.recorded, one.sha256), default=None)

    def is_awaited(self, things: Collection[Aggregate]) -> bool:
        """As `Shelf.is_awaited`."""
        return any(one.on in things and is_open(one) for one in self.disk.files.values())

    def doubt(self) -> None:
        """As `Shelf.doubt`."""
        for one in list(self.disk.files.values()):
            if one.state != "waiting":
                self.keep(structs.replace(one, unsure=True, safe_by=None))

    def unsure(self, limit: int) -> list[str]:
        """As `Shelf.unsure`."""
        asked = (one.sha256 for one in self.disk.files.values() if is_asked_about(one))
        return sorted(asked)[:limit]

    def unsent_files(self) -> int:
        """As `Shelf.unsent_files`."""
        return sum(is_ours_alone(one) for one in self.disk.files.values())

    def unsent_bytes(self) -> int:
        """As `Shelf.unsent_bytes`."""
        return sum(one.size - one.sent for one in self.disk.files.values() if is_open(one))

    def hear(self, asked: Collection[str], told: Files, now: int) -> None:
        """As `Shelf.hear`."""
        for one in self.files(asked).values():
            self.keep(after(one, told, now))
