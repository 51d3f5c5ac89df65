"""Discretion: numbers and feedback as those see them who may not have all of it shown."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from shared.masking import NOTHING, masked
from shared.people import may

REVEAL: Final = "phone.reveal"
HEAR: Final = "read.feedback"
PARTED: Final = ("events", "excused", "settled")  # lines of a ticket, some of them about feedback
WORDS: Final = frozenset({"note", "grade"})
NUMBERS: Final = frozenset({"phone", "contact_phone"})
VALUES: Final = frozenset({"seen", "winner", "losers"})  # what a conflict about a number holds


def discreet(told: Any, roles: tuple[str, ...]) -> Any:
    """A thing as it is told to somebody with these roles: with every number in it, or none."""
    return told if may(roles, REVEAL) else _closed(told)


def discreet_text(body: str | None, roles: tuple[str, ...]) -> str | None:
    """The text of an act as it is told to somebody; what is not JSON only to who may see all."""
    if body is None or may(roles, REVEAL):
        return body
    try:
        return msgspec.json.encode(_closed(msgspec.json.decode(body))).decode()
    except msgspec.DecodeError:
        return NOTHING


def unheard(ticket: Mapping[str, Any], roles: tuple[str, ...]) -> dict[str, Any]:
    """A ticket as it is told to somebody: without a word of feedback where they may not read that.

    That something was said and done, and when, stays: clocks and figures go by it (0044).
    """
    if may(roles, HEAR):
        return {**ticket}
    parted = {name: [_wordless(one) for one in ticket.get(name, ())] for name in PARTED}
    return {**ticket, **{name: rows for name, rows in parted.items() if name in ticket}}


def _wordless(line: Any) -> Any:
    apart = isinstance(line, Mapping) and (line.get("about") or line.get("feedback_id"))
    return {name: "" if name in WORDS else one for name, one in line.items()} if apart else line


def _closed(told: Any) -> Any:
    if isinstance(told, Mapping):
        hidden = NUMBERS | (VALUES if str(told.get("field")) in NUMBERS else frozenset())
        return {
            name: _hidden(one) if name in hidden else _closed(one) for name, one in told.items()
        }
    return [_closed(one) for one in told] if _is_several(told) else told


def _hidden(told: Any) -> Any:
    """Every text in it as a number that is masked; of a conflict's losers only the values."""
    if isinstance(told, Mapping):
        return {name: _hidden(one) if name == "value" else one for name, one in told.items()}
    if _is_several(told):
        return [_hidden(one) for one in told]
    return masked(told) if isinstance(told, str) and told else told


def _is_several(told: Any) -> bool:
    return isinstance(told, Sequence) and not isinstance(told, str | bytes)
