"""Upcasters: how the arguments of an older version of a verb read today. Kept for ever."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
# (kind, version) -> the same arguments as the next version says them
UPCASTS: Final[dict[tuple[str, int], Upcast]] = {}


def upcast(
    said: tuple[str, int], args: dict[str, Any], today: int, steps: Mapping[tuple[str, int], Upcast]
) -> dict[str, Any]:
    """Arguments said in one version of a verb, as today's version says them.

    Raises KeyError when a step is missing, which is our mistake and not the author's.
    """
    kind, version = said
    for one in range(version, today):
        args = steps[(kind, one)](args)
    return args
