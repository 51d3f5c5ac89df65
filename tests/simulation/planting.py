"""How a mistake is planted: something is done otherwise for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

Plant = Callable[[], Any]  # a context in which the mistake is made


def instead(of: Any, name: str, wrong: Callable[..., Any]) -> Plant:
    """Something else is done: `wrong` is called with the right one before its arguments."""

    @contextmanager
    def planted() -> Iterator[None]:
        right = getattr(of, name)

        def call(*args: Any, **more: Any) -> Any:
            return wrong(right, *args, **more)

        with patch.object(of, name, call):
            yield

    return planted


def says(of: Any, name: str, answer: Any) -> Plant:
    """The answer is always the same."""
    return instead(of, name, lambda _right, *_args, **_more: answer)


def both(one: Plant, other: Plant) -> Plant:
    """Two mistakes that only do harm together."""

    @contextmanager
    def planted() -> Iterator[None]:
        with one(), other():
            yield

    return planted
