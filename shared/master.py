"""Master data: people, parts, prices, customers, machines and so on, row by row."""

from typing import Any, Final

import msgspec
from msgspec import structs

from shared.amounts import is_real
from shared.assignment import follow
from shared.checklist import Checklist
from shared.errors import Refused, refuse_value
from shared.fields import FIELDS
from shared.parts import Location, Part
from shared.people import Person
from shared.prices import ORGANISATION, Contract, Organisation, PriceList, contradiction
from shared.records import CATALOG, Aggregate, Record, State, stream_of, table
from shared.registry import Act, Args, Emit, Kind, Outcome, Reach, Ref, by
from shared.site import Asset, Customer, Site
from shared.tag_sets import TagSet
from shared.teams import Outlet, Team

TABLES: Final[dict[str, type[Record]]] = {
    table(kind): kind
    for kind in (
        *(Person, Team, Outlet, Part, Location, Checklist, TagSet, PriceList, Organisation),
        *(Customer, Contract, Site, Asset),
    )
}

# The rows that another one names, by the fields they are named in: they have to be there.
NAMED: Final[dict[type[Record], tuple[tuple[str, type[Record]], ...]]] = {
    Site: (("customer_id", Customer),),
    Contract: (("customer_id", Customer),),
    Asset: (("site_id", Site),),
    Person: (("van_id", Location), ("team_id", Team)),
    Team: (("outlet_id", Outlet),),
}
# What is read with those of its name.
BY_NAME: Final = (PriceList, Team)

NAMES_MAX: Final = 20  # former ones that are kept


class PutArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The whole row, without its id and version."""

    row: dict[str, Any]


def put(state: State, act: Act) -> Outcome | Refused:
    """Write a row of master data: new, or in place of the one with this id.

    A whole row under the id of what was merged into another one would undo that one's.
    """
    if act.alias is not None:
        return refuse_value("merged_meanwhile", "on", id=act.on[1])
    row = read(act.on, with_kept(state, act))
    if isinstance(row, Refused):
        return row
    wrong = _inconsistent(row)
    if wrong is not None:
        return refuse_value("wrong_value", wrong, reason=wrong)
    missing = _dangling(state, row)
    if missing is not None:
        return refuse_value("unknown_subject", missing)
    taken = _taken(state, row)
    if taken is not None:
        return taken
    row = _renamed(state, row)
    emits = _person_follows(state.find(Person, row.id), row) if isinstance(row, Person) else ()
    return Outcome(rows=(row,), emits=emits)


def _renamed(state: State, row: Record) -> Record:
    """The row with the names it had before: what was signed with one of them was no forgery.

    Whatever the arguments say of them: nobody makes up a past.
    """
    if not isinstance(row, Person | Customer):
        return row
    before = state.find(type(row), row.id)
    former = before.former_names if before is not None else ()
    if before is not None and before.name != row.name:
        former = (before.name, *(one for one in former if one != before.name))[:NAMES_MAX]
    return structs.replace(row, former_names=former)


def with_kept(state: State, act: Act) -> PutArgs:
    """The arguments, with what phones may have written and this form does not mention."""
    args: PutArgs = act.args
    known = state.find(TABLES[act.on[0]], act.on[1])
    if known is None:
        return args
    ours = (name for name, field in FIELDS.items() if field.noun == act.on[0])
    kept = {name: getattr(known, name) for name in ours if name not in args.row}
    return PutArgs(row={**kept, **args.row})


def read(on: Aggregate, args: PutArgs) -> Record | Refused:
    """The row in the arguments, checked field by field."""
    kind = TABLES[on[0]]
    for name in args.row:
        if name not in kind.__struct_fields__ or name in ("id", "version"):
            return refuse_value("unknown_field", f"args.row.{name}", name=name)
    try:
        return msgspec.convert({**args.row, "id": on[1]}, kind)
    except msgspec.ValidationError as wrong:
        return refuse_value("wrong_value", "args.row", reason=str(wrong))


def _inconsistent(row: Record) -> str | None:
    """The field that contradicts another one."""
    if isinstance(row, Checklist):
        codes = [*(one.code for one in row.items), *(one.code for one in row.photos)]
        bounded = [one for one in row.items if one.low is not None and one.high is not None]
        if len(set(codes)) < len(codes) or any((one.low or 0) > (one.high or 0) for one in bounded):
            return "args.row.items"
    if isinstance(row, TagSet) and len({one.code for one in row.tags}) < len(row.tags):
        return "args.row.tags"
    if isinstance(row, Asset):
        return _unreal(row)
    field = contradiction(row)
    return f"args.row.{field}" if field is not None else None


def _unreal(asset: Asset) -> str | None:
    """The date of a machine that is not in the calendar."""
    for name in ("delivered_on", "invoiced_on", "warranty_until"):
        day = getattr(asset, name)
        if day is not None and not is_real(day):
            return f"args.row.{name}"
    return None


def _dangling(state: State, row: Record) -> str | None:
    """The field that names a row which is not there."""
    for field, kind in NAMED.get(type(row), ()):
        named = getattr(row, field)
        if named and state.find(kind, named) is None:
            return f"args.row.{field}"
    return None


def _taken(state: State, row: Record) -> Refused | None:
    """The refusal of what may be there only once."""
    if isinstance(row, Person):
        known = state.of(Person, CATALOG)
        if any(one.login == row.login and one.id != row.id for one in known):
            return refuse_value("already_exists", "args.row.login", value=row.login)
    if isinstance(row, PriceList):
        return _printed(state, row)
    if isinstance(row, TagSet):
        return _taken_away(state, row)
    if isinstance(row, Team) and any(_called_alike(one, row) for one in state.all(Team)):
        return refuse_value("already_exists", "args.row.name", value=row.name)
    if isinstance(row, Organisation) and row.id != ORGANISATION:
        return refuse_value("wrong_value", "on", reason=row.id)
    return None


def _called_alike(one: Team, other: Team) -> bool:
    """Two teams at a time have two names; that of one that is retired may be given again."""
    return one.id != other.id and one.name == other.name and not (one.retired or other.retired)


def _printed(state: State, row: PriceList) -> Refused | None:
    """An edition stays as it was shown to customers, but that it may be retired."""
    before = state.find(PriceList, row.id)
    if before is not None:
        same = structs.replace(before, version=None, retired=row.retired) == row
        return None if same else refuse_value("edition_fixed", "args.row.edition")
    others = [one.edition for one in state.all(PriceList) if one.name == row.name]
    if row.edition <= max(others, default=0):
        return refuse_value("already_exists", "args.row.edition", value=row.edition)
    return None


def _taken_away(state: State, row: TagSet) -> Refused | None:
    """A word that tickets may be classified with stays: it can only be retired (R-CLS-17)."""
    before = state.find(TagSet, row.id)
    kept = {one.code for one in row.tags}
    if before is not None and before.code != row.code:
        return refuse_value("wrong_value", "args.row.code", reason=row.code)
    gone = next((one for one in before.tags if one.code not in kept), None) if before else None
    return refuse_value("word_kept", "args.row.tags", en=gone.en, zh=gone.zh) if gone else None


def _person_follows(before: Person | None, after: Person) -> tuple[Emit, ...]:
    emits = [follow(after.id, CATALOG, "person")]
    if before is not None and before.van_id and before.van_id != after.van_id:
        emits.append(
            follow(after.id, stream_of(("location", before.van_id)), "van", name="unsubscribe")
        )
    if after.van_id:
        emits.append(follow(after.id, stream_of(("location", after.van_id)), "van"))
    return tuple(emits)


def _home(reach: Reach) -> tuple[Aggregate, ...]:
    noun, field = TABLES[reach.on[0]].home
    if noun == CATALOG:
        return ((CATALOG, CATALOG),)
    return (reach.on,) if field == "id" else ((noun, str(reach.args.row.get(field))),)


def _refs(reach: Reach) -> tuple[Ref, ...]:
    own, row = TABLES[reach.on[0]], reach.args.row
    named = tuple((kind, str(row.get(field))) for field, kind in NAMED.get(own, ()))
    refs: tuple[Ref, ...] = ((own, reach.on[1]), *named)
    if own in BY_NAME:
        return (*refs, (own, by("name", str(row.get("name")))))
    return (*refs, (own, by("login", str(row.get("login"))))) if own is Person else refs


KINDS = (
    Kind(
        name="master.put",
        cls="office",
        nouns=frozenset(TABLES),
        args=PutArgs,
        reduce=put,
        mentions=(("customer", "row.customer_id"), ("site", "row.site_id")),
        touches=_home,
        refs=_refs,
    ),
)
