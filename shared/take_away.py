"""Items taken away for repair: the receipt, the countersignature, and the way back (R-TAK)."""

from typing import Annotated, Literal

from msgspec import Meta

from shared.amounts import Id, Line, LocalDate, OptionalLine
from shared.prices import MINOR_MAX
from shared.records import Record
from shared.registry import Args

Estimate = Annotated[int, Meta(ge=0, le=MINOR_MAX, description="minor units")]
ItemState = Literal["taken", "handed_in", "returned"]


class TakenItem(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A customer's item on its way through the workshop. `receipt` is the code on its receipt."""

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    asset_id: Id | None = None
    receipt: str
    what: Line
    serial: OptionalLine = ""
    accessories: OptionalLine = ""
    condition: OptionalLine = ""
    reason: Line
    back_by: LocalDate | None = None
    estimate: Estimate | None = None
    state: ItemState
    sign_off_id: Id | None = None
    person_id: Id
    at: int
    handed_in_at: int | None = None
    handed_in_by: Id | None = None
    returned_at: int | None = None
    returned_by: Id | None = None
    return_sign_off_id: Id | None = None


class TakeArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What is taken away, in which state, why, and until when."""

    what: Line
    reason: Line
    asset: Id | None = None
    serial: OptionalLine = ""
    accessories: OptionalLine = ""
    condition: OptionalLine = ""
    back_by: LocalDate | None = None
    estimate: Estimate | None = None


class ItemArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which item is at the workshop now, or is back with its owner."""

    item: Id
