"""What was done on a machine before: its last visits, kept with the site for phones to have."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct, structs

from shared.amounts import Code, Id, OptionalLine, OptionalText
from shared.checklist import Checklist, Reading
from shared.ids import derive
from shared.photos import Photo
from shared.records import Aggregate, Record, State
from shared.registry import Emit, Landing, Reach, Ref, by
from shared.visit import Visit, VisitOutcome

if TYPE_CHECKING:
    from shared.work_order import Completion, WorkOrder

VISITS_MAX: Final = 5  # the newest; older ones are in the office's books only
READINGS_MAX: Final = 60
VALUE_CHARS_MAX: Final = 80  # of one answer
TEXT_CHARS_MAX: Final = 500  # of what was found and what was done
ELLIPSIS: Final = "…"


class PastReading(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was read of one item on a visit that ended; `value` may be shortened."""

    item: Code
    value: str
    not_applicable: bool = False
    out_of_limits: bool = False


class PastVisit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One visit that ended: on which job, when (ms), by whom, how, and what was found and done."""

    id: Id
    work_order_id: Id
    number: str | None = None
    person_id: Id
    ended_at: int
    outcome: VisitOutcome
    diagnosis: OptionalText = ""
    work_done: OptionalText = ""
    remark: OptionalLine = ""
    checklist_id: Id | None = None
    readings: tuple[PastReading, ...] = ()


class AssetHistory(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The last visits to one machine, newest first. It lives with the site and goes with it."""

    home = ("site", "site_id")

    site_id: Id
    asset_id: Id
    visits: tuple[PastVisit, ...] = ()


def history_id(asset_id: str) -> str:
    """The id of the one history of a machine."""
    return derive("asset_history", asset_id)


def shortened(text: str, chars_max: int) -> str:
    """A text that is no longer than so many characters."""
    return text if len(text) <= chars_max else text[: chars_max - 1].rstrip() + ELLIPSIS


def past_readings(readings: Iterable[Reading]) -> tuple[PastReading, ...]:
    """The newest reading of each item, in the order the items were first answered."""
    newest: dict[str, Reading] = {}
    for one in sorted(readings, key=lambda reading: (reading.at, reading.id)):
        newest[one.item] = one
    return tuple(
        PastReading(
            item=one.item,
            value=shortened(one.value, VALUE_CHARS_MAX),
            not_applicable=one.not_applicable,
            out_of_limits=one.out_of_limits,
        )
        for one in list(newest.values())[:READINGS_MAX]
    )


def visited(
    state: State, order: "WorkOrder", visit: Visit, report: "Completion"
) -> tuple[Emit, ...]:
    """The fact that a visit to a machine ended, told to the site; nothing where none is named.

    The visit travels as text, because what is emitted holds plain values only.
    """
    if order.asset_id is None:
        return ()
    past = PastVisit(
        id=visit.id,
        work_order_id=order.id,
        number=order.number,
        person_id=report.person_id,
        ended_at=report.at,
        outcome=report.outcome,
        diagnosis=shortened(report.diagnosis, TEXT_CHARS_MAX),
        work_done=shortened(report.work_done, TEXT_CHARS_MAX),
        remark=report.remark,
        checklist_id=order.checklist_id,
        readings=past_readings(
            one for one in state.of(Reading, order.id) if one.visit_id in (None, visit.id)
        ),
    )
    args: dict[str, str | int | bool | None] = {
        "asset": order.asset_id,
        "visit": msgspec.json.encode(past).decode(),
    }
    return (Emit(on=("site", order.site_id), name="asset.visited", args=args),)


def remembered(state: State, emit: Emit, _op_id: str, _at: int) -> Landing:
    """A machine remembers its last visits; one that is told again stands as it is told last."""
    site_id, asset_id = emit.on[1], str(emit.args["asset"])
    visit = msgspec.json.decode(str(emit.args["visit"]), type=PastVisit)
    known = state.find(AssetHistory, history_id(asset_id)) or AssetHistory(
        id=history_id(asset_id), site_id=site_id, asset_id=asset_id
    )
    others = [one for one in known.visits if one.id != visit.id]
    newest = sorted([*others, visit], key=lambda one: (-one.ended_at, one.id))[:VISITS_MAX]
    return Landing(rows=(structs.replace(known, site_id=site_id, visits=tuple(newest)),))


def ticket_and_site(reach: Reach) -> tuple[Aggregate, ...]:
    """The ticket that the end of a visit moves forward, and the site that remembers it."""
    named = {noun: reach.links.get(f"{noun}_id") for noun in ("ticket", "site")}
    return tuple((noun, identity) for noun, identity in named.items() if identity)


def checklist_and_machine(reach: Reach) -> tuple[Ref, ...]:
    """The checklist and the photos that say what is missing, and what the machine remembers."""
    checklist, asset = reach.links.get("checklist_id"), reach.links.get("asset_id")
    photos: Ref = (Photo, by("work_order_id", reach.on[1]))
    listed: tuple[Ref, ...] = ((Checklist, checklist), photos) if checklist else ()
    return (*listed, *(((AssetHistory, history_id(asset)),) if asset else ()))


ABSORBS = {"asset.visited": remembered}
