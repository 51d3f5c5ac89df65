"""Discretion: telephone numbers as those see them who may not have them shown."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from shared.masking import NOTHING, masked
from shared.people import may

REVEAL: Final = "phone.reveal"
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
