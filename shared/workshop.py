"""The workshop: items of customers on their way there, in it, and back home (R-TAK)."""

from msgspec import structs

from shared.amounts import is_real, tidy
from shared.errors import Refused, refuse_state, refuse_value
from shared.ids import derive
from shared.money import receipt_of
from shared.pricing import unsaid
from shared.records import State
from shared.registry import Act, Kind, Outcome, Reach, Ref
from shared.site import Asset
from shared.take_away import ItemArgs, TakeArgs, TakenItem
from shared.ticket import progress
from shared.work_order import WorkOrder, billing_lateness, subject, to_its_ticket


def take(state: State, act: Act) -> Outcome | Refused:
    """Take an item away for repair, against a receipt (R-TAK-01, R-TAK-02).

    It is a line in the ticket's story, so that the customer's file says where it is (R-TAK-05).
    """
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: TakeArgs = act.args
    refused = _unusable(state, order, args)
    if refused is not None:
        return refused
    item = TakenItem(
        id=derive(act.op_id, "item"),
        work_order_id=order.id,
        visit_id=act.visit,
        asset_id=args.asset,
        receipt=receipt_of(act.op_id),
        what=tidy(args.what),
        serial=tidy(args.serial),
        accessories=tidy(args.accessories),
        condition=tidy(args.condition),
        reason=tidy(args.reason),
        back_by=args.back_by,
        estimate=args.estimate,
        state="taken",
        person_id=act.by.id,
        at=act.at,
    )
    return Outcome(
        rows=(item,),
        emits=progress(order.ticket_id, "in_progress", act),
        flags=billing_lateness(order),
    )


def _unusable(state: State, order: WorkOrder, args: TakeArgs) -> Refused | None:
    asset = state.find(Asset, args.asset)
    if args.asset is not None and (asset is None or asset.site_id != order.site_id):
        return refuse_value("unknown_subject", "args.asset")
    if args.back_by is not None and not is_real(args.back_by):
        return refuse_value("wrong_value", "args.back_by", reason=args.back_by)
    return unsaid(args, "what", "reason")


def hand_in(state: State, act: Act) -> Outcome | Refused:
    """Take an item in at the workshop (R-TAK-04)."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    item = _item(state, act)
    if isinstance(item, Refused):
        return item
    if item.state == "returned":
        return refuse_state("already_settled")
    if item.state == "handed_in":
        return Outcome(merged=True)
    here = structs.replace(item, state="handed_in", handed_in_at=act.at, handed_in_by=act.by.id)
    return Outcome(rows=(here,), emits=progress(order.ticket_id, "in_progress", act))


def give_back(state: State, act: Act) -> Outcome | Refused:
    """Give an item back to its owner; the signature for it comes with a sign-off."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    item = _item(state, act)
    if isinstance(item, Refused):
        return item
    if item.state == "returned":
        return Outcome(merged=True)
    back = structs.replace(item, state="returned", returned_at=act.at, returned_by=act.by.id)
    return Outcome(
        rows=(back,),
        emits=progress(order.ticket_id, "in_progress", act),
        flags=billing_lateness(order),
    )


def _item(state: State, act: Act) -> TakenItem | Refused:
    args: ItemArgs = act.args
    item = state.find(TakenItem, args.item)
    if item is None or item.work_order_id != act.on[1]:
        return refuse_value("unknown_subject", "args.item")
    return item


def _machine(reach: Reach) -> tuple[Ref, ...]:
    asset = reach.args.asset
    return ((Asset, asset),) if asset is not None else ()


def _that_item(reach: Reach) -> tuple[Ref, ...]:
    return ((TakenItem, reach.args.item),)


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="item.take",
        cls="fact",
        nouns=_ON,
        args=TakeArgs,
        reduce=take,
        device=True,
        belated=True,
        mentions=(("asset", "asset"),),
        touches=to_its_ticket,
        refs=_machine,
    ),
    Kind(
        name="item.hand_in",
        cls="office",
        nouns=_ON,
        args=ItemArgs,
        reduce=hand_in,
        touches=to_its_ticket,
        refs=_that_item,
    ),
    Kind(
        name="item.return",
        cls="fact",
        nouns=_ON,
        args=ItemArgs,
        reduce=give_back,
        device=True,
        belated=True,
        touches=to_its_ticket,
        refs=_that_item,
    ),
)
