"""Lists page by page: the mark in an address as the window of a question."""

import re
from typing import Final

from server.problems import wrong_parameter
from server.queries import PARTING, Window

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")


def ages(after: str, limit: int) -> Window:
    """The window of a list sorted by a time. Raises `Problem` for a mark of nobody's making."""
    if not after:
        return Window(limit=limit)
    value, parting, identity = after.rpartition(PARTING)
    if not parting or not _NUMBER.fullmatch(value) or not identity:
        raise wrong_parameter("after")
    return Window(limit=limit, after=(int(value), identity))


def texts(after: str, limit: int) -> Window:
    """The window of a list sorted by a text. Raises `Problem` for a mark of nobody's making."""
    if not after:
        return Window(limit=limit)
    value, parting, identity = after.rpartition(PARTING)
    if not parting:
        raise wrong_parameter("after")
    return Window(limit=limit, after=(value, identity))
