"""The proof of a visit as the office sees it: photos with how safe each is, and who signed what."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from server.console import seals
from server.console.seals import Difference
from server.console.speech import NOTHING, Speech
from shared.ink import Ink, paths
from shared.money import written

Item = Mapping[str, Any]

PERCENT: Final = 100
THUMB: Final = 160  # the longer side of a small picture on the page; its file is twice that
# How a photo stands: the picture beside the words, and their tone.
STANDING: Final = {
    "safe": ("cloud_done", "success"),
    "coming": ("cloud_upload", "info"),
    "waiting": ("mobile", "neutral"),
    "unreadable": ("broken_image", "danger"),
    "set_aside": ("broken_image", "danger"),
}
SEALS: Final = {
    "sealed": ("verified", "success"),
    "pending": ("hourglass_top", "info"),
    "diverged": ("gpp_maybe", "danger"),
}


class Picture(Struct, frozen=True, kw_only=True):
    """One photo: what it shows, how far it has come, and whether it may be looked at.

    `width` and `height` are those of the small picture on the page. `original` is the photo that
    this one is a drawing on.
    """

    id: str
    name: str
    caption: str
    state: str
    icon: str
    tone: str
    told: str
    shown: bool
    audience: str
    who: str
    at: str
    width: int
    height: int
    size: str
    pixels: str
    sha256: str
    original: str | None = None
    original_name: str = ""


class Gallery(Struct, frozen=True, kw_only=True):
    """The photos of a job, the places of its checklist that have none, and how many are safe."""

    pictures: tuple[Picture, ...]
    missing: tuple[tuple[str, bool], ...]
    safe: int
    total: int
    lost: int


class Drawn(Struct, frozen=True, kw_only=True):
    """Ink as one path on a ground of this size."""

    width: int
    height: int
    path: str


class Signed(Struct, frozen=True, kw_only=True):
    """One signature, or the refusal of one: whose, on what, when, and what its seal says today.

    `visit` is the number of the visit it is of, where the job had more than one.
    """

    id: str
    purpose: str
    is_visit: bool
    visit: int | None
    who: str
    role: str
    technician: str
    rating: int | None
    refusal: str
    code: str
    seal: str
    shown_hash: str
    state: str
    icon: str
    tone: str
    signed_at: str
    received: str
    total: str
    outcome: str
    ink: Drawn | None
    technician_ink: Drawn | None
    differences: tuple[Difference, ...]


def gallery(
    speech: Speech, photos: Sequence[Item], order: Item, sizes: Mapping[str, int]
) -> Gallery:
    """The photos that stand, with how far each has come; `sizes` is what is here of an upload."""
    slots = (order["checklist"] or {}).get("photos") or []
    named = slots_of(speech, order["checklist"])
    kept = [one for one in photos if one["dropped_at"] is None]
    names = {one["id"]: _name(speech, one, named) for one in kept}
    zone = order["site"]["time_zone"]
    pictures = tuple(_picture(speech, one, names, (order["names"], zone, sizes)) for one in kept)
    taken = {one["slot"] for one in kept}
    return Gallery(
        pictures=pictures,
        missing=tuple(
            (named[slot["code"]], bool(slot.get("required")))
            for slot in slots
            if slot["code"] not in taken
        ),
        safe=sum(one.state == "safe" for one in pictures),
        total=len(pictures),
        lost=sum(one.tone == "danger" for one in pictures),
    )


def slots_of(speech: Speech, checklist: Item | None) -> dict[str, str]:
    """The names of a checklist's places for photos, by their codes."""
    slots = (checklist or {}).get("photos") or []
    return {slot["code"]: str(slot[speech.language]) for slot in slots}


def _name(speech: Speech, photo: Item, slots: Mapping[str, str]) -> str:
    """What a photo is called: what it says itself, or the place it was taken for."""
    unnamed = speech.text("console.photos", "photo")
    return str(photo["caption"] or slots.get(photo["slot"]) or photo["slot"] or unnamed)


def _picture(
    speech: Speech, photo: Item, names: Mapping[str, str], known: tuple[Any, str, Mapping[str, int]]
) -> Picture:
    people, zone, sizes = known
    state = standing(photo)
    icon, tone = STANDING[state]
    wide, high = small(photo["width"], photo["height"])
    come = sizes.get(photo["upload"] or "", 0) * PERCENT // photo["size"]
    original = photo["drawn_on"] if photo["drawn_on"] in names else None
    return Picture(
        id=photo["id"],
        name=names[photo["id"]],
        caption=photo["caption"],
        state=state,
        icon=icon,
        tone=tone,
        told=speech.text("console.photos", f"is_{state}", percent=min(come, PERCENT - 1)),
        shown=is_shown(photo),
        audience=photo["audience"],
        who=named(people, photo["person_id"]),
        at=speech.when(photo["at"], zone),
        width=wide,
        height=high,
        size=speech.size(photo["size"]),
        pixels=f"{photo['width']} × {photo['height']}",
        sha256=photo["sha256"],
        original=original,
        original_name=names[original] if original is not None else "",
    )


def standing(photo: Item) -> str:
    """How far a photo has come: safe, coming, waiting on its phone, unreadable or set aside."""
    if photo["fault"]:
        return str(photo["fault"])
    if photo["arrived_at"] is not None:
        return "safe"
    return "coming" if photo["upload"] else "waiting"


def is_shown(photo: Item) -> bool:
    """Whether a photo's bytes are here, were brought by whoever took it, and are a picture."""
    return photo["arrived_at"] is not None and not photo["fault"] and photo["dropped_at"] is None


def small(width: int, height: int) -> tuple[int, int]:
    """The sides of the small picture of one with these sides."""
    longer = max(width, height)
    return max(1, width * THUMB // longer), max(1, height * THUMB // longer)


def signatures(
    speech: Speech, signed: Iterable[Item], books: Mapping[str, Item], order: Item
) -> list[Signed]:
    """What was signed of a job, the newest first; `books` are the rows that seals speak of."""
    return [_signed(speech, one, books, order) for one in signed]


def _signed(speech: Speech, one: Item, books: Mapping[str, Item], order: Item) -> Signed:
    icon, tone = SEALS[one["state"]]
    zone, numbers = order["site"]["time_zone"], visit_numbers(order["visits"])
    nobody = speech.text("console.signatures", "nobody")
    relation = one["relation"]
    role = speech.text("signer_roles", one["signer_role"])
    return Signed(
        id=one["id"],
        purpose=speech.text("console.purposes", one["purpose"]),
        is_visit=one["purpose"] == "visit",
        visit=numbers.get(one["visit_id"]) if len(numbers) > 1 else None,
        who=one["signer"] or nobody,
        role=f"{role} · {relation}" if relation else role,
        technician=named(order["names"], one["person_id"]),
        rating=one["rating"],
        refusal=one["refusal"],
        code=one["code"],
        seal=one["seal"],
        shown_hash=one["shown_hash"],
        state=one["state"],
        icon=icon,
        tone=tone,
        signed_at=speech.when(one["at"], zone),
        received=speech.when(one["received"], zone),
        total=written(one["total"], one["currency"]) if one["total"] is not None else "",
        outcome=speech.text("outcomes", one["outcome"]) if one["outcome"] else "",
        ink=drawn(one["ink"]),
        technician_ink=drawn(one["technician_ink"]),
        differences=tuple(seals.differences(speech, one, books)),
    )


def visit_numbers(visits: Iterable[Item]) -> dict[str, int]:
    """The visits somebody went to, by their ids: the first one is 1."""
    begun = {one["id"]: _begun(one) for one in visits}
    gone = sorted((at, identity) for identity, at in begun.items() if at is not None)
    return {identity: place for place, (_, identity) in enumerate(gone, start=1)}


def _begun(visit: Item) -> int | None:
    """When somebody first set off for a visit or got there (ms)."""
    times = (
        at
        for one in visit["attendance"]
        for at in (one.get("departed_at"), one.get("arrived_at"))
        if at is not None
    )
    ended: int | None = visit["ended_at"]
    return min(times, default=ended)


def unsigned_visit(order: Item) -> int | None:
    """The number of the last visit, where an earlier one was signed for and this one was not.

    What was signed on an earlier visit says nothing of a later one.
    """
    numbers = visit_numbers(order["visits"])
    of_visits = (one for one in order["sign_offs"] if one["purpose"] == "visit")
    done = {numbers.get(one["visit_id"], 0) for one in of_visits}
    last = max(numbers.values(), default=0)
    return last if done and max(done) < last else None


def drawn(kept: Any) -> Drawn | None:
    """The path of strokes as they are kept, or None where there are none to be seen."""
    if not kept:
        return None
    ink = msgspec.convert(kept, Ink)
    steps = []
    for curves in paths(ink):
        (x, y), *_ = curves[0]
        steps.append(f"M{_at(x)} {_at(y)}")
        steps += ["C" + " ".join(f"{_at(x)} {_at(y)}" for x, y in curve[1:]) for curve in curves]
    return Drawn(width=ink.width, height=ink.height, path="".join(steps)) if steps else None


def _at(length: float) -> str:
    return f"{length:.1f}".removesuffix(".0")


def named(names: Mapping[str, Item], person: str) -> str:
    """Somebody's name."""
    found = names.get(person)
    return NOTHING if found is None else str(found["name"])
