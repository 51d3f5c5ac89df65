"""Evidence: photos said as facts, described anew, taken back, and told to have arrived."""

from typing import Final

from msgspec import structs

from shared.amendments import amendment
from shared.amounts import tidy
from shared.errors import Refused, refuse_value
from shared.ids import derive
from shared.photos import AddArgs, ArriveArgs, DescribeArgs, DropArgs, Photo
from shared.records import State
from shared.registry import Act, Kind, Outcome, Reach, Ref, by
from shared.work_order import billing_lateness, subject

CUSTOMER: Final = "customer"


def add(state: State, act: Act) -> Outcome | Refused:
    """Say that a picture was taken: a fact long before its bytes arrive."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: AddArgs = act.args
    photo = Photo(
        id=derive(act.op_id, "photo"),
        work_order_id=order.id,
        visit_id=act.visit,
        asset_id=args.asset,
        slot=args.slot,
        caption=tidy(args.caption),
        audience=args.audience,
        sha256=args.sha256,
        size=args.size,
        width=args.width,
        height=args.height,
        thumb_sha256=args.thumb_sha256,
        thumb_size=args.thumb_size,
        drawn_on=args.drawn_on,
        person_id=act.by.id,
        at=act.at,
    )
    if any(_is_same(photo, known) for known in state.of(Photo, order.id)):
        return Outcome(merged=True)
    late = Outcome()
    if photo.audience == CUSTOMER:
        late = amendment(state, act, photo.visit_id, new=photo.id)
    return Outcome(rows=(photo, *late.rows), flags=(*billing_lateness(order), *late.flags))


def describe(state: State, act: Act) -> Outcome | Refused:
    """Say anew what a photo shows, where it belongs and who may see it."""
    photo = _named(state, act)
    if isinstance(photo, Refused):
        return photo
    args: DescribeArgs = act.args
    after = structs.replace(
        photo, slot=args.slot, caption=tidy(args.caption), audience=args.audience
    )
    if after == photo:
        return Outcome(merged=True)
    return _changed(state, act, after, is_seen=CUSTOMER in (photo.audience, after.audience))


def drop(state: State, act: Act) -> Outcome | Refused:
    """Take back a photo that was taken by mistake; its bytes stay."""
    photo = _named(state, act)
    if isinstance(photo, Refused):
        return photo
    if photo.dropped_at is not None:
        return Outcome(merged=True)
    after = structs.replace(photo, dropped_at=act.at)
    return _changed(state, act, after, is_seen=photo.audience == CUSTOMER)


def arrive(state: State, act: Act) -> Outcome | Refused:
    """Say that the server has a photo's bytes and has checked them, or what is wrong with them."""
    photo = _named(state, act)
    if isinstance(photo, Refused):
        return photo
    args: ArriveArgs = act.args
    came = args.fault != "set_aside"  # set aside: what came was never what had been announced
    if photo.fault == args.fault and came == (photo.arrived_at is not None):
        return Outcome(merged=True)
    after = structs.replace(photo, arrived_at=act.at if came else None, fault=args.fault)
    return Outcome(rows=(after,))


def _changed(state: State, act: Act, photo: Photo, *, is_seen: bool) -> Outcome | Refused:
    """A photo as it is now, with what that means for a visit that is signed already."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    late = amendment(state, act, photo.visit_id) if is_seen else Outcome()
    return Outcome(rows=(photo, *late.rows), flags=(*billing_lateness(order), *late.flags))


def _named(state: State, act: Act) -> Photo | Refused:
    photo = state.find(Photo, act.args.photo)
    if photo is None or photo.work_order_id != act.on[1]:
        return refuse_value("unknown_subject", "args.photo")
    return photo


def _is_same(one: Photo, other: Photo) -> bool:
    """Whether a picture stands at the same place already: a second tap, or a second file name."""
    same = (one.sha256, one.slot, one.asset_id) == (other.sha256, other.slot, other.asset_id)
    return same and other.dropped_at is None and one.id != other.id


def photos_of(reach: Reach) -> tuple[Ref, ...]:
    """All photos of the job."""
    return ((Photo, by("work_order_id", reach.on[1])),)


def _it(reach: Reach) -> tuple[Ref, ...]:
    return ((Photo, reach.args.photo),)


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="photo.add",
        cls="fact",
        nouns=_ON,
        args=AddArgs,
        reduce=add,
        device=True,
        belated=True,
        mentions=(("asset", "asset"),),
        refs=photos_of,
    ),
    Kind(
        name="photo.describe",
        cls="fact",
        nouns=_ON,
        args=DescribeArgs,
        reduce=describe,
        device=True,
        belated=True,
        refs=_it,
    ),
    Kind(
        name="photo.drop",
        cls="fact",
        nouns=_ON,
        args=DropArgs,
        reduce=drop,
        device=True,
        belated=True,
        refs=_it,
    ),
    Kind(name="photo.arrive", cls="office", nouns=_ON, args=ArriveArgs, reduce=arrive, refs=_it),
)
