"""Marks: where a page of a list begins, as an address carries it."""

import re
from typing import Final

from server.problems import wrong_parameter
from server.queries import PARTING, Window

CHARS_MAX: Final = 400

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")  # what a database's whole numbers hold


def by_number(after: str | None, limit: int) -> Window:
    """The window of a list sorted by a number, such as a time. Raises `Problem`."""
    if not after:
        return Window(limit=limit)
    value, parting, identity = after.rpartition(PARTING)
    if not parting or not _NUMBER.fullmatch(value) or not identity:
        raise wrong_parameter("after")
    return Window(limit=limit, after=(int(value), identity))


def by_text(after: str | None, limit: int) -> Window:
    """The window of a list sorted by a text. Raises `Problem`."""
    if not after:
        return Window(limit=limit)
    value, parting, identity = after.rpartition(PARTING)
    if not parting:
        raise wrong_parameter("after")
    return Window(limit=limit, after=(value, identity))
