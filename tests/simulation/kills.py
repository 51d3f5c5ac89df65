"""Death at any port call: a phone or a server that stops in the middle of what it does."""

from typing import Any


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """Something that does what it always does, until its n-th call."""

    def __init__(self, living: Any, calls: int) -> None:
        self._living = living
        self._left = calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._living, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise Killed(name)
            return found(*args, **kwargs)

        return call


class NoRoom(OSError):
    """The disk is full."""


# What a phone's database can still do without any room.
READS = frozenset(
    {
        *("transaction", "identity", "outgoing", "unsent", "outboxed", "on_top_of", "next_lseq"),
        *("unsettled_on", "settled_on_top", "all_ops", "marks", "links", "load", "living", "told"),
        *("noticed", "files", "next_file", "is_awaited", "unsure", "unsent_files", "unsent_bytes"),
    }
)


class Full:
    """A phone whose disk takes only so many writes more."""

    def __init__(self, living: Any, writes: int) -> None:
        self._living = living
        self._left = writes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._living, name)
        if name in READS or not callable(found):
            return found

        def write(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise NoRoom(name)
            return found(*args, **kwargs)

        return write
