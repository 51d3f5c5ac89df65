"""What was done on a machine before: its last visits, kept with the site for phones to have."""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct, structs

from shared.amounts import Code, Id, OptionalLine, OptionalText
from shared.checklist import Reading
from shared.ids import derive
from shared.records import Aggregate, Record, State
from shared.registry import Emit, Landing
from shared.visit import VisitOutcome

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


def visited(place: tuple[str, str], visit: PastVisit) -> Emit:
    """The fact that a visit to a machine ended. `place` is (site, asset).

    The visit travels as text, because what is emitted holds plain values only.
    """
    site_id, asset_id = place
    told = msgspec.json.encode(visit).decode()
    return Emit(on=("site", site_id), name="asset.visited", args={"asset": asset_id, "visit": told})


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


def site_of(linked: dict[str, str | None]) -> tuple[Aggregate, ...]:
    """The site that remembers what is done on a job's machine, if the job names one."""
    site = linked.get("site_id")
    return (("site", site),) if site and linked.get("asset_id") else ()


ABSORBS = {"asset.visited": remembered}
