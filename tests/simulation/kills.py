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
