"""Merging edits field by field: three ways, from what the author saw, without any history."""

from typing import Any, Final, Literal

from msgspec import Struct, structs

from shared.amounts import TEXT_CHARS_MAX, tidy
from shared.editing import EditArgs
from shared.errors import Refused
from shared.fields import FIELDS, check, same
from shared.ids import derive
from shared.people import is_field_only
from shared.records import Record, State
from shared.registry import Act
from shared.tasks import Conflict, Loser

UNSEEN: Final = object()
LOSERS_MAX = 10  # in one conflict; a row must stay small enough for every phone at the site
Result = Literal["applied", "merged", "kept_both", "won", "lost"]


class Merged(Struct, frozen=True, kw_only=True):
    """The fields to write, what became of each, and the conflicts opened or joined."""

    winners: dict[str, Any]
    results: dict[str, Result]
    conflicts: tuple[Conflict, ...]


def merge(state: State, act: Act, current: Record) -> Merged | Refused:
    """Decide every field of an edit against what is there now."""
    args: EditArgs = act.args
    winners: dict[str, Any] = {}
    results: dict[str, Result] = {}
    conflicts: list[Conflict] = []
    for name, (seen, new) in args.fields.items():
        refused = check(name, new) or (check(name, seen) if seen is not None else None)
        if refused is not None:
            return refused
        value = tidy(new) if isinstance(new, str) else new
        here = getattr(current, name)
        # What was seen under an alias was another thing's.
        seen_here = seen if act.alias is None else UNSEEN
        results[name] = result = _decide(name, (seen_here, value, here), act)
        if result in ("applied", "won"):
            winners[name] = value
        if result == "kept_both":
            winners[name] = _both(here, value, act)
        if result in ("won", "lost"):
            stands, lost = (value, here) if result == "won" else (here, value)
            conflicts.append(opened(state, act, Lost(name, FIELDS[name].wins, seen, stands, lost)))
    return Merged(winners=winners, results=results, conflicts=tuple(conflicts))


def _decide(name: str, values: tuple[Any, Any, Any], act: Act) -> Result:
    seen, new, here = values
    field = FIELDS[name]
    if same(field, here, new):
        return "merged"
    if seen is not UNSEEN and same(field, here, seen):
        return "applied"
    if field.wins == "both" and len(_both(here, new, act)) <= TEXT_CHARS_MAX:
        return "kept_both"
    return "won" if side(act) == field.wins else "lost"


def side(act: Act) -> str:
    """Which side of the house an act comes from."""
    return "device" if act.origin == "device" or is_field_only(act.by) else "office"


def _both(here: Any, new: Any, act: Act) -> str:
    """Both texts, the later one with its author's name."""
    return f"{here or ''}\n— {act.by.name}: {new}".strip()


class Lost(Struct, frozen=True):
    """One disagreement: on which field, by which rule, what was seen, what stands, what lost."""

    field: str
    rule: str
    seen: Any
    stands: Any
    lost: Any


def opened(state: State, act: Act, lost: Lost) -> Conflict:
    """The conflict of a field, new or joined: repeated losers share one open conflict."""
    won = lost.rule == side(act)
    loser = Loser(
        value=lost.lost,
        by="" if won else act.by.id,
        op_id=act.op_id,
        at=act.at,
        side="" if won else side(act),
    )
    for known in state.of(Conflict, act.on[1]):
        if (
            known.field == lost.field
            and known.settled_at is None
            and len(known.losers) < LOSERS_MAX
        ):
            losers = (*known.losers, loser)
            return structs.replace(
                known,
                losers=losers,
                winner=lost.stands,
                winner_by=act.by.id if won else known.winner_by,
                seen=lost.seen,
            )
    return Conflict(
        id=derive(act.op_id, "conflict", lost.field),
        home_noun=act.on[0],
        home_id=act.on[1],
        field=lost.field,
        rule=lost.rule,
        seen=lost.seen,
        winner=lost.stands,
        winner_by=act.by.id if won else "",
        losers=(loser,),
        at=act.at,
    )
