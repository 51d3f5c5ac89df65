"""Correcting one entry: which of its words may be changed, and how they go back into it."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from mobile.texts import Words
from shared.ids import is_id
from shared.mending import choices_of, label_of

Input = Literal["line", "text", "number", "choice"]
LONG: Final = frozenset({"text", "diagnosis", "work_done", "access_notes", "job_note", "note"})
NUMBERS: Final = frozenset({"quantity"})
EDITED: Final = "fields."


class RepairField(Struct, frozen=True, kw_only=True):
    """One word of an entry that may be changed. `choices` are (code, label)."""

    path: str
    label: str
    value: str
    input: Input
    choices: tuple[tuple[str, str], ...] = ()


def repair_fields(
    kind: str, args: Mapping[str, Any], words: Words, drafted: Mapping[str, str] | None = None
) -> tuple[RepairField, ...]:
    """What may be changed of what an op said; ids stay as they are. `drafted` is half typed."""
    known, choices = drafted or {}, choices_of(kind)
    found = {path: known.get(path, value) for path, value in _texts(args).items()}
    return tuple(
        _field(path, value, choices.get(path.removeprefix(EDITED), ("", ())), (words, kind))
        for path, value in found.items()
    )


def repaired(args: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """What the op should have said."""
    mended = dict(args)
    edited = {name: list(pair) for name, pair in _edits(args).items()}
    for path, value in values.items():
        name = path.removeprefix(EDITED)
        if path.startswith(EDITED) and name in edited:
            edited[name][1] = value
        elif path in mended:
            mended[path] = value
    if edited:
        mended["fields"] = edited
    return mended


def _texts(args: Mapping[str, Any]) -> dict[str, str]:
    found = {
        name: value
        for name, value in args.items()
        if isinstance(value, str) and not is_id(value) and name != "item"
    }
    for name, pair in _edits(args).items():
        if pair[1] is None or isinstance(pair[1], str):
            found[EDITED + name] = pair[1] or ""
    return found


def _edits(args: Mapping[str, Any]) -> dict[str, list[Any]]:
    fields = args.get("fields")
    if not isinstance(fields, dict):
        return {}
    pairs = {name: pair for name, pair in fields.items() if isinstance(pair, list | tuple)}
    return {name: list(pair) for name, pair in pairs.items() if len(pair) == len(("seen", "new"))}


def _field(
    path: str, value: str, choices: tuple[str, tuple[str, ...]], told: tuple[Words, str]
) -> RepairField:
    name, (words, act) = path.removeprefix(EDITED), told
    group, codes = choices
    kind: Input = "line"
    if codes:
        kind = "choice"
    elif name in NUMBERS:
        kind = "number"
    elif name in LONG:
        kind = "text"
    return RepairField(
        path=path,
        label=words("fields", label_of(act, name)),
        value=value,
        input=kind,
        choices=tuple((code, words(group, code)) for code in codes),
    )
