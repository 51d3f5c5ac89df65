"""What needs a person: tasks, and conflicts with the value that lost."""

from typing import Any

from msgspec import Struct, field

from shared.amounts import Id
from shared.errors import Params
from shared.ids import derive
from shared.records import Aggregate, Record
from shared.registry import Act


class Task(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Something a person in the office should look at, and why."""

    home = ("*", "")

    home_noun: str
    home_id: Id
    code: str
    params: Params = field(default_factory=dict)
    op_id: Id
    at: int
    done: bool = False


class Loser(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value that did not stand: whose it was, from which op, and when (ms)."""

    value: Any = None
    by: str
    op_id: str
    at: int
    side: str = ""


class Conflict(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Two people meant different things. `winner` stands; a person may bring a loser back.

    `field` is the name of an edited field, or `status`; `rule` says why the winner won; `seen` is
    what the author of the last op saw. Open until settled.
    """

    home = ("*", "")

    home_noun: str
    home_id: Id
    field: str
    rule: str
    seen: Any = None
    winner: Any = None
    winner_by: str = ""
    losers: tuple[Loser, ...] = ()
    at: int
    settled_at: int | None = None
    settled_by: str | None = None
    choice: str | None = None


def task(act: Act, code: str, *, params: Params | None = None, on: Aggregate | None = None) -> Task:
    """A task that an act opens, on what it acts on or on another thing."""
    noun, identity = on or act.on
    return Task(
        id=derive(act.op_id, "task", code, identity),
        home_noun=noun,
        home_id=identity,
        code=code,
        params=params or {},
        op_id=act.op_id,
        at=act.at,
    )
