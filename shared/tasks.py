"""What needs a person: tasks, and conflicts with the value that lost."""

from typing import Any

from msgspec import Struct, field, structs

from shared.amounts import Id, OptionalLine, has_control_characters, tidy
from shared.errors import Params, Refused, refuse_person, refuse_value
from shared.ids import derive
from shared.people import may
from shared.records import Aggregate, Record, State, home
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref


class Task(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Something a person in the office should look at, and why; who closed it, when (ms), how."""

    home = ("*", "")

    home_noun: str
    home_id: Id
    code: str
    params: Params = field(default_factory=dict)
    op_id: Id
    at: int
    done: bool = False
    closed_at: int | None = None
    closed_by: Id | None = None
    note: OptionalLine = ""

    def travels_with(self) -> Aggregate | None:
        """What is to be done about feedback is the office's alone (0044)."""
        return None if "about" in self.params else home(self)


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


class CloseArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What became of it."""

    note: OptionalLine = ""


def close(state: State, act: Act) -> Outcome | Refused:
    """Close a task: somebody has seen to it."""
    found = state.find(Task, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    if "about" in found.params and not may(act.by.roles, "read.feedback"):  # 0044
        return refuse_person("not_permitted", kind=act.kind)
    note = tidy(act.args.note)
    if has_control_characters(note):
        return refuse_value("not_text", "args.note")
    return Outcome(merged=True) if found.done else Outcome(rows=(closed(found, act, note),))


def closed(found: Task, act: Act, note: str = "") -> Task:
    """A task as it is once somebody has seen to it."""
    return structs.replace(found, done=True, closed_at=act.at, closed_by=act.by.id, note=note)


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


def _its_home(reach: Reach) -> tuple[Aggregate, ...]:
    noun, identity = reach.links.get("home_noun"), reach.links.get("home_id")
    return ((noun, identity),) if noun and identity else ()


def _itself(reach: Reach) -> tuple[Ref, ...]:
    return ((Task, reach.on[1]),)


KINDS = (
    Kind(
        name="task.close",
        cls="office",
        nouns=frozenset({"task"}),
        args=CloseArgs,
        reduce=close,
        touches=_its_home,
        refs=_itself,
    ),
)
